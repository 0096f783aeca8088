/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* coerce.c - one walk over a document beside its schema that writes what is left of it, with defaults. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/structural/checks.h"
#include "api/structural/coerce_metadata.h"
#include "base/memory.h"
#include "codec/json.h"

#define SMALL_OBJECT 24 /* members */

/* What happens to members that the schema does not know. */
enum unknown { UNKNOWN_PRUNED, UNKNOWN_KEPT };

/* A member of the object being written; sorted by name, later ones of the same name behind earlier ones. */
struct entry {
    struct str name;
    yyjson_val *value;
};

struct writer {
    bool only_prunes; /* fills in nothing, and leaves metadata and nulls as they are */
    struct buffer *out;
    struct arena *arena;
    bool strict;
    unsigned flags;
    struct error *err;
    struct entry *entries; /* a stack: those of the objects around are below */
    size_t n_entries, room;
    struct coerce_report duplicates, unknown;
};

static int write_value(struct writer *writer, const struct structural_node *node, yyjson_val *value,
                       enum unknown unknown, const struct coerce_place *place);

static struct str text_of(yyjson_val *value)
{
    return (struct str){ yyjson_get_str(value), yyjson_get_len(value) };
}

bool structural_number_of(yyjson_val *value, struct structural_number *ret_number)
{
    struct structural_number number = { 0 };
    if (yyjson_is_raw(value)) {
        struct str text = { yyjson_get_raw(value), yyjson_get_len(value) };
        number.is_integer = str_to_int64(text, &number.integer);
        number.real = number.is_integer ? (double)number.integer : strtod(text.data, NULL);
    } else if (yyjson_is_real(value)) {
        number.real = yyjson_get_real(value);
    } else if (yyjson_is_num(value)) {
        number.is_integer = yyjson_is_sint(value) || yyjson_get_uint(value) <= INT64_MAX;
        number.integer = yyjson_get_sint(value);
        number.real = number.is_integer ? (double)number.integer : (double)yyjson_get_uint(value);
    } else {
        return false;
    }
    *ret_number = number;
    return isfinite(number.real);
}

/* Digits that are written as they were read. */
static bool is_canonical_integer(struct str text)
{
    size_t start = text.size > 0 && text.data[0] == '-';
    if (text.size > 18 || text.size == start || (start == 1 && text.data[1] == '0'))
        return false;
    for (size_t i = start; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

static int write_number(struct writer *writer, yyjson_val *value)
{
    struct structural_number number;
    struct str text = { yyjson_get_raw(value), yyjson_get_len(value) };
    if (yyjson_is_raw(value) && is_canonical_integer(text)) {
        buffer_append_str(writer->out, text);
        return 0;
    }
    if (!structural_number_of(value, &number))
        return error_set(writer->err, ERROR_BAD_REQUEST, "strconv.ParseFloat: parsing \"%.*s\": value out of range",
                         (int)yyjson_get_len(value), yyjson_get_raw(value));
    if (number.is_integer)
        buffer_append_int64(writer->out, number.integer);
    else
        json_append_double(writer->out, number.real);
    return 0;
}

static int write_scalar(struct writer *writer, yyjson_val *value)
{
    if (yyjson_is_num(value) || yyjson_is_raw(value))
        return write_number(writer, value);
    if (yyjson_is_str(value))
        json_append_string(writer->out, text_of(value));
    else
        buffer_append_text(writer->out, yyjson_is_null(value) ? "null" : yyjson_is_true(value) ? "true" : "false");
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = str_compare(left->name, right->name);
    return order != 0 ? order : left->value < right->value ? -1 : 1; /* values stand in reading order */
}

static void sort_few(struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && str_compare(entries[at - 1].name, entry.name) > 0; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

/* Puts the members on the stack, sorted. Returns where they begin. */
static size_t push_entries(struct writer *writer, yyjson_val *object)
{
    size_t start = writer->n_entries, count = yyjson_obj_size(object);
    if (start + count > writer->room) {
        writer->room = start + count > writer->room * 2 ? start + count + 16 : writer->room * 2;
        writer->entries = memory_resize(writer->entries, writer->room, sizeof(*writer->entries));
    }
    bool sorted = true;
    yyjson_obj_iter iterator = yyjson_obj_iter_with(object);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iterator)) != NULL;) {
        struct entry *entry = &writer->entries[writer->n_entries++];
        *entry = (struct entry){ text_of(key), yyjson_obj_iter_get_val(key) };
        sorted = sorted && (writer->n_entries == start + 1 || str_compare(entry[-1].name, entry->name) < 0);
    }
    if (!sorted && count <= SMALL_OBJECT)
        sort_few(writer->entries + start, count);
    else if (!sorted)
        qsort(writer->entries + start, count, sizeof(*writer->entries), compare_entries);
    return start;
}

