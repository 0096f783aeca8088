/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/feed.h"

#include <stdlib.h>

#include "api/codec.h"
#include "base/container/map.h"
#include "base/memory.h"
#include "codec/json.h"

#define BATCH_MAX 200                /* objects in one question */
#define RETRY     (5 * USEC_PER_SEC) /* when somebody watches and the webhook has failed */

struct record {
    struct list_node node; /* in feed.queue */
    struct bytes *value;   /* a reference; NULL: deleted */
    bool fits;             /* it has the version that is served, or none is needed */
    bool initial;          /* the store had it at the beginning */
    struct map_node by_key;
    uint64_t create_revision;
    uint64_t revision;
    size_t key_size;
    char key[];
};

struct feed {
    struct loop *loop;
    struct store *store;
    struct webhook *webhook;
    const struct custom_version *version;
    struct watch_cache *cache;
    char *prefix;
    char *api_version;
    struct store_watch watch;
    struct list queue;
    size_t n_initial;  /* of those in the queue: what the store had at the beginning */
    uint64_t begun_at; /* revision; 0: not begun */
    struct webhook_call call;
    size_t n_sent; /* with it */
    bool calling;
    struct loop_timer retry;
    struct list waits;
};

static void go_on(struct feed *feed);

static struct record *first_record(const struct feed *feed)
{
    struct list_node *node = list_first(&feed->queue);
    return node == NULL ? NULL : container_of(node, struct record, node);
}

/* All before it has arrived. */
static uint64_t fed_revision(void *context)
{
    const struct feed *feed = context;
    const struct record *first = first_record(feed);
    if (feed->begun_at == 0)
        return 0;
    return first == NULL ? store_revision(feed->store) : feed->n_initial > 0 ? 0 : first->revision - 1;
}

/* ---------------------------------------------------------------- what the store says */

static bool has_version(const struct feed *feed, struct str json)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    struct error err;
    return json_read(json, API_DEPTH_MAX, &doc, &err) == 0 &&
           text_equal(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "apiVersion")), feed->api_version);
}

static struct record *enqueue(struct feed *feed, const struct store_record *from)
{
    struct record *record = memory_zalloc(sizeof(*record) + from->key.size);
    record->value = from->value == NULL ? NULL : bytes_ref(from->value);
    record->fits = from->value == NULL || has_version(feed, bytes_str(from->value));
    record->create_revision = from->create_revision;
    record->revision = from->revision;
    record->key_size = from->key.size;
    memcpy(record->key, from->key.data, from->key.size);
    list_append(&feed->queue, &record->node);
    return record;
}

static void record_free(struct record *record)
{
    list_remove(&record->node);
    bytes_unref(record->value);
    free(record);
}

static bool take_initial(void *context, const struct store_record *record)
{
    struct feed *feed = context;
    enqueue(feed, record)->initial = true;
    feed->n_initial++;
    return true;
}

static void observed(struct store_watch *watch, const struct store_record *record)
{
    struct feed *feed = container_of(watch, struct feed, watch);
    enqueue(feed, record);
    go_on(feed);
}

static int begin(struct feed *feed, struct error *err)
{
    uint64_t revision = store_range(feed->store, str_of(feed->prefix), (struct str){ 0 }, take_initial, feed);
    feed->watch.prefix = str_of(feed->prefix);
    feed->watch.event = observed;
    int rc = store_watch_start(feed->store, &feed->watch, revision, err);
    if (rc < 0)
        return rc;
    feed->begun_at = revision;
    if (feed->n_initial == 0)
        watch_cache_begin(feed->cache, revision);
    return 0;
}

/* ---------------------------------------------------------------- who waits */

static void tell_waits(struct feed *feed, int rc, const struct error *err)
{
    struct list due;
    struct list_node *node;
    struct feed_wait *wait;
    uint64_t revision = fed_revision(feed);
    list_init(&due);
    list_for_each (&feed->waits, wait, node) {
        if (rc == 0 && wait->revision > revision)
            continue;
        list_remove(&wait->node);
        list_append(&due, &wait->node);
    }
    while ((node = list_pop(&due)) != NULL) {
        wait = container_of(node, struct feed_wait, node);
        wait->done(wait, rc, err);
    }
}

/* ---------------------------------------------------------------- to the cache */

static void initial_done(struct feed *feed)
{
    if (--feed->n_initial == 0)
        watch_cache_begin(feed->cache, feed->begun_at);
}

static void hand_over(struct feed *feed, struct record *record)
{
    const struct store_record out = { .key = { record->key, record->key_size },
                                      .value = record->value,
                                      .create_revision = record->create_revision,
                                      .revision = record->revision };
    if (feed->n_initial == 0) {
        watch_cache_observe(feed->cache, &out);
        return;
    }
    watch_cache_load(feed->cache, &out);
    initial_done(feed);
}

