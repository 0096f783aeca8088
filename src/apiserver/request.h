/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* request.h - one question to the API, however it came: over HTTP or from inside the process.
 *
 * A front (http/front.c, direct_client.c) makes a request, says where the answer goes (struct
 * request_sink) and gives it to request_run(). It passes the filters of chain.c one after the
 * other and is answered exactly once, by one of the request_respond functions. The answer
 * ends the request, unless it is a watch or a stream.
 *
 * A request and its memory belong to one thread at a time: that of its front until request_run(), the server's from then
 * to the answer, the front's after request_depart() (http/handover.h). A front on the server's loop needs none of that. */
#ifndef APISERVER_REQUEST_H
#define APISERVER_REQUEST_H

#include "api/object.h"
#include "base/arena_pool.h"
#include "base/container/list.h"
#include "client/client.h"
#include "generated/types.h"
#include "net/http.h"

struct api_server;
struct request;
struct connect_target; /* connect.h */
struct registry;       /* registry.h: one served resource */

/* Who asks; set by the authentication filter or by the direct driver. Memory: the request's arena. */
struct user {
    const char *name; /* NULL: not authenticated yet; "system:anonymous" for nobody */
    const char *uid;
    const char **groups;
    size_t n_groups;
    struct user_extra {
        const char *key;
        const char **values;
        size_t n_values;
    } * extra;
    size_t n_extra;
};

bool user_in_group(const struct user *user, const char *group);

enum field_validation { FIELD_VALIDATION_IGNORE, FIELD_VALIDATION_WARN, FIELD_VALIDATION_STRICT };
enum body_format { BODY_NONE, BODY_JSON, BODY_YAML, BODY_PROTOBUF, BODY_TYPED };

/* The query's parameters, or what a direct call says instead. Strings are never NULL. */
struct request_options {
    const char *label_selector;
    const char *field_selector;
    const char *resource_version;
    const char *resource_version_match;
    const char *continue_;
    int64_t limit;
    int64_t timeout_seconds; /* of a watch; 0: not given */
    usec_t timeout;          /* of any other request; 0: not given */
    bool watch;
    bool allow_watch_bookmarks;
    bool *send_initial_events; /* NULL: not given */
    bool dry_run;
    enum field_validation field_validation;
    const char *field_manager;
    bool force;
    bool pretty;
    const struct api_delete_options *delete_options; /* NULL: not given */
};

/* An answer that is a list: references in the arena, given as they are iterated. */
struct request_list {
    const struct object **objects; /* references, dropped with the request's arena */
    size_t count;
    uint64_t revision;
    const char *continue_; /* "" at the end */
    int64_t *remaining;    /* NULL: not known */
};

/* Where the answer goes. Each is called at most once, and only one of them; afterwards the request belongs to the sink,
 * which ends it with request_destroy() when all is sent. */
struct request_sink {
    void (*object)(struct request *request, int status, const struct object *object);
    /* A document that is not a stored object: a Status, a Scale, a review. 'value' is in the request's arena. */
    void (*document)(struct request *request, int status, const struct api_kind *kind, const void *value);
    void (*list)(struct request *request, const struct request_list *list);
    /* The watch is open: its events are to be taken from request->watch (watch.h). */
    void (*watch)(struct request *request);
    void (*text)(struct request *request, int status, const char *content_type, struct str body);
    /* A stream to the kubelet or a proxied service; NULL: this front has none. */
    void (*connect)(struct request *request, const struct connect_target *target);
};

struct request {
    struct api_server *server;
    struct arena arena;

    const char *method; /* of HTTP, upper case; "" from inside */
    const char *path;   /* decoded, without the query; "" from inside */
    const char *verb;   /* as authorization names it: "get", "list", "create", "deletecollection", ... */
    struct user user;
    const char *user_agent;
    struct str query;                   /* as it came, still encoded */
    const struct http_headers *headers; /* of the HTTP request, for authentication and proxies; NULL from inside */
    struct x509_st *certificate;        /* what the peer presented, when it leads to our CA; NULL otherwise */

