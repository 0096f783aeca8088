/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node.c - Nodes. */
#include "api/validation/core/core_rules.h"
#include "base/ip.h"

static const char *const effects[] = { "NoExecute", "NoSchedule", "PreferNoSchedule", NULL };

static void validate_taints(const struct api_node_spec *spec, struct api_invalid *errors)
{
    /* The path is upstream's: it is not where the field is. */
    const struct field_at *at = at_field(at_field(NULL, "metadata"), "taints");

    for (size_t i = 0; i < spec->n_taints; i++) {
        const struct api_taint *taint = &spec->taints[i];
        const struct field_at *here = at_index(at, i);
        struct format_errors found = { .count = 0 };
        char text[700];
        invalid_format(errors, at_field(here, "key"), format_qualified_name, taint->key);
        format_label_value(str_of(text_or_empty(taint->value)), &found);
        format_errors_join(&found, text, sizeof(text));
        if (found.count > 0)
            invalid_string(errors, at_field(here, "value"), taint->value, "%s", text);
        invalid_one_of(errors, at_field(here, "effect"), taint->effect, effects, true);
        for (size_t k = 0; k < i; k++)
            if (text_equal(spec->taints[k].key, taint->key) && text_equal(spec->taints[k].effect, taint->effect))
                invalid_duplicate(errors, here, taint->key);
    }
}

static void validate_amounts(const struct api_quantity_entry *list, size_t count, const char *name,
                             struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "status"), name);
    char text[QUANTITY_TEXT_SIZE];

    for (size_t i = 0; i < count; i++) {
        quantity_format(&list[i].value, text);
        if (quantity_sign(&list[i].value) < 0)
            invalid_string(errors, at_field(at, text_or_empty(list[i].key)), text,
                           "must be greater than or equal to 0");
    }
}

static void validate_pod_cidrs(const struct api_node_spec *spec, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "spec"), "podCIDRs");
    struct ip_prefix first = { 0 }, prefix;

    for (size_t i = 0; i < spec->n_pod_cidrs; i++) {
        if (!ip_prefix_parse(str_of(text_or_empty(spec->pod_cidrs[i])), &prefix))
            invalid_string(errors, at_index(at, i), spec->pod_cidrs[i],
                           "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        else if (i == 0)
            first = prefix;
    }
    if (spec->n_pod_cidrs > 2 ||
        (spec->n_pod_cidrs == 2 && ip_prefix_parse(str_of(text_or_empty(spec->pod_cidrs[1])), &prefix) &&
         first.address.family == prefix.address.family))
        invalid_raw(errors, at, "[]", "may specify no more than one CIDR for each IP family");
}

void validate_node_create(const void *object, struct api_invalid *errors)
{
    const struct api_node *node = object;

    validate_taints(&node->spec, errors);
    validate_amounts(node->status.capacity, node->status.n_capacity, "capacity", errors);
    validate_amounts(node->status.allocatable, node->status.n_allocatable, "allocatable", errors);
    validate_pod_cidrs(&node->spec, errors);
}

void validate_node_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_node *node = object;
    const struct api_node *old = old_object;
    const struct field_at *spec = at_field(NULL, "spec");

    validate_node_create(object, errors);
    for (size_t i = 0; i < node->status.n_addresses; i++)
        for (size_t k = 0; k < i; k++)
            if (text_equal(node->status.addresses[k].type, node->status.addresses[i].type) &&
                text_equal(node->status.addresses[k].address, node->status.addresses[i].address))
                invalid_duplicate(errors, at_index(at_field(at_field(NULL, "status"), "addresses"), i),
                                  node->status.addresses[i].address);
    if (old->spec.n_pod_cidrs > 0) {
        bool same = old->spec.n_pod_cidrs == node->spec.n_pod_cidrs;
        for (size_t i = 0; same && i < old->spec.n_pod_cidrs; i++)
            same = text_equal(old->spec.pod_cidrs[i], node->spec.pod_cidrs[i]);
        if (!same)
            invalid_forbidden(errors, at_field(spec, "podCIDRs"),
                              "node updates may not change podCIDR except from \"\" to valid");
    }
    if (!text_empty(old->spec.provider_id) && !text_equal(old->spec.provider_id, node->spec.provider_id))
        invalid_forbidden(errors, at_field(spec, "providerID"),
                          "node updates may not change providerID except from \"\" to valid");
}
