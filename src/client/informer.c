/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* informer.c - list, watch, resume, list again.
 *
 * The watch starts at revision 0, which lists: ADDED for all that exists, then a BOOKMARK.
 * What was here before such a list and was not named in it is gone. Later watches resume
 * behind the newest revision seen; Expired goes back to the list. */
#include "client/informer.h"

#include <stdio.h>

#include "base/container/tree.h"
#include "base/log.h"
#include "base/memory.h"
#include "generated/types.h"

/* Upstream's reflector waits this long between attempts. */
#define BACKOFF_FIRST (800 * USEC_PER_MSEC)
#define BACKOFF_MAX   (30 * USEC_PER_SEC)
#define BACKOFF_RESET (120 * USEC_PER_SEC) /* a watch that lasted so long was a good one, whether it brought anything */

#define ORPHAN "" /* stands for the uid of the controller of what has none */

struct informer {
    struct client *client;
    const struct api_resource *resource;
    char *namespace_;
    char *label_selector;
    char *field_selector;
    struct client_watch *watch;
    struct loop_timer retry;
    usec_t backoff;
    usec_t opened;       /* when the watch was begun; this and what follows monotonic */
    usec_t told;         /* when something came through it last */
    usec_t blind_since;  /* 0: it sees */
    usec_t blind_total;  /* of earlier times */
    struct tree entries; /* by object_key() */
    struct list listeners;
    uint64_t revision;
    uint64_t list_number; /* which list an entry was last seen in */
    bool listing;         /* the BOOKMARK that ends the list is still to come */
    bool synced;
    bool started;
    struct informer_cursor *cursor; /* apart, so that readers of an immutable informer can move it */
};

struct informer_cursor {
    /* Where the last steps of the iterations ended: the next one begins there, without a search. NULL: nowhere. */
    struct entry *entry;
    struct owner_link *link;
    struct entry *latest; /* that something came for: listeners look at it first. NULL: it is gone */
    struct tree owners;   /* owner links, by "uid/key" */
    bool orphans_wanted;  /* what has no controller is linked, too: somebody asked for such objects once */
};

struct entry {
    struct tree_node node;
    const struct object *object; /* owns a reference; its key is the node's */
    uint64_t list_number;
    usec_t seen;              /* sighted_time() */
    usec_t arrived;           /* loop_now() at that moment */
    struct owner_link *links; /* n_links of them */
    size_t n_links;
};

struct owner_link {
    struct tree_node node;
    char *key;
    struct entry *entry;
};

static void open_watch(struct informer *informer);

static char *link_key(const char *uid, const char *object_key)
{
    size_t head = strlen(uid), tail = strlen(object_key);
    char *key = memory_alloc(head + tail + 2);
    memcpy(key, uid, head);
    key[head] = '/';
    memcpy(key + head + 1, object_key, tail + 1);
    return key;
}

static void add_link(const struct informer *informer, struct entry *entry, const char *uid)
{
    struct owner_link *link = &entry->links[entry->n_links++];
    link->entry = entry;
    link->key = link_key(uid, object_key(entry->object));
    tree_insert(&informer->cursor->owners, str_of(link->key), &link->node); /* named twice: linked once */
}

static bool is_controller(const struct api_owner_reference *owner)
{
    return owner->controller != NULL && *owner->controller;
}

static void link_owners(const struct informer *informer, struct entry *entry)
{
    bool orphans = informer->cursor->orphans_wanted;
    if (!(object_marks(entry->object) & OBJECT_OWNED)) { /* most are nobody's: no need to decode them for that */
        if (!orphans)
            return;
        entry->links = memory_new(struct owner_link);
        add_link(informer, entry, ORPHAN);
        return;
    }
    const struct api_object_meta *meta = object_meta(entry->object);
    entry->links = memory_zalloc((meta->n_owner_references + 1) * sizeof(*entry->links));
    bool controlled = false;
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        add_link(informer, entry, text_or_empty(meta->owner_references[i].uid));
        controlled |= is_controller(&meta->owner_references[i]);
    }
    if (!controlled && orphans)
        add_link(informer, entry, ORPHAN);
}

static void unlink_owners(const struct informer *informer, struct entry *entry)
{
    for (size_t i = 0; i < entry->n_links; i++) {
        if (informer->cursor->link == &entry->links[i])
            informer->cursor->link = NULL;
        tree_remove(&informer->cursor->owners, &entry->links[i].node);
        free(entry->links[i].key);
    }
    free(entry->links);
    entry->links = NULL;
    entry->n_links = 0;
}

/* Of most kinds nobody ever asks for orphans: those are not put into the tree before somebody does. */
static void link_orphans(const struct informer *informer)
{
    struct entry *entry;
    informer->cursor->orphans_wanted = true;
    tree_for_each (&informer->entries, entry, node) {
        unlink_owners(informer, entry);
        link_owners(informer, entry);
    }
}

