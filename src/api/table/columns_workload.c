/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* columns_workload.c - pods and what makes pods: the kinds of apps, batch and autoscaling. */
#include <stdio.h>

#include "api/table/columns.h"
#include "api/table/pod_columns.h"

static void cell_pod_ip(const struct row *row, struct buffer *text)
{
    const struct api_pod *pod = row->object;
    text_or(pod->status.n_pod_ips > 0 ? pod->status.pod_ips[0].ip : NULL, "<none>", text);
}

static const struct column pod_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Ready", cell_pod_ready),
    COLUMN_CELL("Status", cell_pod_status),
    COLUMN_CELL("Restarts", cell_pod_restarts),
    COLUMN_AGE,
    COLUMN_WIDE("IP", cell_pod_ip),
    { .name = "Node", .type = "string", .path = "spec.nodeName", .empty = "<none>", .priority = 1 },
    { .name = "Nominated Node",
      .type = "string",
      .path = "status.nominatedNodeName",
      .empty = "<none>",
      .priority = 1 },
    COLUMN_WIDE("Readiness Gates", cell_pod_readiness_gates),
    COLUMNS_END,
};

static void text_container_names(const struct api_pod_spec *spec, struct buffer *text)
{
    for (size_t i = 0; i < spec->n_containers; i++)
        buffer_format(text, "%s%s", i > 0 ? "," : "", text_or_empty(spec->containers[i].name));
}

static void text_container_images(const struct api_pod_spec *spec, struct buffer *text)
{
    for (size_t i = 0; i < spec->n_containers; i++)
        buffer_format(text, "%s%s", i > 0 ? "," : "", text_or_empty(spec->containers[i].image));
}

/* Containers, Images (and Selector) of a kind with a pod template. */
#define TEMPLATE_CELLS(kind, template_)                                              \
    static void cell_##kind##_containers(const struct row *row, struct buffer *text) \
    {                                                                                \
        text_container_names(&((const struct kind *)row->object)->template_, text);  \
    }                                                                                \
    static void cell_##kind##_images(const struct row *row, struct buffer *text)     \
    {                                                                                \
        text_container_images(&((const struct kind *)row->object)->template_, text); \
    }
#define SELECTOR_CELL(kind, selector_)                                             \
    static void cell_##kind##_selector(const struct row *row, struct buffer *text) \
    {                                                                              \
        text_selector(((const struct kind *)row->object)->selector_, text);        \
    }
#define COLUMNS_TEMPLATE(kind) \
    COLUMN_WIDE("Containers", cell_##kind##_containers), COLUMN_WIDE("Images", cell_##kind##_images)
#define COLUMN_SELECTOR(kind) COLUMN_WIDE("Selector", cell_##kind##_selector)

TEMPLATE_CELLS(api_pod_template, template.spec)
TEMPLATE_CELLS(api_replication_controller, spec.template->spec)
TEMPLATE_CELLS(api_apps_replica_set, spec.template.spec)
TEMPLATE_CELLS(api_apps_daemon_set, spec.template.spec)
TEMPLATE_CELLS(api_apps_stateful_set, spec.template.spec)
TEMPLATE_CELLS(api_apps_deployment, spec.template.spec)
TEMPLATE_CELLS(api_batch_job, spec.template.spec)
TEMPLATE_CELLS(api_batch_cron_job, spec.job_template.spec.template.spec)
SELECTOR_CELL(api_apps_replica_set, spec.selector)
SELECTOR_CELL(api_apps_daemon_set, spec.selector)
SELECTOR_CELL(api_apps_deployment, spec.selector)
SELECTOR_CELL(api_batch_job, spec.selector)
SELECTOR_CELL(api_batch_cron_job, spec.job_template.spec.selector)

static void cell_pod_template_labels(const struct row *row, struct buffer *text)
{
    const struct api_pod_template *object = row->object;
    text_labels(object->template.metadata.labels, object->template.metadata.n_labels, text);
}

static const struct column pod_template_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Containers", cell_api_pod_template_containers),
    COLUMN_CELL("Images", cell_api_pod_template_images),
    COLUMN_CELL("Pod Labels", cell_pod_template_labels),
    COLUMNS_END,
};

static void cell_controller_selector(const struct row *row, struct buffer *text)
{
    const struct api_replication_controller *object = row->object;
    text_labels(object->spec.selector, object->spec.n_selector, text);
}

static void cell_controller_containers(const struct row *row, struct buffer *text)
{
    const struct api_replication_controller *object = row->object;
    if (object->spec.template != NULL)
        cell_api_replication_controller_containers(row, text);
}

static void cell_controller_images(const struct row *row, struct buffer *text)
{
    const struct api_replication_controller *object = row->object;
    if (object->spec.template != NULL)
        cell_api_replication_controller_images(row, text);
}

