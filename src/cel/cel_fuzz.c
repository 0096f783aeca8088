/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "cel/cel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] = "{\"s\":\"text\",\"n\":3,\"d\":1.5,\"b\":true,\"l\":[1,2,3],\"m\":{\"a\":\"x\"},"
                               "\"o\":{\"k\":\"v\",\"t\":\"2020-01-01T00:00:00Z\",\"y\":\"YWI=\"},\"z\":null}";

static const struct cel_type *typed(struct arena *arena)
{
    struct cel_field inner[] = {
        { .json = "k", .type = cel_type_string(arena, 10), .required = true },
        { .json = "t", .type = cel_type_timestamp(arena, false) },
        { .json = "y", .type = cel_type_bytes(arena, -1) },
    };
    struct cel_field fields[] = {
        { .json = "s", .type = cel_type_string(arena, -1) },
        { .json = "n", .type = cel_type_int_or_string(arena, -1) },
        { .json = "d", .type = cel_type_double(arena) },
        { .json = "b", .type = cel_type_bool(arena) },
        { .json = "l", .type = cel_type_list(arena, cel_type_int(arena), -1) },
        { .json = "m", .type = cel_type_map(arena, cel_type_string(arena, -1), 5) },
        { .json = "o", .type = cel_type_object(arena, "Inner", inner, countof(inner)) },
    };

    return cel_type_object(arena, "Outer", fields, countof(fields));
}

/* Whatever compiles is evaluated, as typed and as anything; what comes of it can be written. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    struct cel_variable variables[] = { { .name = "self", .sized = true },
                                        { .name = "any", .type = cel_type_of(CEL_DYN) } };
    struct cel_environment environment = { variables, 2,
                                           CEL_LIBRARY_BINDINGS | CEL_LIBRARY_MATH | CEL_LIBRARY_ENCODERS |
                                               CEL_LIBRARY_STRINGS_3 | CEL_LIBRARY_PATCHES };
    struct cel_program *program;
    yyjson_doc *doc;
    struct cel_value values[2], value;

    variables[0].type = typed(&arena);
    if (size > 4096 || cel_compile(&environment, (struct str){ (const char *)data, size }, &program, NULL, NULL) != 0)
        return 0;
    doc = yyjson_read(document, sizeof(document) - 1, 0);
    values[0] = cel_value_json(yyjson_doc_get_root(doc), variables[0].type);
    values[1] = cel_value_json(yyjson_doc_get_root(doc), variables[1].type);
    if (cel_evaluate(program, values, 20000, &arena, &value, NULL, NULL) == 0) {
        auto_buffer struct buffer text = { .max = 1 << 20 };

        if (cel_value_to_json(&value, &text, NULL) == 0)
            (void)cel_value_equal(&value, &value);
    }
    yyjson_doc_free(doc);
    cel_program_destroy(program);
    return 0;
}
