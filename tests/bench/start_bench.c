/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* start_bench - from exec of 'coracle server' until its /readyz says ok over TLS, in a new and in an old data directory.
 *
 * Beside it: the least that any such program needs (exec of the same binary that does nothing, then a TLS handshake and a
 * request to a server that runs), etcd's start until /health says true, and where the time goes: the parts of a
 * start, each done alone in this process. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apiserver/apiserver.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "cluster/identity/pki.h"
#include "report.h"
#include "store/store.h"

enum { ROUNDS = 7, PORT = 21861, ETCD_PORT = 21862, ETCD_PEER_PORT = 21863, PATIENCE = 20 /* seconds */ };

extern char **environ;

struct bench {
    char directory[64];
    char *program;
    SSL_CTX *tls;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "start_bench: %s: %s\n", what, why);
    exit(1);
}

static void remove_tree(const char *path)
{
    struct error err;
    if (file_remove_tree(AT_FDCWD, path, &err) < 0 && err.code != ERROR_NOT_FOUND)
        die("remove", err.message);
    sync(); /* or the next to wait for the disk would wait for the removal too */
}

static pid_t spawn(const char *const *argv)
{
    pid_t child;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&child, argv[0], &quiet, NULL, (char *const *)argv, environ) != 0)
        child = -1;
    posix_spawn_file_actions_destroy(&quiet);
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
}

/* ---------------------------------------------------------------- asking */

