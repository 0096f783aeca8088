/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validating_policies_test.c - policies at a server: asked while they have a binding, gone when they are deleted. */
#include "apiserver/fixture.h"

#define POLICIES   "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
#define BINDINGS   "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
#define MAPS       "/api/v1/namespaces/default/configmaps"
#define SCALERS(v) "/apis/autoscaling/" v "/namespaces/default/horizontalpodautoscalers"
#define FALSE      "\"validations\":[{\"expression\":\"false\"}]"

static void make(struct fixture *f, const char *path, const char *name, const char *spec)
{
    char *body = NULL;

    assert_true(asprintf(&body, "{\"metadata\":{\"name\":\"%s\"},\"spec\":{%s}}", name, spec) > 0);
    expect(ask(f, "POST", path, body), "201 Created");
    free(body);
}

/* About a resource of a group in version v1. */
static void make_policy(struct fixture *f, const char *name, const char *group, const char *version,
                        const char *resource, const char *more)
{
    char *spec = NULL;

    assert_true(asprintf(&spec,
                         "\"matchConstraints\":{\"resourceRules\":[{\"apiGroups\":[\"%s\"],\"apiVersions\":[\"%s\"],"
                         "\"operations\":[\"*\"],\"resources\":[\"%s\"]}]},%s",
                         group, version, resource, more) > 0);
    make(f, POLICIES, name, spec);
    free(spec);
}

static void bind_policy(struct fixture *f, const char *binding, const char *policy, const char *action,
                        const char *more)
{
    char *spec = NULL;

    assert_true(asprintf(&spec, "\"policyName\":\"%s\",\"validationActions\":[\"%s\"]%s", policy, action, more) > 0);
    make(f, BINDINGS, binding, spec);
    free(spec);
}

static const char *create_map(struct fixture *f, const char *name)
{
    char body[256];

    snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\"},\"data\":{\"size\":\"3\"}}", name);
    return ask(f, "POST", MAPS, body);
}

static void test_asked_while_bound(void **state)
{
    struct fixture *f = *state;

    bind_policy(f, "early", "p", "Deny", "");
    expect(create_map(f, "a"), "201 Created");
    make_policy(f, "p", "", "v1", "configmaps", FALSE);
    const char *answer = create_map(f, "b");
    expect(answer, "422 Unprocessable Entity");
    expect(answer,
           "\"message\":\"configmaps \\\"b\\\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'early' "
           "denied request: failed expression: false\",\"reason\":\"Invalid\",\"details\":{\"name\":\"b\",\"kind\":"
           "\"configmaps\",\"causes\":[{\"message\":");
    expect(ask(f, "DELETE", MAPS "/a", ""), "422");
    bind_policy(f, "again", "p", "Deny", "");
    expect(create_map(f, "b"), "with binding 'again' denied"); /* by name */
    expect(ask(f, "DELETE", BINDINGS "/again", ""), "200 OK");
    expect(ask(f, "DELETE", BINDINGS "/early", ""), "200 OK");
    expect(create_map(f, "b"), "201 Created");
    bind_policy(f, "early", "p", "Warn", "");
    expect(create_map(f, "c"), "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'early': failed");
    answer = ask(f, "GET", "/metrics", "");
    expect(answer, "apiserver_validating_admission_policy_check_total{enforcement_action=\"warn\",error_type="
                   "\"invalid_error\",policy=\"p\",policy_binding=\"early\"} 1\n");
    expect(answer, "apiserver_validating_admission_policy_check_duration_seconds_count{enforcement_action=\"deny\","
                   "error_type=\"invalid_error\",policy=\"p\",policy_binding=\"again\"} 1\n");
    expect(ask(f, "DELETE", POLICIES "/p", ""), "200 OK");
    expect(ask(f, "DELETE", MAPS "/a", ""), "200 OK");
}

