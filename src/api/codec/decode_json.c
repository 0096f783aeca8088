/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* decode_json.c - JSON to structs.
 *
 * The document is parsed by yyjson and walked along the tables. Keys of canonical documents come in
 * the order of the table, so the search for a key starts behind the last one found. Messages are
 * worded as upstream's: clients show them to people, and some read them. */
#include "api/codec.h"

#include <errno.h>
#include <stdio.h>

#include "api/codec/decode_problem.h"
#include "api/codec/document_path.h"
#include "api/member.h"
#include "base/text/base64.h"
#include "codec/json.h"

enum {
    NESTING_MAX = 500,       /* of messages; the only deep ones are JSON schemas inside each other */
    STRICT_ERRORS_MAX = 100, /* more are not collected */
    TEXT_CHUNK = 512,        /* texts are packed into pieces of this size */
    TEXT_PACKED_MAX = 128,   /* longer ones get their own memory */
    SEEN_MAX = 128,          /* fields of one object; no type has as many */
};

struct decoder {
    struct arena *arena;
    struct error *err;
    struct api_strict_errors *strict; /* may be NULL */
    char *text;                       /* free part of the current chunk */
    size_t text_left;
};

/* Where a value goes and how its place is called. */
struct place {
    struct document_path path;
    const struct api_type *owner; /* the struct whose field this is */
    unsigned nesting;
};

static int decode_message(struct decoder *decoder, const struct api_type *type, yyjson_val *json, void *value,
                          const struct place *place);
static int decode_value(struct decoder *decoder, const struct api_field *field, yyjson_val *json, void *value,
                        const struct place *place);

/* Messages ---------------------------------------------------------------------------------------- */

static void add_strict(struct decoder *decoder, const char *what, const struct document_path *path)
{
    struct api_strict_errors *strict = decoder->strict;
    if (strict == NULL || strict->count >= STRICT_ERRORS_MAX)
        return;
    auto_buffer struct buffer text = { 0 }, quoted = { 0 };
    document_path_append(path, false, &text);
    decode_problem_quote(buffer_str(&text), &quoted);
    const char *line = arena_format(decoder->arena, "%s field %s", what, text_or_empty(quoted.data));
    for (size_t i = 0; i < strict->count; i++)
        if (text_equal(strict->texts[i], line))
            return;
    if (strict->texts == NULL)
        strict->texts = arena_new_array(decoder->arena, const char *, STRICT_ERRORS_MAX);
    strict->texts[strict->count++] = line;
}

static int wrong_type(struct decoder *decoder, const struct api_field *field, yyjson_val *json,
                      const struct place *place, bool element)
{
    return decode_problem_type(&place->path, place->owner, field, json, element, decoder->err);
}

/* Scalars ------------------------------------------------------------------------------------------ */

static char *keep_text(struct decoder *decoder, struct str text)
{
    if (text.size >= TEXT_PACKED_MAX)
        return arena_strndup(decoder->arena, text.data, text.size);
    if (decoder->text_left <= text.size) {
        decoder->text = arena_alloc(decoder->arena, TEXT_CHUNK);
        decoder->text_left = TEXT_CHUNK;
    }
    char *copy = decoder->text;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    decoder->text += text.size + 1;
    decoder->text_left -= text.size + 1;
    return copy;
}

/* C strings cannot hold it, and no field of the API has a use for it. */
static int nul_in_text(struct decoder *decoder, const struct place *place)
{
    auto_buffer struct buffer path = { 0 };
    document_path_append(&place->path, false, &path);
    return error_set(decoder->err, ERROR_BAD_REQUEST, "%s: texts with NUL characters are not supported",
                     text_or_empty(path.data));
}

static int decode_text(struct decoder *decoder, const struct api_field *field, yyjson_val *json, const char **value,
                       const struct place *place)
{
    struct str text = { yyjson_get_str(json), yyjson_get_len(json) };
    if (memchr(text.data, '\0', text.size) != NULL)
        return nul_in_text(decoder, place);
    const struct api_enum *known = api_field_facts(field)->enumeration;
    for (size_t i = 0; known != NULL && i < known->n_values; i++) {
        if (str_is(text, known->values[i])) {
            *value = known->values[i];
            return 0;
        }
    }
    *value = text.size == 0 ? "" : keep_text(decoder, text);
    return 0;
}

