/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_repair_test.c - the plan alone, then a server that starts again over damaged roles. */
#include "api/codec.h"
#include "apiserver/access/role_repair.h"
#include "apiserver/fixture.h"

#define RBAC "/apis/rbac.authorization.k8s.io/v1"
#define META "\"metadata\":{\"name\":\"r\"}"

static char planned[4096];

/* Of the JSON of what is there and of what shall be; the new object's JSON is in 'planned'. */
static enum role_repair plan(const struct api_resource *resource, const char *there, const char *wanted)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { 0 };
    struct object *object;
    struct error err = { 0 };
    void *shall = arena_zalloc(&arena, resource->kind->type->size), *next = NULL;
    assert_int_equal(object_from_served(resource, str_of(there), &object, &err), 0);
    assert_int_equal(api_decode_json(resource->kind->type, str_of(wanted), &arena, shall, NULL, &err), 0);
    enum role_repair repair = role_repair_plan(object, shall, &arena, &next);
    assert_int_equal(repair == ROLE_REPAIR_UPDATE, next != NULL);
    if (next != NULL)
        api_encode_json(resource->kind->type, NULL, next, &text);
    snprintf(planned, sizeof(planned), "%s", text.data == NULL ? "" : text.data);
    object_unref(object);
    return repair;
}

#define PODS(verbs) "{\"verbs\":[" verbs "],\"apiGroups\":[\"\"],\"resources\":[\"pods\"]}"

static void missing_rules_come_back_and_others_stay(void **state)
{
    (void)state;
    const struct api_resource *role = &api_resource_rbac_cluster_role;
    assert_int_equal(plan(role, "{" META ",\"rules\":[" PODS("\"get\",\"list\",\"delete\"") "]}",
                          "{" META ",\"rules\":[" PODS("\"get\",\"list\"") "]}"),
                     ROLE_REPAIR_NONE);
    assert_int_equal(plan(role, "{" META ",\"rules\":[" PODS("\"get\",\"delete\"") "]}",
                          "{" META ",\"rules\":[" PODS("\"get\",\"list\"") "]}"),
                     ROLE_REPAIR_UPDATE);
    expect(planned, "\"rules\":[" PODS("\"get\",\"delete\"") "," PODS("\"list\"") "]");
    assert_int_equal(plan(&api_resource_rbac_role, "{\"metadata\":{\"name\":\"r\",\"namespace\":\"n\"}}",
                          "{" META ",\"rules\":[" PODS("\"get\"") "]}"),
                     ROLE_REPAIR_UPDATE);
}

static void labels_and_annotations_are_added_not_changed(void **state)
{
    (void)state;
    assert_int_equal(plan(&api_resource_rbac_cluster_role,
                          "{\"metadata\":{\"name\":\"r\",\"labels\":{\"b\":\"mine\",\"d\":\"4\"}}}",
                          "{\"metadata\":{\"name\":\"r\",\"labels\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}}}"),
                     ROLE_REPAIR_UPDATE);
    expect(planned, "\"labels\":{\"a\":\"1\",\"b\":\"mine\",\"c\":\"3\",\"d\":\"4\"}");
}

static void autoupdate_false_keeps_everything(void **state)
{
    (void)state;
#define KEEP "\"metadata\":{\"name\":\"r\",\"annotations\":{\"rbac.authorization.kubernetes.io/autoupdate\":\"false\"}}"
    assert_int_equal(plan(&api_resource_rbac_cluster_role, "{" KEEP "}", "{" META ",\"rules\":[" PODS("\"get\"") "]}"),
                     ROLE_REPAIR_NONE);
}

static void aggregated_roles_get_selectors_and_no_rules(void **state)
{
    (void)state;
#define AGGREGATES(selectors) "\"aggregationRule\":{\"clusterRoleSelectors\":[" selectors "]}"
    const struct api_resource *role = &api_resource_rbac_cluster_role;
    assert_int_equal(plan(role, "{" META "," AGGREGATES("{\"matchLabels\":{\"x\":\"y\"}}") "}",
                          "{" META "," AGGREGATES("{\"matchLabels\":{\"a\":\"b\"}}") "}"),
                     ROLE_REPAIR_UPDATE);
    expect(planned, AGGREGATES("{\"matchLabels\":{\"x\":\"y\"}},{\"matchLabels\":{\"a\":\"b\"}}"));
    assert_int_equal(plan(role, "{" META ",\"rules\":[]," AGGREGATES("{\"matchLabels\":{\"a\":\"b\"}}") "}",
                          "{" META "," AGGREGATES("{\"matchLabels\":{\"a\":\"b\"}}") "}"),
                     ROLE_REPAIR_NONE);
}

