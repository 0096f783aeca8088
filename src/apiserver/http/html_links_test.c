/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Pages with and without links, whole and byte by byte. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apiserver/http/html_links.h"
#include "base/arena.h"

#define P "/api/p/proxy"

static const struct {
    const char *page, *expected;
} rows[] = {
    { "plain / text", "plain / text" },
    { "<a href=\"/x\">", "<a href=\"" P "/x\">" },
    { "<a href='/'>y</a>", "<a href='" P "/'>y</a>" },
    { "<A class=b HREF=/x>", "<A class=b HREF=" P "/x>" },
    { "<img src=\"/i.png\" alt=\"/no\"/>", "<img src=\"" P "/i.png\" alt=\"/no\"/>" },
    { "<a href=\"//host/x\"><a href=\"x\"><a href=\"https://h/x\">",
      "<a href=\"//host/x\"><a href=\"x\"><a href=\"https://h/x\">" },
    { "<a href=\"" P "/x\">", "<a href=\"" P "/x\">" },
    { "<!-- <a href=\"/x\"> --><a href=\"/y\">", "<!-- <a href=\"/x\"> --><a href=\"" P "/y\">" },
    { "<script src=\"/s\">\"<a href='/x'>\"</script><a href='/y'>",
      "<script src=\"" P "/s\">\"<a href='/x'>\"</script><a href='" P "/y'>" },
    { "<a href=\"\"><form action = \"/f\">", "<a href=\"\"><form action = \"" P "/f\">" },
    { "<input disabled value=/v><b =/x>", "<input disabled value=/v><b =/x>" },
    { "<a href=\"/unfinished", "<a href=\"/unfinished" },
    { "a < b <= c <", "a < b <= c <" },
};

static void test_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++)
        for (size_t step = 1; step <= 1000; step += 999) {
            auto_buffer struct buffer out = { .max = 4096 };
            struct html_links links;
            html_links_init(&links, STR(P));
            for (struct str page = str_of(rows[i].page); page.size > 0; page = str_skip(page, step))
                html_links_feed(&links, (struct str){ page.data, page.size < step ? page.size : step }, &out);
            html_links_end(&links, &out);
            html_links_fini(&links);
            buffer_append_char(&out, '\0');
            assert_string_equal(out.data, rows[i].expected);
        }
}

static void test_locations(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    assert_string_equal(html_link_location(STR("/x?y"), "10.0.0.1:80", P, &arena), P "/x?y");
    assert_string_equal(html_link_location(STR("http://10.0.0.1:80/x"), "10.0.0.1:80", P, &arena), P "/x");
    assert_string_equal(html_link_location(STR("http://10.0.0.1:80"), "10.0.0.1:80", P, &arena), P "/");
    assert_null(html_link_location(STR("http://elsewhere/x"), "10.0.0.1:80", P, &arena));
    assert_null(html_link_location(STR("x"), "10.0.0.1:80", P, &arena));
    assert_null(html_link_location(STR("//h/x"), "10.0.0.1:80", P, &arena));
    assert_null(html_link_location(STR(P "/x"), "10.0.0.1:80", P, &arena));
    assert_null(html_link_location(STR(""), "10.0.0.1:80", P, &arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_locations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