/* Of what was sent, that which its object is no more by now: what the webhook refuses must not hold up everything behind it
 * once it is deleted or mended. Returns how many. */
static size_t leave_out_superseded(struct feed *feed)
{
    struct map sent = { 0 };
    size_t n_sent = 0, count = 0;
    struct record *record;
    list_for_each (&feed->queue, record, node) {
        struct str key = { record->key, record->key_size };
        struct record *earlier = map_find_entry(&sent, key, struct record, by_key);
        if (earlier != NULL) {
            map_remove(&sent, &earlier->by_key);
            if (earlier->initial)
                initial_done(feed);
            record_free(earlier);
            count++;
        }
        if (!record->fits && n_sent++ < feed->n_sent)
            map_insert(&sent, key, &record->by_key);
    }
    map_fini(&sent);
    return count;
}

static void failed(struct feed *feed, int rc, const struct error *err)
{
    if (watch_cache_watched(feed->cache))
        loop_timer_start(feed->loop, &feed->retry, RETRY);
    tell_waits(feed, rc, err);
}

static void converted(struct webhook_call *call, int rc, const struct error *err, const struct str *documents)
{
    struct feed *feed = container_of(call, struct feed, call);
    feed->calling = false;
    if (rc < 0 && leave_out_superseded(feed) > 0) {
        go_on(feed);
        return;
    }
    if (rc < 0) {
        failed(feed, rc, err);
        return;
    }
    size_t count = 0;
    struct record *record;
    list_for_each (&feed->queue, record, node) { /* those that were sent are the first that do not fit */
        if (record->fits)
            continue;
        if (count == feed->n_sent)
            break;
        bytes_unref(record->value);
        record->value = bytes_create(documents[count].data, documents[count].size);
        record->fits = true;
        count++;
    }
    go_on(feed);
}

static void convert(struct feed *feed)
{
    struct str documents[BATCH_MAX];
    struct record *record;
    feed->n_sent = 0;
    list_for_each (&feed->queue, record, node) {
        if (feed->n_sent == BATCH_MAX)
            break;
        if (!record->fits)
            documents[feed->n_sent++] = bytes_str(record->value);
    }
    feed->calling = true;
    feed->call.done = converted;
    webhook_convert(feed->webhook, &feed->call, feed->version, documents, feed->n_sent);
}

/* NULL: the first one is still to be converted, or there is none. */
static struct record *take_ready(struct feed *feed)
{
    const struct record *first = first_record(feed);
    if (first == NULL || !first->fits)
        return NULL;
    return container_of(list_pop(&feed->queue), struct record, node);
}

static void go_on(struct feed *feed)
{
    struct record *record;
    loop_timer_stop(&feed->retry);
    while ((record = take_ready(feed)) != NULL) {
        hand_over(feed, record);
        record_free(record);
    }
    tell_waits(feed, 0, NULL);
    if (first_record(feed) != NULL && !feed->calling)
        convert(feed);
}

static void retry(struct loop_timer *timer)
{
    go_on(container_of(timer, struct feed, retry));
}

/* ---------------------------------------------------------------- life */

bool feed_wait(struct feed *feed, struct feed_wait *wait, uint64_t revision)
{
    struct error err;
    if (feed->begun_at == 0 && begin(feed, &err) == 0)
        go_on(feed); /* what needs no conversion */
    if (feed->begun_at != 0 && fed_revision(feed) >= revision)
        return true;
    wait->revision = revision;
    list_append(&feed->waits, &wait->node);
    if (feed->begun_at != 0)
        go_on(feed);
    else
        failed(feed, err.code, &err);
    return false;
}

void feed_wait_cancel(struct feed_wait *wait)
{
    list_remove(&wait->node);
}

struct feed *feed_create(struct api_server *server, struct webhook *webhook, const struct custom_version *version,
                         struct watch_cache *cache)
{
    struct feed *feed = memory_new(struct feed);
    const struct api_resource *resource = version->resource;
    feed->loop = server->loop;
    feed->store = server->store;
    feed->webhook = webhook;
    feed->version = version;
    feed->cache = cache;
    feed->prefix = memory_format("%s/", resource->storage_prefix);
    feed->api_version = memory_format("%s/%s", resource->kind->group, resource->kind->version);
    feed->retry.callback = retry;
    list_init(&feed->queue);
    list_init(&feed->waits);
    watch_cache_feed_by(cache, fed_revision, feed);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    struct error err;
    struct record *record;
    if (feed == NULL)
        return;
    int rc = error_set(&err, ERROR_UNAVAILABLE, CUSTOM_CHANGED);
    store_watch_stop(&feed->watch);
    webhook_cancel(&feed->call);
    loop_timer_stop(&feed->retry);
    tell_waits(feed, rc, &err);
    list_for_each (&feed->queue, record, node)
        record_free(record);
    free(feed->prefix);
    free(feed->api_version);
    free(feed);
}
