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
    struct object *object; /* made of it when it is asked for before it can be handed over */
    bool fits;             /* it has the version that is served, or none is needed */
    bool initial;          /* the store had it at the beginning */
    bool sent;             /* with the call that is open */
    bool latest;           /* in feed.latest: nothing newer is known of its object */
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
    struct map latest;
    size_t n_initial;  /* of those in the queue: what the store had at the beginning */
    uint64_t begun_at; /* revision; 0: not begun */
    struct webhook_call call;
    struct str
        alone; /* the key of the only record that was sent with it, for who waits for it; empty: as many as there are */
    bool calling;
    bool due;     /* all are to be asked for: not again after a failure until there is a reason */
    bool blocked; /* the last time failed */
    struct loop_timer retry;
    struct list waits;
};

static void go_on(struct feed *feed);

static struct record *first_record(const struct feed *feed)
{
    struct list_node *node = list_first(&feed->queue);
    return node == NULL ? NULL : container_of(node, struct record, node);
}

static struct str record_key(const struct record *record)
{
    return (struct str){ record->key, record->key_size };
}

static struct record *latest_record(const struct feed *feed, struct str key)
{
    return map_find_entry(&feed->latest, key, struct record, by_key);
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

static struct store_record stored_record(struct record *record)
{
    return (struct store_record){ .key = record_key(record),
                                  .value = record->value,
                                  .create_revision = record->create_revision,
                                  .revision = record->revision };
}

/* What is converted and stands behind something that is not. 'key' is that of the cache. */
static bool find_ahead(void *context, struct str key, const struct object **ret_object)
{
    struct feed *feed = context;
    char full[STORE_KEY_MAX];
    struct error err;
    size_t prefix = strlen(feed->prefix);
    if (feed->latest.size == 0 || prefix + key.size > sizeof(full))
        return false;
    memcpy(full, feed->prefix, prefix);
    memcpy(full + prefix, key.data, key.size);
    struct record *record = latest_record(feed, (struct str){ full, prefix + key.size });
    if (record == NULL || !record->fits)
        return false;
    const struct store_record stored = stored_record(record);
    if (record->value != NULL && record->object == NULL &&
        watch_cache_read(feed->cache, &stored, &record->object, &err) < 0)
        return false;
    *ret_object = record->object;
    return true;
}

static const struct watch_cache_feeder feeder = { fed_revision, find_ahead };

/* Requests may outlive the feed by a turn. */
static uint64_t no_revision(void *context)
{
    (void)context;
    return 0;
}

static bool find_nothing(void *context, struct str key, const struct object **ret_object)
{
    (void)context, (void)key, (void)ret_object;
    return false;
}

static const struct watch_cache_feeder no_feeder = { no_revision, find_nothing };

/* ---------------------------------------------------------------- what the store says */

static bool has_version(const struct feed *feed, struct str json)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    struct error err;
    return json_read(json, API_DEPTH_MAX, &doc, &err) == 0 &&
           text_equal(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "apiVersion")), feed->api_version);
}

static void initial_done(struct feed *feed)
{
    if (--feed->n_initial == 0)
        watch_cache_begin(feed->cache, feed->begun_at);
}

static void record_free(struct feed *feed, struct record *record)
{
    if (record->latest)
        map_remove(&feed->latest, &record->by_key);
    list_remove(&record->node);
    bytes_unref(record->value);
    object_unref(record->object);
    free(record);
}

/* Its object is that no more by now. */
static void leave_out(struct feed *feed, struct record *record)
{
    if (record->initial)
        initial_done(feed);
    record_free(feed, record);
}

static void replace_latest(struct feed *feed, struct record *record)
{
    struct record *earlier = latest_record(feed, record_key(record));
    if (earlier != NULL) {
        map_remove(&feed->latest, &earlier->by_key);
        earlier->latest = false;
        if (feed->blocked && !earlier->sent) /* nobody will see it, and it may be what was refused */
            leave_out(feed, earlier);
    }
    record->latest = true;
    map_insert(&feed->latest, record_key(record), &record->by_key);
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
    replace_latest(feed, record);
    return record;
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
    feed->due = true;
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
    feed->due = true;
    if (feed->n_initial == 0)
        watch_cache_begin(feed->cache, revision);
    return 0;
}

/* ---------------------------------------------------------------- who waits */

/* Who is told of it: those who wait for that key (empty: for everything), or all. */
struct failure {
    const struct error *err;
    struct str key;
    bool all;
};

static bool wait_is_over(const struct feed *feed, const struct feed_wait *wait)
{
    if (feed->begun_at == 0)
        return false;
    if (wait->key.size == 0)
        return fed_revision((void *)feed) >= wait->revision;
    const struct record *record = latest_record(feed, wait->key);
    return record == NULL || record->fits;
}

/* NULL: those who have what they waited for. */
static void tell_waits(struct feed *feed, const struct failure *failure)
{
    struct list due;
    struct list_node *node;
    struct feed_wait *wait;
    list_init(&due);
    list_for_each (&feed->waits, wait, node) {
        if (failure == NULL ? !wait_is_over(feed, wait) : !failure->all && !str_equal(wait->key, failure->key))
            continue;
        list_remove(&wait->node);
        list_append(&due, &wait->node);
    }
    while ((node = list_pop(&due)) != NULL) {
        wait = container_of(node, struct feed_wait, node);
        wait->done(wait, failure == NULL ? 0 : failure->err->code, failure == NULL ? NULL : failure->err);
    }
}

