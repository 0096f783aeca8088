/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* decode_protobuf.c - protobuf to structs.
 *
 * Lists grow as their elements come, so that a message is read once; memory is bounded by the
 * message's size times the largest element, because every element has at least two bytes. */
#include "api/codec.h"

#include <assert.h>

#include "api/member.h"
#include "codec/json.h"
#include "codec/protobuf.h"

enum {
    NESTING_MAX = 500,
    /* Structs that a message makes take at most this much more memory than itself, plus a little:
     * an attacker's run of empty elements (two bytes each) is refused, no real document comes near. */
    GROWTH_MAX = 256,
    GROWTH_FREE = 1 << 20,
};

struct decoder {
    struct arena *arena;
    struct error *err;
    size_t limit; /* of arena->used */
    unsigned nesting;
};

static int decode_message(struct decoder *decoder, const struct api_type *type, struct str message, void *value);

static int wrong_wire(struct decoder *decoder, const struct api_field *field, const struct protobuf_field *read)
{
    return error_set(decoder->err, ERROR_BAD_REQUEST, "proto: wrong wireType = %d for field %s", (int)read->wire,
                     field->member);
}

static int keep_text(struct decoder *decoder, const struct api_field *field, struct str text, const char **value)
{
    if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
        return error_set(decoder->err, ERROR_BAD_REQUEST, "field %s holds a NUL character", field->member);
    *value = text.size == 0 ? "" : arena_strndup(decoder->arena, text.data, text.size);
    return 0;
}

static struct str keep_bytes(struct decoder *decoder, struct str bytes)
{
    return arena_str(decoder->arena, (struct str){ text_or_empty(bytes.data), bytes.size });
}

static int decode_time(struct decoder *decoder, struct str message, usec_t *value)
{
    struct protobuf_field read;
    int64_t seconds = 0, nanos = 0;
    bool given = message.size > 0;
    int rc = 0;
    while ((rc = protobuf_read(&message, &read, decoder->err)) > 0) {
        if (read.tag == 1)
            seconds = (int64_t)read.number;
        else if (read.tag == 2)
            nanos = (int32_t)read.number;
    }
    if (rc < 0)
        return rc;
    if (seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999999999)
        return error_set(decoder->err, ERROR_BAD_REQUEST, "a timestamp is out of range");
    *value = seconds * USEC_PER_SEC + nanos / 1000;
    if (given && *value == 0)
        *value = 1; /* the epoch itself; see base/time.h */
    return 0;
}

static int decode_quantity(struct decoder *decoder, struct str message, struct quantity *value)
{
    struct protobuf_field read;
    struct str text = STR("");
    int rc = 0;
    while ((rc = protobuf_read(&message, &read, decoder->err)) > 0)
        if (read.tag == 1)
            text = read.bytes;
    if (rc < 0)
        return rc;
    if (text.size == 0) {
        *value = (struct quantity){ 0 };
        return 0;
    }
    struct error problem = { 0 };
    if (quantity_parse(text, value, &problem) < 0)
        return error_set(decoder->err, ERROR_BAD_REQUEST, "%s", problem.message);
    return 0;
}

static int decode_int_or_string(struct decoder *decoder, const struct api_field *field, struct str message,
                                struct int_or_string *value)
{
    struct protobuf_field read;
    struct str text = STR("");
    uint64_t is_text = 0, number = 0;
    int rc = 0;
    while ((rc = protobuf_read(&message, &read, decoder->err)) > 0) {
        if (read.tag == 1)
            is_text = read.number;
        else if (read.tag == 2)
            number = read.number;
        else if (read.tag == 3)
            text = read.bytes;
    }
    if (rc < 0)
        return rc;
    *value = (struct int_or_string){ .number = is_text ? 0 : (int32_t)number };
    return is_text ? keep_text(decoder, field, text, &value->text) : 0;
}

/* The only field of a message that wraps it: raw bytes, or a duration. */
static int decode_wrapped(struct decoder *decoder, struct str message, struct protobuf_field *ret_inner,
                          bool *ret_found)
{
    struct protobuf_field read;
    int rc = 0;
    *ret_found = false;
    while ((rc = protobuf_read(&message, &read, decoder->err)) > 0) {
        if (read.tag == 1) {
            *ret_inner = read;
            *ret_found = true;
        }
    }
    return rc;
}

