/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/codec.h"
#include "apiserver/access/rule_cover.h"

/* The rules of a ClusterRole's JSON array, in the arena. */
static struct rule_list parse(struct arena *arena, const char *rules)
{
    struct api_rbac_cluster_role *role = arena_new(arena, struct api_rbac_cluster_role);
    const char *json = arena_format(arena, "{\"rules\":[%s]}", rules);
    struct error err = { 0 };
    if (api_decode_json(&api_type_rbac_cluster_role, str_of(json), arena, role, NULL, &err) < 0)
        fail_msg("%s: %s", json, err.message);
    return (struct rule_list){ role->rules, role->n_rules };
}

/* What of 'wanted' is missing in 'owned', compacted and described, joined by blanks. */
static const char *missing(const char *owned, const char *wanted)
{
    static char answer[2048];
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { 0 };
    struct rule_list rules = { 0 };
    bool covered = rules_cover(parse(&arena, owned), parse(&arena, wanted), &arena, &rules);
    assert_int_equal(covered, rules_cover(parse(&arena, owned), parse(&arena, wanted), &arena, NULL));
    assert_int_equal(covered, rules.count == 0);
    rules = rules_compact(rules, &arena);
    for (size_t i = 0; i < rules.count; i++) {
        buffer_append_text(&text, i == 0 ? "" : " ");
        rule_describe(&rules.items[i], &text);
    }
    snprintf(answer, sizeof(answer), "%s", text.data == NULL ? "" : text.data);
    return answer;
}

#define PODS(verbs) "{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[" verbs "]}"

static void resources_are_compared_piece_by_piece(void **state)
{
    (void)state;
    assert_string_equal(missing(PODS("\"get\"") "," PODS("\"list\""), PODS("\"list\",\"get\"")), "");
    assert_string_equal(missing(PODS("\"get\""), PODS("\"get\",\"list\",\"watch\"")),
                        "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\" \"watch\"]}");
    assert_string_equal(missing("{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]}", PODS("\"*\"")), "");
    assert_string_equal(missing(PODS("\"get\",\"list\""), PODS("\"*\"")),
                        "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"*\"]}");
    assert_string_equal(missing("", "{\"apiGroups\":[\"\"],\"resources\":[\"pods\",\"nodes\"],\"verbs\":[\"get\"]}"),
                        "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]} "
                        "{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}");
}

static void subresources_need_their_own_word(void **state)
{
    (void)state;
    static const char log[] = "{\"apiGroups\":[\"\"],\"resources\":[\"pods/log\"],\"verbs\":[\"get\"]}";
    assert_string_equal(missing(PODS("\"get\""), log), "{APIGroups:[\"\"], Resources:[\"pods/log\"], Verbs:[\"get\"]}");
    assert_string_equal(missing("{\"apiGroups\":[\"\"],\"resources\":[\"*/log\"],\"verbs\":[\"get\"]}", log), "");
    assert_string_not_equal(missing("{\"apiGroups\":[\"\"],\"resources\":[\"*/exec\"],\"verbs\":[\"get\"]}", log), "");
}

static void names_narrow(void **state)
{
    (void)state;
    static const char named[] =
        "{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"resourceNames\":[\"a\",\"b\"],\"verbs\":[\"get\"]}";
    assert_string_equal(missing(PODS("\"get\""), named), "");
    assert_string_equal(missing(named, named), "");
    assert_string_equal(missing(named, PODS("\"get\"")), "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}");
    assert_string_equal(missing("", named),
                        "{APIGroups:[\"\"], Resources:[\"pods\"], ResourceNames:[\"a\"], Verbs:[\"get\"]} "
                        "{APIGroups:[\"\"], Resources:[\"pods\"], ResourceNames:[\"b\"], Verbs:[\"get\"]}");
}

static void paths_have_prefixes(void **state)
{
    (void)state;
#define PATHS(paths) "{\"nonResourceURLs\":[" paths "],\"verbs\":[\"get\"]}"
    assert_string_equal(missing(PATHS("\"/healthz*\""), PATHS("\"/healthz\",\"/healthz/etcd\"")), "");
    assert_string_equal(missing(PATHS("\"/healthz\""), PATHS("\"/healthz/*\"")),
                        "{NonResourceURLs:[\"/healthz/*\"], Verbs:[\"get\"]}");
    assert_string_equal(missing(PATHS("\"*\""), PATHS("\"/a\\\"b\"")), "");
    assert_string_equal(missing("", PATHS("\"/a\\\"b\"")), "{NonResourceURLs:[\"/a\\\"b\"], Verbs:[\"get\"]}");
}

static void too_many_pieces_are_not_covered(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    static const char *many[100];
    for (size_t i = 0; i < countof(many); i++)
        many[i] = "x";
    struct api_rbac_policy_rule rule = { .verbs = many,
                                         .n_verbs = countof(many),
                                         .api_groups = many,
                                         .n_api_groups = countof(many),
                                         .resources = many,
                                         .n_resources = countof(many) };
    const struct rule_list rules = { &rule, 1 };
    struct rule_list left;
    assert_false(rules_cover(rules, rules, &arena, &left));
    assert_int_equal(left.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resources_are_compared_piece_by_piece),
        cmocka_unit_test(subresources_need_their_own_word),
        cmocka_unit_test(names_narrow),
        cmocka_unit_test(paths_have_prefixes),
        cmocka_unit_test(too_many_pieces_are_not_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
