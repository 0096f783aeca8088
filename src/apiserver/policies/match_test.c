/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* match_test.c - which requests a policy is about, a row each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"
#include "apiserver/policies/match.h"

#define BINDING                                                                                                        \
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: b}\nspec: " \
    "{policyName: p, validationActions: [Deny]}"
#define MATCH(text) "spec: {matchResources: {" text "}}"
#define RULES(text) MATCH("resourceRules: [{" text "}]")
#define ANY         "apiGroups: ['*'], apiVersions: ['*'], operations: ['*']"
#define OF(list)    RULES(ANY ", resources: " list)

static struct api_string_entry web[] = { { "app", "web" } }, team[] = { { "team", "t" } };
static const struct api_object_meta object = { .name = "x", .labels = web, .n_labels = 1 }, bare = { .name = "x" },
                                    space = { .name = "n", .labels = team, .n_labels = 1 };
static const struct match_resource version_1[] = { { "apps", "v1", "deployments" } };

/* What is asked, as the row says: the request's fields, "" is the object itself in a namespace. */
struct row {
    const char *change;
    const char *operation, *group, *version, *plural, *subresource, *namespace_;
    int expected; /* -2: no, -3: an error */
};

#define NO     (-2)
#define FAILED (-3)
#define CREATE "CREATE", "apps", "v1", "deployments", "", "n"
#define STATUS "UPDATE", "apps", "v1", "deployments", "status", "n"
#define BETA   "CREATE", "apps", "v1beta1", "deployments", "", "n"
#define NODE   "CREATE", "", "v1", "nodes", "", ""
#define SPACE  "UPDATE", "", "v1", "namespaces", "", "n"
#define REMOVE "DELETE", "apps", "v1", "deployments", "", "gone"

static const struct row rows[] = {
    { "", CREATE, MATCH_OWN },
    { MATCH(""), CREATE, MATCH_OWN },
    { OF("[deployments]"), CREATE, MATCH_OWN },
    { OF("[deployments]"), STATUS, NO },
    { OF("[deployments/status]"), STATUS, MATCH_OWN },
    { OF("['deployments/*']"), STATUS, MATCH_OWN },
    { OF("['*']"), STATUS, NO },
    { OF("['*']"), CREATE, MATCH_OWN },
    { OF("['*/*']"), CREATE, MATCH_OWN },
    { OF("['*/status']"), STATUS, MATCH_OWN },
    { OF("[pods]"), CREATE, NO },
    { RULES("apiGroups: [''], apiVersions: ['*'], operations: ['*'], resources: ['*']"), CREATE, NO },
    { RULES("apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: ['*']"), CREATE, NO },
    { RULES("apiGroups: [apps], apiVersions: [v1], operations: [UPDATE, CREATE], resources: ['*']"), CREATE,
      MATCH_OWN },
    { RULES(ANY ", resources: ['*'], resourceNames: [x, z]"), CREATE, MATCH_OWN },
    { RULES(ANY ", resources: ['*'], resourceNames: [z]"), CREATE, NO },
    /* versions */
    { RULES("apiGroups: [apps], apiVersions: [v1], operations: ['*'], resources: [deployments]"), BETA, 0 },
    { MATCH("matchPolicy: Exact, resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: ['*'], resources: "
            "[deployments]}]"),
      BETA, NO },
    { OF("[deployments]"), BETA, MATCH_OWN },
    { MATCH("resourceRules: [{" ANY
            ", resources: ['*']}], excludeResourceRules: [{apiGroups: [apps], apiVersions: [v1], "
            "operations: ['*'], resources: [deployments]}]"),
      BETA, NO },
    /* scope */
    { RULES(ANY ", resources: ['*'], scope: Cluster"), CREATE, NO },
    { RULES(ANY ", resources: ['*'], scope: Namespaced"), CREATE, MATCH_OWN },
    { RULES(ANY ", resources: ['*'], scope: Cluster"), NODE, MATCH_OWN },
    { RULES(ANY ", resources: ['*'], scope: Namespaced"), NODE, NO },
    { RULES(ANY ", resources: ['*'], scope: Cluster"), SPACE, MATCH_OWN },
    { RULES(ANY ", resources: ['*'], scope: Namespaced"), SPACE, NO },
    /* selectors */
    { MATCH("objectSelector: {matchLabels: {app: web}}"), CREATE, MATCH_OWN },
    { MATCH("objectSelector: {matchLabels: {app: db}}"), CREATE, NO },
    { MATCH("namespaceSelector: {matchLabels: {team: t}}"), CREATE, MATCH_OWN },
    { MATCH("namespaceSelector: {matchLabels: {team: u}}"), CREATE, NO },
    { MATCH("namespaceSelector: {matchLabels: {team: u}}"), NODE, MATCH_OWN },
    { MATCH("namespaceSelector: {matchLabels: {app: web}}"), SPACE, MATCH_OWN },
    { MATCH("namespaceSelector: {matchLabels: {team: t}}"), REMOVE, FAILED },
    { MATCH("namespaceSelector: {matchLabels: {team: t}}, resourceRules: [{" ANY ", resources: [pods]}]"), REMOVE, NO },
    { MATCH("objectSelector: {matchLabels: {app: web}}"), REMOVE, MATCH_OWN },
};

static int ask(const struct row *row)
{
    auto_arena struct arena arena = { 0 };
    const struct api_kind *kind;
    const struct api_admissionregistration_validating_admission_policy_binding *binding =
        rule_object(BINDING, row->change, &kind, &arena);
    bool deletes = strcmp(row->operation, "DELETE") == 0, missing = strcmp(row->namespace_, "gone") == 0;
    const struct match_subject subject = {
        .operation = row->operation,
        .resource = { row->group, row->version, row->plural },
        .subresource = row->subresource,
        .namespace_ = row->namespace_,
        .name = "x",
        .object = deletes ? NULL : &object,
        .old_object = deletes ? &object : &bare,
        .space = row->namespace_[0] == '\0' || missing ? NULL : &space,
        .equivalents = version_1,
        .n_equivalents = strcmp(row->version, "v1beta1") == 0,
    };
    struct policy_match match;
    struct error err = { 0 };
    bool matches;
    int as;

    policy_match_init(&match, binding->spec.match_resources, &arena);
    if (policy_match(&match, &subject, &matches, &as, &err) < 0)
        return FAILED;
    return matches ? as : NO;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++)
        if (ask(&rows[i]) != rows[i].expected)
            fail_msg("%s %s %s/%s is %d and not %d", rows[i].change, rows[i].operation, rows[i].plural,
                     rows[i].subresource, ask(&rows[i]), rows[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
