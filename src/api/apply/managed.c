/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/apply/managed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "codec/json.h"

#define TEXT_ROOM 1024 /* most sets need no more */

/* Reading and writing ------------------------------------------------------------------------------ */

struct managed_entry *managed_add(struct managed *managed, const struct managed_entry *entry)
{
    if (managed->count == managed->capacity) {
        size_t capacity = managed->capacity == 0 ? 4 : 2 * managed->capacity;
        struct managed_entry *entries = arena_alloc(managed->arena, capacity * sizeof(*entries));
        if (managed->entries != NULL)
            memcpy(entries, managed->entries, managed->count * sizeof(*entries));
        managed->entries = entries;
        managed->capacity = capacity;
    }
    managed->entries[managed->count] = *entry;
    return &managed->entries[managed->count++];
}

static int read_entry(const struct api_managed_fields_entry *from, size_t position, struct managed_entry *entry,
                      struct error *err)
{
    entry->applied = text_equal(from->operation, "Apply");
    if (!entry->applied && !text_equal(from->operation, "Update"))
        return error_set(err, ERROR_BAD_REQUEST, "operation must be `Apply` or `Update`");
    if (text_empty(from->api_version))
        return error_set(err, ERROR_BAD_REQUEST, "apiVersion must not be empty");
    if (text_empty(from->fields_type))
        return error_set(err, ERROR_BAD_REQUEST, "missing fieldsType in managed fields entry %zu", position);
    if (strcmp(from->fields_type, "FieldsV1") != 0)
        return error_set(err, ERROR_BAD_REQUEST, "invalid fieldsType \"%s\" in managed fields entry %zu",
                         from->fields_type, position);
    entry->manager = text_or_empty(from->manager);
    entry->api_version = from->api_version;
    entry->subresource = text_or_empty(from->subresource);
    entry->time = from->time;
    entry->text = from->fields_v1;
    if (entry->text.size == 0)
        entry->text = STR("{}");
    entry->unread = true;
    return 0;
}

static int read_set(struct managed_entry *entry, struct arena *arena, struct error *err)
{
    if (!entry->unread)
        return 0;
    entry->unread = false;
    return field_set_parse(entry->text, arena, &entry->set, err);
}

static bool is_entry(const struct managed_entry *entry, const struct managed_entry *other)
{
    return entry->applied == other->applied && text_equal(entry->manager, other->manager) &&
           text_equal(entry->subresource, other->subresource) &&
           (entry->applied || text_equal(entry->api_version, other->api_version));
}

static int read_entries(const struct api_object_meta *meta, bool stored, struct arena *arena,
                        struct managed *ret_managed, struct error *err)
{
    struct managed managed = { .arena = arena };
    if (meta->n_managed_fields > MANAGED_ENTRIES_MAX)
        return error_set(err, ERROR_BAD_REQUEST, "more than %d entries", MANAGED_ENTRIES_MAX);
    for (size_t i = 0; i < meta->n_managed_fields; i++) {
        struct managed_entry entry = { 0 };
        int rc = read_entry(&meta->managed_fields[i], i, &entry, err);
        if (rc == 0 && !stored)
            rc = read_set(&entry, arena, err);
        if (rc < 0)
            return rc;
        struct managed_entry *same = NULL; /* the later of two that are the same counts */
        for (size_t k = 0; k < managed.count && same == NULL; k++)
            if (is_entry(&managed.entries[k], &entry))
                same = &managed.entries[k];
        if (same != NULL)
            *same = entry;
        else
            managed_add(&managed, &entry);
    }
    *ret_managed = managed;
    return 0;
}

int managed_read(const struct api_object_meta *meta, struct arena *arena, struct managed *ret_managed,
                 struct error *err)
{
    return read_entries(meta, false, arena, ret_managed, err);
}

int managed_read_stored(const struct api_object_meta *meta, struct arena *arena, struct managed *ret_managed,
                        struct error *err)
{
    return read_entries(meta, true, arena, ret_managed, err);
}

