/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "api/codec.h"
#include "generated/types.h"

#define POD(metadata) \
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":" metadata ",\"spec\":{\"nodeName\":\"n1\"}}"

static void resource_version_is_put_behind_the_uid(void **state)
{
    (void)state;
    static const struct {
        struct str stored;
        const char *served;
    } cases[] = {
        { STR(POD("{\"name\":\"a\",\"uid\":\"u\",\"generation\":1,\"labels\":{\"x\":\"y\"}}") "\n"),
          POD("{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"42\",\"generation\":1,\"labels\":{\"x\":\"y\"}}") },
        { STR(POD("{\"name\":\"a\"}")), POD("{\"name\":\"a\",\"resourceVersion\":\"42\"}") },
        { STR(POD("{\"labels\":{\"x\":\"y\"},\"name\":\"a\"}")),
          POD("{\"labels\":{\"x\":\"y\"},\"name\":\"a\",\"resourceVersion\":\"42\"}") },
        { STR(POD("{\"resourceVersion\":\"1\",\"name\":\"a\",\"labels\":{\"x\":\"y\"}}")),
          POD("{\"resourceVersion\":\"42\",\"name\":\"a\",\"labels\":{\"x\":\"y\"}}") },
        { STR(POD("{\"name\":\"a\" , \"resourceVersion\":\"12345678\",\"labels\":{\"x\":\"y\"}}")),
          POD("{\"name\":\"a\" ,\"resourceVersion\":\"42\",\"labels\":{\"x\":\"y\"}}") },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct object *object = NULL;
        assert_int_equal(object_from_stored(&api_resource_pod, cases[i].stored, 42, &object, NULL), 0);
        assert_true(str_is(object_json(object), cases[i].served));
        struct str sent = bytes_str(object_bytes(object));
        assert_int_equal(sent.size, strlen(cases[i].served) + 1);
        assert_int_equal(sent.data[sent.size - 1], '\n');
        assert_string_equal(api_pod_of(object)->metadata.resource_version, "42");
        assert_string_equal(api_pod_of(object)->spec.node_name, "n1");
        struct str value;
        assert_int_equal(object_label(object, STR("x"), &value), strstr(cases[i].served, "labels") != NULL);
        if (strstr(cases[i].served, "labels") != NULL)
            assert_true(str_is(value, "y"));
        assert_false(object_label(object, STR("y"), &value));
        object_unref(object);
    }
}

#define SET "{\"f:metadata\":{\"f:labels\":{\".\":{},\"f:x\":{}}},\"f:spec\":{\"k:{\\\"name\\\":\\\"c\\\"}\":{}}}"
#define ENTRY(more)                                                                                        \
    "{\"manager\":\"m\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"2026-01-02T03:04:05Z\"," \
    "\"fieldsType\":\"FieldsV1\",\"fieldsV1\":" SET more "}"
#define FOUR           ENTRY("") "," ENTRY("") "," ENTRY("") "," ENTRY("")
#define OWNED(entries) POD("{\"name\":\"a\",\"uid\":\"u\",\"managedFields\":" entries ",\"labels\":{\"x\":\"y\"}}")

