/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* URLs, Accept headers and continue tokens, as anybody may send them. */

#include <stddef.h>
#include <stdint.h>

#include "apiserver/http/negotiation.h"
#include "apiserver/listing/continue_token.h"
#include "apiserver/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request = { .method = "", .path = "", .verb = "", .group = "", .version = "", .plural = "" };
    struct str text = { (const char *)data, size }, path = text;
    struct media media;
    struct continue_token token;
    request.namespace_ = request.name = request.subresource = request.rest = "";
    size_t mark = str_find(text, '?');
    path.size = mark;
    struct str query = mark < size ? str_skip(text, mark + 1) : STR("");
    (void)!path_read(&request, STR("GET"), path, query, NULL);
    (void)media_negotiate(text, true, &media);
    (void)!continue_token_read(arena_str(&request.arena, text).data, &request.arena, &token, NULL);
    arena_fini(&request.arena);
    return 0;
}