static int decode_varint(struct decoder *decoder, const struct api_field *field, const struct protobuf_field *read,
                         void *value)
{
    if (read->wire != PROTOBUF_VARINT)
        return wrong_wire(decoder, field, read);
    switch (field->value) {
    case API_BOOL:
        *(bool *)value = read->number != 0;
        break;
    case API_INT32:
    case API_UINT32:
        *(uint32_t *)value = (uint32_t)read->number;
        break;
    default:
        *(uint64_t *)value = read->number;
    }
    return 0;
}

/* It goes into the document as it is: what is no JSON would spoil the whole for all who read it. */
static int decode_raw(struct decoder *decoder, struct str bytes, struct str *value)
{
    yyjson_doc *doc = NULL;
    int rc = bytes.size == 0 ? 0 : json_read(bytes, API_DEPTH_MAX, &doc, decoder->err);
    yyjson_doc_free(doc);
    if (rc < 0)
        return error_set(decoder->err, ERROR_BAD_REQUEST, "embedded object is no JSON: %s", decoder->err->message);
    *value = keep_bytes(decoder, bytes);
    return 0;
}

static int decode_bytes_value(struct decoder *decoder, const struct api_field *field, struct str bytes, void *value)
{
    struct protobuf_field inner = { 0 };
    bool found = false;
    int rc = 0;
    switch (field->value) {
    case API_STRING:
        return keep_text(decoder, field, bytes, value);
    case API_BYTES:
        *(struct str *)value = keep_bytes(decoder, bytes);
        return 0;
    case API_TIME:
    case API_MICRO_TIME:
        return decode_time(decoder, bytes, value);
    case API_QUANTITY:
        return decode_quantity(decoder, bytes, value);
    case API_INT_OR_STRING:
        return decode_int_or_string(decoder, field, bytes, value);
    case API_RAW:
        rc = decode_wrapped(decoder, bytes, &inner, &found);
        return rc == 0 && found ? decode_raw(decoder, inner.bytes, value) : rc;
    case API_DURATION:
        rc = decode_wrapped(decoder, bytes, &inner, &found);
        if (rc == 0 && found)
            *(uint64_t *)value = inner.number;
        return rc;
    default:
        return decode_message(decoder, field->type, bytes, value);
    }
}

static bool is_varint(const struct api_field *field)
{
    return field->value == API_BOOL || field->value == API_INT32 || field->value == API_INT64 ||
           field->value == API_UINT32 || field->value == API_UINT64;
}

static int decode_value(struct decoder *decoder, const struct api_field *field, const struct protobuf_field *read,
                        void *value)
{
    if (is_varint(field))
        return decode_varint(decoder, field, read, value);
    if (field->value == API_FLOAT64) {
        if (read->wire != PROTOBUF_FIXED64)
            return wrong_wire(decoder, field, read);
        memcpy(value, &read->number, sizeof(double));
        return 0;
    }
    if (read->wire != PROTOBUF_BYTES)
        return wrong_wire(decoder, field, read);
    return decode_bytes_value(decoder, field, read->bytes, value);
}

/* One more element, zeroed; room doubles when the count reaches a power of two. */
static int grow(struct decoder *decoder, const struct api_field *field, void *owner, void **ret_element)
{
    size_t *count = member_count(field, owner);
    char **elements = member_of(field, owner);
    if ((*count & (*count - 1)) == 0) {
        size_t room = *count == 0 ? 1 : *count * 2;
        if (decoder->arena->used + room * field->element_size > decoder->limit)
            return error_set(decoder->err, ERROR_LIMIT, "field %s has too many elements", field->member);
        char *larger = arena_array(decoder->arena, room, field->element_size);
        if (*count > 0)
            memcpy(larger, *elements, *count * field->element_size);
        *elements = larger;
    }
    *ret_element = *elements + *count * field->element_size;
    ++*count;
    return 0;
}

static int decode_packed(struct decoder *decoder, const struct api_field *field, struct str bytes, void *owner)
{
    struct protobuf_field read = { .wire = PROTOBUF_VARINT };
    bool good = true;
    while (protobuf_read_varint(&bytes, &read.number, &good)) {
        void *element = NULL;
        int rc = grow(decoder, field, owner, &element);
        if (rc == 0)
            rc = decode_varint(decoder, field, &read, element);
        if (rc < 0)
            return rc;
    }
    return good ? 0 : error_set(decoder->err, ERROR_SYNTAX, "proto: packed field %s is cut off", field->member);
}