/* However they are written, entries are what the decoder makes of them. */
static void entries_are_as_the_decoder_has_them(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR(OWNED("[" ENTRY("") "]")),
        STR(OWNED("[" ENTRY("") "," ENTRY(",\"subresource\":\"status\"") "]") "\n"),
        STR(OWNED("[" ENTRY("") " , " ENTRY("") "]")),
        STR(OWNED("[" ENTRY(",\"manager\":\"n\"") "]")),
        STR(OWNED("[" ENTRY(",\"manager\":\"a\\u0041\\\"\"") "]")),
        STR(OWNED("[" ENTRY(",\"manager\":\"\xc3\xa4\"") "]")),
        STR(OWNED("[" ENTRY(",\"manager\":null") "]")),
        STR(OWNED("[" ENTRY(",\"time\":null") "]")),
        STR(OWNED("[" ENTRY(",\"fieldsV1\":null") "]")),
        STR(OWNED("[" ENTRY(",\"unknown\":[1]") "]")),
        STR(OWNED("[" ENTRY(",\"subresource\":\"\"") "]")),
        STR(OWNED("[null," ENTRY("") "]")),
        STR(OWNED("[{}]")),
        STR(POD("{\"labels\":{},\"managedFields\":[" ENTRY("") "],\"name\":\"a\"}")),
        STR(OWNED("[" FOUR "," FOUR "," FOUR "," FOUR "]")),
        STR(OWNED("[" FOUR "," FOUR "," FOUR "," FOUR "," ENTRY("") "]")),
        STR(POD("{\"managedFields\":[" ENTRY("") "],\"name\":\"a\"},\"metadata\":{\"name\":\"b\"}")),
        STR(OWNED("[]")),
        STR(OWNED("null")),
        STR(OWNED("[" ENTRY("") "],\"managedFields\":[" ENTRY("") "," ENTRY("") "]")),
        STR(POD("{\"managedFields\":[" ENTRY("") "],\"name\":\"a\"}")),
        STR(POD("{\"name\":\"a\",\"managedFields\":[" ENTRY("") "]}")),
        STR(POD("{\"name\":\"a\"}")),
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct object *object = NULL;
        auto_arena struct arena arena = { 0 };
        struct api_pod *want = arena_new(&arena, struct api_pod);
        assert_int_equal(object_from_stored(&api_resource_pod, cases[i], 42, &object, NULL), 0);
        assert_int_equal(api_decode_json(&api_type_pod, object_json(object), &arena, want, NULL, NULL), 0);
        const struct api_pod *pod = api_pod_of(object);
        assert_int_equal(pod->metadata.n_managed_fields, want->metadata.n_managed_fields);
        assert_true(api_equal(&api_type_pod, pod, want));
        auto_buffer struct buffer text = { 0 }, want_text = { 0 };
        api_encode_json(&api_type_pod, &api_kind_pod, pod, &text);
        api_encode_json(&api_type_pod, &api_kind_pod, want, &want_text);
        assert_true(str_equal(buffer_str(&text), buffer_str(&want_text)));
        object_unref(object);
    }
}

/* The set stays where it is, also of programs whose names have spaces. */
static void sets_of_entries_are_borrowed(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR(OWNED("[" ENTRY("") "]")),
        STR(OWNED("[" ENTRY(",\"manager\":\"load of requests\"") "]")),
        STR(POD("{\"labels\":{},\"managedFields\":[" ENTRY("") "],\"name\":\"a\"}")),
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct object *object = NULL;
        assert_int_equal(object_from_stored(&api_resource_pod, cases[i], 42, &object, NULL), 0);
        struct str set = api_pod_of(object)->metadata.managed_fields[0].fields_v1, json = object_json(object);
        assert_true(set.data > json.data && set.data + set.size < json.data + json.size);
        assert_true(str_is(set, SET));
        object_unref(object);
    }
}

/* Entries of wrong types do not decode, as ever. */
static void wrong_entries_leave_only_metadata(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR(OWNED("{}")),
        STR(OWNED("[1]")),
        STR(OWNED("[" ENTRY(",\"manager\":1") "]")),
        STR(OWNED("[" ENTRY(",\"time\":\"today\"") "]")),
        STR(OWNED("[" ENTRY(",\"manager\":\"\\u0000\"") "]")),
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct object *object = NULL;
        assert_int_equal(object_from_stored(&api_resource_pod, cases[i], 42, &object, NULL), 0);
        assert_string_equal(api_pod_of(object)->metadata.name, "a");
        assert_null(api_pod_of(object)->spec.node_name);
        object_unref(object);
    }
}

