/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controllers_test.c - all controllers together, as they run in a cluster. */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    fixture_init(&fixture, controllers_all, controllers_count,
                 (struct controller_settings){ .cluster_cidr = "10.244.0.0/16", .root_ca_pem = STR("CERTIFICATE") });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void create_namespace(struct fixture *f, const char *name)
{
    fixture_put(f, &api_resource_namespace,
                "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"finalizers\":[\"kubernetes\"]},\"status\":{\"phase\":"
                "\"Active\"}}",
                name);
    fixture_run(f, 1);
}

static void create_deployment(struct fixture *f, int replicas)
{
    fixture_put(
        f, &api_resource_apps_deployment,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\"},\"spec\":{\"replicas\":%d,\"selector\":"
        "{\"matchLabels\":{\"app\":\"web\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":"
        "{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"ports\":[{\"name\":\"http\",\"containerPort\":8080}]}],"
        "\"tolerations\":[{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\",\"effect\":"
        "\"NoExecute\",\"tolerationSeconds\":300}]}}}}",
        replicas);
    fixture_run(f, 1);
}

static void create_node(struct fixture *f, const char *name)
{
    char when[TIME_TEXT_SIZE];
    time_format(loop_now(f->loop), false, when);
    fixture_put(f, &api_resource_node,
                "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"topology.kubernetes.io/zone\":\"z1\"}},\"status\":"
                "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastHeartbeatTime\":\"%s\"}]}}",
                name, when);
}

static void renew_lease(struct fixture *f, const char *name)
{
    char when[TIME_TEXT_SIZE];
    time_format(loop_now(f->loop), true, when);
    fixture_put(f, &api_resource_coordination_lease,
                "{\"metadata\":{\"namespace\":\"kube-node-lease\",\"name\":\"%s\"},\"spec\":{\"renewTime\":\"%s\"}}",
                name, when);
}

/* Both nodes' kubelets renew their leases; "n2" may have died. */
static void live(struct fixture *f, int seconds, bool second)
{
    for (int i = 0; i < seconds; i += 10) {
        renew_lease(f, "n1");
        if (second)
            renew_lease(f, "n2");
        fixture_run(f, 10);
    }
}

/* Pods get addresses and become ready on the node, except those of a silent one. */
static void run_pods(struct fixture *f, const char *node)
{
    fixture_kubelet(f, node);
    int number = 0;
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;) {
        number++;
        if (!text_empty(api_pod_of(o)->status.pod_ip))
            continue;
        char patch[128];
        snprintf(patch, sizeof(patch), "{\"status\":{\"podIP\":\"10.1.%d.%d\"}}", number / 200, number % 200);
        autofree char *name = strdup(object_name(o));
        fixture_patch_pod_status(f, "a", name, patch);
        fixture_run(f, 0.001);
        o = fake_server_get(f->server, &api_resource_pod, "a", name);
    }
    fixture_run(f, 1);
}

static void namespaces_are_furnished_and_emptied(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    assert_non_null(fake_server_get(f->server, &api_resource_service_account, "a", "default"));
    const struct object *ca = fake_server_get(f->server, &api_resource_config_map, "a", "kube-root-ca.crt");
    assert_string_equal(api_config_map_of(ca)->data[0].value, "CERTIFICATE");
    fixture_delete(f, &api_resource_service_account, "a", "default", CLIENT_PROPAGATION_DEFAULT);
    fixture_patch(f, &api_resource_config_map, "a", "kube-root-ca.crt", "{\"data\":{\"ca.crt\":\"FORGED\"}}");
    fixture_run(f, 1);
    assert_non_null(fake_server_get(f->server, &api_resource_service_account, "a", "default"));
    ca = fake_server_get(f->server, &api_resource_config_map, "a", "kube-root-ca.crt");
    assert_string_equal(api_config_map_of(ca)->data[0].value, "CERTIFICATE");

    create_node(f, "n1");
    create_deployment(f, 3);
    run_pods(f, "n1");
    fixture_put(f, &api_resource_secret, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"s\"}}");
    fixture_delete(f, &api_resource_namespace, NULL, "a", CLIENT_PROPAGATION_DEFAULT);
    fixture_run(f, 5);
    assert_non_null(fake_server_get(f->server, &api_resource_namespace, NULL, "a")); /* pods are ending */
    assert_non_null(fake_server_get(f->server, &api_resource_secret, "a", "s"));
    for (int i = 0; i < 10; i++) {
        fixture_kubelet(f, "n1");
        fixture_run(f, 5);
    }
    assert_null(fake_server_get(f->server, &api_resource_secret, "a", "s"));
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 0);
    assert_null(fake_server_get(f->server, &api_resource_namespace, NULL, "a"));
}

