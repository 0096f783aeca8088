/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema_test.c - the generated tables are whole, and the lookups find their rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "generated/cri.h"
#include "generated/names.h"
#include "generated/types.h"

static void finds_kinds_and_resources(void **state)
{
    (void)state;
    const struct api_resource *pods = api_resource_find(STR(""), STR("v1"), STR("pods"));
    assert_ptr_equal(pods, &api_resource_pod);
    assert_ptr_equal(pods->kind, &api_kind_pod);
    assert_ptr_equal(pods->kind->type, &api_type_pod);
    assert_string_equal(pods->storage_prefix, "/registry/pods");
    assert_string_equal(pods->short_names[0], "po");
    assert_true(pods->flags & API_NAMESPACED);

    const struct api_kind *deployment = api_kind_find(STR("apps"), STR("v1"), STR("Deployment"));
    assert_ptr_equal(deployment, &api_kind_apps_deployment);
    assert_ptr_equal(api_resource_of_kind(deployment), &api_resource_apps_deployment);
    char version[64];
    api_kind_version(deployment, version, sizeof(version));
    assert_string_equal(version, "apps/v1");

    assert_non_null(api_kind_find(STR(""), STR("v1"), STR("Status")));
    assert_non_null(api_kind_find(STR(""), STR("v1"), STR("DeleteOptions")));
    assert_null(api_kind_find(STR("apps"), STR("v1"), STR("Pod")));
    assert_null(api_resource_find(STR("apps"), STR("v2"), STR("deployments")));
    assert_true(api_resource_event.flags & API_VOLATILE);
    assert_true(api_resource_events_event.flags & API_VOLATILE);
    assert_true(api_resource_coordination_lease.flags & API_VOLATILE);
    assert_string_equal(api_resource_event.storage_prefix, api_resource_events_event.storage_prefix);
    assert_string_equal(API_POD_PHASE_RUNNING, "Running");
    assert_string_equal(cri_rpc_runtime_service_run_pod_sandbox.path, "/runtime.v1.RuntimeService/RunPodSandbox");
}

/* Every stored kind begins with its metadata, every field lies inside its struct, tags are unique. */
static void tables_are_consistent(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_resource *resource = &api_resources[i];
        if (resource->storage_prefix == NULL)
            continue;
        assert_string_equal(resource->kind->type->fields[0].name, "metadata");
        assert_int_equal(resource->kind->type->fields[0].offset, 0);
        assert_ptr_equal(resource->kind->type->fields[0].type, &api_type_object_meta);
        assert_non_null(resource->kind->list_kind);
    }
    for (size_t i = 0; i < api_kind_count; i++) {
        const struct api_type *type = api_kinds[i].type;
        for (size_t j = 0; j < type->n_fields; j++) {
            assert_true(type->fields[j].offset < type->size);
            for (size_t k = 0; k < j; k++)
                assert_true(type->fields[j].tag == 0 || type->fields[j].tag != type->fields[k].tag);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_kinds_and_resources),
        cmocka_unit_test(tables_are_consistent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
