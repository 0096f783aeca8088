/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apply_test.c - places of a schema as apply sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/structural/apply.h"
#include "api/structural/fixture.h"

static const char text[] =
    "{'type':'object','properties':{'spec':{'type':'object','properties':{"
    "'ports':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['port','protocol'],'items':"
    "{'type':'object','properties':{'port':{'type':'integer'},'protocol':{'type':'string','default':'TCP'}}}},"
    "'names':{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}},"
    "'list':{'type':'array','items':{'type':'string'}},"
    "'limits':{'type':'object','additionalProperties':{'x-kubernetes-int-or-string':true}},"
    "'atom':{'type':'object','x-kubernetes-map-type':'atomic','properties':{'a':{'type':'string'}}},"
    "'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true},"
    "'template':{'type':'object','x-kubernetes-embedded-resource':true,'properties':{'data':{'type':'string'}}}"
    "}}}}";

static struct apply_place down(struct apply_place place, const char *name, enum apply_member wanted)
{
    struct apply_place below = { 0 };
    assert_int_equal(apply_member(&place, str_of(name), &below), wanted);
    return below;
}

static struct apply_shape shape_of(struct apply_place place)
{
    struct apply_shape shape;
    apply_describe(&place, &shape);
    return shape;
}

static void test_places(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(text);
    struct apply_place root = structural_apply_place(schema), spec = down(root, "spec", APPLY_MEMBER_FIELD), items;
    down(down(root, "metadata", APPLY_MEMBER_FIELD), "labels", APPLY_MEMBER_FIELD);
    down(root, "kind", APPLY_MEMBER_FIELD);
    down(root, "other", APPLY_MEMBER_UNKNOWN);

    struct apply_place ports = down(spec, "ports", APPLY_MEMBER_FIELD);
    struct apply_shape shape = shape_of(ports);
    assert_int_equal(shape.list, APPLY_LIST_MAP);
    assert_int_equal(shape.n_keys, 2);
    assert_null(shape.keys[0].default_json.data);
    assert_true(str_is(shape.keys[1].default_json, "\"TCP\""));
    apply_item(&ports, &items);
    assert_int_equal(shape_of(down(items, "port", APPLY_MEMBER_FIELD)).allowed, APPLY_NUMBER);

    assert_int_equal(shape_of(down(spec, "names", APPLY_MEMBER_FIELD)).list, APPLY_LIST_SET);
    assert_int_equal(shape_of(down(spec, "list", APPLY_MEMBER_FIELD)).list, APPLY_LIST_ATOMIC);
    assert_true(shape_of(down(spec, "atom", APPLY_MEMBER_FIELD)).map_atomic);
    assert_int_equal(shape_of(down(down(spec, "limits", APPLY_MEMBER_FIELD), "cpu", APPLY_MEMBER_ENTRY)).allowed,
                     APPLY_SCALAR);
    assert_null(down(down(spec, "free", APPLY_MEMBER_FIELD), "x", APPLY_MEMBER_ENTRY).schema);

    struct apply_place template = down(spec, "template", APPLY_MEMBER_FIELD);
    down(down(template, "metadata", APPLY_MEMBER_FIELD), "labels", APPLY_MEMBER_FIELD);
    down(template, "data", APPLY_MEMBER_FIELD);
    down(template, "x", APPLY_MEMBER_UNKNOWN);
}

static void test_no_schema(void **state)
{
    (void)state;
    struct apply_place root = structural_apply_place(NULL);
    down(root, "metadata", APPLY_MEMBER_FIELD);
    down(root, "spec", APPLY_MEMBER_ENTRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_places), cmocka_unit_test(test_no_schema) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
