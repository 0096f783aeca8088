/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The server over HTTP/1.1 on a memory stream, with the memory store, on virtual time. */

#include "apiserver/fixture.h"

#define MAPS "/api/v1/namespaces/default/configmaps"

static void test_create_get_list_update_delete(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"1\"}},\"data\":{\"k\":\"v\"}}");
    expect(answer, "201 Created");
    expect(answer, "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"namespace\":"
                   "\"default\",\"uid\":\"");
    expect(answer, "\"resourceVersion\":\"3\",\"creationTimestamp\":\"2026-09-21T");
    expect(answer, "\"data\":{\"k\":\"v\"}}");

    expect(ask(f, "GET", MAPS "/a", ""), "\"data\":{\"k\":\"v\"}}");
    answer = ask(f, "GET", MAPS, "");
    expect(answer, "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"3\"},"
                   "\"items\":[{\"metadata\":");
    expect(ask(f, "GET", MAPS "?labelSelector=x%3D2", ""), "\"items\":[]}");
    expect(ask(f, "GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Da", ""), "\"name\":\"a\"");

    answer = ask(f, "PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"w\"}}");
    expect(answer, "200 OK");
    expect(answer, "\"resourceVersion\":\"4\"");
    answer = ask(f, "PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"3\"},\"data\":{}}");
    expect(answer, "409 Conflict");
    expect(answer,
           "Operation cannot be fulfilled on configmaps \\\"a\\\": the object has been modified; please apply your "
           "changes to the latest version and try again");
    expect(answer, "\"reason\":\"Conflict\",\"details\":{\"name\":\"a\",\"kind\":\"configmaps\"},\"code\":409");

    answer = ask(f, "DELETE", MAPS "/a", "");
    expect(answer, "\"status\":\"Success\",\"details\":{\"name\":\"a\",\"kind\":\"configmaps\",\"uid\":\"");
    answer = ask(f, "GET", MAPS "/a", "");
    expect(answer, "404 Not Found");
    expect(answer, "\"message\":\"configmaps \\\"a\\\" not found\",\"reason\":\"NotFound\"");
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"), "201 Created");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"), "configmaps \\\"a\\\" already exists");
    expect(ask(f, "POST", "/api/v1/namespaces/none/configmaps", "{\"metadata\":{\"name\":\"a\"}}"),
           "namespaces \\\"none\\\" not found");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"),
           "\"details\":{\"name\":\"a\",\"kind\":\"configmaps\"}");
    expect(
        ask(f, "POST", MAPS, "{\"kind\": x}"),
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: "
        "invalid character 'x' looking for beginning of value ({\\\"kind\\\": x})");
    expect(ask(f, "POST", MAPS, "[1]"), " (5b315d)");
    expect(ask(f, "POST", MAPS, ""), "unexpected end of JSON input (\\u003cempty\\u003e)");
    expect(
        ask(f, "POST", MAPS, "{\"kind\":\"Job\",\"apiVersion\":\"batch/v1\"}"),
        "Job in version \\\"v1\\\" cannot be handled as a ConfigMap: converting (v1.Job) to (core.ConfigMap): unknown");
    expect(ask(f, "POST", MAPS, "{\"data\":{\"a\":1}}"), "ConfigMap in version \\\"v1\\\" cannot be handled as a "
                                                         "ConfigMap: json: cannot unmarshal number into Go struct");
    expect(ask(f, "POST", MAPS "?fieldValidation=Some", "{}"),
           "CreateOptions.meta.k8s.io \\\"\\\" is invalid: fieldValidation: ");
    expect(ask(f, "GET", MAPS "?resourceVersionMatch=Exact", ""),
           "\"details\":{\"group\":\"meta.k8s.io\",\"kind\":\"ListOptions\",\"causes\":[{\"reason\":"
           "\"FieldValueForbidden\"");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"b\",\"namespace\":\"other\"}}"),
           "the namespace of the provided object does not match the namespace sent on the request");
    expect(ask(f, "POST", MAPS "?fieldValidation=Strict", "{\"metadata\":{\"name\":\"b\"},\"extra\":1}"),
           "ConfigMap in version \\\"v1\\\" cannot be handled as a ConfigMap: strict decoding error: unknown field "
           "\\\"extra\\\"");
    expect(ask(f, "POST", MAPS "?dryRun=All", "{\"metadata\":{\"name\":\"b\"},\"extra\":1}"),
           "warning: 299 - \"unknown field \\\"extra\\\"\"");
    expect(ask(f, "GET", MAPS "/b", ""), "404 Not Found");
    expect(ask(f, "POST", "/api/v1/nodes/x", "{}"), "405 Method Not Allowed");
    expect(ask(f, "PUT", MAPS, "{}"), "405 Method Not Allowed");
    expect(ask(f, "DELETE", MAPS "/a?propagationPolicy=Some", ""),
           "\"kind\":\"DeleteOptions\",\"causes\":[{\"reason\":\"FieldValueNotSupported\"");
    expect(ask(f, "POST", "/version", ""), "405 Method Not Allowed");
    expect(ask(f, "POST", "/api/v1", "{}"), "the server does not allow this method on the requested resource");
    expect(ask(f, "POST", "/api/v1/pods", "{}"), "405 Method Not Allowed");
    expect(ask(f, "GET", "/apis/apps/v9", ""), "\"message\":\"the server could not find the requested resource\"");
    expect(ask(f, "GET", MAPS "?limit=", ""), "strconv.ParseInt: parsing \\\"\\\": invalid syntax");
    expect(ask(f, "GET", MAPS "?limit=99999999999999999999", ""), "value out of range");
    expect(ask(f, "GET", "/api/v1/namespaces/default/status/more", ""), "404 Not Found");
    expect(ask_with(f, "PATCH", MAPS "/a", "content-type: application/json-patch+json\r\n", "{}"),
           "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp");
    expect(ask_with(f, "PATCH", MAPS "/a", "content-type: application/merge-patch+json\r\n", "[1]"),
           "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}");
    expect(ask_with(f, "PATCH", MAPS "/a", "content-type: application/merge-patch+json\r\n", ""),
           "error decoding patch: unexpected end of JSON input");
    expect(ask(f, "GET", "/api/v1/unknowns", ""), "the server could not find the requested resource");
    expect(ask_with(f, "POST", MAPS, "content-type: text/html\r\n", "x"), "415 Unsupported Media Type");
    expect(ask_with(f, "GET", MAPS, "accept: text/html\r\n", ""), "406 Not Acceptable");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"generateName\":\"g-\"}}"), "\"name\":\"g-");
    char *large = calloc(1, (3 << 20) + 2); /* the last request: the connection is closed after it */
    memset(large, 'x', (3 << 20) + 1);
    expect(ask(f, "POST", MAPS, large),
           "\"message\":\"Request entity too large: limit is 3145728\",\"reason\":\"RequestEntityTooLarge\"");
    free(large);
}

