/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Random updates and applies beside a small model, and differences of structs beside those of their documents. The seeds are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>

#include "api/apply/managed.h"
#include "api/codec.h"
#include "base/random.h"
#include "base/system/file.h"
#include "codec/json.h"

/* The model: maps a, b and c with members x, y and z. A field is a bit; a map is one too, bit 3 of its four. Either nothing is
 * known of the documents, and each map is an entry and somebody's like its members; or the maps are named fields, which
 * are only stated when nothing is in them, and count as given up and as owned with what is in them. */
enum { MAPS = 3, MEMBERS = 3, SLOTS = 4, FIELDS = MAPS * SLOTS, MANAGERS = 3, STEPS = 40, STORIES = 400 };

struct model {
    bool named;
    unsigned fields; /* that are there */
    uint8_t values[FIELDS];
    unsigned owned[2][MANAGERS]; /* by updates, by applies */
};

static unsigned map_bit(int map)
{
    return 1U << (map * SLOTS + MEMBERS);
}

static unsigned members_of(int map)
{
    return 7U << (map * SLOTS);
}

/* A map goes with all its members. */
static unsigned without(unsigned fields, unsigned gone)
{
    for (int map = 0; map < MAPS; map++)
        if (gone & map_bit(map))
            gone |= members_of(map);
    return fields & ~gone;
}

/* With the maps of the members, when they are named. */
static unsigned with_maps(const struct model *model, unsigned fields)
{
    for (int map = 0; map < MAPS; map++)
        if (model->named && (fields & members_of(map)))
            fields |= map_bit(map);
    return fields;
}

/* What a document with those fields states. */
static unsigned stated(const struct model *model, unsigned fields)
{
    for (int map = 0; map < MAPS; map++)
        if (model->named && (fields & members_of(map)))
            fields &= ~map_bit(map);
    return fields;
}

static unsigned all_of(const struct model *model, unsigned fields)
{
    return with_maps(model, stated(model, fields));
}

static unsigned differing(const struct model *from, const struct model *to)
{
    unsigned changed = to->fields & ~from->fields;
    for (int i = 0; i < FIELDS; i++)
        if ((to->fields & from->fields & (1U << i)) && i % SLOTS != MEMBERS && from->values[i] != to->values[i])
            changed |= 1U << i;
    return changed;
}

static void take(struct model *model, int kind, int manager, unsigned changed, unsigned removed)
{
    for (int k = 0; k < 2; k++)
        for (int m = 0; m < MANAGERS; m++)
            if (k != kind || m != manager)
                model->owned[k][m] &= ~(changed | removed);
}

static void model_update(struct model *model, int manager, const struct model *to)
{
    unsigned changed = differing(model, to), removed = model->fields & ~to->fields;
    take(model, 0, manager, changed, removed);
    model->owned[0][manager] = (model->owned[0][manager] & ~removed) | changed;
    model->fields = to->fields;
    memcpy(model->values, to->values, sizeof(model->values));
}

/* False: conflicts. */
static bool model_apply(struct model *model, int manager, const struct model *config, bool force)
{
    struct model next = *model;
    unsigned last = with_maps(model, model->owned[1][manager]), owned = 0;
    next.fields |= config->fields;
    for (int i = 0; i < FIELDS; i++)
        if (config->fields & (1U << i))
            next.values[i] = config->values[i];
    next.owned[1][manager] = stated(model, config->fields);
    for (int k = 0; k < 2; k++)
        for (int m = 0; m < MANAGERS; m++)
            owned |= next.owned[k][m];
    unsigned merged = next.fields, pruned = without(merged, last);
    owned = with_maps(model, owned);
    pruned = without(merged, all_of(model, merged) & ~all_of(model, pruned) & ~owned);
    next.fields = without(merged, all_of(model, merged) & ~all_of(model, pruned) & last);
    unsigned changed = differing(model, &next), removed = model->fields & ~next.fields;
    for (int k = 0; k < 2 && !force; k++)
        for (int m = 0; m < MANAGERS; m++)
            if ((k != 1 || m != manager) && (next.owned[k][m] & changed))
                return false;
    take(&next, 1, manager, changed, removed);
    *model = next;
    return true;
}

/* Texts ---------------------------------------------------------------------------------------------- */