static void bindings_get_subjects_back(void **state)
{
    (void)state;
#define REF(name) \
    "\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"" name "\"}"
#define USER(name) "{\"kind\":\"User\",\"apiGroup\":\"rbac.authorization.k8s.io\",\"name\":\"" name "\"}"
    const struct api_resource *binding = &api_resource_rbac_cluster_role_binding;
    assert_int_equal(plan(binding, "{" META ",\"subjects\":[" USER("mine") "]," REF("a") "}",
                          "{" META ",\"subjects\":[" USER("ours") "]," REF("a") "}"),
                     ROLE_REPAIR_UPDATE);
    expect(planned, "\"subjects\":[" USER("mine") "," USER("ours") "]");
    assert_int_equal(plan(binding, "{" META ",\"subjects\":[" USER("mine") "," USER("ours") "]," REF("a") "}",
                          "{" META ",\"subjects\":[" USER("ours") "]," REF("a") "}"),
                     ROLE_REPAIR_NONE);
    assert_int_equal(plan(binding, "{" META "," REF("b") "}", "{" META "," REF("a") "}"), ROLE_REPAIR_RECREATE);
}

static void restart(struct fixture *f)
{
    connection_close(&f->main);
    run(f);
    api_server_destroy(f->server);
    const struct api_server_options options = { .loop = f->loop,
                                                .store = f->store,
                                                .anonymous = true,
                                                .authorization = AUTHORIZATION_NODE_RBAC,
                                                .bootstrap = true };
    assert_int_equal(api_server_create(&options, &f->server, NULL), 0);
    assert_int_equal(api_server_start(f->server, NULL), 0);
    run(f);
    f->main = (struct connection){ 0 };
    connection_open(f, &f->main);
    expect(ask(f, "GET", "/readyz/poststarthook/rbac/bootstrap-roles", ""), "\r\n\r\nok");
}

static void a_server_repairs_default_roles_when_it_starts(void **state)
{
    struct fixture *f = *state;
    static const char merge[] = "content-type: application/merge-patch+json\r\n";
    expect(ask_with(f, "PATCH", RBAC "/clusterroles/system:kube-scheduler", merge, "{\"rules\":[]}"), "\"rules\":[]");
    expect(ask_with(f, "PATCH", RBAC "/clusterroles/system:basic-user", merge,
                    "{\"rules\":[],\"metadata\":{\"annotations\":{\"rbac.authorization.kubernetes.io/autoupdate\":"
                    "\"false\"}}}"),
           "\"rules\":[]");
    expect(ask_with(f, "PATCH", RBAC "/clusterrolebindings/system:kube-scheduler", merge, "{\"subjects\":null}"),
           "200 OK");
    expect(ask(f, "DELETE", RBAC "/clusterrolebindings/system:kube-dns", ""), "200 OK");
    expect(ask(f, "POST", RBAC "/clusterrolebindings", "{" META ",\"subjects\":[]," REF("view") "}"), "201 Created");
    expect(ask(f, "DELETE", RBAC "/clusterrolebindings/system:volume-scheduler", ""), "200 OK");
    expect(ask(f, "POST", RBAC "/clusterrolebindings",
               "{\"metadata\":{\"name\":\"system:volume-scheduler\"}," REF("view") "}"),
           "201 Created");
    restart(f);
    expect(ask(f, "GET", RBAC "/clusterroles/system:kube-scheduler", ""), "\"pods/binding\"");
    expect(ask(f, "GET", RBAC "/clusterroles/system:basic-user", ""), "\"rules\":[]");
    expect(ask(f, "GET", RBAC "/clusterrolebindings/system:kube-scheduler", ""),
           "\"name\":\"system:kube-scheduler\"}]");
    expect(ask(f, "GET", RBAC "/clusterrolebindings/system:kube-dns", ""), "200 OK");
    expect(ask(f, "GET", RBAC "/clusterrolebindings/system:volume-scheduler", ""),
           "\"kind\":\"ClusterRole\",\"name\":\"system:volume-scheduler\"}");
}

static void a_server_that_finds_everything_writes_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t before = store_revision(f->store);
    restart(f);
    assert_int_equal(store_revision(f->store), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_rules_come_back_and_others_stay),
        cmocka_unit_test(labels_and_annotations_are_added_not_changed),
        cmocka_unit_test(autoupdate_false_keeps_everything),
        cmocka_unit_test(aggregated_roles_get_selectors_and_no_rules),
        cmocka_unit_test(bindings_get_subjects_back),
        cmocka_unit_test_setup_teardown(a_server_repairs_default_roles_when_it_starts, setup_rbac, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_finds_everything_writes_nothing, setup_rbac, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
