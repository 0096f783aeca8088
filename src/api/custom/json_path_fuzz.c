/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>

#include "api/custom/json_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char document[] = "{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2}],\"d\":{\"e\":true}}";
    auto_arena struct arena arena = { 0 };
    const struct json_path *path;
    const char *text = arena_strndup(&arena, (const char *)data, size < 4096 ? size : 4096);
    if (json_path_compile(text, &arena, &path, NULL) < 0)
        return 0;
    yyjson_doc *doc = yyjson_read(document, sizeof(document) - 1, YYJSON_READ_NUMBER_AS_RAW);
    (void)json_path_find(path, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return 0;
}
