/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loaded_server.h - an API server in a child process that holds as many objects as its parent says.
 *
 * Memory store, so that loading takes no disk; a real TLS listener. Everybody may do everything: what is measured
 * is not who asks. Errors end the bench. */
#ifndef BENCH_LOADED_SERVER_H
#define BENCH_LOADED_SERVER_H

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apiserver/apiserver.h"
#include "base/memory.h"
#include "crypto/tls.h"
#include "crypto/x509.h"
#include "generated/types.h"
#include "report.h"

enum { LOADED_PORT = 21871 };

struct loaded_server {
    pid_t pid;
    int control; /* our end */
};

/* What the parent asks for; the answer is one byte when all of it is written. */
struct loaded_command {
    enum { LOADED_CREATE_PODS, LOADED_UPDATE_POD, LOADED_UPDATE_CONFIG } kind;
    uint32_t first, count; /* pods, or versions of the one pod or ConfigMap */
};

static inline void loaded_die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* ---------------------------------------------------------------- objects */

/* A running pod of 1.7 KB, as a cluster's store has it. */
static inline struct bytes *loaded_pod(uint32_t number, uint32_t version)
{
    char *text = memory_format(
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web-7c6b9f8d5-%06u\",\"generateName\":"
        "\"web-7c6b9f8d5-\",\"namespace\":\"ns-%u\",\"uid\":\"0f8fad5b-d9cb-469f-a165-%012u\",\"generation\":%u,"
        "\"creationTimestamp\":\"2026-11-21T12:00:00Z\",\"labels\":{\"app\":\"web-%u\",\"pod-template-hash\":"
        "\"7c6b9f8d5\"},\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":"
        "\"web-7c6b9f8d5\",\"uid\":\"7c9e6679-7425-40de-944b-%012u\",\"controller\":true,\"blockOwnerDeletion\":"
        "true}]},\"spec\":{\"containers\":[{\"name\":\"server\",\"image\":\"example/web:1\",\"ports\":[{\"name\":"
        "\"http\",\"containerPort\":8080,\"protocol\":\"TCP\"}],\"resources\":{\"limits\":{\"memory\":\"64Mi\"},"
        "\"requests\":{\"cpu\":\"10m\",\"memory\":\"64Mi\"}},\"terminationMessagePath\":\"/dev/termination-log\","
        "\"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":\"IfNotPresent\"}],\"restartPolicy\":\"Always\","
        "\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\",\"nodeName\":\"node-%u\","
        "\"securityContext\":{},\"schedulerName\":\"default-scheduler\",\"priority\":0},\"status\":{\"phase\":"
        "\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastProbeTime\":null,"
        "\"lastTransitionTime\":\"2026-11-21T12:00:02Z\"}],\"hostIP\":\"10.0.0.11\",\"podIP\":\"10.42.1.5\","
        "\"startTime\":\"2026-11-21T12:00:00Z\",\"containerStatuses\":[{\"name\":\"server\",\"state\":{\"running\":{"
        "\"startedAt\":\"2026-11-21T12:00:01Z\"}},\"lastState\":{},\"ready\":true,\"restartCount\":0,\"image\":"
        "\"example/web:1\",\"imageID\":\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
        "\"containerID\":\"containerd://0123456789abcdef0123456789abcdef0123456789abcdef%016u\",\"started\":true}],"
        "\"qosClass\":\"Burstable\"}}",
        number, number / 1000, number, version, number / 100, number / 100, number % 5000, number);
    struct bytes *bytes = bytes_create(text, strlen(text));
    free(text);
    return bytes;
}

static inline struct bytes *loaded_config(uint32_t version)
{
    static char filler[900];
    memset(filler, 'x', sizeof(filler) - 1);
    char *text = memory_format("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"told\","
                               "\"namespace\":\"ns-0\",\"uid\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"},"
                               "\"data\":{\"version\":\"%u\",\"text\":\"%s\"}}",
                               version, filler);
    struct bytes *bytes = bytes_create(text, strlen(text));
    free(text);
    return bytes;
}