static void write_document(const struct model *model, struct buffer *out)
{
    buffer_clear(out);
    buffer_append_str(out, STR("{\"kind\":0")); /* nobody's, so that a document is never empty */
    for (int map = 0; map < MAPS; map++) {
        if (!(model->fields & map_bit(map)))
            continue;
        buffer_format(out, ",\"%c\":", 'a' + map);
        if (!(model->fields & members_of(map))) {
            buffer_append_str(out, STR("null"));
            continue;
        }
        for (int i = 0, none = 1; i < MEMBERS; i++) {
            int at = map * SLOTS + i;
            if (!(model->fields & (1U << at)))
                continue;
            buffer_format(out, "%c\"%c\":%d", none ? '{' : ',', 'x' + i, model->values[at]);
            none = 0;
        }
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, '}');
}

static void write_set(unsigned fields, struct buffer *out)
{
    buffer_append_char(out, '{');
    for (int map = 0, first = 1; map < MAPS; map++) {
        unsigned members = fields & members_of(map), self = fields & map_bit(map);
        if (members == 0 && self == 0)
            continue;
        buffer_format(out, "%s\"f:%c\":{%s", first ? "" : ",", 'a' + map, self && members ? "\".\":{}" : "");
        first = 0;
        for (int i = 0, none = !self; i < MEMBERS; i++) {
            if (!(members & (1U << (map * SLOTS + i))))
                continue;
            buffer_format(out, "%s\"f:%c\":{}", none ? "" : ",", 'x' + i);
            none = 0;
        }
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, '}');
}

static void write_owners(const struct model *model, struct buffer *out)
{
    for (int k = 1; k >= 0; k--)
        for (int m = 0; m < MANAGERS; m++) {
            if (model->owned[k][m] == 0)
                continue;
            buffer_format(out, "m%d %s ", m, k == 1 ? "Apply" : "Update");
            write_set(model->owned[k][m], out);
            buffer_append_char(out, '\n');
        }
}

static void write_managed(struct managed *managed, struct buffer *out)
{
    struct api_object_meta meta = { 0 };
    managed_write(managed, &meta);
    for (size_t i = 0; i < meta.n_managed_fields; i++)
        buffer_format(out, "%s %s " STR_FMT "\n", meta.managed_fields[i].manager, meta.managed_fields[i].operation,
                      STR_ARG(meta.managed_fields[i].fields_v1));
}

static yyjson_val *parse(const struct buffer *text, struct arena *arena)
{
    yyjson_doc *doc = NULL;
    assert_int_equal(json_read(arena_str(arena, buffer_str(text)), 100, &doc, NULL), 0);
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc);
    return yyjson_doc_get_root(doc);
}

/* The schema of named maps. */
static void describe(const struct apply_place *place, struct apply_shape *shape)
{
    (void)place;
    *shape = (struct apply_shape){ .allowed = APPLY_MAP };
}

static enum apply_member member(const struct apply_place *place, struct str key, struct apply_place *ret_place)
{
    (void)place, (void)key;
    *ret_place = (struct apply_place){ 0 };
    return APPLY_MEMBER_FIELD;
}

static void item(const struct apply_place *place, struct apply_place *ret_place)
{
    *ret_place = *place;
}

static const struct apply_schema named_maps = { describe, member, item };

/* The story ------------------------------------------------------------------------------------------ */

static void random_model(struct random *random, struct model *model, const struct model *like)
{
    *model = (struct model){ 0 };
    for (int map = 0; map < MAPS; map++)
        for (int i = 0; i < MEMBERS; i++) {
            int at = map * SLOTS + i;
            bool keeps = like != NULL && (like->fields & (1U << at)) && random_below(random, 3) > 0;
            if (!keeps && random_below(random, 3) > 0)
                continue;
            model->fields |= 1U << at | map_bit(map);
            model->values[at] = (uint8_t)(keeps ? like->values[at] : random_below(random, 2));
        }
}

