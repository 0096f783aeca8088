/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* namespace_test.c - how a namespace ends: in which order, what it says meanwhile, and without waiting longer than
 * what is in it. */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    fixture_init(&fixture, controllers_all, controllers_count,
                 (struct controller_settings){ .root_ca_pem = STR("CERTIFICATE") });
    fixture_put(&fixture, &api_resource_namespace,
                "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"finalizers\":[\"kubernetes\"]},\"status\":{\"phase\":"
                "\"Active\"}}");
    fixture_run(&fixture, 1);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_pod(struct fixture *f, const char *name)
{
    fixture_put(f, &api_resource_pod,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"%s\"},\"spec\":{\"nodeName\":\"n1\","
                "\"terminationGracePeriodSeconds\":30},\"status\":{\"phase\":\"Running\"}}",
                name);
}

static void put_held(struct fixture *f, const char *finalizers)
{
    fixture_put(f, &api_resource_config_map,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"held\",\"finalizers\":[%s]}}", finalizers);
    fixture_run(f, 0.1);
}

static const struct api_namespace *space(struct fixture *f)
{
    const struct object *object = fake_server_get(f->server, &api_resource_namespace, NULL, "a");
    return object == NULL ? NULL : api_namespace_of(object);
}

static void assert_condition(struct fixture *f, const char *type, const char *status, const char *reason,
                             const char *message)
{
    const struct api_namespace *namespace_ = space(f);
    assert_non_null(namespace_);
    for (size_t i = 0; i < namespace_->status.n_conditions; i++) {
        const struct api_namespace_condition *condition = &namespace_->status.conditions[i];
        if (!text_equal(condition->type, type))
            continue;
        assert_string_equal(condition->status, status);
        assert_string_equal(condition->reason, reason);
        assert_string_equal(condition->message, message);
        assert_true(condition->last_transition_time != 0);
        return;
    }
    fail_msg("no condition %s", type);
}

static void delete_namespace(struct fixture *f)
{
    fixture_delete(f, &api_resource_namespace, NULL, "a", CLIENT_PROPAGATION_DEFAULT);
    fixture_run(f, 1);
}

static void an_empty_one_goes_at_once(void **state)
{
    struct fixture *f = *state;
    delete_namespace(f);
    assert_null(space(f));
}

/* However long the pods take: when the last one is gone, nothing waits for a back-off. */
static void the_last_pod_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "p");
    put_pod(f, "q");
    fixture_put(f, &api_resource_secret, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"s\"}}");
    fixture_run(f, 1);
    delete_namespace(f);
    assert_condition(f, "NamespaceContentRemaining", "True", "SomeResourcesRemain",
                     "Some resources are remaining: pods. has 2 resource instances");
    assert_condition(f, "NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers",
                     "All content-preserving finalizers finished");
    assert_condition(f, "NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
                     "All resources successfully discovered");
    assert_condition(f, "NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
                     "All legacy kube types successfully parsed");
    assert_condition(f, "NamespaceDeletionContentFailure", "False", "ContentDeleted",
                     "All content successfully deleted, may be waiting on finalization");
    assert_non_null(fake_server_get(f->server, &api_resource_secret, "a", "s")); /* what pods need stays */
    fixture_run(f, 40);
    fake_server_clear_log(f->server);
    fake_server_remove(f->server, &api_resource_pod, "a", "p");
    fixture_run(f, 0.2);
    assert_null(strstr(fake_server_log(f->server), "deletecollection pods")); /* one is left, and knows that it ends */
    fake_server_remove(f->server, &api_resource_pod, "a", "q");
    fixture_run(f, 0.2);
    assert_null(space(f));
    assert_int_equal(fake_server_count(f->server, &api_resource_secret), 0);
}

static void the_last_finalizer_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    put_held(f, "\"example.com/x\",\"example.com/y\"");
    delete_namespace(f);
    assert_condition(f, "NamespaceContentRemaining", "True", "SomeResourcesRemain",
                     "Some resources are remaining: configmaps. has 1 resource instances");
    assert_condition(f, "NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                     "Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances, "
                     "example.com/y in 1 resource instances");
    fixture_run(f, 300);
    assert_non_null(space(f));
    fixture_patch(f, &api_resource_config_map, "a", "held", "{\"metadata\":{\"finalizers\":null}}");
    fixture_run(f, 0.2);
    assert_null(space(f));
}

static int refuse_secrets(void *context, const struct client_request *request, struct error *err)
{
    (void)context;
    if (request->verb == API_DELETE_COLLECTION && request->resource == &api_resource_secret)
        return error_set(err, ERROR_INTERNAL, "the disk is full");
    return 0;
}

/* What cannot be deleted is said, and tried again. */
static void failures_are_told(void **state)
{
    struct fixture *f = *state;
    fixture_put(f, &api_resource_secret, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"s\"}}");
    fixture_run(f, 1);
    fake_server_set_fault(f->server, refuse_secrets, NULL);
    delete_namespace(f);
    assert_condition(f, "NamespaceDeletionContentFailure", "True", "ContentDeletionFailed",
                     "Failed to delete all resource types, 1 remaining: the disk is full");
    fake_server_set_fault(f->server, NULL, NULL);
    fixture_run(f, 60);
    assert_null(space(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_one_goes_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_pod_ends_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_finalizer_ends_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(failures_are_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
