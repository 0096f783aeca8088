/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex_test.c - what Go's expressions match, and what Go refuses. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text/regex.h"

static int matches(const char *pattern, const char *text)
{
    auto_with(regex_destroy_cleanup) struct regex *regex = NULL;
    struct error err = { 0 };
    if (regex_compile(str_of(pattern), &regex, &err) < 0)
        fail_msg("%s: %s", pattern, err.message);
    return regex_matches(regex, str_of(text), NULL);
}

static void test_matches(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        int found;
    } rows[] = {
        { "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-b", 1 },
        { "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-", 0 },
        { "^a$", "a\n", 0 }, /* $ is the very end */
        { "(?m)^a$", "b\na\n", 1 },
        { "b", "abc", 1 },        /* anywhere */
        { "^.$", "\xc3\xa9", 1 }, /* a character, not a byte */
        { "^\\s$", "\v", 0 },
        { "^[\\s]$", "\t", 1 },
        { "^[\\S]$", "\v", 1 },
        { "^\\v$", "\v", 1 },
        { "^\\v$", "\n", 0 },
        { "(?i)ABC", "xabc", 1 },
        { "^\\p{L}+$", "\xc3\xa9t\xc3\xa9", 1 },
        { "^a{2,3}$", "aaaa", 0 },
        { "^a{,3}$", "a{,3}", 1 }, /* no repeat */
        { "^[[:alpha:]]+$", "ab1", 0 },
        { "^[]a]+$", "]a", 1 },
        { "^[[.]+$", "[.", 1 },
        { "\\Qa.b\\E", "a.b", 1 },
        { "\\Qa.b", "axb", 0 },
        { "^(?P<x>a)(?:b)$", "ab", 1 },
        { "^\\d+$", "\xd9\xa3", 0 }, /* ASCII digits only */
        { "", "x", 1 },
        { "^(a|b)?$", "", 1 },
        { "^\\12$", "\n", 1 }, /* octal, whatever groups there are */
        { "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\12$", "abcdefghij\n", 1 },
        { "^[a-c-e]+$", "b-e", 1 }, /* behind a range a hyphen is one */
        { "^[a-c-e]+$", "d", 0 },
        { "^[\xc3\xa0-\xc3\xa9]$", "\xc3\xa5", 1 },
        { "^\\Q[\\d.\\E$", "[\\d.", 1 },
        { "(?P<a_name_that_is_longer_than_pcre2_would_take>a)", "a", 1 },
        { "(?P<1st>a)", "a", 1 },
        { "^\\pL\\x41\\x{e9}$", "aA\xc3\xa9", 1 },
        { "a",
          "\xff"
          "a",
          0 }, /* no UTF-8 */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (matches(rows[i].pattern, rows[i].text) != rows[i].found)
            fail_msg("'%s' on '%s': not %d", rows[i].pattern, rows[i].text, rows[i].found);
}

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *message;
    } rows[] = {
        { "(a", "error parsing regexp: missing closing ): `(a`" },
        { "a)", "error parsing regexp: unexpected ): `a)`" },
        { "[a", "error parsing regexp: missing closing ]: `[a`" },
        { "*a", "error parsing regexp: missing argument to repetition operator: `*`" },
        { "a|*", "error parsing regexp: missing argument to repetition operator: `*`" },
        { "a**", "error parsing regexp: invalid nested repetition operator: `**`" },
        { "a++", "error parsing regexp: invalid nested repetition operator: `++`" },
        { "a{1001}", "error parsing regexp: invalid repeat count: `{1001}`" },
        { "(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`" },
        { "(?<=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?<=`" },
        { "(?<:a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?<:`" },
        { "(a)\\1", "error parsing regexp: invalid escape sequence: `\\1`" },
        { "\\Z", "error parsing regexp: invalid escape sequence: `\\Z`" },
        { "a\\", "error parsing regexp: trailing backslash at end of expression: ``" },
        { "\\E", "error parsing regexp: invalid escape sequence: `\\E`" },
        { "\\x4", "error parsing regexp: invalid escape sequence: `\\x`" },
        { "[a-\\d]", "error parsing regexp: invalid character class range: `a-\\d`" },
        { "[z-a]", "error parsing regexp: invalid character class range: `[z-a]`" },
        { "a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`" },
        { "(?i-)a", "error parsing regexp: invalid or unsupported Perl syntax: `(?i-)`" },
        { "\xff", "error parsing regexp: invalid UTF-8: `\xff`" },
        { "(*UTF)a", "error parsing regexp: missing argument to repetition operator: `*`" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct regex *regex = NULL;
        struct error err = { 0 };
        assert_int_equal(regex_compile(str_of(rows[i].pattern), &regex, &err), -ERROR_INVALID);
        assert_string_equal(err.message, rows[i].message);
    }
}

static void test_find(void **state)
{
    (void)state;
    auto_with(regex_destroy_cleanup) struct regex *regex = NULL;
    assert_int_equal(regex_compile(STR("(a+)(x)?(b)"), &regex, NULL), 0);
    assert_int_equal(regex_group_count(regex), 3);
    struct regex_group groups[4];
    assert_int_equal(regex_find(regex, STR("ab aab"), 1, NULL, groups, 4), 1);
    assert_true(str_is(groups[0].text, "aab"));
    assert_true(str_is(groups[1].text, "aa"));
    assert_null(groups[2].text.data);
    assert_true(str_is(groups[3].text, "b"));
    assert_int_equal(regex_find(regex, STR("ab"), 1, NULL, groups, 4), 0);
}

/* What would take PCRE2 for ever. */
static void test_no_explosion(void **state)
{
    (void)state;
    char text[64];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(matches("^(a|aa)+$", text), 1);
    text[sizeof(text) - 2] = 'b';
    assert_int_equal(matches("^(a|a)*(a|aa)+$", text), 0);
}

/* Who counts is told of what took more than the usual, and of nothing else. */
static void test_counts_work(void **state)
{
    (void)state;
    auto_with(regex_destroy_cleanup) struct regex *regex = NULL;
    char text[64];
    int64_t work = 1000000;
    struct regex_group group;
    assert_int_equal(regex_compile(STR("^(a+)+$"), &regex, NULL), 0);
    assert_int_equal(regex_matches(regex, STR("aaaa"), &work), 1);
    assert_int_equal(regex_find(regex, STR("aaaa"), 0, &work, &group, 1), 1);
    assert_int_equal(work, 1000000);
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'X';
    assert_int_equal(regex_matches(regex, (struct str){ text, sizeof(text) }, &work), 0);
    assert_true(work < 1000000);
    assert_int_equal(regex_find(regex, (struct str){ text, sizeof(text) }, 0, &work, &group, 1), -ERROR_LIMIT);
    assert_true(work < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),      cmocka_unit_test(test_refuses),     cmocka_unit_test(test_find),
        cmocka_unit_test(test_no_explosion), cmocka_unit_test(test_counts_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
