/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* registry.h - one served resource: what every kind has in common, written once over the tables.
 *
 * The verbs (create.c, update.c, patch.c, delete.c, collection.c, and those of ../listing) work on any row of the resource table.
 * What a kind wants beside that is its struct strategy, a row of strategies.c. Subresources and
 * resources that are not stored are rows of handlers.c. Belongs to the server's loop. */
#ifndef APISERVER_REGISTRY_REGISTRY_H
#define APISERVER_REGISTRY_REGISTRY_H

#include "api/validation/invalid.h"
#include "apiserver/cache/watch_cache.h"
#include "apiserver/request.h"
#include "base/container/map.h"

struct field_errors;

/* What a kind does differently. Any member may be NULL. Objects are decoded structs in the request's arena. */
struct strategy {
    const char *group;
    const char *kind;
    unsigned flags;

    /* May the writer write this content? After admission has changed it; 'old' is NULL on create. */
    int (*authorize)(struct request *request, const void *object, const void *old, struct error *err);
    /* After the generic preparation (metadata, status dropped, generation 1). */
    void (*prepare_create)(struct request *request, void *object);
    /* After the status was taken from the old object; generation is raised after it. */
    void (*prepare_update)(struct request *request, void *object, const void *old);
    /* Update through /status, after everything but the status was taken from the old object. */
    void (*prepare_status)(struct request *request, void *object, const void *old);
    /* Did what counts for metadata.generation change? NULL: the spec, or all but metadata and status without one. */
    bool (*spec_changed)(const void *object, const void *old);
    /* Rights that the content itself needs, as errors of its fields; before all other rules. 'old' is NULL on create. */
    void (*permit)(struct request *request, const void *object, const void *old, bool status,
                   struct api_invalid *errors);
    /* What api/validation cannot ask, of objects that are in order otherwise; not through /status. 'old' is NULL on create. */
    void (*validate)(const void *object, const void *old, struct api_invalid *errors);
    void (*validate_status)(const void *object, const void *old, struct api_invalid *errors); /* the same, through it */
    /* What is accepted and yet not right, and api/warnings cannot know. */
    void (*warn)(struct request *request, const void *object);
    /* Takes resources before validation (addresses, ports). old is NULL on create. */
    int (*allocate)(struct request *request, void *object, const void *old, struct error *err);
    /* Gives them back when the write failed or was a dry run. */
    void (*release)(struct request *request, const void *object, const void *old);
    /* Does an update through /status only say that somebody still lives? Then it is not worth a write to the disk. */
    bool (*is_heartbeat)(const void *object, const void *old);
    /* Seconds of grace of a deletion; 'asked' is NULL when the request does not say. NULL: none. */
    int64_t (*grace)(const void *object, const int64_t *asked);
    /* The first deletion of an object that stays for a while. */
    void (*prepare_delete)(struct request *request, void *object);
    /* Beside finalizers: must it stay although it is being deleted? */
    bool (*held)(const void *object);
    void (*deleted)(struct request *request, const struct object *object);
};

enum strategy_flags {
    STRATEGY_KEEP_STATUS = 1 << 0,         /* create keeps the status that was sent (nodes) */
    STRATEGY_STATUS_KEEPS_LABELS = 1 << 1, /* an update through /status leaves labels alone */
    STRATEGY_STATUS_KEEPS_META = 1 << 2,   /* ... and labels, annotations, finalizers and owners */
    STRATEGY_NO_GENERATION = 1 << 3,
    STRATEGY_OWN_DELETION = 1 << 4, /* its first deletion only marks it: no seconds of grace */
};

struct registry {
    struct api_server *server;
    const struct api_resource *resource;
    const struct strategy *strategy; /* never NULL */
    struct watch_cache *cache;       /* NULL: not stored */
    const struct api_field *spec;    /* NULL: the type has none */
    const struct api_field *status;
    bool custom; /* of a custom resource: custom/custom_registry.h */
    bool served; /* of such a one: requests find it */
    char *key;   /* "apps/v1/deployments" */
    struct stored_metrics {
        struct metric *count, *duration;
    } stored[STORE_OPERATIONS]; /* request_metrics.c finds them with the first write; NULL until then */
    struct map_node node;       /* in api_server.registries */
};

const struct strategy *strategy_of(const struct api_kind *kind); /* strategies.c */

/* --- verbs; each answers the request, now or later --- */
void registry_get(struct request *request);
void registry_list(struct request *request);
void registry_watch(struct request *request);
void registry_create(struct request *request);
void registry_replace(struct request *request);
void registry_patch(struct request *request);
void registry_delete(struct request *request);
void registry_delete_collection(struct request *request);

/* --- pieces that the verbs and the subresources share --- */

/* The request's object as it is now; fails the request and returns NULL when there is none. */
const struct object *registry_current(struct request *request);
/* The namespace that the request's objects are stored in: "" for cluster-scoped ones, also for namespaces themselves. */
const char *registry_namespace(const struct request *request);
const char *registry_object_key(struct request *request, const char *name); /* the store key, in the request's arena */