struct object_walk {
    const struct structural_node *node; /* NULL: nothing is known */
    enum unknown unknown;
    const struct coerce_place *place;
    bool embedded;   /* apiVersion, kind and metadata are always known */
    bool root;       /* and left to the caller */
    size_t filled;   /* next of node->filled */
    size_t property; /* where to look for the next name */
    bool first;
    struct structural_members *members; /* of the root */
    size_t *starts;                     /* of their values in 'out', which moves */
};

static bool is_meta(struct str name)
{
    return str_equal(name, STR("metadata")) || str_equal(name, STR("kind")) || str_equal(name, STR("apiVersion"));
}

/* The root's member that was begun last ends here. */
static void end_member(struct writer *writer, struct object_walk *walk)
{
    size_t count = walk->members != NULL ? walk->members->count : 0;
    if (count > 0)
        walk->members->list[count - 1].json.size = writer->out->size - walk->starts[count - 1];
}

/* 'written' is the name with what stands around it, when the schema has it ready. */
static void begin_member(struct writer *writer, struct object_walk *walk, struct str name, struct str written)
{
    end_member(writer, walk);
    if (written.data != NULL) {
        buffer_append_str(writer->out, str_skip(written, walk->first ? 1 : 0));
    } else {
        if (!walk->first)
            buffer_append_char(writer->out, ',');
        json_append_string(writer->out, name);
        buffer_append_char(writer->out, ':');
    }
    walk->first = false;
    if (walk->members == NULL)
        return;
    walk->starts[walk->members->count] = writer->out->size;
    walk->members->list[walk->members->count++] = (struct structural_member){ .name = arena_str(writer->arena, name) };
}

/* The defaults of absent members whose names come before 'name' (data NULL: all that are left). A member of that name is passed. */
static void fill_before(struct writer *writer, struct object_walk *walk, struct str name)
{
    while (walk->node != NULL && walk->filled < walk->node->n_filled && !writer->only_prunes) {
        const struct structural_property *property = walk->node->filled[walk->filled];
        int order = name.data == NULL ? -1 : str_compare(property->name, name);
        if (order > 0)
            return;
        walk->filled++;
        if (order == 0)
            return;
        if (walk->root && is_meta(property->name))
            continue;
        begin_member(writer, walk, property->name, property->json);
        buffer_append_str(writer->out, property->node->fill);
    }
}