static int by_order(const void *a, const void *b)
{
    const struct managed_entry *one = a, *other = b;
    if (one->applied != other->applied)
        return one->applied ? -1 : 1;
    int64_t before = one->time / USEC_PER_SEC, after = other->time / USEC_PER_SEC;
    if (before != after)
        return before < after ? -1 : 1;
    int order = strcmp(one->manager, other->manager);
    if (order == 0)
        order = strcmp(one->api_version, other->api_version);
    return order != 0 ? order : strcmp(one->subresource, other->subresource);
}

void managed_write(const struct managed *managed, struct api_object_meta *meta)
{
    meta->managed_fields = NULL;
    meta->n_managed_fields = managed->count;
    if (managed->count == 0)
        return;
    qsort(managed->entries, managed->count, sizeof(*managed->entries), by_order);
    meta->managed_fields = arena_new_array(managed->arena, struct api_managed_fields_entry, managed->count);
    for (size_t i = 0; i < managed->count; i++) {
        const struct managed_entry *entry = &managed->entries[i];
        struct str text = entry->text;
        if (text.data == NULL) {
            auto_buffer struct buffer json = { 0 };
            (void)buffer_reserve(&json, TEXT_ROOM);
            field_set_write(entry->set, &json);
            text = arena_str(managed->arena, buffer_str(&json));
        }
        meta->managed_fields[i] = (struct api_managed_fields_entry){
            .manager = entry->manager,
            .operation = entry->applied ? "Apply" : "Update",
            .api_version = entry->api_version,
            .time = entry->time,
            .fields_type = "FieldsV1",
            .fields_v1 = text,
            .subresource = entry->subresource,
        };
    }
}

bool managed_is_reset(const struct api_object_meta *meta)
{
    if (meta->n_managed_fields != 1)
        return false;
    const struct api_managed_fields_entry *entry = &meta->managed_fields[0];
    return text_empty(entry->manager) && text_empty(entry->operation) && text_empty(entry->api_version) &&
           text_empty(entry->fields_type) && text_empty(entry->subresource) && entry->time == 0 &&
           entry->fields_v1.size == 0;
}

/* Entries ------------------------------------------------------------------------------------------ */

struct managed_entry *managed_find(struct managed *managed, const struct managed_writer *writer, bool applied)
{
    struct managed_entry wanted = { .manager = writer->manager,
                                    .api_version = writer->api_version,
                                    .subresource = writer->subresource,
                                    .applied = applied };
    for (size_t i = 0; i < managed->count; i++)
        if (is_entry(&managed->entries[i], &wanted))
            return &managed->entries[i];
    return NULL;
}

void managed_set(struct managed_entry *entry, const struct field_set *set)
{
    if (entry->set == set)
        return;
    entry->set = set;
    entry->text = (struct str){ 0 };
}

void managed_reconcile(struct managed *managed, const char *api_version, const struct apply_place *root)
{
    for (size_t i = 0; i < managed->count; i++)
        if (text_equal(managed->entries[i].api_version, api_version))
            managed_set(&managed->entries[i], apply_reconcile(root, managed->entries[i].set, managed->arena));
}

void managed_drop_empty(struct managed *managed)
{
    size_t kept = 0;
    for (size_t i = 0; i < managed->count; i++)
        if (managed->entries[i].set != NULL || managed->entries[i].unread)
            managed->entries[kept++] = managed->entries[i];
    managed->count = kept;
}

/* What nobody owns. Upstream has no entry for these either. */
static const char *const unowned_meta[] = { "clusterName", "creationTimestamp", "generation",      "managedFields",
                                            "name",        "namespace",         "resourceVersion", "selfLink",
                                            "uid" };

bool managed_is_unowned(struct str name)
{
    for (size_t i = 0; i < countof(unowned_meta); i++)
        if (str_is(name, unowned_meta[i]))
            return true;
    return false;
}

