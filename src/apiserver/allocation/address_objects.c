/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/allocation/address_objects.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "client/events.h"
#include "generated/types.h"

#define AT_ONCE     32
#define RETRY_AFTER USEC_PER_SEC
#define IP_FAMILY   "ipaddress.kubernetes.io/ip-family"
#define COMPONENT   "ipallocator-repair-controller"

/* An address to be looked at. */
struct doubt {
    struct tree_node node; /* in address_objects.doubts; by 'name' */
    char name[IP_TEXT_SIZE];
    bool routine; /* a Service came, was there at start or went: nothing that anybody has to be told */
};

struct writing {
    struct client_call call;
    struct address_objects *objects;
    char name[IP_TEXT_SIZE];
    bool busy;
};

struct address_objects {
    struct client *client;
    const struct service_allocator *allocator;
    struct watch_cache *addresses;
    struct event_recorder *recorder;
    struct cache_follower services_follower, addresses_follower;
    struct tree doubts;
    struct writing writings[AT_ONCE];
    struct loop_task look;
    struct loop_timer retry;
};

static void look_later(struct address_objects *objects)
{
    loop_defer(client_loop(objects->client), &objects->look);
}

static void add_doubt(struct address_objects *objects, const char *name, bool routine)
{
    struct doubt *doubt = tree_find_entry(&objects->doubts, str_of(name), struct doubt, node);
    if (doubt == NULL) {
        doubt = memory_new(struct doubt);
        snprintf(doubt->name, sizeof(doubt->name), "%s", name);
        (void)tree_insert(&objects->doubts, str_of(doubt->name), &doubt->node); /* absent, as just seen */
    }
    doubt->routine |= routine;
    look_later(objects);
}

static void add_doubts_of(struct address_objects *objects, const struct object *service)
{
    if (service == NULL)
        return;
    const struct api_service_spec *spec = &api_service_of(service)->spec;
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        struct ip ip;
        if (ip_parse(str_of(spec->cluster_ips[i]), &ip))
            add_doubt(objects, spec->cluster_ips[i], true);
    }
}

static void service_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct address_objects *objects = container_of(follower, struct address_objects, services_follower);
    if (before != NULL && after != NULL) {
        const struct api_service_spec *old = &api_service_of(before)->spec, *spec = &api_service_of(after)->spec;
        bool same = old->n_cluster_ips == spec->n_cluster_ips;
        for (size_t i = 0; same && i < spec->n_cluster_ips; i++)
            same = text_equal(old->cluster_ips[i], spec->cluster_ips[i]);
        if (same)
            return;
    }
    add_doubts_of(objects, before);
    add_doubts_of(objects, after);
}

static void address_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct address_objects *objects = container_of(follower, struct address_objects, addresses_follower);
    const char *name = object_name(after != NULL ? after : before);
    if (strlen(name) < IP_TEXT_SIZE)
        add_doubt(objects, name, false);
}

/* ---------------------------------------------------------------- what is to be done about an address */

static void written(struct client_call *call, const struct client_result *result)
{
    struct writing *writing = container_of(call, struct writing, call);
    struct address_objects *objects = writing->objects;
    bool settled = result->rc == 0 || result->rc == -ERROR_ALREADY_EXISTS || result->rc == -ERROR_NOT_FOUND ||
                   result->rc == -ERROR_CONFLICT; /* another change of it comes, or has come */
    writing->busy = false;
    if (settled) {
        look_later(objects);
        return;
    }
    log_error("cannot write an IPAddress", LOG_TEXT("name", writing->name), LOG_TEXT("error", result->err.message));
    add_doubt(objects, writing->name, true); /* told already, if it was to be */
    loop_cancel(client_loop(objects->client), &objects->look);
    loop_timer_start(client_loop(objects->client), &objects->retry, RETRY_AFTER);
}

static void start(struct address_objects *objects, const char *name, const struct client_request *request)
{
    struct writing *writing = objects->writings;
    while (writing->busy)
        writing++;
    *writing = (struct writing){ .call.done = written, .objects = objects, .busy = true };
    snprintf(writing->name, sizeof(writing->name), "%s", name);
    client_call_start(objects->client, &writing->call, request);
}

static bool is_ours(const struct object *object)
{
    struct str manager;
    return object_label(object, STR(ADDRESS_MANAGED_BY), &manager) && str_is(manager, ADDRESS_MANAGER);
}

static bool refers_to(const struct object *object, const struct object *service)
{
    const struct api_networking_parent_reference *parent = api_networking_ip_address_of(object)->spec.parent_ref;
    return parent != NULL && text_empty(parent->group) && text_equal(parent->resource, "services") &&
           text_equal(parent->namespace, object_namespace(service)) && text_equal(parent->name, object_name(service));
}