static const struct api_node *node(struct fixture *f, const char *name)
{
    return api_node_of(fake_server_get(f->server, &api_resource_node, NULL, name));
}

static bool has_taint(struct fixture *f, const char *name, const char *key, const char *effect)
{
    const struct api_node *n = node(f, name);
    for (size_t i = 0; i < n->spec.n_taints; i++) {
        if (text_equal(n->spec.taints[i].key, key) && text_equal(n->spec.taints[i].effect, effect))
            return true;
    }
    return false;
}

static void nodes_get_ranges(void **state)
{
    struct fixture *f = *state;
    char names[5][8];
    fake_server_set_delay(f->server, USEC_PER_SEC);
    for (int i = 0; i < 5; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d", i);
        create_node(f, names[i]);
    }
    fixture_run(f, 30);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(node(f, names[i])->spec.n_pod_cidrs, 1);
        assert_string_equal(node(f, names[i])->spec.pod_cidr, node(f, names[i])->spec.pod_cidrs[0]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(node(f, names[i])->spec.pod_cidr, node(f, names[j])->spec.pod_cidr);
    }
    assert_string_equal(node(f, "n0")->spec.pod_cidr, "10.244.0.0/24");
}

static void silent_nodes_lose_their_pods(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_node(f, "n1");
    create_node(f, "n2");
    create_deployment(f, 2);
    live(f, 10, true);
    run_pods(f, "n2");
    live(f, 60, true);
    assert_int_equal(node(f, "n2")->spec.n_taints, 0);
    live(f, 60, false);
    assert_true(has_taint(f, "n2", "node.kubernetes.io/unreachable", "NoSchedule"));
    assert_true(has_taint(f, "n2", "node.kubernetes.io/unreachable", "NoExecute"));
    assert_string_equal(node(f, "n2")->status.conditions[0].status, "Unknown");
    assert_string_equal(node(f, "n2")->status.conditions[0].reason, "NodeStatusUnknown");
    assert_int_equal(node(f, "n1")->spec.n_taints, 0);
    const struct object *first = fake_server_next(f->server, &api_resource_pod, NULL);
    assert_int_equal(object_meta(first)->deletion_timestamp, 0);
    assert_string_equal(api_pod_of(first)->status.conditions[0].status, "False"); /* Ready */
    live(f, 300, false);
    size_t deleted = 0;
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;)
        deleted += object_meta(o)->deletion_timestamp != 0;
    assert_int_equal(deleted, 2);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 4); /* two new ones */
    fixture_delete(f, &api_resource_node, NULL, "n2", CLIENT_PROPAGATION_DEFAULT);
    live(f, 60, false);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
}

static void a_node_that_returns_is_welcome(void **state)
{
    struct fixture *f = *state;
    create_node(f, "n1");
    create_node(f, "n2");
    live(f, 20, true);
    live(f, 60, false);
    assert_true(has_taint(f, "n2", "node.kubernetes.io/unreachable", "NoExecute"));
    create_node(f, "n2"); /* its kubelet writes the status again */
    live(f, 30, true);
    assert_int_equal(node(f, "n2")->spec.n_taints, 0);
}