/* What the request itself says: a name that is yet to be made is none, a deletion tells under which conditions. */
static void test_request_is_shown(void **state)
{
    struct fixture *f = *state;

    make_policy(f, "p", "", "v1", "configmaps",
                "\"validations\":[{\"expression\":\"request.operation == 'DELETE' ? "
                "has(request.options.preconditions) && request.options.preconditions.uid == oldObject.metadata.uid : "
                "!has(request.name) && object.metadata.name.startsWith('made-')\"}]");
    bind_policy(f, "b", "p", "Deny", "");
    expect(create_map(f, "a"), "configmaps \\\"a\\\" is forbidden");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"generateName\":\"other-\"}}"), "configmaps \\\"other-");
    const char *answer = ask(f, "POST", MAPS, "{\"metadata\":{\"generateName\":\"made-\"}}");
    expect(answer, "201 Created");
    char name[64], uid[64], path[256], body[256];
    assert_int_equal(sscanf(strstr(answer, "\"name\":\""), "\"name\":\"%63[^\"]", name), 1);
    assert_int_equal(sscanf(strstr(answer, "\"uid\":\""), "\"uid\":\"%63[^\"]", uid), 1);
    snprintf(path, sizeof(path), MAPS "/%s", name);
    snprintf(body, sizeof(body), "{\"preconditions\":{\"uid\":\"%s\"}}", uid);
    expect(ask(f, "DELETE", path, ""), "422");
    expect(ask(f, "DELETE", path, body), "200 OK");
}

static void test_finalizing_is_judged(void **state)
{
    struct fixture *f = *state;

    make_policy(f, "p", "", "v1", "namespaces/finalize", FALSE);
    bind_policy(f, "b", "p", "Deny", "");
    expect(ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"blue\"}}"), "201 Created");
    expect(ask(f, "PUT", "/api/v1/namespaces/blue/finalize",
               "{\"metadata\":{\"name\":\"blue\"},\"spec\":{\"finalizers\":[\"kubernetes\"]}}"),
           "namespaces \\\"blue\\\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied");
}

/* Nobody can lock himself out. */
static void test_policies_are_exempt(void **state)
{
    struct fixture *f = *state;

    make_policy(f, "all", "*", "*", "*", FALSE);
    bind_policy(f, "all", "all", "Deny", "");
    expect(create_map(f, "a"), "422");
    expect(ask(f, "DELETE", BINDINGS "/all", ""), "200 OK");
    expect(create_map(f, "a"), "201 Created");
}

static void test_parameters(void **state)
{
    struct fixture *f = *state;

    create_map(f, "limit");
    make_policy(f, "p", "", "v1", "secrets",
                "\"paramKind\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"},\"validations\":[{\"expression\":"
                "\"object.metadata.name.size() < int(params.data.size)\"}]");
    bind_policy(f, "b", "p", "Deny", ",\"paramRef\":{\"selector\":{},\"parameterNotFoundAction\":\"Deny\"}");
    expect(ask(f, "POST", "/api/v1/namespaces/default/secrets", "{\"metadata\":{\"name\":\"ab\"}}"), "201 Created");
    expect(ask(f, "POST", "/api/v1/namespaces/default/secrets", "{\"metadata\":{\"name\":\"abc\"}}"),
           "failed expression: object.metadata.name.size()");
    ask(f, "DELETE", MAPS "/limit", "");
    expect(ask(f, "POST", "/api/v1/namespaces/default/secrets", "{\"metadata\":{\"name\":\"a\"}}"),
           "failed to configure binding: no params found");
}

