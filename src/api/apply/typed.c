/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Differences of decoded objects: what apply_compare() finds in their documents, without making them. Every create and
 * every update comes through here. */
#include <stdlib.h>
#include <string.h>

#include "api/apply/apply.h"
#include "api/apply/document.h"
#include "api/apply/managed.h"
#include "api/codec.h"
#include "api/field_path.h"
#include "api/member.h"
#include "codec/json.h"
#include "generated/types.h"

/* What the document has at a place: nothing, null, or something. */
enum presence { ABSENT, NIL, PRESENT };

struct outcome {
    bool changed, removed;
    const struct field_set *changed_below, *removed_below;
};

/* Two sides of a place that is being looked into. */
struct comparison {
    struct arena *arena;
    struct field_set_builder changed, removed;
    bool old_empty, new_empty;       /* nothing was found there on that side */
    const struct field_set *ignored; /* members with a path of their own in here are not looked at; NULL: none */
};

static void compare_value(const struct api_field *field, const void *old, const void *new, struct arena *arena,
                          struct outcome *outcome);

static void add(struct comparison *comparison, const struct path_element *element, const struct outcome *outcome)
{
    field_set_add(&comparison->changed, comparison->arena, element, outcome->changed, outcome->changed_below);
    field_set_add(&comparison->removed, comparison->arena, element, outcome->removed, outcome->removed_below);
}

static void decide_leaf(enum presence old, enum presence new, bool equal, struct outcome *outcome)
{
    outcome->changed = new != ABSENT && (old != new || !equal);
    outcome->removed = new == ABSENT &&old != ABSENT;
}

/* What was looked into: when both sides are empty it counts as one value. */
static void decide(struct comparison *comparison, enum presence old, enum presence new, struct outcome *outcome)
{
    if (comparison->old_empty && comparison->new_empty) {
        decide_leaf(old, new, true, outcome);
        return;
    }
    outcome->changed_below = field_set_finish(&comparison->changed, comparison->arena);
    outcome->removed_below = field_set_finish(&comparison->removed, comparison->arena);
    outcome->changed = old == ABSENT;
    outcome->removed = new == ABSENT;
}

/* By their documents: where anything may stand. ------------------------------------------------------ */

static yyjson_val *document_of(const struct api_field *field, const void *value, struct arena *arena)
{
    auto_buffer struct buffer json = { 0 };
    yyjson_doc *doc = NULL;
    if (value == NULL)
        return NULL;
    if (field->value == API_RAW)
        buffer_append_str(&json, *(const struct str *)value);
    else
        api_encode_json(field->type, NULL, value, &json);
    if (json_read(buffer_str(&json), API_DEPTH_MAX, &doc, NULL) < 0)
        return NULL;
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc);
    return yyjson_doc_get_root(doc);
}

static void compare_documents(const struct api_field *field, const void *old, const void *new, struct arena *arena,
                              struct outcome *outcome)
{
    struct apply_place place = { 0 };
    if (old != NULL && new != NULL && api_value_equal(field, old, new))
        return;
    struct document_outcome found =
        document_compare(&place, document_of(field, old, arena), document_of(field, new, arena), arena);
    *outcome = (struct outcome){ found.changed, found.removed, found.below.changed, found.below.removed };
}

/* Messages ------------------------------------------------------------------------------------------- */

static enum presence presence_of(const struct api_field *field, const void *value)
{
    if (value == NULL)
        return ABSENT;
    bool set = member_is_set(field, value);
    if (!set && (field->flags & (API_OMIT_EMPTY | API_OMIT_ZERO)))
        return ABSENT;
    if (field->shape != API_SINGLE)
        return member_elements(field, value) == NULL ? NIL : PRESENT;
    switch (field->value) {
    case API_TIME:
    case API_MICRO_TIME:
        return *(const usec_t *)member_of_const(field, value) == 0 ? NIL : PRESENT;
    case API_BYTES:
    case API_RAW:
        return ((const struct str *)member_of_const(field, value))->data == NULL ? NIL : PRESENT;
    case API_STRING:
        return set || !(field->flags & API_POINTER) ? PRESENT : NIL;
    default:
        return member_single(field, value) == NULL ? NIL : PRESENT;
    }
}