/* Who does not see must not say that others are silent. */
static void a_blind_controller_accuses_nobody(void **state)
{
    struct fixture *f = *state;
    create_node(f, "n1");
    create_node(f, "n2");
    live(f, 20, true);
    fake_server_set_blind(f->server, NULL, true);
    live(f, 120, true);
    fake_server_clear_log(f->server);
    fake_server_set_blind(f->server, NULL, false);
    live(f, 120, true);
    assert_int_equal(node(f, "n1")->spec.n_taints + node(f, "n2")->spec.n_taints, 0);
    assert_null(strstr(fake_server_log(f->server), "update nodes/status"));
    live(f, 60, false); /* but a silent one is still found */
    assert_true(has_taint(f, "n2", "node.kubernetes.io/unreachable", "NoExecute"));
}

static void no_eviction_when_all_are_silent(void **state)
{
    struct fixture *f = *state;
    create_node(f, "n1");
    create_node(f, "n2");
    fixture_run(f, 100);
    assert_true(has_taint(f, "n1", "node.kubernetes.io/unreachable", "NoSchedule"));
    assert_false(has_taint(f, "n1", "node.kubernetes.io/unreachable", "NoExecute"));
    assert_false(has_taint(f, "n2", "node.kubernetes.io/unreachable", "NoExecute"));
}

static void create_service(struct fixture *f, const char *more)
{
    fixture_put(
        f, &api_resource_service,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\",\"labels\":{\"team\":\"x\"}},\"spec\":{\"clusterIP\":"
        "\"10.96.0.7\",\"ipFamilies\":[\"IPv4\"],\"selector\":{\"app\":\"web\"},\"ports\":[{\"name\":\"web\","
        "\"port\":80,\"protocol\":\"TCP\",\"targetPort\":\"http\"}]%s}}",
        more);
    fixture_run(f, 1);
}

static void endpoints_follow_pods(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_node(f, "n1");
    create_service(f, "");
    const struct object *slice = fake_server_next(f->server, &api_resource_discovery_endpoint_slice, NULL);
    assert_int_equal(api_discovery_endpoint_slice_of(slice)->n_endpoints, 0);
    create_deployment(f, 3);
    run_pods(f, "n1");
    slice = fake_server_next(f->server, &api_resource_discovery_endpoint_slice, NULL);
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 1);
    const struct api_discovery_endpoint_slice *value = api_discovery_endpoint_slice_of(slice);
    assert_int_equal(value->n_endpoints, 3);
    assert_int_equal(value->n_ports, 1);
    assert_int_equal(*value->ports[0].port, 8080);
    assert_string_equal(value->ports[0].name, "web");
    assert_string_equal(value->address_type, "IPv4");
    assert_true(*value->endpoints[0].conditions.ready);
    assert_false(*value->endpoints[0].conditions.terminating);
    assert_string_equal(value->endpoints[0].node_name, "n1");
    assert_string_equal(value->endpoints[0].zone, "z1");
    struct str label = { 0 };
    assert_true(object_label(slice, STR("kubernetes.io/service-name"), &label) && str_is(label, "web"));
    assert_true(object_label(slice, STR("team"), &label) && str_is(label, "x"));
    const struct api_endpoints *old = api_endpoints_of(fake_server_get(f->server, &api_resource_endpoints, "a", "web"));
    assert_int_equal(old->n_subsets, 1);
    assert_int_equal(old->subsets[0].n_addresses, 3);
    assert_int_equal(old->subsets[0].ports[0].port, 8080);

    /* One ends: still in the slice, neither ready nor in Endpoints. */
    autofree char *name = strdup(object_name(fake_server_next(f->server, &api_resource_pod, NULL)));
    fixture_delete(f, &api_resource_pod, "a", name, CLIENT_PROPAGATION_DEFAULT);
    fixture_run(f, 1);
    slice = fake_server_next(f->server, &api_resource_discovery_endpoint_slice, NULL);
    value = api_discovery_endpoint_slice_of(slice);
    size_t ready = 0, terminating = 0;
    for (size_t i = 0; i < value->n_endpoints; i++) {
        ready += *value->endpoints[i].conditions.ready;
        terminating += *value->endpoints[i].conditions.terminating && *value->endpoints[i].conditions.serving;
    }
    assert_int_equal(ready, 2);
    assert_int_equal(terminating, 1);
    old = api_endpoints_of(fake_server_get(f->server, &api_resource_endpoints, "a", "web"));
    assert_int_equal(old->subsets[0].n_addresses, 2);

    fixture_delete(f, &api_resource_service, "a", "web", CLIENT_PROPAGATION_DEFAULT);
    fixture_run(f, 2);
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_endpoints), 0);
}

