/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controller.h - what a controller is, and what its reconcile function sees and may ask for.
 *
 * reconcile() is a pure function: it reads the caches and the clock it is given and fills a list of
 * actions. The runtime performs them through the client, and does not reconcile the same key again
 * before the caches have seen what they wrote: a controller always reads its own writes. */
#ifndef CONTROLLERS_RUNTIME_CONTROLLER_H
#define CONTROLLERS_RUNTIME_CONTROLLER_H

#include "api/selector/selector.h"
#include "client/client.h"
#include "client/informer.h"

struct caches;   /* the informers a manager has */
struct key_sink; /* where a watch puts the keys that a change concerns */
struct reconcile;

/* What the cluster was told to be; a zero field means the default its comment gives. */
struct controller_settings {
    const char *cluster_cidr;        /* NULL: no pod CIDRs for nodes; several separated by commas */
    int node_cidr_mask;              /* 24 */
    struct str root_ca_pem;          /* for kube-root-ca.crt; empty: none */
    usec_t node_monitor_grace;       /* 40 s without a heartbeat: the node is not known to live */
    size_t terminated_pod_threshold; /* 12,500 finished pods are kept */
};

struct controller_watch {
    const struct api_resource *resource;
    /* Called for each change, with the object and NULL, or both. NULL: only kept in the caches. */
    void (*map)(struct key_sink *keys, const struct controller_watch *watch, const struct object *object);
    const struct api_resource *owner; /* for keys_of_owner() */
};

struct controller {
    const char *name;      /* "replicaset"; upstream's name of it is <name>-controller */
    const char *account;   /* service account it acts as (identity.h); NULL: <name>-controller */
    const char *queue;     /* of its work queue in metrics; NULL: its name */
    const char *component; /* reported in events; NULL: <name>-controller */
    const struct controller_watch *watches;
    size_t n_watches;
    /* Beside 'watches': everything that can be deleted and watched, once a stored resource, but Events; custom resources, too, whose
     * caches come and go: keys_cache() may have none any more. May be NULL. */
    void (*map_all)(struct key_sink *keys, const struct controller_watch *watch, const struct object *object);
    int (*reconcile)(struct reconcile *reconcile, struct error *err);
    unsigned workers; /* keys worked on at a time; 0: 8. 1 where one key's decision rests on another's */
};

/* --- for watches --- */

const struct informer *keys_cache(const struct key_sink *keys, const struct api_resource *resource);
const struct informer *keys_next_cache(const struct key_sink *keys, const struct informer *previous); /* NULL: first */
/* Of what an owner reference names; NULL when no cache has such things. */
const struct informer *keys_cache_of_kind(const struct key_sink *keys, const char *api_version, const char *kind);
void keys_add(struct key_sink *keys, const char *key);
void keys_add_after(struct key_sink *keys, const char *key, usec_t delay);
void keys_own(struct key_sink *keys, const struct controller_watch *watch, const struct object *object);
void keys_of_owner(struct key_sink *keys, const struct controller_watch *watch, const struct object *object);
void keys_of_namespace(struct key_sink *keys, const struct controller_watch *watch, const struct object *object);

/* --- for reconcile --- */

struct reconcile {
    const struct controller_settings *settings;
    const struct caches *caches;
    const char *key;
    const char *namespace_; /* "" when the key has none */
    const char *name;
    usec_t now; /* Unix time */
    struct random *random;
    struct arena *arena; /* lives until the actions are done */
    /* What failed when this key was last worked on (the action's failed.reason, the server's message); NULL: nothing. */
    const char *failure_reason;
    const char *failure_message;
    usec_t requeue_after; /* set it to be called again; 0: only when something changes */
    usec_t pause;         /* set it so that changes within this time after 'now' share one later pass; 0: none */
    struct list actions;  /* private */
};

/* Asks for a resource of the controller's watches; anything else is a bug and aborts. */
const struct informer *reconcile_cache(const struct reconcile *reconcile, const struct api_resource *resource);
const struct informer *reconcile_next_cache(const struct reconcile *reconcile, const struct informer *previous);
const struct informer *reconcile_cache_of_kind(const struct reconcile *reconcile, const char *api_version,
                                               const char *kind);
void reconcile_again_in(struct reconcile *reconcile, usec_t delay); /* the earliest wins; at least a millisecond */

enum action_kind {
    ACTION_CREATE,
    ACTION_UPDATE,
    ACTION_PATCH,
    ACTION_DELETE,
    ACTION_CLEAR, /* deletes a collection; found with content: no later barrier is passed, the pass is done again */
    ACTION_CONFIRM_ABSENT, /* asks the server itself; found (with 'uid', when given): the rest is not done, the pass is done again */
    ACTION_EVENT,
};

/* An event on 'about' when an action ended; %s stands for the object's name, or for the error. */
struct action_event {
    const char *type; /* NULL: none */
    const char *reason;
    const char *text;
};

/* Actions start in order, some at a time (one, then more as they succeed); after a failure no new one starts. */
struct action {
    struct list_node node; /* in reconcile.actions */
    enum action_kind kind;
    const struct api_resource *resource;
    const char *namespace_;
    const char *name;
    const char *subresource;
    const struct api_kind *body_kind;
    const void *body;
    struct str patch;
    enum client_patch patch_type;
    enum client_propagation propagation;
    int64_t grace_seconds; /* negative: the object's own */
    const char *uid;       /* precondition of a deletion */
    const char *revision;  /* the same */
    bool barrier;          /* starts when everything before has ended well */
    bool always;           /* starts when everything before has ended, however */
    bool absent_is_fine;   /* -ERROR_NOT_FOUND is success */
    bool present_is_fine;  /* -ERROR_ALREADY_EXISTS is success */
    bool named;            /* private: by us, from metadata.generateName */
    const struct object *about;
    struct action_event succeeded;
    struct action_event failed;
};

/* Each returns the action, to be refined. Bodies, names and patches are copied. What is to be created under a generated
 * name gets it here and not from the server: a creation whose answer got lost is made again under the same name, so that
 * there are never two. */
struct action *reconcile_create(struct reconcile *reconcile, const struct api_resource *resource, const void *body);
struct action *reconcile_update(struct reconcile *reconcile, const struct api_resource *resource, const void *body);
struct action *reconcile_update_status(struct reconcile *reconcile, const struct api_resource *resource,
                                       const void *body); /* always set */
struct action *reconcile_patch(struct reconcile *reconcile, const struct object *object, struct str merge_patch);
struct action *reconcile_delete(struct reconcile *reconcile, const struct object *object); /* with its uid */
struct action *reconcile_clear(struct reconcile *reconcile, const struct api_resource *resource,
                               const char *namespace_);
struct action *reconcile_confirm_absent(struct reconcile *reconcile, const struct api_resource *resource,
                                        const char *namespace_, const char *name, const char *uid);
void reconcile_event(struct reconcile *reconcile, const struct object *about, const char *type, const char *reason,
                     const char *format, ...) printf_like(5, 6);

#endif