/* ---------------------------------------------------------------- the child */

struct loaded_child {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    int control;
    size_t pending;
};

struct loaded_put {
    struct store_write write;
    struct loaded_child *child;
    char key[96];
};

static void loaded_put_done(struct store_write *write)
{
    struct loaded_put *put = container_of(write, struct loaded_put, write);
    if (write->rc < 0)
        loaded_die("write", write->err.message);
    if (--put->child->pending == 0 && send(put->child->control, "k", 1, 0) != 1)
        exit(1);
    free(put);
}

static void loaded_put_start(struct loaded_child *child, enum store_operation operation, const char *key,
                             struct bytes *value)
{
    struct loaded_put *put = memory_new(struct loaded_put);
    put->child = child;
    snprintf(put->key, sizeof(put->key), "%s", key);
    put->write = (struct store_write){
        .operation = operation, .key = str_of(put->key), .value = value, .done = loaded_put_done
    };
    store_write_start(child->store, &put->write);
    bytes_unref(value);
}

static void loaded_command_arrived(void *context, int events)
{
    struct loaded_child *child = context;
    struct loaded_command command;
    char key[96];
    (void)events;
    if (recv(child->control, &command, sizeof(command), 0) != (ssize_t)sizeof(command))
        exit(0);
    child->pending = command.count;
    for (uint32_t i = command.first; i < command.first + command.count; i++) {
        uint32_t pod = command.kind == LOADED_UPDATE_POD ? 0 : i;
        bool creates = command.kind == LOADED_CREATE_PODS || i == 0;
        if (command.kind == LOADED_UPDATE_CONFIG)
            snprintf(key, sizeof(key), "/registry/configmaps/ns-0/told");
        else
            snprintf(key, sizeof(key), "/registry/pods/ns-%u/web-7c6b9f8d5-%06u", pod / 1000, pod);
        loaded_put_start(child, creates ? STORE_CREATE : STORE_UPDATE, key,
                         command.kind == LOADED_UPDATE_CONFIG ? loaded_config(i) : loaded_pod(pod, creates ? 1 : i));
    }
}

static inline void loaded_serve(struct loaded_child *child)
{
    static const char *const alpn[] = { "h2", "http/1.1", NULL };
    struct error err = { 0 };
    auto_buffer struct buffer certificate = { 0 }, key = { 0 };
    struct tls_context *tls = NULL;
    struct x509_authority *authority = NULL;
    struct loop_poll *poll = NULL;
    usec_t now = (usec_t)time(NULL) * USEC_PER_SEC, day = 86400 * USEC_PER_SEC;
    const struct x509_template what = {
        .common_name = "bench", .usages = X509_USAGE_SERVER, .not_before = now - day, .not_after = now + day
    };
    if (x509_authority_create("bench-ca", now - day, now + day, &authority, &err) < 0 ||
        x509_issue(authority, &what, &certificate, &key, &err) < 0)
        loaded_die("certificate", err.message);
    const struct tls_options tls_options = { .server = true,
                                             .certificate_pem = buffer_str(&certificate),
                                             .key_pem = buffer_str(&key) };
    char address[64];
    snprintf(address, sizeof(address), "tcp:127.0.0.1:%d", LOADED_PORT);
    if (tls_context_create(&tls_options, &tls, &err) < 0 || loop_create_real(&child->loop, &err) < 0 ||
        store_open_memory(child->loop, &child->store, &err) < 0)
        loaded_die("server", err.message);
    const struct stream_target listen = { .address = address, .network_namespace = -1, .tls = tls, .alpn = alpn };
    const struct api_server_options options = { .loop = child->loop,
                                                .store = child->store,
                                                .listen = &listen,
                                                .n_listen = 1,
                                                .anonymous = true,
                                                .authorization = AUTHORIZATION_ALWAYS_ALLOW };
    if (api_server_create(&options, &child->server, &err) < 0 || api_server_start(child->server, &err) < 0 ||
        loop_poll_open(child->loop, child->control, loaded_command_arrived, child, &poll, &err) < 0)
        loaded_die("server", err.message);
    loop_poll_want(poll, LOOP_READABLE);
    if (send(child->control, "k", 1, 0) != 1)
        exit(1);
    loop_run(child->loop);
    exit(0);
}