static void slices_hold_a_hundred(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_node(f, "n1");
    create_service(f, "");
    create_deployment(f, 150);
    run_pods(f, "n1");
    fixture_run(f, 5);
    size_t total = 0;
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 2);
    for (const struct object *o = NULL;
         (o = fake_server_next(f->server, &api_resource_discovery_endpoint_slice, o)) != NULL;) {
        assert_true(api_discovery_endpoint_slice_of(o)->n_endpoints <= 100);
        total += api_discovery_endpoint_slice_of(o)->n_endpoints;
    }
    assert_int_equal(total, 150);
    uint64_t revision = fake_server_revision(f->server);
    live(f, 20, false);
    assert_int_equal(fake_server_revision(f->server), revision + 2); /* the leases: nothing else is written at rest */
}

static size_t count_lines(const char *text, const char *line)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        count++;
    return count;
}

/* What becomes of many pods in a moment is written in a few passes; one change alone is written at once. */
static void changes_of_many_pods_share_passes(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_node(f, "n1");
    create_service(f, "");
    create_deployment(f, 150);
    run_pods(f, "n1");
    fixture_run(f, 5);
    fake_server_clear_log(f->server);
    char *names[100];
    size_t count = 0;
    for (const struct object *o = NULL; count < 100; count++)
        names[count] = strdup(object_name(o = fake_server_next(f->server, &api_resource_pod, o)));
    for (size_t i = 0; i < count; i++) {
        fixture_delete(f, &api_resource_pod, "a", names[i], CLIENT_PROPAGATION_DEFAULT);
        fixture_run(f, 0.0005);
        if (i == 0)
            assert_int_equal(count_lines(fake_server_log(f->server), "update endpoints a/web"), 1);
    }
    fixture_run(f, 5);
    size_t passes = count_lines(fake_server_log(f->server), "update endpoints a/web");
    assert_in_range(passes, 2, 10);
    const struct object *endpoints = fake_server_get(f->server, &api_resource_endpoints, "a", "web");
    assert_int_equal(api_endpoints_of(endpoints)->subsets[0].n_addresses, 50);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
}

static void owned_objects_go_in_the_background(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_deployment(f, 3);
    fixture_delete(f, &api_resource_apps_deployment, "a", "web", CLIENT_PROPAGATION_BACKGROUND);
    fixture_run(f, 5);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_deployment), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 0);
}

static void owners_wait_in_the_foreground(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_node(f, "n1");
    create_deployment(f, 2);
    run_pods(f, "n1");
    fixture_delete(f, &api_resource_apps_deployment, "a", "web", CLIENT_PROPAGATION_FOREGROUND);
    fixture_run(f, 5);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_deployment), 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 1);
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;)
        assert_true(object_meta(o)->deletion_timestamp != 0);
    fixture_kubelet(f, "n1");
    fixture_run(f, 5);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_deployment), 0);
}

static void own_in_a_circle(struct fixture *f, const char *dependent, const char *owner)
{
    const char *uid = object_uid(fake_server_get(f->server, &api_resource_config_map, "a", owner));
    autofree char *patch = NULL;
    assert_true(asprintf(&patch,
                         "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\","
                         "\"name\":\"%s\",\"uid\":\"%s\",\"controller\":true,\"blockOwnerDeletion\":true}]}}",
                         owner, uid) > 0);
    fixture_patch(f, &api_resource_config_map, "a", dependent, patch);
}

static void circles_of_owners_go_in_the_foreground(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = { "one", "two", "three" };
    create_namespace(f, "a");
    for (size_t i = 0; i < countof(names); i++)
        fixture_put(f, &api_resource_config_map, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"%s\"}}", names[i]);
    own_in_a_circle(f, "one", "three");
    own_in_a_circle(f, "two", "one");
    own_in_a_circle(f, "three", "two");
    fixture_run(f, 1);
    size_t others = fake_server_count(f->server, &api_resource_config_map) - countof(names); /* the root CA */
    fixture_delete(f, &api_resource_config_map, "a", "one", CLIENT_PROPAGATION_FOREGROUND);
    fixture_run(f, 30);
    assert_int_equal(fake_server_count(f->server, &api_resource_config_map), others);
}

