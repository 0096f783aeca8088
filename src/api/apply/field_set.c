/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/apply/field_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

#define SORT_BY_INSERTION_MAX 24
#define ENTRIES_FIRST         8

/* Building ----------------------------------------------------------------------------------------- */

void field_set_add(struct field_set_builder *builder, struct arena *arena, const struct path_element *element,
                   bool member, const struct field_set *below)
{
    if (!member && below == NULL)
        return;
    if (builder->count == builder->capacity) {
        size_t capacity = builder->capacity == 0 ? ENTRIES_FIRST : 2 * builder->capacity;
        struct field_set_entry *entries = arena_alloc(arena, capacity * sizeof(*entries));
        if (builder->count > 0)
            memcpy(entries, builder->entries, builder->count * sizeof(*entries));
        builder->entries = entries;
        builder->capacity = capacity;
    }
    if (builder->count > 0 && path_element_compare(&builder->entries[builder->count - 1].element, element) > 0)
        builder->unsorted = true;
    builder->entries[builder->count++] = (struct field_set_entry){ *element, member, below };
}

static int by_element(const void *a, const void *b)
{
    const struct field_set_entry *one = a, *other = b;
    return path_element_compare(&one->element, &other->element);
}

static void sort_entries(struct field_set_entry *entries, size_t count)
{
    if (count > SORT_BY_INSERTION_MAX) {
        qsort(entries, count, sizeof(*entries), by_element);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct field_set_entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && path_element_compare(&entries[at - 1].element, &entry.element) > 0; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

const struct field_set *field_set_finish(struct field_set_builder *builder, struct arena *arena)
{
    if (builder->count == 0)
        return NULL;
    if (builder->unsorted)
        sort_entries(builder->entries, builder->count);
    struct field_set *set = arena_alloc(arena, sizeof(*set));
    *set = (struct field_set){ builder->count, builder->entries };
    return set;
}

/* Text --------------------------------------------------------------------------------------------- */

struct parse {
    struct arena *arena;
    struct error *err;
};

static int parse_map(const struct parse *parse, yyjson_val *map, size_t depth, bool *ret_member,
                     const struct field_set **ret_set);

/* Somebody may have written elements twice or in another order: the later ones are joined to the first. */
static void join_equal(struct field_set_builder *builder, struct arena *arena)
{
    qsort(builder->entries, builder->count, sizeof(*builder->entries), by_element);
    size_t kept = 0;
    for (size_t i = 1; i < builder->count; i++) {
        struct field_set_entry *last = &builder->entries[kept], *next = &builder->entries[i];
        if (path_element_compare(&last->element, &next->element) != 0) {
            builder->entries[++kept] = *next;
            continue;
        }
        last->member = last->member || next->member;
        last->below = field_set_union(last->below, next->below, arena);
    }
    builder->count = kept + 1;
    builder->unsorted = false;
}

static int parse_member(const struct parse *parse, struct str key, yyjson_val *value, size_t depth,
                        struct field_set_builder *builder, bool *in_order)
{
    struct field_set_entry entry = { 0 };
    const char *why = "";
    int rc = path_element_parse(key, parse->arena, &entry.element, &why);
    if (rc < 0)
        return error_set(parse->err, ERROR_BAD_REQUEST, "parsing key as path element: %s", why);
    if (rc == 0)
        return 0;
    rc = parse_map(parse, value, depth - 1, &entry.member, &entry.below);
    if (rc < 0)
        return rc;
    if (builder->count > 0 && path_element_compare(&builder->entries[builder->count - 1].element, &entry.element) >= 0)
        *in_order = false;
    field_set_add(builder, parse->arena, &entry.element, entry.member, entry.below);
    return 0;
}

static int parse_map(const struct parse *parse, yyjson_val *map, size_t depth, bool *ret_member,
                     const struct field_set **ret_set)
{
    struct field_set_builder builder = { 0 };
    bool member = false, in_order = true;
    if (!yyjson_is_obj(map) && !yyjson_is_null(map))
        return error_set(parse->err, ERROR_BAD_REQUEST, "ReadMapCB: expect { or n");
    if (depth == 0)
        return error_set(parse->err, ERROR_BAD_REQUEST, "exceeded max depth");
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(map, index, count, key, value)
    {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
        if (str_is(name, ".")) {
            member = true;
            continue;
        }
        int rc = parse_member(parse, name, value, depth, &builder, &in_order);
        if (rc < 0)
            return rc;
    }
    if (!in_order)
        join_equal(&builder, parse->arena);
    *ret_set = field_set_finish(&builder, parse->arena);
    *ret_member = member || *ret_set == NULL;
    return 0;
}

int field_set_parse(struct str text, struct arena *arena, const struct field_set **ret_set, struct error *err)
{
    yyjson_doc *doc = NULL;
    int rc = json_read(text, FIELD_SET_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return error_set(err, ERROR_BAD_REQUEST, "%s", err != NULL ? err->message : "");
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc); /* names are borrowed from it */
    bool member;
    struct parse parse = { arena, err };
    return parse_map(&parse, yyjson_doc_get_root(doc), FIELD_SET_DEPTH_MAX, &member, ret_set);
}

/* Names of fields that need no escapes are most of all that is written. */
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= '9') || c == '_';
        if (!plain)
            return false;
    }
    return true;
}

