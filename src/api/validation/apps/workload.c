/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload.c - what the kinds that keep pods running share: selector, template, counts. */
#include "api/validation/apps/workload.h"
#include "api/selector.h"
#include "api/validation/pod/pod_rules.h"

static const char *const always[] = { "Always", NULL };

bool validate_int_or_percent(const struct int_or_string *value, bool whole, const struct field_at *at,
                             struct api_invalid *errors)
{
    int32_t percent = 0;
    size_t before = errors->total;

    if (value == NULL)
        return true;
    if (value->text == NULL)
        return invalid_not_negative(errors, at, value->number);
    if (!invalid_format(errors, at, format_percent, value->text))
        return false;
    if (whole && int_or_string_percent(value, &percent) && percent > 100)
        invalid_string(errors, at, value->text, "must not be greater than 100%%");
    return errors->total == before;
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

static void text_labels(const struct api_string_entry *labels, size_t count, struct buffer *text)
{
    buffer_append_char(text, '{');
    for (size_t i = 0; i < count; i++)
        buffer_format(text, "%s\"%s\":\"%s\"", i > 0 ? "," : "", text_or_empty(labels[i].key),
                      text_or_empty(labels[i].value));
    buffer_append_char(text, '}');
}

/* The selector must select what the template makes. */
void validate_selected(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                       const char *mismatch, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { .max = INVALID_VALUE_SIZE_MAX };
    struct label_selector parsed;

    if (label_selector_of(selector, &arena, &parsed, NULL) != 0)
        return;
    if (label_selector_matches(&parsed, template->metadata.labels, template->metadata.n_labels))
        return;
    text_labels(template->metadata.labels, template->metadata.n_labels, &text);
    invalid_raw(errors, at_field(at_field(at_field(at, "template"), "metadata"), "labels"),
                template->metadata.n_labels == 0 ? "null" : text_or_empty(text.data), "%s", mismatch);
}

/* Selector and template, as all of these kinds have them. */
void validate_workload_template(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                                const char *kind, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *spec = at_field(at_field(at, "template"), "spec");

    if (selector == NULL) {
        invalid_missing(errors, at_field(at, "selector"));
    } else {
        validate_label_selector(selector, at_field(at, "selector"), errors);
        if (selector_is_empty(selector))
            invalid_raw(errors, at_field(at, "selector"), "{}", "empty selector is invalid for %s", kind);
        else
            validate_selected(selector, template, "`selector` does not match template `labels`", at, errors);
    }
    validate_pod_template(template, NULL, at_field(at, "template"), errors);
    if (!text_equal(template->spec.restart_policy, "Always"))
        invalid_not_supported(errors, at_field(spec, "restartPolicy"), template->spec.restart_policy, always);
    if (template->spec.active_deadline_seconds != NULL)
        invalid_forbidden(errors, at_field(spec, "activeDeadlineSeconds"),
                          "activeDeadlineSeconds in %s is not Supported", kind);
}

void validate_optional_count(const int32_t *count, const struct field_at *at, struct api_invalid *errors)
{
    if (count != NULL)
        invalid_not_negative(errors, at, *count);
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
