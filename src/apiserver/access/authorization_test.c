/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "apiserver/access/node_authorizer.h"
#include "generated/types.h"

static const struct object *made(const struct api_resource *resource, const char *json)
{
    struct object *object = NULL;
    struct error err = { 0 };
    if (object_from_served(resource, str_of(json), &object, &err) != 0)
        fail_msg("%s", err.message);
    return object;
}

static void give(struct rbac *rbac, const struct api_resource *resource, const char *json)
{
    const struct object *object = made(resource, json);
    rbac_change(rbac, NULL, object);
    object_unref(object);
}

static const struct authorization_attributes plain = {
    .user = "ann",
    .verb = "get",
    .is_resource = true,
    .group = "",
    .resource = "pods",
    .subresource = "",
    .namespace_ = "blue",
    .name = "",
    .path = "",
    .field_selector = "",
};

static enum decision ask(const struct rbac *rbac, struct authorization_attributes attributes)
{
    char reason[AUTHORIZATION_REASON_SIZE];
    return rbac_authorize(rbac, &attributes, reason);
}

#define ASK(rbac, ...)                                \
    ({                                                \
        struct authorization_attributes ask_ = plain; \
        struct authorization_attributes *a = &ask_;   \
        (void)a;                                      \
        __VA_ARGS__;                                  \
        ask((rbac), ask_);                            \
    })

static void test_role_binding_grants_in_its_namespace_only(void **state)
{
    (void)state;
    struct rbac rbac;
    rbac_init(&rbac);
    give(&rbac, &api_resource_rbac_role,
         "{\"metadata\":{\"name\":\"reader\",\"namespace\":\"blue\",\"resourceVersion\":\"1\"},\"rules\":[{\"verbs\":["
         "\"get\"],"
         "\"apiGroups\":[\"\"],\"resources\":[\"pods\",\"*/scale\"]}]}");
    give(&rbac, &api_resource_rbac_role_binding,
         "{\"metadata\":{\"name\":\"b\",\"namespace\":\"blue\",\"resourceVersion\":\"2\"},\"subjects\":[{\"kind\":"
         "\"User\",\"name\":\"ann\"},"
         "{\"kind\":\"ServiceAccount\",\"name\":\"robot\"}],\"roleRef\":{\"kind\":\"Role\",\"name\":\"reader\"}}");
    assert_int_equal(ASK(&rbac, ), DECISION_ALLOW);
    assert_int_equal(ASK(&rbac, a->user = "system:serviceaccount:blue:robot"), DECISION_ALLOW);
    assert_int_equal(ASK(&rbac, a->resource = "deployments", a->subresource = "scale"), DECISION_ALLOW);
    assert_int_equal(ASK(&rbac, a->user = "bob"), DECISION_NO_OPINION);
    assert_int_equal(ASK(&rbac, a->namespace_ = "red"), DECISION_NO_OPINION);
    assert_int_equal(ASK(&rbac, a->verb = "list"), DECISION_NO_OPINION);
    assert_int_equal(ASK(&rbac, a->subresource = "log"), DECISION_NO_OPINION);
    assert_int_equal(ASK(&rbac, a->group = "apps"), DECISION_NO_OPINION);
    rbac_fini(&rbac);
}

static void test_cluster_binding_group_names_and_paths(void **state)
{
    (void)state;
    struct rbac rbac;
    rbac_init(&rbac);
    const char *const groups[] = { "devs" };
    const struct object *role = made(
        &api_resource_rbac_cluster_role,
        "{\"metadata\":{\"name\":\"r\",\"resourceVersion\":\"1\"},\"rules\":[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],"
        "\"resources\":[\"secrets\"],\"resourceNames\":[\"one\"]},{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/"
        "healthz\",\"/api*\"]}]}");
    rbac_change(&rbac, NULL, role);
    give(&rbac, &api_resource_rbac_cluster_role_binding,
         "{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"2\"},\"subjects\":[{\"kind\":\"Group\",\"name\":\"devs\"}"
         "],"
         "\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"r\"}}");
#define GROUPED a->groups = groups, a->n_groups = 1, a->resource = "secrets"
    assert_int_equal(ASK(&rbac, GROUPED, a->name = "one"), DECISION_ALLOW);
    assert_int_equal(ASK(&rbac, GROUPED, a->name = "two"), DECISION_NO_OPINION);
    assert_int_equal(ASK(&rbac, GROUPED, a->is_resource = false, a->path = "/apis/apps"), DECISION_ALLOW);
    assert_int_equal(ASK(&rbac, GROUPED, a->is_resource = false, a->path = "/healthz"), DECISION_ALLOW);
    assert_int_equal(ASK(&rbac, GROUPED, a->is_resource = false, a->path = "/healthz/x"), DECISION_NO_OPINION);
    rbac_change(&rbac, role, NULL);
    assert_int_equal(ASK(&rbac, GROUPED, a->name = "one"), DECISION_NO_OPINION);
    object_unref(role);
    rbac_fini(&rbac);
}

