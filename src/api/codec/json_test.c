/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json_test.c - documents to structs and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/codec.h"
#include "generated/types.h"

/* Decoded and encoded again, it is 'want'. */
static void goes_through(const struct api_kind *kind, const char *json, const char *want)
{
    auto_arena struct arena arena = { 0 };
    void *value = arena_zalloc(&arena, kind->type->size);
    struct error err = { 0 };
    if (api_decode_json(kind->type, str_of(json), &arena, value, NULL, &err) < 0)
        fail_msg("%s", err.message);
    auto_buffer struct buffer out = { 0 };
    api_encode_json(kind->type, kind, value, &out);
    assert_string_equal(out.data, want);
    void *copy = api_copy(kind->type, value, &arena);
    assert_true(api_equal(kind->type, value, copy));
    buffer_clear(&out);
    api_encode_json(kind->type, kind, copy, &out);
    assert_string_equal(out.data, want);
}

static void omission_follows_go(void **state)
{
    (void)state;
    goes_through(
        &api_kind_pod, "{}",
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{},\"spec\":{\"containers\":null},\"status\":{}}");
    goes_through(
        &api_kind_pod,
        "{\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"memory\":\"1024Mi\",\"cpu\":\"1000m\"}"
        "},"
        "\"ports\":[],\"env\":[{\"name\":\"A\",\"value\":\"<\"}]}],\"terminationGracePeriodSeconds\":0,\"hostNetwork\":"
        "false,"
        "\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]},\"metadata\":{\"name\":\"p\",\"creationTimestamp\":null,"
        "\"labels\":{\"b\":\"2\",\"a\":\"1\"}}}",
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":\"1\",\"b\":\"2\"}},"
        "\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}],\"containers\":[{\"name\":\"c\","
        "\"env\":[{\"name\":\"A\",\"value\":\"\\u003c\"}],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}"
        "}],"
        "\"terminationGracePeriodSeconds\":0},\"status\":{}}");
    goes_through(&api_kind_service, "{\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":\"http\"},{\"port\":81}]}}",
                 "{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{},\"spec\":{\"ports\":[{\"port\":80,"
                 "\"targetPort\":\"http\"},"
                 "{\"port\":81,\"targetPort\":0}]},\"status\":{\"loadBalancer\":{}}}");
    goes_through(
        &api_kind_event,
        "{\"metadata\":{\"name\":\"e\"},\"eventTime\":\"2020-01-02T03:04:05.500000Z\",\"involvedObject\":{}}",
        "{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"e\"},\"involvedObject\":{},\"source\":{},"
        "\"firstTimestamp\":null,\"lastTimestamp\":null,\"eventTime\":\"2020-01-02T03:04:05.500000Z\","
        "\"reportingComponent\":\"\",\"reportingInstance\":\"\"}");
}