static int decode_list_element(struct decoder *decoder, const struct api_field *field,
                               const struct protobuf_field *read, void *owner)
{
    if (is_varint(field) && read->wire == PROTOBUF_BYTES)
        return decode_packed(decoder, field, read->bytes, owner);
    void *element = NULL;
    int rc = grow(decoder, field, owner, &element);
    if (rc < 0)
        return rc;
    assert(element != NULL);
    return decode_value(decoder, field, read, element);
}

/* Entries come sorted from every known encoder; others are put where they belong by sort_map(). */
static int decode_map_entry(struct decoder *decoder, const struct api_field *field, const struct protobuf_field *read,
                            void *owner)
{
    if (read->wire != PROTOBUF_BYTES)
        return wrong_wire(decoder, field, read);
    void *element = NULL;
    int rc = grow(decoder, field, owner, &element);
    if (rc < 0)
        return rc;
    assert(element != NULL);
    static const struct api_field key_field = { .member = "key", .value = API_STRING };
    *(const char **)element = "";
    if (field->value == API_STRING)
        *(const char **)(void *)((char *)element + field->value_offset) = "";
    struct str entry = read->bytes;
    struct protobuf_field part;
    int more = 0;
    while ((more = protobuf_read(&entry, &part, decoder->err)) > 0) {
        if (part.tag == 1)
            rc = decode_value(decoder, &key_field, &part, element);
        else if (part.tag == 2)
            rc = decode_value(decoder, field, &part, (char *)element + field->value_offset);
        if (rc < 0)
            return rc;
    }
    return more;
}

static const char *entry_key(const char *entry)
{
    return *(const char *const *)(const void *)entry;
}

struct entry_order {
    const char *entry;
};

static int compare_entries(const void *a, const void *b)
{
    const char *x = ((const struct entry_order *)a)->entry, *y = ((const struct entry_order *)b)->entry;
    int order = strcmp(entry_key(x), entry_key(y));
    return order != 0 ? order : x < y ? -1 : x > y;
}

/* Sorted by key, of equal keys the last one. */
static void sort_map(struct decoder *decoder, const struct api_field *field, void *owner)
{
    size_t count = member_length(field, owner), size = field->element_size, used = 0;
    const char *entries = member_elements(field, owner);
    bool sorted = true;
    for (size_t i = 1; i < count; i++)
        sorted = sorted && strcmp(entry_key(entries + (i - 1) * size), entry_key(entries + i * size)) < 0;
    if (sorted)
        return;
    struct entry_order *order = arena_new_array(decoder->arena, struct entry_order, count);
    for (size_t i = 0; i < count; i++)
        order[i].entry = entries + i * size;
    qsort(order, count, sizeof(*order), compare_entries);
    char *ordered = arena_array(decoder->arena, count, size);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && strcmp(entry_key(order[i].entry), entry_key(order[i + 1].entry)) == 0)
            continue;
        memcpy(ordered + used++ * size, order[i].entry, size);
    }
    *(void **)member_of(field, owner) = ordered;
    *member_count(field, owner) = used;
}

static int decode_single(struct decoder *decoder, const struct api_field *field, const struct protobuf_field *read,
                         void *owner)
{
    void *member = member_of(field, owner);
    if (!member_is_indirect(field))
        return decode_value(decoder, field, read, member);
    if (*(void **)member == NULL) {
        if (decoder->arena->used + member_size(field) > decoder->limit)
            return error_set(decoder->err, ERROR_LIMIT, "the message needs too much memory");
        *(void **)member = arena_zalloc(decoder->arena, member_size(field));
    }
    return decode_value(decoder, field, read, *(void **)member);
}

/* Tags ascend in what encoders write, so the search goes on where the last one was found. */
static const struct api_field *find_tag(const struct api_type *type, uint32_t tag, size_t *cursor)
{
    for (size_t tried = 0; tried < type->n_by_tag; tried++) {
        size_t i = (*cursor + tried) % type->n_by_tag;
        const struct api_field *field = &type->fields[type->by_tag[i]];
        if (field->tag == tag) {
            *cursor = i;
            return field;
        }
    }
    return NULL;
}

/* Of a oneof, the last one read counts. */
static void clear_others(const struct api_type *type, const struct api_field *chosen, void *value)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field != chosen && api_field_facts(field)->oneof != NULL &&
            strcmp(api_field_facts(field)->oneof, api_field_facts(chosen)->oneof) == 0)
            memset(member_of(field, value), 0, member_is_indirect(field) ? sizeof(void *) : member_size(field));
    }
}

