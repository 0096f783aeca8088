/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* endpoints.c - the older form: one object a Service, addresses grouped by their ports. */
#include <stdlib.h>

#include "api/codec.h"
#include "controllers/controllers.h"
#include "controllers/endpoints/service_pods.h"
#include "controllers/workload/ownership.h"

#define ADDRESSES_MAX 1000
#define MANAGED_BY    "endpoints.kubernetes.io/managed-by"
#define OVER_CAPACITY "endpoints.kubernetes.io/over-capacity"
#define HEADLESS      "service.kubernetes.io/headless"
#define ELECTION      "control-plane.alpha.kubernetes.io/leader"

static struct api_endpoint_address address_of(struct arena *arena, const struct service_pod *pod)
{
    struct api_object_reference *target = arena_new(arena, struct api_object_reference);
    *target = (struct api_object_reference){ .kind = "Pod",
                                             .namespace = pod->pod->metadata.namespace,
                                             .name = pod->pod->metadata.name,
                                             .uid = pod->pod->metadata.uid };
    return (struct api_endpoint_address){
        .ip = pod->address,
        .hostname = pod->hostname,
        .node_name = text_empty(pod->pod->spec.node_name) ? NULL : pod->pod->spec.node_name,
        .target_ref = target,
    };
}

static int by_address(const void *left, const void *right)
{
    const struct api_endpoint_address *a = left, *b = right;
    int order = strcmp(a->ip, b->ip);
    return order != 0 ? order : strcmp(text_or_empty(a->target_ref->uid), text_or_empty(b->target_ref->uid));
}

/* Those of one set of ports, from 'first' on; marks them as taken. */
static void fill_subset(struct arena *arena, struct api_endpoint_subset *subset, struct service_pod *pods, size_t first,
                        size_t count, bool *taken)
{
    const struct service_pod *model = &pods[first];
    subset->addresses = arena_new_array(arena, struct api_endpoint_address, count);
    subset->not_ready_addresses = arena_new_array(arena, struct api_endpoint_address, count);
    for (size_t i = first; i < count; i++) {
        if (taken[i] || !service_ports_equal(model, &pods[i]))
            continue;
        taken[i] = true;
        if (pods[i].ready)
            subset->addresses[subset->n_addresses++] = address_of(arena, &pods[i]);
        else
            subset->not_ready_addresses[subset->n_not_ready_addresses++] = address_of(arena, &pods[i]);
    }
    qsort(subset->addresses, subset->n_addresses, sizeof(*subset->addresses), by_address);
    qsort(subset->not_ready_addresses, subset->n_not_ready_addresses, sizeof(*subset->addresses), by_address);
    if (subset->n_addresses == 0)
        subset->addresses = NULL;
    if (subset->n_not_ready_addresses == 0)
        subset->not_ready_addresses = NULL;
    if (model->n_ports == 0)
        return;
    subset->ports = arena_new_array(arena, struct api_endpoint_port, model->n_ports);
    for (size_t i = 0; i < model->n_ports; i++)
        subset->ports[subset->n_ports++] = (struct api_endpoint_port){ .name = model->ports[i].name,
                                                                       .port = model->ports[i].port,
                                                                       .protocol = model->ports[i].protocol,
                                                                       .app_protocol = model->ports[i].app_protocol };
}

static void fill_subsets(struct reconcile *r, const struct api_service *service, struct api_endpoints *endpoints,
                         bool *ret_truncated)
{
    size_t count = 0, kept = 0;
    struct service_pod *pods = service_pods(r, service, service_family(service), &count);
    for (size_t i = 0; i < count; i++) {
        bool published = !pods[i].terminating || service->spec.publish_not_ready_addresses;
        bool reachable = pods[i].n_ports > 0 || (service->spec.n_ports == 0 && service_is_headless(service));
        if (published && reachable)
            pods[kept++] = pods[i];
    }
    *ret_truncated = kept > ADDRESSES_MAX;
    count = kept > ADDRESSES_MAX ? ADDRESSES_MAX : kept;
    bool *taken = arena_new_array(r->arena, bool, count + 1);
    endpoints->subsets = arena_new_array(r->arena, struct api_endpoint_subset, count + 1);
    endpoints->n_subsets = 0;
    for (size_t i = 0; i < count; i++) {
        if (!taken[i])
            fill_subset(r->arena, &endpoints->subsets[endpoints->n_subsets++], pods, i, count, taken);
    }
    if (endpoints->n_subsets == 0)
        endpoints->subsets = NULL;
}

static void describe(struct reconcile *r, const struct api_service *service, struct api_object_meta *meta,
                     bool truncated)
{
    meta->labels = service->metadata.labels;
    meta->n_labels = service->metadata.n_labels;
    entries_set(r->arena, &meta->labels, &meta->n_labels, MANAGED_BY, "endpoint-controller");
    entries_set(r->arena, &meta->labels, &meta->n_labels, HEADLESS, service_is_headless(service) ? "" : NULL);
    entries_set(r->arena, &meta->annotations, &meta->n_annotations, OVER_CAPACITY, truncated ? "truncated" : NULL);
}

/* The Service is gone: so are its endpoints, unless they are somebody's lock. */
static void remove_endpoints(struct reconcile *r, const struct object *object)
{
    struct str ignored;
    if (object == NULL)
        return;
    const struct api_object_meta *meta = object_meta(object);
    if (!entries_find(meta->annotations, meta->n_annotations, ELECTION, &ignored) &&
        entries_find(meta->labels, meta->n_labels, MANAGED_BY, &ignored))
        reconcile_delete(r, object);
}

static int reconcile_endpoints(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_service), r->key);
    const struct object *old = informer_get(reconcile_cache(r, &api_resource_endpoints), r->key);
    if (object == NULL) {
        remove_endpoints(r, old);
        return 0;
    }
    const struct api_service *service = api_service_of(object);
    if (service->spec.n_selector == 0 || service->metadata.deletion_timestamp != 0)
        return 0;
    struct api_endpoints next = { .metadata = { .name = r->name, .namespace = r->namespace_ } };
    if (old != NULL)
        next.metadata = api_endpoints_of(old)->metadata;
    bool truncated = false;
    fill_subsets(r, service, &next, &truncated);
    describe(r, service, &next.metadata, truncated);
    if (old != NULL) {
        if (!api_equal(&api_type_endpoints, &next, object_typed(old)))
            reconcile_update(r, &api_resource_endpoints, &next);
        return 0;
    }
    struct action *action = reconcile_create(r, &api_resource_endpoints, &next);
    action->about = object;
    action->failed =
        (struct action_event){ "Warning", "FailedToCreateEndpoint", "Failed to create endpoint for service: %s" };
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_service, .map = keys_own },
    { .resource = &api_resource_pod, .map = keys_of_services },
    { .resource = &api_resource_endpoints, .map = keys_own },
};

const struct controller endpoints_controller = {
    .name = "endpoints",
    .account = "endpoint-controller",
    .queue = "endpoint",
    .component = "endpoint-controller",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_endpoints,
};