/* Inside a list or a map null is the zero value, as in Go; rules may compare texts without looking first. */
static void null_elements(void **state)
{
    (void)state;
    goes_through(&api_kind_namespace, "{\"metadata\":{\"labels\":{\"a\":null}},\"spec\":{\"finalizers\":[null,\"b\"]}}",
                 "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":{\"labels\":{\"a\":\"\"}},"
                 "\"spec\":{\"finalizers\":[\"\",\"b\"]},\"status\":{}}");
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    struct api_namespace namespace_ = { 0 };
    assert_int_equal(api_decode_json(api_kind_namespace.type,
                                     STR("{\"metadata\":{\"labels\":{\"a\":null}},\"spec\":{\"finalizers\":[null]}}"),
                                     &arena, &namespace_, NULL, &err),
                     0);
    assert_string_equal(namespace_.spec.finalizers[0], "");
    assert_string_equal(namespace_.metadata.labels[0].value, "");
}

static void special_forms(void **state)
{
    (void)state;
    goes_through(&api_kind_secret, "{\"data\":{\"k\":\"aGk=\",\"e\":\"\"}}",
                 "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{},\"data\":{\"e\":\"\",\"k\":\"aGk=\"}}");
    goes_through(&api_kind_apps_controller_revision, "{\"data\":{ \"b\": [1, 2.50], \"a\":\"x\" },\"revision\":3}",
                 "{\"kind\":\"ControllerRevision\",\"apiVersion\":\"apps/"
                 "v1\",\"metadata\":{},\"data\":{\"b\":[1,2.50],\"a\":\"x\"},"
                 "\"revision\":3}");
    goes_through(
        &api_kind_apps_stateful_set,
        "{\"spec\":{\"volumeClaimTemplates\":[{\"kind\":\"PersistentVolumeClaim\",\"apiVersion\":\"v1\",\"metadata\":{"
        "\"name\":\"d\"}}],\"serviceName\":\"s\",\"template\":{}}}",
        "{\"kind\":\"StatefulSet\",\"apiVersion\":\"apps/v1\",\"metadata\":{},\"spec\":{\"selector\":null,\"template\":"
        "{\"metadata\":{},\"spec\":{\"containers\":null}},\"volumeClaimTemplates\":[{\"kind\":"
        "\"PersistentVolumeClaim\","
        "\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"d\"},\"spec\":{\"resources\":{}},\"status\":{}}],"
        "\"serviceName\":\"s\","
        "\"updateStrategy\":{}},\"status\":{\"replicas\":0,\"availableReplicas\":0}}");
    auto_arena struct arena arena = { 0 };
    struct api_apiextensions_json_schema_props schema;
    struct str text =
        STR("{\"type\":\"object\",\"maximum\":1.5,\"properties\":{\"a\":{\"items\":{\"type\":\"string\"},"
            "\"additionalProperties\":false},\"b\":{\"items\":[{\"default\":null}],\"additionalProperties\":{\"enum\":"
            "[1,\"x\"]}}}}");
    assert_int_equal(api_decode_json(&api_type_apiextensions_json_schema_props, text, &arena, &schema, NULL, NULL), 0);
    auto_buffer struct buffer out = { 0 };
    api_encode_json(&api_type_apiextensions_json_schema_props, NULL, &schema, &out);
    assert_string_equal(out.data,
                        "{\"type\":\"object\",\"maximum\":1.5,\"properties\":{\"a\":{\"items\":{\"type\":\"string\"},"
                        "\"additionalProperties\":false},\"b\":{\"items\":[{}],\"additionalProperties\":{\"enum\":"
                        "[1,\"x\"]}}}}");
}

static void strict_errors_name_their_fields(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct api_pod pod;
    struct api_strict_errors strict;
    struct str text = STR("{\"kind\":\"Pod\",\"kind\":\"Pod\",\"spec\":{\"foo\":1,\"containers\":[{\"name\":\"a\","
                          "\"nme\":\"b\",\"name\":\"c\"}],"
                          "\"Containers\":[]},\"metadata\":{\"labels\":{\"x\":\"1\",\"x\":\"2\"}},\"foo\":{}}");
    assert_int_equal(api_decode_json(&api_type_pod, text, &arena, &pod, &strict, NULL), 0);
    static const char *want[] = { "duplicate field \"kind\"",
                                  "unknown field \"spec.foo\"",
                                  "unknown field \"spec.containers[0].nme\"",
                                  "duplicate field \"spec.containers[0].name\"",
                                  "unknown field \"spec.Containers\"",
                                  "duplicate field \"metadata.labels.x\"",
                                  "unknown field \"foo\"" };
    assert_int_equal(strict.count, countof(want));
    for (size_t i = 0; i < countof(want); i++)
        assert_string_equal(strict.texts[i], want[i]);
    assert_string_equal(pod.spec.containers[0].name, "c");
    assert_string_equal(pod.metadata.labels[0].value, "2");
}

static void wrong_types_are_worded_as_go_does(void **state)
{
    (void)state;
    static const struct {
        const char *json, *message;
    } cases[] = {
        { "{\"spec\":{\"replicas\":\"3\"}}",
          "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32" },
        { "{\"spec\":{\"replicas\":1.5}}",
          "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32" },
        { "{\"spec\":{\"template\":{\"spec\":{\"containers\":\"x\"}}}}",
          "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type "
          "[]v1.Container" },
        { "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"env\":[{\"name\":\"a\",\"value\":1}]}]}}}}",
          "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type "
          "string" },
        { "{\"metadata\":{\"labels\":[]}}",
          "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string" },
        { "{\"metadata\":{\"labels\":{\"a\":true}}}",
          "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string" },
        { "{\"kind\":1}", "json: cannot unmarshal number into Go struct field Deployment.kind of type string" },
        { "[]", "json: cannot unmarshal array into Go value of type v1.Deployment" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        auto_arena struct arena arena = { 0 };
        struct api_apps_deployment value;
        struct error err = { 0 };
        assert_int_equal(api_decode_json(&api_type_apps_deployment, str_of(cases[i].json), &arena, &value, NULL, &err),
                         -ERROR_BAD_REQUEST);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void hostile_documents_are_bounded(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct api_apiextensions_json_schema_props schema;
    auto_buffer struct buffer text = { 0 };
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&text, "{\"not\":");
    buffer_append_text(&text, "{}");
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&text, "}");
    assert_int_equal(
        api_decode_json(&api_type_apiextensions_json_schema_props, buffer_str(&text), &arena, &schema, NULL, NULL),
        -ERROR_SYNTAX);
    struct api_pod pod;
    assert_int_equal(
        api_decode_json(&api_type_pod, STR("{\"metadata\":{\"name\":\"a\\u0000b\"}}"), &arena, &pod, NULL, NULL),
        -ERROR_BAD_REQUEST);
    assert_int_equal(api_decode_json(&api_type_pod, STR("{"), &arena, &pod, NULL, NULL), -ERROR_SYNTAX);
}

/* Of a time only whole seconds are written: what differs in less is equal. */
static void times_are_equal_as_written(void **state)
{
    (void)state;
    struct api_pod a = { .metadata = { .creation_timestamp = 1700000000 * USEC_PER_SEC } }, b = a;
    b.metadata.creation_timestamp += 999999;
    assert_true(api_equal(&api_type_pod, &a, &b));
    b.metadata.creation_timestamp++;
    assert_false(api_equal(&api_type_pod, &a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(omission_follows_go),
        cmocka_unit_test(null_elements),
        cmocka_unit_test(null_elements),
        cmocka_unit_test(special_forms),
        cmocka_unit_test(strict_errors_name_their_fields),
        cmocka_unit_test(wrong_types_are_worded_as_go_does),
        cmocka_unit_test(hostile_documents_are_bounded),
        cmocka_unit_test(times_are_equal_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
