/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>

#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    if (json_read((struct str){ (const char *)data, size }, 100, &doc, NULL) < 0)
        return 0;
    auto_buffer struct buffer out = { 0 };
    json_append_value(&out, yyjson_doc_get_root(doc));
    return 0;
}
