/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/validation/formats/formats.h"
#include "base/cleanup.h"

struct format_case {
    format_check *check;
    const char *good[6];
    const char *bad[8];
};

static const struct format_case cases[] = {
    { format_dns1123_label, { "a", "a-b", "0a" }, { "", "-a", "a-", "A", "a.b", "a_b" } },
    { format_dns1123_subdomain, { "a", "a.b", "0.a-b.c" }, { "", ".", "a..b", "a.", "A.b", "a.-b" } },
    { format_dns1035_label, { "a", "a-0" }, { "", "0a", "a.b", "A" } },
    { format_wildcard_dns1123_subdomain, { "*.a", "*.a.b" }, { "*", "a.b", "*a.b", "*.*.b", "*." } },
    { format_qualified_name, { "a", "A_b.c", "x.y/z" }, { "", "/a", "a/", "a/b/c", "X/a", "-a", "a b" } },
    { format_label_value, { "", "a", "A_b.c-d" }, { "-a", "a-", "a b", "a/b" } },
    { format_c_identifier, { "a", "_a0" }, { "", "0a", "a-b" } },
    { format_port_name, { "http", "a", "80a" }, { "", "80", "a--b", "-a", "a-", "HTTP", "0123456789abcdef" } },
    { format_percent, { "0%", "150%" }, { "", "%", "1", "-1%", "1 %" } },
    { format_http_header_name, { "X-A", "a" }, { "", "X A", "X_A" } },
    { format_env_var_name, { "A", "a b", "1x", "a.b" }, { "", "a=b", "a\tb" } },
    { format_config_key, { "a", "A_b.c", ".x" }, { "", ".", "..", "..a", "a/b", "a b" } },
    { format_path_segment, { "a", "a:b", "..a" }, { ".", "..", "a/b", "a%b" } },
    { format_domain_prefixed_path, { "a.b/c", "a/b/c" }, { "", "a", "/a", "a/", "A/b" } },
    { format_fully_qualified_name, { "a.b.c" }, { "", "a.b", "A.b.c" } },
    { format_sysctl_name, { "kernel.shm_rmid_forced", "net/ipv4.a" }, { "", "a.", "_a", "A", "a..b" } },
    { format_condition_reason, { "Ready", "A,b:c", "A_" }, { "", "1a", "a-b", "A," } },
    { format_sysctl_name, { "a/b.c" }, { "a//b", "-a" } },
    { format_dns1123_subdomain_caseless, { "A.b" }, { "", "A_b" } },
    { format_qualified_name_caseless, { "X.Y/z" }, { "X_Y/z" } },
    { format_env_var_name_strict, { "A", "a.b-c_0", "-a" }, { "", "1a", "a b", ".", "..", "..a" } },
    { format_path_segment_prefix, { ".", "..", "a" }, { "a/b", "%" } },
    { format_uuid, { "0123abcd-0000-0000-0000-00000000000f" }, { "", "0123ABCD-0000-0000-0000-00000000000f", "0" } },
    { format_decimal_integer, { "0", "-1", "10" }, { "", "-", "01", "-01", "+1", "1.0", "-0" } },
    { format_node_feature, { "A", "Ab/c0" }, { "", "a", "A/", "A/0", "A-b", "/A" } },
    { format_ip, { "10.0.0.1", "::1", "1:0::1" }, { "", "10.0.0", "a", "010.0.0.1", "::ffff:1.2.3.4", "1.2.3.256" } },
    { format_ip_canonical, { "10.0.0.1", "1::1" }, { "1:0::1", "::FF", "010.0.0.1" } },
    { format_cidr,
      { "10.0.0.0/8", "1:0::/32" },
      { "", "10.0.0.1", "10.0.0.1/8", "010.0.0.0/8", "10.0.0.0/08", "::ffff:1.2.3.0/120" } },
    { format_cidr_canonical, { "10.0.0.0/8", "1::/32" }, { "1:0::/32", "10.0.0.1/8", "10.0.0.0/33" } },
    { format_interface_address, { "10.0.0.1/8", "1::1/32" }, { "", "10.0.0.1", "1:0::1/32", "010.0.0.1/8" } },
    { format_local_path, { "", "a/b", "..a" }, { "/a", "..", "a/../b", "a/.." } },
    { format_local_unreserved_path, { "a/b", "a/..b" }, { "/a", "../a", "..a", ".." } },
    { format_no_backsteps, { "/a", "..a" }, { "/..", "../a", "a/../b" } },
    { format_iscsi_name,
      { "iqn.2012-07.com.example:storage", "eui.0123456789ABCDEF", "naa.62004567BA64678D0123456789ABCDEF" },
      { "", "x", "iqn", "iqn.2012-07.com.example", "iqn.2012-07.com.example:a b", "eui.0", "naa.0" } },
};

static void test_good_and_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        for (size_t k = 0; k < countof(cases[i].good) && cases[i].good[k] != NULL; k++)
            if (!format_ok(cases[i].check, str_of(cases[i].good[k])))
                fail_msg("case %zu: refused '%s'", i, cases[i].good[k]);
        for (size_t k = 0; k < countof(cases[i].bad) && cases[i].bad[k] != NULL; k++)
            if (format_ok(cases[i].check, str_of(cases[i].bad[k])))
                fail_msg("case %zu: accepted '%s'", i, cases[i].bad[k]);
    }
}

static void test_texts(void **state)
{
    (void)state;
    struct format_errors errors = { .count = 0 };
    char text[600];

    format_dns1123_label(STR("Nginx"), &errors);
    format_dns1123_label(STR("a.b"), &errors);
    assert_int_equal(errors.count, 2);
    assert_string_equal(errors.texts[0],
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
                        "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
                        "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
    assert_string_equal(errors.texts[1], "must not contain dots");

    errors.count = 0;
    format_qualified_name(STR("/"), &errors);
    format_errors_join(&errors, "; ", text, sizeof(text));
    assert_string_equal(text, "prefix part must be non-empty; name part must be non-empty; name part must consist of "
                              "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                              "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                              "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
    char long_name[300];
    memset(long_name, 'a', sizeof(long_name));
    errors.count = 0;
    format_dns1123_subdomain((struct str){ long_name, 254 }, &errors);
    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.texts[0], "must be no more than 253 characters");
    errors.count = 0;
    format_name_prefix(format_dns1123_label, STR("a-"), &errors);
    format_name_prefix(format_dns1123_label, STR("--"), &errors);
    assert_int_equal(errors.count, 0);
    format_name_prefix(format_dns1123_label, STR("a-."), &errors);
    assert_int_equal(errors.count, 1);
    errors.count = 0;
    format_ip_canonical(STR("1:0::1"), &errors);
    assert_string_equal(errors.texts[0], "must be in canonical form (\"1::1\")");
    errors.count = 0;
    format_port_number(0, &errors);
    assert_string_equal(errors.texts[0], "must be between 1 and 65535, inclusive");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good_and_bad), cmocka_unit_test(test_texts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
