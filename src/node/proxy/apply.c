/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apply.c - worker: transaction, then the list of UDP flows; loop: which of them are stale; worker: forget those. */
#include "node/proxy/apply.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/conntrack.h"

#define FLOWS_MAX 262144 /* looked at; more than a node's table holds by default */

struct apply {
    struct loop *loop;
    int network_namespace;
    const struct ruleset *v4, *v6;
    void (*done)(void *context, int rc, const struct error *err, usec_t duration);
    void *context;
    bool busy;

    /* Of the work under way: the worker's until done. */
    struct loop_work work;
    struct nft_socket *socket;
    struct nft_batch *batch;
    bool check_flows;
    struct conntrack_flow *flows;
    size_t n_flows, flows_size;
    usec_t started;
    int rc;
    struct error err;
};

struct apply *apply_create(struct loop *loop, int network_namespace, const struct ruleset *v4, const struct ruleset *v6,
                           void (*done)(void *context, int rc, const struct error *err, usec_t duration), void *context)
{
    struct apply *apply = memory_new(struct apply);
    apply->loop = loop;
    apply->network_namespace = network_namespace;
    apply->v4 = v4;
    apply->v6 = v6;
    apply->done = done;
    apply->context = context;
    return apply;
}

void apply_destroy(struct apply *apply)
{
    if (apply == NULL)
        return;
    nft_socket_close(apply->socket);
    nft_batch_destroy(apply->batch);
    free(apply->flows);
    free(apply);
}

bool apply_busy(const struct apply *apply)
{
    return apply->busy;
}

/* ---------------------------------------------------------------- on the worker */

static void keep_flow(void *context, const struct conntrack_flow *flow)
{
    struct apply *apply = context;
    if (apply->n_flows == FLOWS_MAX)
        return;
    if (apply->n_flows == apply->flows_size) {
        apply->flows_size = apply->flows_size == 0 ? 64 : 2 * apply->flows_size;
        apply->flows = memory_resize(apply->flows, apply->flows_size, sizeof(*flow));
    }
    apply->flows[apply->n_flows++] = *flow;
}

static void run_transaction(struct loop_work *work)
{
    struct apply *apply = container_of(work, struct apply, work);
    apply->rc = 0;
    if (apply->socket == NULL)
        apply->rc = nft_socket_open(apply->network_namespace, &apply->socket, &apply->err);
    if (apply->rc == 0)
        apply->rc = nft_send(apply->socket, apply->batch, &apply->err);
    if (apply->rc < 0 || !apply->check_flows)
        return;
    static const enum ip_family families[] = { IP_V4, IP_V6 };
    struct error err = { 0 };
    for (size_t i = 0; i < countof(families); i++)
        if (conntrack_each(apply->network_namespace, families[i], IPPROTO_UDP, keep_flow, apply, &err) < 0) {
            log_warning("stale UDP flows cannot be found", LOG_TEXT("error", err.message)); /* the rules stand */
            apply->n_flows = 0;
            return;
        }
}

static void forget_flows(struct loop_work *work)
{
    struct apply *apply = container_of(work, struct apply, work);
    struct error err = { 0 };
    if (conntrack_delete(apply->network_namespace, apply->flows, apply->n_flows, &err) < 0)
        log_warning("stale UDP flows cannot be forgotten", LOG_TEXT("error", err.message));
}

/* ---------------------------------------------------------------- on the loop */

static void finish(struct apply *apply)
{
    apply->busy = false;
    nft_batch_destroy(take_pointer(&apply->batch));
    free(take_pointer(&apply->flows));
    apply->n_flows = apply->flows_size = 0;
    apply->done(apply->context, apply->rc, &apply->err, loop_monotonic(apply->loop) - apply->started);
}

/* "goto s<id>" and more letters: whether the service port's own chains, of affinity, know the endpoint. */
static bool affinity_has(const struct ruleset *ruleset, const char *verdict, const char *endpoint)
{
    char chain[64];
    snprintf(chain, sizeof(chain), "e%.16s_%08x", verdict + strlen("goto s"),
             (unsigned)(str_hash(str_of(endpoint)) >> 16));
    return ruleset_find(ruleset, RULE_CHAIN, chain) != NULL;
}

static bool still_an_endpoint(const struct ruleset *ruleset, enum rule_place place, const char *frontend,
                              const char *verdict, const char *endpoint)
{
    if (str_starts(str_of(verdict), STR("goto s")))
        return affinity_has(ruleset, verdict, endpoint);
    static const size_t firsts[] = { 0, RULE_SLOT_LOCAL };
    char slot_key[256];
    for (size_t i = 0; i < countof(firsts); i++)
        for (size_t slot = firsts[i];; slot++) {
            snprintf(slot_key, sizeof(slot_key), "%s . %zu", frontend, slot);
            const char *found = ruleset_find(ruleset, place, slot_key);
            if (found != NULL && strcmp(found, endpoint) == 0)
                return true;
            if (found == NULL)
                break;
        }
    return false;
}

/* A flow to one of our frontends whose answers do not come from one of its endpoints: of an endpoint that is gone,
 * or from a time when there was none. */
static bool stale(const struct apply *apply, const struct conntrack_flow *flow)
{
    const struct conntrack_tuple *original = &flow->original;
    const struct ruleset *ruleset = original->destination.family == IP_V6 ? apply->v6 : apply->v4;
    char ip[IP_TEXT_SIZE], key[128], endpoint[IP_TEXT_SIZE + 8];
    ip_format(&flow->reply.source, ip);
    snprintf(endpoint, sizeof(endpoint), "%s . %u", ip, flow->reply.source_port);
    ip_format(&original->destination, ip);
    snprintf(key, sizeof(key), "%s . udp . %u", ip, original->destination_port);
    const char *verdict = ruleset_find(ruleset, RULE_SERVICE, key);
    if (verdict != NULL)
        return !still_an_endpoint(ruleset, RULE_ENDPOINT, key, verdict, endpoint);
    if (ruleset_find(ruleset, RULE_REFUSED, key) != NULL)
        return true;
    /* A node port only where it was translated: the same port elsewhere is nobody's business here. */
    snprintf(key, sizeof(key), "udp . %u", original->destination_port);
    verdict = ruleset_find(ruleset, RULE_NODE_PORT, key);
    bool translated = !ip_equal(&original->destination, &flow->reply.source);
    return verdict != NULL && translated && !still_an_endpoint(ruleset, RULE_NODE_ENDPOINT, key, verdict, endpoint);
}

static void flows_forgotten(struct loop_work *work)
{
    finish(container_of(work, struct apply, work));
}

static void transaction_ended(struct loop_work *work)
{
    struct apply *apply = container_of(work, struct apply, work);
    size_t kept = 0;
    for (size_t i = 0; i < apply->n_flows; i++)
        if (stale(apply, &apply->flows[i]))
            apply->flows[kept++] = apply->flows[i];
    apply->n_flows = kept;
    if (kept == 0) {
        finish(apply);
        return;
    }
    apply->work = (struct loop_work){ .work = forget_flows, .done = flows_forgotten };
    loop_work_start(apply->loop, &apply->work);
}

void apply_start(struct apply *apply, struct nft_batch *take_batch, bool check_flows)
{
    apply->busy = true;
    apply->batch = take_batch;
    apply->check_flows = check_flows;
    apply->started = loop_monotonic(apply->loop);
    error_clear(&apply->err);
    apply->work = (struct loop_work){ .work = run_transaction, .done = transaction_ended };
    loop_work_start(apply->loop, &apply->work);
}
