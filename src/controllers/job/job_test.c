/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_test.c */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &job_controller, &ttl_after_finished_controller };
    fixture_init(&fixture, controllers, 2, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put(struct fixture *f, const char *spec)
{
    fixture_put(
        f, &api_resource_batch_job,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"sum\"},\"spec\":{%s,\"selector\":{\"matchLabels\":{\"j\":"
        "\"sum\"}},\"template\":{\"metadata\":{\"labels\":{\"j\":\"sum\"}},\"spec\":{\"restartPolicy\":\"Never\","
        "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
        spec);
    fixture_run(f, 1);
}

static const struct api_batch_job_status *status(struct fixture *f)
{
    return &api_batch_job_of(fake_server_get(f->server, &api_resource_batch_job, "a", "sum"))->status;
}

static bool is_true(struct fixture *f, const char *type)
{
    for (size_t i = 0; i < status(f)->n_conditions; i++) {
        if (text_equal(status(f)->conditions[i].type, type))
            return text_equal(status(f)->conditions[i].status, "True");
    }
    return false;
}

static size_t running(struct fixture *f)
{
    size_t count = 0;
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;)
        count += text_empty(api_pod_of(o)->status.phase) && object_meta(o)->deletion_timestamp == 0;
    return count;
}

/* The first pod that runs comes to its end. */
static void end_one(struct fixture *f, const char *phase)
{
    char when[TIME_TEXT_SIZE], patch[512];
    time_format(loop_now(f->loop), false, when);
    snprintf(patch, sizeof(patch),
             "{\"status\":{\"phase\":\"%s\",\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"terminated\":{"
             "\"exitCode\":1,"
             "\"finishedAt\":\"%s\"}}}]}}",
             phase, when);
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;) {
        if (!text_empty(api_pod_of(o)->status.phase))
            continue;
        fixture_patch_pod_status(f, "a", object_name(o), patch);
        break;
    }
    fixture_run(f, 1);
}

static void runs_to_completion(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":3,\"parallelism\":2,\"backoffLimit\":6");
    assert_int_equal(running(f), 2);
    assert_int_equal(status(f)->active, 2);
    end_one(f, "Succeeded");
    assert_int_equal(status(f)->succeeded, 1);
    assert_int_equal(running(f), 2);
    end_one(f, "Succeeded");
    end_one(f, "Succeeded");
    assert_int_equal(status(f)->succeeded, 3);
    assert_true(is_true(f, "Complete"));
    assert_true(status(f)->completion_time > 0);
    assert_int_equal(running(f), 0);
    assert_int_equal(fixture_events(f, "Completed"), 1);
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;)
        assert_int_equal(object_meta(o)->n_finalizers, 0);
}

static void backs_off_and_gives_up(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":1,\"parallelism\":1,\"backoffLimit\":1");
    end_one(f, "Failed");
    assert_int_equal(running(f), 0); /* waits ten seconds */
    assert_int_equal(status(f)->failed, 1);
    fixture_run(f, 10);
    assert_int_equal(running(f), 1);
    end_one(f, "Failed");
    assert_true(is_true(f, "Failed"));
    assert_int_equal(status(f)->failed, 2);
    assert_int_equal(fixture_events(f, "BackoffLimitExceeded"), 1);
    fixture_run(f, 1000);
    assert_int_equal(running(f), 0);
}

static void knows_its_indexes(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":4,\"parallelism\":4,\"completionMode\":\"Indexed\"");
    assert_int_equal(running(f), 4);
    const struct api_pod *pod = api_pod_of(fake_server_next(f->server, &api_resource_pod, NULL));
    assert_string_equal(pod->spec.hostname, "sum-0");
    assert_string_equal(pod->spec.containers[0].env[0].name, "JOB_COMPLETION_INDEX");
    for (int i = 0; i < 3; i++)
        end_one(f, "Succeeded");
    assert_string_equal(status(f)->completed_indexes, "0-2");
    end_one(f, "Failed");
    fixture_run(f, 11);
    assert_int_equal(running(f), 1); /* index 3 once more */
    end_one(f, "Succeeded");
    assert_string_equal(status(f)->completed_indexes, "0-3");
    assert_true(is_true(f, "Complete"));
}