static void create(struct address_objects *objects, const char *name, const struct ip *ip, const struct object *service)
{
    struct api_string_entry labels[] = {
        { IP_FAMILY, ip->family == IP_V6 ? "IPv6" : "IPv4" },
        { ADDRESS_MANAGED_BY, ADDRESS_MANAGER },
    };
    struct api_networking_parent_reference parent = { .resource = "services",
                                                      .namespace = object_namespace(service),
                                                      .name = object_name(service) };
    const struct api_networking_ip_address address = {
        .metadata = { .name = name, .labels = labels, .n_labels = countof(labels) },
        .spec = { .parent_ref = &parent },
    };
    start(objects, name,
          &(struct client_request){
              .verb = API_CREATE, .resource = &api_resource_networking_ip_address, .body = &address });
}

static void remove_object(struct address_objects *objects, const struct object *object)
{
    start(objects, object_name(object),
          &(struct client_request){ .verb = API_DELETE,
                                    .resource = &api_resource_networking_ip_address,
                                    .name = object_name(object),
                                    .grace_seconds = -1,
                                    .precondition_uid = object_uid(object) });
}

static void tell(struct address_objects *objects, const struct object *about, const char *reason, const char *name,
                 const char *what)
{
    char version[128];
    struct api_object_reference reference = event_reference(about, version);
    event_recordf(objects->recorder, &reference, EVENT_WARNING, reason, "%s %s", name, what);
}

/* One step: after its change the address is looked at once more. */
static void settle(struct address_objects *objects, const struct doubt *doubt)
{
    const struct object *object = watch_cache_get(objects->addresses, NULL, doubt->name);
    struct ip ip;
    if (!ip_parse(str_of(doubt->name), &ip))
        return;
    const struct object *owner = service_address_owner(objects->allocator, &ip);
    if (object == NULL && owner != NULL) {
        if (!doubt->routine)
            tell(objects, owner, "ClusterIPNotAllocated", doubt->name, "had no IPAddress; making it");
        create(objects, doubt->name, &ip, owner);
    } else if (object != NULL && owner != NULL && !refers_to(object, owner)) {
        tell(objects, object, "IPAddressWrongReference", doubt->name, "has a wrong reference; cleaning up");
        remove_object(objects, object);
    } else if (object != NULL && owner == NULL && is_ours(object)) {
        if (!doubt->routine)
            tell(objects, object, "IPAddressNotAllocated", doubt->name, "is of no Service; cleaning up");
        remove_object(objects, object);
    }
}

static bool is_under_way(const struct address_objects *objects, const char *name)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (objects->writings[i].busy && text_equal(objects->writings[i].name, name))
            return true;
    return false;
}

static bool is_full(const struct address_objects *objects)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (!objects->writings[i].busy)
            return false;
    return true;
}

static void look(struct loop_task *task)
{
    struct address_objects *objects = container_of(task, struct address_objects, look);
    struct doubt *doubt;
    tree_for_each (&objects->doubts, doubt, node) {
        if (is_full(objects))
            return; /* the next outcome goes on here */
        if (is_under_way(objects, doubt->name))
            continue;
        tree_remove(&objects->doubts, &doubt->node);
        settle(objects, doubt);
        free(doubt);
    }
}

static void retry(struct loop_timer *timer)
{
    look(&container_of(timer, struct address_objects, retry)->look);
}

/* ---------------------------------------------------------------- life */

struct address_objects *address_objects_start(struct client *client, const struct service_allocator *allocator,
                                              struct watch_cache *services, struct watch_cache *addresses)
{
    struct address_objects *objects = memory_new(struct address_objects);
    objects->client = client;
    objects->allocator = allocator;
    objects->addresses = addresses;
    objects->recorder = event_recorder_create(client, COMPONENT, NULL);
    objects->look.callback = look;
    objects->retry.callback = retry;
    objects->services_follower.changed = service_changed;
    objects->addresses_follower.changed = address_changed;
    watch_cache_follow(addresses, &objects->addresses_follower);
    watch_cache_follow(services, &objects->services_follower);
    return objects;
}

void address_objects_stop(struct address_objects *objects)
{
    struct doubt *doubt;
    if (objects == NULL)
        return;
    cache_follower_stop(&objects->services_follower);
    cache_follower_stop(&objects->addresses_follower);
    loop_cancel(client_loop(objects->client), &objects->look);
    loop_timer_stop(&objects->retry);
    for (size_t i = 0; i < AT_ONCE; i++)
        if (objects->writings[i].busy)
            client_call_cancel(&objects->writings[i].call);
    tree_for_each (&objects->doubts, doubt, node) {
        tree_remove(&objects->doubts, &doubt->node);
        free(doubt);
    }
    event_recorder_destroy(objects->recorder);
    free(objects);
}
