/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* roundtrip_test.c - random documents of every kind, made from the tables, survive both codecs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/codec.h"
#include "api/document_format.h"
#include "api/member.h"
#include "api/object.h"
#include "base/random.h"
#include "generated/cri.h"
#include "generated/csi.h"
#include "generated/etcd.h"
#include "generated/types.h"

enum { ROUNDS = 20, DEPTH_MAX = 9 };

struct maker {
    struct random random;
    struct arena *arena;
    unsigned depth;
};

static void make_message(struct maker *maker, const struct api_type *type, void *value);

static bool chance(struct maker *maker, unsigned percent)
{
    return random_below(&maker->random, 100) < percent;
}

/* What YAML could take for something else. */
static const char *const traps[] = {
    "yes",
    "n",
    "Off",
    "null",
    "~",
    "",
    " ",
    "0x1F",
    "0o7",
    "017",
    "1e3",
    "1_000",
    ".5",
    "+1",
    "-",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a #b",
    "#",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "'",
    "\"",
    "%a",
    "@a",
    "`",
    "{a}",
    "[a",
    "a,b",
    " a",
    "a ",
    "a\n",
    "\na",
    "a\n\nb\n",
    "\ta",
    "a\tb",
    "\x7f",
    "\x01",
    "\r\n",
    "---",
    "...",
    "2001-01-01",
    "1:20",
    ".inf",
    ".nan",
    "<<",
    "=",
    "\xef\xbb\xbf",
    "\xc2\x85",
    "\xe2\x80\xa9",
    "\xf0\x9f\x98\x80",
    "true\n",
    "  a\n b\n",
    "a\n  b",
    "12e03",
    "-0",
    "1.0",
    "0b1",
};

static const char *make_text(struct maker *maker)
{
    static const char *const texts[] = { "a",           "web",          "x-1",     "<&>", "\xc3\xa4",
                                         "line\nbreak", "\xe2\x80\xa8", "quote\"", "kube" };
    if (chance(maker, 20))
        return traps[random_below(&maker->random, countof(traps))];
    return arena_format(maker->arena, "%s%d", texts[random_below(&maker->random, countof(texts))],
                        (int)random_below(&maker->random, 100));
}

static struct quantity make_quantity(struct maker *maker)
{
    static const char *const texts[] = { "0",   "100m", "1",  "1500m", "1.5Gi", "128Mi",
                                         "3e3", "12k",  "-2", "7n",    "1Ei",   "10G" };
    struct quantity quantity;
    assert_int_equal(quantity_parse(str_of(texts[random_below(&maker->random, countof(texts))]), &quantity, NULL), 0);
    return quantity;
}

static usec_t make_moment(struct maker *maker, bool micros)
{
    usec_t moment = (usec_t)(1 + random_below(&maker->random, 4000000000)) * USEC_PER_SEC;
    return micros ? moment + (usec_t)random_below(&maker->random, 1000000) : moment;
}

static struct str make_raw(struct maker *maker)
{
    static const char *const texts[] = { "{\"a\":1}", "{\"b\":{\"c\":[1,\"x\",null]}}",
                                         "{\"f:metadata\":{\"f:name\":{}}}", "{}" };
    return str_of(texts[random_below(&maker->random, countof(texts))]);
}