static bool raw_number(yyjson_val *json, struct str *ret_text)
{
    *ret_text = (struct str){ yyjson_get_raw(json), yyjson_get_len(json) };
    return yyjson_is_raw(json);
}

static bool decode_integer(const struct api_field *field, yyjson_val *json, void *value)
{
    struct str text;
    int64_t number = 0;
    uint64_t positive = 0;
    if (!raw_number(json, &text))
        return false;
    switch (field->value) {
    case API_INT32:
        if (!str_to_int64(text, &number) || number < INT32_MIN || number > INT32_MAX)
            return false;
        *(int32_t *)value = (int32_t)number;
        return true;
    case API_INT64:
        return str_to_int64(text, value);
    case API_UINT32:
        if (!str_to_uint64(text, &positive) || positive > UINT32_MAX)
            return false;
        *(uint32_t *)value = (uint32_t)positive;
        return true;
    default:
        return str_to_uint64(text, value);
    }
}

static bool decode_double(struct decoder *decoder, yyjson_val *json, double *value)
{
    struct str text;
    if (!raw_number(json, &text))
        return false;
    char space[64];
    const char *digits = space;
    if (text.size < sizeof(space)) {
        memcpy(space, text.data, text.size);
        space[text.size] = '\0';
    } else {
        digits = arena_strndup(decoder->arena, text.data, text.size);
    }
    errno = 0;
    double number = strtod(digits, NULL);
    if (errno == ERANGE && (number > 1 || number < -1))
        return false;
    *value = number;
    return true;
}

/* Line breaks are passed over, as Go does: wrapped base64 in a YAML block is common. */
static int decode_base64(struct decoder *decoder, struct str text, struct str *value)
{
    auto_buffer struct buffer bytes = { .max = text.size + 4 }, plain = { .max = text.size };
    struct str packed = text;
    if (text.size > 0 && (memchr(text.data, '\n', text.size) != NULL || memchr(text.data, '\r', text.size) != NULL)) {
        for (size_t i = 0; i < text.size; i++)
            if (text.data[i] != '\n' && text.data[i] != '\r')
                buffer_append_char(&plain, text.data[i]);
        packed = buffer_str(&plain);
    }
    if (!base64_decode(packed, &bytes))
        return decode_problem_base64(packed, decoder->err);
    *value = arena_str(decoder->arena, (struct str){ text_or_empty(bytes.data), bytes.size });
    return 0;
}

/* Base64, or a list of numbers: Go's []byte takes both. */
static int decode_bytes(struct decoder *decoder, const struct api_field *field, yyjson_val *json, struct str *value,
                        const struct place *place)
{
    if (yyjson_is_str(json))
        return decode_base64(decoder, (struct str){ yyjson_get_str(json), yyjson_get_len(json) }, value);
    if (!yyjson_is_arr(json))
        return wrong_type(decoder, field, json, place, field->shape != API_SINGLE);
    static const struct api_field byte_field = { .value = API_BYTES };
    char *bytes = arena_alloc(decoder->arena, yyjson_arr_size(json) + 1);
    size_t index = 0, count = 0;
    yyjson_val *element = NULL;
    yyjson_arr_foreach(json, index, count, element)
    {
        uint64_t number = 0;
        struct str text = { yyjson_get_raw(element), yyjson_get_len(element) };
        if (!yyjson_is_null(element) &&
            (!yyjson_is_raw(element) || !str_to_uint64(text, &number) || number > UINT8_MAX))
            return wrong_type(decoder, &byte_field, element, place, true);
        bytes[index] = (char)number;
    }
    *value = (struct str){ bytes, count };
    return 0;
}

static int decode_quantity(struct decoder *decoder, yyjson_val *json, struct quantity *value, const struct place *place)
{
    struct str text = { 0 };
    if (!raw_number(json, &text) && !yyjson_is_str(json))
        text = STR("");
    else if (yyjson_is_str(json))
        text = (struct str){ yyjson_get_str(json), yyjson_get_len(json) };
    (void)place;
    struct error problem = { 0 };
    if (quantity_parse(str_trim(text), value, &problem) < 0)
        return error_set(decoder->err, ERROR_BAD_REQUEST, "%s", problem.message);
    return 0;
}

