/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status.c - what a kubelet or scheduler may say of a pod. */
#include <stdio.h>

#include "api/validation/core/core_rules.h"
#include "api/validation/formats/address.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"
#include "api/value/entry.h"

#define HEALTH_MESSAGE_MAX 1024

static const char *const health[] = { "Healthy", "Unhealthy", "Unknown", NULL };

static void validate_conditions(const struct api_pod_status *status, const struct field_at *at,
                                struct api_invalid *errors)
{
    for (size_t i = 0; i < status->n_conditions; i++) {
        const struct api_pod_condition *condition = &status->conditions[i];
        const struct field_at *here = at_index(at, i);
        invalid_not_negative(errors, at_field(here, "observedGeneration"), condition->observed_generation);
        if (!text_equal(condition->type, "PodScheduled") && !text_equal(condition->type, "Ready") &&
            !text_equal(condition->type, "Initialized"))
            invalid_format(errors, at_field(here, "Type"), format_qualified_name, condition->type);
    }
}

/* --- a container that ended stays so, unless it is to be restarted --- */

static bool rule_matches(const struct api_container_restart_rule *rule, int32_t code)
{
    bool listed = false;

    if (rule->exit_codes == NULL)
        return false;
    for (size_t i = 0; i < rule->exit_codes->n_values; i++)
        listed = listed || rule->exit_codes->values[i] == code;
    return text_equal(rule->exit_codes->operator, "In") ? listed : !listed;
}

static bool policy_restarts(const char *policy, int32_t code)
{
    return text_equal(policy, "Always") || (text_equal(policy, "OnFailure") && code != 0);
}

static bool may_restart(const struct api_container *container, const struct api_pod_spec *spec, int32_t code)
{
    for (size_t i = 0; container != NULL && i < container->n_restart_policy_rules; i++)
        if (rule_matches(&container->restart_policy_rules[i], code))
            return true; /* both actions restart it */
    if (container != NULL && container->restart_policy != NULL)
        return policy_restarts(container->restart_policy, code);
    return policy_restarts(spec->restart_policy, code);
}

static bool has_restart_all(const struct api_container *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < list[i].n_restart_policy_rules; k++)
            if (text_equal(list[i].restart_policy_rules[k].action, "RestartAllContainers"))
                return true;
    return false;
}

struct status_list {
    const struct api_container_status *items, *old;
    size_t count, n_old;
    const struct api_container *containers; /* NULL: never restarted */
    size_t n_containers;
};

static void validate_transitions(const struct status_list *list, const struct api_pod_spec *spec,
                                 const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < list->n_old; i++) {
        const struct api_container_status *old = &list->old[i];
        if (old->state.terminated == NULL)
            continue;
        const struct api_container *container = container_by_name(list->containers, list->n_containers, old->name);
        if (list->containers != NULL && may_restart(container, spec, old->state.terminated->exit_code))
            continue;
        for (size_t k = 0; k < list->count; k++)
            if (text_equal(list->items[k].name, old->name) && list->items[k].state.terminated == NULL)
                invalid_forbidden(errors, at_field(at_index(at, i), "state"),
                                  "may not be transitioned to non-terminated state");
    }
}

/* --- resource claims --- */

static bool spec_claims(const struct api_pod_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_resource_claims; i++)
        if (text_equal(spec->resource_claims[i].name, name))
            return true;
    return false;
}

static void validate_claim_statuses(const struct api_pod *pod, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < pod->status.n_resource_claim_statuses; i++) {
        const struct api_pod_resource_claim_status *status = &pod->status.resource_claim_statuses[i];
        const struct field_at *here = at_index(at, i);
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(pod->status.resource_claim_statuses[k].name, status->name);
        if (!spec_claims(&pod->spec, status->name))
            invalid_string(errors, at_field(here, "name"), status->name,
                           "must match the name of an entry in `spec.resourceClaims`");
        if (repeated)
            invalid_duplicate(errors, at_field(here, "name"), status->name);
        if (status->resource_claim_name != NULL)
            invalid_format(errors, at_field(here, "resourceClaimName"), format_dns1123_subdomain,
                           status->resource_claim_name);
    }
}

static const struct api_container *any_container(const struct api_pod_spec *spec, const char *name)
{
    const struct api_container *found = container_by_name(spec->containers, spec->n_containers, name);
    return found != NULL ? found : container_by_name(spec->init_containers, spec->n_init_containers, name);
}

