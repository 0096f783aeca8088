/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cluster.c - namespaces, nodes, limits, network policies, subjects of roles, definitions of resources. */
#include "generated/types.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/value/entry.h"

void api_defaults_namespace(void *value, struct arena *arena)
{
    struct api_object_meta *meta = &((struct api_namespace *)value)->metadata;
    if (!text_empty(meta->name))
        entry_put_to(meta->labels, meta->n_labels, "kubernetes.io/metadata.name", arena)->value = meta->name;
}

static int compare_data(const void *a, const void *b)
{
    return strcmp(((const struct api_bytes_entry *)a)->key, ((const struct api_bytes_entry *)b)->key);
}

static bool is_text(const struct api_secret *secret, const char *key)
{
    for (size_t i = 0; i < secret->n_string_data; i++)
        if (strcmp(secret->string_data[i].key, key) == 0)
            return true;
    return false;
}

/* stringData is only for writing: it becomes data, over what data has under the same key, before anybody looks. */
void api_defaults_secret(void *value, struct arena *arena)
{
    struct api_secret *secret = value;
    size_t count = 0;

    if (secret->n_string_data == 0)
        return;
    struct api_bytes_entry *data =
        arena_new_array(arena, struct api_bytes_entry, secret->n_data + secret->n_string_data);
    for (size_t i = 0; i < secret->n_string_data; i++)
        data[count++] = (struct api_bytes_entry){ secret->string_data[i].key, str_of(secret->string_data[i].value) };
    for (size_t i = 0; i < secret->n_data; i++)
        if (!is_text(secret, secret->data[i].key))
            data[count++] = secret->data[i];
    qsort(data, count, sizeof(*data), compare_data); /* maps are kept sorted */
    secret->data = data;
    secret->n_data = count;
    secret->string_data = NULL;
    secret->n_string_data = 0;
}

/* podCIDR is the first of podCIDRs; where they differ the older field counts. */
void api_defaults_node_spec(void *value, struct arena *arena)
{
    struct api_node_spec *spec = value;

    if (!text_empty(spec->pod_cidr) && (spec->n_pod_cidrs == 0 || !text_equal(spec->pod_cidr, spec->pod_cidrs[0]))) {
        spec->pod_cidrs = arena_new_array(arena, const char *, 1);
        spec->pod_cidrs[0] = spec->pod_cidr;
        spec->n_pod_cidrs = 1;
    } else if (spec->n_pod_cidrs > 0) {
        spec->pod_cidr = spec->pod_cidrs[0];
    }
}

void api_defaults_node_status(void *value, struct arena *arena)
{
    (void)arena;
    struct api_node_status *status = value;
    if (status->n_allocatable == 0 && status->n_capacity > 0) {
        status->allocatable = status->capacity;
        status->n_allocatable = status->n_capacity;
    }
}

static void add_missing(struct api_quantity_entry **entries, size_t *count, const struct api_quantity_entry *from,
                        size_t n_from, struct arena *arena)
{
    for (size_t i = 0; i < n_from; i++)
        if (quantity_entry_value(*entries, *count, from[i].key) == NULL)
            entry_put_to(*entries, *count, from[i].key, arena)->value = from[i].value;
}

void api_defaults_limit_range_item(void *value, struct arena *arena)
{
    struct api_limit_range_item *item = value;
    if (!text_equal(item->type, "Container"))
        return;
    add_missing(&item->default_, &item->n_default, item->max, item->n_max, arena);
    add_missing(&item->default_request, &item->n_default_request, item->default_, item->n_default, arena);
    add_missing(&item->default_request, &item->n_default_request, item->min, item->n_min, arena);
}

void api_defaults_networking_network_policy(void *value, struct arena *arena)
{
    struct api_networking_network_policy_spec *spec = &((struct api_networking_network_policy *)value)->spec;
    if (spec->n_policy_types > 0)
        return;
    spec->policy_types = arena_new_array(arena, const char *, 2);
    spec->policy_types[spec->n_policy_types++] = "Ingress";
    if (spec->n_egress > 0)
        spec->policy_types[spec->n_policy_types++] = "Egress";
}

void api_defaults_rbac_subject(void *value, struct arena *arena)
{
    (void)arena;
    struct api_rbac_subject *subject = value;
    bool named = text_equal(subject->kind, "User") || text_equal(subject->kind, "Group");
    if (named && text_empty(subject->api_group))
        subject->api_group = "rbac.authorization.k8s.io";
}

static void default_names(struct api_apiextensions_custom_resource_definition_names *names, struct arena *arena)
{
    if (text_empty(names->kind))
        return;
    if (text_empty(names->singular)) {
        char *singular = arena_strdup(arena, names->kind);
        for (char *at = singular; *at != '\0'; at++)
            *at = (char)tolower((unsigned char)*at);
        names->singular = singular;
    }
    if (text_empty(names->list_kind))
        names->list_kind = arena_format(arena, "%sList", names->kind);
}

void api_defaults_apiextensions_custom_resource_definition(void *value, struct arena *arena)
{
    struct api_apiextensions_custom_resource_definition *definition = value;
    default_names(&definition->spec.names, arena);
    if (definition->status.n_stored_versions > 0)
        return;
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        if (definition->spec.versions[i].storage) {
            definition->status.stored_versions = arena_new_array(arena, const char *, 1);
            definition->status.stored_versions[0] = definition->spec.versions[i].name;
            definition->status.n_stored_versions = 1;
            return;
        }
    }
}

void api_defaults_resource_exact_device_request(void *value, struct arena *arena)
{
    (void)arena;
    struct api_resource_exact_device_request *request = value;
    if (text_empty(request->allocation_mode))
        request->allocation_mode = "ExactCount";
    if (text_equal(request->allocation_mode, "ExactCount") && request->count == 0)
        request->count = 1;
}

void api_defaults_resource_device_sub_request(void *value, struct arena *arena)
{
    (void)arena;
    struct api_resource_device_sub_request *request = value;
    if (text_empty(request->allocation_mode))
        request->allocation_mode = "ExactCount";
    if (text_equal(request->allocation_mode, "ExactCount") && request->count == 0)
        request->count = 1;
}