static const struct column replication_controller_columns[] = {
    COLUMN_NAME,
    COLUMN_NUMBER("Desired", "spec.replicas"),
    COLUMN_NUMBER("Current", "status.replicas"),
    COLUMN_NUMBER("Ready", "status.readyReplicas"),
    COLUMN_AGE,
    COLUMN_WIDE("Containers", cell_controller_containers),
    COLUMN_WIDE("Images", cell_controller_images),
    COLUMN_WIDE("Selector", cell_controller_selector),
    COLUMNS_END,
};

static const struct column replica_set_columns[] = {
    COLUMN_NAME,
    COLUMN_NUMBER("Desired", "spec.replicas"),
    COLUMN_NUMBER("Current", "status.replicas"),
    COLUMN_NUMBER("Ready", "status.readyReplicas"),
    COLUMN_AGE,
    COLUMNS_TEMPLATE(api_apps_replica_set),
    COLUMN_SELECTOR(api_apps_replica_set),
    COLUMNS_END,
};

static void cell_daemon_set_nodes(const struct row *row, struct buffer *text)
{
    const struct api_apps_daemon_set *object = row->object;
    text_labels(object->spec.template.spec.node_selector, object->spec.template.spec.n_node_selector, text);
}

static const struct column daemon_set_columns[] = {
    COLUMN_NAME,
    COLUMN_NUMBER("Desired", "status.desiredNumberScheduled"),
    COLUMN_NUMBER("Current", "status.currentNumberScheduled"),
    COLUMN_NUMBER("Ready", "status.numberReady"),
    COLUMN_NUMBER("Up-to-date", "status.updatedNumberScheduled"),
    COLUMN_NUMBER("Available", "status.numberAvailable"),
    COLUMN_CELL("Node Selector", cell_daemon_set_nodes),
    COLUMN_AGE,
    COLUMNS_TEMPLATE(api_apps_daemon_set),
    COLUMN_SELECTOR(api_apps_daemon_set),
    COLUMNS_END,
};

static void cell_stateful_set_ready(const struct row *row, struct buffer *text)
{
    const struct api_apps_stateful_set *object = row->object;
    buffer_format(text, "%d/%d", object->status.ready_replicas, object->spec.replicas ? *object->spec.replicas : 0);
}

static const struct column stateful_set_columns[] = {
    COLUMN_NAME, COLUMN_CELL("Ready", cell_stateful_set_ready), COLUMN_AGE, COLUMNS_TEMPLATE(api_apps_stateful_set),
    COLUMNS_END,
};

static void cell_deployment_ready(const struct row *row, struct buffer *text)
{
    const struct api_apps_deployment *object = row->object;
    buffer_format(text, "%d/%d", object->status.ready_replicas, object->spec.replicas ? *object->spec.replicas : 0);
}

static const struct column deployment_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Ready", cell_deployment_ready),
    COLUMN_TEXT("Up-to-date", "status.updatedReplicas"),
    COLUMN_TEXT("Available", "status.availableReplicas"),
    COLUMN_AGE,
    COLUMNS_TEMPLATE(api_apps_deployment),
    COLUMN_SELECTOR(api_apps_deployment),
    COLUMNS_END,
};

static void cell_revision_owner(const struct row *row, struct buffer *text)
{
    const struct api_object_meta *meta = row->object;

    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *owner = &meta->owner_references[i];
        if (owner->controller == NULL || !*owner->controller)
            continue;
        const char *version = text_or_empty(owner->api_version);
        const char *slash = strchr(version, '/');
        text_lower(owner->kind, text);
        if (slash != NULL)
            buffer_format(text, ".%.*s", (int)(slash - version), version);
        buffer_format(text, "/%s", text_or_empty(owner->name));
        return;
    }
    buffer_append_text(text, "<none>");
}

static const struct column controller_revision_columns[] = {
    COLUMN_NAME, COLUMN_CELL("Controller", cell_revision_owner), COLUMN_TEXT("Revision", "revision"), COLUMN_AGE,
    COLUMNS_END,
};

static bool job_has(const struct api_batch_job *job, const char *type)
{
    for (size_t i = 0; i < job->status.n_conditions; i++)
        if (text_equal(job->status.conditions[i].type, type))
            return text_equal(job->status.conditions[i].status, "True");
    return false;
}

static void cell_job_status(const struct row *row, struct buffer *text)
{
    static const char *const later[] = { "Suspended", "FailureTarget", "SuccessCriteriaMet" };
    const struct api_batch_job *job = row->object;
    const char *status = "Running";

    for (size_t i = countof(later); i-- > 0;)
        if (job_has(job, later[i]))
            status = later[i];
    if (job->metadata.deletion_timestamp != 0)
        status = "Terminating";
    if (job_has(job, "Failed"))
        status = "Failed";
    if (job_has(job, "Complete"))
        status = "Complete";
    buffer_append_text(text, status);
}

