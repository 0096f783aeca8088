/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Lists by the rules of resourceVersion, resourceVersionMatch, limit and continue. */
#include "apiserver/fixture.h"

#define MAPS "/api/v1/namespaces/default/configmaps"

static uint64_t make(struct fixture *f, const char *name)
{
    char body[128];
    snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"n\":\"%s\"}}}", name, name);
    const char *answer = ask(f, "POST", MAPS, body);
    expect(answer, "201 Created");
    return strtoull(strstr(answer, "\"resourceVersion\":\"") + 19, NULL, 10);
}

static void make_five(struct fixture *f)
{
    char name[8];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        make(f, name);
    }
}

/* So many changes, and so much time, that those before are forgotten. */
static void forget(struct fixture *f)
{
    char body[128];
    for (int i = 0; i < 1100; i++) {
        if (i < 3) /* not longer at once than a connection may be idle */
            loop_run_until(f->loop, loop_now(f->loop) + 101 * USEC_PER_SEC);
        snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"m0\"},\"data\":{\"i\":\"%d\"}}", i);
        expect(ask(f, "PUT", MAPS "/m0", body), "200 OK");
    }
}

static const char *list(struct fixture *f, const char *format, ...)
{
    char query[1024], path[1200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(query, sizeof(query), format, arguments);
    va_end(arguments);
    snprintf(path, sizeof(path), MAPS "?%s", query);
    return ask(f, "GET", path, "");
}

/* Of the answer, "" when it has none. */
static void token_of(const char *answer, char token[512])
{
    const char *found = strstr(answer, "\"continue\":\"");
    token[0] = '\0';
    if (found != NULL)
        snprintf(token, 512, "%.*s", (int)strcspn(found + 12, "\""), found + 12);
}

#define unexpected(answer, part) assert_null(strstr(answer, part))

/* "resourceVersionMatch: Exact, NotOlderThan; invalid mixes are 400" (those that upstream validates are 422). */
static void test_mixes(void **state)
{
    static const struct {
        const char *query, *answer;
    } cases[] = {
        { "resourceVersionMatch=Exact", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
                                        "resourceVersion is provided" },
        { "resourceVersionMatch=Some&resourceVersion=1",
          "resourceVersionMatch: Unsupported value: \\\"Some\\\": supported values: \\\"Exact\\\", "
          "\\\"NotOlderThan\\\", \\\"\\\"" },
        { "resourceVersionMatch=Exact&resourceVersion=0",
          "resourceVersionMatch: Forbidden: resourceVersionMatch \\\"exact\\\" is forbidden for resourceVersion "
          "\\\"0\\\"" },
        { "resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x",
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided" },
        { "resourceVersionMatch=Exact&continue=x",
          "ListOptions.meta.k8s.io \\\"\\\" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is "
          "forbidden unless resourceVersion is provided, resourceVersionMatch: Forbidden: resourceVersionMatch is "
          "forbidden when continue is provided]" },
        { "sendInitialEvents=true", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list" },
        { "watch=1&sendInitialEvents=true",
          "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan" },
        { "watch=1&sendInitialEvents=false&resourceVersionMatch=Exact",
          "resourceVersionMatch: Unsupported value: \\\"Exact\\\": supported values: \\\"NotOlderThan\\\"]" },
        { "watch=1&resourceVersionMatch=NotOlderThan", "resourceVersionMatch: Forbidden: resourceVersionMatch is "
                                                       "forbidden for watch unless sendInitialEvents is provided" },
        { "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x",
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < countof(cases); i++) {
        const char *answer = list(f, "%s", cases[i].query);
        expect(answer, "422 Unprocessable");
        expect(answer, cases[i].answer);
        expect(answer, "\"kind\":\"ListOptions\"");
    }
    expect(ask(f, "DELETE", MAPS "?resourceVersionMatch=Exact", ""), "forbidden unless resourceVersion is provided");
    expect(list(f, "resourceVersion=x"),
           "invalid resource version: resourceVersion: Invalid value: \\\"x\\\": strconv.ParseUint: parsing \\\"x\\\": "
           "invalid syntax");
    expect(list(f, "resourceVersion=x"), "400 Bad Request");
    expect(list(f, "watch=1&resourceVersion=-1"), "500 Internal Server Error");
    expect(list(f, "watch=1&resourceVersion=99999999999999999999"),
           "\"status\":\"Failure\",\"message\":\"resourceVersion: Invalid value: \\\"99999999999999999999\\\": "
           "strconv.ParseUint: parsing \\\"99999999999999999999\\\": value out of range\",\"code\":500}");
    expect(ask(f, "GET", MAPS "/a?resourceVersion=x", ""),
           "\"message\":\"resourceVersion: Invalid value: \\\"x\\\": strconv.ParseUint: parsing \\\"x\\\": invalid "
           "syntax\",\"code\":500}");
    expect(list(f, "continue=x!"), "invalid continue token: continue key is not valid");
    expect(list(f, "continue=x!"), "400 Bad Request");
    expect(list(f, "limit=x"), "strconv.ParseInt: parsing \\\"x\\\": invalid syntax");
}

/* "list with limit/continue: stable pages, remainingItemCount" */
static void test_pages(void **state)
{
    struct fixture *f = *state;
    char token[512];
    make_five(f);
    const char *answer = list(f, "limit=2");
    expect(answer, "\"remainingItemCount\":3");
    token_of(answer, token);
    /* {"v":"meta.k8s.io/v1","rv":...,"start":"m1\u0000"} */
    assert_memory_equal(token, "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6", 36);
    expect(list(f, "limit=2&resourceVersion=2&continue=%s", token),
           "specifying resource version is not allowed when using continue");
    /* A page shows the state of the first page, whatever happened in between. */
    expect(ask(f, "DELETE", MAPS "/m2", ""), "200 OK");
    make(f, "m11");
    answer = list(f, "limit=2&continue=%s", token);
    expect(answer, "\"m2\"");
    expect(answer, "\"m3\"");
    expect(answer, "\"remainingItemCount\":1");
    unexpected(answer, "m11");
    token_of(answer, token);
    answer = list(f, "limit=2&continue=%s", token);
    expect(answer, "\"m4\"");
    unexpected(answer, "\"continue\"");
    unexpected(answer, "remainingItemCount");
    /* Not counted with selectors; no token when nothing else is selected. */
    answer = list(f, "limit=2&labelSelector=n+in+(m0,m1,m3)");
    expect(answer, "\"continue\"");
    unexpected(answer, "remainingItemCount");
    unexpected(list(f, "limit=2&labelSelector=n+in+(m0,m3)"), "\"continue\"");
    /* Over all namespaces the token names the namespace, too; the path's own is not left. */
    answer = ask(f, "GET", "/api/v1/configmaps?limit=2", "");
    expect(answer, "\"remainingItemCount\":3");
    token_of(answer, token);
    char path[700];
    snprintf(path, sizeof(path), "/api/v1/configmaps?continue=%s", token);
    expect(ask(f, "GET", path, ""), "\"m3\"");
}

/* However they are cut, and whatever happens meanwhile, each page tells what is behind it at the list's revision. */
static void test_many_pages(void **state)
{
    static const char *const paths[] = { MAPS, "/api/v1/configmaps" };
    struct fixture *f = *state;
    char name[8], token[512] = "", path[700], part[64];
    for (int i = 0; i < 23; i++) {
        snprintf(name, sizeof(name), "n%02d", i);
        make(f, name);
    }
    for (int i = 0; i < 2; i++) {
        for (int seen = 0, limit = 1; seen < 23; seen += limit, limit = 1 + limit % 4) {
            snprintf(path, sizeof(path), "%s?limit=%d&continue=%s", paths[i], limit, token);
            const char *answer = ask(f, "GET", path, "");
            snprintf(part, sizeof(part), "\"name\":\"n%02d\"", seen);
            expect(answer, part);
            snprintf(part, sizeof(part), "\"remainingItemCount\":%d}", 23 - seen - limit);
            if (seen + limit < 23)
                expect(answer, part);
            token_of(answer, token);
            if (seen == 6)
                make(f, i == 0 ? "n07x" : "n07y"); /* is not there at the list's revision */
        }
        assert_string_equal(token, "");
        expect(ask(f, "DELETE", i == 0 ? MAPS "/n07x" : MAPS "/n07y", ""), "200 OK");
    }
}

/* "consistent reads from cache": whoever has been told of a write sees it, and the list says how new it is. */
static void test_consistent(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        char name[8], part[64];
        snprintf(name, sizeof(name), "c%d", i);
        uint64_t revision = make(f, name);
        const char *answer = list(f, "limit=100");
        snprintf(part, sizeof(part), "\"metadata\":{\"resourceVersion\":\"%llu\"}", (unsigned long long)revision);
        expect(answer, part);
        snprintf(part, sizeof(part), "\"name\":\"%s\"", name);
        expect(answer, part);
    }
}

/* "resourceVersion=0: served from cache without quorum", which heeds no limit, as upstream's. */
static void test_any(void **state)
{
    struct fixture *f = *state;
    make_five(f);
    const char *answer = list(f, "resourceVersion=0&limit=2");
    expect(answer, "\"m4\"");
    unexpected(answer, "\"continue\"");
    expect(list(f, "resourceVersion=0&resourceVersionMatch=NotOlderThan"), "\"m4\"");
    expect(ask(f, "GET", MAPS "/m1?resourceVersion=0", ""), "200 OK");
}

/* "snapshot lists from cache: exact old versions" */
static void test_exact(void **state)
{
    struct fixture *f = *state;
    char text[64];
    make_five(f);
    uint64_t then = make(f, "then");
    expect(ask(f, "DELETE", MAPS "/then", ""), "200 OK");
    expect(ask(f, "PUT", MAPS "/m0", "{\"metadata\":{\"name\":\"m0\"},\"data\":{\"x\":\"new\"}}"), "200 OK");
    const char *answer = list(f, "resourceVersion=%llu&resourceVersionMatch=Exact", (unsigned long long)then);
    expect(answer, "\"then\"");
    unexpected(answer, "\"new\"");
    snprintf(text, sizeof(text), "\"metadata\":{\"resourceVersion\":\"%llu\"}", (unsigned long long)then);
    expect(answer, text);
    /* Without a match, a limit makes it exact, too; without a limit it is "not older". */
    expect(list(f, "resourceVersion=%llu&limit=10", (unsigned long long)then), "\"then\"");
    unexpected(list(f, "resourceVersion=%llu", (unsigned long long)then), "\"then\"");
    unexpected(list(f, "resourceVersion=%llu&resourceVersionMatch=NotOlderThan&limit=10", (unsigned long long)then),
               "\"then\"");
    /* One by its name. */
    expect(list(f, "resourceVersion=%llu&resourceVersionMatch=Exact&fieldSelector=metadata.name%%3Dthen",
                (unsigned long long)then),
           "\"then\"");
    unexpected(list(f, "resourceVersion=%llu&limit=1&fieldSelector=metadata.name%%3Dthen", (unsigned long long)then),
               "\"name\":\"then\"");
    forget(f);
    expect(list(f, "resourceVersion=%llu&resourceVersionMatch=Exact", (unsigned long long)then),
           "\"message\":\"The resourceVersion for the provided list is too old.\",\"reason\":\"Expired\",\"code\":410");
}

/* "expired continue: 410 with a fresh inconsistent token", which works. */
static void test_expired_continue(void **state)
{
    struct fixture *f = *state;
    char token[512];
    make_five(f);
    token_of(list(f, "limit=2"), token);
    forget(f);
    const char *answer = list(f, "limit=2&continue=%s", token);
    expect(answer, "410 Gone");
    expect(answer, "\"reason\":\"Expired\"");
    expect(answer, "The provided continue parameter is too old to display a consistent list result.");
    token_of(answer, token);
    assert_string_not_equal(token, "");
    answer = list(f, "limit=2&continue=%s", token);
    expect(answer, "200 OK");
    expect(answer, "\"m2\"");
    expect(answer, "\"m3\"");
    unexpected(answer, "\"m1\"");
    token_of(answer, token); /* the rest is of one revision again */
    make(f, "m5");
    answer = list(f, "limit=2&continue=%s", token);
    expect(answer, "\"m4\"");
    unexpected(answer, "\"m5\"");
}

static void wait_minutes(struct fixture *f, int minutes)
{
    connection_close(&f->main); /* the server closes those that are quiet for long */
    loop_run_until(f->loop, loop_now(f->loop) + minutes * 60 * USEC_PER_SEC);
    f->main = (struct connection){ 0 };
    connection_open(f, &f->main);
}

/* Also when all that happened since is known: clients must not come to rely on how much that is. */
static void test_pages_have_five_minutes(void **state)
{
    struct fixture *f = *state;
    char token[512], quiet[512];
    make_five(f);
    token_of(list(f, "limit=2"), token);
    make(f, "m5");
    wait_minutes(f, 4);
    expect(list(f, "limit=2&continue=%s", token), "200 OK");
    wait_minutes(f, 3);
    expect(list(f, "limit=2&continue=%s", token), "410 Gone");
    token_of(list(f, "limit=2"), quiet);
    wait_minutes(f, 7); /* nothing was written since: it is no old list */
    expect(list(f, "limit=2&continue=%s", quiet), "200 OK");
}

/* Revisions to come are waited for, not for ever. */
static void test_too_large(void **state)
{
    struct fixture *f = *state;
    struct connection other = { 0 };
    uint64_t now = make(f, "a");
    char text[256];
    connection_open(f, &other);
    snprintf(text, sizeof(text), "GET " MAPS "?resourceVersion=%llu HTTP/1.1\r\nhost: t\r\n\r\n",
             (unsigned long long)now + 1);
    stream_write(other.stream, str_of(text));
    run(f);
    assert_int_equal(other.in.size, 0);
    make(f, "b");
    run(f);
    expect(other.in.data, "200 OK");
    expect(other.in.data, "\"b\"");
    buffer_clear(&other.in);
    stream_write(other.stream, STR("GET " MAPS "/a?resourceVersion=99999 HTTP/1.1\r\nhost: t\r\n\r\n"));
    loop_run_until(f->loop, loop_now(f->loop) + 2900 * USEC_PER_MSEC);
    assert_int_equal(other.in.size, 0);
    run(f);
    run(f);
    expect(other.in.data, "504 Gateway Timeout");
    expect(other.in.data, "\"message\":\"Timeout: Too large resource version: 99999, current: ");
    expect(other.in.data, "\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\","
                          "\"message\":\"Too large resource version\"}],\"retryAfterSeconds\":1},\"code\":504");
    /* Not longer than the client wants. */
    buffer_clear(&other.in);
    stream_write(other.stream, STR("GET " MAPS "?resourceVersion=99999&timeout=1s HTTP/1.1\r\nhost: t\r\n\r\n"));
    loop_run_until(f->loop, loop_now(f->loop) + 900 * USEC_PER_MSEC);
    assert_int_equal(other.in.size, 0);
    loop_run_until(f->loop, loop_now(f->loop) + 200 * USEC_PER_MSEC);
    expect(other.in.data, "504 Gateway Timeout");
    expect(other.in.data, "Timeout: request did not complete within the allotted timeout");
    expect(list(f, "timeout=0s"), "200 OK");
    expect(list(f, "timeout=soon"),
           "invalid timeout specified in the request URL - time: invalid duration \\\"soon\\\"");
    expect(list(f, "timeout=soon"), "400 Bad Request");
    /* One that waits when the server ends. */
    stream_write(other.stream, STR("GET " MAPS "?resourceVersion=99999 HTTP/1.1\r\nhost: t\r\n\r\n"));
    run(f);
    connection_close(&other);
    run(f);
}

/* deletecollection means what a list with its options would show. */
static void test_delete_collection(void **state)
{
    struct fixture *f = *state;
    char token[512], path[700];
    make_five(f);
    const char *answer = ask(f, "DELETE", MAPS "?limit=2", "");
    expect(answer, "\"m1\"");
    unexpected(answer, "\"m2\"");
    expect(answer, "\"remainingItemCount\":3");
    token_of(answer, token);
    answer = list(f, "limit=9");
    unexpected(answer, "\"m1\"");
    expect(answer, "\"m2\"");
    snprintf(path, sizeof(path), MAPS "?limit=1&continue=%s", token);
    expect(ask(f, "DELETE", path, ""), "\"m2\"");
    expect(ask(f, "DELETE", MAPS "?labelSelector=n%3Dm3", ""), "\"m3\"");
    expect(ask(f, "DELETE", MAPS "?fieldSelector=metadata.name%3Dm4", ""), "\"m4\"");
    expect(list(f, "limit=9"), "\"items\":[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mixes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_consistent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expired_continue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_have_five_minutes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete_collection, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
