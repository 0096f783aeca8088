/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/document.h"

#include <math.h>
#include <string.h>

#include "api/structural/checks.h"
#include "codec/json.h"

#define DOCUMENT_MAX     ((size_t)16 << 20)
#define WHOLE_NUMBER_MAX 9007199254740992.0 /* 2^53: up to there a double is exact */

/* The members beside metadata, coerced: those with a place of their own, and the rest. */
static int take_members(const struct structural_members *members, struct arena *arena, struct api_custom_object *object,
                        struct error *err)
{
    auto_buffer struct buffer rest = { .max = DOCUMENT_MAX };
    for (size_t i = 0; i < members->count; i++) {
        const struct structural_member *member = &members->list[i];
        if (str_is(member->name, "spec")) {
            object->spec = arena_str(arena, member->json);
        } else if (str_is(member->name, "status")) {
            object->status = arena_str(arena, member->json);
        } else {
            buffer_append_char(&rest, rest.size == 0 ? '{' : ',');
            json_append_string(&rest, member->name);
            buffer_append_char(&rest, ':');
            buffer_append_str(&rest, member->json);
        }
    }
    if (rest.size == 0)
        return 0;
    buffer_append_char(&rest, '}');
    if (buffer_failed(&rest))
        return error_set(err, ERROR_TOO_LARGE, "the document is too large");
    object->rest = arena_str(arena, buffer_str(&rest));
    return 0;
}

/* Clients whose numbers are all floating-point (Java's maps, Lua) send a generation of 1.0. Upstream reads a custom object
 * into a map first, and writes such a number without its fraction before it looks at the metadata's types. */
static void write_whole_numbers_plainly(yyjson_val *metadata, struct arena *arena)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(metadata);
    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key != NULL; key = yyjson_obj_iter_next(&iter)) {
        yyjson_val *value = yyjson_obj_iter_get_val(key);
        struct structural_number number;
        if (!yyjson_is_raw(value) || !structural_number_of(value, &number) || number.is_integer ||
            trunc(number.real) != number.real || fabs(number.real) > WHOLE_NUMBER_MAX)
            continue;
        const char *text = arena_format(arena, "%.0f", number.real + 0.0); /* no minus for zero */
        yyjson_set_raw(value, text, strlen(text));
    }
}

int custom_document_decode(const struct custom_version *version, struct str json, struct arena *arena,
                           struct api_strict_errors *strict, struct api_custom_object **ret_object, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    auto_buffer struct buffer out = { .max = DOCUMENT_MAX };
    struct structural_members members = { 0 };
    struct api_custom_object *object = arena_new(arena, struct api_custom_object);
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    write_whole_numbers_plainly(yyjson_obj_get(yyjson_doc_get_root(doc), "metadata"), arena);
    rc = api_decode_value(&api_type_custom_head, yyjson_doc_get_root(doc), arena, object, strict, err);
    if (rc == 0)
        rc = structural_coerce(version->schema, yyjson_doc_get_root(doc), 0, arena, strict, &out, &members, err);
    if (rc == 0)
        rc = take_members(&members, arena, object, err);
    if (rc == 0)
        *ret_object = object;
    return rc;
}

/* ---------------------------------------------------------------- from the store */

static void append_document(const struct custom_version *version, yyjson_val *metadata, struct str members,
                            struct buffer *out)
{
    const struct api_kind *kind = version->resource->kind;
    buffer_append_text(out, "{\"kind\":");
    json_append_string(out, str_of(kind->kind));
    buffer_format(out, ",\"apiVersion\":\"%s/%s\",\"metadata\":", kind->group, kind->version);
    json_append_value(out, metadata);
    if (members.size > 2) {
        buffer_append_char(out, ',');
        buffer_append(out, members.data + 1, members.size - 1);
    } else {
        buffer_append_char(out, '}');
    }
}

/* Once by the version that it is stored as, and then by the one that is served. */
static int coerce_stored(const struct custom_version *version, yyjson_val *root, struct buffer *document,
                         struct error *err)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer members = { .max = DOCUMENT_MAX };
    struct structural_members list;
    int rc = structural_coerce(version->schema, root, STRUCTURAL_DROP_INVALID, &arena, NULL, &members, &list, err);
    if (rc < 0)
        return rc;
    append_document(version, yyjson_obj_get(root, "metadata"), buffer_str(&members), document);
    if (buffer_failed(document) || buffer_failed(&members))
        return error_set(err, ERROR_LIMIT, "a stored document is too large");
    return 0;
}

/* The version that a document says. */
static int find_version(const struct custom_form *form, yyjson_val *root, const struct custom_version **ret_version,
                        struct error *err)
{
    yyjson_val *name = yyjson_obj_get(root, "apiVersion");
    *ret_version = custom_form_version(form, (struct str){ text_or_empty(yyjson_get_str(name)), yyjson_get_len(name) });
    if (*ret_version == NULL)
        return error_set(err, ERROR_INTERNAL, "it is stored as version \"%s\", which %s does not have",
                         text_or_empty(yyjson_get_str(name)), object_name(form->object));
    return 0;
}

int custom_document_coerce(const struct custom_form *form, struct str json, struct buffer *out, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    const struct custom_version *version = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc == 0)
        rc = find_version(form, yyjson_doc_get_root(doc), &version, err);
    return rc < 0 ? rc : coerce_stored(version, yyjson_doc_get_root(doc), out, err);
}

int custom_document_read(const struct custom_form *form, const struct custom_version *version, struct str json,
                         uint64_t revision, struct object **ret_object, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *served = NULL;
    auto_buffer struct buffer first = { .max = DOCUMENT_MAX }, second = { .max = DOCUMENT_MAX };
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    const struct custom_version *stored = NULL;
    rc = find_version(form, yyjson_doc_get_root(doc), &stored, err);
    if (rc == 0)
        rc = coerce_stored(stored, yyjson_doc_get_root(doc), &first, err);
    if (rc == 0 && stored != version) {
        rc = json_read(buffer_str(&first), API_DEPTH_MAX, &served, err);
        if (rc == 0)
            rc = coerce_stored(version, yyjson_doc_get_root(served), &second, err);
    }
    if (rc < 0)
        return rc;
    return object_from_stored(version->resource, buffer_str(stored == version ? &first : &second), revision, ret_object,
                              err);
}

/* ---------------------------------------------------------------- as documents again */

int custom_document_parse(const struct custom_version *version, const struct api_custom_object *object,
                          yyjson_doc **ret_doc)
{
    auto_buffer struct buffer json = { .max = DOCUMENT_MAX };
    const struct api_kind *kind = version->resource->kind;
    struct error err;
    api_encode_json(kind->type, kind, object, &json);
    return json_read(buffer_str(&json), API_DEPTH_MAX, ret_doc, &err);
}
