/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* http_bench - GETs of a 3 KB document over TLS and HTTP/2: our server (one loop) beside nginx (one worker) that serves
 * the same bytes from a file, both asked by h2load on the same cores, by turns. Skipped where nginx or h2load is not there. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/system/file.h"
#include "crypto/tls.h"
#include "crypto/x509.h"
#include "net/http.h"
#include "report.h"

#define SKIPPED       77 /* meson's exit code for it */
#define DOCUMENT_SIZE 3000
#define ROUNDS        3
#define OUR_PORT      21843
#define NGINX_PORT    21844

extern char **environ;

static const char *const alpn[] = { "h2", "http/1.1", NULL };

struct bench {
    char directory[64];
    int fd;
    struct buffer certificate, key;
    struct bytes *document;
    struct http_server *server;
    pid_t children[2]; /* ours, nginx */
};

static void die(const struct error *err)
{
    fprintf(stderr, "http_bench: %s\n", err->message);
    exit(1);
}

static bool installed(const char *program)
{
    char *command = memory_format("PATH=$PATH:/usr/sbin command -v %s > /dev/null", program);
    bool found = system(command) == 0;
    free(command);
    return found;
}

/* ---------------------------------------------------------------- ours */

static void on_request(void *context, struct http_exchange *exchange)
{
    struct bench *bench = context;
    static const struct http_header type = { { "content-type", 12 }, { "application/json", 16 } };
    http_respond(exchange, 200, &(struct http_headers){ &type, 1 }, bench->document);
}

static void on_accepted(void *context, struct stream *stream)
{
    http_server_serve(((struct bench *)context)->server, stream);
}

static void serve(struct bench *bench)
{
    static const struct http_handler handler = { .request = on_request };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct error err;
    struct loop *loop;
    struct tls_context *tls = NULL;
    struct listener *listener;
    struct tls_options options = { .server = true,
                                   .certificate_pem = buffer_str(&bench->certificate),
                                   .key_pem = buffer_str(&bench->key) };
    char *address = memory_format("tcp:127.0.0.1:%d", OUR_PORT);
    if (loop_create_real(&loop, &err) < 0 || tls_context_create(&options, &tls, &err) < 0)
        die(&err);
    bench->server = http_server_create(loop, &handler, bench, NULL);
    struct stream_target target = { .address = address, .tls = tls, .alpn = alpn };
    if (listener_open(loop, &target, on_accepted, bench, &listener, &err) < 0)
        die(&err);
    loop_run(loop);
    exit(0);
}

/* ---------------------------------------------------------------- nginx */

static void start_nginx(struct bench *bench)
{
    struct error err;
    char *path = memory_format("%s/nginx.conf", bench->directory);
    char *text = memory_format("daemon off; master_process off; worker_processes 1; pid %1$s/pid; error_log %1$s/log;\n"
                               "events { worker_connections 1024; }\n"
                               "http { access_log off; keepalive_requests 100000000; client_body_temp_path %1$s/t;\n"
                               "proxy_temp_path %1$s/t; fastcgi_temp_path %1$s/t; uwsgi_temp_path %1$s/t;\n"
                               "scgi_temp_path %1$s/t; open_file_cache max=10;\n"
                               "server { listen 127.0.0.1:%2$d ssl http2; root %1$s;\n"
                               "ssl_certificate %1$s/tls.crt; ssl_certificate_key %1$s/tls.key; } }\n",
                               bench->directory, NGINX_PORT);
    if (file_write(bench->fd, "nginx.conf", str_of(text), 0644, &err) < 0)
        die(&err);
    const char *const argv[] = { "nginx", "-c", path, "-p", bench->directory, NULL };
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&bench->children[1], "nginx", &quiet, NULL, (char *const *)argv, environ) != 0)
        bench->children[1] = 0;
    posix_spawn_file_actions_destroy(&quiet);
    free(text);
    free(path);
}

/* ---------------------------------------------------------------- h2load */

