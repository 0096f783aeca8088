/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/bootstrap.h"

#include <stdlib.h>
#include <yyjson.h>

#include "api/codec.h"
#include "apiserver/access/role_repair.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/memory.h"
#include "generated/types.h"

enum {
    AT_ONCE = 256,       /* creates under way, so that they share the store's writes to disk: more than there are */
    ADDRESS_OBJECTS = 5, /* ServiceCIDR, Service, Endpoints, EndpointSlice "kubernetes"; Service "kube-dns" */
    ATTEMPTS_MAX = 4,    /* at one object that others write at the same time */
};

extern const char *const bootstrap_manifests[];

struct writing {
    struct client_call call;
    struct bootstrap *bootstrap;
    enum api_verb verb;
    struct str manifest; /* to look at again after a conflict or a deletion; empty: none */
    int attempts;
    bool busy;
};

struct bootstrap {
    struct bootstrap_options options;
    struct writing writings[AT_ONCE];
    size_t next; /* index of the next manifest, then among those put off, then of the address objects */
    size_t n_manifests;
    size_t under_way;
    size_t *put_off; /* manifests of what is in a namespace: refused before that exists */
    size_t n_put_off;
    bool in_namespaces; /* their turn; what is in none is there */
    struct loop_task finish;
    int rc;
    struct error err;
};

static void start_more(struct bootstrap *bootstrap);
static void ensure_manifest(struct bootstrap *bootstrap, const struct api_kind *kind, struct str json, int attempts);
static const struct api_kind *known_kind(struct bootstrap *bootstrap, struct str json);

static void finished(struct loop_task *task)
{
    struct bootstrap *bootstrap = container_of(task, struct bootstrap, finish);
    bootstrap->options.done(bootstrap->options.context, bootstrap->rc, &bootstrap->err);
}

static bool look_again(const struct writing *writing, int rc)
{
    if (writing->manifest.size == 0 || writing->attempts >= ATTEMPTS_MAX)
        return false;
    return rc == -ERROR_CONFLICT || rc == -ERROR_NOT_FOUND || (rc == 0 && writing->verb == API_DELETE);
}

static void written(struct client_call *call, const struct client_result *result)
{
    struct writing *writing = container_of(call, struct writing, call);
    struct bootstrap *bootstrap = writing->bootstrap;
    writing->busy = false;
    bootstrap->under_way--;
    if (look_again(writing, result->rc)) {
        ensure_manifest(bootstrap, known_kind(bootstrap, writing->manifest), writing->manifest, writing->attempts + 1);
    } else if (result->rc < 0 && result->rc != -ERROR_ALREADY_EXISTS && bootstrap->rc == 0) {
        bootstrap->rc = result->rc;
        bootstrap->err = result->err;
    }
    start_more(bootstrap);
}

static struct writing *writing_start(struct bootstrap *bootstrap, const struct client_request *request)
{
    struct writing *writing = bootstrap->writings;
    while (writing->busy)
        writing++;
    *writing = (struct writing){ .call.done = written, .bootstrap = bootstrap, .verb = request->verb, .busy = true };
    bootstrap->under_way++;
    client_call_start(bootstrap->options.client, &writing->call, request);
    return writing;
}

/* When it is not there. */
static void ensure(struct bootstrap *bootstrap, const struct api_resource *resource, const void *body)
{
    const struct api_object_meta *meta = body;
    const char *namespace_ = text_empty(meta->namespace) ? NULL : meta->namespace;
    if (watch_cache_get(server_cache(bootstrap->options.server, resource), namespace_, meta->name) == NULL)
        writing_start(bootstrap,
                      &(struct client_request){
                          .verb = API_CREATE, .resource = resource, .namespace_ = namespace_, .body = body });
}

/* ---------------------------------------------------------------- manifests */

