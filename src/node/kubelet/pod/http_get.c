/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/http_get.h"

#include <ctype.h>

#include "base/memory.h"
#include "crypto/tls.h"
#include "net/http.h"

#define BODY_MAX     10240 /* of an answer, as upstream reads it */
#define HEADERS_MAX  64
#define REQUESTS_MAX 10

struct http_get {
    struct loop *loop;
    struct arena arena;
    void (*done)(void *context, const struct http_get_answer *answer);
    void *context;
    struct loop_task next; /* the following request or the answer, outside of whatever brought it */
    usec_t deadline;       /* monotonic */

    const char *first_host;
    struct location location;
    const char *custom_host; /* of the action's headers; NULL: none */
    struct http_header headers[HEADERS_MAX];
    size_t n_headers, n_given; /* the ones behind the given: a Referer of our own */
    bool refers;               /* the action gives a Referer itself */
    int n_requests;

    struct tls_context *tls;
    struct http_client *http;
    struct http_request *request;
    int status;
    const char *redirect; /* the Location of the answer; NULL: none that is to be followed */
    char body[HTTP_GET_BODY_MAX];
    size_t body_size;
    const char *error;
};

static void get_free(struct http_get *get)
{
    loop_cancel(get->loop, &get->next);
    http_request_cancel(get->request);
    http_client_destroy(get->http);
    tls_context_unref(get->tls);
    arena_fini(&get->arena);
    free(get);
}

static void fail(struct http_get *get, const char *why)
{
    get->status = 0;
    get->redirect = NULL;
    get->error = arena_format(&get->arena, "Get \"%s\": %.700s", location_url(&get->arena, &get->location), why);
    loop_defer(get->loop, &get->next);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void on_response(void *context, int status, const struct http_headers *headers)
{
    struct http_get *get = context;
    get->status = status;
    struct str where = http_header(headers, "location");
    get->redirect = is_redirect(status) && where.size > 0 ? arena_strndup(&get->arena, where.data, where.size) : NULL;
}

static void on_body(void *context, struct str bytes)
{
    struct http_get *get = context;
    size_t room = sizeof(get->body) - get->body_size;
    size_t size = bytes.size < room ? bytes.size : room;
    memcpy(get->body + get->body_size, bytes.data, size);
    get->body_size += size;
}

static void on_done(void *context, int rc, const struct error *err)
{
    struct http_get *get = context;
    get->request = NULL;
    if (get->status != 0)
        loop_defer(get->loop, &get->next);
    else if (rc == -ERROR_TIMEOUT)
        fail(get, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    else
        fail(get, rc < 0 && err != NULL ? err->message : "no answer");
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static void copy_headers(struct http_get *get, const struct api_http_get_action *action, const char *default_agent)
{
    bool agent = false, accept = false;
    for (size_t i = 0; i < action->n_http_headers && get->n_headers < HEADERS_MAX - 3; i++) {
        const char *name = lower(&get->arena, text_or_empty(action->http_headers[i].name));
        const char *value = arena_strdup(&get->arena, text_or_empty(action->http_headers[i].value));
        agent = agent || strcmp(name, "user-agent") == 0;
        accept = accept || strcmp(name, "accept") == 0;
        get->refers = get->refers || strcmp(name, "referer") == 0;
        if (strcmp(name, "host") == 0)
            get->custom_host = value;
        else
            get->headers[get->n_headers++] = (struct http_header){ str_of(name), str_of(value) };
    }
    if (!agent)
        get->headers[get->n_headers++] = (struct http_header){ STR("user-agent"), str_of(default_agent) };
    if (!accept)
        get->headers[get->n_headers++] = (struct http_header){ STR("accept"), STR("*/*") };
    get->n_given = get->n_headers;
}

static void start_request(struct http_get *get)
{
    static const struct http_request_events events = { .response = on_response, .body = on_body, .done = on_done };
    usec_t left = get->deadline - loop_monotonic(get->loop);
    get->n_requests++;
    get->status = 0;
    get->body_size = 0;
    if (left <= 0) {
        fail(get, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        return;
    }
    struct error err = { 0 };
    const struct tls_options tls = { .insecure_skip_verify = true };
    if (get->location.https && get->tls == NULL && tls_context_create(&tls, &get->tls, &err) < 0) {
        fail(get, err.message);
        return;
    }
    const char *authority = location_authority(&get->arena, &get->location);
    const struct http_client_options options = {
        .target = { .address = arena_format(&get->arena, "tcp:%s", authority),
                    .tls = get->location.https ? get->tls : NULL },
        .authority = get->custom_host != NULL ? get->custom_host : authority,
        .connect_timeout = left,
        .http1_only = true,
        .limits = { .body_bytes = BODY_MAX },
    };
    http_client_destroy(get->http);
    get->http = http_client_create(get->loop, &options);
    const struct http_request_options request = {
        .method = "GET", .path = get->location.path, .headers = { get->headers, get->n_headers }, .timeout = left
    };
    get->request = http_request_start(get->http, &request, &events, get);
}

/* A relative redirect keeps the Host that was asked for, an absolute one names its own; the page before becomes the Referer,
 * unless that would tell of a secret one. */
static void follow(struct http_get *get, const struct location *to, bool relative)
{
    get->n_headers = get->n_given;
    if (!get->refers && (!get->location.https || to->https))
        get->headers[get->n_headers++] =
            (struct http_header){ STR("referer"), str_of(location_url(&get->arena, &get->location)) };
    if (!relative)
        get->custom_host = NULL;
    get->location = *to;
    start_request(get);
}

static void answer(struct http_get *get)
{
    const struct http_get_answer result = { .status = get->status,
                                            .body = { get->body, get->body_size },
                                            .error = get->error };
    get->done(get->context, &result);
    get_free(get);
}

static void next_task(struct loop_task *task)
{
    struct http_get *get = container_of(task, struct http_get, next);
    const char *where = take_pointer(&get->redirect);
    struct location to;
    struct error err = { 0 };
    if (where == NULL) {
        answer(get);
    } else if (location_resolve(&get->arena, &get->location, str_of(where), &to, &err) < 0) {
        fail(get,
             err.code == -ERROR_UNSUPPORTED
                 ? err.message
                 : arena_format(&get->arena, "failed to parse Location header \"%.200s\": %s", where, err.message));
    } else if (strcmp(to.host, get->first_host) != 0) {
        answer(get);
    } else if (get->n_requests >= REQUESTS_MAX) {
        fail(get, "stopped after 10 redirects");
    } else {
        follow(get, &to, strstr(where, "://") == NULL);
    }
}

struct http_get *http_get_start(struct loop *loop, const struct http_get_options *options,
                                void (*done)(void *context, const struct http_get_answer *answer), void *context)
{
    struct http_get *get = memory_new(struct http_get);
    *get = (struct http_get){
        .loop = loop, .done = done, .context = context, .next.callback = next_task, .location = options->location
    };
    get->deadline = loop_monotonic(loop) + options->timeout;
    get->first_host = get->location.host = arena_strdup(&get->arena, options->location.host);
    const char *path = text_empty(options->action->path) ? "/" : options->action->path;
    get->location.path = arena_format(&get->arena, "%s%s", path[0] == '/' ? "" : "/", path);
    copy_headers(get, options->action, options->agent);
    start_request(get);
    return get;
}

void http_get_cancel(struct http_get *get)
{
    if (get != NULL)
        get_free(get);
}