static int decode_fields(struct decoder *decoder, const struct api_type *type, struct str message, void *value)
{
    struct protobuf_field read;
    size_t cursor = 0;
    int more = 0;
    while ((more = protobuf_read(&message, &read, decoder->err)) > 0) {
        const struct api_field *field = find_tag(type, read.tag, &cursor);
        int rc = 0;
        if (field == NULL)
            continue; /* newer than we are */
        if (field->shape == API_LIST)
            rc = decode_list_element(decoder, field, &read, value);
        else if (field->shape == API_MAP)
            rc = decode_map_entry(decoder, field, &read, value);
        else
            rc = decode_single(decoder, field, &read, value);
        if (rc < 0)
            return rc;
        if (type->proto3 && api_field_facts(field)->oneof != NULL)
            clear_others(type, field, value);
    }
    for (size_t i = 0; more == 0 && i < type->n_fields; i++)
        if (type->fields[i].shape == API_MAP)
            sort_map(decoder, &type->fields[i], value);
    return more;
}

static int decode_message(struct decoder *decoder, const struct api_type *type, struct str message, void *value)
{
    if (++decoder->nesting > NESTING_MAX)
        return error_set(decoder->err, ERROR_SYNTAX, "exceeded max depth");
    int rc = decode_fields(decoder, type, message, value);
    decoder->nesting--;
    if (type->json_form == API_FORM_STRING_LIST && member_elements(&type->fields[0], value) == NULL)
        *(const void **)member_of(&type->fields[0], value) = &member_empty; /* given, and empty */
    return rc;
}

int api_decode_protobuf(const struct api_type *type, struct str bytes, struct arena *arena, void *value,
                        struct error *err)
{
    struct decoder decoder = { .arena = arena,
                               .err = err,
                               .limit = arena->used + bytes.size * GROWTH_MAX + GROWTH_FREE };
    memset(value, 0, type->size);
    return decode_message(&decoder, type, bytes, value);
}

/* runtime.TypeMeta: 1 apiVersion, 2 kind. */
static int decode_type_meta(struct str message, struct str *ret_version, struct str *ret_kind, struct error *err)
{
    struct protobuf_field read;
    int rc = 0;
    while ((rc = protobuf_read(&message, &read, err)) > 0) {
        if (read.tag == 1)
            *ret_version = read.bytes;
        else if (read.tag == 2)
            *ret_kind = read.bytes;
    }
    return rc;
}

int api_read_protobuf_envelope(struct str bytes, struct str *ret_version, struct str *ret_kind, struct str *ret_message,
                               struct error *err)
{
    struct str magic = { "k8s", 4 }, version = STR(""), kind = STR(""), raw = STR("");
    if (bytes.size == 0)
        return error_set(err, ERROR_SYNTAX, "empty data");
    if (!str_starts(bytes, magic))
        return error_set(err, ERROR_SYNTAX,
                         "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
    struct str message = str_skip(bytes, magic.size);
    if (message.size == 0)
        return error_set(err, ERROR_SYNTAX, "empty body");
    struct protobuf_field read;
    int rc = 0;
    while ((rc = protobuf_read(&message, &read, err)) > 0) {
        if (read.tag == 1)
            rc = decode_type_meta(read.bytes, &version, &kind, err);
        else if (read.tag == 2)
            raw = read.bytes;
        if (rc < 0)
            break;
    }
    if (rc < 0)
        return rc;
    *ret_version = version;
    *ret_kind = kind;
    *ret_message = raw;
    return 0;
}

int api_decode_protobuf_envelope(struct str bytes, struct arena *arena, const struct api_kind **ret_kind,
                                 void **ret_value, struct error *err)
{
    struct str version = { 0 }, name = { 0 }, message = { 0 }, group = STR("");
    int rc = api_read_protobuf_envelope(bytes, &version, &name, &message, err);
    if (rc < 0)
        return rc;
    struct str rest = version;
    if (str_find(version, '/') < version.size) {
        str_next(&rest, '/', &group);
        version = rest;
    }
    const struct api_kind *kind = api_kind_find(group, version, name);
    if (kind == NULL || kind->type->json_only)
        return error_set(err, ERROR_BAD_REQUEST,
                         "no kind \"" STR_FMT "\" is registered for version \"" STR_FMT "%s" STR_FMT "\"",
                         STR_ARG(name), STR_ARG(group), group.size > 0 ? "/" : "", STR_ARG(version));
    void *value = arena_zalloc(arena, kind->type->size);
    rc = api_decode_protobuf(kind->type, message, arena, value, err);
    if (rc < 0)
        return rc;
    *ret_kind = kind;
    *ret_value = value;
    return 0;
}