/* Requests a second. */
static double ask(int port, int count, int clients, int streams)
{
    char *command = memory_format("h2load -n %d -c %d -m %d https://127.0.0.1:%d/document.json 2>&1", count, clients,
                                  streams, port);
    FILE *output = popen(command, "r");
    free(command);
    double rate = 0;
    char line[512];
    while (output != NULL && fgets(line, sizeof(line), output) != NULL) {
        const char *at = strstr(line, "finished in");
        at = at != NULL ? strchr(at, ',') : NULL;
        if (at != NULL)
            rate = strtod(at + 1, NULL);
        int failed = 0;
        if (strstr(line, "status codes:") != NULL && sscanf(line, "status codes: %d 2xx", &failed) == 1 &&
            failed != count)
            rate = 0;
    }
    if (output != NULL)
        pclose(output);
    return rate;
}

static void wait_for(int port)
{
    for (int i = 0; i < 50 && ask(port, 1, 1, 1) == 0; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

static void compare(const char *what, int count, int clients, int streams, const char *budget)
{
    double ours[ROUNDS], peers[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = ask(OUR_PORT, count, clients, streams);
        peers[i] = ask(NGINX_PORT, count, clients, streams);
    }
    report(what, bench_median(ours, ROUNDS), "/s", "nginx, 1 worker", bench_median(peers, ROUNDS), budget);
}

static void prepare(struct bench *bench)
{
    struct error err;
    snprintf(bench->directory, sizeof(bench->directory), "/tmp/coracle-http-bench-%d", (int)getpid());
    if (file_make_directories(AT_FDCWD, bench->directory, 0755, &err) < 0)
        die(&err);
    bench->fd = open(bench->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bench->document = bytes_create(NULL, DOCUMENT_SIZE);
    memset(bench->document->data, 'j', DOCUMENT_SIZE);
    usec_t now = (usec_t)time(NULL) * USEC_PER_SEC, day = 86400 * USEC_PER_SEC;
    struct x509_authority *authority;
    static const char *const names[] = { "localhost", NULL };
    struct x509_template what = { .common_name = "bench",
                                  .dns_names = names,
                                  .usages = X509_USAGE_SERVER,
                                  .not_before = now - day,
                                  .not_after = now + day };
    if (x509_authority_create("bench-ca", now - day, now + day, &authority, &err) < 0 ||
        x509_issue(authority, &what, &bench->certificate, &bench->key, &err) < 0 ||
        file_write(bench->fd, "tls.crt", buffer_str(&bench->certificate), 0644, &err) < 0 ||
        file_write(bench->fd, "tls.key", buffer_str(&bench->key), 0644, &err) < 0 ||
        file_write(bench->fd, "document.json", bytes_str(bench->document), 0644, &err) < 0)
        die(&err);
    x509_authority_destroy(authority);
}

static void finish(struct bench *bench)
{
    struct error err;
    for (size_t i = 0; i < countof(bench->children); i++) {
        if (bench->children[i] <= 0)
            continue;
        kill(bench->children[i], SIGKILL);
        waitpid(bench->children[i], NULL, 0);
    }
    close(bench->fd);
    if (file_remove_tree(AT_FDCWD, bench->directory, &err) < 0)
        die(&err);
    buffer_fini(&bench->certificate);
    buffer_fini(&bench->key);
    bytes_unref(bench->document);
}

int main(void)
{
    if (!installed("nginx") || !installed("h2load")) {
        puts("http_bench: needs nginx and h2load");
        return SKIPPED;
    }
    struct bench bench = { 0 };
    prepare(&bench);
    bench.children[0] = fork();
    if (bench.children[0] == 0)
        serve(&bench);
    start_nginx(&bench);
    wait_for(OUR_PORT);
    wait_for(NGINX_PORT);
    compare("library: 3 KB, TLS, h2, 8 x 32 streams", 60000, 8, 32, "ratio >= 0.7");
    compare("library: 3 KB, TLS, h2, 1 x 32 streams", 30000, 1, 32, "ratio >= 0.7");
    compare("library: 3 KB, TLS, h2, one stream", 8000, 1, 1, "");
    finish(&bench);
    return 0;
}