static bool same_request(const struct api_container_extended_resource_request *a,
                         const struct api_container_extended_resource_request *b)
{
    return text_equal(a->container_name, b->container_name) && text_equal(a->resource_name, b->resource_name) &&
           text_equal(a->request_name, b->request_name);
}

static void validate_mapping(const struct api_pod *pod, size_t index, const struct field_at *list,
                             struct api_invalid *errors)
{
    const struct api_container_extended_resource_request *mappings =
        pod->status.extended_resource_claim_status->request_mappings;
    const struct api_container_extended_resource_request *mapping = &mappings[index];
    const struct field_at *at = at_index(at_field(list, "requestMappings"), index);
    const struct api_container *container = any_container(&pod->spec, mapping->container_name);
    bool repeated = false;

    for (size_t k = 0; k < index; k++)
        repeated = repeated || same_request(&mappings[k], mapping);
    if (container == NULL)
        invalid_string(errors, at_field(at, "containerName"), mapping->container_name,
                       "must match the name of an entry in `spec.initContainers.name` or `spec.containers.name`");
    else if (quantity_entry_value(container->resources.requests, container->resources.n_requests,
                                  text_or_empty(mapping->resource_name)) == NULL)
        invalid_string(errors, at_field(at, "resourceName"), mapping->resource_name,
                       "must match the extended resource name of an entry in spec.initContainers.resources.requests or "
                       "spec.containers.resources.requests");
    invalid_format(errors, at_field(list, "requestName"), format_dns1123_label, mapping->request_name);
    if (repeated) {
        invalid_duplicate(errors, at_field(at, "containerName"), mapping->container_name);
        invalid_duplicate(errors, at_field(at, "resourceName"), mapping->resource_name);
        invalid_duplicate(errors, at_field(at, "requestName"), mapping->request_name);
    }
}

static void validate_extended_claim(const struct api_pod *pod, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_extended_resource_claim_status *status = pod->status.extended_resource_claim_status;

    if (status == NULL)
        return;
    if (status->n_request_mappings == 0)
        invalid_required(errors, at_field(at, "requestMappings"), "at least one request mapping is required");
    for (size_t i = 0; i < status->n_request_mappings; i++)
        validate_mapping(pod, i, at, errors);
    if (validate_given(status->resource_claim_name, at_field(at, "resourceClaimName"), errors))
        invalid_format(errors, at_field(at, "resourceClaimName"), format_dns1123_subdomain,
                       status->resource_claim_name);
}

static bool knows_claim(const struct api_pod *pod, const char *name)
{
    for (size_t i = 0; i < pod->spec.n_resource_claims; i++)
        if (text_equal(pod->spec.resource_claims[i].resource_claim_name, name))
            return true;
    for (size_t i = 0; i < pod->status.n_resource_claim_statuses; i++)
        if (text_equal(pod->status.resource_claim_statuses[i].resource_claim_name, name))
            return true;
    return false;
}

static void validate_node_claims(const struct api_pod *pod, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < pod->status.n_node_allocatable_resource_claim_statuses; i++) {
        const struct api_node_allocatable_resource_claim_status *status =
            &pod->status.node_allocatable_resource_claim_statuses[i];
        const struct field_at *here = at_index(at, i);
        if (validate_given(status->resource_claim_name, at_field(here, "resourceClaimName"), errors) &&
            !knows_claim(pod, status->resource_claim_name))
            invalid_string(errors, at_field(here, "resourceClaimName"), status->resource_claim_name,
                           "must match a known resource claim name");
        if (status->n_containers == 0)
            invalid_missing(errors, at_field(here, "containers"));
        if (status->n_resources == 0)
            invalid_missing(errors, at_field(here, "resources"));
        for (size_t k = 0; k < status->n_resources; k++) {
            const char *name = text_or_empty(status->resources[k].key);
            const struct field_at *entry = at_key(at_field(here, "resources"), name);
            if (!resource_is_native(str_of(name)))
                invalid_string(errors, entry, name, "must be a node allocatable resource");
            validate_not_negative_quantity(&status->resources[k].value, entry, errors);
        }
    }
}

/* --- addresses --- */

static const char **texts_of(const struct api_pod_ip *ips, size_t count, struct arena *arena)
{
    const char **texts = arena_new_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        texts[i] = text_or_empty(ips[i].ip);
    return texts;
}

_Static_assert(sizeof(struct api_pod_ip) == sizeof(struct api_host_ip), "one check reads both");

