/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policies_fuzz.c - any text as every sort of expression and as the selector of a device; and as a policy's, which is asked about a
 * request. The first byte chooses the policy. */
#include <string.h>

#include "apiserver/policies/policies.h"
#include "apiserver/policies/policy.h"
#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
    "{\"metadata\":{\"name\":\"x\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"list\":[1,2,3],\"on\":true}}";

static void compile(const char *text, unsigned choice, struct arena *arena)
{
    struct expression_scope *scope = policies_compiler.open(choice & 1, choice & 2);
    bool costly;

    for (unsigned sort = 0; scope != NULL && sort < EXPRESSION_SORTS; sort++)
        policies_compiler.check(scope, (enum expression_sort)sort, "a", text, arena);
    if (scope != NULL)
        policies_compiler.close(scope);
    policies_compiler.check_device(text, arena, &costly);
}

static void check_access(void *context, const struct cel_check *check, struct arena *arena,
                         struct cel_decision *ret_decision)
{
    (void)context;
    (void)arena;
    *ret_decision = (struct cel_decision){ .allowed = check->verb.size > 3, .reason = check->verb };
}

static void ask(const char *text, struct arena *arena)
{
    struct api_admissionregistration_variable variable = { .name = "a", .expression = text };
    struct api_admissionregistration_validation validations[] = {
        { .expression = text, .message_expression = text },
        { .expression = "variables.a == object", .message_expression = "string(variables.a)" },
    };
    struct api_admissionregistration_audit_annotation annotation = { .key = "k", .value_expression = text };
    struct api_admissionregistration_validating_admission_policy object = {
        .spec = { .variables = &variable,
                  .n_variables = 1,
                  .validations = validations,
                  .n_validations = countof(validations),
                  .audit_annotations = &annotation,
                  .n_audit_annotations = 1 },
    };
    const struct cel_authorizer authorizer = { check_access, NULL };
    const struct cel_check resource = { .resource = STR("pods") };
    yyjson_doc *doc = yyjson_read(document, sizeof(document) - 1, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    const struct policy_request request = { root, NULL, root, root, root, &authorizer, &resource };
    struct policy_verdict verdict;
    struct validating_policy *policy = validating_policy_compile(&object);

    if (policy != NULL)
        validating_policy_evaluate(policy, &request, arena, &verdict);
    validating_policy_destroy(policy);
    yyjson_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };

    if (size == 0 || size > 1024)
        return 0;
    const char *text = arena_str(&arena, (struct str){ (const char *)data + 1, size - 1 }).data;
    compile(text, data[0], &arena);
    ask(text, &arena);
    return 0;
}
