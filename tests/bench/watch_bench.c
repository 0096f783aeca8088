/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* watch_bench - updates of a 1 KB ConfigMap told to a thousand watchers, each with a TLS connection of its own, and what
 * one more watcher costs. Beside it the same bytes written to as many plain sockets. Then updates of a pod, while as many
 * watch as a large cluster has kubelets, each for the pods of its own node. Readers share the cores; the server's own
 * processor time is what tells of it on a busy machine. */
#include "loaded_server.h"

enum { WATCHERS = 1000, NODES = 5000, UPDATES = 100, BATCHES = 8 };

/* All have seen the first version. */
static void open_watches(SSL_CTX *tls, SSL **watches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        watches[i] = loaded_connect(tls, LOADED_PORT);
        loaded_get(watches[i], "/api/v1/namespaces/ns-0/configmaps?watch=1");
        loaded_read_until(watches[i], "\"ADDED\"");
    }
}

/* Seconds until every watcher has the last of the updates. */
static double tell(struct loaded_server *server, SSL **watches, size_t count, uint32_t first)
{
    char last[32];
    snprintf(last, sizeof(last), "\"version\":\"%u\"", first + UPDATES - 1);
    double began = bench_seconds();
    loaded_server_begin(server, LOADED_UPDATE_CONFIG, first, UPDATES);
    for (size_t i = 0; i < count; i++)
        loaded_read_until(watches[i], last);
    double span = bench_seconds() - began;
    loaded_server_wait(server);
    return span;
}

static double floor_rate(size_t event_size)
{
    int(*ends)[2] = memory_zalloc(WATCHERS * sizeof(*ends));
    size_t size = UPDATES * event_size;
    char *bytes = memory_zalloc(size);
    for (size_t i = 0; i < WATCHERS; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]) < 0)
            loaded_die("socketpair", "failed");
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < WATCHERS; i++)
            for (size_t sent = 0; sent < size;) {
                ssize_t n = write(ends[i][1], bytes + sent, size - sent);
                if (n <= 0)
                    exit(1);
                sent += (size_t)n;
            }
        exit(0);
    }
    double began = bench_seconds();
    for (size_t i = 0; i < WATCHERS; i++)
        for (size_t got = 0; got < size;) {
            ssize_t n = read(ends[i][0], bytes, size - got);
            if (n <= 0)
                loaded_die("floor", "ended");
            got += (size_t)n;
        }
    double span = bench_seconds() - began;
    waitpid(child, NULL, 0);
    for (size_t i = 0; i < WATCHERS; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
    free(ends);
    free(bytes);
    return WATCHERS * (double)UPDATES / span;
}

/* Processor time of the server for an update of a pod of the first node, with that many kubelets. */
static double node_work(struct loaded_server *server, SSL *first, uint32_t *version)
{
    double works[BATCHES];
    for (int i = 0; i < BATCHES; i++, *version += UPDATES) {
        char last[32];
        snprintf(last, sizeof(last), "\"generation\":%u,", *version + UPDATES - 1);
        double cpu = loaded_server_cpu(server);
        loaded_server_begin(server, LOADED_UPDATE_POD, *version, UPDATES);
        loaded_read_until(first, last);
        loaded_server_wait(server);
        works[i] = (loaded_server_cpu(server) - cpu) / UPDATES;
    }
    return bench_median(works, BATCHES);
}

static void tell_nodes(struct loaded_server *server, SSL_CTX *tls)
{
    static SSL *kubelets[NODES];
    char path[96];
    uint32_t version = 2;
    double alone = 0;
    loaded_server_add_pods(server, 0, NODES);
    for (unsigned i = 0; i < NODES; i++) {
        kubelets[i] = loaded_connect(tls, LOADED_PORT);
        snprintf(path, sizeof(path), "/api/v1/pods?watch=1&fieldSelector=spec.nodeName%%3Dnode-%u", i);
        loaded_get(kubelets[i], path);
        loaded_read_until(kubelets[i], "\"ADDED\"");
        if (i == 0)
            alone = node_work(server, kubelets[0], &version);
    }
    double all = node_work(server, kubelets[0], &version);
    report("a pod told to its node, 5,000 nodes watch", all * 1e6, "us CPU", "one node watches", alone * 1e6,
           "ratio <= 2");
    for (size_t i = 0; i < NODES; i++)
        loaded_disconnect(kubelets[i]);
}

int main(void)
{
    static SSL *watches[WATCHERS];
    double rates[BATCHES], floors[BATCHES], alone[BATCHES], works[BATCHES], works_alone[BATCHES];
    struct loaded_server server;
    SSL_CTX *tls = loaded_tls();
    loaded_server_start(&server);
    loaded_server_begin(&server, LOADED_UPDATE_CONFIG, 0, 1);
    loaded_server_wait(&server);
    uint32_t version = 1;
    open_watches(tls, watches, 1);
    for (int i = 0; i < BATCHES; i++, version += UPDATES) {
        double cpu = loaded_server_cpu(&server);
        alone[i] = UPDATES / tell(&server, watches, 1, version);
        works_alone[i] = (loaded_server_cpu(&server) - cpu) / UPDATES;
    }
    double before = loaded_server_rss(&server);
    open_watches(tls, &watches[1], WATCHERS - 1);
    double each = (loaded_server_rss(&server) - before) / (WATCHERS - 1);
    for (int i = 0; i < BATCHES; i++, version += UPDATES) {
        double cpu = loaded_server_cpu(&server);
        rates[i] = WATCHERS * (double)UPDATES / tell(&server, watches, WATCHERS, version);
        works[i] = (loaded_server_cpu(&server) - cpu) / (WATCHERS * (double)UPDATES);
        floors[i] = floor_rate(1100);
    }
    double rate = bench_median(rates, BATCHES);
    report("watch fan-out, 1,000 TLS connections", rate, "/s", "plain sockets", bench_median(floors, BATCHES),
           ">= 1000000");
    double work = bench_median(works, BATCHES);
    report("  of a second of the server's processor", 1 / work, "/s CPU", "", 0, ">= 1000000");
    report("  its processor time, an update", work * 1e6, "us", "of the only watcher",
           bench_median(works_alone, BATCHES) * 1e6, "");
    report("  one more watcher, an update", 1e6 / rate, "us", "the first watcher", 1e6 / bench_median(alone, BATCHES),
           "");
    report("  one more watcher and its connection", each / 1024, "KB", "", 0, "");
    for (size_t i = 0; i < WATCHERS; i++)
        loaded_disconnect(watches[i]);
    tell_nodes(&server, tls);
    loaded_server_stop(&server);
    SSL_CTX_free(tls);
    return 0;
}
