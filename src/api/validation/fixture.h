/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fixture.h - rules against broken objects, a line each. Only for tests.
 *
 * A table has a good document and changes of it (merge patches), all in YAML, with the errors that each change brings;
 * "" for none. Documents are decoded and defaulted as the server does it. */
#ifndef API_VALIDATION_FIXTURE_H
#define API_VALIDATION_FIXTURE_H

#include <cmocka.h>
#include <stdio.h>

#include "api/codec.h"
#include "api/patch/patch.h"
#include "api/validation/validation.h"
#include "base/cleanup.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "generated/types.h"

struct rule_create {
    const char *change;
    const char *expected;
};

/* 'old' and 'change' are both changes of the good document. */
struct rule_update {
    const char *old;
    const char *change;
    const char *expected;
};

typedef int rule_check(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors);

static inline const struct api_kind *rule_kind(struct str json)
{
    yyjson_doc *doc = NULL;
    assert_int_equal(json_read(json, 1000, &doc, NULL), 0);
    struct str version = str_of(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "apiVersion")));
    size_t slash = str_find(version, '/');
    struct str group = slash < version.size ? (struct str){ version.data, slash } : STR("");
    struct str rest = slash < version.size ? str_skip(version, slash + 1) : version;
    const struct api_kind *kind =
        api_kind_find(group, rest, str_of(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "kind"))));
    yyjson_doc_free(doc);
    assert_non_null(kind);
    return kind;
}

static inline struct str rule_json(const char *yaml, struct arena *arena)
{
    auto_buffer struct buffer json = { 0 };
    struct error err = { 0 };

    if (yaml_to_json(str_of(yaml), YAML_STRICT, &json, &err) != 0)
        fail_msg("%s: %s", yaml, err.message);
    return arena_str(arena, buffer_str(&json));
}

/* The good document with a change. */
static inline void *rule_object(const char *good, const char *change, const struct api_kind **ret_kind,
                                struct arena *arena)
{
    auto_buffer struct buffer json = { 0 };
    struct error err = { 0 };
    struct api_strict_errors strict = { 0 };
    struct str document = rule_json(good, arena);

    if (change[0] != '\0') {
        if (patch_merge(document, rule_json(change, arena), &json, &err) != 0)
            fail_msg("%s: %s", change, err.message);
        document = arena_str(arena, buffer_str(&json));
    }
    const struct api_kind *kind = rule_kind(document);
    void *object = arena_zalloc(arena, kind->type->size);
    if (api_decode_json(kind->type, document, arena, object, &strict, &err) != 0)
        fail_msg("%s: %s", change, err.message);
    if (strict.count > 0)
        fail_msg("%s: %s", change, strict.texts[0]);
    api_default(kind, object, arena);
    *ret_kind = kind;
    return object;
}

/* Prints what differs, so that a run shows all of it. */
static inline size_t rule_differs(const struct api_invalid *errors, const char *expected, const char *change)
{
    auto_buffer struct buffer text = { 0 };

    api_invalid_format(errors, &text);
    const char *found = text.size == 0 ? "" : text.data;
    if (strcmp(found, expected) == 0)
        return 0;
    printf("%s\n  expected %s\n  found    %s\n", change, expected, found); /* print_message() cuts long ones */
    return 1;
}

static inline void rule_check_create(const char *good, const struct rule_create *rules, size_t count)
{
    size_t different = 0;

    for (size_t i = 0; i < count; i++) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { 0 };
        const struct api_kind *kind;
        const void *object = rule_object(good, rules[i].change, &kind, &arena);
        api_validate_create(kind, object, &errors);
        different += rule_differs(&errors, rules[i].expected, rules[i].change);
    }
    assert_int_equal(different, 0);
}

static inline void rule_check_change(const char *good, rule_check *check, const struct rule_update *rules, size_t count)
{
    size_t different = 0;

    for (size_t i = 0; i < count; i++) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { 0 };
        const struct api_kind *kind;
        const void *old = rule_object(good, rules[i].old, &kind, &arena);
        struct api_object_meta *meta = rule_object(good, rules[i].change, &kind, &arena);
        meta->resource_version = "1";
        check(kind, old, meta, &errors);
        different += rule_differs(&errors, rules[i].expected, rules[i].change);
    }
    assert_int_equal(different, 0);
}

#define check_creates(good_, rules_)  rule_check_create((good_), (rules_), countof(rules_))
#define check_updates(good_, rules_)  rule_check_change((good_), api_validate_update, (rules_), countof(rules_))
#define check_statuses(good_, rules_) rule_check_change((good_), api_validate_status, (rules_), countof(rules_))

#endif
