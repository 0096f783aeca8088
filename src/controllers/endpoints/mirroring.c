/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mirroring.c - Endpoints that somebody wrote for a Service without selector, in slices, which is what proxies read.
 *
 * One slice for each set of ports and address family, and more only beyond a thousand addresses. */
#include "api/codec.h"
#include "base/text/ip.h"
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"

#define ADDRESSES_MAX 1000 /* of a subset, and of a slice */
#define SERVICE_NAME  "kubernetes.io/service-name"
#define MANAGED_BY    "endpointslice.kubernetes.io/managed-by"
#define MANAGER       "endpointslicemirroring-controller.k8s.io"
#define SKIP          "endpointslice.kubernetes.io/skip-mirror"
#define ELECTION      "control-plane.alpha.kubernetes.io/leader"
#define TRIGGER_TIME  "endpoints.kubernetes.io/last-change-trigger-time"
#define LAST_APPLIED  "kubectl.kubernetes.io/last-applied-configuration"

/* A slice as it shall be. */
struct mirrored {
    const char *family;
    const struct api_endpoint_subset *model; /* whose ports it has */
    struct api_discovery_endpoint *endpoints;
    size_t count;
    bool written;
};

struct mirror {
    struct reconcile *r;
    const struct object *object;
    const struct api_endpoints *endpoints;
    struct mirrored *slices;
    size_t n_slices;
    size_t capacity; /* of each slice */
    bool flags[2];   /* to point at; what is written is copied */
};

static void endpoints_of_slice(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    struct str manager = { 0 };
    if (object_label(object, STR(MANAGED_BY), &manager) && str_is(manager, MANAGER))
        keys_of_owner(keys, watch, object);
}

static bool is_mirrored(struct reconcile *r, const struct object *object)
{
    const struct api_object_meta *meta = object_meta(object);
    const struct object *service = informer_get(reconcile_cache(r, &api_resource_service), r->key);
    struct str value = { 0 };
    if (service == NULL || api_service_of(service)->spec.n_selector > 0 || meta->deletion_timestamp != 0 ||
        entries_find(meta->annotations, meta->n_annotations, ELECTION, &value))
        return false;
    return !entries_find(meta->labels, meta->n_labels, SKIP, &value) || !str_is(value, "true");
}

static bool ports_equal(const struct api_endpoint_subset *a, const struct api_endpoint_subset *b)
{
    if (a->n_ports != b->n_ports)
        return false;
    for (size_t i = 0; i < a->n_ports; i++) {
        if (!api_equal(&api_type_endpoint_port, &a->ports[i], &b->ports[i]))
            return false;
    }
    return true;
}

static bool has_ports(const struct api_discovery_endpoint_slice *slice, const struct api_endpoint_subset *subset)
{
    if (slice->n_ports != subset->n_ports)
        return false;
    for (size_t i = 0; i < slice->n_ports; i++) {
        const struct api_discovery_endpoint_port *a = &slice->ports[i];
        const struct api_endpoint_port *b = &subset->ports[i];
        if (a->port == NULL || *a->port != b->port || !text_equal(text_or_empty(a->name), text_or_empty(b->name)) ||
            !text_equal(a->protocol, b->protocol) || !text_equal(a->app_protocol, b->app_protocol))
            return false;
    }
    return true;
}

static void place(struct mirror *mirror, const struct api_endpoint_subset *subset,
                  const struct api_endpoint_address *address, bool ready)
{
    struct ip ip;
    if (!ip_parse(str_of(address->ip), &ip))
        return;
    const char *family = ip.family == IP_V6 ? "IPv6" : "IPv4";
    struct mirrored *slice = NULL;
    for (size_t i = 0; i < mirror->n_slices && slice == NULL; i++) {
        struct mirrored *candidate = &mirror->slices[i];
        if (text_equal(candidate->family, family) && candidate->count < ADDRESSES_MAX &&
            ports_equal(candidate->model, subset))
            slice = candidate;
    }
    struct arena *arena = mirror->r->arena;
    if (slice == NULL) {
        slice = &mirror->slices[mirror->n_slices++];
        *slice = (struct mirrored){ .family = family, .model = subset };
        slice->endpoints = arena_new_array(arena, struct api_discovery_endpoint, mirror->capacity);
    }
    struct api_discovery_endpoint *endpoint = &slice->endpoints[slice->count++];
    endpoint->addresses = arena_new_array(arena, const char *, 1);
    endpoint->addresses[endpoint->n_addresses++] = address->ip;
    endpoint->conditions.ready = &mirror->flags[ready];
    endpoint->target_ref = address->target_ref;
    endpoint->node_name = address->node_name;
    endpoint->hostname = text_empty(address->hostname) ? NULL : address->hostname;
}

