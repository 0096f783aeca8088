/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/proxy/service_health.h"

#include <stdio.h>
#include <string.h>

#include "base/container/map.h"
#include "base/log.h"
#include "base/memory.h"
#include "codec/json.h"
#include "net/http.h"

/* One service's port. */
struct check {
    struct map_node by_service; /* in service_health.checks */
    struct service_health *health;
    struct listener *listener;
    struct http_server *server;
    uint16_t port;
    size_t local_endpoints;
    char service[];
};

struct service_health {
    struct loop *loop;
    int network_namespace;
    bool (*healthy)(void *context);
    void *context;
    struct map checks;
};

struct service_health *service_health_create(struct loop *loop, int network_namespace, bool (*healthy)(void *context),
                                             void *context)
{
    struct service_health *health = memory_new(struct service_health);
    health->loop = loop;
    health->network_namespace = network_namespace;
    health->healthy = healthy;
    health->context = context;
    return health;
}

static void remove_check(struct service_health *health, struct check *check)
{
    map_remove(&health->checks, &check->by_service);
    listener_close(check->listener);
    http_server_destroy(check->server);
    free(check);
}

void service_health_destroy(struct service_health *health)
{
    if (health == NULL)
        return;
    struct check *check;
    map_for_each (&health->checks, check, by_service)
        remove_check(health, check);
    map_fini(&health->checks);
    free(health);
}

/* Clients parse the body, people read it: it is laid out as upstream's. */
static void answer(void *context, struct http_exchange *exchange)
{
    const struct check *check = context;
    bool healthy = check->health->healthy(check->health->context);
    auto_buffer struct buffer text = { .max = 4096 };
    struct str name = str_of(check->service), namespace = { 0 };
    str_next(&name, '/', &namespace);
    buffer_append_text(&text, "{\n\t\"service\": {\n\t\t\"namespace\": ");
    json_append_string(&text, namespace);
    buffer_append_text(&text, ",\n\t\t\"name\": ");
    json_append_string(&text, name);
    buffer_format(&text, "\n\t},\n\t\"localEndpoints\": %zu,\n\t\"serviceProxyHealthy\": %s\n}", check->local_endpoints,
                  healthy ? "true" : "false");
    char weight[24];
    snprintf(weight, sizeof(weight), "%zu", check->local_endpoints);
    const struct http_header headers[] = {
        { STR("content-type"), STR("application/json") },
        { STR("x-content-type-options"), STR("nosniff") },
        { STR("x-load-balancing-endpoint-weight"), str_of(weight) },
    };
    struct bytes *body = bytes_create(text.data, text.size);
    http_respond(exchange, check->local_endpoints > 0 && healthy ? 200 : 503,
                 &(struct http_headers){ headers, countof(headers) }, body);
    bytes_unref(body);
}

static const struct http_handler handler = { .request = answer };

static void accepted(void *context, struct stream *stream)
{
    struct check *check = context;
    http_server_serve(check->server, stream);
}

static void add_check(struct service_health *health, const char *service, uint16_t port, size_t local_endpoints)
{
    size_t size = strlen(service);
    struct check *check = memory_zalloc(sizeof(*check) + size + 1);
    memcpy(check->service, service, size);
    check->health = health;
    check->port = port;
    check->local_endpoints = local_endpoints;
    check->server = http_server_create(health->loop, &handler, check, &(struct http_limits){ .connections = 100 });
    map_insert(&health->checks, (struct str){ check->service, size }, &check->by_service);
    char address[32];
    snprintf(address, sizeof(address), "tcp:0.0.0.0:%u", port);
    struct error err = { 0 };
    const struct stream_target target = { .address = address, .network_namespace = health->network_namespace };
    if (listener_open(health->loop, &target, accepted, check, &check->listener, &err) < 0) {
        log_error("failed to start healthcheck", LOG_TEXT("service", service), LOG_INT("port", port),
                  LOG_TEXT("error", err.message));
        remove_check(health, check);
    }
}

void service_health_set(struct service_health *health, const char *service, uint16_t port, size_t local_endpoints)
{
    struct check *check = map_find_entry(&health->checks, str_of(service), struct check, by_service);
    if (check != NULL && check->port == port) {
        check->local_endpoints = local_endpoints;
        return;
    }
    if (check != NULL)
        remove_check(health, check);
    if (port != 0)
        add_check(health, service, port, local_endpoints);
}
