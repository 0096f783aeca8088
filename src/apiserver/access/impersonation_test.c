/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Requests in others' names, and what reviews say of them. */

#include "apiserver/fixture.h"

#define WHO      "/apis/authentication.k8s.io/v1/selfsubjectreviews"
#define RULES    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
#define RBAC     "/apis/rbac.authorization.k8s.io/v1"
#define JSON     "content-type: application/json\r\n"
#define WHO_BODY "{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1\"}"

static void a_user_is_known_whole(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask_with(f, "POST", WHO,
                                  JSON "impersonate-user: ann\r\nimpersonate-group: people\r\nimpersonate-uid: 42\r\n"
                                       "impersonate-extra-scopes: view\r\nimpersonate-extra-scopes: edit\r\n"
                                       "impersonate-extra-example.com%2fproject: x\r\n",
                                  WHO_BODY);
    expect(answer, "\"userInfo\":{\"username\":\"ann\",\"uid\":\"42\",\"groups\":[\"people\",\"system:authenticated\"],"
                   "\"extra\":{");
    expect(answer, "\"scopes\":[\"view\",\"edit\"]");
    expect(answer, "\"example.com/project\":[\"x\"]");
}

static void groups_are_completed(void **state)
{
    struct fixture *f = *state;
    expect(ask_with(f, "POST", WHO, JSON "impersonate-user: system:serviceaccount:blue:robot\r\n", WHO_BODY),
           "\"groups\":[\"system:serviceaccounts\",\"system:serviceaccounts:blue\",\"system:authenticated\"]");
    expect(ask_with(f, "POST", WHO,
                    JSON "impersonate-user: system:serviceaccount:blue:robot\r\nimpersonate-group: g\r\n", WHO_BODY),
           "\"groups\":[\"g\",\"system:authenticated\"]");
    /* Reviews are for those who are known; this anonymous user is a cluster-admin. */
    expect(ask_with(f, "POST", WHO, JSON "impersonate-user: system:anonymous\r\n", WHO_BODY), "201 Created");
    expect(ask_with(f, "POST", WHO, JSON "impersonate-user: ann\r\nimpersonate-group: system:unauthenticated\r\n",
                    WHO_BODY),
           "403 Forbidden");
}

/* The role takes the place of cluster-admin in the binding of everybody who sends requests here. */
static void every_part_needs_the_right(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", RBAC "/clusterroles",
               "{\"metadata\":{\"name\":\"actor\"},\"rules\":[{\"verbs\":[\"impersonate\"],\"apiGroups\":[\"\"],"
               "\"resources\":[\"users\"]},{\"verbs\":[\"impersonate\"],\"apiGroups\":["
               "\"authentication.k8s.io\"],\"resources\":[\"userextras/scopes\"],\"resourceNames\":[\"view\"]}]}"),
           "201 Created");
    expect(ask(f, "POST", RBAC "/clusterrolebindings",
               "{\"metadata\":{\"name\":\"actor\"},\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
               "\"ClusterRole\",\"name\":\"actor\"},\"subjects\":[{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
               "\"User\",\"name\":\"system:anonymous\"}]}"),
           "201 Created");
    expect(ask(f, "DELETE", RBAC "/clusterrolebindings/test", ""), "200 OK");
    expect(ask_with(f, "POST", WHO, JSON "impersonate-user: ann\r\nimpersonate-extra-scopes: view\r\n", WHO_BODY),
           "201 Created");
    expect(
        ask_with(f, "POST", WHO, JSON "impersonate-user: ann\r\nimpersonate-extra-scopes: edit\r\n", WHO_BODY),
        "userextras.authentication.k8s.io \\\"edit\\\" is forbidden: User \\\"system:anonymous\\\" cannot impersonate "
        "resource \\\"userextras/scopes\\\" in API group \\\"authentication.k8s.io\\\" at the cluster scope");
    expect(
        ask_with(f, "POST", WHO, JSON "impersonate-user: ann\r\nimpersonate-uid: 1\r\n", WHO_BODY),
        "uids.authentication.k8s.io \\\"1\\\" is forbidden: User \\\"system:anonymous\\\" cannot impersonate resource "
        "\\\"uids\\\"");
    expect(ask_with(f, "POST", WHO, JSON "impersonate-user: ann\r\nimpersonate-group: g\r\n", WHO_BODY),
           "groups \\\"g\\\" is forbidden");
    expect(ask_with(f, "POST", WHO, JSON "impersonate-user: system:serviceaccount:blue:robot\r\n", WHO_BODY),
           "serviceaccounts \\\"robot\\\" is forbidden: User \\\"system:anonymous\\\" cannot impersonate resource "
           "\\\"serviceaccounts\\\" in API group \\\"\\\" in the namespace \\\"blue\\\"");
    expect(ask_with(f, "POST", WHO, JSON "impersonate-uid: 1\r\n", WHO_BODY), "without impersonating a user");
}