static void compare_list(const struct api_field *field, const void *old, const void *new,
                         struct comparison *comparison);
static void compare_map(const struct api_field *field, const void *old, const void *new, struct comparison *comparison);

static bool is_whole_message(const struct api_field *field)
{
    return field->type->atomic && !(field->flags & API_MAP_GRANULAR);
}

static bool is_whole(const struct api_field *field)
{
    if (field->shape == API_LIST)
        return !(field->flags & (API_LIST_SET | API_LIST_MAP));
    return field->flags & API_MAP_ATOMIC;
}

/* 'old' and 'new' are the structs around the member; NULL: there is none. */
static void compare_member(const struct api_field *field, const void *old, const void *new, enum presence before,
                           enum presence after, struct arena *arena, struct outcome *outcome)
{
    const void *one = before == PRESENT ? old : NULL, *other = after == PRESENT ? new : NULL;
    if (is_whole(field)) {
        bool same = before == NIL && after == NIL; /* null on both sides */
        decide_leaf(before, after, same || (one != NULL && other != NULL && api_member_equal(field, old, new)),
                    outcome);
        return;
    }
    if (field->shape == API_SINGLE && before != NIL && after != NIL) {
        compare_value(field, one == NULL ? NULL : member_single(field, one),
                      other == NULL ? NULL : member_single(field, other), arena, outcome);
        return;
    }
    if (field->shape == API_SINGLE) {
        decide_leaf(before, after, before == NIL && after == NIL, outcome);
        return;
    }
    struct comparison comparison = { .arena = arena, .old_empty = true, .new_empty = true };
    if (field->shape == API_LIST)
        compare_list(field, one, other, &comparison);
    else
        compare_map(field, one, other, &comparison);
    decide(&comparison, before, after, outcome);
}

static bool is_ignored(const struct comparison *comparison, const struct api_field *field)
{
    struct path_element element = path_field((struct str){ field->name, field->name_size });
    const struct field_set_entry *entry = field_set_find(comparison->ignored, &element);
    return entry != NULL && entry->member;
}

static void compare_members(const struct api_type *type, const void *old, const void *new,
                            struct comparison *comparison)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE) {
            compare_members(field->type, old == NULL ? NULL : member_of_const(field, old),
                            new == NULL ? NULL : member_of_const(field, new), comparison);
            continue;
        }
        bool skipped =
            type == &api_type_object_meta && field->offset == offsetof(struct api_object_meta, managed_fields);
        if (field->name == NULL || skipped || (comparison->ignored != NULL && is_ignored(comparison, field)))
            continue;
        enum presence before = presence_of(field, old), after = presence_of(field, new);
        if (before == ABSENT && after == ABSENT)
            continue;
        struct outcome outcome = { 0 };
        comparison->old_empty = comparison->old_empty && before == ABSENT;
        comparison->new_empty = comparison->new_empty && after == ABSENT;
        compare_member(field, old, new, before, after, comparison->arena, &outcome);
        struct path_element element = path_field((struct str){ field->name, field->name_size });
        add(comparison, &element, &outcome);
    }
}

/* A single value, an item, or the value of an entry; NULL: absent. */
static void compare_value(const struct api_field *field, const void *old, const void *new, struct arena *arena,
                          struct outcome *outcome)
{
    enum presence before = old == NULL ? ABSENT : PRESENT, after = new == NULL ? ABSENT : PRESENT;
    bool message = field->value == API_MESSAGE;
    if (field->value == API_RAW || (message && field->type->json_form != API_FORM_OBJECT)) {
        compare_documents(field, old, new, arena, outcome);
        return;
    }
    if (!message || is_whole_message(field)) {
        decide_leaf(before, after, old != NULL && new != NULL &&api_value_equal(field, old, new), outcome);
        return;
    }
    struct comparison comparison = { .arena = arena, .old_empty = true, .new_empty = true };
    compare_members(field->type, old, new, &comparison);
    decide(&comparison, before, after, outcome);
}

