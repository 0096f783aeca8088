/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cronjob_test.c */
#include "api/value/cron_schedule.h"
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &cronjob_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void schedules(void **state)
{
    (void)state;
    static const struct {
        const char *text, *after, *next; /* next NULL: never; "": no schedule */
    } cases[] = {
        { "*/5 * * * *", "2024-01-31T23:57:10Z", "2024-02-01T00:00:00Z" },
        { "0 0 29 2 *", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z" },
        { "30 9-17/4 * * mon-fri", "2024-06-07T17:30:00Z", "2024-06-10T09:30:00Z" },
        { "0 12 13 * 5", "2024-09-01T00:00:00Z", "2024-09-06T12:00:00Z" },
        { "@hourly", "2024-09-01T00:00:00Z", "2024-09-01T01:00:00Z" },
        { "@every 90s", "2024-09-01T00:00:00Z", "2024-09-01T00:01:30Z" },
        { "15 14 1 JAN *", "2024-09-01T00:00:00Z", "2025-01-01T14:15:00Z" },
        { "0 0 31 2 *", "2024-09-01T00:00:00Z", NULL },
        { "60 * * * *", "2024-09-01T00:00:00Z", "" },
        { "* * * *", "2024-09-01T00:00:00Z", "" },
        { "* * * * * *", "2024-09-01T00:00:00Z", "" },
        { "5-1 * * * *", "2024-09-01T00:00:00Z", "" },
        { "*/0 * * * *", "2024-09-01T00:00:00Z", "" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct cron_schedule schedule;
        usec_t after = 0;
        assert_true(time_parse(str_of(cases[i].after), &after));
        int rc = cron_schedule_parse(str_of(cases[i].text), &schedule, NULL);
        assert_int_equal(rc < 0, cases[i].next != NULL && cases[i].next[0] == '\0');
        if (rc < 0)
            continue;
        usec_t next = cron_schedule_next(&schedule, after);
        char text[TIME_TEXT_SIZE] = "";
        if (next != 0)
            time_format(next, false, text);
        assert_string_equal(text, cases[i].next == NULL ? "" : cases[i].next);
    }
}

static void put(struct fixture *f, const char *more)
{
    fixture_put(f, &api_resource_batch_cron_job,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"tick\"},\"spec\":{\"schedule\":\"*/10 * * * "
                "*\",%s\"jobTemplate\":"
                "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\"}]}}}}}}",
                more);
}

static void finish_jobs(struct fixture *f)
{
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_batch_job, o)) != NULL;) {
        if (api_batch_job_of(o)->status.n_conditions > 0)
            continue;
        autofree char *name = strdup(object_name(o));
        f->call.done = fixture_done;
        client_call_start(
            f->user, &f->call,
            &(struct client_request){
                .verb = API_PATCH,
                .resource = &api_resource_batch_job,
                .namespace_ = "a",
                .name = name,
                .subresource = "status",
                .patch = STR("{\"status\":{\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]}}") });
        fixture_run(f, 0.1);
        o = fake_server_get(f->server, &api_resource_batch_job, "a", name);
    }
}

static void starts_by_the_clock(void **state)
{
    struct fixture *f = *state;
    put(f, "\"concurrencyPolicy\":\"Allow\",");
    fixture_run(f, 3600);
    assert_int_equal(fake_server_count(f->server, &api_resource_batch_job), 6);
    finish_jobs(f);
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_batch_job), 3);
    assert_int_equal(fixture_events(f, "SuccessfulCreate"), 6);
}

static void forbids_two_at_a_time(void **state)
{
    struct fixture *f = *state;
    put(f, "\"concurrencyPolicy\":\"Forbid\",");
    fixture_run(f, 3600);
    assert_int_equal(fake_server_count(f->server, &api_resource_batch_job), 1);
    finish_jobs(f);
    fixture_run(f, 601);
    const struct object *tick = fake_server_get(f->server, &api_resource_batch_cron_job, "a", "tick");
    assert_int_equal(api_batch_cron_job_of(tick)->status.n_active, 1);
    assert_true(fake_server_count(f->server, &api_resource_batch_job) > 1);
}

static void a_deleted_job_is_missed(void **state)
{
    struct fixture *f = *state;
    put(f, "\"concurrencyPolicy\":\"Forbid\",");
    fixture_run(f, 601);
    const struct object *tick = fake_server_get(f->server, &api_resource_batch_cron_job, "a", "tick");
    assert_int_equal(api_batch_cron_job_of(tick)->status.n_active, 1);
    char name[64];
    snprintf(name, sizeof(name), "%s", api_batch_cron_job_of(tick)->status.active[0].name);
    fake_server_remove(f->server, &api_resource_batch_job, "a", name);
    fixture_run(f, 1);
    assert_int_equal(fixture_events(f, "MissingJob"), 1);
    tick = fake_server_get(f->server, &api_resource_batch_cron_job, "a", "tick");
    assert_int_equal(api_batch_cron_job_of(tick)->status.n_active, 0);
}

/* 'kubectl create job --from=cronjob/tick' makes the CronJob its owner. */
static void jobs_made_by_hand_do_not_count(void **state)
{
    struct fixture *f = *state;
    put(f, "\"concurrencyPolicy\":\"Forbid\",");
    const char *uid = object_uid(fake_server_get(f->server, &api_resource_batch_cron_job, "a", "tick"));
    fixture_put(f, &api_resource_batch_job,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"hand\",\"ownerReferences\":[{\"apiVersion\":\"batch/"
                "v1\",\"kind\":"
                "\"CronJob\",\"name\":\"tick\",\"uid\":\"%s\",\"controller\":true}]},\"spec\":{}}",
                uid);
    fixture_run(f, 1);
    assert_int_equal(
        api_batch_cron_job_of(fake_server_get(f->server, &api_resource_batch_cron_job, "a", "tick"))->status.n_active,
        0);
    assert_int_equal(fixture_events(f, "UnexpectedJob"), 1);
    fixture_run(f, 601);
    assert_int_equal(fixture_events(f, "SuccessfulCreate"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules),
        cmocka_unit_test_setup_teardown(starts_by_the_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(forbids_two_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deleted_job_is_missed, setup, teardown),
        cmocka_unit_test_setup_teardown(jobs_made_by_hand_do_not_count, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