static int decode_int_or_string(struct decoder *decoder, const struct api_field *field, yyjson_val *json,
                                struct int_or_string *value, const struct place *place)
{
    struct str text;
    int64_t number = 0;
    if (yyjson_is_str(json))
        return decode_text(decoder, field, json, &value->text, place);
    if (!raw_number(json, &text) || !str_to_int64(text, &number) || number < INT32_MIN || number > INT32_MAX)
        return wrong_type(decoder, field, json, place, field->shape != API_SINGLE);
    *value = (struct int_or_string){ .number = (int32_t)number };
    return 0;
}

static int decode_raw(struct decoder *decoder, const struct api_field *field, yyjson_val *json, struct str *value)
{
    auto_buffer struct buffer text = { 0 };
    if (field->flags & API_SORTED)
        json_append_sorted(&text, json);
    else
        json_append_value(&text, json);
    if (buffer_failed(&text))
        return error_set(decoder->err, ERROR_LIMIT, "embedded JSON is too large");
    *value = arena_str(decoder->arena, buffer_str(&text));
    return 0;
}

/* Upstream takes a MicroTime only with exactly six digits behind the seconds. */
static bool has_micros(struct str text)
{
    return text.size > 26 && text.data[19] == '.' && (text.data[26] < '0' || text.data[26] > '9');
}

/* A value that is not null. */
static int decode_value(struct decoder *decoder, const struct api_field *field, yyjson_val *json, void *value,
                        const struct place *place)
{
    bool string = yyjson_is_str(json), good = true;
    struct str text = { string ? yyjson_get_str(json) : NULL, string ? yyjson_get_len(json) : 0 };
    switch (field->value) {
    case API_MESSAGE:
        if (field->type->json_form == API_FORM_OBJECT && !yyjson_is_obj(json))
            break;
        return decode_message(decoder, field->type, json, value, place);
    case API_RAW:
        return decode_raw(decoder, field, json, value);
    case API_QUANTITY:
        return decode_quantity(decoder, json, value, place);
    case API_INT_OR_STRING:
        return decode_int_or_string(decoder, field, json, value, place);
    case API_BOOL:
        *(bool *)value = yyjson_get_bool(json);
        good = yyjson_is_bool(json);
        break;
    case API_FLOAT64:
        good = decode_double(decoder, json, value);
        break;
    case API_STRING:
        if (string)
            return decode_text(decoder, field, json, value, place);
        good = false;
        break;
    case API_BYTES:
        return decode_bytes(decoder, field, json, value, place);
    case API_TIME:
    case API_MICRO_TIME:
        if (string && (!time_parse(text, value) || (field->value == API_MICRO_TIME && !has_micros(text))))
            return decode_problem_time(text, field->value == API_MICRO_TIME, decoder->err);
        good = string;
        break;
    case API_DURATION:
        if (string && !duration_parse(text, value))
            return error_set(decoder->err, ERROR_BAD_REQUEST, "time: invalid duration \"%.*s\"", (int)text.size,
                             text.data);
        good = string;
        break;
    default:
        good = decode_integer(field, json, value);
        break;
    }
    if (field->value == API_MESSAGE || !good)
        return wrong_type(decoder, field, json, place, field->shape != API_SINGLE);
    return 0;
}

/* Lists and maps ------------------------------------------------------------------------------------- */

/* What null means inside a list or map: a text that is empty, any other value as it was allocated. */
static void put_zero(const struct api_field *field, char *element)
{
    if (field->value == API_STRING)
        *(const char **)(void *)element = "";
}

