/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* logs.c - /containerLogs: a container's log as text, from the end or the start, followed or not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "node/kubelet/server/container_log.h"
#include "node/kubelet/server/internal.h"

#define BLOCK         65536
#define FOLLOW_PERIOD (100 * USEC_PER_MSEC)
#define LINE_MAX_SIZE ((size_t)1 << 20) /* runtimes cut at 16 KiB */
#define ROUND_MAX     ((size_t)1 << 20) /* read in one turn of the loop */

/* One answer being written. */
struct log_reader {
    struct list_node node; /* in server.log_readers */
    struct kubelet_server *server;
    struct http_exchange *exchange;
    struct loop_timer timer;
    int fd;
    struct buffer pending; /* what is not a whole line yet */
    char uid[64];
    char container_id[128];
    char path[1024];
    bool follow, timestamps, want_stdout, want_stderr, limited, mid_line;
    usec_t since;
    int64_t left; /* bytes, when limited */
};

static void reader_free(struct log_reader *reader)
{
    loop_timer_stop(&reader->timer);
    list_remove(&reader->node);
    buffer_fini(&reader->pending);
    close(reader->fd);
    free(reader);
}

static void reader_end(struct log_reader *reader)
{
    http_exchange_set_events(reader->exchange, NULL, NULL);
    http_response_end(reader->exchange);
    reader_free(reader);
}

static void append_line(struct log_reader *reader, struct str line, struct buffer *out)
{
    struct log_line parsed;
    if (!container_log_parse(line, &parsed) || parsed.moment < reader->since)
        return;
    if (parsed.is_stderr ? !reader->want_stderr : !reader->want_stdout)
        return;
    if (reader->timestamps && !reader->mid_line) {
        buffer_append_str(out, parsed.stamp);
        buffer_append_char(out, ' ');
    }
    buffer_append_str(out, parsed.text);
    if (!parsed.partial)
        buffer_append_char(out, '\n');
    reader->mid_line = parsed.partial;
}

/* Whole lines of what is pending, written out. False: back-pressure or the end by limitBytes (then the reader is gone). */
static bool write_lines(struct log_reader *reader, bool *ret_gone)
{
    auto_buffer struct buffer out = { .max = 4 * ROUND_MAX };
    struct str all = buffer_str(&reader->pending);
    size_t used = 0;
    for (;;) {
        struct str rest = str_skip(all, used);
        size_t end = str_find(rest, '\n');
        if (rest.size == 0 || end == rest.size)
            break;
        append_line(reader, (struct str){ rest.data, end }, &out);
        used += end + 1;
    }
    if (used == 0 && all.size > LINE_MAX_SIZE)
        used = all.size; /* not a log */
    buffer_consume(&reader->pending, used);
    bool cut = reader->limited && (int64_t)out.size >= reader->left;
    if (cut)
        buffer_truncate(&out, (size_t)reader->left);
    reader->left -= (int64_t)out.size;
    bool goes_on = true;
    if (out.size > 0) {
        struct bytes *bytes = bytes_create(out.data, out.size);
        goes_on = http_response_write(reader->exchange, bytes);
        bytes_unref(bytes);
    }
    *ret_gone = cut;
    if (cut)
        reader_end(reader);
    return goes_on && !cut;
}

static bool still_running(const struct log_reader *reader)
{
    const struct runtime_container *instance =
        pod_runtime_by_id(runtime_cache_get(reader->server->kubelet->runtime, reader->uid), reader->container_id);
    return instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING;
}

