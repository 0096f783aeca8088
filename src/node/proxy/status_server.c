/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/proxy/status_server.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/time.h"

enum { HEALTHZ, LIVEZ, PATHS };

struct status_server {
    struct loop *loop;
    struct proxy *proxy;
    struct http_server *http;
    struct listener *health, *metrics;
    uint64_t answered[PATHS][2]; /* with 200, with 503 */
};

/* As Go prints a time: "2026-11-21 14:12:03.123456 +0000 UTC". */
static void append_time(struct buffer *text, const char *name, usec_t moment)
{
    char rfc3339[TIME_TEXT_SIZE];
    time_format(moment, true, rfc3339);
    rfc3339[strcspn(rfc3339, "T")] = ' ';
    rfc3339[strcspn(rfc3339, "Z")] = '\0';
    buffer_format(text, "\"%s\": \"%s +0000 UTC\"", name, rfc3339);
}

static void respond(struct http_exchange *exchange, int status, const char *type, const struct buffer *text)
{
    const struct http_header headers[] = { { STR("content-type"), str_of(type) },
                                           { STR("x-content-type-options"), STR("nosniff") } };
    struct bytes *body = bytes_create(text->data, text->size);
    http_respond(exchange, status, &(struct http_headers){ headers, countof(headers) }, body);
    bytes_unref(body);
}

static void answer_health(struct status_server *server, struct http_exchange *exchange, int path)
{
    struct proxy_status status;
    proxy_status(server->proxy, &status);
    bool good = proxy_healthy(server->proxy) && (path == LIVEZ || status.node_eligible);
    usec_t now = loop_now(server->loop);
    auto_buffer struct buffer text = { .max = 1024 };
    buffer_append_char(&text, '{');
    append_time(&text, "lastUpdated", good ? now : status.last_sync); /* upstream's: "recent" while all is well */
    buffer_append_char(&text, ',');
    append_time(&text, "currentTime", now);
    if (path == HEALTHZ)
        buffer_format(&text, ", \"nodeEligible\": %s", status.node_eligible ? "true" : "false");
    buffer_append_char(&text, '}');
    server->answered[path][good ? 0 : 1]++;
    respond(exchange, good ? 200 : 503, "application/json", &text);
}

/* ---------------------------------------------------------------- metrics */

static void write_metric(struct buffer *text, const char *name, const char *type, const char *help, double value)
{
    buffer_format(text, "# HELP kubeproxy_%s [ALPHA] %s\n# TYPE kubeproxy_%s %s\nkubeproxy_%s %.17g\n", name, help,
                  name, type, name, value);
}

static void write_durations(struct buffer *text, const struct proxy_status *status)
{
    static const char name[] = "kubeproxy_sync_proxy_rules_duration_seconds";
    uint64_t count = 0;
    double limit = 0.001;
    buffer_format(text, "# HELP %s [ALPHA] SyncProxyRules latency in seconds\n# TYPE %s histogram\n", name, name);
    for (size_t i = 0; i < PROXY_DURATION_BUCKETS; i++, limit *= 2) {
        count += status->durations[i];
        buffer_format(text, "%s_bucket{le=\"%g\"} %llu\n", name, limit, (unsigned long long)count);
    }
    buffer_format(text, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", name,
                  (unsigned long long)status->transactions, name, (double)status->total_duration / USEC_PER_SEC, name,
                  (unsigned long long)status->transactions);
}

static void write_answered(struct buffer *text, const char *name, const char *help, const uint64_t answered[2])
{
    buffer_format(text, "# HELP kubeproxy_%s [ALPHA] %s\n# TYPE kubeproxy_%s counter\n", name, help, name);
    for (size_t i = 0; i < 2; i++)
        if (answered[i] > 0)
            buffer_format(text, "kubeproxy_%s{code=\"%s\"} %llu\n", name, i == 0 ? "200" : "503",
                          (unsigned long long)answered[i]);
}

static void answer_metrics(const struct status_server *server, struct http_exchange *exchange)
{
    struct proxy_status status;
    proxy_status(server->proxy, &status);
    auto_buffer struct buffer text = { .max = 1 << 16 };
    write_durations(&text, &status);
    write_metric(&text, "sync_proxy_rules_last_timestamp_seconds", "gauge",
                 "The last time proxy rules were successfully synced", (double)status.last_sync / USEC_PER_SEC);
    write_metric(&text, "sync_proxy_rules_last_queued_timestamp_seconds", "gauge",
                 "The last time a sync of proxy rules was queued", (double)status.last_queued / USEC_PER_SEC);
    write_metric(&text, "sync_proxy_rules_service_changes_total", "counter", "Cumulative proxy rules Service changes",
                 (double)status.service_changes);
    write_metric(&text, "sync_proxy_rules_endpoint_changes_total", "counter", "Cumulative proxy rules Endpoint changes",
                 (double)status.endpoint_changes);
    write_metric(&text, "sync_proxy_rules_nftables_sync_failures_total", "counter",
                 "Cumulative proxy nftables sync failures", (double)status.failures);
    write_answered(&text, "proxy_healthz_total", "Cumulative proxy healthz HTTP status", server->answered[HEALTHZ]);
    write_answered(&text, "proxy_livez_total", "Cumulative proxy livez HTTP status", server->answered[LIVEZ]);
    respond(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
}

/* ---------------------------------------------------------------- life */

static void answer(void *context, struct http_exchange *exchange)
{
    struct status_server *server = context;
    struct str path = http_exchange_path(exchange);
    auto_buffer struct buffer text = { .max = 64 };
    if (str_is(path, "/healthz")) {
        answer_health(server, exchange, HEALTHZ);
    } else if (str_is(path, "/livez")) {
        answer_health(server, exchange, LIVEZ);
    } else if (str_is(path, "/metrics")) {
        answer_metrics(server, exchange);
    } else {
        buffer_append_text(&text, "404 page not found\n");
        respond(exchange, 404, "text/plain; charset=utf-8", &text);
    }
}

static const struct http_handler handler = { .request = answer };

static void accepted(void *context, struct stream *stream)
{
    struct status_server *server = context;
    http_server_serve(server->http, stream);
}

static int open_listener(struct status_server *server, const char *address, int network_namespace,
                         struct listener **ret_listener, struct error *err)
{
    const struct stream_target target = { .address = address, .network_namespace = network_namespace };
    return address == NULL ? 0 : listener_open(server->loop, &target, accepted, server, ret_listener, err);
}

int status_server_open(struct loop *loop, struct proxy *proxy, const struct status_server_options *options,
                       struct status_server **ret_server, struct error *err)
{
    struct status_server *server = memory_new(struct status_server);
    server->loop = loop;
    server->proxy = proxy;
    server->http = http_server_create(loop, &handler, server, &(struct http_limits){ .connections = 100 });
    int rc = open_listener(server, options->health_address, options->network_namespace, &server->health, err);
    if (rc == 0)
        rc = open_listener(server, options->metrics_address, options->network_namespace, &server->metrics, err);
    if (rc < 0) {
        status_server_close(server);
        return rc;
    }
    *ret_server = server;
    return 0;
}

void status_server_close(struct status_server *server)
{
    if (server == NULL)
        return;
    listener_close(server->health);
    listener_close(server->metrics);
    http_server_destroy(server->http);
    free(server);
}

int status_server_health_port(const struct status_server *server)
{
    return listener_port(server->health);
}