const struct field_set *managed_strip(const struct field_set *set, struct arena *arena)
{
    struct field_set_entry meta_entries[countof(unowned_meta)];
    for (size_t i = 0; i < countof(unowned_meta); i++)
        meta_entries[i] = (struct field_set_entry){ path_field(str_of(unowned_meta[i])), true, NULL };
    struct field_set meta = { countof(unowned_meta), meta_entries };
    struct field_set_entry entries[] = { { path_field(STR("apiVersion")), true, NULL },
                                         { path_field(STR("kind")), true, NULL },
                                         { path_field(STR("metadata")), true, &meta } };
    struct field_set unowned = { countof(entries), entries };
    return field_set_difference(set, &unowned, arena);
}

/* Taking ------------------------------------------------------------------------------------------- */

/* The difference as entries of one version see it, remembered for the next of the same version. */
struct seen {
    const char *api_version;
    struct apply_difference difference;
    bool missing;
};

#define SEEN_MAX 8

struct taking {
    const struct managed_writer *writer;
    const struct managed_change *change;
    const struct managed_versions *versions;
    struct arena *arena;
    struct seen seen[SEEN_MAX];
    size_t n_seen;
};

static void ignore(const struct managed_writer *writer, struct apply_difference *difference, struct arena *arena)
{
    difference->changed = field_set_without(difference->changed, writer->ignored, arena);
    difference->removed = field_set_without(difference->removed, writer->ignored, arena);
}

static int look_in_version(struct taking *taking, const char *api_version, struct seen *seen, struct error *err)
{
    struct apply_place root;
    yyjson_val *sides[2];
    *seen = (struct seen){ .api_version = api_version, .missing = true };
    if (taking->versions == NULL)
        return 0;
    for (int after = 0; after < 2; after++) {
        struct str json = taking->change->text(taking->change->context, after != 0);
        int rc = taking->versions->convert(taking->versions->context, json, taking->writer->api_version, api_version,
                                           taking->arena, &root, &sides[after], err);
        if (rc == -ERROR_NOT_FOUND)
            return 0;
        if (rc < 0)
            return rc;
    }
    seen->missing = false;
    apply_compare(&root, sides[0], sides[1], taking->arena, &seen->difference);
    ignore(taking->writer, &seen->difference, taking->arena);
    return 0;
}

static int look(struct taking *taking, const char *api_version, const struct seen **ret_seen, struct error *err)
{
    for (size_t i = 0; i < taking->n_seen; i++) {
        if (text_equal(taking->seen[i].api_version, api_version)) {
            *ret_seen = &taking->seen[i];
            return 0;
        }
    }
    size_t at = taking->n_seen < SEEN_MAX ? taking->n_seen++ : SEEN_MAX - 1;
    *ret_seen = &taking->seen[at];
    return look_in_version(taking, api_version, &taking->seen[at], err);
}

static const char *manager_text(const struct managed_entry *entry, struct arena *arena)
{
    auto_buffer struct buffer text = { 0 };
    json_append_string(&text, str_of(entry->manager));
    if (entry->subresource[0] != '\0') {
        buffer_append_str(&text, STR(" with subresource "));
        json_append_string(&text, str_of(entry->subresource));
    }
    if (!entry->applied) {
        buffer_append_str(&text, STR(" using "));
        buffer_append_text(&text, entry->api_version);
    }
    return arena_str(arena, buffer_str(&text)).data;
}

static void collect_path(void *context, struct str path)
{
    struct managed_conflicts *conflicts = context;
    if (conflicts->count == conflicts->capacity) {
        size_t capacity = conflicts->capacity == 0 ? 8 : 2 * conflicts->capacity;
        struct managed_conflict *items = arena_alloc(conflicts->arena, capacity * sizeof(*items));
        if (conflicts->items != NULL)
            memcpy(items, conflicts->items, conflicts->count * sizeof(*items));
        conflicts->items = items;
        conflicts->capacity = capacity;
    }
    conflicts->items[conflicts->count++] =
        (struct managed_conflict){ conflicts->manager, arena_str(conflicts->arena, path) };
}

