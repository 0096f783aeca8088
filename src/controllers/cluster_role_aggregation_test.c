/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cluster_role_aggregation_test.c - aggregated roles against the fake server. */
#include "controllers/fixture.h"

static const struct controller *const controllers[] = { &cluster_role_aggregation_controller };

static int setup(void **state)
{
    static struct fixture fixture;
    fixture_init(&fixture, controllers, countof(controllers), (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_role(struct fixture *f, const char *name, const char *label, const char *verb)
{
    fixture_put(f, &api_resource_rbac_cluster_role,
                "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"to\":\"%s\"}},\"rules\":[{\"verbs\":[\"%s\"],"
                "\"apiGroups\":[\"\"],\"resources\":[\"pods\"]}]}",
                name, label, verb);
    fixture_run(f, 1);
}

static void put_aggregated(struct fixture *f, const char *name, const char *label, const char *selected)
{
    fixture_put(f, &api_resource_rbac_cluster_role,
                "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"to\":\"%s\"}},\"aggregationRule\":"
                "{\"clusterRoleSelectors\":[%s]}}",
                name, label, selected);
    fixture_run(f, 1);
}

/* The verbs of its rules, joined by commas. */
static const char *verbs_of(struct fixture *f, const char *name)
{
    static char text[256];
    text[0] = '\0';
    const struct object *object = fake_server_get(f->server, &api_resource_rbac_cluster_role, NULL, name);
    assert_non_null(object);
    const struct api_rbac_cluster_role *role = api_rbac_cluster_role_of(object);
    for (size_t i = 0; i < role->n_rules; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i == 0 ? "" : ",", role->rules[i].verbs[0]);
    return text;
}

static void rules_come_in_the_order_of_selectors_and_names(void **state)
{
    struct fixture *f = *state;
    put_role(f, "z", "first", "get");
    put_role(f, "c", "second", "list");
    put_role(f, "b", "second", "get"); /* what is there already comes no second time */
    put_role(f, "a", "second", "watch");
    put_role(f, "other", "elsewhere", "delete");
    put_aggregated(f, "sum", "none", "{\"matchLabels\":{\"to\":\"first\"}},{\"matchLabels\":{\"to\":\"second\"}}");
    assert_string_equal(verbs_of(f, "sum"), "get,watch,list");
}

static void changes_arrive_and_nothing_is_written_without_one(void **state)
{
    struct fixture *f = *state;
    put_aggregated(f, "view", "edit", "{\"matchLabels\":{\"to\":\"view\"}}");
    put_aggregated(f, "edit", "none", "{\"matchLabels\":{\"to\":\"edit\"}}");
    put_role(f, "some", "view", "get");
    assert_string_equal(verbs_of(f, "edit"), "get"); /* through the other one */
    const char *version =
        object_meta(fake_server_get(f->server, &api_resource_rbac_cluster_role, NULL, "edit"))->resource_version;
    char before[32];
    snprintf(before, sizeof(before), "%s", version);
    put_role(f, "unrelated", "nobody", "get");
    version = object_meta(fake_server_get(f->server, &api_resource_rbac_cluster_role, NULL, "edit"))->resource_version;
    assert_string_equal(version, before);
    fake_server_remove(f->server, &api_resource_rbac_cluster_role, NULL, "some");
    fixture_run(f, 1);
    assert_string_equal(verbs_of(f, "view"), "");
    assert_string_equal(verbs_of(f, "edit"), "");
}

static void a_lost_label_takes_the_rules_away(void **state)
{
    struct fixture *f = *state;
    put_aggregated(f, "view", "none", "{\"matchLabels\":{\"to\":\"view\"}}");
    put_role(f, "some", "view", "get");
    assert_string_equal(verbs_of(f, "view"), "get");
    fixture_patch(f, &api_resource_rbac_cluster_role, NULL, "some", "{\"metadata\":{\"labels\":{\"to\":null}}}");
    fixture_run(f, 1);
    assert_string_equal(verbs_of(f, "view"), "");
}

static void what_somebody_wrote_by_hand_is_replaced(void **state)
{
    struct fixture *f = *state;
    put_role(f, "some", "view", "get");
    put_aggregated(f, "view", "none", "{\"matchLabels\":{\"to\":\"view\"}}");
    fixture_patch(f, &api_resource_rbac_cluster_role, NULL, "view",
                  "{\"rules\":[{\"verbs\":[\"delete\"],\"apiGroups\":[\"\"],\"resources\":[\"pods\"]}]}");
    fixture_run(f, 1);
    assert_string_equal(verbs_of(f, "view"), "get");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rules_come_in_the_order_of_selectors_and_names, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_arrive_and_nothing_is_written_without_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_label_takes_the_rules_away, setup, teardown),
        cmocka_unit_test_setup_teardown(what_somebody_wrote_by_hand_is_replaced, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