static void place_all(struct mirror *mirror)
{
    const struct api_endpoints *endpoints = mirror->endpoints;
    size_t total = 0, most;
    for (size_t i = 0; i < endpoints->n_subsets; i++)
        total += endpoints->subsets[i].n_addresses + endpoints->subsets[i].n_not_ready_addresses;
    mirror->capacity = total < ADDRESSES_MAX ? total : ADDRESSES_MAX;
    mirror->slices = arena_new_array(mirror->r->arena, struct mirrored, total + 1);
    for (size_t i = 0; i < endpoints->n_subsets; i++) {
        const struct api_endpoint_subset *subset = &endpoints->subsets[i];
        most = subset->n_addresses < ADDRESSES_MAX ? subset->n_addresses : ADDRESSES_MAX;
        for (size_t j = 0; j < most; j++)
            place(mirror, subset, &subset->addresses[j], true);
        most =
            ADDRESSES_MAX - most < subset->n_not_ready_addresses ? ADDRESSES_MAX - most : subset->n_not_ready_addresses;
        for (size_t j = 0; j < most; j++)
            place(mirror, subset, &subset->not_ready_addresses[j], false);
        if (subset->n_addresses + subset->n_not_ready_addresses > ADDRESSES_MAX)
            reconcile_event(mirror->r, mirror->object, "Warning", "TooManyAddressesToMirror",
                            "A max of %d addresses can be mirrored to EndpointSlices per Endpoints subset. %zu "
                            "addresses were skipped",
                            ADDRESSES_MAX, subset->n_addresses + subset->n_not_ready_addresses - ADDRESSES_MAX);
    }
}

static void describe(struct mirror *mirror, struct api_discovery_endpoint_slice *slice, const struct mirrored *mirrored)
{
    struct arena *arena = mirror->r->arena;
    const struct api_object_meta *from = &mirror->endpoints->metadata;
    struct api_object_meta *meta = &slice->metadata;
    meta->labels = from->labels;
    meta->n_labels = from->n_labels;
    entries_set(arena, &meta->labels, &meta->n_labels, SERVICE_NAME, from->name);
    entries_set(arena, &meta->labels, &meta->n_labels, MANAGED_BY, MANAGER);
    meta->annotations = from->annotations;
    meta->n_annotations = from->n_annotations;
    entries_set(arena, &meta->annotations, &meta->n_annotations, TRIGGER_TIME, NULL);
    entries_set(arena, &meta->annotations, &meta->n_annotations, LAST_APPLIED, NULL);
    meta->owner_references = ownership_reference(arena, mirror->object);
    meta->n_owner_references = 1;
    slice->address_type = mirrored->family;
    slice->endpoints = mirrored->endpoints;
    slice->n_endpoints = mirrored->count;
    slice->n_ports = mirrored->model->n_ports;
    slice->ports =
        slice->n_ports == 0 ? NULL : arena_new_array(arena, struct api_discovery_endpoint_port, slice->n_ports);
    for (size_t i = 0; i < slice->n_ports; i++) {
        const struct api_endpoint_port *port = &mirrored->model->ports[i];
        int32_t *number = arena_new(arena, int32_t);
        *number = port->port;
        slice->ports[i] = (struct api_discovery_endpoint_port){ .name = text_or_empty(port->name),
                                                                .protocol = port->protocol,
                                                                .port = number,
                                                                .app_protocol = port->app_protocol };
    }
}

/* Becomes one of those that shall be, or goes. */
static void settle_slice(struct mirror *mirror, const struct object *object)
{
    const struct api_discovery_endpoint_slice *old = api_discovery_endpoint_slice_of(object);
    for (size_t i = 0; i < mirror->n_slices; i++) {
        struct mirrored *mirrored = &mirror->slices[i];
        if (mirrored->written || !text_equal(old->address_type, mirrored->family) || !has_ports(old, mirrored->model))
            continue;
        struct api_discovery_endpoint_slice next = { .metadata = old->metadata };
        describe(mirror, &next, mirrored);
        if (next.n_ports == 0)
            next.ports = old->ports; /* absent, or an empty list */
        mirrored->written = true;
        if (!api_equal(&api_type_discovery_endpoint_slice, &next, old))
            reconcile_update(mirror->r, &api_resource_discovery_endpoint_slice, &next)->absent_is_fine = true;
        return;
    }
    reconcile_delete(mirror->r, object);
}

static int reconcile_mirror(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_endpoints), r->key);
    if (object == NULL)
        return 0; /* the garbage collector takes its slices */
    struct mirror mirror = {
        .r = r, .object = object, .endpoints = api_endpoints_of(object), .flags = { false, true }
    };
    if (is_mirrored(r, object))
        place_all(&mirror);
    const struct informer *cache = reconcile_cache(r, &api_resource_discovery_endpoint_slice);
    for (const struct object *o = NULL; (o = informer_next_owned(cache, object_uid(object), o)) != NULL;) {
        struct str manager = { 0 };
        if (object_meta(o)->deletion_timestamp == 0 && object_label(o, STR(MANAGED_BY), &manager) &&
            str_is(manager, MANAGER))
            settle_slice(&mirror, o);
    }
    for (size_t i = 0; i < mirror.n_slices; i++) {
        if (mirror.slices[i].written)
            continue;
        struct api_discovery_endpoint_slice slice = { 0 };
        slice.metadata.generate_name = arena_format(r->arena, "%s-", r->name);
        slice.metadata.namespace = r->namespace_;
        describe(&mirror, &slice, &mirror.slices[i]);
        struct action *action = reconcile_create(r, &api_resource_discovery_endpoint_slice, &slice);
        action->about = object;
        action->failed = (struct action_event){ "Warning", "FailedToUpdateEndpointSlices",
                                                "Error updating Endpoint Slices for Endpoints: %s" };
    }
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_endpoints, .map = keys_own },
    { .resource = &api_resource_service, .map = keys_own },
    { .resource = &api_resource_discovery_endpoint_slice, .map = endpoints_of_slice, .owner = &api_resource_endpoints },
};

const struct controller endpointslice_mirroring_controller = {
    .name = "endpointslice-mirroring",
    .account = "endpointslicemirroring-controller",
    .queue = "endpoint_slice_mirroring",
    .component = "endpoint-slice-mirroring-controller",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_mirror,
};
