/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validating_policy.c - policies that judge requests. */
#include "api/codec.h"
#include "api/validation/admissionregistration/match.h"
#include "api/validation/admissionregistration/policy.h"
#include "api/validation/conditions.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"

/* Upstream's */
#define ANNOTATIONS_MAX     20
#define ANNOTATION_SIZE_MAX 5120

typedef struct api_admissionregistration_validating_admission_policy policy_object;
typedef struct api_admissionregistration_validating_admission_policy_spec policy_spec;

static const char *const reasons[] = { "Forbidden", "Invalid", "RequestEntityTooLarge", NULL };

static void validate_validation(const struct api_admissionregistration_validation *validation,
                                const struct expressions *expressions, const struct field_at *at,
                                struct api_invalid *errors)
{
    const struct field_at *message = at_field(at, "message");

    if (text_blank(validation->expression))
        invalid_required(errors, at_field(at, "expression"), "expression is not specified");
    else
        validate_expression(expressions, EXPRESSION_CONDITION, validation->expression, validation->expression,
                            at_field(at, "expression"), errors);
    if (!text_empty(validation->message_expression) && text_blank(validation->message_expression))
        invalid_string(errors, at_field(at, "messageExpression"), validation->message_expression,
                       "must be non-empty if specified");
    else if (!text_empty(validation->message_expression))
        validate_expression(expressions, EXPRESSION_MESSAGE, validation->message_expression,
                            validation->message_expression, at_field(at, "messageExpression"), errors);
    struct str words = str_trim(str_of(text_or_empty(validation->message)));
    if (!text_empty(validation->message) && words.size == 0)
        invalid_string(errors, message, validation->message, "must be non-empty if specified");
    else if (str_find(words, '\n') < words.size || str_find(words, '\r') < words.size)
        invalid_string(errors, message, validation->message, "must not contain line breaks");
    if (validation->reason != NULL)
        invalid_one_of(errors, at_field(at, "reason"), validation->reason, reasons, false);
}

static void validate_annotation(const char *policy, const struct api_admissionregistration_audit_annotation *annotation,
                                const struct expressions *expressions, const struct field_at *at,
                                struct api_invalid *errors)
{
    const struct field_at *value = at_field(at, "valueExpression");
    auto_buffer struct buffer key = { 0 };

    if (text_empty(policy)) {
        invalid_string(errors, at_field(at, "key"), annotation->key, "requires metadata.name be non-empty");
    } else {
        buffer_format(&key, "%s/%s", policy, text_or_empty(annotation->key));
        if (!buffer_failed(&key))
            invalid_format(errors, at_field(at, "key"), format_qualified_name, key.data);
    }
    struct str expression = str_trim(str_of(text_or_empty(annotation->value_expression)));
    if (expression.size == 0)
        invalid_required(errors, value, "valueExpression is not specified");
    else if (expression.size > ANNOTATION_SIZE_MAX)
        invalid_required(errors, value, "must not exceed %d bytes in length", ANNOTATION_SIZE_MAX);
    else
        validate_trimmed_expression(expressions, EXPRESSION_ANNOTATION, annotation->value_expression, false, value,
                                    errors);
}

static void refuse_annotations(const policy_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    auto_buffer struct buffer shown = { 0 };

    for (size_t i = 0; i < spec->n_audit_annotations; i++) {
        buffer_append_char(&shown, i == 0 ? '[' : ',');
        api_encode_json(&api_type_admissionregistration_audit_annotation, NULL, &spec->audit_annotations[i], &shown);
    }
    buffer_append_text(&shown, "]");
    invalid_raw(errors, at, buffer_failed(&shown) ? "" : shown.data, "must not have more than %d auditAnnotations",
                ANNOTATIONS_MAX);
}

static void validate_annotations_of(const policy_object *policy, const struct expressions *expressions,
                                    const struct field_at *at, struct api_invalid *errors)
{
    const policy_spec *spec = &policy->spec;
    auto_text_set struct text_set keys = { 0 };

    if (spec->n_audit_annotations > ANNOTATIONS_MAX)
        refuse_annotations(spec, at, errors);
    for (size_t i = 0; i < spec->n_audit_annotations; i++) {
        validate_annotation(policy->metadata.name, &spec->audit_annotations[i], expressions, at_index(at, i), errors);
        invalid_repeated(errors, at_field(at_index(at, i), "key"), &keys, spec->audit_annotations[i].key);
    }
}

static void validate_policy(const policy_object *policy, bool same_conditions, struct api_invalid *errors)
{
    static const char nothing[] = "validations or auditAnnotations must contain at least one item";
    const policy_spec *spec = &policy->spec;
    const struct field_at *at = at_field(NULL, "spec");
    auto_expressions struct expressions expressions =
        expressions_open(errors, spec->param_kind != NULL, spec->n_variables > 0);

    validate_failure_policy(spec->failure_policy, at_field(at, "failurePolicy"), errors);
    validate_param_kind(spec->param_kind, at_field(at, "paramKind"), errors);
    validate_match_constraints(spec->match_constraints, at_field(at, "matchConstraints"), errors);
    if (!same_conditions)
        validate_match_conditions(spec->match_conditions, spec->n_match_conditions, &expressions,
                                  at_field(at, "matchConditions"), errors);
    validate_variables(spec->variables, spec->n_variables, &expressions, at_field(at, "variables"), errors);
    if (spec->n_validations == 0 && spec->n_audit_annotations == 0) {
        invalid_required(errors, at_field(at, "validations"), nothing);
        invalid_required(errors, at_field(at, "auditAnnotations"), nothing);
        return;
    }
    for (size_t i = 0; i < spec->n_validations; i++)
        validate_validation(&spec->validations[i], &expressions, at_index(at_field(at, "validations"), i), errors);
    validate_annotations_of(policy, &expressions, at_field(at, "auditAnnotations"), errors);
}

void validate_validating_policy_create(const void *object, struct api_invalid *errors)
{
    validate_policy(object, false, errors);
}

void validate_validating_policy_update(const void *object, const void *old, struct api_invalid *errors)
{
    const policy_spec *now = &((const policy_object *)object)->spec, *before = &((const policy_object *)old)->spec;

    validate_policy(object,
                    param_kinds_equal(now->param_kind, before->param_kind) &&
                        match_conditions_equal(now->match_conditions, now->n_match_conditions, before->match_conditions,
                                               before->n_match_conditions),
                    errors);
}

void validate_validating_policy_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_admissionregistration_validating_admission_policy_status *status =
        &((const policy_object *)object)->status;
    const struct field_at *at = at_field(NULL, "status");
    const struct field_at *warnings = at_field(at_field(at, "typeChecking"), "expressionWarnings");

    (void)old;
    for (size_t i = 0; status->type_checking != NULL && i < status->type_checking->n_expression_warnings; i++) {
        const struct api_admissionregistration_expression_warning *warning =
            &status->type_checking->expression_warnings[i];
        if (text_empty(warning->warning))
            invalid_missing(errors, at_field(at_index(warnings, i), "warning"));
        if (text_blank(warning->field_ref))
            invalid_missing(errors, at_field(at_index(warnings, i), "fieldRef"));
    }
    validate_conditions(status->conditions, status->n_conditions, at_field(at, "conditions"), errors);
}