static void validate_ips(const struct api_pod_ip *ips, size_t count, const struct api_pod_ip *old, size_t n_old,
                         const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        struct format_errors found = { .count = 0 };
        bool kept = false;
        format_ip(str_of(text_or_empty(ips[i].ip)), &found);
        for (size_t k = 0; found.count > 0 && k < n_old; k++)
            kept = kept || text_equal(old[k].ip, ips[i].ip);
        if (!kept)
            invalid_formats(errors, at_index(at, i), &found, ips[i].ip);
    }
    if (count < 2)
        return;
    const char **texts = texts_of(ips, count, &errors->arena);
    enum address_families families = address_families(texts, count, false);
    if (families == FAMILIES_BROKEN)
        invalid_failure(errors, at, "failed to check for dual stack with error:invalid IP address");
    if (families == FAMILIES_GOOD)
        return;
    auto_buffer struct buffer shown = { .max = 4096 };
    for (size_t i = 0; i < count; i++)
        buffer_format(&shown, "%s{\"IP\":\"%s\"}", i == 0 ? "[" : ",", texts[i]);
    buffer_append_char(&shown, ']');
    invalid_raw(errors, at, buffer_failed(&shown) ? "[]" : shown.data,
                "may specify no more than one IP for each IP family, i.e. 192.0.2.1 and 2001:db8::1");
}

static void validate_addresses(const struct api_pod_status *status, const struct api_pod_status *old,
                               const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *host = at_field(at, "hostIPs");

    validate_ips(status->pod_ips, status->n_pod_ips, old->pod_ips, old->n_pod_ips, at_field(at, "podIPs"), errors);
    if (status->n_host_ips > 0 && !text_equal(status->host_ips[0].ip, status->host_ip))
        invalid_string(errors, at_field(at_index(host, 0), "ip"), status->host_ips[0].ip, "must be equal to `hostIP`");
    validate_ips((const void *)status->host_ips, status->n_host_ips, (const void *)old->host_ips, old->n_host_ips, host,
                 errors);
}

/* --- container statuses --- */

static void validate_group(int64_t id, const struct field_at *at, struct api_invalid *errors)
{
    if (id < 0 || id > INT32_MAX)
        invalid_range(errors, at, id, 0, INT32_MAX);
}

static void validate_user(const struct api_container_status *status, bool windows, const struct field_at *at,
                          struct api_invalid *errors)
{
    if (status->user == NULL || status->user->linux_ == NULL)
        return;
    const struct api_linux_container_user *user = status->user->linux_;
    const struct field_at *here = at_field(at_field(at, "user"), "linux");
    if (windows) {
        invalid_forbidden(errors, here, "cannot be set for a windows pod");
        return;
    }
    validate_group(user->uid, at_field(here, "uid"), errors);
    validate_group(user->gid, at_field(here, "gid"), errors);
    for (size_t i = 0; i < user->n_supplemental_groups; i++)
        validate_group(user->supplemental_groups[i], at_index(at_field(here, "supplementalGroups"), i), errors);
}

/* "claim:NAME", "claim:NAME/REQUEST", or a resource that the container asks for. */
static bool is_allocated(const struct api_container *container, const char *name)
{
    const struct api_resource_requirements *resources = &container->resources;
    char text[400];

    for (size_t i = 0; i < resources->n_claims; i++) {
        const struct api_resource_claim *claim = &resources->claims[i];
        snprintf(text, sizeof(text), "claim:%s%s%s", text_or_empty(claim->name), text_empty(claim->request) ? "" : "/",
                 text_or_empty(claim->request));
        if (text_equal(text, name))
            return true;
    }
    return quantity_entry_value(resources->requests, resources->n_requests, text_or_empty(name)) != NULL;
}

static void validate_health(const struct api_resource_status *status, const struct field_at *at,
                            struct api_invalid *errors)
{
    for (size_t i = 0; i < status->n_resources; i++) {
        const struct api_resource_health *resource = &status->resources[i];
        const struct field_at *here = at_index(at, i);
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(status->resources[k].resource_id, resource->resource_id);
        invalid_one_of(errors, at_field(here, "health"), resource->health, health, false);
        if (resource->message != NULL && resource->message[0] == '\0')
            invalid_required(errors, at_field(here, "message"), "must not be empty if set");
        else if (strlen(text_or_empty(resource->message)) > HEALTH_MESSAGE_MAX)
            invalid_too_long(errors, at_field(here, "message"), HEALTH_MESSAGE_MAX);
        if (repeated)
            invalid_duplicate(errors, at_field(here, "resourceID"), resource->resource_id);
    }
}