static void test_nodes_see_what_their_pods_need(void **state)
{
    (void)state;
    struct rbac rbac;
    struct node_authorizer nodes;
    rbac_init(&rbac);
    node_authorizer_init(&nodes);
    give(&rbac, &api_resource_rbac_cluster_role,
         "{\"metadata\":{\"name\":\"system:node\",\"resourceVersion\":\"1\"},\"rules\":[{\"verbs\":[\"get\",\"list\","
         "\"watch\"],\"apiGroups\":[\"\"],"
         "\"resources\":[\"services\",\"nodes\"]},{\"verbs\":[\"patch\"],\"apiGroups\":[\"\"],\"resources\":[\"nodes/"
         "status\"]}]}");
    const struct object *pod = made(
        &api_resource_pod, "{\"metadata\":{\"name\":\"p\",\"namespace\":\"blue\",\"resourceVersion\":\"2\"},"
                           "\"spec\":{\"nodeName\":\"n1\",\"containers\":"
                           "[{\"name\":\"c\",\"envFrom\":[{\"secretRef\":{\"name\":\"s\"}}]}],\"volumes\":[{"
                           "\"name\":\"v\",\"configMap\":{\"name\":\"m\"}},{\"name\":\"w\",\"persistentVolumeClaim\":{"
                           "\"claimName\":\"claim\"}}],"
                           "\"serviceAccountName\":\"robot\"}}");
    node_authorizer_change(&nodes, NULL, pod);
    const char *const groups[] = { "system:nodes", "system:authenticated" };
    struct authorization_attributes attributes = plain;
    attributes.user = "system:node:n1";
    attributes.groups = groups;
    attributes.n_groups = 2;
#define NODE(decision, ...)                                                            \
    do {                                                                               \
        struct authorization_attributes ask_ = attributes, *a = &ask_;                 \
        __VA_ARGS__;                                                                   \
        assert_int_equal(node_authorize(&nodes, &rbac, a, NULL), DECISION_##decision); \
    } while (0)
    NODE(ALLOW, a->resource = "secrets", a->name = "s");
    NODE(NO_OPINION, a->resource = "secrets", a->name = "other");
    NODE(NO_OPINION, a->resource = "secrets", a->name = "s", a->namespace_ = "red");
    NODE(NO_OPINION, a->resource = "secrets", a->name = "s", a->user = "system:node:n2");
    NODE(ALLOW, a->resource = "configmaps", a->name = "m", a->verb = "watch");
    NODE(ALLOW, a->resource = "serviceaccounts", a->subresource = "token", a->name = "robot", a->verb = "create");
    NODE(ALLOW, a->resource = "services", a->verb = "list");
    NODE(ALLOW, a->verb = "watch", a->field_selector = "spec.nodeName=n1", a->namespace_ = "");
    NODE(NO_OPINION, a->verb = "watch", a->field_selector = "", a->namespace_ = "");
    NODE(ALLOW, a->resource = "nodes", a->subresource = "status", a->verb = "patch", a->name = "n1");
    NODE(ALLOW, a->resource = "nodes", a->name = "n1");
    NODE(NO_OPINION, a->resource = "nodes", a->name = "n2");
    NODE(NO_OPINION, a->resource = "nodes", a->verb = "list");
    NODE(NO_OPINION, a->resource = "nodes", a->verb = "delete", a->name = "n1");
    NODE(NO_OPINION, a->subresource = "exec", a->verb = "create", a->name = "p");
    NODE(NO_OPINION, a->resource = "persistentvolumeclaims", a->name = "claim", a->verb = "update");
    NODE(ALLOW, a->resource = "persistentvolumeclaims", a->subresource = "status", a->name = "claim",
         a->verb = "patch");
    NODE(ALLOW, a->group = "coordination.k8s.io", a->resource = "leases", a->namespace_ = "kube-node-lease",
         a->name = "n1", a->verb = "update");
    NODE(NO_OPINION, a->user = "ann");
    node_authorizer_change(&nodes, pod, NULL);
    NODE(NO_OPINION, a->resource = "secrets", a->name = "s");
    object_unref(pod);
    node_authorizer_fini(&nodes);
    rbac_fini(&rbac);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_role_binding_grants_in_its_namespace_only),
        cmocka_unit_test(test_cluster_binding_group_names_and_paths),
        cmocka_unit_test(test_nodes_see_what_their_pods_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