static void collect(struct managed_conflicts *conflicts, const struct managed_entry *entry,
                    const struct field_set *fields)
{
    fields = field_set_difference(fields, conflicts->allowed, conflicts->arena);
    if (fields == NULL)
        return;
    conflicts->manager = manager_text(entry, conflicts->arena);
    field_set_each(fields, collect_path, conflicts);
}

static int by_manager(const void *a, const void *b)
{
    const struct managed_conflict *one = a, *other = b;
    int order = strcmp(one->manager, other->manager);
    return order != 0 ? order : str_compare(one->path, other->path);
}

int managed_take(struct managed *managed, const struct managed_writer *writer, const struct managed_entry *except,
                 const struct managed_change *change, const struct managed_versions *versions,
                 struct managed_conflicts *conflicts, struct error *err)
{
    struct taking taking = { writer, change, versions, managed->arena, { { 0 } }, 1 };
    taking.seen[0] = (struct seen){ writer->api_version, change->difference, false };
    ignore(writer, &taking.seen[0].difference, managed->arena);
    for (size_t i = 0; i < managed->count; i++) {
        struct managed_entry *entry = &managed->entries[i];
        const struct seen *seen;
        if (entry == except || entry->unread)
            continue;
        int rc = look(&taking, entry->api_version, &seen, err);
        if (rc < 0)
            return rc;
        const struct apply_difference *difference = &seen->difference;
        if (conflicts != NULL && !seen->missing) {
            collect(conflicts, entry, field_set_intersection(entry->set, difference->changed, managed->arena));
            continue;
        }
        if (conflicts != NULL)
            continue;
        const struct field_set *left = field_set_difference(entry->set, difference->changed, managed->arena);
        left = field_set_difference(left, difference->removed, managed->arena);
        managed_set(entry, seen->missing ? NULL : left);
    }
    if (conflicts != NULL && conflicts->count > 1)
        qsort(conflicts->items, conflicts->count, sizeof(*conflicts->items), by_manager);
    return 0;
}

const char *managed_conflicts_message(const struct managed_conflicts *conflicts, struct arena *arena)
{
    auto_buffer struct buffer text = { .max = 1 << 20 };
    if (conflicts->count == 1)
        return arena_format(arena, "Apply failed with 1 conflict: conflict with %s: " STR_FMT,
                            conflicts->items[0].manager, STR_ARG(conflicts->items[0].path));
    buffer_format(&text, "Apply failed with %zu conflicts: ", conflicts->count);
    for (size_t i = 0; i < conflicts->count; i++) {
        const struct managed_conflict *item = &conflicts->items[i];
        buffer_append_text(&text, i > 0 ? "\n" : "");
        if (i == 0 || strcmp(item->manager, conflicts->items[i - 1].manager) != 0)
            buffer_format(&text, "conflicts with %s:\n", item->manager);
        buffer_append_str(&text, STR("- "));
        buffer_append_str(&text, item->path);
    }
    return arena_str(arena, buffer_str(&text)).data;
}

/* Updates ------------------------------------------------------------------------------------------ */

/* Is one of the set's first names in the text? Names that need escapes are taken for there. */
static bool text_names(struct str text, const struct field_set *set)
{
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct path_element *element = &set->entries[i].element;
        char name[64];
        if (element->kind != PATH_FIELD || element->name.size > sizeof(name) - sizeof("\"f:\""))
            return true;
        char *end = mempcpy(mempcpy(name, "\"f:", 3), element->name.data, element->name.size);
        *end++ = '"';
        if (str_contains(text, (struct str){ name, (size_t)(end - name) }))
            return true;
    }
    return false;
}

/* Most writes touch what one manager owns: the sets of the others stay unread, and their texts as they are. */
static int read_touched(struct managed *managed, const struct managed_writer *writer,
                        const struct managed_change *change, struct error *err)
{
    bool all = change->root != NULL || managed->count >= MANAGED_UPDATERS_MAX; /* which then may be put together */
    int rc = 0;
    for (size_t i = 0; i < managed->count && rc == 0; i++) {
        struct managed_entry *entry = &managed->entries[i];
        bool untouched = entry->unread && text_equal(entry->api_version, writer->api_version) &&
                         !text_equal(entry->manager, writer->manager) && entry->text.size > 2 &&
                         memchr(entry->text.data, '\\', entry->text.size) == NULL &&
                         !text_names(entry->text, change->difference.changed) &&
                         !text_names(entry->text, change->difference.removed);
        if (all || !untouched)
            rc = read_set(entry, managed->arena, err);
    }
    return rc;
}