static int decode_list(struct decoder *decoder, const struct api_field *field, yyjson_val *json, void *owner_value,
                       const struct place *place)
{
    if (!yyjson_is_arr(json))
        return wrong_type(decoder, field, json, place, false);
    size_t count = yyjson_arr_size(json);
    char *elements =
        count == 0 ? (char *)(uintptr_t)&member_empty : arena_array(decoder->arena, count, field->element_size);
    struct place at = { { &place->path, { 0 }, 0 }, place->owner, place->nesting };
    yyjson_arr_iter iterator = yyjson_arr_iter_with(json);
    for (size_t i = 0; i < count; i++) {
        yyjson_val *element = yyjson_arr_iter_next(&iterator);
        at.path.index = i;
        if (yyjson_is_null(element)) {
            put_zero(field, elements + i * field->element_size);
            continue;
        }
        int rc = decode_value(decoder, field, element, elements + i * field->element_size, &at);
        if (rc < 0)
            return rc;
        if (field->flags & API_TYPED && yyjson_get_len(yyjson_obj_get(element, "kind")) > 0)
            *member_typed(field, owner_value) = true;
    }
    *(void **)member_of(field, owner_value) = elements;
    *member_count(field, owner_value) = count;
    return 0;
}

/* Keys by text, the same key in the order of the document (yyjson lays values out in it). */
static int compare_keys(const void *a, const void *b)
{
    yyjson_val *x = *(yyjson_val *const *)a, *y = *(yyjson_val *const *)b;
    int order = str_compare((struct str){ yyjson_get_str(x), yyjson_get_len(x) },
                            (struct str){ yyjson_get_str(y), yyjson_get_len(y) });
    return order != 0 ? order : x < y ? -1 : x > y;
}

static bool same_key(yyjson_val *a, yyjson_val *b)
{
    return yyjson_get_len(a) == yyjson_get_len(b) &&
           memcmp(yyjson_get_str(a), yyjson_get_str(b), yyjson_get_len(a)) == 0;
}

static yyjson_val **sorted_keys(struct decoder *decoder, yyjson_val *json, size_t count)
{
    yyjson_val **keys = arena_new_array(decoder->arena, yyjson_val *, count);
    yyjson_obj_iter iterator = yyjson_obj_iter_with(json);
    bool sorted = true;
    for (size_t i = 0; i < count; i++) {
        keys[i] = yyjson_obj_iter_next(&iterator);
        sorted = sorted && (i == 0 || compare_keys(&keys[i - 1], &keys[i]) < 0);
    }
    if (!sorted)
        qsort(keys, count, sizeof(*keys), compare_keys);
    return keys;
}

static int decode_map(struct decoder *decoder, const struct api_field *field, yyjson_val *json, void *owner_value,
                      const struct place *place)
{
    if (!yyjson_is_obj(json))
        return wrong_type(decoder, field, json, place, false);
    size_t count = yyjson_obj_size(json), used = 0;
    char *entries = (char *)(uintptr_t)&member_empty;
    if (count > 0) {
        entries = arena_array(decoder->arena, count, field->element_size);
        static const struct api_field key_field = { .value = API_STRING };
        yyjson_val **keys = sorted_keys(decoder, json, count);
        for (size_t i = 0; i < count; i++) {
            struct str key = { yyjson_get_str(keys[i]), yyjson_get_len(keys[i]) };
            if (i + 1 < count && same_key(keys[i], keys[i + 1])) {
                struct document_path step = { &place->path, key, 0, .entry = true };
                add_strict(decoder, "duplicate", &step);
                continue; /* the last one counts */
            }
            struct place at = { { &place->path, key, 0, .entry = true }, place->owner, place->nesting };
            char *entry = entries + used++ * field->element_size;
            yyjson_val *value = yyjson_obj_iter_get_val(keys[i]);
            int rc = decode_text(decoder, &key_field, keys[i], (const char **)(void *)entry, &at);
            if (yyjson_is_null(value))
                put_zero(field, entry + field->value_offset);
            else if (rc == 0)
                rc = decode_value(decoder, field, value, entry + field->value_offset, &at);
            if (rc < 0)
                return rc;
        }
    }
    *(void **)member_of(field, owner_value) = entries;
    *member_count(field, owner_value) = used;
    return 0;
}

/* Objects ------------------------------------------------------------------------------------------ */

enum { INLINE_DEPTH_MAX = 2 };

struct found {
    const struct api_field *field;
    void *value;                                    /* the struct that has the member: of an inlined field, that part */
    const struct api_type *parts[INLINE_DEPTH_MAX]; /* the inlined messages it is in, innermost first */
};