static bool same_owners(const struct object *a, const struct object *b)
{
    if (!((object_marks(a) | object_marks(b)) & OBJECT_OWNED))
        return true;
    const struct api_object_meta *x = object_meta(a), *y = object_meta(b);
    if (x->n_owner_references != y->n_owner_references)
        return false;
    for (size_t i = 0; i < x->n_owner_references; i++) {
        const struct api_owner_reference *o = &x->owner_references[i], *p = &y->owner_references[i];
        if (!text_equal(o->uid, p->uid) || is_controller(o) != is_controller(p))
            return false;
    }
    return true;
}

static void entry_destroy(struct informer *informer, struct entry *entry)
{
    if (informer->cursor->entry == entry)
        informer->cursor->entry = NULL;
    if (informer->cursor->latest == entry)
        informer->cursor->latest = NULL;
    tree_remove(&informer->entries, &entry->node);
    unlink_owners(informer, entry);
    object_unref(entry->object);
    free(entry);
}

static void tell(struct informer *informer, const struct object *before, const struct object *after)
{
    struct informer_listener *listener;
    list_for_each (&informer->listeners, listener, node)
        listener->changed(listener, before, after);
}

/* A clock that stands while the informer is blind: how long something has not changed is only known of the time in which
 * a change would have been seen. */
static usec_t sighted_time(const struct informer *informer)
{
    usec_t now = informer->blind_since != 0 ? informer->blind_since : loop_monotonic(informer->client->loop);
    return now - informer->blind_total;
}

static void now_sees(struct informer *informer)
{
    informer->told = loop_monotonic(informer->client->loop);
    if (informer->blind_since == 0)
        return;
    informer->blind_total += informer->told - informer->blind_since;
    informer->blind_since = 0;
}

/* A connection that breaks was dead before that was noticed: nothing is known since it last brought something. */
static void now_blind(struct informer *informer, bool broken)
{
    if (informer->blind_since == 0)
        informer->blind_since = broken && informer->told != 0 ? informer->told : loop_monotonic(informer->client->loop);
}

static void store(struct informer *informer, const struct object *object)
{
    struct str key = str_of(object_key(object));
    struct tree_place place;
    struct tree_node *node = tree_seek(&informer->entries, key, &place);
    struct entry *entry = node == NULL ? memory_new(struct entry) : container_of(node, struct entry, node);
    const struct object *before = NULL;
    if (node == NULL) {
        entry->object = object_ref(object);
        tree_insert_at(&informer->entries, &place, str_of(object_key(entry->object)), &entry->node);
    } else {
        entry->list_number = informer->list_number;
        if (object_revision(entry->object) == object_revision(object))
            return;
        before = entry->object;
        entry->object = object_ref(object);
        entry->node.key = str_of(object_key(entry->object)); /* equal bytes that live with the new object */
        if (!same_owners(before, object))
            unlink_owners(informer, entry);
    }
    informer->cursor->latest = entry;
    entry->list_number = informer->list_number;
    entry->seen = sighted_time(informer);
    entry->arrived = loop_now(informer->client->loop);
    if (entry->links == NULL)
        link_owners(informer, entry);
    tell(informer, before, entry->object);
    object_unref(before);
}

static void forget(struct informer *informer, struct entry *entry)
{
    auto_with(object_unref_cleanup) const struct object *before = object_ref(entry->object);
    entry_destroy(informer, entry);
    tell(informer, before, NULL);
}

/* The list is whole: what it did not name is gone. */
static void end_list(struct informer *informer)
{
    informer->listing = false;
    struct entry *entry;
    tree_for_each (&informer->entries, entry, node) {
        if (entry->list_number != informer->list_number)
            forget(informer, entry);
    }
    if (informer->synced)
        return;
    informer->synced = true;
    struct informer_listener *listener;
    list_for_each (&informer->listeners, listener, node) {
        if (listener->synced != NULL)
            listener->synced(listener);
    }
}

static void watch_event(void *context, enum client_watch_event event, const struct object *object, uint64_t revision)
{
    struct informer *informer = context;
    informer->backoff = 0;
    now_sees(informer);
    if (!informer->listing && revision > informer->revision)
        informer->revision = revision;
    switch (event) {
    case CLIENT_ADDED:
    case CLIENT_MODIFIED:
        store(informer, object);
        break;
    case CLIENT_DELETED: {
        struct entry *entry = tree_find_entry(&informer->entries, str_of(object_key(object)), struct entry, node);
        if (entry != NULL)
            forget(informer, entry);
        break;
    }
    case CLIENT_BOOKMARK:
        if (informer->listing) {
            informer->revision = revision;
            end_list(informer);
        }
        break;
    }
}

