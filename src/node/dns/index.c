/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index.c - an entry per service name, rebuilt as a whole from its Service and slices when one of them changes. */
#include "node/dns/index.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

struct slice {
    struct list_node by_entry;
    const struct object *object;
};

struct entry {
    struct dns_service service; /* in the map whether or not the Service is there: slices may come first */
    const struct object *object;
    struct list slices;
    char key[];
};

/* All that have one address. */
struct place {
    struct map_node by_ip;
    struct list addresses;
    struct ip ip;
};

struct namespace_entry {
    struct map_node by_name;
    char name[];
};

struct dns_index {
    struct map services, places, namespaces;
    uint32_t serial;
};

struct dns_index *dns_index_create(void)
{
    return memory_new(struct dns_index);
}

static struct str ip_key(const struct ip *ip)
{
    return (struct str){ (const char *)ip, sizeof(*ip) };
}

static void leave_places(struct dns_index *index, struct dns_service *service)
{
    for (size_t i = 0; i < service->n_addresses; i++) {
        struct dns_address *address = &service->addresses[i];
        list_remove(&address->by_ip);
        struct place *place = map_find_entry(&index->places, ip_key(&address->ip), struct place, by_ip);
        if (place != NULL && list_empty(&place->addresses)) {
            map_remove(&index->places, &place->by_ip);
            free(place);
        }
    }
}

static void enter_places(struct dns_index *index, struct dns_service *service)
{
    for (size_t i = 0; i < service->n_addresses; i++) {
        struct dns_address *address = &service->addresses[i];
        struct place *place = map_find_entry(&index->places, ip_key(&address->ip), struct place, by_ip);
        if (place == NULL) {
            place = memory_new(struct place);
            place->ip = address->ip;
            list_init(&place->addresses);
            map_insert(&index->places, ip_key(&place->ip), &place->by_ip);
        }
        list_append(&place->addresses, &address->by_ip);
    }
}

static void clear_service(struct dns_index *index, struct dns_service *service)
{
    leave_places(index, service);
    free(take_pointer(&service->ports));
    free(take_pointer(&service->addresses));
    free(take_pointer(&service->endpoint_ports));
    service->n_ports = service->n_cluster_ips = service->n_addresses = 0;
    service->external_name = NULL;
}

static void free_entry(struct dns_index *index, struct entry *entry)
{
    struct slice *slice;
    clear_service(index, &entry->service);
    list_for_each (&entry->slices, slice, by_entry) {
        object_unref(slice->object);
        free(slice);
    }
    object_unref(entry->object);
    map_remove(&index->services, &entry->service.by_name);
    free(entry);
}

void dns_index_destroy(struct dns_index *index)
{
    if (index == NULL)
        return;
    struct dns_service *service;
    map_for_each (&index->services, service, by_name)
        free_entry(index, container_of(service, struct entry, service));
    struct namespace_entry *namespace_;
    map_for_each (&index->namespaces, namespace_, by_name) {
        map_remove(&index->namespaces, &namespace_->by_name);
        free(namespace_);
    }
    map_fini(&index->services);
    map_fini(&index->places);
    map_fini(&index->namespaces);
    free(index);
}

/* ---------------------------------------------------------------- rebuilding */

static void copy_lower(char *to, size_t size, const char *from)
{
    size_t i = 0;
    for (from = text_or_empty(from); from[i] != '\0' && i < size - 1; i++)
        to[i] = (char)tolower((unsigned char)from[i]);
    to[i] = '\0';
}

static void fill_port(struct dns_port *port, const char *name, const char *protocol, int32_t number)
{
    copy_lower(port->name, sizeof(port->name), name);
    copy_lower(port->protocol, sizeof(port->protocol), text_empty(protocol) ? "tcp" : protocol);
    port->number = (uint16_t)number;
}

static void add_address(struct dns_service *service, const char *text)
{
    struct dns_address *address = &service->addresses[service->n_addresses];
    if (!ip_parse(str_of(text), &address->ip))
        return;
    address->service = service;
    service->n_addresses++;
}

