/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/structural/coerce_metadata.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "generated/types.h"

void coerce_place_format(const struct coerce_place *place, struct buffer *text)
{
    if (place == NULL)
        return;
    coerce_place_format(place->parent, text);
    if (place->name.data == NULL) {
        buffer_format(text, "[%zu]", place->index);
        return;
    }
    if (place->parent != NULL)
        buffer_append_char(text, '.');
    buffer_append_str(text, place->name);
}

static void add_text(struct coerce_report *report, struct arena *arena, const char *what, struct str field)
{
    if (report->count == COERCE_REPORTS_MAX)
        return;
    if (report->count == report->room) {
        size_t room = report->room == 0 ? 8 : 2 * report->room;
        const char **grown = arena_new_array(arena, const char *, room);
        if (report->count > 0)
            memcpy(grown, report->texts, report->count * sizeof(*grown));
        report->texts = grown;
        report->room = room;
    }
    report->texts[report->count++] = arena_format(arena, "%s field \"" STR_FMT "\"", what, STR_ARG(field));
}

void coerce_report_add(struct coerce_report *report, struct arena *arena, const char *what,
                       const struct coerce_place *place)
{
    auto_buffer struct buffer path = { 0 };
    coerce_place_format(place, &path);
    add_text(report, arena, what, buffer_str(&path));
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void coerce_report_finish(const struct coerce_report *duplicates, struct coerce_report *unknown, struct arena *arena,
                          struct api_strict_errors *strict)
{
    size_t more = duplicates->count + unknown->count;
    if (more == 0)
        return;
    const char **texts = arena_new_array(arena, const char *, strict->count + more);
    if (strict->count > 0)
        memcpy(texts, strict->texts, strict->count * sizeof(*texts));
    if (duplicates->count > 0)
        memcpy(texts + strict->count, duplicates->texts, duplicates->count * sizeof(*texts));
    if (unknown->count > 0) {
        qsort(unknown->texts, unknown->count, sizeof(*texts), compare_texts);
        memcpy(texts + strict->count + duplicates->count, unknown->texts, unknown->count * sizeof(*texts));
    }
    strict->texts = texts;
    strict->count += more;
}

int coerce_refuse(const struct coerce_place *place, yyjson_val *value, const char *why, struct error *err)
{
    auto_buffer struct buffer path = { 0 }, json = { 0 };
    coerce_place_format(place, &path);
    json_append_value(&json, value);
    return error_set(err, ERROR_BAD_REQUEST, "%s: Invalid value: %.*s: %s", text_or_empty(path.data), 256,
                     text_or_empty(json.data), why);
}

/* The members that decode one by one, as an object. */
static void keep_decodable(const struct coerce_metadata *job, yyjson_val *value, struct buffer *out)
{
    yyjson_obj_iter iterator = yyjson_obj_iter_with(value);
    buffer_append_char(out, '{');
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iterator)) != NULL;) {
        auto_buffer struct buffer one = { 0 };
        struct api_object_meta meta;
        buffer_append_char(&one, '{');
        json_append_string(&one, (struct str){ yyjson_get_str(key), yyjson_get_len(key) });
        buffer_append_char(&one, ':');
        json_append_value(&one, yyjson_obj_iter_get_val(key));
        buffer_append_char(&one, '}');
        if (api_decode_json(&api_type_object_meta, buffer_str(&one), job->arena, &meta, NULL, NULL) < 0)
            continue;
        if (out->size > 1)
            buffer_append_char(out, ',');
        buffer_append(out, one.data + 1, one.size - 2);
    }
    buffer_append_char(out, '}');
}

/* unknown field "foo" of the metadata is unknown field "spec.template.metadata.foo" of the document. */
static void report_unknown(const struct coerce_metadata *job, const struct api_strict_errors *found,
                           const struct coerce_place *place)
{
    for (size_t i = 0; i < found->count; i++) {
        auto_buffer struct buffer path = { 0 };
        const char *quote = strchr(found->texts[i], '"');
        size_t length = quote != NULL ? strlen(quote + 1) : 0;
        if (length == 0)
            continue;
        coerce_place_format(place, &path);
        buffer_append_char(&path, '.');
        buffer_append(&path, quote + 1, length - 1);
        add_text(job->unknown, job->arena, "unknown", buffer_str(&path));
    }
}

int coerce_metadata(const struct coerce_metadata *job, yyjson_val *value, const struct coerce_place *place,
                    struct buffer *out, bool *ret_kept)
{
    auto_buffer struct buffer json = { 0 };
    struct api_object_meta meta;
    struct api_strict_errors strict = { 0 };
    struct error problem = { 0 };

    json_append_value(&json, value);
    int rc = api_decode_json(&api_type_object_meta, buffer_str(&json), job->arena, &meta,
                             job->unknown != NULL ? &strict : NULL, &problem);
    if (rc < 0 && !job->drop)
        return coerce_refuse(place, value, problem.message, job->err);
    if (rc < 0 && yyjson_is_obj(value)) {
        buffer_clear(&json);
        keep_decodable(job, value, &json);
        rc = api_decode_json(&api_type_object_meta, buffer_str(&json), job->arena, &meta, NULL, job->err);
    }
    *ret_kept = rc == 0;
    if (rc < 0)
        return yyjson_is_obj(value) ? rc : 0;
    if (job->unknown != NULL)
        report_unknown(job, &strict, place);
    api_encode_json(&api_type_object_meta, NULL, &meta, out);
    return 0;
}