static void watch_ended(void *context, int rc, const struct error *err)
{
    struct informer *informer = context;
    client_watch_close(informer->watch);
    informer->watch = NULL;
    now_blind(informer, rc < 0 && rc != -ERROR_EXPIRED && rc != -ERROR_GONE);
    if (loop_monotonic(informer->client->loop) - informer->opened >= BACKOFF_RESET)
        informer->backoff = 0;
    if (rc == -ERROR_EXPIRED || rc == -ERROR_GONE) {
        if (informer->revision != 0)
            informer->backoff = 0; /* the server is there and says what to do: waiting would only add to the gap */
        informer->revision = 0;
    } else if (rc < 0)
        log_warning("watch failed", LOG_TEXT("resource", informer->resource->plural),
                    LOG_TEXT("client", informer->client->name), LOG_TEXT("error", err != NULL ? err->message : ""));
    if (rc == 0 || rc == -ERROR_EXPIRED || rc == -ERROR_GONE) {
        if (informer->backoff == 0) {
            informer->backoff = 1; /* an end that brought nothing before the next one waits */
            loop_timer_start(informer->client->loop, &informer->retry, 0);
            return;
        }
    }
    usec_t delay = informer->backoff < BACKOFF_FIRST ? BACKOFF_FIRST : informer->backoff * 2;
    informer->backoff = delay > BACKOFF_MAX ? BACKOFF_MAX : delay;
    delay = (usec_t)((double)informer->backoff * (1 + random_unit(loop_random(informer->client->loop))));
    loop_timer_start(informer->client->loop, &informer->retry, delay);
}

static const struct client_watch_events watch_events = { .event = watch_event, .ended = watch_ended };

static void open_watch(struct informer *informer)
{
    if (informer->listing || !informer->synced)
        informer->revision = 0;
    informer->listing = informer->revision == 0;
    if (informer->listing)
        informer->list_number++;
    struct client_watch_request request = {
        .resource = informer->resource,
        .namespace_ = informer->namespace_,
        .label_selector = informer->label_selector,
        .field_selector = informer->field_selector,
        .revision = informer->revision,
    };
    informer->opened = loop_monotonic(informer->client->loop);
    informer->watch = client_watch_open(informer->client, &request, &watch_events, informer);
}

static void retry(struct loop_timer *timer)
{
    open_watch(container_of(timer, struct informer, retry));
}

struct informer *informer_create(struct client *client, const struct informer_options *options)
{
    struct informer *informer = memory_new(struct informer);
    informer->client = client;
    informer->resource = api_resource_ref(options->resource);
    informer->namespace_ = memory_strdup(options->namespace_);
    informer->label_selector = memory_strdup(options->label_selector);
    informer->field_selector = memory_strdup(options->field_selector);
    informer->retry.callback = retry;
    informer->cursor = memory_new(struct informer_cursor);
    list_init(&informer->listeners);
    return informer;
}

void informer_destroy(struct informer *informer)
{
    if (informer == NULL)
        return;
    client_watch_close(informer->watch);
    loop_timer_stop(&informer->retry);
    struct entry *entry;
    tree_for_each (&informer->entries, entry, node)
        entry_destroy(informer, entry);
    api_resource_unref(informer->resource);
    free(informer->namespace_);
    free(informer->label_selector);
    free(informer->field_selector);
    free(informer->cursor);
    free(informer);
}

void informer_start(struct informer *informer)
{
    if (informer->started)
        return;
    informer->started = true;
    open_watch(informer);
}

void informer_listen(struct informer *informer, struct informer_listener *listener)
{
    list_append(&informer->listeners, &listener->node);
    struct entry *entry;
    tree_for_each (&informer->entries, entry, node)
        listener->changed(listener, NULL, entry->object);
    if (informer->synced && listener->synced != NULL)
        listener->synced(listener);
}

void informer_unlisten(struct informer *informer, struct informer_listener *listener)
{
    (void)informer;
    list_remove(&listener->node);
}

bool informer_synced(const struct informer *informer)
{
    return informer->synced;
}

bool informer_sees(const struct informer *informer)
{
    return informer->synced && !informer->listing && informer->blind_since == 0;
}

uint64_t informer_revision(const struct informer *informer)
{
    return informer->listing ? 0 : informer->revision;
}

const struct api_resource *informer_resource(const struct informer *informer)
{
    return informer->resource;
}

static struct entry *find_entry(const struct informer *informer, struct str key)
{
    struct entry *latest = informer->cursor->latest;
    if (latest != NULL && str_equal(key, latest->node.key))
        return latest;
    return tree_find_entry(&informer->entries, key, struct entry, node);
}

const struct object *informer_get(const struct informer *informer, const char *key)
{
    struct entry *entry = find_entry(informer, str_of(key));
    return entry == NULL ? NULL : entry->object;
}

