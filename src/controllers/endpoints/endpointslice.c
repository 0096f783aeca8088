/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* endpointslice.c - the endpoints of a Service in slices of at most a hundred.
 *
 * Endpoints stay in the slice they are in; new ones fill the gaps, then new slices. Slices of one
 * group have the same address family and ports. */
#include <stdlib.h>

#include "api/codec.h"
#include "base/container/map.h"
#include "controllers/controllers.h"
#include "controllers/endpoints/service_pods.h"
#include "controllers/workload/ownership.h"

#define ENDPOINTS_MAX 100
#define SERVICE_NAME  "kubernetes.io/service-name"
#define MANAGED_BY    "endpointslice.kubernetes.io/managed-by"
#define MANAGER       "endpointslice-controller.k8s.io"
#define HEADLESS      "service.kubernetes.io/headless"
#define ZONE          "topology.kubernetes.io/zone"

/* A slice as it shall be. */
struct planned {
    const struct object *object; /* NULL: to be created */
    const struct api_discovery_endpoint_slice *old;
    struct api_discovery_endpoint *endpoints;
    size_t count;
    const struct service_pod *model; /* whose ports it has; NULL: none that is wanted */
};

struct pod_uid {
    struct map_node node; /* by metadata.uid */
    size_t index;         /* in plan.pods */
};

struct plan {
    struct reconcile *r;
    const struct object *object;
    const struct api_service *service;
    const char *family;
    struct planned *slices;
    size_t n_slices;
    struct service_pod *pods;
    bool *placed;
    size_t n_pods;
    bool flags[2]; /* to point at; what is written is copied */
};

static void service_of_slice(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    struct str name = { 0 };
    if (!object_label(object, STR(SERVICE_NAME), &name) || name.size == 0)
        return;
    auto_buffer struct buffer key = { 0 };
    buffer_format(&key, "%s/" STR_FMT, object_namespace(object), STR_ARG(name));
    keys_add(keys, key.data);
}

static bool has_ports(const struct api_discovery_endpoint_slice *slice, const struct service_pod *pod)
{
    if (slice->n_ports != pod->n_ports)
        return false;
    for (size_t i = 0; i < slice->n_ports; i++) {
        const struct api_discovery_endpoint_port *a = &slice->ports[i];
        const struct service_port *b = &pod->ports[i];
        if (a->port == NULL || *a->port != b->port || !text_equal(a->name, b->name) ||
            !text_equal(a->protocol, b->protocol) || !text_equal(a->app_protocol, b->app_protocol))
            return false;
    }
    return true;
}

static struct api_discovery_endpoint endpoint_of(struct plan *plan, const struct service_pod *pod)
{
    struct arena *arena = plan->r->arena;
    struct api_discovery_endpoint endpoint = { .n_addresses = 1 };
    endpoint.addresses = arena_new_array(arena, const char *, 1);
    endpoint.addresses[0] = pod->address;
    endpoint.conditions.ready = &plan->flags[pod->ready];
    endpoint.conditions.serving = &plan->flags[pod->serving];
    endpoint.conditions.terminating = &plan->flags[pod->terminating];
    endpoint.hostname = text_empty(pod->hostname) ? NULL : pod->hostname;
    endpoint.target_ref = arena_new(arena, struct api_object_reference);
    *endpoint.target_ref = (struct api_object_reference){ .kind = "Pod",
                                                          .namespace = pod->pod->metadata.namespace,
                                                          .name = pod->pod->metadata.name,
                                                          .uid = pod->pod->metadata.uid };
    if (text_empty(pod->pod->spec.node_name))
        return endpoint;
    endpoint.node_name = pod->pod->spec.node_name;
    const struct object *node = informer_get(reconcile_cache(plan->r, &api_resource_node), endpoint.node_name);
    struct str zone = { 0 };
    if (node != NULL && object_label(node, STR(ZONE), &zone))
        endpoint.zone = arena_strndup(arena, zone.data, zone.size);
    return endpoint;
}

