/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/agent.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "base/text/ip.h"
#include "client/client_http.h"
#include "client/informer.h"
#include "client/kubeconfig.h"
#include "cluster/machines/node_images.h"
#include "cluster/machines/runtime_image.h"
#include "crypto/tls.h"
#include "node/cni/cni.h"
#include "node/cri/cri_grpc.h"
#include "node/dns/dns.h"
#include "node/kubelet/kubelet.h"
#include "node/machine/route.h"
#include "node/proxy/proxy.h"
#include "node/proxy/status_server.h"

enum { PEM_MAX = 1 << 16, PATH_SIZE = 512, UPSTREAMS_MAX = 3 /* as resolv.conf(5) */ };

struct agent {
    struct loop *loop;
    struct arena arena;
    struct agent_options options;
    struct client *client;          /* the kubelet's */
    struct client *proxy_client;    /* of what serves the network */
    struct informer_set *informers; /* of that one */
    struct cri *cri;
    struct image_content pause;
    struct runtime_image *pause_import; /* while it is under way */
    struct tls_context *tls;
    struct kubelet *kubelet;
    struct routes *routes;
    struct proxy *proxy;
    struct status_server *proxy_server;
    struct dns *dns;
    size_t stopping;
    void (*stopped)(void *context);
    void *stopped_context;
};

static int open_client(struct agent *agent, const char *path, const char *name, struct client **ret_client,
                       struct error *err)
{
    struct kubeconfig config;
    int rc = kubeconfig_load(path, NULL, &agent->arena, &config, err);
    if (rc < 0)
        return rc;
    const struct client_http_options options = {
        .server = config.server,
        .name = name,
        .ca_pem = config.ca_pem,
        .certificate_pem = config.certificate_pem,
        .key_pem = config.key_pem,
        .token = config.token,
        .token_file = config.token_file,
        .server_name = config.server_name,
        .insecure_skip_verify = config.insecure_skip_verify,
    };
    return client_http_create(agent->loop, &options, ret_client, err);
}

