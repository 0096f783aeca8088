/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apiserver/listing/continue_token.h"
#include "base/text/base64.h"

static const struct row {
    const char *method, *path, *query;
    const char *verb, *group, *version, *namespace_, *plural, *name, *subresource, *rest;
} rows[] = {
    { "GET", "/api/v1/pods", "", "list", "", "v1", "", "pods", "", "", "" },
    { "GET", "/api/v1/pods", "watch=true", "watch", "", "v1", "", "pods", "", "", "" },
    { "GET", "/api/v1/pods", "watch=0", "list", "", "v1", "", "pods", "", "", "" },
    { "GET", "/api/v1/namespaces/a/pods/p", "", "get", "", "v1", "a", "pods", "p", "", "" },
    { "HEAD", "/api/v1/namespaces/a/pods/p", "", "get", "", "v1", "a", "pods", "p", "", "" },
    { "GET", "/api/v1/watch/namespaces/a/pods", "", "watch", "", "v1", "a", "pods", "", "", "" },
    { "GET", "/api/v1/namespaces/a", "", "get", "", "v1", "a", "namespaces", "a", "", "" },
    { "PUT", "/api/v1/namespaces/a/finalize", "", "update", "", "v1", "a", "namespaces", "a", "finalize", "" },
    { "PATCH", "/api/v1/namespaces/a/status", "", "patch", "", "v1", "a", "namespaces", "a", "status", "" },
    { "DELETE", "/apis/apps/v1/namespaces/a/deployments", "", "deletecollection", "apps", "v1", "a", "deployments", "",
      "", "" },
    { "POST", "/apis/apps/v1/namespaces/a/deployments", "", "create", "apps", "v1", "a", "deployments", "", "", "" },
    { "GET", "/api/v1/namespaces/a/pods/p:80/proxy/x%20y/z", "", "get", "", "v1", "a", "pods", "p:80", "proxy",
      "/x%20y/z" },
    { "GET", "/apis/apps/v1/namespaces/a/deployments/d/scale", "", "get", "apps", "v1", "a", "deployments", "d",
      "scale", "" },
};

static void test_resources(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        const struct row *row = &rows[i];
        struct request request = { .namespace_ = "", .name = "", .subresource = "", .rest = "" };
        assert_int_equal(path_read(&request, str_of(row->method), str_of(row->path), str_of(row->query), NULL), 0);
        assert_true(request.is_resource);
        assert_string_equal(request.verb, row->verb);
        assert_string_equal(request.group, row->group);
        assert_string_equal(request.version, row->version);
        assert_string_equal(request.namespace_, row->namespace_);
        assert_string_equal(request.plural, row->plural);
        assert_string_equal(request.name, row->name);
        assert_string_equal(request.subresource, row->subresource);
        assert_string_equal(request.rest, row->rest);
        arena_fini(&request.arena);
    }
}

static void test_other_paths(void **state)
{
    static const char *const paths[] = { "/",     "/healthz",   "/api",          "/api/v1",
                                         "/apis", "/apis/apps", "/apis/apps/v1", "/version" };
    (void)state;
    for (size_t i = 0; i < countof(paths); i++) {
        struct request request = { .namespace_ = "" };
        assert_int_equal(path_read(&request, STR("GET"), str_of(paths[i]), STR("watch=1"), NULL), 0);
        assert_false(request.is_resource);
        assert_false(request.options.watch);
        assert_string_equal(request.verb, "get");
        assert_string_equal(request.path, paths[i]);
        arena_fini(&request.arena);
    }
}

static void test_bad_input(void **state)
{
    static const char *const bad[][2] = { { "/api/v1/pods/%zz", "" },
                                          { "/api/v1/pods/%00", "" },
                                          { "/api/v1/pods/%4", "" },
                                          { "/api/v1/pods", "limit=x" },
                                          { "/api/v1/pods", "fieldValidation=Maybe" },
                                          { "/api/v1/pods", "dryRun=Some" } };
    (void)state;
    for (size_t i = 0; i < countof(bad); i++) {
        struct request request = { .namespace_ = "" };
        assert_true(path_read(&request, STR("POST"), str_of(bad[i][0]), str_of(bad[i][1]), NULL) < 0);
        arena_fini(&request.arena);
    }
}

static void test_continue(void **state)
{
    static const struct {
        const char *json, *problem;
    } cases[] = {
        { "{}", "server does not recognize this encoded version" },
        { "{\"v\":\"meta.k8s.io/v1\",\"start\":\"a\"}", "incorrect encoded start resourceVersion" },
        { "{\"v\":\"meta.k8s.io/v1\",\"rv\":0,\"start\":\"a\"}", "incorrect encoded start resourceVersion" },
        { "{\"v\":\"meta.k8s.io/v1\",\"rv\":1}", "encoded start key empty" },
        { "{\"v\":\"meta.k8s.io/v1\",\"rv\":1,\"start\":\"../b\"}", "continue key is not valid: ../b" },
        { "{\"v\":\"meta.k8s.io/v1\",\"rv\":1,\"start\":\"a//b\"}", "continue key is not valid: a//b" },
        { "{\"v\":\"meta.k8s.io/v1\",\"rv\":1,\"start\":\"a/\"}", "continue key is not valid: a/" },
        { "[", "continue key is not valid: invalid JSON" },
    };
    auto_arena struct arena arena = { 0 };
    struct continue_token token = { .revision = 12, .start = { "ns/a\"b", 7 } }, back;
    struct error err = { 0 };
    (void)state;
    const char *text = continue_token_write(&token, &arena);
    assert_int_equal(continue_token_read(text, &arena, &back, NULL), 0);
    assert_int_equal(back.revision, 12);
    assert_true(str_equal(back.start, token.start)); /* with the NUL at its end */
    token.revision = -1;
    assert_int_equal(continue_token_read(continue_token_write(&token, &arena), &arena, &back, NULL), 0);
    assert_int_equal(back.revision, -1);
    assert_int_equal(continue_token_read("x!", &arena, &back, &err), -ERROR_BAD_REQUEST);
    assert_non_null(
        strstr(err.message, "invalid continue token: continue key is not valid: illegal base64 data at input byte 1"));
    for (size_t i = 0; i < countof(cases); i++) {
        auto_buffer struct buffer encoded = { 0 };
        base64url_encode(str_of(cases[i].json), &encoded);
        assert_int_equal(continue_token_read(arena_str(&arena, buffer_str(&encoded)).data, &arena, &back, &err),
                         -ERROR_BAD_REQUEST);
        assert_non_null(strstr(err.message, cases[i].problem));
    }
}

static void test_flags(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        bool value;
    } cases[] = { { "", false },        { "tty=false", false }, { "tty=False", false }, { "tty=0", false },
                  { "tty=true", true }, { "tty=True", true },   { "tty=1", true },      { "tty=", true } };
    for (size_t i = 0; i < countof(cases); i++) {
        auto_arena struct arena arena = { 0 };
        assert_int_equal(query_flag(str_of(cases[i].query), "tty", &arena), cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resources), cmocka_unit_test(test_flags),    cmocka_unit_test(test_other_paths),
        cmocka_unit_test(test_bad_input), cmocka_unit_test(test_continue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
