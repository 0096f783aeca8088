/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/control_plane.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "apiserver/apiserver.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/system/file.h"
#include "base/system/notify.h"
#include "base/text/uuid.h"
#include "client/informer.h"
#include "client/kubeconfig.h"
#include "cluster/deciders.h"
#include "cluster/identity/pki.h"
#include "controllers/runtime/identity.h"
#include "crypto/digest.h"
#include "crypto/tls.h"
#include "node/dns/relay.h"
#include "node/machine/holder.h"
#include "node/machine/nodeports.h"
#include "node/machine/route.h"
#include "store/store.h"

#define STOP_GRACE               (500 * USEC_PER_MSEC) /* with settling the end takes less than a second */
#define NODE_CIDR_MASK           24
#define NODE_MONITOR_GRACE       (40 * USEC_PER_SEC) /* upstream's --node-monitor-grace-period */
#define TERMINATED_POD_THRESHOLD 12500               /* upstream's --terminated-pod-gc-threshold */

#define SERVING_THREADS_MOST 4 /* beyond it the loop behind them is the limit */

enum { PATH_SIZE = 512, LISTEN_MAX = 2 };

struct control_plane {
    struct loop *loop;
    struct arena arena; /* option strings */
    struct control_plane_options options;
    struct pki pki;
    int fabric; /* its network namespace, or -1 */
    struct metrics *metrics;
    struct store *store;
    struct tls_context *server_tls, *kubelet_tls; /* the second is made when the first kubelet is called */
    struct api_server *server;
    struct deciders *deciders;
    struct client *fabric_client; /* NULL without a fabric; so are the next four */
    struct informer_set *fabric_informers;
    struct nodeports *nodeports;
    struct routes *routes; /* the fabric's way to pods, for requests that are proxied there */
    struct dns_relay *relay;
    void (*stopped)(void *context);
    void *stopped_context;
};

static int open_keys(struct control_plane *plane, struct error *err)
{
    const struct control_plane_options *options = &plane->options;
    struct ip addresses[2 + SERVICE_RANGES_MAX];
    size_t count = 0;
    struct service_ranges services;
    count += ip_parse(str_of(options->bind_address), &addresses[count]);
    count += ip_parse(str_of(options->advertise_address), &addresses[count]);
    int rc = service_ranges_parse(options->service_cidr, options->node_ports, &services, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < services.n_cidrs; i++)
        count += ip_prefix_nth(&services.cidrs[i], 1, &addresses[count]);
    const struct pki_options pki = {
        .directory = arena_format(&plane->arena, "%s/pki", options->data_directory),
        .now = loop_now(plane->loop),
        .addresses = addresses,
        .n_addresses = count,
    };
    return pki_open(&pki, &plane->pki, err);
}

static int open_tls(struct control_plane *plane, struct error *err)
{
    const struct tls_options server = {
        .server = true,
        .certificate_pem = buffer_str(&plane->pki.server_certificate),
        .key_pem = buffer_str(&plane->pki.server_key),
        .ca_pem = buffer_str(&plane->pki.ca_certificate),
        .request_certificate = true,
    };
    return tls_context_create(&server, &plane->server_tls, err);
}

/* NULL: none can be made. A start does not wait for what is needed when the first log is asked for. */
static struct tls_context *kubelet_tls(void *context)
{
    struct control_plane *plane = context;
    const struct tls_options kubelet = {
        .certificate_pem = buffer_str(&plane->pki.kubelet_client_certificate),
        .key_pem = buffer_str(&plane->pki.kubelet_client_key),
        .ca_pem = buffer_str(&plane->pki.ca_certificate),
    };
    struct error err = { 0 };
    if (plane->kubelet_tls == NULL && tls_context_create(&kubelet, &plane->kubelet_tls, &err) < 0)
        log_error("kubelets cannot be called", LOG_TEXT("error", err.message));
    return plane->kubelet_tls;
}

/* All kubelets of this machine's cluster are reached through the fabric. */
static void route_kubelet(void *context, const char *node, struct kubelet_route *route)
{
    const struct control_plane *plane = context;
    (void)node;
    route->network_namespace = plane->fabric;
}

/* For the names that are not the cluster's. The cluster works without. */
static void start_relay(struct control_plane *plane)
{
    struct error err = { 0 };
    struct dns_relay_options options = { .network_namespace = plane->fabric };
    if (!ip_parse(str_of(plane->options.advertise_address), &options.address))
        return;
    if (dns_relay_open(plane->loop, &options, &plane->relay, &err) < 0)
        log_warning("names outside the cluster cannot be resolved", LOG_TEXT("error", err.message));
}

/* Whoever waits for the word can still look at /readyz. */
static void tell_ready(void)
{
    struct error err = { 0 };
    if (notify_ready(&err) < 0)
        log_warning("nobody hears that the server is ready", LOG_TEXT("error", err.message));
}