static int open_tls(struct agent *agent, struct error *err)
{
    auto_buffer struct buffer certificate = { 0 };
    auto_buffer struct buffer key = { 0 };
    auto_buffer struct buffer ca = { 0 };
    autoclose int directory = open(agent->options.certificate_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return error_errno(err, "open %s", agent->options.certificate_directory);
    int rc = file_read(directory, "kubelet.crt", PEM_MAX, &certificate, err);
    if (rc == 0)
        rc = file_read(directory, "kubelet.key", PEM_MAX, &key, err);
    if (rc == 0)
        rc = file_read(directory, "ca.crt", PEM_MAX, &ca, err);
    if (rc < 0)
        return rc;
    const struct tls_options options = {
        .server = true,
        .certificate_pem = buffer_str(&certificate),
        .key_pem = buffer_str(&key),
        .ca_pem = buffer_str(&ca),
        .request_certificate = true,
    };
    return tls_context_create(&options, &agent->tls, err);
}

/* The runtime waits for its network list; it can be written when the node object has its pod range. */
static void write_network(void *context, const struct ip_prefix *ranges, size_t count)
{
    struct agent *agent = context;
    char path[PATH_SIZE];
    struct error err = { 0 };
    snprintf(path, sizeof(path), "%s/10-coracle.conflist", agent->options.cni_directory);
    const struct cni_conflist conflist = {
        .data_directory = arena_format(&agent->arena, "%s/allocations", agent->options.cni_directory),
        .subnets = ranges,
        .n_subnets = count,
    };
    if (cni_write_conflist(path, &conflist, &err) < 0)
        log_error("cannot write the network list", LOG_TEXT("path", path), LOG_TEXT("error", err.message));
}

/* Names that are not the cluster's go where this machine itself would ask. */
static size_t read_upstreams(struct ip *upstreams, size_t max)
{
    auto_buffer struct buffer text = { .max = PEM_MAX };
    size_t count = 0;
    if (file_read(AT_FDCWD, "/etc/resolv.conf", PEM_MAX, &text, NULL) < 0)
        return 0;
    struct str rest = buffer_str(&text), line;
    while (count < max && str_next(&rest, '\n', &line))
        if (str_starts(line, STR("nameserver ")) &&
            ip_parse(str_trim(str_skip(line, sizeof("nameserver ") - 1)), &upstreams[count]))
            count++;
    return count;
}

static int start_dns(struct agent *agent, const struct ip *address, struct error *err)
{
    struct ip upstreams[UPSTREAMS_MAX];
    const struct dns_options options = {
        .domain = agent->options.cluster_domain,
        .addresses = address,
        .n_addresses = 1,
        .network_namespace = -1,
        .upstreams = upstreams,
        .n_upstreams = read_upstreams(upstreams, UPSTREAMS_MAX),
    };
    agent->dns = dns_create(agent->loop, agent->informers, &options);
    return dns_start(agent->dns, err);
}

static int start_network(struct agent *agent, struct error *err)
{
    const struct agent_options *given = &agent->options;
    agent->informers = informer_set_create(agent->proxy_client);
    struct ip_prefix *range = arena_new(&agent->arena, struct ip_prefix);
    struct ip dns;
    if (!ip_prefix_parse(str_of(given->cluster_cidr), range))
        return error_set(err, ERROR_USAGE, "--cluster-cidr '%s' is no range of addresses", given->cluster_cidr);
    if (!ip_parse(str_of(given->cluster_dns), &dns))
        return error_set(err, ERROR_USAGE, "--cluster-dns '%s' is no address", given->cluster_dns);
    const struct routes_options routes = {
        .node_name = given->node_name,
        .network_namespace = -1,
        .cluster_ranges = range,
        .n_cluster_ranges = 1,
        .own_ranges = write_network,
        .context = agent,
    };
    agent->routes = routes_create(agent->loop, agent->informers, &routes);
    routes_start(agent->routes);
    const struct proxy_options proxy = {
        .node_name = given->node_name,
        .network_namespace = -1,
        .answered_here = &dns,
        .n_answered_here = 1,
        .inside = range,
        .n_inside = 1,
    };
    agent->proxy = proxy_create(agent->loop, agent->informers, &proxy);
    proxy_start(agent->proxy);
    const struct status_server_options status = {
        .network_namespace = -1,
        .health_address = "tcp:0.0.0.0:10256",
        .metrics_address = "tcp:127.0.0.1:10249",
    };
    int rc = status_server_open(agent->loop, agent->proxy, &status, &agent->proxy_server, err);
    return rc < 0 ? rc : start_dns(agent, &dns, err);
}

static void pause_imported(void *context, int rc, const struct error *err)
{
    struct agent *agent = context;
    if (rc < 0)
        log_warning("the runtime does not take the pause image", LOG_TEXT("image", agent->pause.reference),
                    LOG_TEXT("error", err->message));
    runtime_image_destroy(take_pointer(&agent->pause_import));
    image_content_fini(&agent->pause);
    agent->pause = (struct image_content){ 0 };
}

/* Takes a few milliseconds, and a new node has no pods before it is Ready. */
static int start_pause_import(struct agent *agent, struct error *err)
{
    int rc = node_images_pause(agent->options.pause_image, &agent->pause, err);
    if (rc < 0)
        return rc;
    struct str socket = str_of(agent->options.runtime_endpoint);
    const struct runtime_image_options options = {
        .socket = str_starts(socket, STR("unix://")) ? str_skip(socket, 7).data : socket.data,
        .content = &agent->pause,
        .done = pause_imported,
        .context = agent,
    };
    agent->pause_import = runtime_image_start(agent->loop, &options);
    return 0;
}

static int start_kubelet(struct agent *agent, struct error *err)
{
    const struct agent_options *given = &agent->options;
    int rc = cri_grpc_create(agent->loop, given->runtime_endpoint, &agent->cri, err);
    if (rc < 0)
        return rc;
    const char *const addresses[] = { given->node_address, NULL };
    const char *const dns[] = { given->cluster_dns, NULL };
    const struct kubelet_options options = {
        .client = agent->client,
        .cri = agent->cri,
        .node_name = given->node_name,
        .addresses = addresses,
        .data_directory = given->root_directory,
        .cgroup_root = given->cgroup_root,
        .cluster_dns = dns,
        .cluster_domain = given->cluster_domain,
        .tls = agent->tls,
    };
    agent->kubelet = kubelet_create(&options);
    if (given->pause_image != NULL)
        rc = start_pause_import(agent, err);
    return rc == 0 ? kubelet_start(agent->kubelet, err) : rc;
}

static void copy_options(struct agent *agent, const struct agent_options *given)
{
    struct arena *arena = &agent->arena;
    agent->options = (struct agent_options){
        .node_name = arena_strdup(arena, given->node_name),
        .node_address = arena_strdup(arena, given->node_address),
        .kubeconfig = arena_strdup(arena, given->kubeconfig),
        .proxy_kubeconfig = arena_strdup(arena, given->proxy_kubeconfig),
        .certificate_directory = arena_strdup(arena, given->certificate_directory),
        .root_directory = arena_strdup(arena, given->root_directory),
        .runtime_endpoint = arena_strdup(arena, given->runtime_endpoint),
        .pause_image = arena_strdup(arena, given->pause_image),
        .cni_directory = arena_strdup(arena, given->cni_directory),
        .cgroup_root = arena_strdup(arena, given->cgroup_root),
        .cluster_cidr = arena_strdup(arena, given->cluster_cidr),
        .cluster_dns = arena_strdup(arena, given->cluster_dns),
        .cluster_domain = arena_strdup(arena, given->cluster_domain),
    };
}

int agent_start(struct loop *loop, const struct agent_options *options, struct agent **ret_agent, struct error *err)
{
    struct agent *agent = memory_new(struct agent);
    agent->loop = loop;
    copy_options(agent, options);
    int rc = open_client(agent, agent->options.kubeconfig, "kubelet", &agent->client, err);
    if (rc == 0)
        rc = open_client(agent, agent->options.proxy_kubeconfig, "kube-proxy", &agent->proxy_client, err);
    if (rc == 0)
        rc = open_tls(agent, err);
    if (rc == 0)
        rc = start_network(agent, err);
    if (rc == 0)
        rc = start_kubelet(agent, err);
    if (rc < 0) {
        agent_destroy(agent);
        return rc;
    }
    *ret_agent = agent;
    return 0;
}

static void part_stopped(void *context)
{
    struct agent *agent = context;
    if (--agent->stopping == 0)
        agent->stopped(agent->stopped_context);
}

void agent_stop(struct agent *agent, void (*done)(void *context), void *context)
{
    agent->stopped = done;
    agent->stopped_context = context;
    runtime_image_destroy(take_pointer(&agent->pause_import));
    kubelet_destroy(agent->kubelet);
    dns_destroy(agent->dns);
    agent->kubelet = NULL;
    agent->dns = NULL;
    status_server_close(agent->proxy_server);
    agent->proxy_server = NULL;
    agent->stopping = 2;
    proxy_stop(agent->proxy, part_stopped, agent);
    routes_stop(agent->routes, part_stopped, agent);
}

void agent_destroy(struct agent *agent)
{
    if (agent == NULL)
        return;
    runtime_image_destroy(agent->pause_import);
    image_content_fini(&agent->pause);
    kubelet_destroy(agent->kubelet);
    dns_destroy(agent->dns);
    status_server_close(agent->proxy_server);
    proxy_destroy(agent->proxy);
    routes_destroy(agent->routes);
    cri_destroy(agent->cri);
    informer_set_destroy(agent->informers);
    client_destroy(agent->proxy_client);
    client_destroy(agent->client);
    tls_context_unref(agent->tls);
    arena_fini(&agent->arena);
    free(agent);
}