static void test_pages(void **state)
{
    struct fixture *f = *state;
    char body[128];
    for (int i = 0; i < 5; i++) {
        snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"m%d\"}}", i);
        expect(ask(f, "POST", MAPS, body), "201 Created");
    }
    const char *answer = ask(f, "GET", MAPS "?limit=2", "");
    expect(answer, "\"remainingItemCount\":3");
    expect(answer, "\"m1\"");
    assert_null(strstr(answer, "\"m2\""));
    const char *token = strstr(answer, "\"continue\":\"");
    assert_non_null(token);
    token += strlen("\"continue\":\"");
    char path[1024];
    snprintf(path, sizeof(path), MAPS "?limit=2&continue=%.*s", (int)strcspn(token, "\""), token);
    /* A page shows the state of the first page, whatever happened in between. */
    expect(ask(f, "DELETE", MAPS "/m2", ""), "200 OK");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"m21\"}}"), "201 Created");
    answer = ask(f, "GET", path, "");
    expect(answer, "\"m2\"");
    expect(answer, "\"m3\"");
    assert_null(strstr(answer, "m21"));
    expect(ask(f, "DELETE", MAPS, ""), "ConfigMapList");
    expect(ask(f, "GET", MAPS, ""), "\"items\":[]");
}

static void test_watch(void **state)
{
    struct fixture *f = *state;
    struct connection watch = { 0 };
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"1\"}}}"), "201 Created");
    connection_open(f, &watch);
    stream_write(
        watch.stream,
        STR("GET " MAPS
            "?watch=1&labelSelector=x&allowWatchBookmarks=true&timeoutSeconds=300 HTTP/1.1\r\nhost: t\r\n\r\n"));
    run(f);
    expect(watch.in.data, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"ConfigMap\"");
    buffer_clear(&watch.in);
    expect(ask(f, "PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"2\"}}}"), "200 OK");
    expect(watch.in.data, "{\"type\":\"MODIFIED\",\"object\":");
    buffer_clear(&watch.in);
    /* Without the label it is not there any more, for this watcher. */
    expect(ask(f, "PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\"}}"), "200 OK");
    expect(watch.in.data, "{\"type\":\"DELETED\",\"object\":");
    expect(watch.in.data, "\"x\":\"2\"");
    expect(watch.in.data, "\"resourceVersion\":\"5\"");
    buffer_clear(&watch.in);
    loop_run_until(f->loop, loop_now(f->loop) + 61 * USEC_PER_SEC);
    expect(watch.in.data, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\","
                          "\"metadata\":{\"resourceVersion\":\"5\"");
    buffer_clear(&watch.in);
    loop_run_until(f->loop, loop_now(f->loop) + 300 * USEC_PER_SEC);
    expect(watch.in.data, "0\r\n\r\n"); /* ended politely */
    connection_close(&watch);
    connection_close(&f->main); /* was idle too long */
    f->main = (struct connection){ 0 };
    connection_open(f, &f->main);
    expect(ask(f, "GET", MAPS "?watch=1&resourceVersion=2&timeoutSeconds=1", ""), "{\"type\":\"ADDED\"");
}

