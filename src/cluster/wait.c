/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/wait.h"

#include <fcntl.h>
#include <stdio.h>
#include <yyjson.h>

#include "base/buffer.h"
#include "base/system/file.h"
#include "crypto/tls.h"
#include "loop/loop.h"
#include "net/http.h"

#define RETRY_DELAY   (10 * USEC_PER_MSEC)
#define LINE_MAX_SIZE ((size_t)4 << 20) /* one watch event */
#define LOG_MAX       ((size_t)1 << 20)

enum phase { PHASE_API, PHASE_NODES };

struct waiting {
    const struct cluster_wait_options *options;
    enum phase phase;
    const char *path;
    struct loop *loop;
    struct http_client *http;
    struct http_request *request;
    struct loop_timer retry;
    struct loop_timer deadline;
    struct loop_poll *supervisor;
    struct buffer body;
    int status;
    bool ready[CLUSTER_NODES_MAX];
    int rc;
    struct error *err;
};

static void ask(struct waiting *waiting);

static void finish(struct waiting *waiting, int rc)
{
    waiting->rc = rc;
    loop_stop(waiting->loop);
}

static int64_t count_ready(const struct waiting *waiting)
{
    int64_t count = 0;
    for (int64_t i = 0; i < waiting->options->layout->nodes; i++)
        count += waiting->ready[i];
    return count;
}

static bool node_is_ready(yyjson_val *node)
{
    yyjson_val *conditions = yyjson_obj_get(yyjson_obj_get(node, "status"), "conditions");
    for (size_t i = 0; i < yyjson_arr_size(conditions); i++) {
        yyjson_val *condition = yyjson_arr_get(conditions, i);
        if (yyjson_equals_str(yyjson_obj_get(condition, "type"), "Ready"))
            return yyjson_equals_str(yyjson_obj_get(condition, "status"), "True");
    }
    return false;
}

static void node_event(struct waiting *waiting, struct str line)
{
    yyjson_doc *doc = yyjson_read(line.data, line.size, 0);
    yyjson_val *node = yyjson_obj_get(yyjson_doc_get_root(doc), "object");
    const char *name = yyjson_get_str(yyjson_obj_get(yyjson_obj_get(node, "metadata"), "name"));
    for (int64_t i = 0; name != NULL && i < waiting->options->layout->nodes; i++) {
        char expected[32];
        cluster_node_name(i, expected);
        if (strcmp(expected, name) == 0)
            waiting->ready[i] = node_is_ready(node);
    }
    yyjson_doc_free(doc);
    int64_t ready = count_ready(waiting);
    if (waiting->options->nodes_ready != NULL)
        waiting->options->nodes_ready(waiting->options->context, ready);
    if (ready == waiting->options->layout->nodes)
        finish(waiting, 0);
}

static void on_response(void *context, int status, const struct http_headers *headers)
{
    struct waiting *waiting = context;
    (void)headers;
    waiting->status = status;
}

static void on_body(void *context, struct str bytes)
{
    struct waiting *waiting = context;
    buffer_append_str(&waiting->body, bytes);
    if (waiting->phase != PHASE_NODES || waiting->status != 200)
        return;
    for (size_t end = 0; (end = str_find(buffer_str(&waiting->body), '\n')) < waiting->body.size;) {
        node_event(waiting, (struct str){ waiting->body.data, end });
        buffer_consume(&waiting->body, end + 1);
    }
}

static void api_answers(struct waiting *waiting)
{
    if (waiting->options->api_ready != NULL)
        waiting->options->api_ready(waiting->options->context);
    waiting->phase = PHASE_NODES;
    waiting->path = "/api/v1/nodes?watch=true";
    loop_timer_start(waiting->loop, &waiting->deadline, waiting->options->timeout_seconds * USEC_PER_SEC);
    ask(waiting);
}

static void on_done(void *context, int rc, const struct error *err)
{
    struct waiting *waiting = context;
    waiting->request = NULL;
    (void)err;
    if (waiting->phase == PHASE_API && rc == 0 && waiting->status == 200) {
        api_answers(waiting);
    } else {
        loop_timer_start(waiting->loop, &waiting->retry, RETRY_DELAY);
    }
}

