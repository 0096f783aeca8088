/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "node/kubelet/pod/location.h"

static void references_are_resolved(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url;
    } rows[] = {
        { "/healthz", "http://10.0.0.1:8080/healthz" },
        { "healthz", "http://10.0.0.1:8080/a/healthz" },
        { "../x?y=/../z", "http://10.0.0.1:8080/x?y=/../z" },
        { "./c/./d/..", "http://10.0.0.1:8080/a/c/" },
        { "../../..", "http://10.0.0.1:8080/" },
        { "?other", "http://10.0.0.1:8080/a/b?other" },
        { "", "http://10.0.0.1:8080/a/b?query" },
        { "#top", "http://10.0.0.1:8080/a/b?query" },
        { "/with space/\xc3\xa4#x", "http://10.0.0.1:8080/with%20space/%C3%A4" },
        { "//other/x", "http://other:80/x" },
        { "//10.0.0.1", "http://10.0.0.1:80/" },
        { "http://0.0.0.0/", "http://0.0.0.0:80/" },
        { "HTTPS://user:pass@[fe80::1]:8443?q", "https://[fe80::1]:8443/?q" },
        { "https://[fe80::1]/", "https://[fe80::1]:443/" },
        { "mail:x", "unsupported protocol scheme \"mail\"" },
        { "http:x", "no Host in request URL" },
        { "http://a:b/", "invalid port \":b\" after host" },
        { "http://a:65536/", "invalid port \":65536\" after host" },
        { "http://[::1/", "missing ']' in host" },
        { "/a\r\nb", "invalid control character in URL" },
    };
    const struct location from = { .host = "10.0.0.1", .port = 8080, .path = "/a/b?query" };
    for (size_t i = 0; i < countof(rows); i++) {
        auto_arena struct arena arena = { 0 };
        struct location to;
        struct error err = { 0 };
        int rc = location_resolve(&arena, &from, str_of(rows[i].text), &to, &err);
        assert_string_equal(rows[i].url, rc < 0 ? err.message : location_url(&arena, &to));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(references_are_resolved) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