    /* Resource requests; otherwise group is NULL. */
    bool is_resource;
    enum api_verb action;
    const char *group; /* "" is core */
    const char *version;
    const char *plural;
    const char *namespace_;            /* "" for none */
    const char *name;                  /* "" for collections */
    const char *subresource;           /* "" for the object itself */
    const char *rest;                  /* what follows the subresource in the path (proxy), with its '/' ; "" */
    struct registry *registry;         /* NULL when the server has no such resource */
    const struct api_subresource *sub; /* NULL for the object itself */

    struct request_options options;
    enum body_format body_format;
    struct str body;        /* as it came; borrowed from the front until the answer */
    const void *typed_body; /* BODY_TYPED: of body_kind */
    const struct api_kind *body_kind;
    enum client_patch patch_type;
    bool patch_type_known; /* false: a media type that is no patch */

    const char **warnings; /* texts for Warning headers */
    size_t n_warnings;

    struct answer_headers { /* of an answer that is a text, and may be kept; NULL: none */
        const char *etag;   /* what If-None-Match is about, with its quotes; it depends on Accept */
        const char *cache_control, *expires, *location;
    } headers_out;
    const struct error *refusal; /* what the front found wrong: the answer in place of a run; NULL: nothing */
    struct api_status *failure;  /* the answer in full when an error alone would say too little */

    struct watch *watch; /* of a watch request once it is open */

    /* private */
    struct arena_pool *pool; /* of the front's thread, where the arena's first block came from; NULL: malloc */
    const struct early_decoding *early; /* of the body (registry/decode.c); NULL: none */
    const struct request_sink *sink;    /* NULL: nobody waits for the answer any more */
    void *sink_context;
    size_t next_filter;
    bool entered; /* it is one of the server's */
    bool answered;
    int status;                              /* of the answer, for metrics and audit */
    usec_t received;                         /* monotonic */
    struct list_node node;                   /* in api_server.requests */
    void (*cancel)(struct request *request); /* what to stop when nobody waits any more; may be NULL */
    void *context;                           /* of whoever is working on it */
};

#define REQUEST_WARNINGS_MAX 64

/* On the front's thread, whose loop is given. */
struct request *request_create(struct api_server *server, const struct request_sink *sink, void *context,
                               struct loop *loop);
void request_borrow(struct request *request, struct arena_pool *pool); /* memory of that thread; at once */
void request_run(struct request *request);                             /* into the chain */
void request_depart(
    struct request *request);               /* answered, and no longer the server's: another thread may go on with it */
void request_next(struct request *request); /* from a filter: on to the next one */

/* The front lost interest (the peer went away, the call was cancelled). The request ends by itself when what it
 * started has come back; what it wrote stays written. */
void request_abandon(struct request *request);
void request_destroy(struct request *request); /* by its sink, after the answer */

void request_warn(struct request *request, const char *format, ...) printf_like(2, 3);

/* --- answers --- */
void request_respond_object(struct request *request, int status, const struct object *object);
void request_respond_document(struct request *request, int status, const struct api_kind *kind, const void *value);
void request_respond_list(struct request *request, const struct request_list *list);
void request_respond_watch(struct request *request);
void request_respond_text(struct request *request, int status, const char *content_type, struct str body);
void request_respond_connect(struct request *request, const struct connect_target *target);
/* Nobody answers under that path: a text, as upstream's last handler has it. */
void request_respond_missing(struct request *request);
/* A metav1.Status with the code, reason and details that clients expect for 'err' (about this request's object). */
void request_fail(struct request *request, const struct error *err);
void request_fail_status(struct request *request, const struct api_status *status);
/* {"kind":"Status","status":"Success"} about the object. */
void request_succeed(struct request *request, int status, const char *uid);

/* printf into an error and fail with it. */
void request_refuse(struct request *request, enum error_code code, const char *format, ...) printf_like(3, 4);

/* "pods", "deployments.apps": how messages name the resource. */
const char *request_resource_text(struct request *request);

#endif