static const struct api_kind *kind_of_manifest(struct str json)
{
    yyjson_doc *doc = yyjson_read(json.data, json.size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct str version = str_of(yyjson_get_str(yyjson_obj_get(root, "apiVersion"))), group = { 0 };
    size_t slash = str_find(version, '/');
    if (slash < version.size) {
        group = (struct str){ version.data, slash };
        version = str_skip(version, slash + 1);
    }
    const struct api_kind *kind = api_kind_find(group, version, str_of(yyjson_get_str(yyjson_obj_get(root, "kind"))));
    yyjson_doc_free(doc);
    return kind;
}

/* Roles and bindings that lack something are repaired; everything else that is there stays as it is. */
static void ensure_object(struct bootstrap *bootstrap, const struct api_resource *resource, void *wanted,
                          struct str manifest, int attempts, struct arena *arena)
{
    const struct api_object_meta *meta = wanted;
    const struct object *there =
        watch_cache_get(server_cache(bootstrap->options.server, resource), meta->namespace, meta->name);
    void *next = NULL;
    enum role_repair repair = there == NULL ? ROLE_REPAIR_NONE : role_repair_plan(there, wanted, arena, &next);
    if (there != NULL && repair == ROLE_REPAIR_NONE)
        return;
    const struct client_request request = {
        .verb = there == NULL                    ? API_CREATE
                : repair == ROLE_REPAIR_RECREATE ? API_DELETE
                                                 : API_UPDATE,
        .resource = resource,
        .namespace_ = text_empty(meta->namespace) ? NULL : meta->namespace,
        .name = there == NULL ? NULL : meta->name,
        .body = there == NULL ? wanted : next,
        .grace_seconds = -1,
        .precondition_uid = repair == ROLE_REPAIR_RECREATE ? object_uid(there) : NULL,
    };
    struct writing *writing = writing_start(bootstrap, &request);
    writing->manifest = there == NULL ? (struct str){ 0 } : manifest;
    writing->attempts = attempts;
}

static const struct api_kind *known_kind(struct bootstrap *bootstrap, struct str json)
{
    const struct api_kind *kind = kind_of_manifest(json);
    if (kind == NULL)
        bootstrap->rc =
            error_set(&bootstrap->err, ERROR_INTERNAL, "unknown kind in built-in manifest " STR_FMT, STR_ARG(json));
    return kind;
}

static void ensure_manifest(struct bootstrap *bootstrap, const struct api_kind *kind, struct str json, int attempts)
{
    auto_arena struct arena arena = { 0 };
    struct api_object_meta *object = arena_zalloc(&arena, kind->type->size); /* every kind begins with its metadata */
    struct error err = { 0 };
    int rc = api_decode_json(kind->type, json, &arena, object, NULL, &err);
    if (rc < 0) {
        bootstrap->rc = error_set(&bootstrap->err, ERROR_INTERNAL, "built-in manifest: %s", err.message);
        return;
    }
    ensure_object(bootstrap, api_resource_of_kind(kind), object, json, attempts, &arena);
}

/* ---------------------------------------------------------------- the API server's own Service */

/* The ranges of the flags. One that is there gets its second range when the cluster became dual-stack, and is left alone
 * otherwise. */
static void create_cidr(struct bootstrap *bootstrap)
{
    const struct service_ranges *ranges = &bootstrap->options.services;
    const struct object *there = watch_cache_get(
        server_cache(bootstrap->options.server, &api_resource_networking_service_cidr), NULL, "kubernetes");
    char texts[SERVICE_RANGES_MAX][IP_TEXT_SIZE];
    const char *cidrs[SERVICE_RANGES_MAX] = { texts[0], texts[1] };
    struct api_networking_service_cidr cidr = { .metadata.name = "kubernetes" };
    service_ranges_format(ranges, texts);
    if (there != NULL)
        cidr = *api_networking_service_cidr_of(there);
    bool differs = cidr.spec.n_cidrs == 0 || !text_equal(cidr.spec.cidrs[0], cidrs[0]);
    if (there != NULL && (differs || cidr.spec.n_cidrs >= ranges->n_cidrs)) {
        if (differs || cidr.spec.n_cidrs > ranges->n_cidrs)
            log_warning("the ServiceCIDR kubernetes is not what --service-cluster-ip-range says",
                        LOG_TEXT("range", texts[0]));
        return;
    }
    cidr.spec.cidrs = cidrs;
    cidr.spec.n_cidrs = ranges->n_cidrs;
    writing_start(bootstrap, &(struct client_request){ .verb = there == NULL ? API_CREATE : API_UPDATE,
                                                       .resource = &api_resource_networking_service_cidr,
                                                       .name = there == NULL ? NULL : cidr.metadata.name,
                                                       .body = &cidr });
}

static void create_service(struct bootstrap *bootstrap)
{
    char address[IP_TEXT_SIZE];
    struct ip ip;
    if (!ip_prefix_nth(&bootstrap->options.services.cidrs[0], 1, &ip))
        return;
    ip_format(&ip, address);
    struct api_string_entry labels[] = { { "component", "apiserver" }, { "provider", "kubernetes" } };
    struct api_service_port port = {
        .name = "https",
        .protocol = "TCP",
        .port = 443,
        .target_port = { .number = bootstrap->options.advertise_port },
    };
    const struct api_service service = {
        .metadata = { .name = "kubernetes", .namespace = "default", .labels = labels, .n_labels = countof(labels) },
        .spec = { .type = "ClusterIP",
                  .cluster_ip = address,
                  .ports = &port,
                  .n_ports = 1,
                  .session_affinity = "None",
                  .ip_family_policy = "SingleStack" },
    };
    ensure(bootstrap, &api_resource_service, &service);
}

static void create_endpoints(struct bootstrap *bootstrap)
{
    char ip[IP_TEXT_SIZE];
    ip_format(&bootstrap->options.advertise_address, ip);
    struct api_string_entry labels[] = { { "endpointslice.kubernetes.io/skip-mirror", "true" } };
    struct api_endpoint_address address = { .ip = ip };
    struct api_endpoint_port port = { .name = "https", .port = bootstrap->options.advertise_port, .protocol = "TCP" };
    struct api_endpoint_subset subset = { .addresses = &address, .n_addresses = 1, .ports = &port, .n_ports = 1 };
    const struct api_endpoints endpoints = {
        .metadata = { .name = "kubernetes", .namespace = "default", .labels = labels, .n_labels = countof(labels) },
        .subsets = &subset,
        .n_subsets = 1,
    };
    ensure(bootstrap, &api_resource_endpoints, &endpoints);
}

static void create_slice(struct bootstrap *bootstrap)
{
    char ip[IP_TEXT_SIZE];
    ip_format(&bootstrap->options.advertise_address, ip);
    struct api_string_entry labels[] = { { "kubernetes.io/service-name", "kubernetes" } };
    const char *addresses[] = { ip };
    bool ready = true;
    int32_t number = bootstrap->options.advertise_port;
    struct api_discovery_endpoint endpoint = { .addresses = addresses,
                                               .n_addresses = 1,
                                               .conditions = { .ready = &ready } };
    struct api_discovery_endpoint_port port = { .name = "https", .protocol = "TCP", .port = &number };
    const struct api_discovery_endpoint_slice slice = {
        .metadata = { .name = "kubernetes", .namespace = "default", .labels = labels, .n_labels = countof(labels) },
        .address_type = bootstrap->options.advertise_address.family == IP_V6 ? "IPv6" : "IPv4",
        .endpoints = &endpoint,
        .n_endpoints = 1,
        .ports = &port,
        .n_ports = 1,
    };
    ensure(bootstrap, &api_resource_discovery_endpoint_slice, &slice);
}

/* It has no selector: the DNS server of each node listens on the address itself. */
static void create_dns(struct bootstrap *bootstrap)
{
    char address[IP_TEXT_SIZE];
    struct ip ip;
    if (!ip_prefix_nth(&bootstrap->options.services.cidrs[0], 10, &ip))
        return; /* a range of eight addresses has no tenth */
    ip_format(&ip, address);
    struct api_string_entry labels[] = { { "k8s-app", "kube-dns" },
                                         { "kubernetes.io/cluster-service", "true" }, /* kubectl cluster-info */
                                         { "kubernetes.io/name", "CoreDNS" } };
    struct api_service_port ports[] = {
        { .name = "dns", .protocol = "UDP", .port = 53, .target_port = { .number = 53 } },
        { .name = "dns-tcp", .protocol = "TCP", .port = 53, .target_port = { .number = 53 } },
    };
    const struct api_service service = {
        .metadata = { .name = "kube-dns", .namespace = "kube-system", .labels = labels, .n_labels = countof(labels) },
        .spec = { .type = "ClusterIP",
                  .cluster_ip = address,
                  .ports = ports,
                  .n_ports = countof(ports),
                  .session_affinity = "None" },
    };
    ensure(bootstrap, &api_resource_service, &service);
}

static void (*const address_objects[ADDRESS_OBJECTS])(struct bootstrap *bootstrap) = { create_cidr, create_service,
                                                                                       create_dns, create_endpoints,
                                                                                       create_slice };

/* ---------------------------------------------------------------- all of it */

/* No pod could reach a server on loopback, and such endpoints are not valid: then there is the Service alone. */
static size_t address_object_count(const struct ip *advertised)
{
    if (advertised->family == IP_NONE)
        return 1;
    return ip_is_loopback(advertised) ? 3 : ADDRESS_OBJECTS;
}

/* All that is in no namespace, the namespaces among it, is one write to the disk; what is in them another. */
static void start_outside(struct bootstrap *bootstrap)
{
    while (bootstrap->rc == 0 && bootstrap->under_way < AT_ONCE && bootstrap->next < bootstrap->n_manifests) {
        size_t index = bootstrap->next++;
        struct str json = str_of(bootstrap_manifests[index]);
        const struct api_kind *kind = known_kind(bootstrap, json);
        if (kind != NULL && kind->namespaced)
            bootstrap->put_off[bootstrap->n_put_off++] = index;
        else if (kind != NULL)
            ensure_manifest(bootstrap, kind, json, 0);
    }
    if (bootstrap->next < bootstrap->n_manifests || bootstrap->under_way > 0)
        return; /* the last answer goes on here */
    bootstrap->in_namespaces = true;
    bootstrap->next = 0;
}

static void start_inside(struct bootstrap *bootstrap, size_t count)
{
    while (bootstrap->rc == 0 && bootstrap->under_way < AT_ONCE && bootstrap->next < count) {
        size_t index = bootstrap->next++;
        if (index >= bootstrap->n_put_off) {
            address_objects[index - bootstrap->n_put_off](bootstrap);
            continue;
        }
        struct str json = str_of(bootstrap_manifests[bootstrap->put_off[index]]);
        ensure_manifest(bootstrap, known_kind(bootstrap, json), json, 0);
    }
}

static void start_more(struct bootstrap *bootstrap)
{
    if (!bootstrap->in_namespaces)
        start_outside(bootstrap);
    size_t count = bootstrap->n_put_off + address_object_count(&bootstrap->options.advertise_address);
    if (bootstrap->in_namespaces)
        start_inside(bootstrap, count);
    bool all = bootstrap->rc != 0 || (bootstrap->in_namespaces && bootstrap->next == count);
    if (all && bootstrap->under_way == 0)
        loop_defer(client_loop(bootstrap->options.client), &bootstrap->finish);
}

struct bootstrap *bootstrap_start(const struct bootstrap_options *options)
{
    struct bootstrap *bootstrap = memory_new(struct bootstrap);
    bootstrap->options = *options;
    bootstrap->finish.callback = finished;
    while (bootstrap_manifests[bootstrap->n_manifests] != NULL)
        bootstrap->n_manifests++;
    bootstrap->put_off = memory_zalloc((bootstrap->n_manifests + 1) * sizeof(*bootstrap->put_off));
    start_more(bootstrap);
    return bootstrap;
}

void bootstrap_destroy(struct bootstrap *bootstrap)
{
    if (bootstrap == NULL)
        return;
    for (size_t i = 0; i < AT_ONCE; i++)
        if (bootstrap->writings[i].busy)
            client_call_cancel(&bootstrap->writings[i].call);
    loop_cancel(client_loop(bootstrap->options.client), &bootstrap->finish);
    free(bootstrap->put_off);
    free(bootstrap);
}
