/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload.c - what keeps pods running: Deployments and their relatives, and disruption budgets. */
#include "api/codec.h"
#include "api/selector.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"

static const char *const deployment_strategies[] = { "Recreate", "RollingUpdate", NULL };
static const char *const daemon_strategies[] = { "RollingUpdate", "OnDelete", NULL };
static const char *const retention[] = { "Delete", "Retain", NULL };
static const char *const always[] = { "Always", NULL };
static const char *const eviction_policies[] = { "AlwaysAllow", "IfHealthyBudget", NULL };

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
static int32_t raw_number(const struct int_or_string *value)
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
static void validate_selected(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
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
static void validate_template(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
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
    validate_pod_template(template, at_field(at, "template"), errors);
    if (!text_equal(template->spec.restart_policy, "Always"))
        invalid_not_supported(errors, at_field(spec, "restartPolicy"), template->spec.restart_policy, always);
    if (template->spec.active_deadline_seconds != NULL)
        invalid_forbidden(errors, at_field(spec, "activeDeadlineSeconds"),
                          "activeDeadlineSeconds in %s is not Supported", kind);
}

static void validate_count(const int32_t *count, const struct field_at *at, struct api_invalid *errors)
{
    if (count != NULL)
        invalid_not_negative(errors, at, *count);
}

static void validate_selector_kept(const struct api_label_selector *selector, const struct api_label_selector *old,
                                   struct api_invalid *errors)
{
    validate_immutable(&api_type_label_selector, selector, old, at_field(at_field(NULL, "spec"), "selector"), errors);
}

static void validate_rolling(const struct api_apps_rolling_update_deployment *rolling, const struct field_at *at,
                             struct api_invalid *errors)
{
    validate_int_or_percent(rolling->max_unavailable, true, at_field(at, "maxUnavailable"), errors);
    validate_int_or_percent(rolling->max_surge, false, at_field(at, "maxSurge"), errors);
    if (raw_number(rolling->max_unavailable) == 0 && raw_number(rolling->max_surge) == 0) {
        char space[INT_OR_STRING_TEXT_SIZE] = "0";
        const struct int_or_string *value = rolling->max_unavailable;
        if (value != NULL && value->text != NULL)
            invalid_string(errors, at_field(at, "maxUnavailable"), value->text, "may not be 0 when `maxSurge` is 0");
        else
            invalid_raw(errors, at_field(at, "maxUnavailable"), space, "may not be 0 when `maxSurge` is 0");
    }
}

void validate_deployment_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_deployment_spec *spec = &((const struct api_apps_deployment *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *strategy = at_field(at, "strategy");

    validate_count(spec->replicas, at_field(at, "replicas"), errors);
    validate_template(spec->selector, &spec->template, "deployment", at, errors);
    if (text_equal(spec->strategy.type, "Recreate")) {
        if (spec->strategy.rolling_update != NULL)
            invalid_forbidden(errors, at_field(strategy, "rollingUpdate"),
                              "may not be specified when strategy `type` is 'Recreate'");
    } else if (text_equal(spec->strategy.type, "RollingUpdate")) {
        if (spec->strategy.rolling_update == NULL)
            invalid_required(errors, at_field(strategy, "rollingUpdate"), "this should be defaulted and never be nil");
        else
            validate_rolling(spec->strategy.rolling_update, at_field(strategy, "rollingUpdate"), errors);
    } else {
        invalid_not_supported(errors, strategy, spec->strategy.type, deployment_strategies);
    }
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_count(spec->revision_history_limit, at_field(at, "revisionHistoryLimit"), errors);
    if (spec->progress_deadline_seconds != NULL) {
        const struct field_at *here = at_field(at, "progressDeadlineSeconds");
        invalid_not_negative(errors, here, *spec->progress_deadline_seconds);
        if (*spec->progress_deadline_seconds <= spec->min_ready_seconds)
            invalid_number(errors, here, *spec->progress_deadline_seconds, "must be greater than minReadySeconds");
    }
}

void validate_deployment_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_deployment_create(object, errors);
    validate_selector_kept(((const struct api_apps_deployment *)object)->spec.selector,
                           ((const struct api_apps_deployment *)old)->spec.selector, errors);
}

static void validate_at_most(int32_t count, int32_t max, const char *name, const char *detail,
                             struct api_invalid *errors)
{
    if (count > max)
        invalid_number(errors, at_field(at_field(NULL, "status"), name), count, "%s", detail);
}

void validate_deployment_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_deployment_status *status = &((const struct api_apps_deployment *)object)->status;
    const int32_t *old_collisions = ((const struct api_apps_deployment *)old)->status.collision_count;
    const struct field_at *at = at_field(NULL, "status");
    static const char more[] = "cannot be greater than status.replicas";

    invalid_not_negative(errors, at_field(at, "observedGeneration"), status->observed_generation);
    invalid_not_negative(errors, at_field(at, "replicas"), status->replicas);
    invalid_not_negative(errors, at_field(at, "updatedReplicas"), status->updated_replicas);
    invalid_not_negative(errors, at_field(at, "readyReplicas"), status->ready_replicas);
    invalid_not_negative(errors, at_field(at, "availableReplicas"), status->available_replicas);
    invalid_not_negative(errors, at_field(at, "unavailableReplicas"), status->unavailable_replicas);
    validate_count(status->collision_count, at_field(at, "collisionCount"), errors);
    validate_at_most(status->updated_replicas, status->replicas, "updatedReplicas", more, errors);
    validate_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                     "cannot be greater than readyReplicas", errors);
    int32_t collisions = status->collision_count != NULL ? *status->collision_count : 0;
    if (old_collisions != NULL && collisions < *old_collisions)
        invalid_number(errors, at_field(at, "collisionCount"), collisions, "cannot be decremented");
}