static void place(struct plan *plan, struct planned *slice, size_t pod)
{
    slice->endpoints[slice->count++] = endpoint_of(plan, &plan->pods[pod]);
    slice->model = &plan->pods[pod];
    plan->placed[pod] = true;
}

/* Endpoints that are still wanted stay where they are. */
static void keep_endpoints(struct plan *plan, struct planned *slice, const struct map *by_uid)
{
    for (size_t i = 0; i < slice->old->n_endpoints && slice->count < ENDPOINTS_MAX; i++) {
        const struct api_object_reference *target = slice->old->endpoints[i].target_ref;
        const struct pod_uid *pod =
            target == NULL ? NULL : map_find_entry(by_uid, str_of(text_or_empty(target->uid)), struct pod_uid, node);
        if (pod != NULL && !plan->placed[pod->index] && has_ports(slice->old, &plan->pods[pod->index]))
            place(plan, slice, pod->index);
    }
}

static void keep_all(struct plan *plan)
{
    struct map by_uid = { 0 };
    struct pod_uid *uids = arena_new_array(plan->r->arena, struct pod_uid, plan->n_pods + 1);
    map_init(&by_uid);
    for (size_t i = 0; i < plan->n_pods; i++) {
        uids[i].index = i;
        map_insert(&by_uid, str_of(plan->pods[i].pod->metadata.uid), &uids[i].node);
    }
    for (size_t i = 0; i < plan->n_slices; i++)
        keep_endpoints(plan, &plan->slices[i], &by_uid);
    map_fini(&by_uid);
}

static void gather_slices(struct plan *plan)
{
    const struct informer *cache = reconcile_cache(plan->r, &api_resource_discovery_endpoint_slice);
    size_t count = 0;
    for (const struct object *o = NULL; (o = informer_next_owned(cache, object_uid(plan->object), o)) != NULL;)
        count++;
    plan->slices = arena_new_array(plan->r->arena, struct planned, count + plan->n_pods + 1);
    for (const struct object *o = NULL; (o = informer_next_owned(cache, object_uid(plan->object), o)) != NULL;) {
        const struct api_discovery_endpoint_slice *slice = api_discovery_endpoint_slice_of(o);
        struct str manager = { 0 };
        if (!text_equal(slice->address_type, plan->family) || slice->metadata.deletion_timestamp != 0 ||
            !object_label(o, STR(MANAGED_BY), &manager) || !str_is(manager, MANAGER))
            continue;
        struct planned *planned = &plan->slices[plan->n_slices++];
        planned->object = o;
        planned->old = slice;
        planned->endpoints = arena_new_array(plan->r->arena, struct api_discovery_endpoint, ENDPOINTS_MAX);
    }
}

static void place_rest(struct plan *plan, size_t pod)
{
    for (size_t i = 0; i < plan->n_slices; i++) {
        struct planned *slice = &plan->slices[i];
        bool fits = slice->model != NULL ? service_ports_equal(slice->model, &plan->pods[pod])
                                         : slice->old != NULL && has_ports(slice->old, &plan->pods[pod]);
        if (fits && slice->count < ENDPOINTS_MAX) {
            place(plan, slice, pod);
            return;
        }
    }
    struct planned *slice = &plan->slices[plan->n_slices++];
    slice->endpoints = arena_new_array(plan->r->arena, struct api_discovery_endpoint, ENDPOINTS_MAX);
    place(plan, slice, pod);
}

static void describe(struct plan *plan, struct api_discovery_endpoint_slice *slice, const struct service_pod *model)
{
    struct arena *arena = plan->r->arena;
    const struct api_service *service = plan->service;
    struct api_object_meta *meta = &slice->metadata;
    meta->labels = service->metadata.labels;
    meta->n_labels = service->metadata.n_labels;
    entries_set(arena, &meta->labels, &meta->n_labels, SERVICE_NAME, service->metadata.name);
    entries_set(arena, &meta->labels, &meta->n_labels, MANAGED_BY, MANAGER);
    entries_set(arena, &meta->labels, &meta->n_labels, HEADLESS, service_is_headless(service) ? "" : NULL);
    meta->owner_references = ownership_reference(arena, plan->object);
    meta->n_owner_references = 1;
    size_t count = model == NULL ? 0 : model->n_ports;
    slice->ports = arena_new_array(arena, struct api_discovery_endpoint_port, count + 1);
    slice->n_ports = count;
    for (size_t i = 0; i < count; i++) {
        int32_t *number = arena_new(arena, int32_t);
        *number = model->ports[i].port;
        slice->ports[i] = (struct api_discovery_endpoint_port){ .name = model->ports[i].name,
                                                                .protocol = model->ports[i].protocol,
                                                                .port = number,
                                                                .app_protocol = model->ports[i].app_protocol };
    }
    if (count == 0) /* absent as the server has it, or an empty list */
        slice->ports = NULL;
}