/* Tries the fields from *cursor on, then those before it; leaves *cursor behind the found one. */
static bool find_field(const struct api_type *type, struct str key, void *value, size_t *cursor,
                       struct found *ret_found)
{
    size_t i = *cursor;
    for (size_t tried = 0; tried < type->n_fields; tried++, i++) {
        if (i >= type->n_fields)
            i = 0;
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE) {
            size_t inner = 0;
            if (find_field(field->type, key, member_of(field, value), &inner, ret_found)) {
                ret_found->parts[ret_found->parts[0] != NULL] = field->type;
                *cursor = i;
                return true;
            }
        } else if (field->name_size == key.size && field->name != NULL &&
                   memcmp(field->name, key.data, key.size) == 0) {
            *ret_found = (struct found){ .field = field, .value = value };
            *cursor = i + 1;
            return true;
        }
    }
    return false;
}

static int decode_member(struct decoder *decoder, const struct found *found, yyjson_val *json,
                         const struct place *place)
{
    const struct api_field *field = found->field;
    void *member = member_of(field, found->value);
    if (yyjson_is_null(json)) {
        if (field->shape != API_SINGLE)
            *member_count(field, found->value) = 0;
        if (field->shape != API_SINGLE || member_is_indirect(field))
            *(void **)member = NULL;
        return 0;
    }
    if (field->shape == API_LIST)
        return decode_list(decoder, field, json, found->value, place);
    if (field->shape == API_MAP)
        return decode_map(decoder, field, json, found->value, place);
    if (!member_is_indirect(field))
        return decode_value(decoder, field, json, member, place);
    void *target = *(void **)member != NULL ? *(void **)member : arena_zalloc(decoder->arena, member_size(field));
    int rc = decode_value(decoder, field, json, target, place);
    if (rc < 0)
        return rc;
    *(void **)member = target;
    return 0;
}

/* kind and apiVersion of a document are no members: who called has read them already. */
static const struct api_field type_meta_fields[] = {
    { .name = "kind", .name_size = 4, .value = API_STRING },
    { .name = "apiVersion", .name_size = 10, .value = API_STRING },
};

static const struct api_field *type_meta_field(const struct api_type *type, struct str key)
{
    for (size_t i = 0; type->type_meta && i < countof(type_meta_fields); i++)
        if (str_is(key, type_meta_fields[i].name))
            return &type_meta_fields[i];
    return NULL;
}

/* The fields that an object has given so far. */
struct seen {
    const struct api_field *fields[SEEN_MAX];
    size_t count;
};

static bool seen_before(struct seen *seen, const struct api_field *field)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->fields[i] == field)
            return true;
    if (seen->count < SEEN_MAX)
        seen->fields[seen->count++] = field;
    return false;
}

/* Members that no field takes, of a type that keeps them: as one object. */
static int decode_rest(struct decoder *decoder, const struct api_type *type, yyjson_val *json, void *value)
{
    auto_buffer struct buffer text = { 0 };
    yyjson_val **keys = arena_new_array(decoder->arena, yyjson_val *, yyjson_obj_size(json));
    size_t index = 0, count = 0, rest = 0;
    yyjson_val *name = NULL, *member = NULL;
    yyjson_obj_foreach(json, index, count, name, member)
    {
        struct found found = { 0 };
        struct str key = { yyjson_get_str(name), yyjson_get_len(name) };
        size_t cursor = 0;
        if (!find_field(type, key, value, &cursor, &found) && type_meta_field(type, key) == NULL)
            keys[rest++] = name;
    }
    json_append_sorted_members(&text, keys, rest);
    if (buffer_failed(&text))
        return error_set(decoder->err, ERROR_LIMIT, "embedded JSON is too large");
    *(struct str *)member_of(type->rest, value) = arena_str(decoder->arena, buffer_str(&text));
    return 0;
}