static void test_paths(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "GET", "/readyz", ""), "\r\n\r\nok");
    expect(ask(f, "GET", "/livez?verbose", ""), "[+]ping ok\n");
    expect(ask(f, "GET", "/readyz?verbose", ""), "[+]poststarthook/crd-informer-synced ok\n");
    expect(ask(f, "GET", "/livez/poststarthook/scheduling/bootstrap-system-priority-classes", ""), "\r\n\r\nok");
    expect(ask(f, "GET", "/version", ""), "\"minor\": \"36\"");
    const char *described = ask_with(f, "GET", "/openapi/v3/api/v1",
                                     "accept: application/com.github.proto-openapi.spec.v3@v1.0+protobuf\r\n", "");
    expect(described, "200 OK");
    expect(described, "content-type: application/com.github.proto-openapi.spec.v3.v1.0+protobuf");
    expect(
        ask_with(f, "GET", "/openapi/v3", "accept: application/com.github.proto-openapi.spec.v3@v1.0+protobuf\r\n", ""),
        "content-type: application/json");
    const char *metrics = ask(f, "GET", "/metrics/slis", "");
    expect(metrics, "kubernetes_healthcheck{name=\"ping\",type=\"livez\"} 1\n");
    expect(metrics, "kubernetes_healthchecks_total{name=\"etcd-readiness\",status=\"success\",type=\"readyz\"} ");
    metrics = ask(f, "GET", "/metrics", "");
    assert_null(strstr(metrics, "kubernetes_healthcheck"));
    expect(metrics, "apiserver_request_total{");
    expect(metrics, "apiserver_admission_step_admission_duration_seconds_count{operation=\"CREATE\",rejected=\"false\","
                    "type=\"validate\"} ");
    expect(metrics, "apiserver_watch_cache_events_received_total{group=\"\",resource=\"namespaces\"} 1\n");
    expect(metrics, "apiserver_watch_cache_initializations_total{group=\"\",resource=\"namespaces\"} 1\n");
    expect(metrics, "apiserver_watch_cache_resource_version{group=\"\",resource=\"namespaces\"} ");
}

/* The direct client. */

struct direct {
    struct client_call call;
    int rc;
    char message[256];
    const struct object *object;
    bool done;
};

static void direct_done(struct client_call *call, const struct client_result *result)
{
    struct direct *direct = (struct direct *)call;
    direct->done = true;
    direct->rc = result->rc;
    snprintf(direct->message, sizeof(direct->message), "%s", result->err.message);
    direct->object = object_ref(result->object);
}

struct seen {
    int events[4];
    uint64_t revision;
    int ended;
};

static void seen_event(void *context, enum client_watch_event event, const struct object *object, uint64_t revision)
{
    struct seen *seen = context;
    (void)object;
    seen->events[event]++;
    seen->revision = revision;
}

static void seen_ended(void *context, int rc, const struct error *err)
{
    struct seen *seen = context;
    (void)rc;
    (void)err;
    seen->ended++;
}

