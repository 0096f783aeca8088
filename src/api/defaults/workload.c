/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload.c - what runs pods: deployments, daemon sets, stateful sets, jobs, replication controllers. */
#include "generated/apps_v1.h"
#include "generated/batch_v1.h"
#include "generated/names.h"

#include "api/value/entry.h"
#include "base/arena.h"

enum { BACKOFF_LIMIT = 6 };

static int32_t *number(struct arena *arena, int32_t value)
{
    int32_t *copy = arena_new(arena, int32_t);
    *copy = value;
    return copy;
}

static bool *flag(struct arena *arena, bool value)
{
    bool *copy = arena_new(arena, bool);
    *copy = value;
    return copy;
}

static struct int_or_string *share(struct arena *arena, const char *text, int32_t value)
{
    struct int_or_string *copy = arena_new(arena, struct int_or_string);
    *copy = (struct int_or_string){ .text = text, .number = value };
    return copy;
}

void api_defaults_apps_deployment(void *value, struct arena *arena)
{
    struct api_apps_deployment_strategy *strategy = &((struct api_apps_deployment *)value)->spec.strategy;
    if (text_empty(strategy->type))
        strategy->type = "RollingUpdate";
    if (!text_equal(strategy->type, "RollingUpdate"))
        return;
    if (strategy->rolling_update == NULL)
        strategy->rolling_update = arena_new(arena, struct api_apps_rolling_update_deployment);
    if (strategy->rolling_update->max_unavailable == NULL)
        strategy->rolling_update->max_unavailable = share(arena, "25%", 0);
    if (strategy->rolling_update->max_surge == NULL)
        strategy->rolling_update->max_surge = share(arena, "25%", 0);
}

void api_defaults_apps_daemon_set(void *value, struct arena *arena)
{
    struct api_apps_daemon_set_update_strategy *strategy = &((struct api_apps_daemon_set *)value)->spec.update_strategy;
    struct api_object_meta *meta = &((struct api_apps_daemon_set *)value)->metadata;
    struct api_string_entry *version =
        entry_put_to(meta->annotations, meta->n_annotations, API_APPS_DEPRECATED_TEMPLATE_GENERATION, arena);
    if (text_empty(version->value))
        version->value = "0"; /* the registry counts */
    if (text_empty(strategy->type))
        strategy->type = "RollingUpdate";
    if (!text_equal(strategy->type, "RollingUpdate"))
        return;
    if (strategy->rolling_update == NULL)
        strategy->rolling_update = arena_new(arena, struct api_apps_rolling_update_daemon_set);
    if (strategy->rolling_update->max_unavailable == NULL)
        strategy->rolling_update->max_unavailable = share(arena, NULL, 1);
    if (strategy->rolling_update->max_surge == NULL)
        strategy->rolling_update->max_surge = share(arena, NULL, 0);
}

void api_defaults_apps_stateful_set(void *value, struct arena *arena)
{
    struct api_apps_stateful_set_spec *spec = &((struct api_apps_stateful_set *)value)->spec;
    spec->volume_claim_templates_typed = spec->n_volume_claim_templates > 0; /* as upstream's conversion leaves them */
    struct api_apps_stateful_set_update_strategy *strategy = &spec->update_strategy;
    if (text_empty(strategy->type)) {
        strategy->type = "RollingUpdate";
        if (strategy->rolling_update == NULL)
            strategy->rolling_update = arena_new(arena, struct api_apps_rolling_update_stateful_set_strategy);
    }
    bool rolling = text_equal(strategy->type, "RollingUpdate") && strategy->rolling_update != NULL;
    if (rolling && strategy->rolling_update->partition == NULL)
        strategy->rolling_update->partition = number(arena, 0);
}

void api_defaults_batch_job(void *value, struct arena *arena)
{
    struct api_batch_job *job = value;
    struct api_batch_job_spec *spec = &job->spec;
    if (spec->completions == NULL && spec->parallelism == NULL)
        spec->completions = number(arena, 1);
    if (spec->parallelism == NULL)
        spec->parallelism = number(arena, 1);
    if (spec->backoff_limit == NULL)
        spec->backoff_limit = number(arena, spec->backoff_limit_per_index != NULL ? INT32_MAX : BACKOFF_LIMIT);
    if (job->metadata.n_labels == 0) {
        job->metadata.labels = spec->template.metadata.labels;
        job->metadata.n_labels = spec->template.metadata.n_labels;
    }
    if (spec->completion_mode == NULL)
        spec->completion_mode = "NonIndexed";
    if (spec->suspend == NULL)
        spec->suspend = flag(arena, false);
    if (spec->pod_replacement_policy == NULL)
        spec->pod_replacement_policy = spec->pod_failure_policy != NULL ? "Failed" : "TerminatingOrFailed";
    if (spec->manual_selector == NULL)
        spec->manual_selector = flag(arena, false);
}

void api_defaults_replication_controller(void *value, struct arena *arena)
{
    (void)arena;
    struct api_replication_controller *controller = value;
    const struct api_pod_template_spec *template = controller->spec.template;
    if (template == NULL || template->metadata.n_labels == 0)
        return;
    if (controller->spec.n_selector == 0) {
        controller->spec.selector = template->metadata.labels;
        controller->spec.n_selector = template->metadata.n_labels;
    }
    if (controller->metadata.n_labels == 0) {
        controller->metadata.labels = template->metadata.labels;
        controller->metadata.n_labels = template->metadata.n_labels;
    }
}
