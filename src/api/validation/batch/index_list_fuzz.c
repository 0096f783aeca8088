/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index_list_fuzz.c - lists of indexes: what counts as a list does not overlap with nothing, and does with itself. */
#include <stdlib.h>

#include "api/validation/batch/index_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str list = { (const char *)data, size };
    int32_t count = 0, index = -1;

    if (index_list_count(list, 1000000, &count, NULL) == 0 && index_lists_overlap(list, list, 1000000, &index) &&
        count == 0)
        abort();
    return 0;
}