static void one_step(struct random *random, struct model *model, struct managed *managed, struct arena *arena)
{
    auto_buffer struct buffer live = { 0 }, sent = { 0 }, expected = { 0 }, found = { 0 };
    struct apply_place root = { .schema = model->named ? &named_maps : NULL };
    struct model next;
    int manager = (int)random_below(random, MANAGERS);
    struct managed_writer writer = { arena_format(arena, "m%d", manager), "v1", "", NULL, 0 };
    bool applies = random_below(random, 2) == 0, force = random_below(random, 3) == 0;
    write_document(model, &live);
    random_model(random, &next, random_below(random, 4) > 0 ? model : NULL);
    write_document(&next, &sent);
    if (applies) {
        struct managed_apply apply = { .writer = writer, .root = root, .live = buffer_str(&live), .force = force };
        struct managed copy = *managed;
        copy.entries = arena_alloc(arena, (copy.capacity + 1) * sizeof(*copy.entries));
        memcpy(copy.entries, managed->entries, managed->count * sizeof(*copy.entries));
        apply.live_document = parse(&live, arena);
        apply.config = parse(&sent, arena);
        bool good = model_apply(model, manager, &next, force);
        assert_int_equal(managed_apply(&copy, &apply, NULL), good ? 0 : -ERROR_CONFLICT);
        if (good) {
            *managed = copy;
            write_document(model, &expected);
            /* Members stand in the order they came. */
            yyjson_val *one = parse(&expected, arena), *other = parse(&apply.result, arena);
            if (!yyjson_equals(one, other))
                fail_msg("%s instead of %s, of %s and %s", apply.result.data, expected.data, live.data, sent.data);
        }
        buffer_fini(&apply.result);
    } else {
        struct managed_change change = { 0 };
        apply_compare(&root, parse(&live, arena), parse(&sent, arena), arena, &change.difference);
        assert_int_equal(managed_update(managed, &writer, &change, NULL, NULL), 0);
        model_update(model, manager, &next);
    }
    buffer_clear(&expected);
    write_owners(model, &expected);
    write_managed(managed, &found);
    if (!str_equal(buffer_str(&found), buffer_str(&expected)))
        fail_msg("%s instead of %s", text_or_empty(found.data), text_or_empty(expected.data));
}

static void random_writes_are_as_in_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= STORIES; seed++) {
        auto_arena struct arena arena = { 0 };
        struct random random;
        struct model model = { .named = seed % 2 == 0 };
        struct managed managed = { .arena = &arena };
        random_init(&random, seed);
        managed.entries = arena_alloc(&arena, 4 * sizeof(*managed.entries));
        managed.capacity = 4;
        for (int step = 0; step < STEPS; step++)
            one_step(&random, &model, &managed, &arena);
    }
}

/* Structs -------------------------------------------------------------------------------------------- */

/* The value with some of its members and items left out. */
static void append_thinned(struct random *random, yyjson_val *value, uint64_t one_in, struct buffer *out)
{
    size_t index, count;
    yyjson_val *key, *item;
    bool first = true;
    if (!yyjson_is_obj(value) && !yyjson_is_arr(value)) {
        json_append_value(out, value);
        return;
    }
    buffer_append_char(out, yyjson_is_obj(value) ? '{' : '[');
    if (yyjson_is_obj(value)) {
        yyjson_obj_foreach(value, index, count, key, item)
        {
            if (random_below(random, one_in) == 0)
                continue;
            buffer_append_text(out, first ? "" : ",");
            first = false;
            json_append_value(out, key);
            buffer_append_char(out, ':');
            append_thinned(random, item, one_in, out);
        }
    } else {
        yyjson_arr_foreach(value, index, count, item)
        {
            if (random_below(random, one_in) == 0)
                continue;
            for (uint64_t times = random_below(random, 12) == 0 ? 2 : 1; times > 0; times--, first = false) {
                buffer_append_text(out, first ? "" : ",");
                append_thinned(random, item, one_in, out);
            }
        }
    }
    buffer_append_char(out, yyjson_is_obj(value) ? '}' : ']');
}

static struct api_pod *thinned_pod(struct random *random, yyjson_val *root, struct arena *arena)
{
    auto_buffer struct buffer json = { 0 };
    struct api_pod *pod = arena_new(arena, struct api_pod);
    append_thinned(random, root, 4 + random_below(random, 30), &json);
    assert_int_equal(api_decode_json(&api_type_pod, arena_str(arena, buffer_str(&json)), arena, pod, NULL, NULL), 0);
    pod->metadata.n_managed_fields = 0;
    pod->metadata.managed_fields = NULL;
    return pod;
}

static void expect_same(const struct field_set *typed, const struct field_set *documents)
{
    auto_buffer struct buffer one = { 0 }, other = { 0 };
    field_set_write(typed, &one);
    field_set_write(documents, &other);
    assert_string_equal(one.data, other.data);
}

static void lists_that_stay_null_are_nobodys(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct apply_difference difference;
    struct api_apiextensions_custom_resource_definition old = { 0 }, new = { .spec.group = "g" };
    apply_compare_typed(&api_type_apiextensions_custom_resource_definition, &old, &new, NULL, &arena, &difference);
    auto_buffer struct buffer text = { 0 };
    field_set_write(difference.changed, &text);
    assert_string_equal(text.data, "{\"f:spec\":{\"f:group\":{}}}");
}