/* "10-244-1-5", "fd00--5": the name of an endpoint that has none. */
static void dashed(const struct ip *ip, char text[64])
{
    char plain[IP_TEXT_SIZE];
    ip_format(ip, plain);
    snprintf(text, 64, "%s", plain);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '.' || *c == ':')
            *c = '-';
}

static void add_endpoint(struct dns_service *service, const struct api_discovery_endpoint *endpoint, size_t first_port,
                         size_t n_ports)
{
    if ((endpoint->conditions.ready != NULL && !*endpoint->conditions.ready) || endpoint->n_addresses == 0)
        return;
    struct dns_address *address = &service->addresses[service->n_addresses];
    size_t before = service->n_addresses;
    add_address(service, endpoint->addresses[0]);
    if (service->n_addresses == before)
        return;
    address->endpoint = true;
    address->first_port = first_port;
    address->n_ports = n_ports;
    if (text_empty(endpoint->hostname))
        dashed(&address->ip, address->host);
    else
        copy_lower(address->host, sizeof(address->host), endpoint->hostname);
}

static void count_slices(const struct entry *entry, size_t *ret_endpoints, size_t *ret_ports)
{
    const struct slice *slice;
    *ret_endpoints = *ret_ports = 0;
    list_for_each (&entry->slices, slice, by_entry) {
        const struct api_discovery_endpoint_slice *typed = api_discovery_endpoint_slice_of(slice->object);
        *ret_endpoints += typed->n_endpoints;
        *ret_ports += typed->n_ports;
    }
}

static void add_slice(struct dns_service *service, const struct api_discovery_endpoint_slice *slice, size_t *n_ports)
{
    size_t first_port = *n_ports;
    for (size_t i = 0; i < slice->n_ports; i++)
        if (slice->ports[i].port != NULL)
            fill_port(&service->endpoint_ports[(*n_ports)++], slice->ports[i].name, slice->ports[i].protocol,
                      *slice->ports[i].port);
    for (size_t i = 0; i < slice->n_endpoints; i++)
        add_endpoint(service, &slice->endpoints[i], first_port, *n_ports - first_port);
}

static void fill_service(struct entry *entry, const struct api_service_spec *spec)
{
    struct dns_service *service = &entry->service;
    size_t n_endpoints, n_endpoint_ports, used_ports = 0;
    count_slices(entry, &n_endpoints, &n_endpoint_ports);
    bool external = text_equal(spec->type, "ExternalName");
    bool headless = text_equal(spec->cluster_ip, "None") || text_empty(spec->cluster_ip);
    service->kind = external ? DNS_EXTERNAL : headless ? DNS_HEADLESS : DNS_CLUSTER_IP;
    service->external_name = external ? spec->external_name : NULL; /* lives as long as the object */
    service->ports = memory_zalloc((spec->n_ports + 1) * sizeof(*service->ports));
    service->endpoint_ports = memory_zalloc((n_endpoint_ports + 1) * sizeof(*service->endpoint_ports));
    service->addresses = memory_zalloc((spec->n_cluster_ips + 1 + n_endpoints + 1) * sizeof(*service->addresses));
    for (size_t i = 0; i < spec->n_ports; i++)
        fill_port(&service->ports[service->n_ports++], spec->ports[i].name, spec->ports[i].protocol,
                  spec->ports[i].port);
    if (service->kind == DNS_CLUSTER_IP && spec->n_cluster_ips == 0)
        add_address(service, spec->cluster_ip);
    for (size_t i = 0; service->kind == DNS_CLUSTER_IP && i < spec->n_cluster_ips; i++)
        add_address(service, spec->cluster_ips[i]);
    service->n_cluster_ips = service->n_addresses;
    const struct slice *slice;
    list_for_each (&entry->slices, slice, by_entry)
        if (!external)
            add_slice(service, api_discovery_endpoint_slice_of(slice->object), &used_ports);
}

static void rebuild(struct dns_index *index, struct entry *entry)
{
    index->serial++;
    clear_service(index, &entry->service);
    if (entry->object == NULL && list_empty(&entry->slices)) {
        free_entry(index, entry);
        return;
    }
    if (entry->object == NULL)
        return;
    fill_service(entry, &api_service_of(entry->object)->spec);
    enter_places(index, &entry->service);
}

/* ---------------------------------------------------------------- changes */