/* Names come in order, so each search begins where the last one ended. */
static const struct structural_property *next_property(struct object_walk *walk, struct str name)
{
    const struct structural_node *node = walk->node;
    size_t low = walk->property, high = node->n_properties;
    if (low < high && str_equal(node->properties[low].name, name)) { /* all are there, as often */
        walk->property = low + 1;
        return &node->properties[low];
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(node->properties[middle].name, name);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    walk->property = low;
    return low < node->n_properties && str_equal(node->properties[low].name, name) ? &node->properties[low] : NULL;
}

/* Whether the member stays, and the node of its value (NULL: nothing is known of it). */
static bool find_member(struct object_walk *walk, struct str name, const struct structural_node **ret_node,
                        struct str *ret_written, enum unknown *ret_unknown)
{
    *ret_node = NULL;
    *ret_written = (struct str){ 0 };
    *ret_unknown = UNKNOWN_PRUNED;
    const struct structural_node *node = walk->node;
    if (node != NULL) {
        const struct structural_property *property = next_property(walk, name);
        if (property != NULL) {
            *ret_node = property->node;
            *ret_written = property->json;
            return true;
        }
        if (node->additional != STRUCTURAL_ADDITIONAL_NONE) {
            *ret_node = node->additional_node;
            return true;
        }
    }
    *ret_unknown = UNKNOWN_KEPT;
    return walk->unknown == UNKNOWN_KEPT;
}

static int write_meta(struct writer *writer, struct object_walk *walk, const struct entry *entry,
                      const struct coerce_place *place)
{
    const struct structural_property *property = walk->node != NULL ? next_property(walk, entry->name) : NULL;
    const struct structural_node *node = property != NULL ? property->node : NULL;
    struct coerce_metadata job = {
        .arena = writer->arena,
        .drop = (writer->flags & STRUCTURAL_DROP_INVALID) != 0,
        .unknown = writer->strict ? &writer->unknown : NULL,
        .err = writer->err,
    };
    if (!str_equal(entry->name, STR("metadata"))) {
        if (!yyjson_is_str(entry->value)) {
            if (job.drop)
                return 0;
            return coerce_refuse(place, entry->value, "must be a string", writer->err);
        }
        begin_member(writer, walk, entry->name, (struct str){ 0 });
        return write_scalar(writer, entry->value);
    }
    if (yyjson_is_null(entry->value) && node != NULL && !node->nullable && node->fill.data == NULL)
        return 0;
    auto_buffer struct buffer metadata = { 0 };
    bool kept = true;
    int rc = coerce_metadata(&job, entry->value, place, &metadata, &kept);
    if (rc < 0 || !kept)
        return rc;
    begin_member(writer, walk, entry->name, (struct str){ 0 });
    if (node == NULL || !node->fills) {
        buffer_append_str(writer->out, buffer_str(&metadata));
        return 0;
    }
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    rc = json_read(buffer_str(&metadata), API_DEPTH_MAX, &doc, writer->err);
    bool strict = writer->strict;
    writer->strict = false;
    if (rc == 0)
        rc = write_value(writer, node, yyjson_doc_get_root(doc), UNKNOWN_KEPT, place);
    writer->strict = strict;
    return rc;
}

static int write_member(struct writer *writer, struct object_walk *walk, const struct entry *entry)
{
    const struct structural_node *node = NULL;
    struct str written = { 0 };
    enum unknown unknown = UNKNOWN_PRUNED;
    struct coerce_place place = coerce_place_member(walk->place, entry->name);

    if (walk->embedded && is_meta(entry->name) && writer->only_prunes) {
        begin_member(writer, walk, entry->name, (struct str){ 0 });
        return write_value(writer, NULL, entry->value, UNKNOWN_KEPT, &place);
    }
    if (walk->embedded && is_meta(entry->name))
        return walk->root ? 0 : write_meta(writer, walk, entry, &place);
    if (!find_member(walk, entry->name, &node, &written, &unknown)) {
        if (writer->strict)
            coerce_report_add(&writer->unknown, writer->arena, "unknown", &place);
        return 0;
    }
    if (node != NULL && !node->nullable && yyjson_is_null(entry->value) && !writer->only_prunes) {
        if (node->fill.data == NULL)
            return 0;
        begin_member(writer, walk, entry->name, written);
        buffer_append_str(writer->out, node->fill);
        return 0;
    }
    begin_member(writer, walk, entry->name, written);
    return write_value(writer, node, entry->value, unknown, &place);
}

static int write_members(struct writer *writer, struct object_walk *walk, yyjson_val *object)
{
    size_t start = push_entries(writer, object), end = writer->n_entries;
    int rc = 0;
    buffer_append_char(writer->out, '{');
    for (size_t i = start; i < end && rc == 0; i++) {
        struct entry entry = writer->entries[i]; /* a copy: the stack moves */
        if (i + 1 < end && str_equal(entry.name, writer->entries[i + 1].name)) {
            struct coerce_place place = coerce_place_member(walk->place, entry.name);
            if (writer->strict)
                coerce_report_add(&writer->duplicates, writer->arena, "duplicate", &place);
            continue; /* the last one counts */
        }
        fill_before(writer, walk, entry.name);
        rc = write_member(writer, walk, &entry);
    }
    if (rc == 0)
        fill_before(writer, walk, (struct str){ 0 });
    end_member(writer, walk);
    buffer_append_char(writer->out, '}');
    writer->n_entries = start;
    return rc;
}

static int write_items(struct writer *writer, const struct structural_node *items, yyjson_val *array,
                       enum unknown unknown, const struct coerce_place *parent)
{
    struct coerce_place place = coerce_place_item(parent);
    yyjson_arr_iter iterator = yyjson_arr_iter_with(array);
    buffer_append_char(writer->out, '[');
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&iterator)) != NULL; place.index++) {
        if (place.index > 0)
            buffer_append_char(writer->out, ',');
        if (items != NULL && !items->nullable && items->fill.data != NULL && yyjson_is_null(item) &&
            !writer->only_prunes) {
            buffer_append_str(writer->out, items->fill);
            continue;
        }
        int rc = write_value(writer, items, item, unknown, &place);
        if (rc < 0)
            return rc;
    }
    buffer_append_char(writer->out, ']');
    return 0;
}

