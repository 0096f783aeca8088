/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex_fuzz.c - any pattern, up to the first newline, on any text behind it. */
#include "base/text/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    struct str all = { (const char *)data, size };
    size_t end = str_find(all, '\n');
    auto_with(regex_destroy_cleanup) struct regex *regex = NULL;
    if (regex_compile((struct str){ all.data, end }, &regex, NULL) < 0)
        return 0;
    struct str text = str_skip(all, end < size ? end + 1 : size);
    struct regex_group groups[4];
    int64_t work = 0;
    int matches = regex_matches(regex, text, &work), found = regex_find(regex, text, 0, NULL, groups, 4);
    (void)matches;
    (void)found;
    return 0;
}
