/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "apiserver/discovery/discovery.h"

static yyjson_doc *get(struct discovery *discovery, const char *path, bool aggregated)
{
    struct discovery_document found;
    assert_true(discovery_find(discovery, str_of(path), aggregated, &found));
    yyjson_doc *doc = yyjson_read(found.json->data, found.json->size, 0);
    assert_non_null(doc);
    return doc;
}

static void test_every_resource_is_listed(void **state)
{
    (void)state;
    struct discovery *discovery = discovery_create(api_resources, api_resource_count, 36);
    size_t listed = 0;
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_kind *kind = api_resources[i].kind;
        char path[128];
        snprintf(path, sizeof(path), "%s%s/%s", kind->group[0] == '\0' ? "/api" : "/apis/", kind->group, kind->version);
        yyjson_doc *doc = get(discovery, path, false);
        yyjson_val *rows = yyjson_obj_get(yyjson_doc_get_root(doc), "resources");
        for (size_t j = 0; j < yyjson_arr_size(rows); j++)
            if (strcmp(yyjson_get_str(yyjson_obj_get(yyjson_arr_get(rows, j), "name")), api_resources[i].plural) == 0)
                listed++;
        yyjson_doc_free(doc);
    }
    assert_int_equal(listed, api_resource_count);
    discovery_destroy(discovery);
}

/* An older version does not know what came later, nor groups of which nothing is left. */
static void test_emulated_version(void **state)
{
    static const struct {
        unsigned version;
        bool mutating_policies, devices, addresses;
    } cases[] = { { 33, false, false, true }, { 34, false, true, true }, { 36, true, true, true } };
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        struct discovery *discovery = discovery_create(api_resources, api_resource_count, cases[i].version);
        struct discovery_document found;
        assert_int_equal(discovery_find(discovery, STR("/apis/resource.k8s.io/v1"), false, &found), cases[i].devices);
        assert_int_equal(discovery_find(discovery, STR("/apis/resource.k8s.io"), false, &found), cases[i].devices);
        assert_true(discovery_find(discovery, STR("/apis/admissionregistration.k8s.io/v1"), false, &found));
        assert_int_equal(str_contains(bytes_str(found.json), STR("mutatingadmissionpolicies")),
                         cases[i].mutating_policies);
        assert_true(discovery_find(discovery, STR("/apis"), true, &found));
        assert_int_equal(str_contains(bytes_str(found.json), STR("volumeattributesclasses")), cases[i].devices);
        assert_int_equal(str_contains(bytes_str(found.json), STR("servicecidrs")), cases[i].addresses);
        discovery_destroy(discovery);
    }
}

static void test_documents(void **state)
{
    (void)state;
    struct discovery *discovery = discovery_create(api_resources, api_resource_count, 36);
    yyjson_doc *doc = get(discovery, "/apis/autoscaling/", false);
    yyjson_val *root = yyjson_doc_get_root(doc);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "kind")), "APIGroup");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_obj_get(root, "preferredVersion"), "groupVersion")),
                        "autoscaling/v2");
    yyjson_doc_free(doc);
    doc = get(discovery, "/apis", true);
    root = yyjson_doc_get_root(doc);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "kind")), "APIGroupDiscoveryList");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "apiVersion")), "apidiscovery.k8s.io/v2");
    yyjson_doc_free(doc);
    struct discovery_document found;
    assert_false(discovery_find(discovery, STR("/apis/no.such.group"), false, &found));
    assert_false(discovery_find(discovery, STR("/apis/apps/v1/extra"), false, &found));
    assert_true(discovery_find(discovery, STR("/api"), true, &found));
    assert_non_null(found.etag);
    static const char *const kinds[][2] = { { "/api", "APIVersions" },
                                            { "/apis", "APIGroupList" },
                                            { "/apis/apps", "APIGroup" },
                                            { "/apis/apps/v1/", "APIResourceList" },
                                            { "/api/v1", "APIResourceList" } };
    for (size_t i = 0; i < countof(kinds); i++) {
        assert_true(discovery_find(discovery, str_of(kinds[i][0]), false, &found));
        assert_string_equal(found.kind->kind, kinds[i][1]);
    }
    assert_true(discovery_find(discovery, STR("/"), false, &found));
    assert_null(found.kind);
    discovery_destroy(discovery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_resource_is_listed),
        cmocka_unit_test(test_emulated_version),
        cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
