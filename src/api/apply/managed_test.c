/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/apply/managed.h"
#include "codec/json.h"

static struct apply_place service_root(void)
{
    return apply_schema_of_type(&api_type_service);
}

/* An object that is written again and again. */
struct story {
    struct arena arena;
    struct apply_place root;
    const char *live; /* its document */
    struct managed managed;
    struct managed_conflicts conflicts;
    const char *message; /* of the last conflict */
    bool unchanged;
    usec_t now;
};

static yyjson_val *document_of(struct story *story, const char *text)
{
    yyjson_doc *doc = NULL;
    assert_int_equal(json_read(str_of(text), 100, &doc, NULL), 0);
    arena_hold(&story->arena, (void (*)(void *))yyjson_doc_free, doc);
    return yyjson_doc_get_root(doc);
}

static void begin(struct story *story, struct apply_place root)
{
    *story = (struct story){ .root = root, .live = "{}", .now = USEC_PER_SEC };
    story->managed.arena = &story->arena;
}

static void write_copy(struct story *story, const struct managed *managed, struct api_object_meta *ret_meta)
{
    struct managed copy = *managed;
    copy.entries = arena_alloc(&story->arena, (managed->count + 1) * sizeof(*copy.entries));
    for (size_t i = 0; i < managed->count; i++)
        copy.entries[i] = managed->entries[i];
    *ret_meta = (struct api_object_meta){ 0 };
    managed_write(&copy, ret_meta);
}

/* What became of the entries before, read as stored ones, is what the story has. */
static void expect_of_stored(struct story *story, const struct api_object_meta *before,
                             const struct managed_writer *writer, const struct managed_change *change)
{
    struct managed stored;
    struct api_object_meta one, other;
    assert_int_equal(managed_read_stored(before, &story->arena, &stored, NULL), 0);
    assert_int_equal(managed_update(&stored, writer, change, NULL, NULL), 0);
    write_copy(story, &story->managed, &one);
    write_copy(story, &stored, &other);
    assert_int_equal(one.n_managed_fields, other.n_managed_fields);
    for (size_t i = 0; i < one.n_managed_fields; i++) {
        assert_string_equal(one.managed_fields[i].manager, other.managed_fields[i].manager);
        assert_true(one.managed_fields[i].time == other.managed_fields[i].time);
        assert_true(str_equal(one.managed_fields[i].fields_v1, other.managed_fields[i].fields_v1));
    }
}

static void update_as(struct story *story, const char *manager, const char *subresource, const char *document)
{
    struct managed_writer writer = { manager, "v1", subresource, NULL, story->now };
    struct managed_change change = { 0 };
    apply_compare(&story->root, document_of(story, story->live), document_of(story, document), &story->arena,
                  &change.difference);
    struct api_object_meta before;
    write_copy(story, &story->managed, &before);
    assert_int_equal(managed_update(&story->managed, &writer, &change, NULL, NULL), 0);
    expect_of_stored(story, &before, &writer, &change);
    story->live = document;
    story->now += USEC_PER_SEC;
}

static int apply_as(struct story *story, const char *manager, const char *config, bool force)
{
    struct managed_apply apply = { .writer = { manager, "v1", "", NULL, story->now }, .root = story->root };
    struct managed copy = story->managed;
    struct managed_entry *entries = arena_alloc(&story->arena, (copy.capacity + 1) * sizeof(*entries));
    for (size_t i = 0; i < copy.count; i++)
        entries[i] = copy.entries[i];
    copy.entries = entries;
    apply.live = str_of(story->live);
    apply.live_document = document_of(story, story->live);
    apply.config = document_of(story, config);
    apply.force = force;
    int rc = managed_apply(&copy, &apply, NULL);
    story->conflicts = apply.conflicts;
    if (rc == -ERROR_CONFLICT)
        story->message = managed_conflicts_message(&apply.conflicts, &story->arena);
    if (rc == 0) {
        story->managed = copy;
        story->live = arena_str(&story->arena, buffer_str(&apply.result)).data;
        story->unchanged = apply.unchanged;
        story->now += USEC_PER_SEC;
    }
    buffer_fini(&apply.result);
    return rc;
}

/* "manager operation subresource set\n" of each entry. */
static const char *owners(struct story *story)
{
    auto_buffer struct buffer text = { 0 };
    struct api_object_meta meta = { 0 };
    managed_write(&story->managed, &meta);
    for (size_t i = 0; i < meta.n_managed_fields; i++)
        buffer_format(&text, "%s %s%s%s " STR_FMT "\n", meta.managed_fields[i].manager,
                      meta.managed_fields[i].operation, meta.managed_fields[i].subresource[0] != '\0' ? "/" : "",
                      meta.managed_fields[i].subresource, STR_ARG(meta.managed_fields[i].fields_v1));
    return arena_str(&story->arena, buffer_str(&text)).data;
}

#define NAMED      "\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}"
#define PORT(port) "\"k:{\\\"port\\\":" port ",\\\"protocol\\\":\\\"TCP\\\"}\""

