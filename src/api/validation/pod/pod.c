/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod.c - pods and pod templates as a whole, and the little that may change of a running pod. */
#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/validation.h"

#define NAMESERVERS_MAX 3
#define SEARCHES_MAX    32
#define SEARCHES_SIZE   2048

static const char *const restart_policies[] = { "Always", "Never", "OnFailure", NULL };
static const char *const dns_policies[] = { "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", NULL };
static const char *const preemption_policies[] = { "Never", "PreemptLowerPriority", NULL };
static const char *const os_names[] = { "linux", "windows", NULL };

static void validate_dns(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_dns_config *config = spec->dns_config;
    const struct field_at *here = at_field(at, "dnsConfig");
    size_t size = 0;

    if (text_equal(spec->dns_policy, "None")) {
        if (config == NULL) {
            invalid_required(errors, here, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if (config->n_nameservers == 0) {
            invalid_required(errors, at_field(here, "nameservers"),
                             "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    if (config == NULL)
        return;
    if (config->n_nameservers > NAMESERVERS_MAX)
        invalid_raw(errors, at_field(here, "nameservers"), "[]", "must not have more than %d nameservers",
                    NAMESERVERS_MAX);
    for (size_t i = 0; i < config->n_nameservers; i++)
        invalid_format(errors, at_index(at_field(here, "nameservers"), i), format_ip, config->nameservers[i]);
    if (config->n_searches > SEARCHES_MAX)
        invalid_raw(errors, at_field(here, "searches"), "[]", "must not have more than %d search paths", SEARCHES_MAX);
    for (size_t i = 0; i < config->n_searches; i++) {
        struct str search = str_of(text_or_empty(config->searches[i]));
        struct format_errors found = { .count = 0 };
        size += search.size + (i > 0);
        if (str_is(search, "."))
            continue;
        if (str_ends(search, STR(".")))
            search.size--;
        format_dns1123_subdomain_underscore(search, &found);
        invalid_formats(errors, at_index(at_field(here, "searches"), i), &found, config->searches[i]);
    }
    if (size > SEARCHES_SIZE)
        invalid_raw(errors, at_field(here, "searches"), "[]",
                    "must not have more than %d characters (including spaces) in the search list", SEARCHES_SIZE);
    for (size_t i = 0; i < config->n_options; i++)
        if (text_empty(config->options[i].name))
            invalid_required(errors, at_index(at_field(here, "options"), i), "must not be empty");
}

static void optional_format(const char *value, format_check *check, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (!text_empty(value))
        invalid_format(errors, at, check, value);
}

static void validate_identity(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    optional_format(spec->service_account_name, format_dns1123_subdomain, at_field(at, "serviceAccountName"), errors);
    optional_format(spec->node_name, format_dns1123_subdomain, at_field(at, "nodeName"), errors);
    optional_format(spec->hostname, format_dns1123_label, at_field(at, "hostname"), errors);
    optional_format(spec->subdomain, format_dns1123_label, at_field(at, "subdomain"), errors);
    optional_format(spec->priority_class_name, format_dns1123_subdomain, at_field(at, "priorityClassName"), errors);
    optional_format(spec->runtime_class_name, format_dns1123_subdomain, at_field(at, "runtimeClassName"), errors);
    for (size_t i = 0; i < spec->n_host_aliases; i++) {
        const struct field_at *here = at_index(at_field(at, "hostAliases"), i);
        invalid_format(errors, at_field(here, "ip"), format_ip, spec->host_aliases[i].ip);
        for (size_t k = 0; k < spec->host_aliases[i].n_hostnames; k++)
            invalid_format(errors, at_index(at_field(here, "hostnames"), k), format_dns1123_subdomain,
                           spec->host_aliases[i].hostnames[k]);
    }
    if (spec->os != NULL)
        invalid_one_of(errors, at_field(at_field(at, "os"), "name"), spec->os->name, os_names, true);
}

void validate_pod_spec(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                       struct api_invalid *errors)
{
    if (spec->termination_grace_period_seconds == NULL)
        invalid_missing(errors, at_field(at, "terminationGracePeriodSeconds"));
    validate_volumes(spec, is_template, at_field(at, "volumes"), errors);
    validate_containers(spec, is_template, at, errors);
    invalid_one_of(errors, at_field(at, "restartPolicy"), spec->restart_policy, restart_policies, true);
    invalid_one_of(errors, at_field(at, "dnsPolicy"), spec->dns_policy, dns_policies, true);
    validate_pod_security(spec, at_field(at, "securityContext"), errors);
    validate_dns(spec, at, errors);
    validate_scheduling(spec, at, errors);
    validate_identity(spec, at, errors);
    if (spec->active_deadline_seconds != NULL &&
        (*spec->active_deadline_seconds < 1 || *spec->active_deadline_seconds > INT32_MAX))
        invalid_number(errors, at_field(at, "activeDeadlineSeconds"), *spec->active_deadline_seconds,
                       "must be between 1 and 2147483647, inclusive");
    if (spec->preemption_policy != NULL)
        invalid_one_of(errors, at_field(at, "preemptionPolicy"), spec->preemption_policy, preemption_policies, true);
    for (size_t i = 0; i < spec->n_image_pull_secrets; i++)
        if (text_empty(spec->image_pull_secrets[i].name))
            invalid_missing(errors, at_field(at_index(at_field(at, "imagePullSecrets"), i), "name"));
}

void validate_pod_template(const struct api_pod_template_spec *template, const struct api_pod_template_spec *old,
                           const struct field_at *at, struct api_invalid *errors)
{
    (void)old;
    validate_labels(template->metadata.labels, template->metadata.n_labels, at_field(at, "labels"), errors);
    validate_annotations(template->metadata.annotations, template->metadata.n_annotations, at_field(at, "annotations"),
                         errors);
    validate_pod_spec(&template->spec, true, at_field(at, "spec"), errors);
    if (template->spec.n_ephemeral_containers > 0)
        invalid_forbidden(errors, at_field(at_field(at, "spec"), "ephemeralContainers"),
                          "ephemeral containers not allowed in pod template");
}

void validate_pod_create(const void *object, struct api_invalid *errors)
{
    const struct api_pod *pod = object;
    const struct field_at *spec = at_field(NULL, "spec");

    validate_pod_spec(&pod->spec, false, spec, errors);
    if (pod->spec.n_ephemeral_containers > 0)
        invalid_forbidden(errors, at_field(spec, "ephemeralContainers"), "cannot be set on create");
    if (!text_empty(pod->spec.node_name) && pod->spec.n_scheduling_gates > 0)
        invalid_forbidden(errors, at_field(spec, "nodeName"),
                          "cannot be set until all schedulingGates have been cleared");
}

static bool same_toleration(const struct api_toleration *a, const struct api_toleration *b)
{
    return text_equal(a->key, b->key) && text_equal(a->operator, b->operator) && text_equal(a->value, b->value) &&
           text_equal(a->effect, b->effect);
}

static bool tolerations_kept(const struct api_pod_spec *spec, const struct api_pod_spec *old)
{
    for (size_t i = 0; i < old->n_tolerations; i++) {
        bool found = false;
        for (size_t k = 0; k < spec->n_tolerations; k++)
            found = found || same_toleration(&spec->tolerations[k], &old->tolerations[i]);
        if (!found)
            return false;
    }
    return true;
}

/* The old images in a copy of the new containers. */
static struct api_container *with_images(const struct api_container *list, const struct api_container *old,
                                         size_t count, struct arena *arena)
{
    struct api_container *copy = arena_new_array(arena, struct api_container, count);

    for (size_t i = 0; i < count; i++) {
        copy[i] = list[i];
        copy[i].image = old[i].image;
    }
    return copy;
}

/* The new spec with everything set back that may change: it must equal the old one then. */
static void validate_nothing_else(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                  struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod_spec same = *spec;

    same.containers = with_images(spec->containers, old->containers, spec->n_containers, &arena);
    same.init_containers = with_images(spec->init_containers, old->init_containers, spec->n_init_containers, &arena);
    if (spec->n_init_containers == 0)
        same.init_containers = old->init_containers;
    same.active_deadline_seconds = old->active_deadline_seconds;
    same.tolerations = old->tolerations;
    same.n_tolerations = old->n_tolerations;
    same.scheduling_gates = old->scheduling_gates;
    same.n_scheduling_gates = old->n_scheduling_gates;
    if (old->n_scheduling_gates > 0) {
        same.node_selector = old->node_selector;
        same.n_node_selector = old->n_node_selector;
        same.affinity = old->affinity;
    }
    const int64_t *grace = old->termination_grace_period_seconds;
    if (grace != NULL && *grace < 0 && spec->termination_grace_period_seconds != NULL &&
        *spec->termination_grace_period_seconds == 1)
        same.termination_grace_period_seconds = old->termination_grace_period_seconds;
    if (!api_equal(&api_type_pod_spec, &same, old))
        invalid_forbidden(
            errors, at_field(NULL, "spec"),
            "pod updates may not change fields other than "
            "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
            "`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)");
}

static void validate_deadline(const int64_t *seconds, const int64_t *old, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "spec"), "activeDeadlineSeconds");

    if (seconds != NULL && old != NULL && *seconds > *old)
        invalid_number(errors, at, *seconds, "must be less than or equal to previous value");
    else if (seconds == NULL && old != NULL)
        invalid_raw(errors, at, "null", "must not update from a positive integer to nil value");
}

void validate_pod_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = &((const struct api_pod *)object)->spec;
    const struct api_pod_spec *old = &((const struct api_pod *)old_object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_pod_spec(spec, false, at, errors);
    if (spec->n_containers != old->n_containers) {
        invalid_forbidden(errors, at_field(at, "containers"), "pod updates may not add or remove containers");
        return;
    }
    if (spec->n_init_containers != old->n_init_containers) {
        invalid_forbidden(errors, at_field(at, "initContainers"), "pod updates may not add or remove containers");
        return;
    }
    validate_deadline(spec->active_deadline_seconds, old->active_deadline_seconds, errors);
    if (!tolerations_kept(spec, old))
        invalid_forbidden(errors, at_field(at, "tolerations"),
                          "existing toleration can not be modified except its tolerationSeconds");
    for (size_t i = 0; i < spec->n_scheduling_gates; i++) {
        bool known = false;
        for (size_t k = 0; k < old->n_scheduling_gates; k++)
            known = known || text_equal(old->scheduling_gates[k].name, spec->scheduling_gates[i].name);
        if (!known)
            invalid_forbidden(errors, at_field(at_index(at_field(at, "schedulingGates"), i), "name"),
                              "only deletion is allowed, but found new scheduling gate '%s'",
                              text_or_empty(spec->scheduling_gates[i].name));
    }
    validate_nothing_else(spec, old, errors);
}

static const struct api_ephemeral_container *find_ephemeral(const struct api_pod_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++) {
        if (text_equal(spec->ephemeral_containers[i].name, name))
            return &spec->ephemeral_containers[i];
    }
    return NULL;
}

int api_validate_ephemeral_containers(const void *old_object, const void *object, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = &((const struct api_pod *)object)->spec;
    const struct api_pod_spec *old = &((const struct api_pod *)old_object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_pod_spec(spec, false, at, errors);
    for (size_t i = 0; i < old->n_ephemeral_containers; i++) {
        const struct api_ephemeral_container *before = &old->ephemeral_containers[i];
        const struct api_ephemeral_container *after = find_ephemeral(spec, before->name);
        if (after == NULL)
            invalid_forbidden(errors, at_field(at, "ephemeralContainers"),
                              "existing ephemeral containers \"%s\" may not be removed\n", before->name);
        else if (!api_equal(&api_type_ephemeral_container, before, after))
            invalid_forbidden(errors, at_field(at, "ephemeralContainers"),
                              "existing ephemeral containers \"%s\" may not be changed\n", before->name);
    }
    return (int)errors->total;
}

void validate_pod_status(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_pod *pod = object;
    const struct api_pod *old = old_object;
    const struct field_at *status = at_field(NULL, "status");

    for (size_t i = 0; i < pod->status.n_conditions; i++) {
        const struct api_pod_condition *condition = &pod->status.conditions[i];
        invalid_format(errors, at_field(at_index(at_field(status, "conditions"), i), "Type"), format_qualified_name,
                       condition->type);
    }
    for (size_t i = 0; i < pod->status.n_pod_ips; i++)
        invalid_format(errors, at_index(at_field(status, "podIPs"), i), format_ip, pod->status.pod_ips[i].ip);
    if (!text_equal(pod->spec.node_name, old->spec.node_name))
        invalid_forbidden(errors, at_field(status, "nodeName"), "may not be changed directly");
    if (!text_equal(pod->status.nominated_node_name, old->status.nominated_node_name))
        optional_format(pod->status.nominated_node_name, format_dns1123_subdomain,
                        at_field(status, "nominatedNodeName"), errors);
    if (!text_empty(old->status.qos_class) && !text_equal(pod->status.qos_class, old->status.qos_class))
        invalid_string(errors, at_field(status, "qosClass"), pod->status.qos_class, INVALID_IMMUTABLE);
}

void validate_pod_template_create(const void *object, struct api_invalid *errors)
{
    validate_pod_template(&((const struct api_pod_template *)object)->template, NULL, at_field(NULL, "template"),
                          errors);
}