static int write_value(struct writer *writer, const struct structural_node *node, yyjson_val *value,
                       enum unknown unknown, const struct coerce_place *place)
{
    if (!yyjson_is_ctn(value))
        return write_scalar(writer, value);
    if (node == NULL && coerce_depth(place) > STRUCTURAL_FREE_MAX) {
        if (unknown == UNKNOWN_PRUNED)
            return error_set(writer->err, ERROR_LIMIT, "exceeded max depth");
        json_append_value(writer->out, value); /* any depth: members keep their order there */
        return 0;
    }
    if (buffer_failed(writer->out))
        return error_set(writer->err, ERROR_LIMIT, "the object is too large with its defaults");
    if (node != NULL && node->preserve)
        unknown = UNKNOWN_KEPT;
    if (yyjson_is_arr(value))
        return write_items(writer, node != NULL ? node->items : NULL, value, unknown, place);
    struct object_walk walk = {
        .node = node, .unknown = unknown, .place = place, .embedded = node != NULL && node->embedded, .first = true
    };
    return write_members(writer, &walk, value);
}

static int finish(struct writer *writer, int rc)
{
    free(writer->entries);
    if (rc == 0 && buffer_failed(writer->out))
        rc = error_set(writer->err, ERROR_LIMIT, "the object is too large with its defaults");
    return rc;
}

int structural_write_canonical(yyjson_val *value, struct buffer *out, struct error *err)
{
    struct writer writer = { .out = out, .err = err };
    return finish(&writer, write_value(&writer, NULL, value, UNKNOWN_KEPT, NULL));
}

int structural_write_pruned(const struct structural_node *node, yyjson_val *value, struct buffer *out,
                            struct error *err)
{
    struct writer writer = { .only_prunes = true, .out = out, .err = err };
    return finish(&writer, write_value(&writer, node, value, UNKNOWN_PRUNED, NULL));
}

int structural_write_fill(const struct structural_node *node, yyjson_val *value, struct buffer *out, struct error *err)
{
    auto_arena struct arena scratch = { 0 };
    struct writer writer = { .out = out, .arena = &scratch, .flags = STRUCTURAL_DROP_INVALID, .err = err };
    return finish(&writer, write_value(&writer, node, value, UNKNOWN_PRUNED, NULL));
}

int structural_coerce(const struct structural *schema, yyjson_val *root, unsigned flags, struct arena *arena,
                      struct api_strict_errors *strict, struct buffer *out, struct structural_members *ret_members,
                      struct error *err)
{
    if (!yyjson_is_obj(root))
        return error_set(err, ERROR_BAD_REQUEST, "the document is no JSON object");
    const struct structural_node *node = structural_root(schema);
    struct structural_members members = { 0 };
    size_t most = yyjson_obj_size(root) + (node != NULL ? node->n_filled : 0);
    members.list = arena_new_array(arena, struct structural_member, most);
    struct writer writer = { .out = out, .arena = arena, .strict = strict != NULL, .flags = flags, .err = err };
    struct object_walk walk = { .node = node,
                                .unknown = node != NULL && node->preserve ? UNKNOWN_KEPT : UNKNOWN_PRUNED,
                                .embedded = true,
                                .root = true,
                                .first = true,
                                .members = &members,
                                .starts = arena_new_array(arena, size_t, most) };
    int rc = finish(&writer, write_members(&writer, &walk, root));
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < members.count; i++)
        members.list[i].json.data = out->data + walk.starts[i];
    if (strict != NULL)
        coerce_report_finish(&writer.duplicates, &writer.unknown, arena, strict);
    if (ret_members != NULL)
        *ret_members = members;
    return 0;
}
