/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Watches: where they begin, what those see who select, marks, ends, forms. */
#include "apiserver/fixture.h"

#define MAPS "/api/v1/namespaces/default/configmaps"

static uint64_t revision_of(const char *answer)
{
    const char *found = strstr(answer, "\"resourceVersion\":\"");
    assert_non_null(found);
    return strtoull(found + 19, NULL, 10);
}

static uint64_t make(struct fixture *f, const char *name, const char *label)
{
    char body[128];
    snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"x\":\"%s\"}}}", name, label);
    const char *answer = ask(f, "POST", MAPS, body);
    expect(answer, "201 Created");
    return revision_of(answer);
}

static uint64_t relabel(struct fixture *f, const char *name, const char *label)
{
    char body[128], path[128];
    snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"x\":\"%s\"}}}", name, label);
    snprintf(path, sizeof(path), MAPS "/%s", name);
    const char *answer = ask(f, "PUT", path, body);
    expect(answer, "200 OK");
    return revision_of(answer);
}

/* Begins a watch of its own connection. */
static void watch_path(struct fixture *f, struct connection *watch, const char *headers, const char *format, ...)
{
    char path[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    *watch = (struct connection){ 0 };
    connection_open(f, watch);
    char *text = NULL;
    assert_true(asprintf(&text, "GET %s HTTP/1.1\r\nhost: t\r\n%s\r\n", path, headers) > 0);
    stream_write(watch->stream, str_of(text));
    free(text);
    run(f);
}

#define watch_maps(f, watch, ...) watch_path(f, watch, "", MAPS "?watch=1&" __VA_ARGS__)

/* The events so far, as "ADDED a 5, MODIFIED a 6": type, name, revision; then they are forgotten. */
static void expect_events_(struct connection *watch, const char *expected, int line)
{
    char text[1024] = "";
    size_t size = 0;
    const char *at = watch->in.size == 0 ? "" : watch->in.data;
    while ((at = strstr(at, "{\"type\":\"")) != NULL) {
        at += 9;
        const char *name = strstr(at, "\"name\":\""), *revision = strstr(at, "\"resourceVersion\":\""),
                   *next = strstr(at, "{\"type\":\"");
        if (next != NULL && name > next)
            name = NULL;
        size +=
            (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s %.*s %lu", size == 0 ? "" : ", ",
                             (int)strcspn(at, "\""), at, name == NULL ? 1 : (int)strcspn(name + 8, "\""),
                             name == NULL ? "-" : name + 8, revision == NULL ? 0 : strtoul(revision + 19, NULL, 10));
    }
    if (strcmp(text, expected) != 0) {
        print_error("line %d: expected %s, got %s in:\n%s\n", line, expected, text,
                    watch->in.size == 0 ? "" : watch->in.data);
        fail();
    }
    buffer_clear(&watch->in);
}
#define expect_events(watch, expected) expect_events_((watch), (expected), __LINE__)

/* "watch from version: ordered ADDED/MODIFIED/DELETED after that version" */
static void test_from_revision(void **state)
{
    struct fixture *f = *state;
    struct connection watch, from_now;
    make(f, "a", "1"); /* 3 */
    make(f, "b", "1");
    relabel(f, "a", "2");
    expect(ask(f, "DELETE", MAPS "/b", ""), "200 OK");
    watch_maps(f, &watch, "resourceVersion=3");
    expect_events(&watch, "ADDED b 4, MODIFIED a 5, DELETED b 6");
    watch_maps(f, &from_now, "resourceVersion=6");
    expect_events(&from_now, "");
    make(f, "c", "1");
    expect_events(&watch, "ADDED c 7");
    expect_events(&from_now, "ADDED c 7");
    connection_close(&watch);
    connection_close(&from_now);
    /* "any": what is there, then what happens */
    watch_maps(f, &watch, "resourceVersion=0");
    expect_events(&watch, "ADDED a 5, ADDED c 7");
    connection_close(&watch);
    watch_maps(f, &watch, "");
    expect_events(&watch, "ADDED a 5, ADDED c 7");
    connection_close(&watch);
}

/* Upstream lets a watch wait for a revision that is yet to come, and tells it only what is newer. */
static void test_from_the_future(void **state)
{
    struct fixture *f = *state;
    struct connection watch;
    make(f, "a", "1"); /* 3 */
    watch_maps(f, &watch, "resourceVersion=5&allowWatchBookmarks=true");
    make(f, "b", "1");
    loop_run_until(f->loop, loop_now(f->loop) + 70 * USEC_PER_SEC);
    expect_events(&watch, ""); /* no mark behind the revision asked for */
    make(f, "c", "1");
    expect_events(&watch, "");
    make(f, "d", "1");
    expect_events(&watch, "ADDED d 6");
    connection_close(&watch);
}

/* "too-old version: 410 Gone as ERROR event" */
static void test_too_old(void **state)
{
    struct fixture *f = *state;
    struct connection watch;
    make(f, "a", "1"); /* 3 */
    for (int i = 0; i < 1100; i++) {
        if (i < 3)
            loop_run_until(f->loop, loop_now(f->loop) + 101 * USEC_PER_SEC);
        relabel(f, "a", i % 2 == 0 ? "2" : "1");
    }
    watch_maps(f, &watch, "resourceVersion=2");
    expect(watch.in.data, "200 OK");
    expect(watch.in.data, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                          "\"status\":\"Failure\",\"message\":\"too old resource version: 2 (");
    expect(watch.in.data, "\"reason\":\"Expired\",\"code\":410}}");
    expect(watch.in.data, "\r\n0\r\n\r\n");
    connection_close(&watch);
    /* The length-delimited form ends with such a message, too. */
    watch_path(f, &watch, "accept: application/vnd.kubernetes.protobuf;stream=watch\r\n",
               MAPS "?watch=1&resourceVersion=2");
    expect(watch.in.data, "content-type: application/vnd.kubernetes.protobuf;stream=watch");
    assert_non_null(memmem(watch.in.data, watch.in.size, "ERROR", 5));
    assert_non_null(memmem(watch.in.data, watch.in.size, "Expired", 7));
    connection_close(&watch);
}

/* "sendInitialEvents (WatchList): stream of current state then bookmark annotated as initial end" */
static void test_watch_list(void **state)
{
    struct fixture *f = *state;
    struct connection watch;
    make(f, "a", "1"); /* 3 */
    make(f, "b", "2");
    static const char mark[] = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\","
                               "\"metadata\":{\"resourceVersion\":\"4\",\"annotations\":{"
                               "\"k8s.io/initial-events-end\":\"true\"}}}}\n";
#define INITIAL "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
    static const char *const from[] = { "", "resourceVersion=0&", "resourceVersion=3&", "resourceVersion=4&" };
    for (size_t i = 0; i < countof(from); i++) {
        watch_maps(f, &watch, "%s" INITIAL "allowWatchBookmarks=true", from[i]);
        expect(watch.in.data, mark);
        expect_events(&watch, "ADDED a 3, ADDED b 4, BOOKMARK - 4");
        connection_close(&watch);
    }
    watch_maps(f, &watch, INITIAL "allowWatchBookmarks=true&labelSelector=x%%3D2");
    expect_events(&watch, "ADDED b 4, BOOKMARK - 4");
    connection_close(&watch);
    /* Without marks there is none at the end either. */
    watch_maps(f, &watch, INITIAL "x=y");
    expect_events(&watch, "ADDED a 3, ADDED b 4");
    connection_close(&watch);
    /* The oldest form is the same in other words. */
    watch_maps(f, &watch, "allowWatchBookmarks=true");
    expect(watch.in.data, mark);
    connection_close(&watch);
    /* Not wanted: from now on. */
    watch_maps(f, &watch, "sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    expect_events(&watch, "");
    make(f, "c", "1");
    expect_events(&watch, "ADDED c 5");
    connection_close(&watch);
}

/* A revision that is yet to come is waited for by those who want what is there then. */
static void test_watch_list_waits(void **state)
{
    struct fixture *f = *state;
    struct connection watch, late;
    make(f, "a", "1"); /* 3 */
    watch_maps(f, &watch, INITIAL "resourceVersion=4");
    watch_maps(f, &late, INITIAL "resourceVersion=9999");
    assert_int_equal(watch.in.size, 0);
    make(f, "b", "1");
    run(f);
    expect_events(&watch, "ADDED a 3, ADDED b 4");
    assert_int_equal(late.in.size, 0);
    loop_run_until(f->loop, loop_now(f->loop) + 4 * USEC_PER_SEC);
    expect(late.in.data, "200 OK");
    expect(late.in.data, "{\"type\":\"ERROR\"");
    expect(late.in.data, "\"message\":\"Timeout: Too large resource version: 9999, current: 4\",\"reason\":\"Timeout\","
                         "\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"");
    expect(late.in.data, "\"retryAfterSeconds\":1},\"code\":504");
    connection_close(&watch);
    connection_close(&late);
}

/* "bookmarks: periodic"; "watch timeout: timeoutSeconds, server picks a random minimum otherwise" */
static void test_marks_and_ends(void **state)
{
    struct fixture *f = *state;
    struct connection watch, silent, endless;
    make(f, "a", "1"); /* 3 */
    watch_maps(f, &watch, "resourceVersion=3&allowWatchBookmarks=true&timeoutSeconds=100");
    watch_maps(f, &silent, "resourceVersion=3&timeoutSeconds=100");
    watch_maps(f, &endless, "resourceVersion=3");
    expect(ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"other\"}}"), "201 Created");
    loop_run_until(f->loop, loop_now(f->loop) + 70 * USEC_PER_SEC);
    expect_events(&watch, "BOOKMARK - 4"); /* not its own revision: it need not see again what is not its */
    loop_run_until(f->loop, loop_now(f->loop) + 29 * USEC_PER_SEC);
    expect_events(&watch, "BOOKMARK - 4"); /* two seconds before the end */
    loop_run_until(f->loop, loop_now(f->loop) + 2 * USEC_PER_SEC);
    expect(watch.in.data, "0\r\n\r\n");
    expect_events(&silent, "");
    buffer_clear(&endless.in);
    loop_run_until(f->loop, loop_now(f->loop) + 1690 * USEC_PER_SEC);
    assert_int_equal(endless.in.size, 0);
    loop_run_until(f->loop, loop_now(f->loop) + 1811 * USEC_PER_SEC);
    expect(endless.in.data, "0\r\n\r\n");
    connection_close(&watch);
    connection_close(&silent);
    connection_close(&endless);
    connection_close(&f->main); /* was idle for too long */
    f->main = (struct connection){ 0 };
    connection_open(f, &f->main);
}

/* "watch with selectors: objects leaving the selector appear as DELETED, entering as ADDED" */
static void test_selectors(void **state)
{
    struct fixture *f = *state;
    struct connection watch, one, old;
    make(f, "a", "1"); /* 3 */
    make(f, "b", "2");
    watch_maps(f, &watch, "labelSelector=x%%3D1&resourceVersion=4");
    watch_maps(f, &one, "fieldSelector=metadata.name%%3Da&resourceVersion=4");
    watch_path(f, &old, "", "/api/v1/watch/namespaces/default/configmaps/a?resourceVersion=4");
    relabel(f, "b", "1");
    expect_events(&watch, "ADDED b 5");
    make(f, "c", "2");
    make(f, "d", "2");
    relabel(f, "b", "3");
    expect(watch.in.data, "{\"x\":\"1\"}"); /* its last state that was selected */
    expect_events(&watch, "DELETED b 8");
    relabel(f, "a", "9");
    expect_events(&watch, "DELETED a 9");
    expect(ask(f, "DELETE", MAPS "/a", ""), "200 OK");
    expect_events(&watch, ""); /* was gone already */
    expect_events(&one, "MODIFIED a 9, DELETED a 10");
    expect_events(&old, "MODIFIED a 9, DELETED a 10");
    connection_close(&watch);
    connection_close(&one);
    connection_close(&old);
    watch_path(f, &old, "", "/api/v1/watch/configmaps?labelSelector=x%%3D3");
    expect_events(&old, "ADDED b 8");
    connection_close(&old);
    watch_path(f, &old, "", "/api/v1/watch/namespaces/default");
    expect(old.in.data, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Namespace\"");
    connection_close(&old);
    expect(ask(f, "GET", "/api/v1/watch/namespaces/default/configmaps/a?fieldSelector=metadata.name%3Db", ""),
           "fieldSelector metadata.name doesn't match requested name");
    expect(ask(f, "GET", MAPS "/c?watch=1", ""), "{\"kind\":\"ConfigMap\""); /* a get, as upstream's */
    expect(ask(f, "GET", MAPS "?watch=1&labelSelector=x+in", ""), "400 Bad Request");
    expect(ask(f, "GET", MAPS "?watch=1&fieldSelector=spec.foo%3D1", ""), "400 Bad Request");
}

/* Rows and metadata, marks too. */
static void test_shapes(void **state)
{
    struct fixture *f = *state;
    struct connection watch;
    make(f, "a", "1"); /* 3 */
    watch_path(f, &watch, "accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io\r\n",
               MAPS "?watch=1&" INITIAL "allowWatchBookmarks=1");
    expect(watch.in.data, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":"
                          "\"meta.k8s.io/v1\",\"metadata\":{\"name\":\"a\"");
    expect(watch.in.data, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":"
                          "\"meta.k8s.io/v1\",\"metadata\":{\"resourceVersion\":\"3\"");
    connection_close(&watch);
    watch_path(f, &watch, "accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n",
               MAPS "?watch=1&includeObject=None&" INITIAL "allowWatchBookmarks=1");
    expect(watch.in.data, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\","
                          "\"metadata\":{\"resourceVersion\":\"3\"},\"columnDefinitions\":[{");
    const char *mark = strstr(watch.in.data, "{\"type\":\"BOOKMARK\"");
    expect(mark, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\","
                 "\"metadata\":{\"resourceVersion\":\"3\"}");
    expect(mark, "k8s.io/initial-events-end");
    assert_null(strstr(mark, "columnDefinitions\":[{")); /* only with the first event */
    connection_close(&watch);
}

/* "event order: all watchers of a kind see the same order" */
static void test_order(void **state)
{
    struct fixture *f = *state;
    struct connection watches[8];
    make(f, "a", "0");
    for (size_t i = 0; i < countof(watches); i++)
        watch_maps(f, &watches[i], "resourceVersion=%zu", 3 + i % 2);
    make(f, "b", "0");
    for (int i = 0; i < 20; i++)
        relabel(f, i % 3 == 0 ? "a" : "b", i % 2 == 0 ? "1" : "2");
    for (size_t i = 0; i < countof(watches); i++) {
        const char *first = strstr(watches[i % 2].in.data, "{\"type\""), *one = strstr(watches[i].in.data, "{\"type\"");
        assert_string_equal(first, one);
    }
    for (size_t i = 0; i < countof(watches); i++)
        connection_close(&watches[i]);
}

/* One who does not read loses its place in the end, and nobody else notices. */
static void test_slow_watcher_dropped(void **state)
{
    struct fixture *f = *state;
    struct connection watch;
    const size_t capacity = 300 << 10;
    char *body = calloc(1, capacity);
    make(f, "a", "0");
    watch_maps(f, &watch, "resourceVersion=3");
    stream_read_stop(watch.stream);
    static const char head[] = "{\"metadata\":{\"name\":\"a\"},\"data\":{\"x\":\"";
    memset(body, 'x', 200 << 10);
    memcpy(body, head, sizeof(head) - 1);
    snprintf(body + (200 << 10), capacity - (200 << 10), "\"}}");
    for (int i = 0; i < 10; i++) { /* more than is queued for a peer */
        body[100 << 10] = (char)('a' + i);
        expect(ask(f, "PUT", MAPS "/a", body), "200 OK");
    }
    free(body);
    for (int i = 0; i < 1100; i++) {
        if (i < 3)
            loop_run_until(f->loop, loop_now(f->loop) + 101 * USEC_PER_SEC);
        relabel(f, "a", i % 2 == 0 ? "2" : "1");
    }
    buffer_clear(&watch.in);
    stream_read_start(watch.stream);
    run(f);
    expect(watch.in.data, "{\"type\":\"ERROR\"");
    expect(watch.in.data, "\"code\":410");
    expect(watch.in.data, "\r\n0\r\n\r\n");
    connection_close(&watch);
}

static void test_counted(void **state)
{
    struct fixture *f = *state;
    struct connection watch;
    make(f, "a", "1"); /* 3 */
    watch_maps(f, &watch, INITIAL "allowWatchBookmarks=1");
    make(f, "b", "1");
#define EVENTS "apiserver_watch_events_total{group=\"\",resource=\"configmaps\",version=\"v1\"} "
    expect(ask(f, "GET", "/metrics", ""), EVENTS "3\n");
    make(f, "c", "1");
    connection_close(&watch);
    run(f);
    const char *answer = ask(f, "GET", "/metrics", "");
    expect(answer, EVENTS "4\n");
    expect(answer, "apiserver_watch_list_duration_seconds_count{group=\"\",resource=\"configmaps\",scope=\"namespace\","
                   "version=\"v1\"} 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_from_revision, setup, teardown),
        cmocka_unit_test_setup_teardown(test_from_the_future, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_old, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch_list_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_marks_and_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selectors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_watcher_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