/* What keeps the machines' network in step with the cluster runs on the server's loop, where the network's sockets are. */
static void start_fabric(struct control_plane *plane)
{
    static const char *const nobody_special[] = { "system:authenticated", NULL };
    plane->fabric_client =
        api_server_client(plane->server, CONTROLLER_MANAGER_NAME, CONTROLLER_MANAGER_USER, nobody_special);
    plane->fabric_informers = informer_set_create(plane->fabric_client);
    const struct nodeports_options nodeports = { .fabric_namespace = plane->fabric };
    plane->nodeports = nodeports_create(plane->loop, plane->fabric_informers, &nodeports);
    nodeports_start(plane->nodeports);
    const struct routes_options routes = { .node_name = "", .network_namespace = plane->fabric };
    plane->routes = routes_create(plane->loop, plane->fabric_informers, &routes);
    routes_start(plane->routes);
    start_relay(plane);
}

/* Roles are there from now on, so nobody is refused for their absence. */
static void start_components(void *context)
{
    struct control_plane *plane = context;
    if (plane->stopped != NULL)
        return; /* it was told to stop before it was ready */
    tell_ready();
    deciders_start(plane->deciders, plane->server);
    if (plane->fabric >= 0)
        start_fabric(plane);
}

/* HOST_UUID, the same for each process that runs on this data directory (the store's lock lets in one at a time): a Lease
 * that it held when it was killed is its own again at once. */
static const char *identity_of(struct control_plane *plane)
{
    char host[HOST_NAME_MAX + 1] = "", uuid[UUID_TEXT_SIZE];
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(buffer_str(&plane->pki.server_certificate), digest);
    uuid_format(digest, uuid);
    if (gethostname(host, sizeof(host) - 1) < 0)
        log_warning("the host has no name");
    return arena_format(&plane->arena, "%s_%s", host, uuid);
}

static int open_deciders(struct control_plane *plane, struct error *err)
{
    const struct deciders_options options = {
        .loop = plane->loop,
        .metrics = plane->metrics,
        .settings = { .cluster_cidr = plane->options.cluster_cidr,
                      .node_cidr_mask = NODE_CIDR_MASK,
                      .root_ca_pem = buffer_str(&plane->pki.ca_certificate),
                      .node_monitor_grace = NODE_MONITOR_GRACE,
                      .terminated_pod_threshold = TERMINATED_POD_THRESHOLD },
        .election = { .on = plane->options.leader_elect,
                      .identity = identity_of(plane),
                      .lease_duration = plane->options.lease_duration,
                      .renew_deadline = plane->options.renew_deadline,
                      .retry_period = plane->options.retry_period },
    };
    return deciders_create(&options, &plane->deciders, err);
}

static size_t serving_threads(int64_t given)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (given > 0)
        return (size_t)given;
    return cores > SERVING_THREADS_MOST ? SERVING_THREADS_MOST : cores > 0 ? (size_t)cores : 1;
}

static int open_server(struct control_plane *plane, struct error *err)
{
    static const char *const alpn[] = { "h2", "http/1.1", NULL };
    const struct control_plane_options *given = &plane->options;
    const struct stream_target listen[LISTEN_MAX] = {
        { .address = arena_format(&plane->arena, "tcp:%s:%lld", given->bind_address, (long long)given->secure_port),
          .network_namespace = -1,
          .tls = plane->server_tls,
          .alpn = alpn },
        { .address =
              arena_format(&plane->arena, "tcp:%s:%lld", given->advertise_address, (long long)given->secure_port),
          .network_namespace = plane->fabric,
          .tls = plane->server_tls,
          .alpn = alpn },
    };
    struct api_server_options options = {
        .loop = plane->loop,
        .store = plane->store,
        .metrics = plane->metrics,
        .listen = arena_alloc(&plane->arena, sizeof(listen)),
        .n_listen = plane->fabric >= 0 ? 2 : 1,
        .serving_loops = serving_threads(given->serving_threads),
        .kubelet_tls = kubelet_tls,
        .route_kubelet = route_kubelet,
        .route_context = plane,
        .issuer = "https://kubernetes.default.svc.cluster.local",
        .signing_key_pem = plane->pki.token_key.data,
        .client_ca_pem = plane->pki.ca_certificate.data,
        .emulation = given->emulation,
        .anonymous = given->anonymous,
        .bootstrap = true,
        .ready = start_components,
        .ready_context = plane,
        .external_address = given->advertise_address,
        .external_port = (uint16_t)given->secure_port,
    };
    memcpy((void *)options.listen, listen, sizeof(listen));
    int rc = service_ranges_parse(given->service_cidr, given->node_ports, &options.services, err);
    if (rc == 0)
        rc = api_server_create(&options, &plane->server, err);
    return rc == 0 ? api_server_start(plane->server, err) : rc;
}

