/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* webhook_configuration.c - webhooks that are asked about requests: those that judge and those that change. */
#include "api/validation/admissionregistration/match.h"

#include <assert.h>

#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"
#include "api/validation/webhook.h"

#define TIMEOUT_MAX  30 /* seconds; upstream's */
#define SERVICE_PORT 443

static const char *const side_effects[] = { "None", "NoneOnDryRun", "Some", "Unknown", NULL };
static const char *const no_side_effects[] = { "None", "NoneOnDryRun", NULL };

/* What both sorts of webhooks have. */
struct webhook {
    const char *name;
    const struct api_admissionregistration_webhook_client_config *client;
    const struct api_admissionregistration_rule_with_operations *rules;
    size_t n_rules;
    const char *failure_policy, *match_policy, *side_effects, *reinvocation_policy;
    const struct api_label_selector *namespace_selector, *object_selector;
    const int32_t *timeout_seconds;
    const char *const *review_versions;
    size_t n_review_versions;
    const struct api_admissionregistration_match_condition *conditions;
    size_t n_conditions;
};

#define WEBHOOK_OF(hook_)                                                                                              \
    (struct webhook)                                                                                                   \
    {                                                                                                                  \
        .name = (hook_)->name, .client = &(hook_)->client_config, .rules = (hook_)->rules,                             \
        .n_rules = (hook_)->n_rules, .failure_policy = (hook_)->failure_policy, .match_policy = (hook_)->match_policy, \
        .side_effects = (hook_)->side_effects, .namespace_selector = (hook_)->namespace_selector,                      \
        .object_selector = (hook_)->object_selector, .timeout_seconds = (hook_)->timeout_seconds,                      \
        .review_versions = (hook_)->admission_review_versions,                                                         \
        .n_review_versions = (hook_)->n_admission_review_versions, .conditions = (hook_)->match_conditions,            \
        .n_conditions = (hook_)->n_match_conditions                                                                    \
    }

/* The webhooks of a configuration of either kind. */
struct webhooks {
    bool mutate;
    const struct api_admissionregistration_validating_webhook *validating;
    const struct api_admissionregistration_mutating_webhook *mutating;
    size_t count;
};

/* What an update has to keep to, because what is stored does. */
struct strictness {
    bool same_conditions; /* they were judged before */
    bool no_side_effects;
    bool known_version;
    bool unique_names;
    const struct api_label_selector *bad_selector; /* a stored one, NULL when all are good */
};

static const struct strictness strict = { .no_side_effects = true, .known_version = true, .unique_names = true };

static struct webhook webhook_at(const struct webhooks *hooks, size_t i)
{
    if (!hooks->mutate)
        return WEBHOOK_OF(&hooks->validating[i]);
    assert(hooks->mutating != NULL); /* one of the two is */
    struct webhook hook = WEBHOOK_OF(&hooks->mutating[i]);
    hook.reinvocation_policy = hooks->mutating[i].reinvocation_policy;
    return hook;
}

static bool is_known_version(const char *version)
{
    return text_equal(version, "v1") || text_equal(version, "v1beta1");
}

static bool has_known_version(const struct webhook *hook)
{
    for (size_t i = 0; i < hook->n_review_versions; i++)
        if (is_known_version(hook->review_versions[i]))
            return true;
    return false;
}

static struct strictness strictness_of(const struct webhooks *hooks, const struct webhooks *old)
{
    struct strictness keep = strict;
    auto_text_set struct text_set names = { 0 };

    keep.same_conditions = hooks->count == old->count;
    for (size_t i = 0; i < old->count; i++) {
        struct webhook hook = webhook_at(old, i);
        const char *effects = hook.side_effects;
        keep.no_side_effects &= text_equal(effects, "None") || text_equal(effects, "NoneOnDryRun");
        keep.known_version &= hook.n_review_versions == 0 || has_known_version(&hook);
        keep.unique_names &= text_set_add(&names, hook.name);
        if (label_selector_has_bad_values(hook.namespace_selector))
            keep.bad_selector = hook.namespace_selector;
        if (label_selector_has_bad_values(hook.object_selector))
            keep.bad_selector = hook.object_selector;
        if (keep.same_conditions) {
            struct webhook now = webhook_at(hooks, i);
            keep.same_conditions =
                match_conditions_equal(now.conditions, now.n_conditions, hook.conditions, hook.n_conditions);
        }
    }
    return keep;
}

static void validate_side_effects(const char *effects, bool none, const struct field_at *at, struct api_invalid *errors)
{
    if (effects == NULL)
        invalid_required(errors, at, "must specify one of None, NoneOnDryRun%s", none ? "" : ", Some, Unknown");
    else
        invalid_one_of(errors, at, effects, none ? no_side_effects : side_effects, false);
}

static void validate_client(const struct api_admissionregistration_webhook_client_config *client,
                            const struct field_at *at, struct api_invalid *errors)
{
    const struct api_admissionregistration_service_reference *service = client->service;

    if ((client->url == NULL) == (service == NULL))
        invalid_required(errors, at, "exactly one of url or service is required");
    else if (client->url != NULL)
        validate_webhook_url(client->url, at_field(at, "url"), errors);
    else
        validate_webhook_service(service->namespace, service->name, service->path,
                                 service->port != NULL ? *service->port : SERVICE_PORT, at_field(at, "service"),
                                 errors);
}