/* Made with and without the decoded form, it is the same, and kept. */
static void messages_are_kept(void **state)
{
    (void)state;
    struct str json = STR(POD("{\"name\":\"a\",\"labels\":{\"x\":\"y\"}}"));
    for (int decoded = 0; decoded < 2; decoded++) {
        struct object *object = NULL;
        auto_buffer struct buffer want = { 0 };
        assert_int_equal(object_from_stored(&api_resource_pod, json, 42, &object, NULL), 0);
        if (decoded)
            (void)object_typed(object);
        struct bytes *message = object_message(object);
        assert_ptr_equal(object_message(object), message);
        api_encode_protobuf(&api_type_pod, object_typed(object), &want);
        assert_true(str_equal(bytes_str(message), buffer_str(&want)));
        auto_buffer struct buffer whole = { 0 }, again = { 0 };
        api_protobuf_envelope_head(&api_kind_pod, message->size, &again);
        buffer_append_str(&again, bytes_str(message));
        api_protobuf_envelope_tail(&again);
        api_encode_protobuf_envelope(&api_kind_pod, object_typed(object), &whole);
        assert_true(str_equal(buffer_str(&whole), buffer_str(&again)));
        object_unref(object);
    }
}

static void names_are_found(void **state)
{
    (void)state;
    struct object *object = NULL;
    struct str json = STR(POD("{\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u-1\",\"resourceVersion\":\"7\"}"));
    assert_int_equal(object_from_served(&api_resource_pod, json, &object, NULL), 0);
    assert_string_equal(object_name(object), "web-0");
    assert_string_equal(object_namespace(object), "shop");
    assert_string_equal(object_key(object), "shop/web-0");
    assert_string_equal(object_uid(object), "u-1");
    assert_int_equal(object_revision(object), 7);
    assert_string_equal(object_meta(object)->name, "web-0");
    assert_ptr_equal(object_resource(object), &api_resource_pod);
    object_unref(object_ref(object));
    object_unref(object);
    assert_null(object_ref(NULL));
    object_unref(NULL);

    json = STR("{\"metadata\":{\"name\":\"n1\"}}");
    assert_int_equal(object_from_stored(&api_resource_node, json, 9, &object, NULL), 0);
    assert_string_equal(object_key(object), "n1");
    assert_string_equal(object_namespace(object), "");
    object_unref(object);
}

static void what_metadata_may_have_is_marked(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        unsigned marks;
    } cases[] = {
        { POD("{\"name\":\"a\",\"labels\":{\"finalizers\":\"x\"}}"), 0 },
        { POD("{\"name\":\"a\",\"ownerReferences\":[{\"uid\":\"u\"}]}"), OBJECT_OWNED },
        { POD("{\"name\":\"a\",\"finalizers\":[\"f\"]}"), OBJECT_FINALIZED },
        { POD("{\"name\":\"a\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}"), OBJECT_DELETED },
        { POD("{\"name\":\"a\",\"fin\\u0061lizers\":[\"f\"]}"), OBJECT_OWNED | OBJECT_FINALIZED | OBJECT_DELETED },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct object *object = NULL;
        assert_int_equal(object_from_stored(&api_resource_pod, str_of(cases[i].json), 1, &object, NULL), 0);
        assert_int_equal(object_marks(object), cases[i].marks);
        object_unref(object);
    }
}

static void documents_without_managed_fields(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct object *object = NULL;
    struct str with = STR(POD("{\"name\":\"a\",\"managedFields\":[{\"manager\":\"m\"}],\"labels\":{\"a\":\"b\"}}"));
    assert_int_equal(object_from_stored(&api_resource_pod, with, 7, &object, NULL), 0);
    struct str without = object_json_unmanaged(object, &arena);
    assert_true(str_is(without, POD("{\"name\":\"a\",\"resourceVersion\":\"7\",\"labels\":{\"a\":\"b\"}}")));
    object_unref(object);
    assert_int_equal(object_from_stored(&api_resource_pod, STR(POD("{\"name\":\"a\"}")), 7, &object, NULL), 0);
    assert_null(object_json_unmanaged(object, &arena).data);
    object_unref(object);
}

