/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "api/patch/patch.h"
#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Document and patch, with a NUL between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str document = { (const char *)data, size };
    size_t end = str_find(document, '\0');
    struct str patch = str_skip(document, end < size ? end + 1 : end);
    auto_buffer struct buffer out = { .max = 1 << 20 };

    document.size = end;
    (void)!patch_json(document, patch, &out, NULL);
    (void)!patch_merge(document, patch, &out, NULL);
    (void)!patch_strategic(&api_type_pod, document, patch, &out, NULL);
    return 0;
}
