/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/custom/custom_columns.h"

#include <stdlib.h>

#include "api/codec.h"
#include "api/custom/json_path.h"
#include "api/table/table.h"
#include "codec/json.h"
#include "generated/apiextensions_v1.h"

typedef struct api_apiextensions_custom_resource_column_definition column_type;

struct custom_columns {
    const column_type *columns;
    size_t count;
    const struct json_path **paths; /* NULL: not understood */
};

static const column_type age = {
    .name = "Age",
    .type = "date",
    .description =
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not "
        "guaranteed to be set in happens-before order across separate operations. Clients may not set this "
        "value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null "
        "for lists. More info: "
        "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    .json_path = ".metadata.creationTimestamp",
};

static const column_type name = {
    .name = "Name",
    .type = "string",
    .format = "name",
    .description =
        "Name must be unique within a namespace. Is required when creating resources, although some resources "
        "may allow a client to request the generation of an appropriate name automatically. Name is primarily "
        "intended for creation idempotence and configuration definition. Cannot be updated. More info: "
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
};

const struct custom_columns *
custom_columns_create(const struct api_apiextensions_custom_resource_definition_version *version, struct arena *arena)
{
    struct custom_columns *columns = arena_new(arena, struct custom_columns);
    bool given = version->n_additional_printer_columns > 0;
    columns->columns = given ? version->additional_printer_columns : &age;
    columns->count = given ? version->n_additional_printer_columns : 1;
    columns->paths = arena_new_array(arena, const struct json_path *, columns->count);
    for (size_t i = 0; i < columns->count; i++)
        if (json_path_compile(text_or_empty(columns->columns[i].json_path), arena, &columns->paths[i], NULL) < 0)
            columns->paths[i] = NULL;
    return columns;
}

static void write_column(const column_type *column, struct buffer *out)
{
    auto_buffer struct buffer described = { 0 };
    buffer_append_text(out, "{\"name\":");
    json_append_string(out, str_of(column->name));
    buffer_append_text(out, ",\"type\":");
    json_append_string(out, str_of(column->type));
    buffer_append_text(out, ",\"format\":");
    json_append_string(out, str_of(text_or_empty(column->format)));
    buffer_append_text(out, ",\"description\":");
    if (text_empty(column->description))
        buffer_format(&described, "Custom resource definition column (in JSONPath format): %s",
                      text_or_empty(column->json_path));
    json_append_string(out, text_empty(column->description) ? buffer_str(&described) : str_of(column->description));
    buffer_format(out, ",\"priority\":%d}", column->priority);
}

void custom_columns_write(const struct custom_columns *columns, struct buffer *out)
{
    buffer_append_char(out, '[');
    write_column(&name, out);
    for (size_t i = 0; i < columns->count; i++) {
        buffer_append_char(out, ',');
        write_column(&columns->columns[i], out);
    }
    buffer_append_char(out, ']');
}

/* ---------------------------------------------------------------- cells */

/* Strings as they are, anything else as JSON. */
static void write_text(yyjson_val *value, struct buffer *out)
{
    auto_buffer struct buffer json = { .max = 1 << 20 };
    if (yyjson_is_str(value)) {
        json_append_string(out, (struct str){ yyjson_get_str(value), yyjson_get_len(value) });
        return;
    }
    json_append_value(&json, value);
    json_append_string(out, buffer_str(&json));
}

static bool write_number(yyjson_val *value, bool whole, struct buffer *out)
{
    if (!yyjson_is_raw(value))
        return false;
    struct str text = { yyjson_get_raw(value), yyjson_get_len(value) };
    int64_t number;
    if (str_to_int64(text, &number))
        buffer_append_str(out, text);
    else if (whole)
        buffer_append_int64(out, (int64_t)strtod(text.data, NULL));
    else
        json_append_double(out, strtod(text.data, NULL));
    return true;
}

static bool write_boolean(yyjson_val *value, struct buffer *out)
{
    if (!yyjson_is_bool(value))
        return false;
    buffer_append_text(out, yyjson_get_bool(value) ? "true" : "false");
    return true;
}

static bool write_date(yyjson_val *value, usec_t now, struct buffer *out)
{
    char span[TABLE_DURATION_SIZE];
    usec_t moment;
    if (!yyjson_is_str(value))
        return false;
    if (!time_parse((struct str){ yyjson_get_str(value), yyjson_get_len(value) }, &moment)) {
        buffer_append_text(out, "\"<invalid>\"");
        return true;
    }
    table_duration(now - moment, span);
    json_append_string(out, str_of(span));
    return true;
}

static void write_cell(const column_type *column, yyjson_val *value, usec_t now, struct buffer *out)
{
    bool written = false;
    if (yyjson_is_null(value))
        value = NULL;
    if (value != NULL && text_equal(column->type, "string")) {
        write_text(value, out);
        return;
    }
    if (text_equal(column->type, "integer") || text_equal(column->type, "number"))
        written = write_number(value, text_equal(column->type, "integer"), out);
    else if (text_equal(column->type, "boolean"))
        written = write_boolean(value, out);
    else if (text_equal(column->type, "date"))
        written = write_date(value, now, out);
    if (!written)
        buffer_append_text(out, "null");
}

void custom_columns_write_cells(const struct custom_columns *columns, struct str json, usec_t now, struct buffer *out)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    struct error err;
    if (json_read(json, API_DEPTH_MAX, &doc, &err) < 0)
        return; /* what is cached does parse */
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *own = yyjson_obj_get(yyjson_obj_get(root, "metadata"), "name");
    json_append_string(out, (struct str){ text_or_empty(yyjson_get_str(own)), yyjson_get_len(own) });
    for (size_t i = 0; i < columns->count; i++) {
        yyjson_val *value = columns->paths[i] == NULL ? NULL : json_path_find(columns->paths[i], root);
        buffer_append_char(out, ',');
        write_cell(&columns->columns[i], value, now, out);
    }
}