static void validate_webhook(const struct webhook *hook, const struct strictness *keep, const struct field_at *at,
                             struct api_invalid *errors)
{
    if (text_empty(hook->name))
        invalid_missing(errors, at_field(at, "name"));
    else
        invalid_format(errors, at_field(at, "name"), format_fully_qualified_name, hook->name);
    for (size_t i = 0; i < hook->n_rules; i++)
        validate_admission_rule(&hook->rules[i], at_index(at_field(at, "rules"), i), errors);
    if (hook->failure_policy != NULL)
        invalid_one_of(errors, at_field(at, "failurePolicy"), hook->failure_policy, admission_failure_policies, false);
    if (hook->match_policy != NULL)
        invalid_one_of(errors, at_field(at, "matchPolicy"), hook->match_policy, admission_match_policies, false);
    validate_side_effects(hook->side_effects, keep->no_side_effects, at_field(at, "sideEffects"), errors);
    if (hook->timeout_seconds != NULL && (*hook->timeout_seconds < 1 || *hook->timeout_seconds > TIMEOUT_MAX))
        invalid_number(errors, at_field(at, "timeoutSeconds"), *hook->timeout_seconds,
                       "the timeout value must be between 1 and 30 seconds");
    if (hook->namespace_selector != NULL)
        validate_label_selector_update(hook->namespace_selector, keep->bad_selector, at_field(at, "namespaceSelector"),
                                       errors);
    if (hook->object_selector != NULL)
        validate_label_selector_update(hook->object_selector, keep->bad_selector, at_field(at, "objectSelector"),
                                       errors);
    if (hook->reinvocation_policy != NULL)
        invalid_one_of(errors, at_field(at, "reinvocationPolicy"), hook->reinvocation_policy,
                       admission_reinvocation_policies, false);
    validate_client(hook->client, at_field(at, "clientConfig"), errors);
    if (keep->same_conditions || hook->n_conditions == 0)
        return;
    auto_expressions struct expressions expressions = expressions_open(errors, false, false);
    validate_match_conditions(hook->conditions, hook->n_conditions, &expressions, at_field(at, "matchConditions"),
                              errors);
}

static void validate_review_versions(const struct webhook *hook, bool known, const struct field_at *at,
                                     struct api_invalid *errors)
{
    auto_text_set struct text_set seen = { 0 };

    if (hook->n_review_versions == 0) {
        invalid_required(errors, at, "must specify one of v1, v1beta1");
        return;
    }
    for (size_t i = 0; i < hook->n_review_versions; i++)
        if (!text_set_add(&seen, hook->review_versions[i]))
            invalid_string(errors, at_index(at, i), hook->review_versions[i], "duplicate version");
        else
            invalid_format(errors, at_index(at, i), format_dns1035_label, hook->review_versions[i]);
    if (known && !has_known_version(hook))
        invalid_string_list(errors, at, hook->review_versions, hook->n_review_versions,
                            "must include at least one of v1, v1beta1");
}

static void validate_webhooks(const struct webhooks *hooks, const struct strictness *keep, struct api_invalid *errors)
{
    auto_text_set struct text_set names = { 0 };

    for (size_t i = 0; i < hooks->count; i++) {
        const struct field_at *at = at_index(at_field(NULL, "webhooks"), i);
        struct webhook hook = webhook_at(hooks, i);
        validate_webhook(&hook, keep, at, errors);
        validate_review_versions(&hook, keep->known_version, at_field(at, "admissionReviewVersions"), errors);
        if (keep->unique_names && !text_empty(hook.name))
            invalid_repeated(errors, at_field(at, "name"), &names, hook.name);
    }
}

static struct webhooks validating_of(const void *object)
{
    const struct api_admissionregistration_validating_webhook_configuration *configuration = object;
    return (struct webhooks){ .validating = configuration->webhooks, .count = configuration->n_webhooks };
}

static struct webhooks mutating_of(const void *object)
{
    const struct api_admissionregistration_mutating_webhook_configuration *configuration = object;
    return (struct webhooks){ .mutate = true, .mutating = configuration->webhooks, .count = configuration->n_webhooks };
}

static void validate_changed(const struct webhooks *hooks, const struct webhooks *old, struct api_invalid *errors)
{
    struct strictness keep = strictness_of(hooks, old);

    validate_webhooks(hooks, &keep, errors);
}

void validate_validating_webhooks_create(const void *object, struct api_invalid *errors)
{
    struct webhooks hooks = validating_of(object);
    validate_webhooks(&hooks, &strict, errors);
}

void validate_validating_webhooks_update(const void *object, const void *old, struct api_invalid *errors)
{
    struct webhooks hooks = validating_of(object), before = validating_of(old);
    validate_changed(&hooks, &before, errors);
}

void validate_mutating_webhooks_create(const void *object, struct api_invalid *errors)
{
    struct webhooks hooks = mutating_of(object);
    validate_webhooks(&hooks, &strict, errors);
}

void validate_mutating_webhooks_update(const void *object, const void *old, struct api_invalid *errors)
{
    struct webhooks hooks = mutating_of(object), before = mutating_of(old);
    validate_changed(&hooks, &before, errors);
}