static void who_changes_a_field_owns_it(void **state)
{
    (void)state;
    struct story story;
    begin(&story, service_root());
    update_as(&story, "maker", "", "{" NAMED ",\"spec\":{\"type\":\"x\",\"ports\":[{\"port\":80,\"name\":\"a\"}]}}");
    update_as(&story, "other", "", "{" NAMED ",\"spec\":{\"type\":\"y\",\"ports\":[{\"port\":80,\"name\":\"b\"}]}}");
    assert_string_equal(owners(&story), "maker Update {\"f:spec\":{\".\":{},\"f:ports\":{\".\":{}," PORT(
                                            "80") ":{\".\":{},\"f:port\":{}}}}}\n"
                                                  "other Update {\"f:spec\":{\"f:ports\":{" PORT(
                                                      "80") ":{\"f:name\":{}}},\"f:type\":{}}}\n");
    update_as(&story, "maker", "status", "{" NAMED ",\"spec\":{\"type\":\"y\"}}");
    assert_string_equal(owners(&story), "maker Update {\"f:spec\":{}}\nother Update {\"f:spec\":{\"f:type\":{}}}\n");
    update_as(&story, "x", "", "{" NAMED "}");
    assert_string_equal(owners(&story), "");
    arena_fini(&story.arena);
}

static void appliers_share_give_up_and_conflict(void **state)
{
    (void)state;
    struct story story;
    begin(&story, service_root());
    assert_int_equal(apply_as(&story, "one", "{" NAMED ",\"spec\":{\"type\":\"x\",\"ports\":[{\"port\":80}]}}", false),
                     0);
    assert_int_equal(apply_as(&story, "two", "{" NAMED ",\"spec\":{\"type\":\"x\",\"ports\":[{\"port\":81}]}}", false),
                     0);
    assert_string_equal(story.live, "{" NAMED ",\"spec\":{\"type\":\"x\",\"ports\":[{\"port\":80},{\"port\":81}]}}");
    assert_int_equal(apply_as(&story, "two",
                              "{" NAMED ",\"spec\":{\"type\":\"y\",\"ports\":[{\"port\":81,\"name\":\"n\"}]}}", false),
                     -ERROR_CONFLICT);
    assert_string_equal(story.message, "Apply failed with 1 conflict: conflict with \"one\": .spec.type");
    assert_int_equal(apply_as(&story, "two", "{" NAMED ",\"spec\":{\"type\":\"y\"}}", true), 0);
    assert_string_equal(story.live, "{" NAMED ",\"spec\":{\"type\":\"y\",\"ports\":[{\"port\":80}]}}");
    assert_string_equal(owners(&story),
                        "one Apply {\"f:spec\":{\"f:ports\":{" PORT("80") ":{\".\":{},\"f:port\":{}}}}}\n"
                                                                          "two Apply {\"f:spec\":{\"f:type\":{}}}\n");
    update_as(&story, "hand", "scale",
              "{" NAMED ",\"spec\":{\"type\":\"z\",\"ports\":[{\"port\":80,\"name\":\"q\"}]}}");
    assert_int_equal(apply_as(&story, "one",
                              "{" NAMED ",\"spec\":{\"type\":\"a\",\"ports\":[{\"port\":80,\"name\":\"b\"}]}}", false),
                     -ERROR_CONFLICT);
    assert_string_equal(story.message,
                        "Apply failed with 2 conflicts: conflicts with \"hand\" with subresource \"scale\" using v1:\n"
                        "- .spec.ports[port=80,protocol=\"TCP\"].name\n- .spec.type");
    assert_int_equal(story.conflicts.count, 2);
    assert_string_equal(story.conflicts.items[0].manager, "\"hand\" with subresource \"scale\" using v1");
    assert_int_equal(apply_as(&story, "one", "{" NAMED "}", false), 0);
    /* The item was its own, with all that others had put into it. */
    assert_string_equal(story.live, "{" NAMED ",\"spec\":{\"type\":\"z\",\"ports\":null}}");
    arena_fini(&story.arena);
}

static void maps_and_sets_keep_what_others_own(void **state)
{
    (void)state;
    struct story story;
    begin(&story, service_root());
#define META(more) "{\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"" more "}}"
    assert_int_equal(apply_as(&story, "one", META(",\"labels\":{\"a\":\"1\"},\"finalizers\":[\"x\",\"y\"]"), false), 0);
    assert_int_equal(apply_as(&story, "two", META(",\"labels\":{\"b\":\"1\"},\"finalizers\":[\"y\",\"z\"]"), false), 0);
    assert_string_equal(story.live, META(",\"labels\":{\"a\":\"1\",\"b\":\"1\"},\"finalizers\":[\"x\",\"y\",\"z\"]"));
    assert_int_equal(apply_as(&story, "one", META(""), false), 0);
    assert_string_equal(story.live, META(",\"labels\":{\"b\":\"1\"},\"finalizers\":[\"y\",\"z\"]"));
    assert_string_equal(owners(&story),
                        "two Apply {\"f:metadata\":{\"f:finalizers\":{\"v:\\\"y\\\"\":{},\"v:\\\"z\\\"\":{}},"
                        "\"f:labels\":{\"f:b\":{}}}}\n");
    assert_int_equal(apply_as(&story, "two", META(""), false), 0);
    assert_string_equal(story.live, META(""));
    arena_fini(&story.arena);
}