static struct entry *find_or_make(struct dns_index *index, struct str name, struct str namespace_)
{
    autofree char *key = memory_format(STR_FMT "." STR_FMT, STR_ARG(name), STR_ARG(namespace_));
    struct dns_service *service = map_find_entry(&index->services, str_of(key), struct dns_service, by_name);
    if (service != NULL)
        return container_of(service, struct entry, service);
    struct entry *entry = memory_zalloc(sizeof(*entry) + strlen(key) + 1);
    memcpy(entry->key, key, strlen(key));
    entry->service.name = (struct str){ entry->key, name.size };
    entry->service.namespace_ = (struct str){ entry->key + name.size + 1, namespace_.size };
    list_init(&entry->slices);
    map_insert(&index->services, str_of(entry->key), &entry->service.by_name);
    return entry;
}

void dns_index_service_changed(struct dns_index *index, const struct object *before, const struct object *after)
{
    const struct object *object = after != NULL ? after : before;
    struct entry *entry = find_or_make(index, str_of(object_name(object)), str_of(object_namespace(object)));
    clear_service(index, &entry->service); /* before the object that it borrows from goes */
    object_unref(entry->object);
    entry->object = object_ref(after);
    rebuild(index, entry);
}

static struct entry *entry_of_slice(struct dns_index *index, const struct object *slice)
{
    struct str name;
    if (slice == NULL || !object_label(slice, STR("kubernetes.io/service-name"), &name) || name.size == 0)
        return NULL;
    return find_or_make(index, name, str_of(object_namespace(slice)));
}

static void drop_slice(struct entry *entry, const char *key)
{
    struct slice *slice;
    list_for_each (&entry->slices, slice, by_entry)
        if (strcmp(object_key(slice->object), key) == 0) {
            list_remove(&slice->by_entry);
            object_unref(slice->object);
            free(slice);
            return;
        }
}

void dns_index_slice_changed(struct dns_index *index, const struct object *before, const struct object *after)
{
    struct entry *old = entry_of_slice(index, before);
    if (old != NULL)
        drop_slice(old, object_key(before));
    struct entry *new = entry_of_slice(index, after);
    if (new != NULL) {
        struct slice *slice = memory_new(struct slice);
        slice->object = object_ref(after);
        list_append(&new->slices, &slice->by_entry);
        rebuild(index, new);
    }
    if (old != NULL && old != new)
        rebuild(index, old);
}

void dns_index_namespace_changed(struct dns_index *index, const struct object *before, const struct object *after)
{
    struct str name = str_of(object_name(after != NULL ? after : before));
    struct namespace_entry *entry = map_find_entry(&index->namespaces, name, struct namespace_entry, by_name);
    if (after != NULL && entry == NULL) {
        entry = memory_zalloc(sizeof(*entry) + name.size + 1);
        memcpy(entry->name, name.data, name.size);
        map_insert(&index->namespaces, (struct str){ entry->name, name.size }, &entry->by_name);
    } else if (after == NULL && entry != NULL) {
        map_remove(&index->namespaces, &entry->by_name);
        free(entry);
    }
}

/* ---------------------------------------------------------------- lookups */

const struct dns_service *dns_index_find(const struct dns_index *index, struct str name, struct str namespace_)
{
    char key[160];
    if (name.size + namespace_.size + 2 > sizeof(key))
        return NULL;
    int size = snprintf(key, sizeof(key), STR_FMT "." STR_FMT, STR_ARG(name), STR_ARG(namespace_));
    const struct dns_service *service =
        map_find_entry(&index->services, ((struct str){ key, (size_t)size }), struct dns_service, by_name);
    return service != NULL && container_of(service, struct entry, service)->object != NULL ? service : NULL;
}

bool dns_index_has_namespace(const struct dns_index *index, struct str name)
{
    return map_find(&index->namespaces, name) != NULL;
}

const struct list *dns_index_at(const struct dns_index *index, const struct ip *ip)
{
    const struct place *place = map_find_entry(&index->places, ip_key(ip), struct place, by_ip);
    return place != NULL ? &place->addresses : NULL;
}

uint32_t dns_index_serial(const struct dns_index *index)
{
    return index->serial;
}