void validate_replica_set_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_replica_set_spec *spec = &((const struct api_apps_replica_set *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_template(spec->selector, &spec->template, "ReplicaSet", at, errors);
}

void validate_replica_set_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_replica_set_create(object, errors);
    validate_selector_kept(((const struct api_apps_replica_set *)object)->spec.selector,
                           ((const struct api_apps_replica_set *)old)->spec.selector, errors);
}

void validate_replica_set_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_replica_set_status *status = &((const struct api_apps_replica_set *)object)->status;
    const struct field_at *at = at_field(NULL, "status");
    static const char more[] = "cannot be greater than status.replicas";

    (void)old;
    invalid_not_negative(errors, at_field(at, "replicas"), status->replicas);
    invalid_not_negative(errors, at_field(at, "fullyLabeledReplicas"), status->fully_labeled_replicas);
    invalid_not_negative(errors, at_field(at, "readyReplicas"), status->ready_replicas);
    invalid_not_negative(errors, at_field(at, "availableReplicas"), status->available_replicas);
    invalid_not_negative(errors, at_field(at, "observedGeneration"), status->observed_generation);
    validate_at_most(status->fully_labeled_replicas, status->replicas, "fullyLabeledReplicas", more, errors);
    validate_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                     "cannot be greater than readyReplicas", errors);
}