static void adopts_orphans_and_releases_strangers(void **state)
{
    struct fixture *f = *state;
    char name[128];
    put(f, "\"completions\":2,\"parallelism\":2");
    snprintf(name, sizeof(name), "%s", object_name(fake_server_next(f->server, &api_resource_pod, NULL)));
    fixture_patch(f, &api_resource_pod, "a", name, "{\"metadata\":{\"ownerReferences\":null,\"finalizers\":null}}");
    fixture_run(f, 1);
    const struct api_object_meta *meta = object_meta(fake_server_get(f->server, &api_resource_pod, "a", name));
    assert_non_null(ownership_controller(meta));
    assert_int_equal(meta->n_finalizers, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
    fixture_patch(f, &api_resource_pod, "a", name, "{\"metadata\":{\"labels\":{\"j\":\"other\"}}}");
    fixture_run(f, 1);
    meta = object_meta(fake_server_get(f->server, &api_resource_pod, "a", name));
    assert_null(ownership_controller(meta));
    assert_int_equal(meta->n_finalizers, 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    assert_int_equal(status(f)->active, 2);
}

/* One pod of an index comes to its end, with an exit code. */
static void end_index(struct fixture *f, const char *index, const char *phase, int code)
{
    char when[TIME_TEXT_SIZE], patch[512];
    time_format(loop_now(f->loop), false, when);
    snprintf(patch, sizeof(patch),
             "{\"status\":{\"phase\":\"%s\",\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"terminated\":{"
             "\"exitCode\":%d,\"finishedAt\":\"%s\"}}}]}}",
             phase, code, when);
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;) {
        struct str at = { 0 };
        const struct api_object_meta *meta = object_meta(o);
        if (!text_empty(api_pod_of(o)->status.phase) ||
            !entries_find(meta->annotations, meta->n_annotations, "batch.kubernetes.io/job-completion-index", &at) ||
            !str_equal(at, str_of(index)))
            continue;
        fixture_patch_pod_status(f, "a", object_name(o), patch);
        fixture_run(f, 1);
        return;
    }
    fail_msg("index %s has no pod", index);
}

static const char *reason_of(struct fixture *f, const char *type)
{
    for (size_t i = 0; i < status(f)->n_conditions; i++) {
        if (text_equal(status(f)->conditions[i].type, type))
            return text_or_empty(status(f)->conditions[i].reason);
    }
    return "";
}

static void gives_up_single_indexes(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":4,\"parallelism\":4,\"completionMode\":\"Indexed\",\"backoffLimitPerIndex\":1,"
           "\"backoffLimit\":2147483647");
    end_index(f, "0", "Succeeded", 0);
    end_index(f, "1", "Failed", 1);
    end_index(f, "2", "Succeeded", 0);
    end_index(f, "3", "Failed", 1);
    assert_string_equal(status(f)->failed_indexes, "");
    assert_int_equal(status(f)->failed, 0); /* they wait for who comes after them */
    fixture_run(f, 12);
    assert_int_equal(running(f), 2);
    assert_int_equal(status(f)->failed, 2);
    end_index(f, "1", "Failed", 1);
    assert_string_equal(status(f)->failed_indexes, "1");
    assert_false(is_true(f, "Failed"));
    end_index(f, "3", "Failed", 1);
    assert_true(is_true(f, "Failed"));
    assert_string_equal(reason_of(f, "Failed"), "FailedIndexes");
    assert_string_equal(status(f)->failed_indexes, "1,3");
    assert_string_equal(status(f)->completed_indexes, "0,2");
    assert_int_equal(status(f)->failed, 4);
    assert_int_equal(status(f)->succeeded, 2);
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;)
        assert_int_equal(object_meta(o)->n_finalizers, 0);
}

static void too_many_failed_indexes_end_it(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":4,\"parallelism\":4,\"completionMode\":\"Indexed\",\"backoffLimitPerIndex\":0,"
           "\"maxFailedIndexes\":0,\"backoffLimit\":2147483647");
    end_index(f, "1", "Failed", 1);
    assert_string_equal(reason_of(f, "FailureTarget"), "MaxFailedIndexesExceeded");
    assert_string_equal(status(f)->failed_indexes, "1");
}