/* ---------------------------------------------------------------- the parent */

static inline void loaded_server_wait(const struct loaded_server *server)
{
    char done;
    if (recv(server->control, &done, 1, 0) != 1)
        loaded_die("server", "ended");
}

static inline void loaded_server_start(struct loaded_server *server)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
        loaded_die("socketpair", "failed");
    server->pid = fork();
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        close(ends[0]);
        struct loaded_child child = { .control = ends[1] };
        loaded_serve(&child);
    }
    close(ends[1]);
    server->control = ends[0];
    loaded_server_wait(server);
}

static inline void loaded_server_begin(const struct loaded_server *server, int kind, uint32_t first, uint32_t count)
{
    const struct loaded_command command = { .kind = kind, .first = first, .count = count };
    if (send(server->control, &command, sizeof(command), 0) != (ssize_t)sizeof(command))
        loaded_die("server", "ended");
}

static inline void loaded_server_add_pods(const struct loaded_server *server, uint32_t first, uint32_t count)
{
    enum { AT_ONCE = 10000 };
    for (uint32_t i = 0; i < count; i += AT_ONCE) {
        loaded_server_begin(server, LOADED_CREATE_PODS, first + i, count - i < AT_ONCE ? count - i : AT_ONCE);
        loaded_server_wait(server);
    }
}

static inline void loaded_server_stop(struct loaded_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->control);
}

static inline double loaded_server_rss(const struct loaded_server *server) /* bytes */
{
    char path[64];
    long total = 0, resident = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)server->pid);
    FILE *file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%ld %ld", &total, &resident) != 2)
        loaded_die(path, "cannot be read");
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* Seconds that its threads ran, in user and system mode: what a busy machine does not change. */
static inline double loaded_server_cpu(const struct loaded_server *server)
{
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(server->pid, &clock) != 0 || clock_gettime(clock, &time) < 0)
        loaded_die("processor time", "cannot be read");
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Of readers that take several records with one call of the system, as the server sends them. */
static inline SSL_CTX *loaded_tls(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_default_read_buffer_len(tls, (size_t)64 << 10);
    return tls;
}

/* A TLS connection whose bytes are read blocking; HTTP/1.1. */
static inline SSL *loaded_connect(SSL_CTX *tls, int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SSL *ssl = SSL_new(tls);
    SSL_set_fd(ssl, fd);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || SSL_connect(ssl) != 1)
        loaded_die("connect", "failed");
    return ssl;
}

static inline void loaded_disconnect(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
}

/* Until what came last has the text; the bytes read. Looking through all of it would take longer than the server does. */
static inline size_t loaded_read_until(SSL *ssl, const char *text)
{
    enum { LAST = 2400 };
    static char bytes[1 << 16];
    size_t size = strlen(text), there = 0, total = 0;
    for (;;) {
        int got = SSL_read(ssl, bytes + there, (int)(sizeof(bytes) - there));
        if (got <= 0)
            loaded_die("answer", "ended too early");
        total += (size_t)got;
        there += (size_t)got;
        size_t tail = there < LAST ? there : LAST;
        memmove(bytes, bytes + there - tail, tail);
        there = tail;
        if (memmem(bytes, there, text, size) != NULL)
            return total;
    }
}

static inline void loaded_get(SSL *ssl, const char *path)
{
    char request[512];
    int size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n", path);
    if (SSL_write(ssl, request, size) != size)
        loaded_die(path, "cannot be asked for");
}

#endif
