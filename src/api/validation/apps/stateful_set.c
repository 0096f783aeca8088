/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* stateful_set.c - StatefulSets. */
#include "api/codec.h"
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"

static const char *const retention[] = { "Delete", "Retain", NULL };

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
        validate_optional_count(strategy->rolling_update->partition, at_field(rolling, "partition"), errors);
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
    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (spec->ordinals != NULL)
        invalid_not_negative(errors, at_field(at, "ordinals.start"), spec->ordinals->start);
    validate_workload_template(spec->selector, &template, "statefulset", at, errors);
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
