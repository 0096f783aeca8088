/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* templates.c - pods, and the kinds that make pods from a template. */
#include "api/warnings/pod_warnings.h"

#define TEXT_SIZE 1024

struct template_row {
    const struct api_type *type;
    size_t offset; /* of the template in the object */
    bool is_pointer;
    bool names_pods;     /* its name becomes part of names of pods, and nobody else says so */
    const char *path[4]; /* to the template */
};

#define TEMPLATE(type_, struct_, member_, pointer_, names_, ...)                      \
    {                                                                                 \
        &api_type_##type_, offsetof(struct api_##struct_, member_), pointer_, names_, \
        {                                                                             \
            __VA_ARGS__                                                               \
        }                                                                             \
    }

static const struct template_row templates[] = {
    TEMPLATE(pod_template, pod_template, template, false, false, "template"),
    TEMPLATE(replication_controller, replication_controller, spec.template, true, true, "spec", "template"),
    TEMPLATE(apps_deployment, apps_deployment, spec.template, false, false, "spec", "template"),
    TEMPLATE(apps_replica_set, apps_replica_set, spec.template, false, false, "spec", "template"),
    TEMPLATE(apps_daemon_set, apps_daemon_set, spec.template, false, false, "spec", "template"),
    TEMPLATE(apps_stateful_set, apps_stateful_set, spec.template, false, false, "spec", "template"),
    TEMPLATE(batch_job, batch_job, spec.template, false, false, "spec", "template"),
    TEMPLATE(batch_cron_job, batch_cron_job, spec.job_template.spec.template, false, false, "spec", "jobTemplate",
             "spec", "template"),
};

static void warn_pod_name(const struct warning_list *list, const char *name, const char *used_in)
{
    struct format_errors found = { .count = 0 };
    char text[TEXT_SIZE];

    format_dns1123_label(str_of(text_or_empty(name)), &found);
    if (found.count == 0)
        return;
    format_errors_join(&found, " ", text, sizeof(text));
    warning_add(list, at_field(at_field(NULL, "metadata"), "name"),
                "this is used in %s, which can result in surprising behavior; a DNS label is recommended: [%s]",
                used_in, text);
}

static void warn_row(const struct template_row *row, const void *object, const void *old,
                     const struct warning_list *list)
{
    const struct api_object_meta *meta = object, *old_meta = old;
    const char *member = (const char *)object + row->offset;
    const struct api_pod_template_spec *template =
        row->is_pointer ? *(const struct api_pod_template_spec *const *)(const void *)member : (const void *)member;
    struct field_at path[4];
    size_t depth = 0;

    if (old == NULL && row->names_pods)
        warn_pod_name(list, meta->name, "Pod names and hostnames");
    /* An update that changes nothing of it was warned of before. */
    if (template == NULL || (old != NULL && meta->generation == old_meta->generation))
        return;
    for (; depth < 4 && row->path[depth] != NULL; depth++)
        path[depth] = (struct field_at){ .parent = depth > 0 ? &path[depth - 1] : NULL, .name = row->path[depth] };
    warn_pod_parts(&template->metadata, &template->spec, &path[depth - 1], list);
}

void warn_of_pod(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_pod *pod = object;

    if (old != NULL)
        return; /* people do not update pods; what does is not to pay for this */
    warn_pod_name(list, pod->metadata.name, "the Pod's hostname");
    warn_pod_parts(&pod->metadata, &pod->spec, NULL, list);
}

void warn_of_template(const struct api_kind *kind, const void *object, const void *old, const struct warning_list *list)
{
    for (size_t i = 0; i < countof(templates); i++)
        if (templates[i].type == kind->type)
            warn_row(&templates[i], object, old, list);
}