/* Maps: sorted by key, always. ----------------------------------------------------------------------- */

static const char *entry_key(const void *entry)
{
    return text_or_empty(*(const char *const *)entry);
}

static void compare_map(const struct api_field *field, const void *old, const void *new, struct comparison *comparison)
{
    const char *olds = old != NULL ? member_elements(field, old) : NULL;
    const char *news = new != NULL ? member_elements(field, new) : NULL;
    size_t n_old = old != NULL ? member_length(field, old) : 0, n_new = new != NULL ? member_length(field, new) : 0;
    comparison->old_empty = n_old == 0;
    comparison->new_empty = n_new == 0;
    while (n_old > 0 || n_new > 0) {
        int order = n_old == 0 ? 1 : n_new == 0 ? -1 : strcmp(entry_key(olds), entry_key(news));
        struct path_element element = path_field(str_of(entry_key(order <= 0 ? olds : news)));
        struct outcome outcome = { 0 };
        compare_value(field, order <= 0 ? olds + field->value_offset : NULL,
                      order >= 0 ? news + field->value_offset : NULL, comparison->arena, &outcome);
        add(comparison, &element, &outcome);
        olds = order <= 0 ? olds + field->element_size : olds;
        news = order >= 0 ? news + field->element_size : news;
        n_old -= order <= 0;
        n_new -= order >= 0;
    }
}

/* Lists ---------------------------------------------------------------------------------------------- */

struct item {
    struct path_element element;
    const void *value;
};

struct keys {
    const struct api_field *fields[APPLY_KEYS_MAX];
    size_t count;
};

static struct path_value path_value_at(const struct api_field *field, const void *value)
{
    int64_t number = 0;
    switch (field->value) {
    case API_STRING:
        return (struct path_value){ .kind = PATH_STRING, .text = str_of(text_or_empty(*(const char *const *)value)) };
    case API_BOOL:
        return (struct path_value){ .kind = PATH_BOOL, .integer = *(const bool *)value };
    case API_INT32:
        number = *(const int32_t *)value;
        break;
    case API_INT64:
        number = *(const int64_t *)value;
        break;
    case API_INT_OR_STRING: {
        const struct int_or_string *either = value;
        if (either->text != NULL)
            return (struct path_value){ .kind = PATH_STRING, .text = str_of(either->text) };
        number = either->number;
        break;
    }
    default:
        break;
    }
    return (struct path_value){ PATH_INTEGER, number, (double)number, { 0 } };
}

/* The keys' fields, sorted by name, as elements have them. */
static void find_keys(const struct api_field *list, struct keys *keys)
{
    for (const char *const *name = api_field_facts(list)->list_keys; *name != NULL && keys->count < APPLY_KEYS_MAX;
         name++) {
        const struct api_field *field = api_field_find(list->type, str_of(*name), NULL);
        size_t at = keys->count;
        if (field == NULL)
            continue;
        for (; at > 0 && strcmp(keys->fields[at - 1]->name, field->name) > 0; at--)
            keys->fields[at] = keys->fields[at - 1];
        keys->fields[at] = field;
        keys->count++;
    }
}

static bool element_of(const struct api_field *list, const struct keys *keys, const void *value, struct arena *arena,
                       struct path_element *element)
{
    if (list->flags & API_LIST_SET) {
        struct path_value *copy = arena_alloc(arena, sizeof(*copy));
        *copy = path_value_at(list, value);
        *element = (struct path_element){ .kind = PATH_VALUE, .value = copy };
        return true;
    }
    struct path_key *own = arena_alloc(arena, (keys->count + 1) * sizeof(*own));
    uint32_t count = 0;
    for (size_t i = 0; i < keys->count; i++) {
        const struct api_field *field = keys->fields[i];
        const void *single = member_single(field, value);
        bool written = presence_of(field, value) == PRESENT;
        if (!written && api_field_facts(field)->default_json == NULL)
            continue;
        own[count].name = (struct str){ field->name, field->name_size };
        own[count++].value =
            written ? path_value_at(field, single) : document_default(str_of(api_field_facts(field)->default_json));
    }
    *element = (struct path_element){ .kind = PATH_KEYS, .n_keys = count, .keys = own };
    return count > 0;
}

