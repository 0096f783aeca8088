/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* URLs, Accept headers and continue tokens, as anybody may send them. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "apiserver/http/negotiation.h"
#include "apiserver/listing/continue_token.h"
#include "apiserver/path.h"
#include "base/text/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As it is, and as what stands in a token; what was read of it is read the same when we wrote it. */
static void read_token(struct str text, struct arena *arena)
{
    auto_buffer struct buffer encoded = { .max = 1 << 16 };
    struct continue_token token, again;
    (void)!continue_token_read(arena_str(arena, text).data, arena, &token, NULL);
    base64url_encode(text, &encoded);
    if (buffer_failed(&encoded) ||
        continue_token_read(arena_str(arena, buffer_str(&encoded)).data, arena, &token, NULL) < 0)
        return;
    const char *written = continue_token_write(&token, arena);
    if (continue_token_read(written, arena, &again, NULL) < 0 || again.revision != token.revision ||
        !str_equal(again.start, token.start))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request = { .method = "", .path = "", .verb = "", .group = "", .version = "", .plural = "" };
    struct str text = { (const char *)data, size }, path = text;
    struct media media;
    request.namespace_ = request.name = request.subresource = request.rest = "";
    size_t mark = str_find(text, '?');
    path.size = mark;
    struct str query = mark < size ? str_skip(text, mark + 1) : STR("");
    (void)!path_read(&request, STR("GET"), path, query, NULL);
    (void)media_negotiate(text, true, &media);
    read_token(text, &request.arena);
    arena_fini(&request.arena);
    return 0;
}
