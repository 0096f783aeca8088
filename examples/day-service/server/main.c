/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* day-service - a small web service, the way teams write them: configured by environment and a mounted file,
 * with a health page, and with a client mode so that a pod can call another one without a shell.
 *
 *   day-service                     serves on $PORT (default 8080)
 *   day-service call URL [COUNT]    fetches the page COUNT times, a line each; exit 1 when one fails
 *
 * GET /health  {"status":"healthy"}         GET /  its configuration and which pod answers */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REQUEST_MAX = 4096, FILE_MAX = 4096, IO_SECONDS = 5 };

static volatile sig_atomic_t stopping;

static void on_terminate(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* The text as the inside of a JSON string. */
static void escape(const char *text, char *out, size_t size)
{
    size_t at = 0;
    for (; *text != '\0' && at + 7 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            at += (size_t)snprintf(out + at, size - at, "\\%c", c);
        else if (c < 0x20)
            at += (size_t)snprintf(out + at, size - at, "\\u%04x", c);
        else
            out[at++] = (char)c;
    }
    out[at] = '\0';
}

static void read_mounted(const char *path, char *out, size_t size)
{
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    size_t length = fread(out, 1, size - 1, file);
    out[length] = '\0';
    out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

static int page_configuration(char *out, size_t size)
{
    char host[128] = "", mounted[FILE_MAX], escaped[FILE_MAX * 2], secret[FILE_MAX];
    gethostname(host, sizeof(host) - 1);
    read_mounted(environment("CONFIG_FILE", "/etc/day-service/LOG_LEVEL"), mounted, sizeof(mounted));
    escape(mounted, escaped, sizeof(escaped));
    read_mounted(environment("SECRET_FILE", "/etc/day-secret/token"), secret, sizeof(secret));
    return snprintf(out, size,
                    "{\"service\":\"day-service\",\"version\":\"%s\",\"pod\":\"%s\",\"node\":\"%s\",\"logLevel\":\"%s\","
                    "\"mountedLogLevel\":\"%s\",\"port\":\"%s\",\"secretBytes\":%zu}\n",
                    environment("VERSION", "unknown"), host, environment("NODE_NAME", ""), environment("LOG_LEVEL", ""),
                    escaped, environment("PORT", "8080"), strlen(secret));
}

static void set_timeouts(int fd)
{
    struct timeval limit = { .tv_sec = IO_SECONDS };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

static void answer(int fd, const char *path)
{
    char body[FILE_MAX * 4], head[256];
    int status = 200, length = 0;
    if (strcmp(path, "/health") == 0) {
        length = snprintf(body, sizeof(body), "{\"status\":\"healthy\"}\n");
    } else if (strcmp(path, "/") == 0) {
        length = page_configuration(body, sizeof(body));
    } else {
        status = 404;
        length = snprintf(body, sizeof(body), "{\"error\":\"no such page\"}\n");
    }
    int head_length = snprintf(head, sizeof(head),
                               "HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
                               "connection: close\r\n\r\n",
                               status, status == 200 ? "OK" : "Not Found", length);
    if (send_all(fd, head, (size_t)head_length) == 0)
        send_all(fd, body, (size_t)length);
    if (strcmp(path, "/health") != 0)
        printf("GET %s %d\n", path, status);
}

static void *serve_connection(void *argument)
{
    int fd = (int)(long)argument;
    char request[REQUEST_MAX + 1], path[256];
    size_t size = 0;
    set_timeouts(fd);
    while (size < REQUEST_MAX) {
        ssize_t received = recv(fd, request + size, REQUEST_MAX - size, 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            break;
        size += (size_t)received;
        request[size] = '\0';
        if (strstr(request, "\r\n\r\n") == NULL)
            continue;
        if (sscanf(request, "GET %255s HTTP/", path) == 1)
            answer(fd, path);
        break;
    }
    close(fd);
    return NULL;
}

static int serve(void)
{
    int port = atoi(environment("PORT", "8080"));
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1, no = 0;
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port) };
    if (fd >= 0)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0) {
        fprintf(stderr, "day-service: port %d: %s\n", port, strerror(errno));
        return 1;
    }
    printf("day-service %s listens on port %d\n", environment("VERSION", "unknown"), port);
    while (!stopping) {
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0)
            continue;
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve_connection, (void *)(long)connection) != 0)
            close(connection);
        else
            pthread_detach(thread);
    }
    printf("day-service stops\n");
    return 0;
}

/* Splits http://host[:port]/path; the parts are NUL-terminated in place. */
static int split_url(char *url, char **ret_host, char **ret_port, char **ret_path)
{
    static char default_port[] = "80", root[] = "";
    if (strncmp(url, "http://", 7) != 0)
        return -1;
    *ret_host = url + 7;
    *ret_path = strchr(*ret_host, '/');
    if (*ret_path != NULL)
        *(*ret_path)++ = '\0';
    else
        *ret_path = root;
    *ret_port = strchr(*ret_host, ':');
    if (*ret_port != NULL)
        *(*ret_port)++ = '\0';
    else
        *ret_port = default_port;
    return 0;
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc != 0) {
        fprintf(stderr, "day-service: %s: %s\n", host, gai_strerror(rc));
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        set_timeouts(fd);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0)
        fprintf(stderr, "day-service: %s:%s: %s\n", host, port, strerror(errno));
    return fd;
}

static int call_once(const char *host, const char *port, const char *path)
{
    char response[FILE_MAX * 4 + 1], request[REQUEST_MAX];
    int fd = dial(host, port);
    if (fd < 0)
        return -1;
    int length = snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\nhost: %s\r\n\r\n", path, host);
    size_t size = 0;
    if (send_all(fd, request, (size_t)length) == 0) {
        ssize_t received = 0;
        while (size < sizeof(response) - 1 && (received = recv(fd, response + size, sizeof(response) - 1 - size, 0)) > 0)
            size += (size_t)received;
    }
    close(fd);
    response[size] = '\0';
    char *body = strstr(response, "\r\n\r\n");
    static const char good[] = "HTTP/1.1 200 ";
    if (body == NULL || size < sizeof(good) || memcmp(response, good, sizeof(good) - 1) != 0) {
        fprintf(stderr, "day-service: %s answered %.60s\n", host, size > 0 ? response : "nothing");
        return -1;
    }
    fputs(body + 4, stdout);
    return 0;
}

static int call(char *url, int count)
{
    char *host = NULL, *port = NULL, *path = NULL;
    if (split_url(url, &host, &port, &path) < 0) {
        fprintf(stderr, "day-service: '%s' is not an http:// URL\n", url);
        return 2;
    }
    int failures = 0;
    for (int i = 0; i < count; i++)
        failures += call_once(host, port, path) < 0;
    return failures > 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc >= 3 && strcmp(argv[1], "call") == 0)
        return call(argv[2], argc > 3 ? atoi(argv[3]) : 1);
    struct sigaction action = { .sa_handler = on_terminate }; /* no SA_RESTART: accept() must return */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    return serve();
}