static int by_element(const void *a, const void *b)
{
    const struct item *one = a, *other = b;
    int order = path_element_compare(&one->element, &other->element);
    return order != 0 ? order : (one->value > other->value) - (one->value < other->value);
}

static struct item *items_of(const struct api_field *list, const struct keys *keys, const void *value,
                             struct arena *arena, size_t *ret_count)
{
    size_t size = value != NULL ? member_length(list, value) : 0, count = 0;
    const char *at = value != NULL ? member_elements(list, value) : NULL;
    struct item *items = size > 0 ? arena_alloc(arena, size * sizeof(*items)) : NULL;
    bool sorted = true;
    for (size_t i = 0; i < size; i++, at += list->element_size) {
        if (!element_of(list, keys, at, arena, &items[count].element))
            continue;
        items[count].value = at;
        sorted = sorted && (count == 0 || path_element_compare(&items[count - 1].element, &items[count].element) <= 0);
        count++;
    }
    if (!sorted)
        qsort(items, count, sizeof(*items), by_element);
    *ret_count = count;
    return items;
}

static size_t equal_items(const struct item *items, size_t count)
{
    size_t equal = count > 0 ? 1 : 0;
    while (equal < count && path_element_compare(&items[0].element, &items[equal].element) == 0)
        equal++;
    return equal;
}

/* As with documents: more than one item with the same element counts as one value. */
static void compare_items(const struct api_field *field, const struct item *olds, size_t n_old, const struct item *news,
                          size_t n_new, struct arena *arena, struct outcome *outcome)
{
    if (n_old >= 2 && n_new >= 2) {
        outcome->changed = n_old != n_new;
        for (size_t i = 0; i < n_old && !outcome->changed; i++)
            outcome->changed = !api_value_equal(field, olds[i].value, news[i].value);
        return;
    }
    const void *old = n_old == 1 ? olds->value : NULL, *new = n_new == 1 ? news->value : NULL;
    if (old != NULL || new != NULL)
        compare_value(field, old, new, arena, outcome);
    outcome->removed = n_old >= 2 || outcome->removed;
    outcome->changed = n_new >= 2 || outcome->changed;
}

static void compare_list(const struct api_field *field, const void *old, const void *new, struct comparison *comparison)
{
    struct keys keys = { .count = 0 };
    size_t n_old, n_new;
    if (field->flags & API_LIST_MAP)
        find_keys(field, &keys);
    struct item *olds = items_of(field, &keys, old, comparison->arena, &n_old);
    struct item *news = items_of(field, &keys, new, comparison->arena, &n_new);
    comparison->old_empty = n_old == 0;
    comparison->new_empty = n_new == 0;
    while (n_old > 0 || n_new > 0) {
        int order = n_old == 0 ? 1 : n_new == 0 ? -1 : path_element_compare(&olds->element, &news->element);
        const struct path_element *element = order <= 0 ? &olds->element : &news->element;
        size_t from_old = order <= 0 ? equal_items(olds, n_old) : 0,
               from_new = order >= 0 ? equal_items(news, n_new) : 0;
        struct outcome outcome = { 0 };
        compare_items(field, olds, from_old, news, from_new, comparison->arena, &outcome);
        add(comparison, element, &outcome);
        olds = from_old > 0 ? olds + from_old : olds;
        news = from_new > 0 ? news + from_new : news;
        n_old -= from_old;
        n_new -= from_new;
    }
}

void apply_compare_typed(const struct api_type *type, const void *old, const void *new, const struct field_set *ignored,
                         struct arena *arena, struct apply_difference *ret_difference)
{
    struct comparison comparison = { .arena = arena, .ignored = ignored };
    compare_members(type, old, new, &comparison);
    ret_difference->changed = field_set_finish(&comparison.changed, arena);
    ret_difference->removed = field_set_finish(&comparison.removed, arena);
}

/* New objects ---------------------------------------------------------------------------------------- */