static void the_same_again_changes_nothing(void **state)
{
    (void)state;
    struct story story;
    begin(&story, service_root());
    const char *config = "{" NAMED ",\"spec\":{\"ports\":[{\"port\":80}]}}";
    assert_int_equal(apply_as(&story, "one", config, false), 0);
    assert_false(story.unchanged);
    usec_t time = story.managed.entries[0].time;
    assert_int_equal(apply_as(&story, "one", config, false), 0);
    assert_true(story.unchanged);
    assert_int_equal(story.managed.entries[0].time, time);
    assert_int_equal(apply_as(&story, "two", config, false), 0); /* shares, and the object does not change */
    assert_true(story.unchanged);
    assert_int_equal(story.managed.count, 2);
    arena_fini(&story.arena);
}

static void sets_follow_a_schema_that_changed(void **state)
{
    (void)state;
    struct story story;
    begin(&story, service_root());
    struct managed_entry entry = { .manager = "old", .api_version = "v1", .subresource = "" };
    assert_int_equal(field_set_parse(STR("{\"f:spec\":{\"f:selector\":{\"f:a\":{}},\"f:type\":{}}}"), &story.arena,
                                     &entry.set, NULL),
                     0);
    managed_add(&story.managed, &entry);
    struct managed_writer writer = { "new", "v1", "", NULL, story.now };
    struct managed_change change = { .root = &story.root };
    apply_compare(&story.root, document_of(&story, "{\"spec\":{\"selector\":{\"a\":\"1\"}}}"),
                  document_of(&story, "{\"spec\":{\"selector\":{\"a\":\"2\"}}}"), &story.arena, &change.difference);
    assert_int_equal(managed_update(&story.managed, &writer, &change, NULL, NULL), 0);
    assert_string_equal(owners(&story),
                        "old Update {\"f:spec\":{\"f:type\":{}}}\nnew Update {\"f:spec\":{\"f:selector\":{}}}\n");
    arena_fini(&story.arena);
}

static void old_updates_are_put_together(void **state)
{
    (void)state;
    struct story story;
    auto_buffer struct buffer document = { 0 };
    begin(&story, (struct apply_place){ 0 });
    buffer_append_str(&document, STR("{\"a\":0"));
    for (int i = 0; i < 12; i++) {
        const char *manager = arena_format(&story.arena, "m%02d", i);
        buffer_format(&document, ",\"k%02d\":1", i);
        update_as(&story, manager, "", arena_format(&story.arena, STR_FMT "}", STR_ARG(buffer_str(&document))));
    }
    assert_int_equal(story.managed.count, MANAGED_UPDATERS_MAX);
    assert_true(str_starts(str_of(owners(&story)), STR("ancient-changes Update {\"f:a\":{},\"f:k00\":{},\"f:k01\":{},"
                                                       "\"f:k02\":{}}\nm03 Update ")));
    assert_int_equal(story.managed.entries[0].time, 3 * USEC_PER_SEC);
    arena_fini(&story.arena);
}

static void entries_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct api_managed_fields_entry entry;
        const char *why;
    } rows[] = {
        { { .operation = "Patch" }, "operation must be `Apply` or `Update`" },
        { { .operation = "Apply" }, "apiVersion must not be empty" },
        { { .operation = "Apply", .api_version = "v1" }, "missing fieldsType in managed fields entry 0" },
        { { .operation = "Apply", .api_version = "v1", .fields_type = "X" },
          "invalid fieldsType \"X\" in managed fields entry 0" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        struct api_managed_fields_entry entry = rows[i].entry;
        struct api_object_meta meta = { .managed_fields = &entry, .n_managed_fields = 1 };
        struct managed managed;
        struct error err = { 0 };
        assert_int_equal(managed_read(&meta, &arena, &managed, &err), -ERROR_BAD_REQUEST);
        assert_string_equal(err.message, rows[i].why);
        assert_false(managed_is_reset(&meta));
    }
    struct api_managed_fields_entry nothing = { 0 };
    assert_true(managed_is_reset(&(struct api_object_meta){ .managed_fields = &nothing, .n_managed_fields = 1 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_changes_a_field_owns_it),
        cmocka_unit_test(appliers_share_give_up_and_conflict),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(maps_and_sets_keep_what_others_own),
        cmocka_unit_test(old_updates_are_put_together),
        cmocka_unit_test(sets_follow_a_schema_that_changed),
        cmocka_unit_test(entries_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