static int by_age(const void *a, const void *b)
{
    const struct managed_entry *one = *(const struct managed_entry *const *)a;
    const struct managed_entry *other = *(const struct managed_entry *const *)b;
    int64_t before = one->time / USEC_PER_SEC, after = other->time / USEC_PER_SEC;
    if (before != after)
        return before < after ? -1 : 1;
    int order = strcmp(one->manager, other->manager);
    if (order == 0)
        order = strcmp(one->api_version, other->api_version);
    return order != 0 ? order : strcmp(one->subresource, other->subresource);
}

/* Two or more old entries of one version become one. The first of them stays as it is until a second is found. */
static bool merge_into_ancient(struct managed *managed, struct managed_entry **ancients, size_t *n_ancients,
                               struct managed_entry *entry)
{
    for (size_t i = 0; i < *n_ancients; i++) {
        struct managed_entry *first = ancients[i];
        if (!text_equal(first->api_version, entry->api_version))
            continue;
        first->manager = "ancient-changes";
        first->subresource = "";
        managed_set(first, field_set_union(entry->set, first->set, managed->arena));
        first->time = entry->time;
        entry->set = NULL;
        return true;
    }
    ancients[(*n_ancients)++] = entry;
    return false;
}

static void cap_updaters(struct managed *managed)
{
    size_t updaters = 0, n_ancients = 0;
    for (size_t i = 0; i < managed->count; i++)
        updaters += !managed->entries[i].applied;
    if (updaters <= MANAGED_UPDATERS_MAX)
        return;
    struct managed_entry **oldest = arena_new_array(managed->arena, struct managed_entry *, updaters);
    struct managed_entry **ancients = arena_new_array(managed->arena, struct managed_entry *, updaters);
    size_t count = 0;
    for (size_t i = 0; i < managed->count; i++)
        if (!managed->entries[i].applied)
            oldest[count++] = &managed->entries[i];
    qsort(oldest, count, sizeof(struct managed_entry *), by_age);
    for (size_t i = 0; i < count && updaters > MANAGED_UPDATERS_MAX; i++)
        updaters -= merge_into_ancient(managed, ancients, &n_ancients, oldest[i]);
    managed_drop_empty(managed);
}

int managed_update(struct managed *managed, const struct managed_writer *writer, const struct managed_change *change,
                   const struct managed_versions *versions, struct error *err)
{
    struct arena *arena = managed->arena;
    if (change->difference.changed == NULL && change->difference.removed == NULL)
        return 0;
    int rc = read_touched(managed, writer, change, err);
    if (rc < 0)
        return rc;
    if (change->root != NULL)
        managed_reconcile(managed, writer->api_version, change->root);
    const struct field_set *own = field_set_without(change->difference.changed, writer->ignored, arena);
    own = managed_strip(own, arena);
    struct managed_entry *entry = managed_find(managed, writer, false);
    rc = managed_take(managed, writer, entry, change, versions, NULL, err);
    if (rc < 0)
        return rc;
    if (own != NULL && entry == NULL)
        entry = managed_add(managed, &(struct managed_entry){ .manager = writer->manager,
                                                              .api_version = writer->api_version,
                                                              .subresource = writer->subresource });
    if (entry != NULL) {
        const struct field_set *gone = field_set_without(change->difference.removed, writer->ignored, arena);
        managed_set(entry, field_set_union(field_set_difference(entry->set, gone, arena), own, arena));
        entry->time = own != NULL ? writer->now : entry->time;
    }
    managed_drop_empty(managed);
    cap_updaters(managed);
    return 0;
}