void validate_daemon_set_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_daemon_set_spec *spec = &((const struct api_apps_daemon_set *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *strategy = at_field(at, "updateStrategy");
    const struct field_at *rolling = at_field(strategy, "rollingUpdate");

    validate_template(spec->selector, &spec->template, "daemonset", at, errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_count(spec->revision_history_limit, at_field(at, "revisionHistoryLimit"), errors);
    if (text_equal(spec->update_strategy.type, "OnDelete"))
        return;
    if (!text_equal(spec->update_strategy.type, "RollingUpdate")) {
        invalid_not_supported(errors, strategy, spec->update_strategy.type, daemon_strategies);
        return;
    }
    const struct api_apps_rolling_update_daemon_set *update = spec->update_strategy.rolling_update;
    if (update == NULL) {
        invalid_missing(errors, rolling);
        return;
    }
    validate_int_or_percent(update->max_unavailable, true, at_field(rolling, "maxUnavailable"), errors);
    validate_int_or_percent(update->max_surge, true, at_field(rolling, "maxSurge"), errors);
    bool unavailable = raw_number(update->max_unavailable) != 0;
    bool surge = raw_number(update->max_surge) != 0;
    if (unavailable && surge)
        invalid_number(errors, at_field(rolling, "maxSurge"), raw_number(update->max_surge),
                       "may not be set when maxUnavailable is non-zero");
    if (!unavailable && !surge)
        invalid_required(errors, at_field(rolling, "maxUnavailable"), "cannot be 0 when maxSurge is 0");
}

void validate_daemon_set_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_daemon_set_create(object, errors);
    validate_selector_kept(((const struct api_apps_daemon_set *)object)->spec.selector,
                           ((const struct api_apps_daemon_set *)old)->spec.selector, errors);
}

/* A claim template stands for a volume of its name. */
static struct api_pod_template_spec with_claims(const struct api_apps_stateful_set_spec *spec, struct arena *arena)
{
    struct api_pod_template_spec template = spec->template;
    struct api_volume *volumes =
        arena_new_array(arena, struct api_volume, spec->n_volume_claim_templates + template.spec.n_volumes);
    size_t count = 0;

    for (size_t i = 0; i < spec->n_volume_claim_templates; i++) {
        struct api_persistent_volume_claim_volume_source *source =
            arena_new(arena, struct api_persistent_volume_claim_volume_source);
        source->claim_name = spec->volume_claim_templates[i].metadata.name;
        volumes[count].name = source->claim_name;
        volumes[count++].persistent_volume_claim = source;
    }
    for (size_t i = 0; i < template.spec.n_volumes; i++) {
        bool replaced = false;
        for (size_t k = 0; k < spec->n_volume_claim_templates; k++)
            replaced = replaced || text_equal(template.spec.volumes[i].name, volumes[k].name);
        if (!replaced)
            volumes[count++] = template.spec.volumes[i];
    }
    template.spec.volumes = volumes;
    template.spec.n_volumes = count;
    template.spec.hostname = NULL;
    template.spec.subdomain = NULL;
    return template;
}

static void validate_stateful_strategy(const struct api_apps_stateful_set_update_strategy *strategy,
                                       const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *rolling = at_field(at, "rollingUpdate");

    if (text_empty(strategy->type)) {
        invalid_missing(errors, at);
    } else if (text_equal(strategy->type, "OnDelete")) {
        if (strategy->rolling_update != NULL)
            invalid_object(errors, rolling, &api_type_apps_rolling_update_stateful_set_strategy,
                           strategy->rolling_update, "only allowed for updateStrategy 'RollingUpdate'");
    } else if (!text_equal(strategy->type, "RollingUpdate")) {
        invalid_object(errors, at, &api_type_apps_stateful_set_update_strategy, strategy,
                       "must be 'RollingUpdate' or 'OnDelete'");
    } else if (strategy->rolling_update != NULL) {
        validate_count(strategy->rolling_update->partition, at_field(rolling, "partition"), errors);
        validate_int_or_percent(strategy->rolling_update->max_unavailable, true, at_field(rolling, "maxUnavailable"),
                                errors);
    }
}

void validate_stateful_set_create(const void *object, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const struct api_apps_stateful_set_spec *spec = &((const struct api_apps_stateful_set *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    struct api_pod_template_spec template = with_claims(spec, &arena);
    const struct field_at *management = at_field(at, "podManagementPolicy");

    if (text_empty(spec->pod_management_policy))
        invalid_missing(errors, management);
    else if (!text_equal(spec->pod_management_policy, "OrderedReady") &&
             !text_equal(spec->pod_management_policy, "Parallel"))
        invalid_string(errors, management, spec->pod_management_policy, "must be 'OrderedReady' or 'Parallel'");
    validate_stateful_strategy(&spec->update_strategy, at_field(at, "updateStrategy"), errors);
    if (spec->persistent_volume_claim_retention_policy != NULL) {
        const struct field_at *policy = at_field(at, "persistentVolumeClaimRetentionPolicy");
        invalid_one_of(errors, at_field(policy, "whenDeleted"),
                       spec->persistent_volume_claim_retention_policy->when_deleted, retention, false);
        invalid_one_of(errors, at_field(policy, "whenScaled"),
                       spec->persistent_volume_claim_retention_policy->when_scaled, retention, false);
    }
    validate_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (spec->ordinals != NULL)
        invalid_not_negative(errors, at_field(at, "ordinals.start"), spec->ordinals->start);
    validate_template(spec->selector, &template, "statefulset", at, errors);
}

void validate_stateful_set_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_apps_stateful_set *set = object;
    const struct api_apps_stateful_set_spec *old = &((const struct api_apps_stateful_set *)old_object)->spec;
    struct api_apps_stateful_set_spec same = set->spec;

    validate_stateful_set_create(object, errors);
    same.replicas = old->replicas;
    same.ordinals = old->ordinals;
    same.template = old->template;
    same.update_strategy = old->update_strategy;
    same.revision_history_limit = old->revision_history_limit;
    same.persistent_volume_claim_retention_policy = old->persistent_volume_claim_retention_policy;
    same.min_ready_seconds = old->min_ready_seconds;
    if (!api_equal(&api_type_apps_stateful_set_spec, &same, old))
        invalid_forbidden(errors, at_field(NULL, "spec"),
                          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                          "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
                          "'minReadySeconds' are forbidden");
}

void validate_replication_controller_create(const void *object, struct api_invalid *errors)
{
    const struct api_replication_controller_spec *spec = &((const struct api_replication_controller *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    struct api_label_selector selector = { .match_labels = spec->selector, .n_match_labels = spec->n_selector };

    validate_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (spec->n_selector == 0)
        invalid_missing(errors, at_field(at, "selector"));
    if (spec->template == NULL) {
        invalid_missing(errors, at_field(at, "template"));
        return;
    }
    if (spec->n_selector > 0)
        validate_selected(&selector, spec->template, "`selector` does not match template `labels`", at, errors);
    validate_pod_template(spec->template, at_field(at, "template"), errors);
    const struct field_at *pod = at_field(at_field(at, "template"), "spec");
    if (!text_equal(spec->template->spec.restart_policy, "Always"))
        invalid_not_supported(errors, at_field(pod, "restartPolicy"), spec->template->spec.restart_policy, always);
}

void validate_replication_controller_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_replication_controller_create(object, errors);
}

void validate_disruption_budget_create(const void *object, struct api_invalid *errors)
{
    const struct api_policy_pod_disruption_budget_spec *spec =
        &((const struct api_policy_pod_disruption_budget *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->min_available != NULL && spec->max_unavailable != NULL)
        invalid_object(errors, at, &api_type_policy_pod_disruption_budget_spec, spec,
                       "minAvailable and maxUnavailable cannot be both set");
    validate_int_or_percent(spec->min_available, true, at_field(at, "minAvailable"), errors);
    validate_int_or_percent(spec->max_unavailable, true, at_field(at, "maxUnavailable"), errors);
    validate_label_selector(spec->selector, at_field(at, "selector"), errors);
    if (spec->unhealthy_pod_eviction_policy != NULL)
        invalid_one_of(errors, at_field(at, "unhealthyPodEvictionPolicy"), spec->unhealthy_pod_eviction_policy,
                       eviction_policies, false);
}

void validate_disruption_budget_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_disruption_budget_create(object, errors);
}