static int write_kubeconfig(struct control_plane *plane, struct error *err)
{
    const struct control_plane_options *options = &plane->options;
    if (options->kubeconfig_path == NULL)
        return 0;
    const char *url = arena_format(&plane->arena, "https://%s:%d", options->bind_address, control_plane_port(plane));
    return kubeconfig_write(options->kubeconfig_path, options->cluster_name, url, "kubernetes-admin",
                            buffer_str(&plane->pki.ca_certificate), buffer_str(&plane->pki.admin_certificate),
                            buffer_str(&plane->pki.admin_key), err);
}

static void copy_options(struct control_plane *plane, const struct control_plane_options *options)
{
    struct arena *arena = &plane->arena;
    plane->options = *options;
    plane->options.data_directory = arena_strdup(arena, options->data_directory);
    plane->options.bind_address = arena_strdup(arena, options->bind_address);
    plane->options.kubeconfig_path = arena_strdup(arena, options->kubeconfig_path);
    plane->options.cluster_name = arena_strdup(arena, options->cluster_name);
    plane->options.fabric_state = arena_strdup(arena, options->fabric_state);
    plane->options.advertise_address = arena_strdup(
        arena, text_empty(options->advertise_address) ? options->bind_address : options->advertise_address);
    plane->options.cluster_cidr = arena_strdup(arena, options->cluster_cidr);
    plane->options.service_cidr = arena_strdup(arena, options->service_cidr);
    plane->options.node_ports = arena_strdup(arena, options->node_ports);
}

int control_plane_start(struct loop *loop, const struct control_plane_options *options,
                        struct control_plane **ret_plane, struct error *err)
{
    struct control_plane *plane = memory_new(struct control_plane);
    plane->loop = loop;
    plane->fabric = -1;
    plane->pki.directory = -1;
    plane->metrics = metrics_create();
    copy_options(plane, options);
    int rc = 0;
    if (options->fabric_state != NULL)
        rc = holder_network_namespace(options->fabric_state, &plane->fabric, err);
    if (rc == 0)
        rc = open_keys(plane, err);
    if (rc == 0)
        rc = open_tls(plane, err);
    if (rc == 0)
        rc =
            store_open_lmdb(loop, arena_format(&plane->arena, "%s/store", options->data_directory), &plane->store, err);
    if (rc == 0)
        rc = open_deciders(plane, err);
    if (rc == 0)
        rc = open_server(plane, err);
    /* The keys were on their way to the disk meanwhile, as the first objects are now. Nobody hears of either before both are. */
    if (rc == 0)
        rc = pki_settle(&plane->pki, err);
    if (rc == 0)
        rc = write_kubeconfig(plane, err);
    if (rc < 0) {
        control_plane_destroy(plane);
        return rc;
    }
    *ret_plane = plane;
    return 0;
}

int control_plane_port(const struct control_plane *plane)
{
    return api_server_port(plane->server);
}

static void end_fabric(struct control_plane *plane)
{
    nodeports_destroy(plane->nodeports);
    routes_destroy(plane->routes);
    dns_relay_close(plane->relay);
    informer_set_destroy(plane->fabric_informers);
    client_destroy(plane->fabric_client);
    plane->nodeports = NULL;
    plane->routes = NULL;
    plane->relay = NULL;
    plane->fabric_informers = NULL;
    plane->fabric_client = NULL;
}

static void server_stopped(void *context)
{
    struct control_plane *plane = context;
    plane->stopped(plane->stopped_context);
}

static void deciders_stopped(void *context)
{
    struct control_plane *plane = context;
    api_server_stop(plane->server, STOP_GRACE, server_stopped, plane);
}

static void routes_stopped(void *context)
{
    struct control_plane *plane = context;
    end_fabric(plane);
    deciders_stop(plane->deciders, deciders_stopped, plane);
}

void control_plane_stop(struct control_plane *plane, void (*done)(void *context), void *context)
{
    plane->stopped = done;
    plane->stopped_context = context;
    if (plane->routes != NULL)
        routes_stop(plane->routes, routes_stopped, plane);
    else
        routes_stopped(plane);
}

void control_plane_destroy(struct control_plane *plane)
{
    if (plane == NULL)
        return;
    end_fabric(plane);
    deciders_destroy(plane->deciders);
    api_server_destroy(plane->server);
    store_close(plane->store);
    metrics_destroy(plane->metrics);
    tls_context_unref(plane->server_tls);
    tls_context_unref(plane->kubelet_tls);
    pki_fini(&plane->pki);
    if (plane->fabric >= 0)
        close(plane->fabric);
    arena_fini(&plane->arena);
    free(plane);
}
