/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/codec/document_path.h"

void document_path_append(const struct document_path *path, bool fields_only, struct buffer *out)
{
    if (path == NULL)
        return;
    document_path_append(path->parent, fields_only, out);
    if (path->part && !fields_only)
        return;
    if (path->key.data == NULL || path->entry) {
        if (fields_only)
            return;
        if (path->key.data == NULL) {
            buffer_format(out, "[%zu]", path->index);
            return;
        }
    }
    if (out->size > 0)
        buffer_append_char(out, '.');
    buffer_append_str(out, path->key);
}