const struct object *informer_find(const struct informer *informer, const char *namespace_, const char *name)
{
    if (text_empty(namespace_))
        return informer_get(informer, text_or_empty(name));
    char key[512]; /* two names of at most 253 bytes */
    size_t length = text_join(key, sizeof(key), namespace_, "/", text_or_empty(name), NULL);
    return length >= sizeof(key) ? NULL : informer_get(informer, key);
}

usec_t informer_seen(const struct informer *informer, const char *key)
{
    struct entry *entry = find_entry(informer, str_of(key));
    return entry == NULL ? 0 : loop_now(informer->client->loop) - (sighted_time(informer) - entry->seen);
}

usec_t informer_arrived(const struct informer *informer, const char *key)
{
    struct entry *entry = find_entry(informer, str_of(key));
    return entry == NULL ? 0 : entry->arrived;
}

size_t informer_count(const struct informer *informer)
{
    return informer->entries.size;
}

/* The node behind 'previous', which may have left the tree. */
static struct tree_node *node_behind(const struct tree *tree, struct str key)
{
    struct tree_node *node = tree_lower_bound(tree, key);
    return node != NULL && str_equal(node->key, key) ? tree_next(node) : node;
}

static bool link_is_of(const struct owner_link *link, const char *owner_uid)
{
    size_t size = strlen(owner_uid);
    struct str key = link->node.key;
    return key.size > size && key.data[size] == '/' && memcmp(key.data, owner_uid, size) == 0;
}

static const struct object *step_to(const struct informer *informer, struct tree_node *node)
{
    if (node == NULL)
        return NULL;
    informer->cursor->entry = container_of(node, struct entry, node);
    return informer->cursor->entry->object;
}

static struct tree_node *entry_behind(const struct informer *informer, const struct object *previous)
{
    struct entry *entry = informer->cursor->entry;
    if (entry != NULL && entry->object == previous)
        return tree_next(&entry->node);
    return node_behind(&informer->entries, str_of(object_key(previous)));
}

const struct object *informer_next(const struct informer *informer, const struct object *previous)
{
    return step_to(informer, previous == NULL ? tree_first(&informer->entries) : entry_behind(informer, previous));
}

const struct object *informer_next_in(const struct informer *informer, const char *namespace_,
                                      const struct object *previous)
{
    struct tree_node *node;
    size_t size = strlen(namespace_);
    if (previous != NULL) {
        node = entry_behind(informer, previous);
    } else {
        char prefix[300];
        if (size + 1 >= sizeof(prefix))
            return NULL;
        memcpy(prefix, namespace_, size);
        prefix[size] = '/';
        node = tree_lower_bound(&informer->entries, (struct str){ prefix, size + 1 });
    }
    if (node == NULL || node->key.size <= size || node->key.data[size] != '/' ||
        memcmp(node->key.data, namespace_, size) != 0)
        return NULL;
    return step_to(informer, node);
}

static struct tree_node *link_behind(const struct informer *informer, const char *owner_uid,
                                     const struct object *previous)
{
    struct owner_link *link = informer->cursor->link;
    if (previous != NULL && link != NULL && link->entry->object == previous && link_is_of(link, owner_uid))
        return tree_next(&link->node);
    char key[700];
    int length = snprintf(key, sizeof(key), "%s/%s", owner_uid, previous == NULL ? "" : object_key(previous));
    if (length < 0 || (size_t)length >= sizeof(key))
        return NULL;
    struct str start = { key, (size_t)length };
    return previous == NULL ? tree_lower_bound(&informer->cursor->owners, start)
                            : node_behind(&informer->cursor->owners, start);
}

const struct object *informer_next_owned(const struct informer *informer, const char *owner_uid,
                                         const struct object *previous)
{
    struct tree_node *node = link_behind(informer, text_or_empty(owner_uid), previous);
    if (node == NULL || !link_is_of(container_of(node, struct owner_link, node), text_or_empty(owner_uid)))
        return NULL;
    informer->cursor->link = container_of(node, struct owner_link, node);
    return informer->cursor->link->entry->object;
}

const struct object *informer_next_orphan(const struct informer *informer, const char *namespace_,
                                          const struct object *previous)
{
    char head[300];
    int length = snprintf(head, sizeof(head), ORPHAN "/%s/", namespace_);
    if (!informer->cursor->orphans_wanted)
        link_orphans(informer);
    if (length < 0 || (size_t)length >= sizeof(head))
        return NULL;
    struct str start = { head, (size_t)length };
    struct tree_node *node =
        previous == NULL ? tree_lower_bound(&informer->cursor->owners, start) : link_behind(informer, ORPHAN, previous);
    if (node == NULL || !str_starts(node->key, start))
        return NULL;
    informer->cursor->link = container_of(node, struct owner_link, node);
    return informer->cursor->link->entry->object;
}
