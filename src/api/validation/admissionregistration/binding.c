/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* binding.c - where a policy holds, with which parameters, and what follows. */
#include "api/validation/admissionregistration/match.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"

static const char *const actions[] = { "Audit", "Deny", "Warn", NULL };
static const char *const not_found_actions[] = { "Deny", "Allow", NULL };

static void validate_policy_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(name))
        invalid_missing(errors, at);
    else
        invalid_format(errors, at, format_dns1123_subdomain, name);
}

static void validate_param_ref(const struct api_admissionregistration_param_ref *ref, const struct field_at *at,
                               struct api_invalid *errors)
{
    static const char both[] = "name and selector are mutually exclusive";

    if (ref == NULL)
        return;
    bool named = !text_empty(ref->name);
    if (named)
        invalid_format(errors, at_field(at, "name"), format_path_segment, ref->name);
    if (named && ref->selector != NULL)
        invalid_forbidden(errors, at_field(at, "name"), both);
    if (ref->selector != NULL)
        validate_label_selector(ref->selector, at_field(at, "selector"), errors);
    if (named && ref->selector != NULL)
        invalid_forbidden(errors, at_field(at, "selector"), both);
    if (!named && ref->selector == NULL)
        invalid_required(errors, at, "one of name or selector must be specified");
    invalid_one_of(errors, at_field(at, "parameterNotFoundAction"), ref->parameter_not_found_action, not_found_actions,
                   true);
}

static void validate_actions(const char *const *list, size_t count, const struct field_at *at,
                             struct api_invalid *errors)
{
    auto_text_set struct text_set seen = { 0 };

    for (size_t i = 0; i < count; i++) {
        invalid_one_of(errors, at_index(at, i), list[i], actions, false);
        invalid_repeated(errors, at_index(at, i), &seen, list[i]);
    }
    if (text_set_has(&seen, "Deny") && text_set_has(&seen, "Warn"))
        invalid_string_list(errors, at, list, count,
                            "must not contain both Deny and Warn (repeating the same validation failure information in "
                            "the API response and headers serves no purpose)");
    if (count == 0)
        invalid_required(errors, at, "at least one validation action is required");
}

void validate_validating_binding_create(const void *object, struct api_invalid *errors)
{
    const struct api_admissionregistration_validating_admission_policy_binding_spec *spec =
        &((const struct api_admissionregistration_validating_admission_policy_binding *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_policy_name(spec->policy_name, at_field(at, "policyName"), errors);
    validate_param_ref(spec->param_ref, at_field(at, "paramRef"), errors);
    validate_match_resources(spec->match_resources, at_field(at, "matchResources"), errors);
    validate_actions(spec->validation_actions, spec->n_validation_actions, at_field(at, "validationActions"), errors);
}

void validate_validating_binding_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_validating_binding_create(object, errors);
}

void validate_mutating_binding_create(const void *object, struct api_invalid *errors)
{
    const struct api_admissionregistration_mutating_admission_policy_binding_spec *spec =
        &((const struct api_admissionregistration_mutating_admission_policy_binding *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_policy_name(spec->policy_name, at_field(at, "policyName"), errors);
    validate_param_ref(spec->param_ref, at_field(at, "paramRef"), errors);
    validate_match_resources(spec->match_resources, at_field(at, "matchResources"), errors);
    validate_mutated_operations(spec->match_resources, at_field(at, "matchResources"), errors);
}

void validate_mutating_binding_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_mutating_binding_create(object, errors);
}
