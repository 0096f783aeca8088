/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fixture.h - for tests: rows of expressions and what they are, on one small document. */
#ifndef CEL_FIXTURE_H
#define CEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cel/cel.h"

#define EVERY_LIBRARY \
    (CEL_LIBRARY_AUTHORIZER | CEL_LIBRARY_BINDINGS | CEL_LIBRARY_MATH | CEL_LIBRARY_ENCODERS | CEL_LIBRARY_STRINGS_3)

static const char fixture_document[] = "{\"name\":\"web\",\"count\":3,\"ratio\":0.5,\"on\":true,\"none\":null,"
                                       "\"list\":[3,1,2],\"map\":{\"a\":1,\"b\":2},\"texts\":[\"x\",\"y\"],"
                                       "\"nested\":{\"deep\":{\"value\":7}}}";

struct fixture_row {
    const char *expression;
    const char *expected; /* JSON; "!..." is the beginning of an error's message */
};

static inline void fixture_check(const struct fixture_row *row)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { 0 };
    yyjson_doc *doc = yyjson_read(fixture_document, sizeof(fixture_document) - 1, 0);
    struct cel_variable variables[] = { { .name = "self", .type = cel_type_of(CEL_DYN) } };
    struct cel_environment environment = { variables, 1, EVERY_LIBRARY };
    struct cel_value values[] = { cel_value_json(yyjson_doc_get_root(doc), variables[0].type) }, value;
    struct cel_program *program = NULL;
    struct error err = { 0 };
    bool wrong = row->expected[0] == '!';

    if (cel_compile(&environment, str_of(row->expression), &program, NULL, &err) != 0) {
        if (!wrong || strstr(err.message, row->expected + 1) == NULL)
            fail_msg("%s\n does not compile: %s", row->expression, err.message);
    } else if (cel_evaluate(program, values, CEL_COST_PER_CALL, &arena, &value, NULL, &err) != 0) {
        if (!wrong || strncmp(err.message, row->expected + 1, strlen(row->expected + 1)) != 0)
            fail_msg("%s\n fails: %s", row->expression, err.message);
    } else {
        if (cel_value_to_json(&value, &text, &err) != 0)
            fail_msg("%s\n has no JSON: %s", row->expression, err.message);
        if (strcmp(text.data, row->expected) != 0)
            fail_msg("%s\n is %s and not %s", row->expression, text.data, row->expected);
    }
    cel_program_destroy(program);
    yyjson_doc_free(doc);
}

#define CHECK_ROWS(rows)                                \
    for (size_t row_ = 0; row_ < countof(rows); row_++) \
    fixture_check(&(rows)[row_])

#endif