/* The log was put aside and begun anew: true when the reader now reads the new file. */
static bool reopen_rotated(struct log_reader *reader)
{
    struct stat ours, named;
    if (fstat(reader->fd, &ours) < 0 || stat(reader->path, &named) < 0 || ours.st_ino == named.st_ino)
        return false;
    int fd = open(reader->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    close(reader->fd);
    reader->fd = fd;
    return true;
}

static void read_more(struct log_reader *reader)
{
    bool running = still_running(reader); /* asked before reading: what it wrote last is then in the file */
    for (size_t total = 0; total < ROUND_MAX;) {
        char *space = buffer_reserve(&reader->pending, BLOCK);
        ssize_t n = space == NULL ? -1 : read(reader->fd, space, BLOCK);
        if (n == 0 && reader->follow && reopen_rotated(reader))
            continue;
        if (n <= 0) {
            if (n == 0 && reader->follow && running)
                loop_timer_start(reader->server->kubelet->loop, &reader->timer, FOLLOW_PERIOD);
            else
                reader_end(reader);
            return;
        }
        buffer_commit(&reader->pending, (size_t)n);
        total += (size_t)n;
        bool gone;
        if (!write_lines(reader, &gone))
            return; /* drained() goes on */
    }
    loop_timer_start(reader->server->kubelet->loop, &reader->timer, 0);
}

static void reader_due(struct loop_timer *timer)
{
    read_more(container_of(timer, struct log_reader, timer));
}

static void reader_closed(void *context)
{
    reader_free(context);
}

static void reader_drained(void *context)
{
    read_more(context);
}

static int64_t query_number(const struct server_request *request, const char *name, int64_t absent)
{
    int64_t value;
    const char *text = server_query(request, name, 0);
    return text != NULL && str_to_int64(str_of(text), &value) && value >= 0 ? value : absent;
}

static usec_t since_of(const struct server_request *request)
{
    int64_t seconds = query_number(request, "sinceSeconds", -1);
    const char *moment = server_query(request, "sinceTime", 0);
    usec_t since = 0;
    if (seconds >= 0)
        return loop_now(request->server->kubelet->loop) - seconds * USEC_PER_SEC;
    if (moment != NULL)
        time_parse(str_of(moment), &since);
    return since;
}

/* The instance whose log is meant; NULL: answered. */
static const struct runtime_container *find_instance(const struct server_request *request, struct pod_worker *worker,
                                                     size_t container)
{
    const char *name = pod_container(worker->pod, container)->name;
    const struct pod_runtime *runtime = pod_worker_runtime(worker);
    const struct runtime_container *newest = pod_runtime_newest(runtime, name);
    if (server_query_flag(request, "previous")) {
        const struct runtime_container *previous = pod_runtime_previous(runtime, name);
        if (newest != NULL && newest->state == CRI_CONTAINER_STATE_CONTAINER_EXITED && worker->planned &&
            worker->plan.backing_off[container])
            previous = newest; /* what is about to be replaced counts as the previous one */
        if (previous == NULL)
            server_respond_error(request->exchange, 400, "previous terminated container \"%s\" in pod \"%s\" not found",
                                 name, worker->pod->metadata.name);
        return previous;
    }
    if (newest == NULL || newest->state == CRI_CONTAINER_STATE_CONTAINER_CREATED) {
        const char *reason = worker->memos[container].reason;
        server_respond_error(request->exchange, 400, "container \"%s\" in pod \"%s\" is waiting to start: %s", name,
                             worker->pod->metadata.name, reason[0] != '\0' ? reason : "ContainerCreating");
        return NULL;
    }
    return newest;
}

void server_logs(const struct server_request *request)
{
    static const struct http_exchange_events events = { .closed = reader_closed, .drained = reader_drained };
    struct pod_worker *worker;
    size_t container;
    if (!server_find(request, &worker, &container))
        return;
    const struct runtime_container *instance = find_instance(request, worker, container);
    if (instance == NULL)
        return;
    int fd = open(text_or_empty(instance->log_path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        server_respond_error(request->exchange, 500, "failed to open the log of container \"%s\": %s", instance->name,
                             strerror(errno));
        return;
    }
    int64_t tail = query_number(request, "tailLines", -1), offset = 0;
    struct error err = { 0 };
    if ((tail >= 0 && container_log_tail_offset(fd, (uint64_t)tail, &offset, &err) < 0) ||
        lseek(fd, offset, SEEK_SET) < 0) {
        server_respond_error(request->exchange, 500, "%s", err.message);
        close(fd);
        return;
    }
    struct log_reader *reader = memory_new(struct log_reader);
    const char *stream = server_query(request, "stream", 0);
    *reader = (struct log_reader){
        .server = request->server,
        .exchange = request->exchange,
        .timer.callback = reader_due,
        .fd = fd,
        .pending.max = LINE_MAX_SIZE + 2 * BLOCK,
        .follow = server_query_flag(request, "follow"),
        .timestamps = server_query_flag(request, "timestamps"),
        .want_stdout = !text_equal(stream, "Stderr"),
        .want_stderr = !text_equal(stream, "Stdout"),
        .since = since_of(request),
        .left = query_number(request, "limitBytes", -1),
    };
    reader->limited = reader->left >= 0;
    snprintf(reader->uid, sizeof(reader->uid), "%s", worker->uid);
    snprintf(reader->path, sizeof(reader->path), "%s", instance->log_path);
    snprintf(reader->container_id, sizeof(reader->container_id), "%s", instance->id);
    list_append(&request->server->log_readers, &reader->node);
    const struct http_header header = { STR("content-type"), STR("text/plain") };
    http_exchange_set_events(request->exchange, &events, reader);
    http_response_begin(request->exchange, 200, &(struct http_headers){ &header, 1 });
    read_more(reader);
}

void server_logs_close(struct kubelet_server *server)
{
    struct log_reader *reader;
    list_for_each (&server->log_readers, reader, node) {
        http_exchange_set_events(reader->exchange, NULL, NULL);
        http_response_abort(reader->exchange);
        reader_free(reader);
    }
}