static bool is_plain_field(const struct path_element *element)
{
    return element->kind == PATH_FIELD && is_plain(element->name);
}

/* ,"f:name": and {} behind it when nothing is below, at once: this is most of the work. */
static void write_plain_field(const struct field_set_entry *entry, bool first, struct buffer *out)
{
    struct str name = entry->element.name;
    char *start = buffer_reserve(out, name.size + sizeof(",\"f:\":{}")), *at = start;
    if (start == NULL)
        return;
    if (!first)
        *at++ = ',';
    at = mempcpy(at, "\"f:", 3);
    at = mempcpy(at, name.data, name.size);
    at = mempcpy(at, "\":", 2);
    if (entry->below == NULL)
        at = mempcpy(at, "{}", 2);
    buffer_commit(out, (size_t)(at - start));
}

static void write_entries(const struct field_set *set, bool self, struct buffer *scratch, struct buffer *out)
{
    buffer_append_char(out, '{');
    if (self)
        buffer_append_str(out, STR("\".\":{}"));
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct field_set_entry *entry = &set->entries[i];
        bool first = i == 0 && !self, plain = is_plain_field(&entry->element);
        if (plain) {
            write_plain_field(entry, first, out);
        } else {
            buffer_clear(scratch);
            path_element_write(&entry->element, scratch);
            buffer_append_text(out, first ? "" : ",");
            json_append_string(out, buffer_str(scratch));
            buffer_append_char(out, ':');
        }
        if (entry->below != NULL)
            write_entries(entry->below, entry->member, scratch, out);
        else if (!plain)
            buffer_append_str(out, STR("{}"));
    }
    buffer_append_char(out, '}');
}

void field_set_write(const struct field_set *set, struct buffer *out)
{
    auto_buffer struct buffer scratch = { 0 };
    write_entries(set, false, &scratch, out);
}

void field_set_write_key(const struct path_element *element, bool first, struct buffer *scratch, struct buffer *out)
{
    if (!first)
        buffer_append_char(out, ',');
    if (is_plain_field(element)) {
        buffer_append_str(out, STR("\"f:"));
        buffer_append_str(out, element->name);
        buffer_append_str(out, STR("\":"));
        return;
    }
    buffer_clear(scratch);
    path_element_write(element, scratch);
    json_append_string(out, buffer_str(scratch));
    buffer_append_char(out, ':');
}

void field_set_write_place(const struct field_set *below, bool member, struct buffer *out)
{
    auto_buffer struct buffer scratch = { 0 };
    write_entries(below, member && below != NULL, &scratch, out);
}

/* Algebra ------------------------------------------------------------------------------------------ */

enum operation { UNION, INTERSECTION, DIFFERENCE, WITHOUT };

static const struct field_set *combine(enum operation operation, const struct field_set *a, const struct field_set *b,
                                       struct arena *arena);

/* What both sets say of one place; either may be NULL. */
static void combine_entry(enum operation operation, const struct field_set_entry *a, const struct field_set_entry *b,
                          struct arena *arena, struct field_set_entry *ret_entry)
{
    bool in_a = a != NULL && a->member, in_b = b != NULL && b->member;
    const struct field_set *below_a = a != NULL ? a->below : NULL, *below_b = b != NULL ? b->below : NULL;
    const struct field_set_entry *either = a != NULL ? a : b;
    assert(either != NULL);
    ret_entry->element = either->element;
    ret_entry->member = operation == UNION ? in_a || in_b : operation == INTERSECTION ? in_a && in_b : in_a && !in_b;
    ret_entry->below = operation == WITHOUT && in_b ? NULL : combine(operation, below_a, below_b, arena);
}

static bool is_same(const struct field_set_entry *a, const struct field_set_entry *b)
{
    return a != NULL && a->member == b->member && a->below == b->below;
}

struct combination {
    struct field_set_builder builder;
    const struct field_set *a;
    size_t at_a;
    bool same; /* so far the result is a itself */
};