/* Text is written as far as places turn out to be changed; what is begun for one that is not is taken back. */
struct created {
    struct arena *arena;
    struct buffer *out;
    struct buffer scratch;
};

/* A member that one side has. */
struct slot {
    const struct api_field *field;
    const void *old, *new; /* the structs around it */
    enum presence before, after;
};

static bool write_value(struct created *created, const struct api_field *field, const void *old, const void *new);

static bool write_leaf(struct created *created, bool changed)
{
    if (changed)
        buffer_append_str(created->out, STR("{}"));
    return changed;
}

/* A place that has others below; if it is new, it counts itself. */
static void begin_place(struct created *created, bool is_new, bool *ret_first)
{
    buffer_append_str(created->out, is_new ? STR("{\".\":{}") : STR("{"));
    *ret_first = !is_new;
}

static bool end_place(struct created *created, bool first)
{
    buffer_append_char(created->out, '}');
    return !first;
}

/* The end of a place below, of which begins 'start': it stays, or is as if it had not been begun. */
static void keep(struct created *created, size_t start, bool changed, bool *first)
{
    if (changed)
        *first = false;
    else
        buffer_truncate(created->out, start);
}

static void write_items(struct created *created, const struct api_field *field, const void *new, bool *first)
{
    struct keys keys = { .count = 0 };
    size_t count;
    if (field->flags & API_LIST_MAP)
        find_keys(field, &keys);
    const struct item *items = items_of(field, &keys, new, created->arena, &count);
    for (size_t i = 0, same; i < count; i += same) {
        size_t start = created->out->size;
        same = equal_items(&items[i], count - i);
        field_set_write_key(&items[i].element, *first, &created->scratch, created->out);
        keep(created, start, same > 1 ? write_leaf(created, true) : write_value(created, field, NULL, items[i].value),
             first);
    }
}

static void write_entries(struct created *created, const struct api_field *field, const void *new, bool *first)
{
    const char *entry = member_elements(field, new);
    size_t count = member_length(field, new);
    for (size_t i = 0; i < count; i++, entry += field->element_size) {
        struct path_element element = path_field(str_of(entry_key(entry)));
        size_t start = created->out->size;
        field_set_write_key(&element, *first, &created->scratch, created->out);
        keep(created, start, write_value(created, field, NULL, entry + field->value_offset), first);
    }
}

static bool write_member(struct created *created, const struct slot *slot)
{
    const struct api_field *field = slot->field;
    const void *one = slot->before == PRESENT ? slot->old : NULL, *other = slot->after == PRESENT ? slot->new : NULL;
    bool appears = slot->after != ABSENT && slot->before != slot->after;
    if (is_whole(field))
        return write_leaf(created,
                          appears || (one != NULL && other != NULL && !api_member_equal(field, slot->old, slot->new)));
    if (field->shape == API_SINGLE && slot->before != NIL && slot->after != NIL)
        return write_value(created, field, one == NULL ? NULL : member_single(field, one),
                           other == NULL ? NULL : member_single(field, other));
    if (field->shape == API_SINGLE || other == NULL || member_length(field, other) == 0)
        return write_leaf(created, appears);
    bool first;
    begin_place(created, slot->before == ABSENT, &first);
    if (field->shape == API_LIST)
        write_items(created, field, other, &first);
    else
        write_entries(created, field, other, &first);
    return end_place(created, first);
}

static size_t fields_of(const struct api_type *type)
{
    size_t count = type->n_fields;
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].flags & API_INLINE)
            count += fields_of(type->fields[i].type);
    return count;
}

/* The members that a side has, sorted by name; returns how many there are now. */
static size_t collect(const struct api_type *type, const void *old, const void *new, struct slot *slots, size_t count)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE) {
            count = collect(field->type, old == NULL ? NULL : member_of_const(field, old), member_of_const(field, new),
                            slots, count);
            continue;
        }
        if (field->name == NULL ||
            (type == &api_type_object_meta && field->offset == offsetof(struct api_object_meta, managed_fields)))
            continue;
        struct slot slot = { field, old, new, presence_of(field, old), presence_of(field, new) };
        if (slot.before == ABSENT && slot.after == ABSENT)
            continue;
        size_t at = count++;
        struct str name = { field->name, field->name_size };
        for (; at > 0; at--) {
            const struct api_field *left = slots[at - 1].field;
            if (str_compare((struct str){ left->name, left->name_size }, name) <= 0)
                break;
            slots[at] = slots[at - 1];
        }
        slots[at] = slot;
    }
    return count;
}

