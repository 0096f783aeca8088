/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* encoders.c - base64; no part of what Kubernetes gives to every expression. */
#include "base/text/base64.h"

#include "cel/value/value.h"

static struct cel_value encode(struct cel_state *state, const struct cel_value *args, size_t count)
{
    auto_buffer struct buffer out = { .max = (args[0].text.size + 2) / 3 * 4 + 1 };

    (void)count;
    base64_encode(args[0].text, &out);
    return cel_string_copy(state->arena, &out);
}

/* With or without padding. */
static struct cel_value decode(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct str text = args[0].text;
    auto_buffer struct buffer padded = { .max = text.size + 4 }, out = { .max = text.size + 4 };

    (void)count;
    buffer_append_str(&padded, text);
    while (padded.size % 4 != 0)
        buffer_append_char(&padded, '=');
    if (!base64_decode(buffer_str(&padded), &out))
        return cel_error_text("illegal base64 data");
    return cel_value_bytes(arena_str(state->arena, buffer_str(&out)));
}

struct cel_functions cel_encoders(void)
{
    static const struct cel_overload rows[] = {
        { "base64.encode", "y:s", encode, CEL_COST_UNIT, 0, CEL_LIBRARY_ENCODERS },
        { "base64.decode", "s:y", decode, CEL_COST_UNIT, 0, CEL_LIBRARY_ENCODERS },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
