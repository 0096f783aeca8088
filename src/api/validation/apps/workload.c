/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload.c - what the kinds that keep pods running share: selector, template, counts. */
#include "api/validation/apps/workload.h"
#include "api/selector/selector.h"
#include "api/validation/pod/pod_rules.h"

static const char *const always[] = { "Always", NULL };

bool validate_int_or_percent(const struct int_or_string *value, const struct field_at *at, struct api_invalid *errors)
{
    if (value == NULL)
        return true;
    if (value->text == NULL)
        return invalid_not_negative(errors, at, value->number);
    return invalid_format(errors, at, format_percent, value->text);
}

void validate_at_most_100_percent(const struct int_or_string *value, const struct field_at *at,
                                  struct api_invalid *errors)
{
    int32_t percent = 0;

    if (value != NULL && value->text != NULL && int_or_string_percent(value, &percent) && percent > 100)
        invalid_string(errors, at, value->text, "must not be greater than 100%%");
}

/* The number itself, or that of the percentage: whether it is zero is all that counts. */
int32_t int_or_percent_raw(const struct int_or_string *value)
{
    int32_t number = 0;

    if (value == NULL)
        return 0;
    if (value->text == NULL)
        return value->number;
    return int_or_string_percent(value, &number) ? number : 0;
}

static bool selector_is_empty(const struct api_label_selector *selector)
{
    return selector->n_match_labels == 0 && selector->n_match_expressions == 0;
}

static void refuse_labels(const struct api_pod_template_spec *template, const struct field_at *at,
                          struct api_invalid *errors)
{
    invalid_string_map(errors, at_field(at_field(at_field(at, "template"), "metadata"), "labels"),
                       template->metadata.labels, template->metadata.n_labels,
                       "`selector` does not match template `labels`");
}

/* False when the selector cannot be used at all. */
static bool check_selected(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                           const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    struct label_selector parsed;

    if (selector == NULL) {
        refuse_labels(template, at, errors);
        return true;
    }
    if (label_selector_of(selector, &arena, &parsed, NULL) != 0)
        return false;
    if (!label_selector_matches(&parsed, template->metadata.labels, template->metadata.n_labels))
        refuse_labels(template, at, errors);
    return true;
}

void validate_selected(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                       const struct field_at *at, struct api_invalid *errors)
{
    (void)check_selected(selector, template, at, errors);
}

void validate_own_selector(const struct api_label_selector *selector, const char *kind, const struct field_at *at,
                           struct api_invalid *errors)
{
    if (selector == NULL) {
        invalid_missing(errors, at);
        return;
    }
    validate_label_selector(selector, at, errors);
    if (selector_is_empty(selector))
        invalid_raw(errors, at, "{}", "empty selector is invalid for %s", kind);
}

void validate_template_always(const struct api_pod_template_spec *template, const char *kind, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *spec = at_field(at, "spec");

    if (!text_equal(template->spec.restart_policy, "Always"))
        invalid_not_supported(errors, at_field(spec, "restartPolicy"), template->spec.restart_policy, always);
    if (template->spec.active_deadline_seconds != NULL)
        invalid_forbidden(errors, at_field(spec, "activeDeadlineSeconds"),
                          "activeDeadlineSeconds in %s is not Supported", kind);
}

void validate_replica_template(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                               const struct api_pod_template_spec *old, const struct field_at *at,
                               struct api_invalid *errors)
{
    validate_own_selector(selector, "deployment", at_field(at, "selector"), errors); /* of both kinds, as upstream */
    if (selector != NULL && !check_selected(selector, template, at, errors)) {
        invalid_object(errors, at_field(at, "selector"), &api_type_label_selector, selector, "invalid label selector");
        return;
    }
    if (selector == NULL)
        refuse_labels(template, at, errors);
    validate_pod_template(template, old, at_field(at, "template"), errors);
    validate_template_always(template, "ReplicaSet", at_field(at, "template"), errors);
}

void validate_selector_kept(const struct api_label_selector *selector, const struct api_label_selector *old,
                            struct api_invalid *errors)
{
    validate_immutable(&api_type_label_selector, selector, old, at_field(at_field(NULL, "spec"), "selector"), errors);
}

void validate_status_at_most(int32_t count, int32_t max, const char *name, const char *detail,
                             struct api_invalid *errors)
{
    if (count > max)
        invalid_number(errors, at_field(at_field(NULL, "status"), name), count, "%s", detail);
}

void validate_collision_count(const int32_t *count, const int32_t *old, struct api_invalid *errors)
{
    int32_t now = count != NULL ? *count : 0;

    if (old != NULL && now < *old)
        invalid_number(errors, at_field(at_field(NULL, "status"), "collisionCount"), now, "cannot be decremented");
}