#define MAPS     "/api/v1/namespaces/default/configmaps"
#define IDENTITY "authentication.k8s.io"

/* In place of cluster-admin: what may be done as whom. */
static void become_actor(struct fixture *f)
{
    static const struct {
        const char *verb, *group, *resource, *more;
    } rules[] = {
        { "impersonate-on:user-info:list", "", "configmaps", "" },
        { "impersonate:user-info", IDENTITY, "users", ",\"resourceNames\":[\"ann\"]" },
        { "impersonate:user-info", IDENTITY, "groups", "" },
        { "impersonate-on:arbitrary-node:list", "", "configmaps", "" },
        { "impersonate:arbitrary-node", IDENTITY, "nodes", ",\"resourceNames\":[\"n1\"]" },
        { "impersonate-on:serviceaccount:list", "", "configmaps", "" },
    };
    auto_buffer struct buffer role = { .max = 8192 };
    buffer_append_text(&role, "{\"metadata\":{\"name\":\"actor\"},\"rules\":[");
    for (size_t i = 0; i < countof(rules); i++)
        buffer_format(&role, "%s{\"verbs\":[\"%s\"],\"apiGroups\":[\"%s\"],\"resources\":[\"%s\"]%s}", i > 0 ? "," : "",
                      rules[i].verb, rules[i].group, rules[i].resource, rules[i].more);
    buffer_append(&role, "]}", 3); /* and its NUL */
    expect(ask(f, "POST", RBAC "/clusterroles", role.data), "201 Created");
    expect(ask(f, "POST", RBAC "/clusterrolebindings",
               "{\"metadata\":{\"name\":\"actor\"},\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
               "\"ClusterRole\",\"name\":\"actor\"},\"subjects\":[{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
               "\"User\",\"name\":\"system:anonymous\"}]}"),
           "201 Created");
    expect(ask(f, "DELETE", RBAC "/clusterrolebindings/test", ""), "200 OK");
}