static void texts_are_found(void **state)
{
    (void)state;
    static const struct object_path paths[] = { { { "spec", 4 }, { "nodeName", 8 } },
                                                { { "", 0 }, { "kind", 4 } },
                                                { { "spec", 4 }, { "schedulerName", 13 } },
                                                { { "status", 6 }, { "phase", 5 } } };
    static const struct {
        const char *json, *texts[4];
    } cases[] = {
        { "{\"metadata\":{\"name\":\"a\"}}", { NULL } },
        { "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"schedulerName\":\"s\"},"
          "\"status\":{\"phase\":\"P\",\"nodeName\":\"no\"}}",
          { NULL, "Pod", "s", "P" } },
        { "{\"status\":{\"phase\":\"P\"},\"spec\":{\"nodeName\":\"n\",\"x\":{\"nodeName\":\"no\"}},"
          "\"metadata\":{\"name\":\"a\"},\"kind\":\"Pod\"}",
          { "n", "Pod", NULL, "P" } },
        { "{\"spec\":null,\"kind\":7,\"metadata\":{\"name\":\"a\"},\"status\":{\"phase\":null}}", { NULL } },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct object *object = NULL;
        struct str texts[4];
        assert_int_equal(object_from_stored(&api_resource_pod, str_of(cases[i].json), 1, &object, NULL), 0);
        object_texts(object, paths, countof(paths), texts);
        for (size_t k = 0; k < countof(paths); k++)
            assert_true(cases[i].texts[k] == NULL ? texts[k].data == NULL : str_is(texts[k], cases[i].texts[k]));
        object_unref(object);
    }
}

static void *ask(void *object)
{
    (void)object_message(object);
    return (void *)(uintptr_t)object_typed(object);
}

/* Whoever decodes, all get the same struct. */
static void threads_share_the_struct(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct object *object = NULL;
        assert_int_equal(object_from_stored(&api_resource_pod, STR(POD("{\"name\":\"a\"}")), 1, &object, NULL), 0);
        pthread_t threads[4];
        void *values[4];
        for (size_t i = 0; i < countof(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, ask, object), 0);
        for (size_t i = 0; i < countof(threads); i++)
            pthread_join(threads[i], &values[i]);
        for (size_t i = 0; i < countof(threads); i++)
            assert_ptr_equal(values[i], object_typed(object));
        object_unref(object);
    }
}

static void broken_documents_are_refused(void **state)
{
    (void)state;
    static const char *broken[] = { "",
                                    "[]",
                                    "{}",
                                    "{\"metadata\":{}}",
                                    "{\"metadata\":null}",
                                    "{\"metadata\":{\"name\":\"a\"}",
                                    "{\"metadata\":{\"name\":\"a\\\"}}",
                                    "{\"metadata\":{\"name\":\"a\"}}x",
                                    "{\"metadata\":{\"name\" \"a\"}}",
                                    "{\"metadata\":{\"name\":}}" };
    struct object *object = NULL;
    for (size_t i = 0; i < countof(broken); i++) {
        assert_true(object_from_stored(&api_resource_pod, str_of(broken[i]), 1, &object, NULL) < 0);
        assert_true(object_from_served(&api_resource_pod, str_of(broken[i]), &object, NULL) < 0);
    }
    struct error err = { 0 };
    struct str wrong = STR("{\"metadata\":{\"name\":\"a\"},\"spec\":[]}");
    assert_int_equal(object_from_served(&api_resource_pod, wrong, &object, &err), -ERROR_INVALID);
    assert_string_equal(err.message,
                        "pod \"a\": json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec");
    assert_int_equal(object_from_stored(&api_resource_pod, wrong, 1, &object, NULL), 0);
    assert_string_equal(api_pod_of(object)->metadata.name, "a"); /* logged, and only the names are known */
    object_unref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resource_version_is_put_behind_the_uid),
        cmocka_unit_test(entries_are_as_the_decoder_has_them),
        cmocka_unit_test(sets_of_entries_are_borrowed),
        cmocka_unit_test(wrong_entries_leave_only_metadata),
        cmocka_unit_test(messages_are_kept),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(what_metadata_may_have_is_marked),
        cmocka_unit_test(documents_without_managed_fields),
        cmocka_unit_test(texts_are_found),
        cmocka_unit_test(threads_share_the_struct),
        cmocka_unit_test(broken_documents_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
