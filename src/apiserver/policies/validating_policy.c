/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validating_policy.c - policies that judge: validations with their messages, annotations for the audit log. */
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/policies/pass.h"
#include "base/memory.h"

typedef struct api_admissionregistration_validating_admission_policy policy_object;
typedef struct api_admissionregistration_validating_admission_policy_spec policy_spec;

struct validating_policy {
    struct arena arena;
    const policy_object *object; /* a copy */
    bool ignore;                 /* errors of its expressions */
    struct match_conditions *conditions;
    struct composition composition;
    struct policy_expression *validations, *messages, *annotations; /* without a text: there is none */
};

struct validating_policy *validating_policy_compile(const policy_object *policy)
{
    struct validating_policy *compiled = memory_new(struct validating_policy);

    compiled->object = api_copy(&api_type_admissionregistration_validating_admission_policy, policy, &compiled->arena);
    const policy_spec *spec = &compiled->object->spec;
    struct arena *arena = &compiled->arena;
    bool params = spec->param_kind != NULL;
    compiled->ignore = text_equal(spec->failure_policy, "Ignore");
    compiled->conditions = match_conditions_compile(spec->match_conditions, spec->n_match_conditions, params);
    composition_init(&compiled->composition, params, spec->variables, spec->n_variables);
    compiled->validations = arena_new_array(arena, struct policy_expression, spec->n_validations + 1);
    compiled->messages = arena_new_array(arena, struct policy_expression, spec->n_validations + 1);
    compiled->annotations = arena_new_array(arena, struct policy_expression, spec->n_audit_annotations + 1);
    for (size_t i = 0; i < spec->n_validations; i++) {
        const struct api_admissionregistration_validation *validation = &spec->validations[i];
        composition_compile(&compiled->composition, EXPRESSION_CONDITION, text_or_empty(validation->expression),
                            &compiled->validations[i]);
        if (!text_empty(validation->message_expression))
            composition_compile(&compiled->composition, EXPRESSION_MESSAGE, validation->message_expression,
                                &compiled->messages[i]);
    }
    for (size_t i = 0; i < spec->n_audit_annotations; i++)
        composition_compile(&compiled->composition, EXPRESSION_ANNOTATION,
                            text_or_empty(spec->audit_annotations[i].value_expression), &compiled->annotations[i]);
    return compiled;
}

void validating_policy_destroy(struct validating_policy *policy)
{
    if (policy == NULL)
        return;
    match_conditions_destroy(policy->conditions);
    composition_fini(&policy->composition);
    arena_fini(&policy->arena);
    free(policy);
}

const policy_object *validating_policy_object(const struct validating_policy *policy)
{
    return policy->object;
}

/* ---- one request ---- */

struct judging {
    const struct validating_policy *policy;
    const struct policy_request *request;
    struct arena *arena;
    struct policy_verdict *verdict;
};

/* An error of the whole policy. */
static void fail_whole(struct judging *judging, const char *problem)
{
    struct policy_decision *decision = arena_new(judging->arena, struct policy_decision);

    *decision = (struct policy_decision){ .denied = !judging->policy->ignore, .failed = true, .message = problem };
    *judging->verdict = (struct policy_verdict){ .decisions = decision, .n_decisions = 1 };
}

/* What a messageExpression came to; NULL where it is no message. */
static const char *message_of(const struct cel_value *value, struct arena *arena)
{
    struct str text;

    if (value->kind != CEL_STRING)
        return NULL;
    text = str_trim(value->text);
    if (text.size == 0 || text.size > CEL_MESSAGE_SIZE_MAX || str_find(text, '\n') < text.size)
        return NULL;
    return arena_str(arena, text).data;
}

/* What it says in its own words. */
static const char *own_message(const struct api_admissionregistration_validation *validation, struct arena *arena)
{
    struct str message = str_trim(str_of(text_or_empty(validation->message)));

    if (message.size > 0)
        return arena_str(arena, message).data;
    message = str_trim(str_of(text_or_empty(validation->expression)));
    return arena_format(arena, "failed expression: " STR_FMT, STR_ARG(message));
}

/* Upstream evaluates all messages, also those of validations that hold: it is a matter of the budget. False: the budget is spent, and
 * every decision becomes that error. */
