/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_convert.c - coracle convert: documents from one of the API's formats to another. */
#include <stdio.h>
#include <unistd.h>

#include "api/document_format.h"
#include "base/system/file.h"
#include "cli/options.h"
#include "cmd/role.h"
#include "codec/yaml.h"

enum { INPUT_MAX = 64 << 20 };

struct conversion {
    enum document_format from, to;
    bool strict, defaults;
};

static int read_input(const char *path, struct buffer *input, struct error *err)
{
    if (path != NULL && !str_is(str_of(path), "-"))
        return file_read(AT_FDCWD, path, INPUT_MAX, input, err);
    for (;;) {
        char *room = buffer_reserve(input, BUFSIZ);
        if (room == NULL)
            return error_set(err, ERROR_LIMIT, "standard input is too long");
        ssize_t size = read(STDIN_FILENO, room, BUFSIZ);
        if (size < 0)
            return error_errno(err, "read standard input");
        if (size == 0)
            return 0;
        buffer_commit(input, (size_t)size);
    }
}

static int convert_one(const struct conversion *conversion, struct str document, struct buffer *out, struct error *err)
{
    auto_arena struct arena arena = { 0 };
    struct api_strict_errors strict = { 0 };
    const struct api_kind *kind = NULL;
    void *value = NULL;
    int rc =
        document_decode(conversion->from, document, &arena, conversion->strict ? &strict : NULL, &kind, &value, err);
    if (rc < 0)
        return rc;
    if (strict.count > 0)
        return error_set(err, ERROR_BAD_REQUEST, "strict decoding error: %s", strict.texts[0]);
    if (conversion->defaults)
        api_default(kind, value, &arena);
    return document_encode(conversion->to, kind, value, out, err);
}

/* YAML may hold several documents; the other formats hold one. */
static int convert_all(const struct conversion *conversion, struct str input, struct buffer *out, struct error *err)
{
    if (conversion->from != DOCUMENT_YAML)
        return convert_one(conversion, input, out, err);
    struct str rest = input, document;
    for (size_t count = 0; yaml_next_document(&rest, &document); count++) {
        if (count > 0 && conversion->to == DOCUMENT_PROTOBUF)
            return error_set(err, ERROR_USAGE, "protobuf holds one document, the input more");
        if (count > 0 && conversion->to == DOCUMENT_YAML)
            buffer_append_text(out, "---\n");
        int rc = convert_one(conversion, document, out, err);
        if (rc < 0)
            return rc;
    }
    return out->size > 0 ? 0 : error_set(err, ERROR_BAD_REQUEST, "the input holds no document");
}

static int run(const struct conversion *conversion, const char *path, struct error *err)
{
    auto_buffer struct buffer input = { .max = INPUT_MAX }, out = { .max = 4 * (size_t)INPUT_MAX };
    int rc = read_input(path, &input, err);
    if (rc == 0)
        rc = convert_all(conversion, buffer_str(&input), &out, err);
    if (rc < 0)
        return rc;
    if (fwrite(out.data, 1, out.size, stdout) != out.size || fflush(stdout) != 0)
        return error_errno(err, "write standard output");
    return 0;
}

int role_convert(int argc, char **argv)
{
    const char *from = "yaml", *to = "json";
    struct conversion conversion = { 0 };
    const struct option options[] = {
        { "from", OPTION_TEXT, &from, "FORMAT", "json, yaml (reads JSON too) or protobuf", 0, 0 },
        { "to", OPTION_TEXT, &to, "FORMAT", "json, yaml or protobuf", 0, 0 },
        { "strict", OPTION_FLAG, &conversion.strict, NULL, "unknown and duplicate fields are errors", 0, 0 },
        { "defaults", OPTION_FLAG, &conversion.defaults, NULL, "fill in what the API server would", 0, 0 },
    };
    const struct command_line line = {
        "coracle convert [OPTION]... [FILE]",
        "Converts documents of the API between its formats; without FILE, from standard input.",
        options,
        countof(options),
        "  coracle convert --from yaml --to protobuf pod.yaml > pod.pb\n",
        1,
    };
    struct error err = { 0 };
    char **words = NULL;
    int rc = options_parse(&line, argc, argv, &words, &err);
    if (rc == 0 && !document_format_parse(str_of(from), &conversion.from))
        rc = error_set(&err, ERROR_USAGE, "--from %s: there are json, yaml and protobuf", from);
    if (rc == 0 && !document_format_parse(str_of(to), &conversion.to))
        rc = error_set(&err, ERROR_USAGE, "--to %s: there are json, yaml and protobuf", to);
    if (rc == 0)
        rc = run(&conversion, words[0], &err);
    return role_end("convert", rc, &err);
}
