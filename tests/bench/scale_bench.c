/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scale_bench - an API server with very many pods: what one costs in memory, how long a watch-list of all of them takes,
 * and a list whose selectors match none. A real TLS connection; the server's process has a memory store. */
#include "loaded_server.h"

enum { PODS = 150000, WATCH_LISTS = 5, LISTS = 21, CHUNK = 1 << 18 };

static const char marker[] = "k8s.io/initial-events-end";

static void measure_memory(struct loaded_server *server)
{
    double before = loaded_server_rss(server), json = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct bytes *pod = loaded_pod(i * (PODS / 1000), 1);
        json += (double)bytes_str(pod).size / 1000;
        bytes_unref(pod);
    }
    loaded_server_add_pods(server, 0, PODS);
    double each = (loaded_server_rss(server) - before) / PODS;
    report("memory per stored pod, 150,000 pods", each, "bytes", "its JSON", json, "ratio <= 2");
}

/* The same bytes from nobody's store: one thread that writes them to the same kind of connection. */
static double send_floor(SSL_CTX *client, size_t total)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        loaded_die("socketpair", "failed");
    (void)client;
    pid_t child = fork();
    if (child == 0) {
        static char bytes[CHUNK];
        for (size_t sent = 0; sent < total;) {
            ssize_t n = write(ends[1], bytes, sizeof(bytes));
            if (n <= 0)
                exit(1);
            sent += (size_t)n;
        }
        exit(0);
    }
    close(ends[1]);
    static char bytes[CHUNK];
    double began = bench_seconds();
    while (read(ends[0], bytes, sizeof(bytes)) > 0)
        ;
    double span = (bench_seconds() - began) * 1e3;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return span;
}

static void measure_watch_list(const struct loaded_server *server, SSL_CTX *tls)
{
    double spans[WATCH_LISTS], floors[WATCH_LISTS], works[WATCH_LISTS];
    size_t total = 0;
    for (int i = 0; i < WATCH_LISTS; i++) {
        SSL *ssl = loaded_connect(tls, LOADED_PORT);
        double began = bench_seconds(), cpu = loaded_server_cpu(server);
        loaded_get(ssl, "/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                        "allowWatchBookmarks=true");
        total = loaded_read_until(ssl, marker);
        spans[i] = (bench_seconds() - began) * 1e3;
        works[i] = (loaded_server_cpu(server) - cpu) * 1e3;
        loaded_disconnect(ssl);
        floors[i] = send_floor(tls, total);
    }
    double floor = bench_median(floors, WATCH_LISTS), median = bench_median(spans, WATCH_LISTS);
    report("watch-list of 150,000 pods, the slowest", spans[WATCH_LISTS - 1], "ms", "its bytes by a socket", floor,
           "<= 1000");
    report("watch-list of 150,000 pods, median", median, "ms", "its bytes by a socket", floor, "");
    report("  of it the server's processor time", bench_median(works, WATCH_LISTS), "ms", "its bytes by a socket",
           floor, "");
    printf("a watch-list is %.0f MB\n", (double)total / 1e6);
}

static void measure_list(SSL_CTX *tls, const char *what, const char *path, const char *end, const char *budget)
{
    double spans[LISTS], floors[LISTS];
    SSL *ssl = loaded_connect(tls, LOADED_PORT);
    for (int i = 0; i < LISTS; i++) {
        double began = bench_seconds();
        loaded_get(ssl, path);
        loaded_read_until(ssl, end);
        spans[i] = (bench_seconds() - began) * 1e3;
        began = bench_seconds();
        loaded_get(ssl, "/livez");
        loaded_read_until(ssl, "\r\n\r\nok");
        floors[i] = (bench_seconds() - began) * 1e3;
    }
    loaded_disconnect(ssl);
    report(what, bench_median(spans, LISTS), "ms", "GET /livez", bench_median(floors, LISTS), budget);
}

int main(void)
{
    struct loaded_server server;
    SSL_CTX *tls = loaded_tls();
    loaded_server_start(&server);
    measure_memory(&server);
    measure_watch_list(&server, tls);
    loaded_server_add_pods(&server, PODS, PODS);
    measure_list(tls, "list of none of 300,000 pods, by label", "/api/v1/pods?labelSelector=app%3Dnone", "\"items\":[]",
                 "<= 5");
    measure_list(tls, "list of none of 300,000 pods, by field", "/api/v1/pods?fieldSelector=spec.nodeName%3Dnone",
                 "\"items\":[]", "<= 5");
    measure_list(tls, "list of none of 300,000 pods, !label, in", "/api/v1/pods?labelSelector=!app,team%20in%20(a,b)",
                 "\"items\":[]", "<= 5");
    loaded_server_stop(&server);
    SSL_CTX_free(tls);
    return 0;
}