static void cell_job_completions(const struct row *row, struct buffer *text)
{
    const struct api_batch_job *job = row->object;
    int32_t parallelism = job->spec.parallelism != NULL ? *job->spec.parallelism : 0;

    if (job->spec.completions != NULL)
        buffer_format(text, "%d/%d", job->status.succeeded, *job->spec.completions);
    else if (parallelism > 1)
        buffer_format(text, "%d/1 of %d", job->status.succeeded, parallelism);
    else
        buffer_format(text, "%d/1", job->status.succeeded);
}

static void cell_job_duration(const struct row *row, struct buffer *text)
{
    const struct api_batch_job *job = row->object;
    char duration[TABLE_DURATION_SIZE];

    if (job->status.start_time == 0)
        return;
    usec_t end = job->status.completion_time != 0 ? job->status.completion_time : row->now;
    table_duration(end - job->status.start_time, duration);
    buffer_append_text(text, duration);
}

static const struct column job_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Status", cell_job_status),
    COLUMN_CELL("Completions", cell_job_completions),
    COLUMN_CELL("Duration", cell_job_duration),
    COLUMN_AGE,
    COLUMNS_TEMPLATE(api_batch_job),
    COLUMN_SELECTOR(api_batch_job),
    COLUMNS_END,
};

static void cell_cron_job_suspend(const struct row *row, struct buffer *text)
{
    const struct api_batch_cron_job *object = row->object;
    buffer_append_text(text, object->spec.suspend == NULL ? "<unset>" : *object->spec.suspend ? "True" : "False");
}

static void cell_cron_job_active(const struct row *row, struct buffer *text)
{
    buffer_format(text, "%zu", ((const struct api_batch_cron_job *)row->object)->status.n_active);
}

static void cell_cron_job_last(const struct row *row, struct buffer *text)
{
    const struct api_batch_cron_job *object = row->object;

    if (object->status.last_schedule_time == 0)
        buffer_append_text(text, "<none>");
    else
        text_age(object->status.last_schedule_time, row->now, text);
}

static const struct column cron_job_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Schedule", "spec.schedule"),
    COLUMN_OR("Timezone", "spec.timeZone", "<none>"),
    { .name = "Suspend", .type = "boolean", .cell = cell_cron_job_suspend },
    COLUMN_COUNT("Active", cell_cron_job_active),
    COLUMN_CELL("Last Schedule", cell_cron_job_last),
    COLUMN_AGE,
    COLUMNS_TEMPLATE(api_batch_cron_job),
    COLUMN_SELECTOR(api_batch_cron_job),
    COLUMNS_END,
};

static void cell_budget_min(const struct row *row, struct buffer *text)
{
    const struct api_policy_pod_disruption_budget *object = row->object;
    char space[INT_OR_STRING_TEXT_SIZE];
    const struct int_or_string *value = object->spec.min_available;
    buffer_append_text(text, value == NULL ? "N/A" : int_or_string_text(value, space));
}

static void cell_budget_max(const struct row *row, struct buffer *text)
{
    const struct api_policy_pod_disruption_budget *object = row->object;
    char space[INT_OR_STRING_TEXT_SIZE];
    const struct int_or_string *value = object->spec.max_unavailable;
    buffer_append_text(text, value == NULL ? "N/A" : int_or_string_text(value, space));
}

static const struct column budget_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Min Available", cell_budget_min),
    COLUMN_CELL("Max Unavailable", cell_budget_max),
    COLUMN_NUMBER("Allowed Disruptions", "status.disruptionsAllowed"),
    COLUMN_AGE,
    COLUMNS_END,
};

static void text_quantity(const struct quantity *quantity, struct buffer *text)
{
    char amount[QUANTITY_TEXT_SIZE];

    if (quantity == NULL) {
        buffer_append_text(text, "<unknown>");
        return;
    }
    quantity_format(quantity, amount);
    buffer_append_text(text, amount);
}

