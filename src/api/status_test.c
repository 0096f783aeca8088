/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/status.h"

static void test_sentences(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };

    assert_int_equal(api_error_not_found(&err, &api_resource_pod, "x"), -ERROR_NOT_FOUND);
    struct api_status *status = api_status_of_error(&arena, &err, &api_resource_pod, "x");
    assert_string_equal(status->message, "pods \"x\" not found");
    assert_string_equal(status->status, "Failure");
    assert_string_equal(status->reason, "NotFound");
    assert_int_equal(status->code, 404);
    assert_string_equal(status->details->kind, "pods");
    assert_string_equal(status->details->name, "x");
    assert_true(text_empty(status->details->group));

    api_error_conflict(&err, &api_resource_apps_deployment, "x", API_CONFLICT_MODIFIED);
    status = api_status_of_error(&arena, &err, &api_resource_apps_deployment, "x");
    assert_string_equal(status->message,
                        "Operation cannot be fulfilled on deployments.apps \"x\": the object has been modified; please "
                        "apply your changes to the latest version and try again");
    assert_int_equal(status->code, 409);
    assert_string_equal(status->reason, "Conflict");
    assert_string_equal(status->details->group, "apps");

    api_error_forbidden(&err, &api_resource_pod, NULL, "no");
    assert_string_equal(err.message, "pods is forbidden: no");
    api_error_forbidden(&err, &api_resource_pod, "a", "no");
    assert_string_equal(err.message, "pods \"a\" is forbidden: no");

    error_set(&err, ERROR_BAD_REQUEST, "bad");
    status = api_status_of_error(&arena, &err, &api_resource_pod, "x");
    assert_null(status->details);

    error_set(&err, ERROR_SYSTEM, "disk");
    status = api_status_of_error(&arena, &err, &api_resource_pod, "x");
    assert_string_equal(status->message, "Internal error occurred: disk");
    assert_string_equal(status->details->causes[0].message, "disk");
}

static void test_invalid(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    const struct field_at *spec = at_field(NULL, "spec");
    static const char *const policies[] = { "Always", "Never", NULL };

    invalid_string(&errors, at_field(at_index(at_field(spec, "containers"), 1), "name"), "A\n", "must be %s", "lower");
    struct api_status *status = api_status_invalid(&arena, &api_kind_apps_deployment, "x", &errors);
    assert_string_equal(
        status->message,
        "Deployment.apps \"x\" is invalid: spec.containers[1].name: Invalid value: \"A\\n\": must be lower");
    assert_int_equal(status->code, 422);
    assert_string_equal(status->details->kind, "Deployment");
    assert_string_equal(status->details->causes[0].field, "spec.containers[1].name");
    assert_string_equal(status->details->causes[0].reason, "FieldValueInvalid");
    assert_string_equal(status->details->causes[0].message, "Invalid value: \"A\\n\": must be lower");

    invalid_missing(&errors, at_key(at_field(NULL, "data"), "k"));
    invalid_missing(&errors, at_key(at_field(NULL, "data"), "k"));
    invalid_one_of(&errors, at_field(spec, "restartPolicy"), "x", policies, true);
    invalid_too_long(&errors, at_field(NULL, "a"), 1);
    invalid_too_many(&errors, at_field(NULL, "b"), 5, 3);
    status = api_status_invalid(&arena, &api_kind_pod, "x", &errors);
    assert_string_equal(status->message,
                        "Pod \"x\" is invalid: [spec.containers[1].name: Invalid value: \"A\\n\": must be lower, "
                        "data[k]: Required value, spec.restartPolicy: Unsupported value: \"x\": supported values: "
                        "\"Always\", \"Never\", a: Too long: may not be more than 1 byte, b: Too many: 5: must have at "
                        "most 3 items]");
    assert_int_equal(status->details->n_causes, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_sentences), cmocka_unit_test(test_invalid) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
