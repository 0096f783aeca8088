/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mirroring_test.c */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &endpointslice_mirroring_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_service(struct fixture *f, const char *selector)
{
    fixture_put(f, &api_resource_service,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"db\"},\"spec\":{%s\"ports\":[{\"port\":80,\"protocol\":"
                "\"TCP\"}]}}",
                selector);
}

static void put_endpoints(struct fixture *f, const char *labels, const char *subsets)
{
    fixture_put(f, &api_resource_endpoints,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"db\",\"labels\":{%s},\"annotations\":{\"note\":\"n\","
                "\"endpoints.kubernetes.io/last-change-trigger-time\":\"t\"}},\"subsets\":[%s]}",
                labels, subsets);
}

static const struct api_discovery_endpoint_slice *only_slice(struct fixture *f)
{
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 1);
    return api_discovery_endpoint_slice_of(fake_server_next(f->server, &api_resource_discovery_endpoint_slice, NULL));
}

static const char one[] =
    "{\"addresses\":[{\"ip\":\"10.1.2.3\",\"hostname\":\"h\",\"nodeName\":\"n1\"}],\"notReadyAddresses\":"
    "[{\"ip\":\"10.1.2.4\"}],\"ports\":[{\"name\":\"p\",\"port\":80,\"protocol\":\"TCP\"}]}";

static void mirrors_what_is_written_by_hand(void **state)
{
    struct fixture *f = *state;
    put_service(f, "");
    put_endpoints(f, "\"tier\":\"db\"", one);
    fixture_run(f, 1);
    const struct api_discovery_endpoint_slice *slice = only_slice(f);
    struct str value = { 0 };
    const struct api_object_meta *meta = &slice->metadata;
    assert_int_equal(strncmp(meta->name, "db-", 3), 0);
    assert_string_equal(slice->address_type, "IPv4");
    assert_string_equal(ownership_controller(meta)->kind, "Endpoints");
    assert_true(entries_find(meta->labels, meta->n_labels, "kubernetes.io/service-name", &value) &&
                str_is(value, "db"));
    assert_true(entries_find(meta->labels, meta->n_labels, "tier", &value));
    assert_true(entries_find(meta->labels, meta->n_labels, "endpointslice.kubernetes.io/managed-by", &value));
    assert_true(str_is(value, "endpointslicemirroring-controller.k8s.io"));
    assert_int_equal(meta->n_annotations, 1);
    assert_string_equal(meta->annotations[0].key, "note");
    assert_int_equal(slice->n_ports, 1);
    assert_int_equal(*slice->ports[0].port, 80);
    assert_string_equal(slice->ports[0].name, "p");
    assert_int_equal(slice->n_endpoints, 2);
    assert_string_equal(slice->endpoints[0].addresses[0], "10.1.2.3");
    assert_string_equal(slice->endpoints[0].hostname, "h");
    assert_string_equal(slice->endpoints[0].node_name, "n1");
    assert_true(*slice->endpoints[0].conditions.ready);
    assert_false(*slice->endpoints[1].conditions.ready);
}

static void follows_updates_in_the_same_slice(void **state)
{
    struct fixture *f = *state;
    put_service(f, "");
    put_endpoints(f, "", one);
    fixture_run(f, 1);
    char name[128];
    snprintf(name, sizeof(name), "%s", only_slice(f)->metadata.name);
    fixture_patch(
        f, &api_resource_endpoints, "a", "db",
        "{\"subsets\":[{\"addresses\":[{\"ip\":\"10.2.3.4\"}],\"ports\":[{\"name\":\"p\",\"port\":80,\"protocol\":"
        "\"TCP\"}]}]}");
    fixture_run(f, 1);
    assert_string_equal(only_slice(f)->metadata.name, name);
    assert_string_equal(only_slice(f)->endpoints[0].addresses[0], "10.2.3.4");
    assert_int_equal(only_slice(f)->n_endpoints, 1);
}

static void a_slice_for_each_family_and_set_of_ports(void **state)
{
    struct fixture *f = *state;
    put_service(f, "");
    put_endpoints(
        f, "",
        "{\"addresses\":[{\"ip\":\"10.1.2.3\"},{\"ip\":\"fd00::1\"}],\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]},"
        "{\"addresses\":[{\"ip\":\"10.1.2.3\"}],\"ports\":[{\"port\":81,\"protocol\":\"TCP\"}]},"
        "{\"addresses\":[{\"ip\":\"10.1.2.9\"}],\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]}");
    fixture_run(f, 1);
    size_t endpoints = 0;
    for (const struct object *o = NULL;
         (o = fake_server_next(f->server, &api_resource_discovery_endpoint_slice, o)) != NULL;)
        endpoints += api_discovery_endpoint_slice_of(o)->n_endpoints;
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 3);
    assert_int_equal(endpoints, 4);
}

static void leaves_others_alone(void **state)
{
    struct fixture *f = *state;
    put_service(f, "\"selector\":{\"app\":\"db\"},");
    put_endpoints(f, "", one);
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 0);
    fixture_patch(f, &api_resource_service, "a", "db", "{\"spec\":{\"selector\":null}}");
    fixture_run(f, 1);
    (void)only_slice(f);
    fixture_patch(f, &api_resource_endpoints, "a", "db",
                  "{\"metadata\":{\"labels\":{\"endpointslice.kubernetes.io/skip-mirror\":\"true\"}}}");
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_discovery_endpoint_slice), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mirrors_what_is_written_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(follows_updates_in_the_same_slice, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slice_for_each_family_and_set_of_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_others_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