static void make_value(struct maker *maker, const struct api_field *field, void *value)
{
    const struct api_enum *known = api_field_facts(field)->enumeration;
    switch (field->value) {
    case API_BOOL:
        *(bool *)value = chance(maker, 50);
        break;
    case API_INT32:
    case API_UINT32:
        *(int32_t *)value = (int32_t)random_below(&maker->random, 70000) - (field->value == API_INT32 ? 100 : 0);
        break;
    case API_FLOAT64:
        *(double *)value = (double)random_below(&maker->random, 1000) / 8;
        break;
    case API_STRING:
        *(const char **)value = known != NULL && known->n_values > 0 && chance(maker, 80)
                                    ? known->values[random_below(&maker->random, known->n_values)]
                                    : make_text(maker);
        break;
    case API_BYTES:
        *(struct str *)value = str_of(make_text(maker));
        break;
    case API_TIME:
    case API_MICRO_TIME:
        *(usec_t *)value = make_moment(maker, field->value == API_MICRO_TIME);
        break;
    case API_QUANTITY:
        *(struct quantity *)value = make_quantity(maker);
        break;
    case API_INT_OR_STRING:
        *(struct int_or_string *)value = int_or_string_of((int32_t)random_below(&maker->random, 9999));
        if (chance(maker, 50))
            ((struct int_or_string *)value)->text = make_text(maker);
        break;
    case API_RAW:
        *(struct str *)value = make_raw(maker);
        break;
    case API_MESSAGE:
        maker->depth++;
        make_message(maker, field->type, value);
        maker->depth--;
        break;
    default:
        *(int64_t *)value = (int64_t)random_below(&maker->random, 1000000000000);
    }
}

static void make_elements(struct maker *maker, const struct api_field *field, void *value)
{
    size_t count = 1 + random_below(&maker->random, 2);
    char *elements = arena_array(maker->arena, count, field->element_size);
    for (size_t i = 0; i < count; i++) {
        char *element = elements + i * field->element_size;
        if (field->shape == API_MAP)
            *(const char **)(void *)element = arena_format(maker->arena, "k%zu%s", i, make_text(maker));
        make_value(maker, field, element + field->value_offset);
    }
    *(void **)member_of(field, value) = elements;
    *member_count(field, value) = count;
}

static void make_either(struct maker *maker, const struct api_type *type, void *value)
{
    const struct api_field *first = &type->fields[0], *second = &type->fields[1];
    if (type->json_form == API_FORM_OBJECT_OR_BOOL) {
        *(bool *)member_of(first, value) = true;
        first = second;
        second = NULL;
    }
    if (second == NULL || second->value != API_STRING || chance(maker, 50)) {
        void *target = arena_zalloc(maker->arena, first->type->size);
        make_value(maker, first, target);
        *(void **)member_of(first, value) = target;
    } else {
        make_elements(maker, second, value);
    }
}

static void make_message(struct maker *maker, const struct api_type *type, void *value)
{
    if (type->json_form == API_FORM_STRING_LIST) { /* null inside a map becomes empty, in upstream too */
        make_elements(maker, &type->fields[0], value);
        return;
    }
    if (type->json_form != API_FORM_OBJECT) {
        make_either(maker, type, value);
        return;
    }
    unsigned percent = maker->depth < 3 ? 60 : maker->depth < DEPTH_MAX ? 25 : 0;
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        bool in_place = field->shape == API_SINGLE && field->value == API_MESSAGE && !member_is_indirect(field);
        bool oneof = type->proto3 && api_field_facts(field)->oneof != NULL; /* at most one of them: the first */
        if (!in_place &&
            (!chance(maker, percent) || (oneof && i > 0 && api_field_facts(&type->fields[i - 1])->oneof != NULL)))
            continue;
        if (field->shape != API_SINGLE) {
            make_elements(maker, field, value);
        } else if (member_is_indirect(field)) {
            void *target = arena_zalloc(maker->arena, member_size(field));
            make_value(maker, field, target);
            *(void **)member_of(field, value) = target;
        } else {
            make_value(maker, field, member_of(field, value));
        }
    }
}

static void *make(struct arena *arena, const struct api_type *type, uint64_t seed)
{
    struct maker maker = { .arena = arena };
    random_init(&maker.random, seed);
    void *value = arena_zalloc(arena, type->size);
    make_message(&maker, type, value);
    return value;
}