static void who_has_another_owner_stays(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    const char *one =
        object_uid(fixture_put(f, &api_resource_config_map, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"one\"}}"));
    const char *two =
        object_uid(fixture_put(f, &api_resource_config_map, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"two\"}}"));
    fixture_put(
        f, &api_resource_config_map,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"shared\",\"ownerReferences\":["
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"one\",\"uid\":\"%s\",\"blockOwnerDeletion\":true},"
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"two\",\"uid\":\"%s\",\"blockOwnerDeletion\":true}]}}",
        one, two);
    fixture_run(f, 1);
    fixture_delete(f, &api_resource_config_map, "a", "one", CLIENT_PROPAGATION_FOREGROUND);
    fixture_run(f, 30);
    assert_null(fake_server_get(f->server, &api_resource_config_map, "a", "one"));
    const struct object *shared = fake_server_get(f->server, &api_resource_config_map, "a", "shared");
    assert_int_equal(object_meta(shared)->n_owner_references, 1);
    assert_string_equal(object_meta(shared)->owner_references[0].name, "two");
}

static void orphans_live_on(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    create_deployment(f, 2);
    fixture_delete(f, &api_resource_apps_deployment, "a", "web", CLIENT_PROPAGATION_ORPHAN);
    fixture_run(f, 5);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_deployment), 0);
    const struct object *set = fake_server_next(f->server, &api_resource_apps_replica_set, NULL);
    assert_non_null(set);
    assert_int_equal(object_meta(set)->n_owner_references, 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
    create_deployment(f, 2); /* adopts them again */
    set = fake_server_next(f->server, &api_resource_apps_replica_set, NULL);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 1);
    assert_int_equal(object_meta(set)->n_owner_references, 1);
}

/* Answers and watches as late and as mixed as a bad network makes them. */
static void settles_whatever_the_order(void **state)
{
    struct fixture *f = *state;
    fake_server_set_delay(f->server, 2 * USEC_PER_SEC);
    create_namespace(f, "a");
    create_node(f, "n1");
    create_service(f, "");
    create_deployment(f, 5);
    fixture_run(f, 60);
    fake_server_compact(f->server);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 5);
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", "{\"spec\":{\"replicas\":2}}");
    fixture_run(f, 60);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
    fixture_delete(f, &api_resource_apps_deployment, "a", "web", CLIENT_PROPAGATION_FOREGROUND);
    fixture_run(f, 120);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_deployment), 0);
}

static void every_controller_runs(void **state)
{
    struct fixture *f = *state;
    create_namespace(f, "a");
    fixture_put(f, &api_resource_policy_pod_disruption_budget,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\",\"generation\":1},\"spec\":{\"minAvailable\":1,"
                "\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}");
    fixture_run(f, 1);
    const struct object *budget = fake_server_next(f->server, &api_resource_policy_pod_disruption_budget, NULL);
    assert_non_null(budget);
    assert_int_equal(api_policy_pod_disruption_budget_of(budget)->status.observed_generation, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(namespaces_are_furnished_and_emptied, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_get_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(silent_nodes_lose_their_pods, setup, teardown),
        cmocka_unit_test_setup_teardown(a_node_that_returns_is_welcome, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blind_controller_accuses_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(no_eviction_when_all_are_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(endpoints_follow_pods, setup, teardown),
        cmocka_unit_test_setup_teardown(slices_hold_a_hundred, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_of_many_pods_share_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(owned_objects_go_in_the_background, setup, teardown),
        cmocka_unit_test_setup_teardown(owners_wait_in_the_foreground, setup, teardown),
        cmocka_unit_test_setup_teardown(circles_of_owners_go_in_the_foreground, setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_another_owner_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(orphans_live_on, setup, teardown),
        cmocka_unit_test_setup_teardown(settles_whatever_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(every_controller_runs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
