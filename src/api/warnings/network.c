/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* network.c - addresses that are not written as they should be, and old ways to name a class. */
#include "api/validation/formats/address.h"
#include "api/value/entry.h"
#include "api/warnings/kind_warnings.h"

#define CLASS_ANNOTATION "kubernetes.io/ingress.class"
#define MANAGED_BY       "endpointslice.kubernetes.io/managed-by"

void warn_of_address(const char *value, const struct field_at *at, const struct warning_list *list)
{
    char text[ADDRESS_WARNING_SIZE];

    if (!text_empty(value) && address_ip_warning(value, text))
        warning_add(list, at, "%s", text);
}

void warn_of_prefix(const char *value, const struct field_at *at, const struct warning_list *list)
{
    char texts[2][ADDRESS_WARNING_SIZE];
    size_t count = text_empty(value) ? 0 : address_prefix_warnings(value, texts);

    for (size_t i = 0; i < count; i++)
        warning_add(list, at, "%s", texts[i]);
}

void warn_of_ingress(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_networking_ingress *ingress = object;
    const struct api_object_meta *meta = &ingress->metadata;

    if (old == NULL && ingress->spec.ingress_class_name == NULL &&
        string_entry_value(meta->annotations, meta->n_annotations, CLASS_ANNOTATION) != NULL)
        warning_add(list, NULL,
                    "annotation \"" CLASS_ANNOTATION "\" is deprecated, please use 'spec.ingressClassName' instead");
}

void warn_of_ingress_status(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_networking_ingress_load_balancer_status *status =
        &((const struct api_networking_ingress *)object)->status.load_balancer;
    const struct field_at *at = at_field(at_field(at_field(NULL, "status"), "loadBalancer"), "ingress");

    (void)old;
    for (size_t i = 0; i < status->n_ingress; i++)
        warn_of_address(status->ingress[i].ip, at_field(at_index(at, i), "ip"), list);
}

static void warn_of_peers(const struct api_networking_network_policy_peer *peers, size_t count,
                          const struct field_at *at, const struct warning_list *list)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_ip_block *block = peers[i].ip_block;
        const struct field_at *here = at_field(at_index(at, i), "ipBlock");
        if (block == NULL)
            continue;
        warn_of_prefix(block->cidr, at_field(here, "cidr"), list);
        for (size_t k = 0; k < block->n_except; k++)
            warn_of_prefix(block->except[k], at_index(at_field(here, "except"), k), list);
    }
}

void warn_of_network_policy(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_networking_network_policy_spec *spec =
        &((const struct api_networking_network_policy *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    (void)old;
    for (size_t i = 0; i < spec->n_ingress; i++)
        warn_of_peers(spec->ingress[i].from, spec->ingress[i].n_from,
                      at_field(at_index(at_field(at, "ingress"), i), "from"), list);
    for (size_t i = 0; i < spec->n_egress; i++)
        warn_of_peers(spec->egress[i].to, spec->egress[i].n_to, at_field(at_index(at_field(at, "egress"), i), "to"),
                      list);
}

/* Slices of the cluster's own controllers have what others wrote. */
void warn_of_endpoint_slice(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_discovery_endpoint_slice *slice = object;
    const struct api_object_meta *meta = &slice->metadata;
    const char *manager = string_entry_value(meta->labels, meta->n_labels, MANAGED_BY);

    if (old == NULL && text_equal(slice->address_type, "FQDN"))
        warning_add(list, at_field(NULL, "addressType"), "FQDN endpoints are deprecated");
    if (text_equal(manager, "endpointslice-controller.k8s.io") ||
        text_equal(manager, "endpointslicemirroring-controller.k8s.io") || text_equal(slice->address_type, "FQDN"))
        return;
    for (size_t i = 0; i < slice->n_endpoints; i++)
        for (size_t k = 0; k < slice->endpoints[i].n_addresses; k++)
            warn_of_address(slice->endpoints[i].addresses[k],
                            at_index(at_field(at_index(at_field(NULL, "endpoints"), i), "addresses"), k), list);
}