/* Copies what was the same so far, from the first place that is not. */
static void diverge(struct combination *combination, struct arena *arena)
{
    if (!combination->same)
        return;
    combination->same = false;
    for (size_t i = 0; i < combination->at_a; i++) {
        const struct field_set_entry *entry = &combination->a->entries[i];
        field_set_add(&combination->builder, arena, &entry->element, entry->member, entry->below);
    }
}

static void combine_next(enum operation operation, struct combination *combination, const struct field_set_entry *a,
                         const struct field_set_entry *b, struct arena *arena)
{
    struct field_set_entry entry;
    combine_entry(operation, a, b, arena, &entry);
    if (a == NULL && !entry.member && entry.below == NULL)
        return;
    if (!is_same(a, &entry))
        diverge(combination, arena);
    if (!combination->same)
        field_set_add(&combination->builder, arena, &entry.element, entry.member, entry.below);
}

static const struct field_set *combine(enum operation operation, const struct field_set *a, const struct field_set *b,
                                       struct arena *arena)
{
    if (a == b && operation <= INTERSECTION)
        return a;
    if (b == NULL)
        return operation == INTERSECTION ? NULL : a;
    if (a == NULL)
        return operation == UNION ? b : NULL;
    struct combination combination = { .a = a, .same = true };
    size_t at_b = 0;
    while (combination.at_a < a->count || (at_b < b->count && operation == UNION)) {
        const struct field_set_entry *one = combination.at_a < a->count ? &a->entries[combination.at_a] : NULL;
        const struct field_set_entry *other = at_b < b->count ? &b->entries[at_b] : NULL;
        int order = one == NULL ? 1 : other == NULL ? -1 : path_element_compare(&one->element, &other->element);
        combine_next(operation, &combination, order <= 0 ? one : NULL, order >= 0 ? other : NULL, arena);
        combination.at_a += order <= 0;
        at_b += order >= 0;
    }
    return combination.same ? a : field_set_finish(&combination.builder, arena);
}

const struct field_set *field_set_union(const struct field_set *a, const struct field_set *b, struct arena *arena)
{
    return combine(UNION, a, b, arena);
}

const struct field_set *field_set_intersection(const struct field_set *a, const struct field_set *b,
                                               struct arena *arena)
{
    return combine(INTERSECTION, a, b, arena);
}

const struct field_set *field_set_difference(const struct field_set *a, const struct field_set *b, struct arena *arena)
{
    return combine(DIFFERENCE, a, b, arena);
}

const struct field_set *field_set_without(const struct field_set *a, const struct field_set *b, struct arena *arena)
{
    return combine(WITHOUT, a, b, arena);
}

bool field_set_equal(const struct field_set *a, const struct field_set *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct field_set_entry *one = &a->entries[i], *other = &b->entries[i];
        if (one->member != other->member || path_element_compare(&one->element, &other->element) != 0 ||
            !field_set_equal(one->below, other->below))
            return false;
    }
    return true;
}

const struct field_set_entry *field_set_find(const struct field_set *set, const struct path_element *element)
{
    size_t low = 0, high = set != NULL ? set->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = path_element_compare(element, &set->entries[middle].element);
        if (order == 0)
            return &set->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct field_set *field_set_of_path(const char *const *names, size_t count, struct arena *arena)
{
    const struct field_set *set = NULL;
    for (size_t i = count; i > 0; i--) {
        struct field_set_builder builder = { 0 };
        struct path_element element = path_field(str_of(names[i - 1]));
        field_set_add(&builder, arena, &element, i == count, set);
        set = field_set_finish(&builder, arena);
    }
    return set;
}

/* Showing ------------------------------------------------------------------------------------------ */

static void each(const struct field_set *set, struct buffer *path, void (*visit)(void *context, struct str path),
                 void *context)
{
    size_t size = path->size;
    for (size_t i = 0; i < set->count; i++) {
        if (!set->entries[i].member)
            continue;
        path_element_show(&set->entries[i].element, path);
        visit(context, buffer_str(path));
        buffer_truncate(path, size);
    }
    for (size_t i = 0; i < set->count; i++) {
        if (set->entries[i].below == NULL)
            continue;
        path_element_show(&set->entries[i].element, path);
        each(set->entries[i].below, path, visit, context);
        buffer_truncate(path, size);
    }
}

void field_set_each(const struct field_set *set, void (*visit)(void *context, struct str path), void *context)
{
    auto_buffer struct buffer path = { 0 };
    if (set != NULL)
        each(set, &path, visit, context);
}