/* The object in the policy's version, whichever way it came. */
static void test_other_versions(void **state)
{
    static const char scaler[] =
        "{\"metadata\":{\"name\":\"h\"},\"spec\":{\"maxReplicas\":3,\"scaleTargetRef\":{\"kind\":"
        "\"Deployment\",\"name\":\"a\",\"apiVersion\":\"apps/v1\"}}}";
    struct fixture *f = *state;

    make_policy(f, "new", "autoscaling", "v2", "horizontalpodautoscalers",
                "\"validations\":[{\"expression\":\"object == null || (object.apiVersion == 'autoscaling/v2' && "
                "request.requestResource.version == 'v1')\"}]");
    bind_policy(f, "new", "new", "Deny", "");
    expect(ask(f, "POST", SCALERS("v1"), scaler), "201 Created");
    expect(ask(f, "DELETE", SCALERS("v1") "/h", ""), "200 OK");
    expect(ask(f, "POST", SCALERS("v2"), scaler), "422");
    ask(f, "DELETE", BINDINGS "/new", "");
    make_policy(f, "old", "autoscaling", "v1", "horizontalpodautoscalers",
                "\"validations\":[{\"expression\":\"object.apiVersion == 'autoscaling/v1'\"}]");
    bind_policy(f, "old", "old", "Deny", "");
    expect(ask(f, "POST", SCALERS("v2"), scaler), "201 Created");
}

static void test_scale_and_connections(void **state)
{
    static const char deployment[] =
        "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},"
        "\"template\":{"
        "\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}";
    struct fixture *f = *state;

    expect(ask(f, "POST", "/apis/apps/v1/namespaces/default/deployments", deployment), "201 Created");
    make_policy(f, "scale", "apps", "v1", "deployments/scale",
                "\"validations\":[{\"expression\":\"object.kind == 'Scale' && object.spec.replicas < 3 && "
                "oldObject.spec.replicas == 1\"}]");
    bind_policy(f, "scale", "scale", "Deny", "");
    expect(ask_with(f, "PATCH", "/apis/apps/v1/namespaces/default/deployments/d/scale",
                    "content-type: application/merge-patch+json\r\n", "{\"spec\":{\"replicas\":3}}"),
           "422");
    expect(ask_with(f, "PATCH", "/apis/apps/v1/namespaces/default/deployments/d/scale",
                    "content-type: application/merge-patch+json\r\n", "{\"spec\":{\"replicas\":2}}"),
           "200 OK");
    make_policy(f, "exec", "", "v1", "pods/exec",
                "\"validations\":[{\"expression\":\"object.command != ['rm', '-rf'] || !object.stdin\"}]");
    bind_policy(f, "exec", "exec", "Deny", "");
    expect(ask(f, "POST", "/api/v1/namespaces/default/pods/p/exec?command=rm&command=-rf&stdin=true", ""), "422");
    expect(ask(f, "POST", "/api/v1/namespaces/default/pods/p/exec?command=ls", ""), "404");
}

static void test_statuses(void **state)
{
    struct fixture *f = *state;

    make_policy(f, "p", "apps", "v1", "deployments",
                "\"validations\":[{\"expression\":\"object.spec.replicas > '1'\"}]");
    run(f);
    const char *answer = ask(f, "GET", POLICIES "/p", "");
    expect(answer, "\"status\":{\"observedGeneration\":1,\"typeChecking\":{\"expressionWarnings\":[{\"fieldRef\":"
                   "\"spec.validations[0].expression\",\"warning\":\"apps/v1, Kind=Deployment: ERROR: ");
    expect(answer, "found no matching overload for '_\\u003e_' applied to '(int, string)'");
    expect(ask(f, "DELETE", POLICIES "/p", ""), "200 OK");
}

/* The server ends while a status is due. */
static void test_end(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    static const char body[] =
        "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"matchConstraints\":{\"resourceRules\":[{\"apiGroups\":[\"\"],"
        "\"apiVersions\":[\"v1\"],\"operations\":[\"*\"],\"resources\":[\"pods\"]}]}," FALSE "}}";

    bind_policy(f, "b", "p", "Deny", "");
    assert_true(asprintf(&text,
                         "POST " POLICIES " HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
                         "content-length: %zu\r\n\r\n%s",
                         strlen(body), body) > 0);
    stream_write(f->main.stream, str_of(text));
    free(text);
    loop_run_until(f->loop, loop_now(f->loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_asked_while_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_request_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finalizing_is_judged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_policies_are_exempt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scale_and_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(test_statuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
