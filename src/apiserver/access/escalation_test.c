/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Who may grant what, seen from outside. */

#include "apiserver/fixture.h"

#define RBAC          "/apis/rbac.authorization.k8s.io/v1"
#define ROLES         RBAC "/namespaces/default/roles"
#define BINDINGS      RBAC "/namespaces/default/rolebindings"
#define CLUSTER_ROLES RBAC "/clusterroles"
#define ANN           "impersonate-user: ann\r\nimpersonate-group: people\r\ncontent-type: application/json\r\n"

#define ROLE(name, rules) "{\"metadata\":{\"name\":\"" name "\"},\"rules\":[" rules "]}"
#define PODS(verbs)       "{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[" verbs "]}"
#define REF(kind, name)   "{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"" kind "\",\"name\":\"" name "\"}"
#define BIND(name, ref, user)                                                                \
    "{\"metadata\":{\"name\":\"" name "\"},\"roleRef\":" ref ",\"subjects\":[{\"apiGroup\":" \
    "\"rbac.authorization.k8s.io\",\"kind\":\"User\",\"name\":\"" user "\"}]}"

/* Ann may write roles and bindings of the default namespace and read pods there. */
static int setup_ann(void **state)
{
    setup_rbac(state);
    struct fixture *f = *state;
    expect(ask(f, "POST", ROLES, /* "*" would hold escalate and bind as well */
               ROLE("ann", "{\"apiGroups\":[\"rbac.authorization.k8s.io\"],\"resources\":[\"roles\",\"rolebindings\"],"
                           "\"verbs\":[\"create\",\"update\",\"patch\",\"delete\"]}," PODS("\"get\",\"list\""))),
           "201 Created");
    expect(ask(f, "POST", BINDINGS, BIND("ann", REF("Role", "ann"), "ann")), "201 Created");
    return 0;
}

static void only_what_one_has_may_be_granted(void **state)
{
    struct fixture *f = *state;
    expect(ask_with(f, "POST", ROLES, ANN, ROLE("mine", PODS("\"get\""))), "201 Created");
    const char *answer = ask_with(
        f, "POST", ROLES, ANN,
        ROLE("more", PODS("\"get\",\"delete\",\"create\"") ",{\"apiGroups\":[\"apps\"],"
                                                           "\"resources\":[\"deployments\"],\"verbs\":[\"get\"]}"));
    expect(answer, "403 Forbidden");
    expect(answer,
           "roles.rbac.authorization.k8s.io \\\"more\\\" is forbidden: user \\\"ann\\\" (groups=[\\\"people\\\" "
           "\\\"system:authenticated\\\"]) is attempting to grant RBAC permissions not currently held:\\n"
           "{APIGroups:[\\\"\\\"], Resources:[\\\"pods\\\"], Verbs:[\\\"delete\\\" \\\"create\\\"]}\\n"
           "{APIGroups:[\\\"apps\\\"], Resources:[\\\"deployments\\\"], Verbs:[\\\"get\\\"]}\"");
    expect(ask_with(f, "PUT", ROLES "/mine", ANN, ROLE("mine", PODS("\"*\""))), "403 Forbidden");
    expect(ask_with(f, "PATCH", ROLES "/mine",
                    "impersonate-user: ann\r\ncontent-type: application/merge-patch+json\r\n",
                    "{\"rules\":[" PODS("\"watch\"") "]}"),
           "Verbs:[\\\"watch\\\"]}");
    expect(ask(f, "PUT", ROLES "/mine", ROLE("mine", PODS("\"*\""))), "200 OK"); /* its writer may do everything */
}

static void a_patch_of_owners_needs_no_rights_of_the_role(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", ROLES, ROLE("strong", PODS("\"*\""))), "201 Created");
    expect(ask_with(f, "PATCH", ROLES "/strong",
                    "impersonate-user: ann\r\ncontent-type: application/merge-patch+json\r\n",
                    "{\"metadata\":{\"finalizers\":[\"example.com/x\"]}}"),
           "200 OK");
    expect(ask_with(f, "PATCH", ROLES "/strong",
                    "impersonate-user: ann\r\ncontent-type: application/merge-patch+json\r\n",
                    "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"),
           "403 Forbidden");
}

