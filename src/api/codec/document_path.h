/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document_path.h - where in a document a decoder is: steps linked on its stack, written out only for messages. */
#ifndef API_DOCUMENT_PATH_H
#define API_DOCUMENT_PATH_H

#include "base/buffer.h"
#include "base/str.h"

struct document_path {
    const struct document_path *parent;
    struct str key; /* data NULL: an element of a list */
    size_t index;
    bool entry; /* the key is one of a map */
    bool part;  /* the key is the name of an inlined message, which only Go's type errors tell */
};

/* "spec.containers[0].name"; 'fields_only' as Go's type errors say it, "spec.containers.name". */
void document_path_append(const struct document_path *path, bool fields_only, struct buffer *out);

#endif