static void ask(struct waiting *waiting)
{
    static const struct http_request_events events = { .response = on_response, .body = on_body, .done = on_done };
    const struct http_request_options options = { .method = "GET", .path = waiting->path };
    waiting->status = 0;
    buffer_clear(&waiting->body);
    waiting->request = http_request_start(waiting->http, &options, &events, waiting);
}

static void retry_due(struct loop_timer *timer)
{
    ask(container_of(timer, struct waiting, retry));
}

static void deadline_due(struct loop_timer *timer)
{
    struct waiting *waiting = container_of(timer, struct waiting, deadline);
    const struct cluster_layout *layout = waiting->options->layout;
    char logs[CLUSTER_PATH_MAX];
    cluster_run_path(layout, logs, "logs");
    if (waiting->phase == PHASE_NODES)
        error_set(waiting->err, ERROR_TIMEOUT, "only %lld of %lld nodes are Ready; %s/ says why",
                  (long long)count_ready(waiting), (long long)layout->nodes, logs);
    else
        error_set(waiting->err, ERROR_TIMEOUT, "the API server does not answer; %s/server.log says why", logs);
    finish(waiting, -ERROR_TIMEOUT);
}

static void supervisor_ended(void *context, int events)
{
    struct waiting *waiting = context;
    char path[CLUSTER_PATH_MAX];
    auto_buffer struct buffer log = { .max = LOG_MAX };
    struct str last = { 0 }, rest, line;
    (void)events;
    cluster_run_path(waiting->options->layout, path, "logs/supervisor.log");
    if (file_read(AT_FDCWD, path, LOG_MAX, &log, NULL) == 0)
        for (rest = buffer_str(&log); str_next(&rest, '\n', &line);)
            last = line.size > 0 ? line : last;
    finish(waiting, error_set(waiting->err, ERROR_UNAVAILABLE, "the cluster's supervisor ended; %s says: " STR_FMT,
                              path, STR_ARG(last)));
}

static int watch_supervisor(struct waiting *waiting, struct error *err)
{
    int rc = loop_poll_open(waiting->loop, waiting->options->supervisor, supervisor_ended, waiting,
                            &waiting->supervisor, err);
    if (rc == 0)
        loop_poll_want(waiting->supervisor, LOOP_READABLE);
    return rc;
}

static int open_http(struct waiting *waiting, struct error *err)
{
    const struct tls_options tls_options = {
        .certificate_pem = waiting->options->certificate,
        .key_pem = waiting->options->key,
        .ca_pem = waiting->options->ca,
    };
    struct tls_context *tls = NULL;
    char address[64];
    snprintf(address, sizeof(address), "tcp:127.0.0.1:%lld", (long long)waiting->options->layout->api_port);
    int rc = tls_context_create(&tls_options, &tls, err);
    if (rc < 0)
        return rc;
    const struct http_client_options options = {
        .target = { .address = address, .network_namespace = -1, .tls = tls },
        .limits = { .body_bytes = LINE_MAX_SIZE },
    };
    waiting->http = http_client_create(waiting->loop, &options);
    tls_context_unref(tls);
    return 0;
}

static int run(struct waiting *waiting, struct error *err)
{
    waiting->err = err;
    waiting->retry.callback = retry_due;
    waiting->deadline.callback = deadline_due;
    waiting->body.max = LINE_MAX_SIZE;
    int rc = loop_create_real(&waiting->loop, err);
    if (rc < 0)
        return rc;
    rc = open_http(waiting, err);
    if (rc == 0)
        rc = watch_supervisor(waiting, err);
    if (rc == 0) {
        loop_timer_start(waiting->loop, &waiting->deadline, waiting->options->timeout_seconds * USEC_PER_SEC);
        ask(waiting);
        loop_run(waiting->loop);
        rc = waiting->rc;
        loop_timer_stop(&waiting->retry);
        loop_timer_stop(&waiting->deadline);
        http_request_cancel(waiting->request);
    }
    loop_poll_close(waiting->supervisor);
    http_client_destroy(waiting->http);
    loop_destroy(waiting->loop);
    return rc;
}

int cluster_wait(const struct cluster_wait_options *options, struct error *err)
{
    struct waiting waiting = { .options = options, .phase = PHASE_API, .path = "/readyz" };
    int rc = run(&waiting, err);
    buffer_fini(&waiting.body);
    return rc;
}