static void write_slice(struct plan *plan, struct planned *planned)
{
    struct reconcile *r = plan->r;
    struct api_discovery_endpoint_slice next = { .address_type = plan->family };
    if (planned->old != NULL)
        next.metadata = planned->old->metadata;
    next.endpoints = planned->endpoints;
    next.n_endpoints = planned->count;
    describe(plan, &next, planned->model);
    if (planned->old == NULL) {
        next.metadata.generate_name = arena_format(r->arena, "%s-", plan->service->metadata.name);
        next.metadata.namespace = r->namespace_;
        struct action *action = reconcile_create(r, &api_resource_discovery_endpoint_slice, &next);
        action->about = plan->object;
        action->failed = (struct action_event){ "Warning", "FailedToUpdateEndpointSlices",
                                                "Error updating Endpoint Slices for Service: %s" };
        return;
    }
    struct api_discovery_endpoint_slice old = *planned->old;
    if (old.n_ports == 0)
        old.ports = NULL;
    if (old.n_endpoints == 0 && next.n_endpoints == 0)
        next.endpoints = old.endpoints;
    if (!api_equal(&api_type_discovery_endpoint_slice, &next, &old))
        reconcile_update(r, &api_resource_discovery_endpoint_slice, &next)->absent_is_fine = true;
}

static void write_family(struct plan *plan)
{
    plan->pods = service_pods(plan->r, plan->service, plan->family, &plan->n_pods);
    plan->placed = arena_new_array(plan->r->arena, bool, plan->n_pods + 1);
    gather_slices(plan);
    keep_all(plan);
    for (size_t i = 0; i < plan->n_pods; i++) {
        if (!plan->placed[i])
            place_rest(plan, i);
    }
    /* A Service without endpoints keeps one empty slice, so that proxies know it has none. */
    if (plan->n_slices == 0)
        plan->n_slices = 1;
    bool keep_empty = true;
    for (size_t i = 0; i < plan->n_slices; i++)
        keep_empty &= plan->slices[i].count == 0;
    for (size_t i = 0; i < plan->n_slices; i++) {
        struct planned *slice = &plan->slices[i];
        if (slice->count > 0 || (keep_empty && i == 0))
            write_slice(plan, slice);
        else if (slice->object != NULL)
            reconcile_delete(plan->r, slice->object);
    }
}

static int reconcile_slices(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_service), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp != 0)
        return 0; /* the garbage collector takes its slices */
    const struct api_service *service = api_service_of(object);
    if (service->spec.n_selector == 0 || text_equal(service->spec.type, "ExternalName"))
        return 0;
    const char *const first = service_family(service);
    size_t count = service->spec.n_ip_families > 0 ? service->spec.n_ip_families : 1;
    for (size_t i = 0; i < count; i++) {
        struct plan plan = { .r = r, .object = object, .service = service, .flags = { false, true } };
        plan.family = service->spec.n_ip_families > 0 ? service->spec.ip_families[i] : first;
        write_family(&plan);
    }
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_service, .map = keys_own },
    { .resource = &api_resource_pod, .map = keys_of_services },
    { .resource = &api_resource_discovery_endpoint_slice, .map = service_of_slice },
    { .resource = &api_resource_node },
};

const struct controller endpointslice_controller = {
    .name = "endpointslice",
    .queue = "endpoint_slice",
    .component = "endpoint-slice-controller",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_slices,
};