static void write_slot(struct created *created, const struct slot *slot, bool *first)
{
    struct str name = { slot->field->name, slot->field->name_size };
    size_t start = created->out->size;
    char *room = buffer_reserve(created->out, name.size + sizeof(",\"f:\":")), *at = room;
    if (room == NULL)
        return;
    if (!*first)
        *at++ = ',';
    at = mempcpy(at, "\"f:", 3);
    at = mempcpy(at, name.data, name.size);
    at = mempcpy(at, "\":", 2);
    buffer_commit(created->out, (size_t)(at - room));
    keep(created, start, write_member(created, slot), first);
}

static bool write_message(struct created *created, const struct api_type *type, const void *old, const void *new)
{
    struct slot *slots = arena_alloc(created->arena, (fields_of(type) + 1) * sizeof(*slots));
    size_t count = collect(type, old, new, slots, 0);
    bool first;
    if (count == 0)
        return write_leaf(created, old == NULL);
    begin_place(created, old == NULL, &first);
    for (size_t i = 0; i < count; i++)
        write_slot(created, &slots[i], &first);
    return end_place(created, first);
}

/* 'new' is there. */
static bool write_value(struct created *created, const struct api_field *field, const void *old, const void *new)
{
    bool message = field->value == API_MESSAGE;
    if (field->value == API_RAW || (message && field->type->json_form != API_FORM_OBJECT)) {
        struct outcome outcome = { 0 };
        compare_documents(field, old, new, created->arena, &outcome);
        bool changed = outcome.changed || outcome.changed_below != NULL;
        if (changed)
            field_set_write_place(outcome.changed_below, outcome.changed, created->out);
        return changed;
    }
    if (!message || is_whole_message(field))
        return write_leaf(created, old == NULL || !api_value_equal(field, old, new));
    return write_message(created, field->type, old, new);
}

static void write_owned_metadata(struct created *created, const struct slot *metadata, bool *first)
{
    const struct api_field *field = metadata->field;
    const void *old = member_single(field, metadata->old), *new = member_single(field, metadata->new);
    struct slot *slots = arena_alloc(created->arena, (fields_of(field->type) + 1) * sizeof(*slots));
    size_t count = collect(field->type, old, new, slots, 0), start = created->out->size;
    bool none = true;
    buffer_append_str(created->out, *first ? STR("\"f:metadata\":{") : STR(",\"f:metadata\":{"));
    for (size_t i = 0; i < count; i++)
        if (!managed_is_unowned((struct str){ slots[i].field->name, slots[i].field->name_size }))
            write_slot(created, &slots[i], &none);
    keep(created, start, end_place(created, none), first);
}

bool apply_write_created(const struct api_type *type, const void *new, const struct field_set *ignored,
                         struct arena *arena, struct buffer *out)
{
    struct created created = { .arena = arena, .out = out };
    const struct comparison top = { .ignored = ignored };
    const void *old = arena_zalloc(arena, type->size);
    size_t start = out->size;
    struct slot *slots = arena_alloc(arena, (fields_of(type) + 1) * sizeof(*slots));
    size_t count = collect(type, old, new, slots, 0);
    bool first;
    begin_place(&created, false, &first);
    for (size_t i = 0; i < count; i++) {
        bool skipped = ignored != NULL && is_ignored(&top, slots[i].field);
        if (!skipped && slots[i].field->type == &api_type_object_meta)
            write_owned_metadata(&created, &slots[i], &first);
        else if (!skipped)
            write_slot(&created, &slots[i], &first);
    }
    bool any = end_place(&created, first);
    if (!any)
        buffer_truncate(out, start);
    buffer_fini(&created.scratch);
    return any;
}