static void escalate_lets_roles_be_written(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", ROLES,
               ROLE("trusted", "{\"apiGroups\":[\"rbac.authorization.k8s.io\"],\"resources\":[\"roles\"],"
                               "\"verbs\":[\"escalate\"],\"resourceNames\":[\"special\"]}")),
           "201 Created");
    expect(ask(f, "POST", BINDINGS, BIND("trusted", REF("Role", "trusted"), "ann")), "201 Created");
    expect(ask(f, "POST", ROLES, ROLE("special", PODS("\"get\""))), "201 Created");
    expect(ask_with(f, "PUT", ROLES "/special", ANN, ROLE("special", PODS("\"*\""))), "200 OK");
    expect(ask_with(f, "POST", ROLES, ANN, ROLE("other", PODS("\"*\""))), "403 Forbidden");
}

static void bindings_need_the_rights_or_the_verb_bind(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask_with(f, "POST", BINDINGS, ANN, BIND("b", REF("ClusterRole", "cluster-admin"), "bob"));
    expect(answer, "403 Forbidden");
    expect(answer, "rolebindings.rbac.authorization.k8s.io \\\"b\\\" is forbidden: user \\\"ann\\\" (groups=");
    expect(answer, "{APIGroups:[\\\"*\\\"], Resources:[\\\"*\\\"], Verbs:[\\\"*\\\"]}\\n"
                   "{NonResourceURLs:[\\\"*\\\"], Verbs:[\\\"*\\\"]}\"");
    answer = ask_with(f, "POST", BINDINGS, ANN, BIND("b", REF("ClusterRole", "missing"), "bob"));
    expect(answer, "404 Not Found");
    expect(answer, "clusterroles.rbac.authorization.k8s.io \\\"missing\\\" not found");
    expect(ask_with(f, "POST", BINDINGS, ANN, BIND("same", REF("Role", "ann"), "bob")), "201 Created");
    expect(ask(f, "POST", ROLES,
               ROLE("binder", "{\"apiGroups\":[\"rbac.authorization.k8s.io\"],\"resources\":[\"clusterroles\"],"
                              "\"verbs\":[\"bind\"],\"resourceNames\":[\"cluster-admin\"]}")),
           "201 Created");
    expect(ask(f, "POST", BINDINGS, BIND("binder", REF("Role", "binder"), "ann")), "201 Created");
    expect(ask_with(f, "POST", BINDINGS, ANN, BIND("b", REF("ClusterRole", "cluster-admin"), "bob")), "201 Created");
    expect(ask_with(f, "POST", BINDINGS, ANN, BIND("c", REF("ClusterRole", "system:node"), "bob")), "403 Forbidden");
}

static void aggregation_needs_everything(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", CLUSTER_ROLES,
               ROLE("writer", "{\"apiGroups\":[\"rbac.authorization.k8s.io\"],\"resources\":[\"clusterroles\"],"
                              "\"verbs\":[\"create\"]}")),
           "201 Created");
    expect(ask(f, "POST", RBAC "/clusterrolebindings", BIND("writer", REF("ClusterRole", "writer"), "ann")),
           "201 Created");
    static const char role[] = "{\"metadata\":{\"name\":\"sum\"},\"aggregationRule\":{\"clusterRoleSelectors\":"
                               "[{\"matchLabels\":{\"a\":\"b\"}}]}}";
    expect(ask_with(f, "POST", CLUSTER_ROLES, ANN, role),
           "clusterroles.rbac.authorization.k8s.io \\\"sum\\\" is forbidden: must have cluster-admin privileges to use "
           "the aggregationRule");
    expect(ask(f, "POST", CLUSTER_ROLES, role), "201 Created");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_what_one_has_may_be_granted, setup_ann, teardown),
        cmocka_unit_test_setup_teardown(a_patch_of_owners_needs_no_rights_of_the_role, setup_ann, teardown),
        cmocka_unit_test_setup_teardown(escalate_lets_roles_be_written, setup_ann, teardown),
        cmocka_unit_test_setup_teardown(bindings_need_the_rights_or_the_verb_bind, setup_ann, teardown),
        cmocka_unit_test_setup_teardown(aggregation_needs_everything, setup_ann, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
