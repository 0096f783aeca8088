/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* stateful_set.c - StatefulSets. */
#include "api/codec.h"
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/claim.h"

static const char *const retention[] = { "Retain", "Delete", NULL };
static const char *const counts[] = { "replicas",          "readyReplicas",      "currentReplicas", "updatedReplicas",
                                      "availableReplicas", "observedGeneration", "collisionCount",  NULL };

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

static void validate_rolling(const struct api_apps_rolling_update_stateful_set_strategy *rolling,
                             const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *unavailable = at_field(at, "maxUnavailable");

    validate_optional_count(rolling->partition, at_field(at, "partition"), errors);
    if (rolling->max_unavailable == NULL)
        return;
    validate_int_or_percent(rolling->max_unavailable, unavailable, errors);
    if (int_or_percent_raw(rolling->max_unavailable) == 0) {
        if (rolling->max_unavailable->text != NULL)
            invalid_string(errors, unavailable, rolling->max_unavailable->text, "cannot be 0");
        else
            invalid_number(errors, unavailable, 0, "cannot be 0");
    }
    validate_at_most_100_percent(rolling->max_unavailable, unavailable, errors);
}

static void validate_strategy(const struct api_apps_stateful_set_update_strategy *strategy, const struct field_at *at,
                              struct api_invalid *errors)
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
        validate_rolling(strategy->rolling_update, rolling, errors);
    }
}

static void validate_policies(const struct api_apps_stateful_set_spec *spec, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *management = at_field(at, "podManagementPolicy");
    const struct field_at *claims = at_field(at, "persistentVolumeClaimRetentionPolicy");
    const struct api_apps_stateful_set_persistent_volume_claim_retention_policy *policy =
        spec->persistent_volume_claim_retention_policy;

    if (text_empty(spec->pod_management_policy))
        invalid_missing(errors, management);
    else if (!text_equal(spec->pod_management_policy, "OrderedReady") &&
             !text_equal(spec->pod_management_policy, "Parallel"))
        invalid_string(errors, management, spec->pod_management_policy, "must be 'OrderedReady' or 'Parallel'");
    validate_strategy(&spec->update_strategy, at_field(at, "updateStrategy"), errors);
    if (policy == NULL)
        return;
    invalid_one_of(errors, at_field(claims, "whenDeleted"), policy->when_deleted, retention, false);
    invalid_one_of(errors, at_field(claims, "whenScaled"), policy->when_scaled, retention, false);
}

static void validate_template(const struct api_apps_stateful_set_spec *spec,
                              const struct api_apps_stateful_set_spec *old, const struct field_at *at,
                              struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod_template_spec template = with_claims(spec, &arena);

    validate_pod_template(&template, old == NULL ? NULL : &old->template, at_field(at, "template"), errors);
}

/* Objects from before templates were looked into may be changed in everything else. */
static bool template_is_invalid(const struct api_apps_stateful_set_spec *spec)
{
    auto_invalid struct api_invalid errors = { 0 };

    validate_template(spec, spec, at_field(NULL, "spec"), &errors);
    return errors.total > 0;
}

static void validate_spec(const struct api_apps_stateful_set_spec *spec, const struct api_apps_stateful_set_spec *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *selector = at_field(at, "selector");

    validate_policies(spec, at, errors);
    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (spec->ordinals != NULL)
        invalid_not_negative(errors, at_field(at, "ordinals.start"), spec->ordinals->start);
    if (old == NULL && !text_empty(spec->service_name))
        invalid_format(errors, at_field(at, "serviceName"), format_dns1123_label, spec->service_name);
    validate_own_selector(spec->selector, "statefulset", selector, errors);
    validate_selected(spec->selector, &spec->template, at, errors);
    if (old == NULL || !template_is_invalid(old))
        validate_template(spec, old, at, errors);
    for (size_t i = 0; old == NULL && i < spec->n_volume_claim_templates; i++)
        validate_claim_spec(&spec->volume_claim_templates[i].spec, NULL,
                            at_field(at_index(at_field(at, "volumeClaimTemplates"), i), "spec"), errors);
    validate_template_always(&spec->template, "StatefulSet", at_field(at, "template"), errors);
}

void validate_stateful_set_create(const void *object, struct api_invalid *errors)
{
    validate_spec(&((const struct api_apps_stateful_set *)object)->spec, NULL, errors);
}

void validate_stateful_set_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_apps_stateful_set *set = object;
    const struct api_apps_stateful_set_spec *old = &((const struct api_apps_stateful_set *)old_object)->spec;
    struct api_apps_stateful_set_spec same = set->spec;

    validate_spec(&set->spec, old, errors);
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

void validate_stateful_set_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_stateful_set_status *status = &((const struct api_apps_stateful_set *)object)->status;
    static const char more[] = "cannot be greater than status.replicas";

    validate_counts(&api_type_apps_stateful_set_status, status, counts, at_field(NULL, "status"), errors);
    validate_status_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_status_at_most(status->current_replicas, status->replicas, "currentReplicas", more, errors);
    validate_status_at_most(status->updated_replicas, status->replicas, "updatedReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                            "cannot be greater than status.readyReplicas", errors);
    validate_collision_count(status->collision_count,
                             ((const struct api_apps_stateful_set *)old)->status.collision_count, errors);
}