static void check_json(const struct api_kind *kind, const void *value, struct arena *arena, const struct buffer *want)
{
    void *back = arena_zalloc(arena, kind->type->size);
    struct api_strict_errors strict;
    struct error err = { 0 };
    if (api_decode_json(kind->type, buffer_str(want), arena, back, &strict, &err) < 0)
        fail_msg("%s: %s\n%s", kind->kind, err.message, want->data);
    if (strict.count > 0)
        fail_msg("%s: %s", kind->kind, strict.texts[0]);
    auto_buffer struct buffer again = { 0 };
    api_encode_json(kind->type, kind, back, &again);
    assert_string_equal(again.data, want->data);
    assert_true(api_equal(kind->type, value, back));
    buffer_clear(&again);
    api_encode_json(kind->type, kind, api_copy(kind->type, back, arena), &again);
    assert_string_equal(again.data, want->data);
}

static void every_kind_survives(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_kind_count; i++) {
        const struct api_kind *kind = &api_kinds[i];
        for (uint64_t round = 0; round < ROUNDS; round++) {
            auto_arena struct arena arena = { 0 };
            void *value = make(&arena, kind->type, round * 1000 + i);
            auto_buffer struct buffer json = { 0 }, protobuf = { 0 }, again = { 0 };
            api_encode_json(kind->type, kind, value, &json);
            check_json(kind, value, &arena, &json);
            if (kind->type->json_only)
                continue;
            api_encode_protobuf_envelope(kind, value, &protobuf);
            const struct api_kind *found = NULL;
            void *back = NULL;
            struct error err = { 0 };
            if (api_decode_protobuf_envelope(buffer_str(&protobuf), &arena, &found, &back, &err) < 0)
                fail_msg("%s: %s", kind->kind, err.message);
            assert_ptr_equal(found, kind);
            api_encode_json(kind->type, kind, back, &again);
            assert_string_equal(again.data, json.data);
        }
    }
}

static struct object *stored_object(const struct api_resource *resource, const struct api_object_meta *meta, bool ours)
{
    auto_buffer struct buffer stored = { 0 };
    struct object *object = NULL;
    api_encode_json(resource->kind->type, resource->kind, meta, &stored);
    assert_int_equal(
        (ours ? object_from_encoded : object_from_stored)(resource, buffer_str(&stored), 41, &object, NULL), 0);
    return object;
}

/* The decoded form that a writer gives is the one that decoding would make, to the last byte that can be made of it. */
static void check_given(const struct api_resource *resource, uint64_t seed)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer decoded = { 0 }, given = { 0 };
    const struct api_kind *kind = resource->kind;
    struct api_object_meta *meta = make(&arena, kind->type, seed);
    meta->name = "a";
    meta->namespace = "b";
    meta->uid = "c";
    meta->resource_version = NULL;
    meta->creation_timestamp += meta->creation_timestamp > 0 ? 1234 : 0;
    struct object *one = stored_object(resource, meta, false), *other = stored_object(resource, meta, true);
    assert_true(str_equal(object_json(one), object_json(other)));
    object_give_typed(other, meta);
    assert_false(object_has_typed(one));
    assert_true(object_has_typed(other));
    api_encode_json(kind->type, kind, object_typed(one), &decoded);
    api_encode_json(kind->type, kind, object_typed(other), &given);
    assert_string_equal(decoded.data, given.data);
    if (!kind->type->json_only)
        assert_true(str_equal(bytes_str(object_message(one)), bytes_str(object_message(other))));
    assert_true(api_equal(kind->type, object_typed(one), object_typed(other)));
    assert_int_equal(object_meta(one)->creation_timestamp, object_meta(other)->creation_timestamp);
    object_unref(one);
    object_unref(other);
}

static void given_forms_are_decoded_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_resource_count; i++)
        for (uint64_t round = 0; round < ROUNDS / 4 && (api_resources[i].verbs & API_LIST_VERB); round++)
            check_given(&api_resources[i], round * 6151 + i);
}

static void *read_back(enum document_format format, struct str text, const struct api_kind *kind, struct arena *arena)
{
    const struct api_kind *found = NULL;
    struct api_strict_errors strict;
    struct error err = { 0 };
    void *value = NULL;
    if (document_decode(format, text, arena, &strict, &found, &value, &err) < 0)
        fail_msg("%s: %s\n" STR_FMT, kind->kind, err.message, STR_ARG(text));
    if (format != DOCUMENT_PROTOBUF && strict.count > 0)
        fail_msg("%s: %s\n" STR_FMT, kind->kind, strict.texts[0], STR_ARG(text));
    assert_ptr_equal(found, kind);
    return value;
}