static int connect_to(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* NULL: nobody is there yet. */
static SSL *connect_tls(struct bench *bench, int port)
{
    int fd = connect_to(port);
    if (fd < 0)
        return NULL;
    SSL *ssl = SSL_new(bench->tls);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    close(fd);
    return NULL;
}

static void disconnect_tls(SSL *ssl)
{
    int fd = ssl == NULL ? -1 : SSL_get_fd(ssl);
    SSL_free(ssl);
    if (fd >= 0)
        close(fd);
}

/* One request; does the answer begin with 200? */
static bool ask_tls(SSL *ssl, const char *path)
{
    char request[128], answer[4096] = "";
    int size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n", path);
    return SSL_write(ssl, request, size) == size && SSL_read(ssl, answer, sizeof(answer) - 1) > 0 &&
           strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

static bool ask_etcd(void)
{
    static const char request[] = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    char answer[2048] = "";
    int fd = connect_to(ETCD_PORT);
    if (fd < 0)
        return false;
    size_t got = 0;
    if (write(fd, request, sizeof(request) - 1) > 0)
        for (ssize_t n; got < sizeof(answer) - 1 && (n = read(fd, answer + got, sizeof(answer) - 1 - got)) > 0;)
            got += (size_t)n;
    close(fd);
    return strstr(answer, "\"health\":\"true\"") != NULL;
}

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

/* ---------------------------------------------------------------- whole starts, in milliseconds */

/* Milliseconds of CPU that it has used so far. */
static double cpu_of(pid_t child)
{
    clockid_t clock;
    struct timespec time = { 0 };
    if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &time) != 0)
        return 0;
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double start_server(struct bench *bench, pid_t *ret_child)
{
    char *data = memory_format("%s/data", bench->directory), *port = memory_format("%d", PORT);
    const char *const argv[] = { bench->program, "server", "--data-dir", data, "--secure-port", port, NULL };
    double began = bench_seconds();
    pid_t child = spawn(argv);
    if (child < 0)
        die("start", bench->program);
    SSL *ssl = NULL; /* one connection, so that handshakes do not keep the server from its work */
    while ((ssl == NULL && (ssl = connect_tls(bench, PORT)) == NULL) || !ask_tls(ssl, "/readyz")) {
        if (bench_seconds() - began > PATIENCE || waitpid(child, NULL, WNOHANG) != 0)
            die("server", "did not become ready");
        pause_briefly();
    }
    double span = (bench_seconds() - began) * 1e3;
    disconnect_tls(ssl);
    free(data);
    free(port);
    *ret_child = child;
    return span;
}

static double start_etcd(struct bench *bench)
{
    char *data = memory_format("%s/etcd", bench->directory);
    char *url = memory_format("http://127.0.0.1:%d", ETCD_PORT),
         *peer = memory_format("http://127.0.0.1:%d", ETCD_PEER_PORT);
    char *initial = memory_format("default=%s", peer);
    const char *const argv[] = { "etcd",  "--data-dir",
                                 data,    "--listen-client-urls",
                                 url,     "--advertise-client-urls",
                                 url,     "--listen-peer-urls",
                                 peer,    "--initial-advertise-peer-urls",
                                 peer,    "--initial-cluster",
                                 initial, NULL };
    remove_tree(data);
    double began = bench_seconds(), span = 0;
    pid_t child = spawn(argv);
    while (child > 0 && !ask_etcd() && bench_seconds() - began < PATIENCE)
        pause_briefly();
    if (child > 0) {
        span = (bench_seconds() - began) * 1e3;
        end(child);
    }
    free(data);
    free(url);
    free(peer);
    free(initial);
    return span;
}

/* exec of the binary, then a handshake and a request to a server that runs. */
static double least(struct bench *bench)
{
    const char *const argv[] = { bench->program, "server", "--help", NULL };
    double began = bench_seconds();
    waitpid(spawn(argv), NULL, 0);
    SSL *ssl = connect_tls(bench, PORT);
    if (ssl == NULL || !ask_tls(ssl, "/livez"))
        die("server", "does not answer");
    double span = (bench_seconds() - began) * 1e3;
    disconnect_tls(ssl);
    return span;
}

/* A new file on disk: what a start in a new directory has to wait for a few times. */
static double sync_one(struct bench *bench)
{
    struct error err;
    char *path = memory_format("%s/synced", bench->directory);
    double began = bench_seconds();
    if (file_write(AT_FDCWD, path, STR("content"), 0600, &err) < 0)
        die("file", err.message);
    double span = (bench_seconds() - began) * 1e3;
    remove_tree(path);
    free(path);
    return span;
}

/* ---------------------------------------------------------------- the parts alone */

enum part { PART_KEYS, PART_KEYS_AGAIN, PART_STORE, PART_OBJECTS, PART_OBJECTS_AGAIN, PARTS };

static double since(double *began)
{
    double now = bench_seconds(), span = (now - *began) * 1e3;
    *began = now;
    return span;
}

static void is_ready(void *context)
{
    loop_stop(context);
}

static void serve_once(struct loop *loop, struct store *store)
{
    struct error err;
    struct api_server *server;
    const struct api_server_options options = {
        .loop = loop, .store = store, .bootstrap = true, .ready = is_ready, .ready_context = loop
    };
    if (api_server_create(&options, &server, &err) < 0 || api_server_start(server, &err) < 0)
        die("API server", err.message);
    loop_run(loop);
    api_server_destroy(server);
}

static void measure_parts(struct bench *bench, int round, double spans[PARTS][ROUNDS])
{
    struct error err;
    struct loop *loop;
    struct store *store;
    struct pki pki;
    char *data = memory_format("%s/parts", bench->directory);
    char *keys = memory_format("%s/pki", data), *objects = memory_format("%s/store", data);
    remove_tree(data);
    if (loop_create_real(&loop, &err) < 0)
        die("loop", err.message);
    const struct pki_options options = { .directory = keys, .now = loop_now(loop) };
    double began = bench_seconds();
    for (enum part part = PART_KEYS; part <= PART_KEYS_AGAIN; part++) {
        if (pki_open(&options, &pki, &err) < 0 || pki_settle(&pki, &err) < 0)
            die("keys", err.message);
        spans[part][round] = since(&began);
        pki_fini(&pki);
    }
    began = bench_seconds();
    if (store_open_lmdb(loop, objects, &store, &err) < 0)
        die("store", err.message);
    spans[PART_STORE][round] = since(&began);
    serve_once(loop, store);
    spans[PART_OBJECTS][round] = since(&began);
    serve_once(loop, store);
    spans[PART_OBJECTS_AGAIN][round] = since(&began);
    store_close(store);
    loop_run(loop);
    loop_destroy(loop);
    free(keys);
    free(objects);
    free(data);
}

int main(void)
{
    static const char *const names[PARTS] = { "  make keys and certificates", "  read them again", "  open a new store",
                                              "  make the first objects, durably", "  find them all there" };
    double fresh[ROUNDS], again[ROUNDS], fresh_cpu[ROUNDS], again_cpu[ROUNDS], floor[ROUNDS], etcd[ROUNDS],
        synced[ROUNDS], parts[PARTS][ROUNDS];
    struct bench bench = { .tls = SSL_CTX_new(TLS_client_method()) };
    const char *build = getenv("BENCH_BUILD");
    bench.program = memory_format("%s/coracle", build != NULL ? build : "build");
    const char *where = getenv("BENCH_DIR");
    snprintf(bench.directory, sizeof(bench.directory), "%s/coracle-start-bench-XXXXXX",
             where != NULL ? where : "/var/tmp");
    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(bench.directory) == NULL)
        die("directory", bench.directory);
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child;
        char *data = memory_format("%s/data", bench.directory);
        remove_tree(data);
        fresh[i] = start_server(&bench, &child);
        fresh_cpu[i] = cpu_of(child);
        floor[i] = least(&bench);
        end(child);
        again[i] = start_server(&bench, &child);
        again_cpu[i] = cpu_of(child);
        end(child);
        etcd[i] = i < 3 ? start_etcd(&bench) : etcd[0];
        synced[i] = sync_one(&bench);
        measure_parts(&bench, i, parts);
        free(data);
    }
    double floor_median = bench_median(floor, ROUNDS), etcd_median = bench_median(etcd, 3);
    double fresh_median = bench_median(fresh, ROUNDS), again_median = bench_median(again, ROUNDS);
    double synced_median = bench_median(synced, ROUNDS);
    report("cold start, new data directory", fresh_median, "ms", "exec + TLS request", floor_median, "<= 30");
    report("cold start, old data directory", again_median, "ms", "exec + TLS request", floor_median, "<= 30");
    report("cold start, new data directory", fresh_median, "ms", "etcd, until healthy", etcd_median, "");
    report("  CPU that it uses", bench_median(fresh_cpu, ROUNDS), "ms", "with an old directory",
           bench_median(again_cpu, ROUNDS), "");
    for (enum part part = 0; part < PARTS; part++)
        report(names[part], bench_median(parts[part], ROUNDS), "ms", "one new file on disk", synced_median, "");
    SSL_CTX_free(bench.tls);
    free(bench.program);
    remove_tree(bench.directory);
    return 0;
}
