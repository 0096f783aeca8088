/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* escape.c - names of properties as identifiers of expressions. */
#include "cel/cel.h"

/* Words of the language that no identifier may be; "package" and the like are kept for later. */
static const char *const reserved[] = {
    "true", "false",  "null", "in",   "as",      "break",     "const",  "continue", "else", "for",   "function",
    "if",   "import", "let",  "loop", "package", "namespace", "return", "var",      "void", "while",
};

static const struct escape {
    const char *text;
    const char *name;
} escapes[] = { { "__", "underscores" }, { ".", "dot" }, { "-", "dash" }, { "/", "slash" } };

static bool is_reserved(struct str name)
{
    for (size_t i = 0; i < countof(reserved); i++)
        if (str_is(name, reserved[i]))
            return true;
    return false;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool cel_escape(struct arena *arena, struct str name, const char **ret_escaped)
{
    auto_buffer struct buffer out = { .max = 16 * (name.size + 1) };

    if (name.size == 0 || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    if (is_reserved(name)) {
        *ret_escaped = arena_format(arena, "__" STR_FMT "__", STR_ARG(name));
        return true;
    }
    for (size_t at = 0; at < name.size;) {
        struct str rest = str_skip(name, at);
        size_t i = 0;

        while (i < countof(escapes) && !str_starts(rest, str_of(escapes[i].text)))
            i++;
        if (i < countof(escapes)) {
            buffer_format(&out, "__%s__", escapes[i].name);
            at += strlen(escapes[i].text);
        } else if (is_word(rest.data[0])) {
            buffer_append_char(&out, rest.data[0]);
            at++;
        } else {
            return false;
        }
    }
    *ret_escaped = arena_str(arena, buffer_str(&out)).data;
    return true;
}

/* Size of the "__word__" that 'text' begins with, 0 when it begins otherwise; the word has no underscore. */
static size_t sequence_size(struct str text, struct str *ret_word)
{
    size_t end = 2;

    if (!str_starts(text, STR("__")))
        return 0;
    while (end < text.size && text.data[end] != '_')
        end++;
    if (end == 2 || end + 1 >= text.size || text.data[end + 1] != '_')
        return 0;
    *ret_word = (struct str){ text.data + 2, end - 2 };
    return end + 2;
}

bool cel_unescape(struct arena *arena, struct str escaped, const char **ret_name)
{
    auto_buffer struct buffer out = { .max = escaped.size + 1 };

    for (size_t at = 0; at < escaped.size;) {
        struct str rest = str_skip(escaped, at), word;
        size_t size = sequence_size(rest, &word), i = 0;

        if (size == 0) {
            buffer_append_char(&out, rest.data[0]);
            at++;
            continue;
        }
        while (i < countof(escapes) && !str_is(word, escapes[i].name))
            i++;
        if (i < countof(escapes))
            buffer_append_text(&out, escapes[i].text);
        else if (is_reserved(word) && size == escaped.size)
            buffer_append_str(&out, word);
        else
            return false;
        at += size;
    }
    *ret_name = arena_str(arena, buffer_str(&out)).data;
    return true;
}
