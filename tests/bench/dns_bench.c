/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* dns_bench - answers a second over loopback, and a second of the server's CPU, beside a server that only sends each
 * datagram back (the floor), in batches of the same size, asked by the same client. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/client_fake.h"
#include "generated/types.h"
#include "node/dns/dns.h"
#include "report.h"

#define BATCH    32
#define WINDOW   256
#define SECONDS  2.0
#define SERVICES 10000
#define PORT     21853

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void serve_dns(void)
{
    struct error err;
    struct loop *loop;
    if (loop_create_real(&loop, &err) < 0)
        exit(1);
    struct fake_server *server = fake_server_create(loop);
    struct informer_set *informers = informer_set_create(fake_server_client(server, "bench"));
    fake_server_put(server, &api_resource_namespace, "{\"metadata\":{\"name\":\"prod\"}}");
    for (int i = 0; i < SERVICES; i++) {
        char text[256];
        snprintf(
            text, sizeof(text),
            "{\"metadata\":{\"namespace\":\"prod\",\"name\":\"web-%04d\"},\"spec\":{\"clusterIP\":\"10.96.%d.%d\"}}", i,
            i / 250, i % 250 + 1);
        fake_server_put(server, &api_resource_service, text);
    }
    struct ip loopback = ip_v4(127, 0, 0, 1);
    struct dns *dns = dns_create(
        loop, informers,
        &(struct dns_options){
            .addresses = &loopback, .n_addresses = 1, .port = PORT, .network_namespace = -1, .keep_interface = true });
    if (dns_start(dns, &err) < 0) {
        fprintf(stderr, "dns_bench: %s\n", err.message);
        exit(1);
    }
    loop_run(loop);
    exit(0);
}

static void prepare(struct mmsghdr messages[BATCH], struct iovec vectors[BATCH], struct sockaddr_in names[BATCH],
                    char space[BATCH][512])
{
    memset(messages, 0, BATCH * sizeof(messages[0]));
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){ space[i], 512 };
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = names != NULL ? &names[i] : NULL;
        messages[i].msg_hdr.msg_namelen = names != NULL ? sizeof(names[i]) : 0;
    }
}

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 1 << 21;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    return fd;
}

static void serve_echo(void)
{
    static char space[BATCH][512];
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in names[BATCH], at = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    int fd = open_socket();
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        exit(1);
    for (;;) {
        prepare(messages, vectors, names, space);
        int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++)
            vectors[i].iov_len = messages[i].msg_len;
        if (count > 0 && sendmmsg(fd, messages, (unsigned)count, 0) < 0)
            exit(1);
    }
}

/* An A query for web-NNNN.prod.svc.cluster.local. */
static size_t make_query(unsigned number, char query[512])
{
    static const char head[12] = "\0\1\1\0\0\1\0\0\0\0\0\0", tail[] = "\4prod\3svc\7cluster\5local\0\0\1\0\1";
    memcpy(query, head, sizeof(head));
    int size = snprintf(query + 12, 500, "\10web-%04u", number % SERVICES);
    memcpy(query + 12 + size, tail, sizeof(tail) - 1);
    return 12 + (size_t)size + sizeof(tail) - 1;
}

/* Answers a second, with so many on their way at once; what is lost is given up after 20 ms. */
static double ask(void)
{
    static char queries[BATCH][512], answers[BATCH][512];
    struct mmsghdr out[BATCH], in[BATCH];
    struct iovec out_vectors[BATCH], in_vectors[BATCH];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = open_socket();
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        exit(1);
    unsigned number = 0;
    long sent = 0, got = 0, lost = 0;
    double begin = now();
    while (now() - begin < SECONDS) {
        while (sent - got - lost < WINDOW) {
            prepare(out, out_vectors, NULL, queries);
            for (int i = 0; i < BATCH; i++)
                out_vectors[i].iov_len = make_query(number++ * 7919, queries[i]);
            int count = sendmmsg(fd, out, BATCH, 0);
            sent += count > 0 ? count : 0;
            if (count <= 0)
                break;
        }
        struct pollfd readable = { fd, POLLIN, 0 };
        if (poll(&readable, 1, 20) <= 0) {
            lost = sent - got;
            continue;
        }
        prepare(in, in_vectors, NULL, answers);
        int count = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
        got += count > 0 ? count : 0;
    }
    close(fd);
    return (double)got / (now() - begin);
}

static double cpu_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static double measure(const char *name, void (*serve)(void))
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve();
    }
    nanosleep(&(struct timespec){ .tv_nsec = 600000000 }, NULL);
    double rate = ask();
    kill(child, SIGKILL);
    struct rusage usage;
    wait4(child, NULL, 0, &usage);
    double per_core = rate * SECONDS / cpu_seconds(&usage);
    printf("%s: %.0f answers/s with both sides on these cores, %.0f a second of its own CPU\n", name, rate, per_core);
    return per_core;
}

int main(void)
{
    double floor_rate = measure("a server that sends back", serve_echo);
    double ours = measure("cluster DNS", serve_dns);
    report("DNS answers per core, 10,000 services", ours, "/s", "UDP echo", floor_rate, ">= 150000");
    return 0;
}
