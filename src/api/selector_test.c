/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/selector.h"
#include "generated/types.h"

static void check_parse(const char *text, const char *canonical)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer shown = { .max = 1000 };
    struct label_selector selector;
    struct error err = { 0 };

    if (label_selector_parse(str_of(text), &arena, &selector, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    label_selector_format(&selector, &shown);
    assert_true(str_is(buffer_str(&shown), canonical));
}

static void check_error(const char *text, const char *message)
{
    auto_arena struct arena arena = { 0 };
    struct label_selector selector;
    struct error err = { 0 };

    assert_int_equal(label_selector_parse(str_of(text), &arena, &selector, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, message);
}

static void test_label_text(void **state)
{
    (void)state;
    check_parse("", "");
    check_parse("app=web", "app=web");
    check_parse("x==y, a!=b", "a!=b,x==y");
    check_parse("tier in (b,a,b),!canary,env", "!canary,env,tier in (a,b)");
    check_parse("tier notin (,a)", "tier notin (,a)");
    check_parse("a=,b=", "a=,b=");
    check_parse("in in (in),notin=in", "in in (in),notin=in");
    check_parse("n>5,m<7", "m<7,n>5");
    check_parse("example.com/name=x", "example.com/name=x");

    check_error("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
    check_error(",a", "found ',', expected: !, identifier, or 'end of string'");
    check_error("a,", "found '', expected: identifier after ','");
    check_error("a in b", "unable to parse requirement: found 'b' expected: '('");
    check_error("a in (b", "unable to parse requirement: found '', expected: ',' or ')'");
    check_error("a in ()",
                "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values "
                "set can't be empty");
    check_error("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the "
                       "value must be an integer");
    check_error("a=-b", "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an "
                        "empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                        "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
                        "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
}

static bool matches(const char *text)
{
    auto_arena struct arena arena = { 0 };
    struct label_selector selector;
    static const struct api_string_entry labels[] = { { "app", "web" }, { "n", "10" }, { "tier", "" } };

    assert_int_equal(label_selector_parse(str_of(text), &arena, &selector, NULL), 0);
    return label_selector_matches(&selector, labels, countof(labels));
}

static void test_label_match(void **state)
{
    (void)state;
    static const char *const yes[] = { "",     "app",         "app=web",          "tier=",
                                       "!x",   "x!=1",        "app in (a,web),n", "n>9",
                                       "n<11", "app!=db,app", "x notin (a)",      "app=web,app!=db" };
    static const char *const no[] = { "app=db", "x", "!app", "app!=web", "n>10", "app>1", "app notin (web)", "tier=x" };

    for (size_t i = 0; i < countof(yes); i++)
        assert_true(matches(yes[i]));
    for (size_t i = 0; i < countof(no); i++)
        assert_false(matches(no[i]));
}

static void test_label_structs(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer shown = { .max = 1000 };
    struct label_selector selector;
    struct error err = { 0 };
    struct api_string_entry labels[] = { { "app", "web" } };
    const char *values[] = { "b", "a" };
    struct api_label_selector_requirement expressions[] = { {
        .key = "aa",
        .operator= "Exists" },
        { .key = "tier", .operator= "In", .values = values, .n_values = 2 },
    };
    struct api_label_selector given = {
        .match_labels = labels, .n_match_labels = 1, .match_expressions = expressions, .n_match_expressions = 2
    };

    assert_int_equal(label_selector_of(&given, &arena, &selector, &err), 0);
    label_selector_format(&selector, &shown);
    assert_true(str_is(buffer_str(&shown), "aa,app=web,tier in (a,b)"));
    struct str value;
    assert_true(label_selector_exact(&selector, STR("app"), &value));
    assert_true(str_is(value, "web"));

    assert_int_equal(label_selector_of(NULL, &arena, &selector, &err), 0);
    assert_false(label_selector_matches(&selector, labels, 1));
    given = (struct api_label_selector){ 0 };
    assert_int_equal(label_selector_of(&given, &arena, &selector, &err), 0);
    assert_true(label_selector_matches(&selector, NULL, 0));
    assert_true(label_selector_empty(&selector));

    expressions[0].operator= "Like";
    given = (struct api_label_selector){ .match_expressions = expressions, .n_match_expressions = 1 };
    assert_int_equal(label_selector_of(&given, &arena, &selector, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "\"Like\" is not a valid label selector operator");
}

static bool pod_matches(const char *text)
{
    auto_arena struct arena arena = { 0 };
    struct field_selector selector;
    struct error err = { 0 };
    struct api_pod pod = { .metadata = { .name = "a", .namespace = "x" },
                           .spec = { .node_name = "n1", .host_network = true },
                           .status = { .phase = "Running" } };

    if (field_selector_parse(str_of(text), &arena, &selector, &err) != 0 ||
        field_selector_check(&selector, &api_resource_pod, &err) != 0)
        fail_msg("%s", err.message);
    return field_selector_matches(&selector, &api_resource_pod, &pod);
}

/* The same object asked for one field, then another, then the first again: what it remembers is of the right one. */
static void test_fields_of_objects(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool matches;
    } cases[] = { { "spec.nodeName=n1", true },
                  { "spec.nodeName=n2", false },
                  { "status.phase=Running", true },
                  { "spec.nodeName=n1", true },
                  { "status.phase!=Running", false },
                  { "spec.nodeName!=n2", true },
                  { "status.podIP=", true },
                  { "status.podIP=1.2.3.4", false },
                  { "status.podIP=", true },
                  { "metadata.name=a", true },
                  { "spec.serviceAccountName=s\\\\x", true },
                  { "spec.nodeName=n1,status.phase=Failed", false } };
    struct object *object = NULL;
    struct error err = { 0 };
    assert_int_equal(
        object_from_stored(&api_resource_pod,
                           STR("{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},\"spec\":{\"nodeName\":"
                               "\"n1\",\"serviceAccountName\":\"s\\\\x\"},\"status\":{\"phase\":\"Running\"}}"),
                           7, &object, &err),
        0);
    for (size_t i = 0; i < countof(cases); i++) {
        auto_arena struct arena arena = { 0 };
        struct field_selector selector;
        assert_int_equal(field_selector_parse(str_of(cases[i].text), &arena, &selector, &err), 0);
        assert_int_equal(field_selector_check(&selector, &api_resource_pod, &err), 0);
        if (field_selector_matches_object(&selector, object) != cases[i].matches)
            fail_msg("%s", cases[i].text);
    }
    object_unref(object);
}

static void test_fields(void **state)
{
    (void)state;
    static const char *const yes[] = { "",
                                       "metadata.name=a",
                                       "spec.nodeName==n1,status.phase!=Failed",
                                       "spec.host=n1",
                                       "spec.hostNetwork=true",
                                       "status.podIP=" };
    static const char *const no[] = { "metadata.name!=a", "spec.nodeName=", "status.podIPs=10.0.0.1" };
    auto_arena struct arena arena = { 0 };
    struct field_selector selector;
    struct error err = { 0 };

    for (size_t i = 0; i < countof(yes); i++)
        assert_true(pod_matches(yes[i]));
    for (size_t i = 0; i < countof(no); i++)
        assert_false(pod_matches(no[i]));

    assert_int_equal(field_selector_parse(STR("a"), &arena, &selector, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "invalid selector: 'a'; can't understand 'a'");
    assert_int_equal(field_selector_parse(STR("a=b\\,c,d=e"), &arena, &selector, &err), 0);
    assert_int_equal(selector.n_requirements, 2);
    assert_true(str_is(selector.requirements[0].value, "b,c"));
    auto_buffer struct buffer shown = { .max = 100 };
    field_selector_format(&selector, &shown);
    assert_true(str_is(buffer_str(&shown), "a=b\\,c,d=e"));

    assert_int_equal(field_selector_check(&selector, &api_resource_pod, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "field label not supported: a");
    assert_int_equal(field_selector_check(&selector, &api_resource_config_map, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message,
                        "\"a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_label_text),        cmocka_unit_test(test_label_match),
        cmocka_unit_test(test_label_structs),     cmocka_unit_test(test_fields),
        cmocka_unit_test(test_fields_of_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