static void text_target(const char *name, const struct api_autoscaling_v2_metric_target *target,
                        const struct api_autoscaling_v2_metric_value_status *current, struct buffer *text)
{
    if (target->average_value != NULL) {
        if (name != NULL)
            buffer_format(text, "%s: ", name);
        text_quantity(current == NULL ? NULL : current->average_value, text);
        buffer_append_char(text, '/');
        text_quantity(target->average_value, text);
        if (name == NULL)
            buffer_append_text(text, " (avg)");
        return;
    }
    if (name == NULL) {
        text_quantity(current == NULL ? NULL : current->value, text);
        buffer_append_char(text, '/');
        text_quantity(target->value, text);
        return;
    }
    buffer_format(text, "%s: ", name);
    if (current != NULL && current->average_utilization != NULL)
        buffer_format(text, "%d%%/", *current->average_utilization);
    else
        buffer_append_text(text, "<unknown>/");
    if (target->average_utilization != NULL)
        buffer_format(text, "%d%%", *target->average_utilization);
    else
        buffer_append_text(text, "<auto>");
}

static void text_metric(const struct api_autoscaling_v2_metric_spec *spec,
                        const struct api_autoscaling_v2_metric_status *status, struct buffer *text)
{
    if (status != NULL && !text_equal(status->type, spec->type))
        status = NULL;
    if (spec->resource != NULL) {
        text_target(text_or_empty(spec->resource->name), &spec->resource->target,
                    status == NULL || status->resource == NULL ? NULL : &status->resource->current, text);
    } else if (spec->container_resource != NULL) {
        text_target(text_or_empty(spec->container_resource->name), &spec->container_resource->target,
                    status == NULL || status->container_resource == NULL ? NULL : &status->container_resource->current,
                    text);
    } else if (spec->pods != NULL) {
        text_quantity(status == NULL || status->pods == NULL ? NULL : status->pods->current.average_value, text);
        buffer_append_char(text, '/');
        text_quantity(spec->pods->target.average_value, text);
    } else if (spec->object != NULL) {
        text_target(NULL, &spec->object->target,
                    status == NULL || status->object == NULL ? NULL : &status->object->current, text);
    } else if (spec->external != NULL) {
        text_target(NULL, &spec->external->target,
                    status == NULL || status->external == NULL ? NULL : &status->external->current, text);
    } else {
        buffer_append_text(text, "<unknown type>");
    }
}

static void cell_autoscaler_targets(const struct row *row, struct buffer *text)
{
    const struct api_autoscaling_v2_horizontal_pod_autoscaler *object = row->object;

    if (object->spec.n_metrics == 0)
        buffer_append_text(text, "<none>");
    for (size_t i = 0; i < object->spec.n_metrics && i < 2; i++) {
        if (i > 0)
            buffer_append_text(text, ", ");
        text_metric(&object->spec.metrics[i],
                    i < object->status.n_current_metrics ? &object->status.current_metrics[i] : NULL, text);
    }
    text_more(object->spec.n_metrics, 2, text);
}

static void cell_autoscaler_reference(const struct row *row, struct buffer *text)
{
    const struct api_autoscaling_v2_horizontal_pod_autoscaler *object = row->object;
    buffer_format(text, "%s/%s", text_or_empty(object->spec.scale_target_ref.kind),
                  text_or_empty(object->spec.scale_target_ref.name));
}

/* A text even when it is a number. */
static void cell_autoscaler_min(const struct row *row, struct buffer *text)
{
    const struct api_autoscaling_v2_horizontal_pod_autoscaler *object = row->object;
    if (object->spec.min_replicas == NULL)
        buffer_append_text(text, "<unset>");
    else
        buffer_append_int64(text, *object->spec.min_replicas);
}

static const struct column autoscaler_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Reference", cell_autoscaler_reference),
    COLUMN_CELL("Targets", cell_autoscaler_targets),
    COLUMN_CELL("MinPods", cell_autoscaler_min),
    COLUMN_TEXT("MaxPods", "spec.maxReplicas"),
    COLUMN_TEXT("Replicas", "status.currentReplicas"),
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column scale_columns[] = {
    COLUMN_TEXT("Name", "metadata.name"),
    COLUMN_NUMBER("Desired", "spec.replicas"),
    COLUMN_NUMBER("Available", "status.replicas"),
    COLUMN_AGE,
    COLUMNS_END,
};

const struct columns columns_workload[] = {
    { &api_type_pod, pod_columns },
    { &api_type_pod_template, pod_template_columns },
    { &api_type_replication_controller, replication_controller_columns },
    { &api_type_apps_replica_set, replica_set_columns },
    { &api_type_apps_daemon_set, daemon_set_columns },
    { &api_type_apps_stateful_set, stateful_set_columns },
    { &api_type_apps_deployment, deployment_columns },
    { &api_type_apps_controller_revision, controller_revision_columns },
    { &api_type_batch_job, job_columns },
    { &api_type_batch_cron_job, cron_job_columns },
    { &api_type_policy_pod_disruption_budget, budget_columns },
    { &api_type_autoscaling_v2_horizontal_pod_autoscaler, autoscaler_columns },
    { &api_type_autoscaling_scale, scale_columns },
    { NULL, NULL },
};