static void structs_differ_as_their_documents_do(void **state)
{
    (void)state;
    auto_arena struct arena kept = { 0 };
    auto_buffer struct buffer text = { 0 };
    const char *source = getenv("SOURCE_ROOT");
    const char *path = arena_format(&kept, "%s/tests/fixtures/api/pod.json", source != NULL ? source : ".");
    struct apply_place root = apply_schema_of_type(&api_type_pod);
    struct random random;
    random_init(&random, 7);
    assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &text, NULL), 0);
    yyjson_val *pod = parse(&text, &kept);
    for (int i = 0; i < 500; i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer before = { 0 }, after = { 0 };
        struct apply_difference typed, documents;
        struct api_pod *old = thinned_pod(&random, pod, &arena), *new = thinned_pod(&random, pod, &arena);
        api_encode_json(&api_type_pod, NULL, old, &before);
        api_encode_json(&api_type_pod, NULL, new, &after);
        apply_compare_typed(&api_type_pod, old, new, NULL, &arena, &typed);
        apply_compare(&root, parse(&before, &arena), parse(&after, &arena), &arena, &documents);
        expect_same(typed.changed, documents.changed);
        expect_same(typed.removed, documents.removed);
    }
}

/* Of an empty object, by sets. */
static void expect_created(const struct api_type *type, const void *object, const struct field_set *ignored,
                           struct arena *arena)
{
    auto_buffer struct buffer expected = { 0 }, text = { 0 };
    struct apply_difference typed;
    apply_compare_typed(type, arena_zalloc(arena, type->size), object, NULL, arena, &typed);
    const struct field_set *owned = managed_strip(field_set_without(typed.changed, ignored, arena), arena);
    field_set_write(owned, &expected);
    assert_true(apply_write_created(type, object, ignored, arena, &text) == (owned != NULL));
    assert_string_equal(owned != NULL ? text.data : "{}", expected.data);
}

static void what_is_created_is_written_as_its_difference(void **state)
{
    (void)state;
    auto_arena struct arena kept = { 0 };
    auto_buffer struct buffer text = { 0 };
    const char *source = getenv("SOURCE_ROOT");
    const char *path = arena_format(&kept, "%s/tests/fixtures/api/pod.json", source != NULL ? source : ".");
    const struct field_set *status = field_set_of_path((const char *const[]){ "status" }, 1, &kept);
    struct random random;
    random_init(&random, 11);
    assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &text, NULL), 0);
    yyjson_val *pod = parse(&text, &kept);
    for (int i = 0; i < 500; i++) {
        auto_arena struct arena arena = { 0 };
        expect_created(&api_type_pod, thinned_pod(&random, pod, &arena), i % 2 == 0 ? status : NULL, &arena);
    }
    expect_created(&api_type_pod, &(struct api_pod){ .metadata.name = "p", .metadata.uid = "u" }, NULL, &kept);
    static const struct {
        const struct api_type *type;
        const char *json;
    } others[] = {
        { &api_type_config_map, "{\"metadata\":{\"name\":\"a\"}}" },
        { &api_type_config_map,
          "{\"metadata\":{\"labels\":{}},\"data\":{\"a b\":\"\",\"c\\\"\":\"2\"},\"immutable\":false}" },
        { &api_type_service,
          "{\"spec\":{\"ports\":[{\"port\":1,\"targetPort\":\"a\"},{\"port\":1,\"protocol\":\"UDP\"},"
          "{\"port\":1}],\"selector\":{},\"clusterIPs\":[]}}" },
        { &api_type_endpoints, "{\"subsets\":[{\"addresses\":[{\"ip\":\"10.0.0.1\"}]}]}" },
        { &api_type_apiextensions_custom_resource_definition,
          "{\"spec\":{\"group\":\"g\",\"versions\":[{\"name\":\"v1\",\"schema\":{\"openAPIV3Schema\":{\"type\":"
          "\"object\","
          "\"default\":{\"a\":[1]},\"properties\":{\"x\":{\"items\":{\"type\":\"string\"},\"additionalProperties\":"
          "true,"
          "\"enum\":[1,\"a\",null]}}}}}]}}" },
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        void *object = arena_zalloc(&kept, others[i].type->size);
        assert_int_equal(api_decode_json(others[i].type, str_of(others[i].json), &kept, object, NULL, NULL), 0);
        expect_created(others[i].type, object, NULL, &kept);
        expect_created(others[i].type, object, status, &kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_writes_are_as_in_the_model),
        cmocka_unit_test(lists_that_stay_null_are_nobodys),
        cmocka_unit_test(structs_differ_as_their_documents_do),
        cmocka_unit_test(what_is_created_is_written_as_its_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