static int decode_object(struct decoder *decoder, const struct api_type *type, yyjson_val *json, void *value,
                         const struct place *place)
{
    struct seen seen;
    seen.count = 0;
    size_t cursor = 0, index = 0, count = 0;
    bool rest = false;
    yyjson_val *name = NULL, *member = NULL;
    const struct document_path *parent = place->owner == NULL ? NULL : &place->path;
    yyjson_obj_foreach(json, index, count, name, member)
    {
        struct place at = { { parent, { yyjson_get_str(name), yyjson_get_len(name) }, 0 }, type, place->nesting };
        struct found found = { 0 };
        if (!find_field(type, at.path.key, value, &cursor, &found))
            found.field = type_meta_field(type, at.path.key);
        struct document_path parts[INLINE_DEPTH_MAX];
        for (size_t i = INLINE_DEPTH_MAX; i-- > 0;) {
            if (found.parts[i] == NULL)
                continue;
            parts[i] = (struct document_path){ at.path.parent, str_of(found.parts[i]->name), 0, .part = true };
            at.path.parent = &parts[i];
        }
        if (found.field == NULL) {
            if (type->rest == NULL && !type->open)
                add_strict(decoder, "unknown", &at.path);
            rest = true;
            continue;
        }
        if (decoder->strict != NULL && seen_before(&seen, found.field))
            add_strict(decoder, "duplicate", &at.path);
        if (found.value != NULL) {
            int rc = decode_member(decoder, &found, member, &at);
            if (rc < 0)
                return rc;
        } else if (!yyjson_is_str(member) && !yyjson_is_null(member)) {
            return wrong_type(decoder, found.field, member, &at, false);
        }
    }
    return rest && type->rest != NULL ? decode_rest(decoder, type, json, value) : 0;
}

/* JSONSchemaPropsOrArray and its like: the first field is the object (or the flag), the second what stands for it. */
static int decode_either(struct decoder *decoder, const struct api_type *type, yyjson_val *json, void *value,
                         const struct place *place)
{
    bool boolean = type->json_form == API_FORM_OBJECT_OR_BOOL;
    const struct api_field *object = &type->fields[boolean ? 1 : 0], *other = &type->fields[boolean ? 0 : 1];
    if (yyjson_is_obj(json)) {
        if (boolean)
            *(bool *)member_of(other, value) = true;
        return decode_member(decoder, &(struct found){ .field = object, .value = value }, json, place);
    }
    if (boolean && !yyjson_is_bool(json))
        return error_set(decoder->err, ERROR_BAD_REQUEST, "boolean or JSON schema expected");
    return decode_member(decoder, &(struct found){ .field = other, .value = value }, json, place);
}

static int decode_message(struct decoder *decoder, const struct api_type *type, yyjson_val *json, void *value,
                          const struct place *place)
{
    struct place inner = *place;
    if (++inner.nesting > NESTING_MAX)
        return error_set(decoder->err, ERROR_SYNTAX, "exceeded max depth");
    switch (type->json_form) {
    case API_FORM_OBJECT:
        return decode_object(decoder, type, json, value, &inner);
    case API_FORM_STRING_LIST:
        return decode_member(decoder, &(struct found){ .field = &type->fields[0], .value = value }, json, &inner);
    default:
        return decode_either(decoder, type, json, value, &inner);
    }
}

int api_decode_json(const struct api_type *type, struct str json, struct arena *arena, void *value,
                    struct api_strict_errors *strict, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    return rc < 0 ? rc : api_decode_value(type, yyjson_doc_get_root(doc), arena, value, strict, err);
}

int api_decode_value(const struct api_type *type, yyjson_val *root, struct arena *arena, void *value,
                     struct api_strict_errors *strict, struct error *err)
{
    memset(value, 0, type->size);
    if (yyjson_is_null(root))
        return 0;
    if (type->json_form == API_FORM_OBJECT && !yyjson_is_obj(root))
        return decode_problem_root(type, root, err);
    struct decoder decoder = { .arena = arena, .err = err, .strict = strict };
    if (strict != NULL)
        *strict = (struct api_strict_errors){ 0 };
    struct place place = { 0 };
    return decode_message(&decoder, type, root, value, &place);
}

int api_decode_member_json(const struct api_field *field, struct str json, struct arena *arena, void *value,
                           struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    static const struct api_type nobody = { .name = "", .go_package = "" };
    struct decoder decoder = { .arena = arena, .err = err };
    struct place place = { .path.key = str_of(text_or_empty(field->name)), .owner = &nobody };
    return decode_member(&decoder, &(struct found){ .field = field, .value = value }, yyjson_doc_get_root(doc), &place);
}