/* Decodes, defaults and checks the body as 'kind' into the request's arena: strict decoding by the
 * request's options, kind and apiVersion, size. */
int request_decode_json(struct request *request, const struct api_kind *kind, struct str json, void **ret_value,
                        struct error *err) must_check; /* of a text that is not the body */
/* The request's patch applied to a document of that kind, decoded (patch.c). */
int request_patch(struct request *request, const struct api_kind *kind, struct str document, void **ret_value,
                  struct error *err) must_check;
/* True: its options do not fit its kind of patch, and it is answered. */
bool request_patch_refused(struct request *request);
static inline bool request_applies(const struct request *request)
{
    return request->action == API_PATCH && request->patch_type_known && request->patch_type == CLIENT_PATCH_APPLY;
}
int request_decode(struct request *request, const struct api_kind *kind, void **ret_value,
                   struct error *err) must_check;
/* On the front's thread, before request_run(): the work of the first request_decode(), when it is sure what will be asked for. Its
 * outcome, refusals and warnings too, is told there. */
void request_decode_early(struct request *request);

enum update_part { UPDATE_OBJECT, UPDATE_STATUS, UPDATE_RAW };

/* A read-modify-write of the request's object, tried again when somebody else was quicker. */
struct update {
    struct request *request; /* its registry, namespace and name say which object */
    enum update_part part; /* which preparation; RAW: none, no generation, no admission, no validation but validate() */
    bool must_match;       /* a resourceVersion in the new object must be the current one */
    bool create_missing;   /* PUT of what does not exist */
    bool apply;            /* server-side apply: it makes the managedFields, and creates what is not there */
    bool forced_retry;     /* conflicts are retried even with a resourceVersion (no, for PUT) */
    /* Makes the new object in the request's arena. 'current' stays until the update is done. */
    int (*change)(struct update *update, const struct object *current, void **ret_object, struct error *err);
    /* The rules of the change, instead of those of the kind's update; NULL: the kind's. */
    int (*validate)(const void *old, const void *object, struct api_invalid *errors);
    /* The outcome; NULL: the object, or the error, answers the request. 'object' borrowed; NULL with an error
     * and in a dry run, whose document is in 'value'. */
    void (*done)(struct update *update, const struct object *object, const struct error *err);
    void *context;

    /* private */
    struct registry *registry;
    const char *namespace_;
    const char *name;
    const void *value;            /* what is being written */
    const struct object *current; /* a reference */
    const void *allocated;        /* strategy->release() is due for it when the write fails */
    struct store_write write;
    usec_t written_at; /* monotonic */
    struct cache_wait wait;
    int attempts;
};

#define UPDATE_ATTEMPTS_MAX 64

/* 'update' lives in the request's arena. registry, namespace_ and name default to the request's. */
void update_start(struct update *update);
/* The name in a body that replaces something is that of the URL. */
int update_check_name(const struct request *request, const struct api_object_meta *sent, struct error *err) must_check;

/* Deletes one object as DELETE does. */
struct deletion {
    struct request *request;
    struct registry *registry;
    const char *namespace_;
    const char *name;
    const struct api_delete_options *options; /* never NULL */
    /* 'gone': it does not exist any more; 'object' is its last state. Else it stays until its grace is over
     * or its finalizers are gone. */
    void (*done)(struct deletion *deletion, const struct object *object, bool gone, const struct error *err);
    void *context;

    /* private */
    const struct object *current;
    void *marked; /* a copy of it, as the deletion leaves it */
    struct store_write write;
    usec_t written_at; /* monotonic */
    struct cache_wait wait;
    bool gone;
    int attempts;
};
void deletion_start(struct deletion *deletion);
int delete_options_read(struct request *request, const struct api_delete_options **ret_options,
                        struct error *err) must_check;
/* What options that came in another body mean for the request: a dry run. delete_options_read() has done it. */
int delete_options_heed(struct request *request, const struct api_delete_options *options,
                        struct error *err) must_check;

/* True when an object that is being deleted has nothing left that holds it. */
bool registry_may_vanish(const struct registry *registry, const void *object);

/* Fills generation, uid and so on; shared by create, create-on-update and apply. 'owned': its managedFields are made
 * already. Answers the request. */
void registry_create_object(struct request *request, void *object, bool owned);

/* Encodes for the store: canonical JSON without resourceVersion. The caller's reference. */
struct bytes *registry_encode(const struct registry *registry, const void *object);

/* Stores the object as 'write' says, whose value is set here; NULL: a deletion. done() may come before it returns when
 * a conversion is refused at once. */
void registry_write_start(struct request *request, struct registry *registry, const void *object,
                          struct store_write *write);

/* The member of a field like spec in a decoded struct. */
void *field_of(const struct api_field *field, const void *object);
void field_copy(const struct api_field *field, void *to, const void *from); /* shallow */
void field_clear(const struct api_field *field, void *object);
bool field_equal(const struct api_field *field, const void *a, const void *b);

#endif
