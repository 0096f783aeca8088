/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* review_test.c - the rules of access reviews, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define HEAD(kind)     "apiVersion: authorization.k8s.io/v1\nkind: " kind "\n"
#define RESOURCE(more) "spec: {resourceAttributes: {verb: get, resource: pods" more "}}"
#define SPEC           "spec.resourceAttributes"

static const char subject[] = HEAD("SubjectAccessReview") "spec: {user: u, resourceAttributes: {verb: get}}";
static const char self[] = HEAD("SelfSubjectAccessReview") "spec: {resourceAttributes: {verb: get}}";
static const char local[] = HEAD("LocalSubjectAccessReview") "metadata: {namespace: m}\nspec: {user: u, "
                                                             "resourceAttributes: {verb: get, namespace: m}}";

static const struct rule_create shared[] = {
    { "", "" },
    { "spec: {nonResourceAttributes: {path: /}}",
      "spec.nonResourceAttributes: Invalid value: {\"Path\":\"/\",\"Verb\":\"\"}: cannot be specified in combination "
      "with resourceAttributes" },
    { "spec: {resourceAttributes: null}", "spec.resourceAttributes: Invalid value: \"null\": exactly one of "
                                          "nonResourceAttributes or resourceAttributes must "
                                          "be specified" },
    { "metadata: {managedFields: [{manager: a, operation: Update, apiVersion: v1}]}", "" },
    { "metadata: {name: a}", "metadata: Invalid value: {\"name\":\"a\"}: must be empty" },
};
static const struct rule_create selectors[] = {
    { RESOURCE(", fieldSelector: {rawSelector: a=b}, labelSelector: {rawSelector: a=b}"), "" },
    { RESOURCE(", fieldSelector: {}"),
      SPEC ".fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, "
           "requirements or rawSelector is required" },
    { RESOURCE(", labelSelector: {rawSelector: a, requirements: [{key: a, operator: New}]}"),
      SPEC ".labelSelector.rawSelector: Invalid value: \"a\": may not specified at the same time as requirements" },
    { RESOURCE(", fieldSelector: {requirements: [{key: '', operator: In}, {key: a, operator: Exists, values: [b]}]}"),
      "[" SPEC ".fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or "
      "'NotIn', " SPEC ".fieldSelector.requirements[0].key: Required value: must be specified, " SPEC
      ".fieldSelector.requirements[1].values: Forbidden: may not be specified when `operator` is 'Exists' or "
      "'DoesNotExist']" },
    { RESOURCE(", labelSelector: {requirements: [{key: a, operator: NotIn}]}"),
      SPEC ".labelSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or "
           "'NotIn'" },
};
static const struct rule_create subjects[] = {
    { "spec: {user: ''}", "spec.user: Invalid value: \"\": at least one of user or group must be specified" },
    { "spec: {user: '', groups: [g]}", "" },
};
static const struct rule_create locals[] = {
    { "", "" },
    { "spec: {resourceAttributes: {namespace: k}}",
      SPEC ".namespace: Invalid value: \"k\": must match metadata.namespace" },
    { "metadata: {name: a}", "metadata: Invalid value: {\"name\":\"a\"}: must be empty except for namespace" },
    { "spec: {resourceAttributes: null, nonResourceAttributes: {path: /}}",
      "spec.nonResourceAttributes: Invalid value: {\"Path\":\"/\",\"Verb\":\"\"}: disallowed on this kind of request" },
};

static void check(const char *good, const struct rule_create *rules, size_t count)
{
    size_t different = 0;

    for (size_t i = 0; i < count; i++) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { 0 };
        const struct api_kind *kind;
        const void *review = rule_object(good, rules[i].change, &kind, &arena);
        api_validate_review(kind->type, review, &errors);
        different += rule_differs(&errors, rules[i].expected, rules[i].change);
    }
    assert_int_equal(different, 0);
}

static void test_reviews(void **state)
{
    (void)state;
    check(subject, shared, countof(shared));
    check(subject, selectors, countof(selectors));
    check(subject, subjects, countof(subjects));
    check(self, shared, countof(shared));
    check(self, selectors, countof(selectors));
    check(local, locals, countof(locals));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_reviews) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