/* The document in one format, read, written in another, read again and written in the first: byte for byte the same. */
static void check_pair(const struct api_kind *kind, const void *value, enum document_format from,
                       enum document_format to)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer once = { 0 }, between = { 0 }, twice = { 0 };
    assert_int_equal(document_encode(from, kind, value, &once, NULL), 0);
    const void *read = read_back(from, buffer_str(&once), kind, &arena);
    assert_int_equal(document_encode(to, kind, read, &between, NULL), 0);
    read = read_back(to, buffer_str(&between), kind, &arena);
    assert_int_equal(document_encode(from, kind, read, &twice, NULL), 0);
    if (!str_equal(buffer_str(&once), buffer_str(&twice)))
        fail_msg("%s, format %d by way of %d:\n" STR_FMT "\n---\n" STR_FMT, kind->kind, from, to,
                 STR_ARG(buffer_str(&once)), STR_ARG(buffer_str(&twice)));
}

static void every_pair_of_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_kind_count; i++) {
        const struct api_kind *kind = &api_kinds[i];
        if (!kind->type->type_meta)
            continue; /* events of a watch do not say in JSON what they are */
        enum document_format last = kind->type->json_only ? DOCUMENT_YAML : DOCUMENT_PROTOBUF;
        for (uint64_t round = 0; round < ROUNDS / 4; round++) {
            auto_arena struct arena arena = { 0 };
            const void *value = make(&arena, kind->type, round * 7919 + i);
            for (enum document_format from = DOCUMENT_JSON; from <= last; from++)
                for (enum document_format to = DOCUMENT_JSON; to <= last; to++)
                    check_pair(kind, value, from, to);
        }
    }
}

/* What was filled in once is given the next time. */
static void defaults_are_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_kind_count; i++) {
        const struct api_kind *kind = &api_kinds[i];
        for (uint64_t round = 0; round < 5; round++) {
            auto_arena struct arena arena = { 0 };
            void *value =
                round == 0 ? arena_zalloc(&arena, kind->type->size) : make(&arena, kind->type, round * 1000 + i);
            auto_buffer struct buffer once = { 0 }, twice = { 0 };
            api_default(kind, value, &arena);
            api_encode_json(kind->type, kind, value, &once);
            api_default(kind, value, &arena);
            api_encode_json(kind->type, kind, value, &twice);
            assert_string_equal(once.data, twice.data);
        }
    }
}

static void grpc_messages_survive(void **state)
{
    (void)state;
    static const struct api_type *const types[] = { &cri_type_run_pod_sandbox_request,
                                                    &cri_type_container_status_response,
                                                    &csi_type_create_volume_request, &etcd_type_txn_request,
                                                    &etcd_type_watch_response };
    for (size_t i = 0; i < countof(types); i++) {
        for (uint64_t round = 0; round < 50; round++) {
            auto_arena struct arena arena = { 0 };
            void *value = make(&arena, types[i], round);
            auto_buffer struct buffer bytes = { 0 }, again = { 0 };
            api_encode_protobuf(types[i], value, &bytes);
            void *back = arena_zalloc(&arena, types[i]->size);
            assert_int_equal(api_decode_protobuf(types[i], buffer_str(&bytes), &arena, back, NULL), 0);
            api_encode_protobuf(types[i], back, &again);
            assert_int_equal(again.size, bytes.size);
            if (bytes.size > 0)
                assert_memory_equal(again.data, bytes.data, bytes.size);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_survives),   cmocka_unit_test(given_forms_are_decoded_ones),
        cmocka_unit_test(every_pair_of_formats), cmocka_unit_test(defaults_are_stable),
        cmocka_unit_test(grpc_messages_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
