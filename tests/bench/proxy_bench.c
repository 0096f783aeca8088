/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* proxy_bench - 10,000 services with three endpoints each: the time to render and install them all, and to change
 * one, beside the kernel's own part of both (the floor), and the same installed with a chain for every service and every endpoint (the peer: how others do it). In a
 * network namespace of its own; needs root. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/namespace.h"
#include "net/nftables.h"
#include "node/proxy/render.h"
#include "node/proxy/table.h"
#include "report.h"

#define SKIPPED   77
#define SERVICES  10000
#define ENDPOINTS 3
#define CHANGES   20

/* Processor time, the kernel's part included: nothing here waits, and other programs of the machine do not count. */
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void check(int rc, const struct error *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "proxy_bench: %s\n", err->message);
    exit(1);
}

static void render(struct ruleset *v4, struct ruleset *v6, int number, int n_endpoints)
{
    char owner[32], address[32], addresses[ENDPOINTS][32];
    const char *pointers[ENDPOINTS];
    int32_t target = 8080;
    snprintf(owner, sizeof(owner), "prod/web-%d", number);
    snprintf(address, sizeof(address), "10.96.%d.%d", number / 250, number % 250 + 1);
    struct api_service_port port = { .name = "http", .protocol = "TCP", .port = 80 };
    struct api_service service = { .spec = { .cluster_ip = address, .ports = &port, .n_ports = 1 } };
    struct api_discovery_endpoint_port endpoint_port = { .name = "http", .protocol = "TCP", .port = &target };
    struct api_discovery_endpoint endpoints[ENDPOINTS] = { 0 };
    for (int i = 0; i < n_endpoints; i++) {
        snprintf(addresses[i], sizeof(addresses[i]), "10.2%d.%d.%d", i, number / 250, number % 250 + 1);
        pointers[i] = addresses[i];
        endpoints[i] = (struct api_discovery_endpoint){ .addresses = &pointers[i], .n_addresses = 1, .node_name = "b" };
    }
    struct api_discovery_endpoint_slice slice = {
        .endpoints = endpoints, .n_endpoints = (size_t)n_endpoints, .ports = &endpoint_port, .n_ports = 1
    };
    const struct api_discovery_endpoint_slice *slices[] = { &slice };
    render_service(&(struct render_input){ owner, &service, slices, 1, "a", NULL, 0 }, v4, v6);
}

/* Of it, 'ret_kernel' is the system call: the floor for this batch. */
static double install(struct nft_socket *socket, struct ruleset *ruleset, double *ret_kernel)
{
    struct error err;
    double begin = now();
    struct nft_batch *batch = nft_batch_create((size_t)256 << 20);
    bool any = table_write_changes(batch, ruleset);
    double sent = now();
    if (any)
        check(nft_send(socket, batch, &err), &err);
    *ret_kernel = now() - sent;
    nft_batch_destroy(batch);
    return now() - begin;
}

/* A chain per service that picks, a chain per endpoint that translates. */
static void write_chains(struct buffer *commands)
{
    buffer_append_text(commands,
                       "table ip peer {\nmap services { type ipv4_addr . inet_proto . inet_service : verdict; }\n");
    for (int i = 0; i < SERVICES; i++) {
        for (int j = 0; j < ENDPOINTS; j++)
            buffer_format(commands, "chain e%d_%d { ip protocol tcp dnat to 10.2%d.%d.%d:8080\n}\n", i, j, j, i / 250,
                          i % 250 + 1);
        buffer_format(commands,
                      "chain s%d { numgen random mod 3 vmap { 0 : goto e%d_0, 1 : goto e%d_1, 2 : goto e%d_2 }\n}\n", i,
                      i, i, i);
    }
    buffer_append_text(commands, "}\nadd element ip peer services { ");
    for (int i = 0; i < SERVICES; i++)
        buffer_format(commands, "%s10.96.%d.%d . tcp . 80 : goto s%d", i > 0 ? ", " : "", i / 250, i % 250 + 1, i);
    buffer_append_text(commands, " }\n");
}

static double install_peer(struct nftables *nftables, double *ret_change)
{
    auto_buffer struct buffer commands = { .max = (size_t)256 << 20 };
    struct error err;
    double begin = now();
    write_chains(&commands);
    check(nftables_run(nftables, commands.data, NULL, &err), &err);
    double loaded = now() - begin;
    begin = now();
    for (int i = 0; i < CHANGES / 4; i++) {
        buffer_clear(&commands);
        buffer_format(&commands,
                      "flush chain ip peer s%d\n"
                      "add rule ip peer s%d numgen random mod 2 vmap { 0 : goto e%d_0, 1 : goto e%d_1 }\n",
                      i, i, i, i);
        check(nftables_run(nftables, commands.data, NULL, &err), &err);
    }
    *ret_change = (now() - begin) / (CHANGES / 4);
    return loaded;
}

int main(void)
{
    int namespace_fd;
    struct nftables *nftables;
    struct nft_socket *socket;
    struct error err;
    if (geteuid() != 0 || namespace_create(&namespace_fd, &err) < 0)
        return SKIPPED;
    check(nftables_open(namespace_fd, &nftables, &err), &err);
    check(nft_socket_open(namespace_fd, &socket, &err), &err);
    struct ruleset *v4 = ruleset_create(IP_V4), *v6 = ruleset_create(IP_V6);
    double begin = now(), kernel, change = 0, kernel_change = 0;
    for (int i = 0; i < SERVICES; i++)
        render(v4, v6, i, ENDPOINTS);
    double rendered = now() - begin, loaded = install(socket, v4, &kernel);
    for (int i = 0; i <= CHANGES; i++) {
        double in_kernel;
        begin = now();
        render(v4, v6, i, ENDPOINTS - 1);
        install(socket, v4, &in_kernel);
        if (i > 0) { /* the first one makes the chain for two endpoints, once for all */
            change += (now() - begin) / CHANGES;
            kernel_change += in_kernel / CHANGES;
        }
    }
    double peer_change, peer_loaded = install_peer(nftables, &peer_change);
    report("10,000 services x 3 endpoints: load", rendered + loaded, "ms", "the kernel alone", kernel, "<= 100");
    report("10,000 services x 3 endpoints: a change", change, "ms", "the kernel alone", kernel_change, "<= 1");
    report("a chain for every service and endpoint: load", peer_loaded, "ms", "the kernel alone", kernel, "");
    report("a chain for every service and endpoint: a change", peer_change, "ms", "the kernel alone", kernel_change,
           "");
    printf("%.0f ms of the load is rendering\n", rendered);
    nft_socket_close(socket);
    nftables_close(nftables);
    ruleset_destroy(v4);
    ruleset_destroy(v6);
    close(namespace_fd);
    return 0;
}
