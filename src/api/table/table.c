/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* table.c - writing metav1.Table documents. */
#include "api/table/table.h"

#include <stdio.h>

#include "api/codec.h"
#include "api/custom/custom_columns.h"
#include "api/field_path.h"
#include "api/table/columns.h"
#include "codec/json.h"

bool table_include_parse(struct str text, enum table_include *ret_include)
{
    if (text.size == 0 || str_is(text, "Metadata"))
        *ret_include = TABLE_INCLUDE_METADATA;
    else if (str_is(text, "None"))
        *ret_include = TABLE_INCLUDE_NONE;
    else if (str_is(text, "Object"))
        *ret_include = TABLE_INCLUDE_OBJECT;
    else
        return false;
    return true;
}

static void write_column(const struct column *column, struct buffer *out)
{
    buffer_format(out, "{\"name\":\"%s\",\"type\":\"%s\",\"format\":\"%s\",\"description\":\"%s\",\"priority\":%d}",
                  column->name, column->type, text_or_empty(column->format), column_text(column->name),
                  column->priority);
}

void table_begin(struct table_writer *writer, const struct api_list_meta *meta, bool columns)
{
    static const struct api_list_meta none = { 0 };
    struct buffer *out = writer->out;

    writer->any = false;
    buffer_format(out, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/%s\",\"metadata\":",
                  writer->version != NULL ? writer->version : "v1");
    api_encode_json(&api_type_list_meta, NULL, meta != NULL ? meta : &none, out);
    buffer_append_text(out, ",\"columnDefinitions\":");
    if (columns && writer->custom != NULL) {
        custom_columns_write(writer->custom, out);
    } else if (columns) {
        const struct column *list = columns_of(writer->kind->type);
        for (size_t i = 0; list[i].name != NULL; i++) {
            if (list[i].unnamed)
                continue;
            buffer_append_char(out, i == 0 ? '[' : ',');
            write_column(&list[i], out);
        }
        buffer_append_char(out, ']');
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_text(out, ",\"rows\":[");
}

/* A number or a boolean stands bare in its cell. */
static void write_path_cell(const struct table_writer *writer, const struct column *column, const void *object,
                            struct buffer *out)
{
    char space[FIELD_PATH_TEXT_SIZE];
    struct field_path path;

    if (!field_path_resolve(writer->kind->type, str_of(column->path), &path)) {
        buffer_append_text(out, "\"\"");
        return;
    }
    const void *member = field_path_member(&path, object);
    struct str text = field_path_text(&path, object, space);
    uint8_t value = path.fields[path.count - 1]->value;
    bool bare = value == API_INT32 || value == API_INT64 || value == API_BOOL;
    if (column->empty != NULL && (member == NULL || text.size == 0))
        json_append_string(out, str_of(column->empty));
    else if (bare)
        buffer_append_str(out, text);
    else
        json_append_string(out, text);
}

static void write_cell(const struct table_writer *writer, const struct column *column, const void *object,
                       struct buffer *out)
{
    if (column->path != NULL) {
        write_path_cell(writer, column, object, out);
        return;
    }
    auto_buffer struct buffer text = { .max = 1 << 20 };
    struct row row = { .object = object, .now = writer->now };
    column->cell(&row, &text);
    if (column->raw)
        buffer_append_str(out, buffer_str(&text));
    else
        json_append_string(out, buffer_str(&text));
}

/* A pod that has ended says so on its row. */
static void write_conditions(const struct table_writer *writer, const void *object, struct buffer *out)
{
    if (writer->kind->type != &api_type_pod)
        return;
    const struct api_pod *pod = object;
    bool succeeded = text_equal(pod->status.phase, "Succeeded");
    if (!succeeded && !text_equal(pod->status.phase, "Failed"))
        return;
    buffer_format(out,
                  ",\"conditions\":[{\"type\":\"Completed\",\"status\":\"True\",\"reason\":\"%s\",\"message\":\"%s\"}]",
                  pod->status.phase, succeeded ? "The pod has completed successfully." : "The pod failed.");
}

void table_row(struct table_writer *writer, const void *object, struct str json)
{
    const struct column *list = columns_of(writer->kind->type);
    struct buffer *out = writer->out;

    buffer_append_text(out, writer->any ? ",{\"cells\":[" : "{\"cells\":[");
    writer->any = true;
    if (writer->custom != NULL)
        custom_columns_write_cells(writer->custom, json, writer->now, out);
    for (size_t i = 0; writer->custom == NULL && list[i].name != NULL; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        write_cell(writer, &list[i], object, out);
    }
    buffer_append_char(out, ']');
    write_conditions(writer, object, out);
    buffer_append_text(out, ",\"object\":");
    if (writer->include == TABLE_INCLUDE_METADATA)
        partial_metadata_write(object, writer->version, out);
    else if (writer->include == TABLE_INCLUDE_OBJECT)
        buffer_append_str(out, json);
    else
        buffer_append_text(out, "null");
    buffer_append_char(out, '}');
}

void table_end(struct table_writer *writer)
{
    buffer_append_text(writer->out, "]}");
}

void partial_metadata_write(const void *object, const char *version, struct buffer *out)
{
    buffer_format(out, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/%s\",\"metadata\":",
                  version != NULL ? version : "v1");
    api_encode_json(&api_type_object_meta, NULL, object, out);
    buffer_append_char(out, '}');
}

/* "<major><unit>", and the rest in the smaller unit unless it is none. */
static void two_units(char text[TABLE_DURATION_SIZE], int64_t major, char unit, int64_t minor, char smaller)
{
    if (minor == 0)
        snprintf(text, TABLE_DURATION_SIZE, "%lld%c", (long long)major, unit);
    else
        snprintf(text, TABLE_DURATION_SIZE, "%lld%c%lld%c", (long long)major, unit, (long long)minor, smaller);
}

void table_duration(usec_t span, char text[TABLE_DURATION_SIZE])
{
    int64_t seconds = span / USEC_PER_SEC;
    int64_t minutes = seconds / 60;
    int64_t hours = minutes / 60;
    int64_t days = hours / 24;

    /* Clocks differ a little between machines: a second in the future is now. */
    if (seconds < -1)
        snprintf(text, TABLE_DURATION_SIZE, "<invalid>");
    else if (seconds < 0)
        snprintf(text, TABLE_DURATION_SIZE, "0s");
    else if (seconds < 120)
        two_units(text, seconds, 's', 0, 's');
    else if (minutes < 10)
        two_units(text, minutes, 'm', seconds % 60, 's');
    else if (minutes < 180)
        two_units(text, minutes, 'm', 0, 's');
    else if (hours < 8)
        two_units(text, hours, 'h', minutes % 60, 'm');
    else if (hours < 48)
        two_units(text, hours, 'h', 0, 'm');
    else if (days < 8)
        two_units(text, days, 'd', hours % 24, 'h');
    else if (days < 2 * 365)
        two_units(text, days, 'd', 0, 'h');
    else if (days < 8 * 365)
        two_units(text, days / 365, 'y', days % 365, 'd');
    else
        two_units(text, days / 365, 'y', 0, 'd');
}
