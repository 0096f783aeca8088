/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lexer.h - the words of an expression. */
#ifndef CEL_SYNTAX_LEXER_H
#define CEL_SYNTAX_LEXER_H

#include "cel/syntax/node.h"

enum cel_token_kind {
    CEL_TOKEN_END,
    CEL_TOKEN_INT,
    CEL_TOKEN_UINT,
    CEL_TOKEN_FLOAT,
    CEL_TOKEN_STRING,
    CEL_TOKEN_BYTES,
    CEL_TOKEN_IDENT,
    CEL_TOKEN_QUOTED_IDENT, /* `a.b` */
    CEL_TOKEN_MARK,         /* operators, brackets, and the words in, true, false, null */
};

struct cel_token {
    uint8_t kind; /* enum cel_token_kind */
    uint32_t offset;
    struct str text;
};

struct cel_lexer {
    struct cel_source *source;
    size_t at;
};

/* The next word; adds a problem for what is none and goes on behind it. */
struct cel_token cel_lexer_next(struct cel_lexer *lexer);

/* The value of a literal; false adds a problem. */
bool cel_literal(struct cel_source *source, const struct cel_token *token, bool negative, struct cel_value *ret_value);

#endif