/* ---------------------------------------------------------------- to the cache */

static void hand_over(struct feed *feed, struct record *record)
{
    const struct store_record out = stored_record(record);
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
    size_t count = 0;
    struct record *record;
    list_for_each (&feed->queue, record, node) {
        bool sent = record->sent;
        record->sent = false;
        if (!sent || record->latest)
            continue;
        leave_out(feed, record);
        count++;
    }
    return count;
}

static void failed(struct feed *feed, const struct error *err)
{
    const struct failure failure = { .err = err, .key = feed->alone, .all = feed->call.status == 0 };
    if (feed->alone.size == 0) {
        feed->blocked = true;
        feed->due = false;
        if (watch_cache_watched(feed->cache))
            loop_timer_start(feed->loop, &feed->retry, RETRY);
    }
    tell_waits(feed, &failure);
}

static void take_converted(struct feed *feed, const struct str *documents)
{
    size_t count = 0;
    struct record *record;
    list_for_each (&feed->queue, record, node) {
        if (!record->sent)
            continue;
        bytes_unref(record->value);
        record->value = bytes_create(documents[count].data, documents[count].size);
        record->fits = true;
        record->sent = false;
        count++;
        if (feed->alone.size > 0) /* who waits for it asks the feed */
            watch_cache_tell(feed->cache, str_skip(record_key(record), strlen(feed->prefix)));
    }
}

static void converted(struct webhook_call *call, int rc, const struct error *err, const struct str *documents)
{
    struct feed *feed = container_of(call, struct feed, call);
    feed->calling = false;
    if (rc == 0) {
        feed->blocked = feed->blocked && feed->alone.size > 0;
        take_converted(feed, documents);
    } else if (leave_out_superseded(feed) == 0) {
        failed(feed, err);
    }
    go_on(feed);
}

static void ask(struct feed *feed, const struct str *documents, size_t count)
{
    feed->calling = true;
    feed->call.done = converted;
    webhook_convert(feed->webhook, &feed->call, feed->version, documents, count);
}

/* The first that somebody waits for by its key. */
static struct record *wanted_alone(const struct feed *feed)
{
    struct feed_wait *wait;
    list_for_each (&feed->waits, wait, node) {
        struct record *record = wait->key.size == 0 ? NULL : latest_record(feed, wait->key);
        if (record != NULL && !record->fits)
            return record;
    }
    return NULL;
}

static void convert(struct feed *feed)
{
    struct str documents[BATCH_MAX];
    size_t count = 0;
    struct record *record = wanted_alone(feed);
    feed->alone = STR("");
    if (record != NULL) {
        feed->alone = record_key(record);
        record->sent = true;
        documents[0] = bytes_str(record->value);
        ask(feed, documents, 1);
        return;
    }
    if (!feed->due)
        return;
    loop_timer_stop(&feed->retry);
    list_for_each (&feed->queue, record, node) {
        if (count == BATCH_MAX)
            break;
        if (record->fits)
            continue;
        record->sent = true;
        documents[count++] = bytes_str(record->value);
    }
    ask(feed, documents, count);
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
    while ((record = take_ready(feed)) != NULL) {
        hand_over(feed, record);
        record_free(feed, record);
    }
    tell_waits(feed, NULL);
    if (first_record(feed) != NULL && !feed->calling)
        convert(feed);
}

static void retry(struct loop_timer *timer)
{
    struct feed *feed = container_of(timer, struct feed, retry);
    feed->due = true;
    go_on(feed);
}

/* ---------------------------------------------------------------- life */

bool feed_wait(struct feed *feed, struct feed_wait *wait, uint64_t revision)
{
    struct error err;
    if (feed->begun_at == 0 && begin(feed, &err) == 0)
        go_on(feed); /* what needs no conversion */
    wait->revision = revision;
    if (wait_is_over(feed, wait))
        return true;
    list_append(&feed->waits, &wait->node);
    if (feed->begun_at == 0) {
        tell_waits(feed, &(struct failure){ .err = &err, .all = true });
        return false;
    }
    feed->due = feed->due || wait->key.size == 0;
    go_on(feed);
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
    watch_cache_feed_by(cache, &feeder, feed);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    struct error err;
    struct record *record;
    if (feed == NULL)
        return;
    (void)error_set(&err, ERROR_UNAVAILABLE, CUSTOM_CHANGED);
    store_watch_stop(&feed->watch);
    webhook_cancel(&feed->call);
    loop_timer_stop(&feed->retry);
    watch_cache_feed_by(feed->cache, &no_feeder, NULL);
    tell_waits(feed, &(struct failure){ .err = &err, .all = true });
    list_for_each (&feed->queue, record, node)
        record_free(feed, record);
    map_fini(&feed->latest);
    free(feed->prefix);
    free(feed->api_version);
    free(feed);
}