static void test_direct(void **state)
{
    struct fixture *f = *state;
    static const struct client_watch_events events = { .event = seen_event, .ended = seen_ended };
    static const char *const groups[] = { "system:masters", NULL };
    struct client *client = api_server_client(f->server, "test", "system:admin", groups);
    struct seen seen = { 0 };
    struct client_watch_request from = { .resource = &api_resource_config_map };
    struct client_watch *watch = client_watch_open(client, &from, &events, &seen);
    run(f);
    assert_int_equal(seen.events[CLIENT_BOOKMARK], 1);
    assert_int_equal(seen.revision, 2);

    struct api_config_map map = { .metadata = { .name = "d", .namespace = "default" } };
    struct direct direct = { .call.done = direct_done };
    struct client_request request = {
        .verb = API_CREATE, .resource = &api_resource_config_map, .namespace_ = "default", .body = &map
    };
    client_call_start(client, &direct.call, &request);
    assert_false(direct.done);
    run(f);
    assert_true(direct.done);
    assert_int_equal(direct.rc, 0);
    assert_string_equal(object_key(direct.object), "default/d");
    assert_int_equal(seen.events[CLIENT_ADDED], 1);
    object_unref(direct.object);

    request.name = "missing";
    request.verb = API_DELETE;
    request.grace_seconds = -1;
    direct = (struct direct){ .call.done = direct_done };
    client_call_start(client, &direct.call, &request);
    run(f);
    assert_int_equal(direct.rc, -ERROR_NOT_FOUND);
    assert_string_equal(direct.message, "configmaps \"missing\" not found");

    client_watch_close(watch);
    client_destroy(client);
    run(f);
}

/* Everybody writes the same object at once: nobody is refused, nothing is lost. */
static void test_contention(void **state)
{
    enum { WRITERS = 40 };
    struct fixture *f = *state;
    struct client *client = api_server_client(f->server, "test", "system:admin", NULL);
    struct direct direct[WRITERS];
    char patch[64];
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"shared\"}}"), "201 Created");
    for (size_t i = 0; i < WRITERS; i++) {
        direct[i] = (struct direct){ .call.done = direct_done };
        snprintf(patch, sizeof(patch), "{\"data\":{\"k%zu\":\"v\"}}", i);
        struct client_request request = { .verb = API_PATCH,
                                          .resource = &api_resource_config_map,
                                          .namespace_ = "default",
                                          .name = "shared",
                                          .patch = str_of(patch),
                                          .patch_type = CLIENT_PATCH_MERGE };
        client_call_start(client, &direct[i].call, &request);
    }
    run(f);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_true(direct[i].done);
        assert_int_equal(direct[i].rc, 0);
        object_unref(direct[i].object);
    }
    const char *answer = ask(f, "GET", MAPS "/shared", "");
    for (size_t i = 0; i < WRITERS; i++) {
        snprintf(patch, sizeof(patch), "\"k%zu\":\"v\"", i);
        expect(answer, patch);
    }
    client_destroy(client);
    run(f);
}

/* A watcher that does not read costs no memory of ours beyond its share, and gets the rest when it reads again. */
static void test_slow_watcher(void **state)
{
    struct fixture *f = *state;
    struct connection watch = { 0 };
    connection_open(f, &watch);
    stream_write(watch.stream, STR("GET " MAPS "?watch=1 HTTP/1.1\r\nhost: t\r\n\r\n"));
    run(f);
    stream_read_stop(watch.stream);
    static const char head[] = "{\"metadata\":{\"generateName\":\"big-\"},\"data\":{\"x\":\"";
    char *body = malloc(200 << 10);
    memset(body, 'x', 200 << 10);
    memcpy(body, head, sizeof(head) - 1);
    strcpy(body + (180 << 10), "\"}}");
    for (int i = 0; i < 30; i++)
        expect(ask(f, "POST", MAPS, body), "201 Created");
    free(body);
    buffer_clear(&watch.in);
    stream_read_start(watch.stream);
    run(f);
    size_t events = 0;
    assert_non_null(watch.in.data);
    for (const char *at = watch.in.data; (at = strstr(at, "{\"type\":\"ADDED\"")) != NULL; at++)
        events++;
    assert_true(events >= 29); /* the first may have come before we stopped to read */
    connection_close(&watch);
}

#define MERGE_PATCH     "content-type: application/merge-patch+json\r\n"
#define STRATEGIC_PATCH "content-type: application/strategic-merge-patch+json\r\n"