static void rights_may_be_for_some_requests_only(void **state)
{
    struct fixture *f = *state;
    become_actor(f);
    /* What is asked then is whether they may. */
    expect(ask_with(f, "GET", MAPS, "impersonate-user: ann\r\n", ""), "User \\\"ann\\\" cannot list resource");
    expect(ask_with(f, "GET", MAPS, "impersonate-user: system:node:n1\r\n", ""),
           "User \\\"system:node:n1\\\" cannot list");
    expect(
        ask_with(f, "GET", MAPS "/a", "impersonate-user: ann\r\n", ""),
        "configmaps \\\"a\\\" is forbidden: User \\\"system:anonymous\\\" cannot impersonate-on:user-info:get resource "
        "\\\"configmaps\\\" in API group \\\"\\\" in the namespace \\\"default\\\"");
    expect(ask_with(f, "GET", "/version", "impersonate-user: ann\r\n", ""),
           "forbidden: User \\\"system:anonymous\\\" cannot impersonate-on:user-info:get path \\\"/version\\\"");
    expect(ask_with(f, "GET", MAPS, "impersonate-user: bob\r\n", ""),
           "users.authentication.k8s.io \\\"bob\\\" is forbidden: User \\\"system:anonymous\\\" cannot "
           "impersonate:user-info "
           "resource \\\"users\\\" in API group \\\"authentication.k8s.io\\\" at the cluster scope");
    expect(ask_with(f, "GET", MAPS, "impersonate-user: ann\r\nimpersonate-group: system:masters\r\n", ""),
           "at the cluster scope: impersonating the system:masters group is not allowed");
    expect(ask_with(f, "GET", MAPS, "impersonate-user: ann\r\nimpersonate-extra-scopes: view\r\n", ""),
           "extra.key: Invalid value: \\\"scopes\\\": must be a domain-prefixed path");
    expect(ask_with(f, "GET", MAPS, "impersonate-user: system:node:n2\r\n", ""),
           "nodes.authentication.k8s.io \\\"n2\\\" is forbidden: User \\\"system:anonymous\\\" cannot "
           "impersonate:arbitrary-node resource");
    expect(
        ask_with(f, "GET", MAPS, "impersonate-user: system:serviceaccount:blue:robot\r\n", ""),
        "serviceaccounts.authentication.k8s.io \\\"robot\\\" is forbidden: User \\\"system:anonymous\\\" cannot "
        "impersonate:serviceaccount resource \\\"serviceaccounts\\\" in API group \\\"authentication.k8s.io\\\" in the "
        "namespace \\\"blue\\\"");
    expect(ask_with(f, "GET", MAPS, "impersonate-uid: 1\r\nimpersonate-group: g\r\n", ""),
           "requested \\u0026user.DefaultInfo{Name:\\\"\\\", UID:\\\"1\\\", Groups:[]string{\\\"g\\\"}, "
           "Extra:map[string][]string(nil)} without impersonating a user name");
}

static void rules_are_listed_once(void **state)
{
    struct fixture *f = *state;
#define ASK_RULES "{\"spec\":{\"namespace\":\"default\"}}"
    const char *answer =
        ask_with(f, "POST", RULES, JSON "impersonate-user: ann\r\nimpersonate-group: system:masters\r\n", ASK_RULES);
    expect(answer, "{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]}");
    const char *first = strstr(answer, "\"resources\":[\"*\"]");
    assert_null(strstr(first + 1, "\"resources\":[\"*\"]"));
    expect(answer, "\"incomplete\":false");
    answer =
        ask_with(f, "POST", RULES, JSON "impersonate-user: ann\r\nimpersonate-group: system:monitoring\r\n", ASK_RULES);
    expect(answer, "\"nonResourceURLs\":[\"/healthz\",\"/healthz/*\",\"/livez\",\"/livez/*\",\"/metrics\","
                   "\"/metrics/slis\",\"/readyz\",\"/readyz/*\"]");
    answer = ask_with(f, "POST", RULES, JSON "impersonate-user: system:node:n1\r\nimpersonate-group: system:nodes\r\n",
                      ASK_RULES);
    expect(answer, "\"incomplete\":true,\"evaluationError\":\"node authorizer does not support user rule resolution\"");
}

/* As upstream since it no longer answers 409: the namespace as it is, until it is gone. */
static void a_namespace_that_ends_may_be_deleted_again(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"blue\"}}"), "201 Created");
    for (int i = 0; i < 2; i++) {
        const char *answer = ask(f, "DELETE", "/api/v1/namespaces/blue", "");
        expect(answer, "200 OK");
        expect(answer, "\"status\":{\"phase\":\"Terminating\"}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_user_is_known_whole, setup_rbac, teardown),
        cmocka_unit_test_setup_teardown(groups_are_completed, setup_rbac, teardown),
        cmocka_unit_test_setup_teardown(every_part_needs_the_right, setup_rbac, teardown),
        cmocka_unit_test_setup_teardown(rights_may_be_for_some_requests_only, setup_rbac, teardown),
        cmocka_unit_test_setup_teardown(rules_are_listed_once, setup_rbac, teardown),
        cmocka_unit_test_setup_teardown(a_namespace_that_ends_may_be_deleted_again, setup_rbac, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
