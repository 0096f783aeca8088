/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_cidr.c - a ServiceCIDR is ready from the start, and goes when no address of it is in use any more, or all that are
 * belong to another range as well. */
#include "base/text/ip.h"
#include "controllers/controllers.h"

#define FINALIZER "networking.k8s.io/service-cidr-finalizer"
#define READY     "Ready"
#define SETTLING_TIME \
    (10 * USEC_PER_SEC) /* writes that took an address before the deletion was known are done by then */

static const struct api_networking_service_cidr *cidr_of(const struct object *object)
{
    return api_networking_service_cidr_of(object);
}

static bool is_deleted(const struct object *object)
{
    return cidr_of(object)->metadata.deletion_timestamp != 0;
}

/* An address that came or went may be the one that a deletion waits for. */
static void deleted_cidrs(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    const struct informer *cidrs = keys_cache(keys, &api_resource_networking_service_cidr);
    (void)watch;
    (void)object;
    for (const struct object *o = NULL; (o = informer_next(cidrs, o)) != NULL;)
        if (is_deleted(o))
            keys_add(keys, object_key(o));
}

/* A range that comes may take over the addresses of one that goes. */
static void itself_and_deleted(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    keys_add(keys, object_key(object));
    deleted_cidrs(keys, watch, object);
}

static bool has(const struct api_networking_service_cidr *cidr, const struct ip *ip)
{
    for (size_t i = 0; i < cidr->spec.n_cidrs; i++) {
        struct ip_prefix range;
        if (ip_prefix_parse(str_of(cidr->spec.cidrs[i]), &range) && ip_prefix_contains(&range, ip))
            return true;
    }
    return false;
}

static bool is_held_by_another(const struct reconcile *r, const struct ip *ip)
{
    const struct informer *cidrs = reconcile_cache(r, &api_resource_networking_service_cidr);
    for (const struct object *o = NULL; (o = informer_next(cidrs, o)) != NULL;)
        if (!is_deleted(o) && has(cidr_of(o), ip))
            return true;
    return false;
}

static bool is_needed(const struct reconcile *r, const struct api_networking_service_cidr *cidr)
{
    const struct informer *addresses = reconcile_cache(r, &api_resource_networking_ip_address);
    for (const struct object *o = NULL; (o = informer_next(addresses, o)) != NULL;) {
        struct ip ip;
        if (ip_parse(str_of(object_name(o)), &ip) && has(cidr, &ip) && !is_held_by_another(r, &ip))
            return true;
    }
    return false;
}

static void set_ready(struct reconcile *r, const struct api_networking_service_cidr *cidr,
                      const struct api_condition *ready)
{
    struct api_networking_service_cidr next = *cidr;
    size_t at = 0;
    while (at < cidr->status.n_conditions && !text_equal(cidr->status.conditions[at].type, READY))
        at++;
    bool there = at < cidr->status.n_conditions;
    if (there && text_equal(cidr->status.conditions[at].status, ready->status))
        return;
    next.status.n_conditions = cidr->status.n_conditions + !there;
    next.status.conditions = arena_new_array(r->arena, struct api_condition, next.status.n_conditions);
    for (size_t i = 0; i < cidr->status.n_conditions; i++)
        next.status.conditions[i] = cidr->status.conditions[i];
    next.status.conditions[at] = *ready;
    next.status.conditions[at].type = READY;
    next.status.conditions[at].last_transition_time = r->now;
    reconcile_update_status(r, &api_resource_networking_service_cidr, &next)->failed =
        (struct action_event){ "Warning", "KubernetesServiceCIDRError",
                               "The ServiceCIDR Status can not be set to Ready: %s" };
}

static size_t finalizer_at(const struct api_object_meta *meta)
{
    size_t at = 0;
    while (at < meta->n_finalizers && !text_equal(meta->finalizers[at], FINALIZER))
        at++;
    return at;
}

static void add_finalizer(struct reconcile *r, const struct api_networking_service_cidr *cidr)
{
    struct api_networking_service_cidr next = *cidr;
    size_t count = cidr->metadata.n_finalizers;
    next.metadata.finalizers = arena_new_array(r->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        next.metadata.finalizers[i] = cidr->metadata.finalizers[i];
    next.metadata.finalizers[count] = FINALIZER;
    next.metadata.n_finalizers = count + 1;
    reconcile_update(r, &api_resource_networking_service_cidr, &next);
}

static void remove_finalizer(struct reconcile *r, const struct api_networking_service_cidr *cidr, size_t at)
{
    struct api_networking_service_cidr next = *cidr;
    next.metadata.finalizers = arena_new_array(r->arena, const char *, cidr->metadata.n_finalizers);
    next.metadata.n_finalizers = 0;
    for (size_t i = 0; i < cidr->metadata.n_finalizers; i++)
        if (i != at)
            next.metadata.finalizers[next.metadata.n_finalizers++] = cidr->metadata.finalizers[i];
    reconcile_update(r, &api_resource_networking_service_cidr, &next)->absent_is_fine = true;
}

static void reconcile_deleted(struct reconcile *r, const struct api_networking_service_cidr *cidr, size_t finalizer)
{
    static const struct api_condition terminating = {
        .status = "False",
        .reason = "Terminating",
        .message =
            "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
    };
    usec_t over = cidr->metadata.deletion_timestamp + SETTLING_TIME;
    if (is_needed(r, cidr))
        set_ready(r, cidr, &terminating);
    else if (r->now < over)
        reconcile_again_in(r, over - r->now);
    else
        remove_finalizer(r, cidr, finalizer);
}

static int reconcile_service_cidr(struct reconcile *r, struct error *err)
{
    static const struct api_condition ready = { .status = "True", .message = "Kubernetes Service CIDR is ready" };
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_networking_service_cidr), r->key);
    (void)err;
    if (object == NULL)
        return 0;
    const struct api_networking_service_cidr *cidr = cidr_of(object);
    size_t finalizer = finalizer_at(&cidr->metadata);
    bool held = finalizer < cidr->metadata.n_finalizers;
    if (is_deleted(object) && held)
        reconcile_deleted(r, cidr, finalizer);
    else if (!is_deleted(object) && !held)
        add_finalizer(r, cidr); /* its change comes back here */
    else if (!is_deleted(object))
        set_ready(r, cidr, &ready);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_networking_service_cidr, .map = itself_and_deleted },
    { .resource = &api_resource_networking_ip_address, .map = deleted_cidrs },
};

const struct controller service_cidr_controller = {
    .name = "service-cidr",
    .account = "service-cidrs-controller",
    .queue = "servicecidrs",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_service_cidr,
};