static void rules_of_failure(void **state)
{
    struct fixture *f = *state;
    put(f,
        "\"completions\":3,\"parallelism\":3,\"completionMode\":\"Indexed\",\"backoffLimitPerIndex\":1,"
        "\"backoffLimit\":2147483647,\"podReplacementPolicy\":\"Failed\",\"podFailurePolicy\":{\"rules\":["
        "{\"action\":\"Ignore\",\"onPodConditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\"}]},"
        "{\"action\":\"FailIndex\",\"onExitCodes\":{\"operator\":\"In\",\"values\":[42]}},"
        "{\"action\":\"Ignore\",\"onExitCodes\":{\"operator\":\"In\",\"values\":[7]}},"
        "{\"action\":\"FailJob\",\"onExitCodes\":{\"containerName\":\"c\",\"operator\":\"NotIn\",\"values\":[1]}}]}");
    end_index(f, "0", "Failed", 42);
    assert_string_equal(status(f)->failed_indexes, "0");
    assert_int_equal(status(f)->failed, 1);
    for (int i = 0; i < 3; i++) { /* far more often than the limit */
        end_index(f, "1", "Failed", 7);
        fixture_run(f, 100);
    }
    assert_int_equal(status(f)->failed, 1);
    assert_string_equal(status(f)->failed_indexes, "0");
    end_index(f, "2", "Failed", 3);
    assert_string_equal(reason_of(f, "FailureTarget"), "PodFailurePolicy");
    const struct api_batch_job_condition *condition = &status(f)->conditions[0];
    assert_non_null(strstr(condition->message, "Container c for pod a/sum-2-"));
    assert_non_null(strstr(condition->message, " failed with exit code 3 matching FailJob rule at index 3"));
}

static void enough_is_enough(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":4,\"parallelism\":4,\"completionMode\":\"Indexed\",\"successPolicy\":{\"rules\":["
           "{\"succeededIndexes\":\"0,3\"},{\"succeededIndexes\":\"1-2\",\"succeededCount\":1}]}");
    end_index(f, "0", "Succeeded", 0);
    assert_false(is_true(f, "SuccessCriteriaMet"));
    end_index(f, "2", "Succeeded", 0);
    assert_true(is_true(f, "SuccessCriteriaMet"));
    assert_string_equal(reason_of(f, "SuccessCriteriaMet"), "SuccessPolicy");
    assert_string_equal(status(f)->conditions[0].message, "Matched rules at index 1");
    assert_int_equal(running(f), 0);
}

static void keeps_its_deadline(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":1,\"parallelism\":1,\"activeDeadlineSeconds\":30");
    fixture_run(f, 31);
    for (const struct object *o = fake_server_next(f->server, &api_resource_pod, NULL); o != NULL;
         o = fake_server_next(f->server, &api_resource_pod, NULL))
        fake_server_remove(f->server, &api_resource_pod, "a", object_name(o));
    fixture_run(f, 5);
    assert_true(is_true(f, "Failed"));
    assert_int_equal(fixture_events(f, "DeadlineExceeded"), 1);
}

static void suspends_and_resumes(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":1,\"parallelism\":1,\"suspend\":true");
    assert_int_equal(running(f), 0);
    assert_true(is_true(f, "Suspended"));
    fixture_patch(f, &api_resource_batch_job, "a", "sum", "{\"spec\":{\"suspend\":false}}");
    fixture_run(f, 1);
    assert_int_equal(running(f), 1);
    assert_false(is_true(f, "Suspended"));
}

static void goes_after_its_time(void **state)
{
    struct fixture *f = *state;
    put(f, "\"completions\":1,\"parallelism\":1,\"ttlSecondsAfterFinished\":60");
    end_one(f, "Succeeded");
    fixture_run(f, 50);
    assert_int_equal(object_meta(fake_server_get(f->server, &api_resource_batch_job, "a", "sum"))->deletion_timestamp,
                     0);
    fixture_run(f, 20);
    assert_int_not_equal(
        object_meta(fake_server_get(f->server, &api_resource_batch_job, "a", "sum"))->deletion_timestamp, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_to_completion, setup, teardown),
        cmocka_unit_test_setup_teardown(backs_off_and_gives_up, setup, teardown),
        cmocka_unit_test_setup_teardown(knows_its_indexes, setup, teardown),
        cmocka_unit_test_setup_teardown(adopts_orphans_and_releases_strangers, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_up_single_indexes, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_failed_indexes_end_it, setup, teardown),
        cmocka_unit_test_setup_teardown(rules_of_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(enough_is_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_its_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(suspends_and_resumes, setup, teardown),
        cmocka_unit_test_setup_teardown(goes_after_its_time, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