/* What a patch makes must be an object of the kind. */
static void test_patches_of_wrong_types(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *type, *path, *patch, *part;
    } cases[] = {
        { MERGE_PATCH, MAPS "/m", "{\"data\":5}", "of type map[string]string\"" },
        { MERGE_PATCH, MAPS "/m", "{\"data\":5}", " \\\"\\\" is invalid: patch: Invalid value: \\\"{" },
        { MERGE_PATCH, MAPS "/m?fieldValidation=Strict", "{\"dat\":{}}",
          "strict decoding error: unknown field \\\"dat\\\"" },
        { STRATEGIC_PATCH, MAPS "/m", "{\"data\":{\"b\":\"x\",\"a\":5}}",
          "\"message\":\" \\\"\\\" is invalid: patch: Invalid value: \\\"map[data:map[a:5 b:x]]\\\": unrecognized "
          "type: string\"" },
        { STRATEGIC_PATCH, MAPS "/m", "{\"data\":[1,true,\"s\"]}",
          "patch: Invalid value: \\\"map[data:[1 true s]]\\\": cannot restore map from slice" },
        { STRATEGIC_PATCH, MAPS "/m", "{\"metadata\":{\"finalizers\":1.5}}",
          "map[metadata:map[finalizers:1.5]]\\\": cannot restore slice from int64" },
    };
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"m\"}}"), "201 Created");
    for (size_t i = 0; i < countof(cases); i++) {
        const char *answer = ask_with(f, "PATCH", cases[i].path, cases[i].type, cases[i].patch);
        expect(answer, "422 Unprocessable Entity");
        expect(answer, cases[i].part);
        expect(answer, "\"field\":\"patch\"");
    }
}

#define DEFAULT_PODS "/api/v1/namespaces/default/pods"
#define BUDGETS      "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
#define EVICT        DEFAULT_PODS "/p/eviction"

/* Clients ask again by themselves when the answer says after how long. */
static void test_refused_eviction(void **state)
{
    struct fixture *f = *state;
    static const char eviction[] = "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"p\"}}";
    static const char ready[] =
        "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
    expect(ask(f, "POST", "/api/v1/namespaces/default/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"),
           "201 Created");
    expect(ask(f, "POST", DEFAULT_PODS,
               "{\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"nodeName\":\"n\",\"containers\":[{"
               "\"name\":"
               "\"c\",\"image\":\"i\"}]}}"),
           "201 Created");
    expect(ask_with(f, "PATCH", DEFAULT_PODS "/p/status", "content-type: application/merge-patch+json\r\n", ready),
           "200 OK");
    expect(ask(f, "POST", BUDGETS,
               "{\"metadata\":{\"name\":\"b\"},\"spec\":{\"minAvailable\":1,\"selector\":{\"matchLabels\":{\"a\":\"b\"}"
               "}}}"),
           "201 Created");
    const char *answer = ask(f, "POST", EVICT, eviction);
    expect(answer, "429 Too Many Requests");
    expect(answer, "retry-after: 10\r\n");
    expect(
        ask_with(f, "PATCH", BUDGETS "/b/status", "content-type: application/merge-patch+json\r\n",
                 "{\"status\":{\"observedGeneration\":1,\"desiredHealthy\":1,\"currentHealthy\":1,\"expectedPods\":1,"
                 "\"disruptionsAllowed\":0}}"),
        "200 OK");
    answer = ask(f, "POST", EVICT, eviction);
    expect(answer, "429 Too Many Requests");
    expect(answer, "The disruption budget b needs 1 healthy pods and has 1 currently");
    assert_null(strstr(answer, "retry-after"));
}

/* The server goes while writes are on their way; the store brings them back when it closes. */
static void test_destroy_with_writes(void **state)
{
    struct fixture *f = *state;
    struct client *client = api_server_client(f->server, "test", "system:admin", NULL);
    struct api_config_map map = { .metadata = { .name = "w", .namespace = "default" } };
    struct direct direct[2] = { { .call.done = direct_done }, { .call.done = direct_done } };
    struct client_request request = {
        .verb = API_CREATE, .resource = &api_resource_config_map, .namespace_ = "default", .body = &map
    };
    for (size_t i = 0; i < 2; i++)
        client_call_start(client, &direct[i].call, &request);
    for (size_t i = 0; i < 2; i++)
        client_call_cancel(&direct[i].call);
    client_destroy(client);
    connection_close(&f->main);
    api_server_destroy(f->server);
    f->server = NULL;
    store_close(f->store);
    f->store = NULL;
    run(f);
    assert_false(direct[0].done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create_get_list_update_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_direct, setup, teardown),
        cmocka_unit_test_setup_teardown(test_contention, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_watcher, setup, teardown),
        cmocka_unit_test_setup_teardown(test_patches_of_wrong_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_eviction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroy_with_writes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