static void validate_allocated(const struct status_list *list, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct api_container_status *status = &list->items[i];
        const struct field_at *here = at_field(at_index(at, i), "allocatedResourcesStatus");
        const struct api_container *container = container_by_name(list->containers, list->n_containers, status->name);
        for (size_t k = 0; k < status->n_allocated_resources_status; k++) {
            const struct api_resource_status *resource = &status->allocated_resources_status[k];
            const struct field_at *entry = at_index(here, k);
            if (container != NULL && !is_allocated(container, resource->name))
                invalid_string(errors, at_field(entry, "name"), resource->name,
                               "must match one of the container's resource requests");
            validate_health(resource, at_field(entry, "resources"), errors);
        }
    }
}

static void validate_statuses(const struct api_pod *pod, const struct api_pod *old, const struct field_at *at,
                              struct api_invalid *errors)
{
    static const char *const names[] = { "containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses" };
    const struct api_pod_status *status = &pod->status, *before = &old->status;
    const struct api_pod_spec *spec = &old->spec;
    const struct status_list lists[] = {
        { status->container_statuses, before->container_statuses, status->n_container_statuses,
          before->n_container_statuses, spec->containers, spec->n_containers },
        { status->init_container_statuses, before->init_container_statuses, status->n_init_container_statuses,
          before->n_init_container_statuses, spec->init_containers, spec->n_init_containers },
        { status->ephemeral_container_statuses, before->ephemeral_container_statuses,
          status->n_ephemeral_container_statuses, before->n_ephemeral_container_statuses, NULL, 0 },
    };
    bool windows = spec->os != NULL && text_equal(spec->os->name, "windows");
    bool all = has_restart_all(spec->containers, spec->n_containers) ||
               has_restart_all(spec->init_containers, spec->n_init_containers);

    for (size_t i = 0; i < countof(lists); i++)
        if (!all || lists[i].containers == NULL)
            validate_transitions(&lists[i], spec, at_field(at, names[i]), errors);
    validate_claim_statuses(pod, at_field(at, "resourceClaimStatuses"), errors);
    validate_extended_claim(pod, at_field(at, "extendedResourceClaimStatus"), errors);
    validate_node_claims(pod, at_field(at, "nodeAllocatableResourceClaimStatuses"), errors);
    validate_addresses(status, before, at, errors);
    for (size_t i = 0; i < countof(lists); i++)
        for (size_t k = 0; k < lists[i].count; k++)
            validate_user(&lists[i].items[k], windows, at_index(at_field(at, names[i]), k), errors);
    for (size_t i = 0; i < countof(lists); i++) {
        if (lists[i].containers != NULL)
            validate_allocated(&lists[i], at_field(at, names[i]), errors);
        for (size_t k = 0; lists[i].containers == NULL && k < lists[i].count; k++)
            if (lists[i].items[k].n_allocated_resources_status > 0)
                invalid_forbidden(errors, at_field(at_index(at_field(at, names[i]), k), "allocatedResourcesStatus"),
                                  "allocatedResourcesStatus is not supported for ephemeral containers");
    }
}

void validate_pod_status(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_pod *pod = object, *old = old_object;
    const struct field_at *at = at_field(NULL, "status");
    const char *nominated = pod->status.nominated_node_name;

    validate_annotation_updates(&pod->metadata, &old->metadata, at_field(at_field(NULL, "metadata"), "annotations"),
                                errors);
    validate_conditions(&pod->status, at_field(at, "conditions"), errors);
    if (!text_equal(pod->spec.node_name, old->spec.node_name))
        invalid_forbidden(errors, at_field(at, "nodeName"), "may not be changed directly");
    if (!text_equal(nominated, old->status.nominated_node_name)) {
        invalid_optional_format(errors, at_field(at, "nominatedNodeName"), format_dns1123_subdomain, nominated);
        if (!text_empty(nominated) && !text_empty(pod->spec.node_name))
            invalid_forbidden(errors, at_field(at, "nominatedNodeName"),
                              "may not be set on pods that are already bound to a node");
    }
    invalid_not_negative(errors, at_field(at, "observedGeneration"), pod->status.observed_generation);
    validate_immutable_string(pod->status.qos_class, old->status.qos_class, at_field(at, "qosClass"), errors);
    validate_statuses(pod, old, at, errors);
}