static bool compute_messages(struct judging *judging, uint64_t budget, const char **messages, const char **ret_problem)
{
    const struct validating_policy *policy = judging->policy;
    struct cel_value value;
    const char *problem;
    struct pass pass;

    pass_init(&pass, &policy->composition, judging->request, budget, judging->arena);
    for (size_t i = 0; i < policy->object->spec.n_validations; i++) {
        if (policy->messages[i].text == NULL)
            continue;
        int rc = pass_evaluate(&pass, &policy->messages[i], &value, &problem);
        if (rc == 0)
            messages[i] = message_of(&value, judging->arena);
        if (rc == -ERROR_LIMIT) {
            *ret_problem = arena_format(judging->arena, "failed messageExpression: %s", problem);
            return false;
        }
    }
    return true;
}

/* Returns false when the policy has failed as a whole. */
static bool judge(struct judging *judging)
{
    const struct validating_policy *policy = judging->policy;
    size_t count = policy->object->spec.n_validations;
    struct policy_decision *decisions = arena_new_array(judging->arena, struct policy_decision, count + 1);
    const char **messages = arena_new_array(judging->arena, const char *, count + 1);
    const char *problem;
    struct pass pass;

    pass_init(&pass, &policy->composition, judging->request, CEL_COST_PER_REQUEST, judging->arena);
    for (size_t i = 0; i < count; i++) {
        struct cel_value value;
        int rc = pass_evaluate(&pass, &policy->validations[i], &value, &problem);
        if (rc == -ERROR_LIMIT) {
            fail_whole(judging, problem);
            return false;
        }
        decisions[i].failed = rc < 0;
        decisions[i].denied = rc < 0 ? !policy->ignore : value.kind != CEL_BOOL || !value.boolean;
        decisions[i].message = rc < 0 ? problem : NULL;
    }
    bool said = compute_messages(judging, pass.budget, messages, &problem);
    for (size_t i = 0; i < count; i++) {
        const struct api_admissionregistration_validation *validation = &policy->object->spec.validations[i];
        if (decisions[i].failed)
            continue;
        if (!said) {
            decisions[i] = (struct policy_decision){ .denied = !policy->ignore, .failed = true, .message = problem };
        } else if (decisions[i].denied) {
            decisions[i].reason = validation->reason != NULL ? validation->reason : "Invalid";
            decisions[i].message = messages[i] != NULL ? messages[i] : own_message(validation, judging->arena);
        }
    }
    judging->verdict->decisions = decisions;
    judging->verdict->n_decisions = count;
    return true;
}

static void annotate(struct judging *judging)
{
    const struct validating_policy *policy = judging->policy;
    struct policy_verdict *verdict = judging->verdict;
    size_t count = policy->object->spec.n_audit_annotations;
    const char *problem;
    struct pass pass;

    verdict->annotations = arena_new_array(judging->arena, struct policy_annotation, count + 1);
    verdict->annotation_errors = arena_new_array(judging->arena, const char *, count + 1);
    pass_init(&pass, &policy->composition, judging->request, CEL_COST_PER_REQUEST, judging->arena);
    for (size_t i = 0; i < count; i++) {
        struct cel_value value;
        int rc = pass_evaluate(&pass, &policy->annotations[i], &value, &problem);
        if (rc == -ERROR_LIMIT) {
            fail_whole(judging, problem);
            return;
        }
        if (rc < 0 && !policy->ignore)
            verdict->annotation_errors[verdict->n_annotation_errors++] = problem;
        if (rc < 0 || value.kind != CEL_STRING)
            continue;
        struct str text = str_trim(value.text);
        if (text.size > 0)
            verdict->annotations[verdict->n_annotations++] =
                (struct policy_annotation){ policy->object->spec.audit_annotations[i].key,
                                            arena_str(judging->arena, text).data };
    }
}

void validating_policy_evaluate(const struct validating_policy *policy, const struct policy_request *request,
                                struct arena *arena, struct policy_verdict *ret_verdict)
{
    struct judging judging = { policy, request, arena, ret_verdict };
    const char *problem;
    bool holds;

    *ret_verdict = (struct policy_verdict){ 0 };
    if (match_conditions_hold(policy->conditions, request, arena, &holds, &problem) < 0) {
        if (policy->ignore) /* then it is not asked */
            return;
        fail_whole(&judging, problem);
        return;
    }
    if (holds && judge(&judging))
        annotate(&judging);
}
