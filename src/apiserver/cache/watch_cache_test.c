/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Random writers and watchers over a watch cache and the durable store: watchers that select, are slow, go away and come back
 * where they were, while the server ends, in good order or not, and forgets. A ledger of all acknowledged writes says what each
 * watcher has to see next: nothing may be lost, come twice, or in another order: "watch restart: resume without gaps or
 * duplicates", "event order", "comparable resourceVersions: versions are decimal and orderable". "watch_cache_test SEED" plays one seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apiserver/cache/watch_cache.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/system/file.h"
#include "generated/types.h"
#include "store/store_lmdb.h"

enum { NAMES = 14, NAMESPACES = 2, STEPS = 700, LEDGER_MAX = 20000, WATCHERS = 7, WRITES_MAX = 6 };

struct entry {
    uint64_t revision;
    int key;     /* number of the object */
    char before; /* its label: 'a', 'b' or 'c'; 0: not there */
    char after;
};

struct world;

struct follower {
    struct cache_watcher watcher;
    struct world *world;
    char label;        /* it selects; 0: any */
    int namespace_;    /* it selects; -1: any */
    size_t next;       /* of the ledger: not looked at yet */
    uint64_t revision; /* everything up to it was seen */
    bool slow;         /* does not go on by itself */
    size_t seen;
    char prefix[8]; /* of the keys in its namespace */
    struct str value;
    struct label_requirement requirement; /* label x has that value */
};

struct write {
    struct store_write write;
    struct world *world;
    int key;
    char label;
    bool busy;
    char text[64];
};

struct world {
    struct random random;
    struct loop *loop;
    struct store *store;
    struct watch_cache *cache;
    char directory[96];
    int incarnation;
    struct entry ledger[LEDGER_MAX];
    size_t count;
    char labels[NAMES]; /* of the newest acknowledged state */
    struct follower followers[WATCHERS];
    struct write writes[WRITES_MAX];
    size_t resumed, expired, restarts, lists;
};

static const struct api_resource *const resource = &api_resource_config_map;

/* ---------------------------------------------------------------- the ledger */

static int namespace_of(int key)
{
    return key % NAMESPACES;
}

static bool selects(const struct follower *follower, int key, char label)
{
    return label != 0 && (follower->label == 0 || follower->label == label) &&
           (follower->namespace_ < 0 || follower->namespace_ == namespace_of(key));
}

/* The next entry that the follower has to see, with the event's type; NULL: there is none. */
static const struct entry *next_for(struct follower *follower, enum client_watch_event *ret_type)
{
    struct world *world = follower->world;
    for (; follower->next < world->count; follower->next++) {
        const struct entry *entry = &world->ledger[follower->next];
        bool then = selects(follower, entry->key, entry->before), now = selects(follower, entry->key, entry->after);
        if (entry->revision <= follower->revision || (!then && !now))
            continue;
        *ret_type = !then ? CLIENT_ADDED : now ? CLIENT_MODIFIED : CLIENT_DELETED;
        return entry;
    }
    return NULL;
}

static int key_of(const struct object *object)
{
    int namespace_, number;
    assert_int_equal(sscanf(object_key(object), "ns%d/o%d", &namespace_, &number), 2);
    assert_int_equal(namespace_, namespace_of(number));
    return number;
}

static char label_of(const struct object *object)
{
    struct str value = { 0 };
    assert_true(object_label(object, STR("x"), &value));
    assert_int_equal(value.size, 1);
    return value.data[0];
}

/* ---------------------------------------------------------------- watchers */

static bool follower_selects(struct cache_watcher *watcher, const struct object *object)
{
    return selects(container_of(watcher, struct follower, watcher), key_of(object), label_of(object));
}

static bool follower_deliver(struct cache_watcher *watcher, struct cache_event *event, enum client_watch_event type,
                             const struct object *object)
{
    struct follower *follower = container_of(watcher, struct follower, watcher);
    enum client_watch_event expected;
    const struct entry *entry = next_for(follower, &expected);
    assert_non_null(entry); /* else it comes twice, or is nothing that was acknowledged */
    assert_int_equal(event->revision, entry->revision);
    assert_int_equal(object_revision(object), entry->revision);
    assert_int_equal(key_of(object), entry->key);
    assert_int_equal(type, expected);
    assert_int_equal(label_of(object), type == CLIENT_DELETED ? entry->before : entry->after);
    follower->revision = entry->revision;
    follower->next++;
    follower->seen++;
    return !follower->slow;
}

static void follower_caught_up(struct cache_watcher *watcher)
{
    struct follower *follower = container_of(watcher, struct follower, watcher);
    enum client_watch_event type;
    assert_null(next_for(follower, &type)); /* else it was lost */
    if (random_below(&follower->world->random, 4) == 0)
        follower->revision = watch_cache_revision(follower->world->cache); /* a bookmark */
}

static bool relist_each(void *context, const struct object *object)
{
    struct world *world = context;
    assert_int_equal(world->labels[key_of(object)], label_of(object));
    return true;
}

static void relist(struct follower *follower)
{
    struct world *world = follower->world;
    uint64_t now = watch_cache_revision(world->cache);
    const struct cache_range all = { .revision = now };
    assert_int_equal(watch_cache_range(world->cache, &all, relist_each, world, NULL, NULL), 0);
    follower->next = world->count;
    follower->revision = now;
    assert_int_equal(cache_watcher_start(&follower->watcher, world->cache, now, NULL), 0);
    world->expired++;
}

static void follower_dropped(struct cache_watcher *watcher)
{
    struct follower *follower = container_of(watcher, struct follower, watcher);
    assert_true(follower->slow);
    relist(follower);
}

static void resume(struct follower *follower)
{
    struct world *world = follower->world;
    struct error err;
    if (cache_watcher_start(&follower->watcher, world->cache, follower->revision, &err) == 0) {
        world->resumed++;
        return;
    }
    assert_int_equal(err.code, -ERROR_EXPIRED);
    /* Only when it is old indeed: the store would know of the newest 15 writes, whatever happens. */
    size_t newer = 0;
    for (size_t i = world->count; i > 0 && world->ledger[i - 1].revision > follower->revision; i--)
        newer++;
    assert_true(newer >= 12);
    relist(follower);
}

/* ---------------------------------------------------------------- writers */

static void write_done(struct store_write *store_write)
{
    struct write *write = container_of(store_write, struct write, write);
    struct world *world = write->world;
    write->busy = false;
    if (store_write->rc < 0) {
        assert_true(store_write->rc == -ERROR_CONFLICT || store_write->rc == -ERROR_NOT_FOUND ||
                    store_write->rc == -ERROR_ALREADY_EXISTS);
        return;
    }
    assert_true(world->count < LEDGER_MAX);
    assert_true(world->count == 0 || store_write->revision > world->ledger[world->count - 1].revision);
    world->ledger[world->count++] =
        (struct entry){ store_write->revision, write->key, world->labels[write->key], write->label };
    world->labels[write->key] = write->label;
}

static void start_write(struct world *world, struct write *write)
{
    struct random *random = &world->random;
    char json[512];
    write->world = world;
    write->key = (int)random_below(random, NAMES);
    bool there = world->labels[write->key] != 0;
    bool delete = there && random_below(random, 4) == 0;
    write->label = delete ? 0 : (char)('a' + random_below(random, 3));
    snprintf(write->text, sizeof(write->text), "%s/ns%d/o%d", resource->storage_prefix, namespace_of(write->key),
             write->key);
    int size = snprintf(json, sizeof(json),
                        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"o%d\",\"namespace\":"
                        "\"ns%d\",\"labels\":{\"x\":\"%c\"}},\"data\":{\"n\":\"%u\"}}",
                        write->key, namespace_of(write->key), write->label, (unsigned)random_below(random, 1000));
    struct bytes *value = delete ? NULL : bytes_create(json, (size_t)size);
    write->write = (struct store_write){ .operation = delete  ? STORE_DELETE
                                                      : there ? STORE_UPDATE
                                                              : STORE_CREATE,
                                         .key = str_of(write->text),
                                         .value = value,
                                         .done = write_done };
    write->busy = true;
    store_write_start(world->store, &write->write);
    bytes_unref(value);
}

static void settle(struct world *world)
{
    for (bool busy = true; busy;) {
        busy = false;
        loop_run_until(world->loop, loop_now(world->loop));
        for (size_t i = 0; i < WRITES_MAX; i++)
            busy |= world->writes[i].busy;
    }
}

static void write_some(struct world *world)
{
    size_t count = 1 + random_below(&world->random, WRITES_MAX);
    for (size_t i = 0; i < count; i++)
        start_write(world, &world->writes[i]);
    settle(world);
}

/* ---------------------------------------------------------------- the server */

static void open_server(struct world *world, usec_t now)
{
    struct error err = { 0 };
    const struct store_lmdb_options options = { .segment_size = (size_t)64 << 10, .map_size = (size_t)64 << 20 };
    world->loop = loop_create_virtual(now, random_next(&world->random));
    if (store_open_lmdb_with(world->loop, world->directory, &options, &world->store, &err) < 0)
        fail_msg("%s", err.message);
    world->cache = watch_cache_create(world->loop, world->store, resource);
    assert_int_equal(watch_cache_start(world->cache, NULL), 0);
}

static usec_t close_server(struct world *world)
{
    usec_t now = loop_now(world->loop);
    for (size_t i = 0; i < WATCHERS; i++)
        cache_watcher_stop(&world->followers[i].watcher);
    watch_cache_destroy(world->cache);
    store_close(world->store);
    loop_run(world->loop);
    loop_destroy(world->loop);
    return now;
}

static void remove_directory(const char *path)
{
    assert_int_equal(file_remove_tree(AT_FDCWD, path, NULL), 0);
}

/* In good order, or as if it had been killed: with the files as they are now. */
static void restart(struct world *world)
{
    bool killed = random_below(&world->random, 2) == 0;
    char before[96], command[256];
    snprintf(before, sizeof(before), "%s", world->directory);
    if (killed) {
        snprintf(world->directory, sizeof(world->directory), "%.60s-%d", before, ++world->incarnation % 10);
        snprintf(command, sizeof(command), "cp -r %s %s", before, world->directory);
        assert_int_equal(system(command), 0);
    }
    usec_t now = close_server(world);
    if (killed)
        remove_directory(before);
    open_server(world, now + USEC_PER_SEC);
    world->restarts++;
    for (size_t i = 0; i < WATCHERS; i++)
        if (random_below(&world->random, 5) > 0) /* the others come back later */
            resume(&world->followers[i]);
}

/* ---------------------------------------------------------------- lists of the past */

struct past {
    char labels[NAMES];
    uint64_t count;
};

static bool past_each(void *context, const struct object *object)
{
    struct past *past = context;
    int key = key_of(object);
    assert_int_equal(past->labels[key], label_of(object));
    past->labels[key] = 0;
    past->count--;
    return true;
}

static void list_the_past(struct world *world)
{
    struct past past = { 0 };
    if (world->count == 0)
        return;
    size_t back = random_below(&world->random, world->count < 40 ? world->count : 40);
    size_t known = world->count - 1 - back;
    uint64_t revision = world->ledger[known].revision;
    for (size_t i = 0; i <= known; i++)
        past.labels[world->ledger[i].key] = world->ledger[i].after;
    for (int i = 0; i < 3; i++) { /* all, one namespace, and from somewhere in it on */
        char prefix[16] = "", start[32] = "";
        int name = (int)random_below(&world->random, NAMES);
        snprintf(prefix, sizeof(prefix), "ns%d/", namespace_of(name));
        snprintf(start, sizeof(start), "%so%d", prefix, name);
        struct cache_range range = { revision, str_of(i > 0 ? prefix : ""), str_of(i > 1 ? start : "") };
        struct past part = past;
        if (watch_cache_range(world->cache, &range, past_each, &part, &part.count, NULL) < 0) {
            assert_true(back >= 12);
            return;
        }
        assert_int_equal(part.count, 0); /* as many were listed as were promised */
        for (int key = 0; i == 0 && key < NAMES; key++)
            assert_int_equal(part.labels[key], 0); /* all of it was listed */
    }
    world->lists++;
}

/* ---------------------------------------------------------------- the play */

/* What the follower certainly wants: told to the cache by every second one that wants less than everything. */
static struct cache_interest interest_of(struct follower *follower, int number)
{
    static const struct field_selector none = { 0 };
    struct label_selector labels = { 0 };
    snprintf(follower->prefix, sizeof(follower->prefix), "ns%d/", follower->namespace_);
    follower->value = (struct str){ &follower->label, 1 };
    follower->requirement = (struct label_requirement){
        .key = STR("x"), .operator= LABEL_EQUALS, .values = &follower->value, .n_values = 1
    };
    if (follower->label != 0)
        labels = (struct label_selector){ .requirements = &follower->requirement, .n_requirements = 1 };
    return number % 2 == 0
               ? (struct cache_interest){ 0 }
               : cache_interest_of((struct str){ 0 }, follower->namespace_ < 0 ? STR("") : str_of(follower->prefix),
                                   &labels, &none);
}

static void disturb(struct world *world)
{
    struct follower *follower = &world->followers[random_below(&world->random, WATCHERS)];
    switch (random_below(&world->random, 8)) {
    case 0:
        cache_watcher_stop(&follower->watcher);
        break;
    case 1:
        cache_watcher_stop(&follower->watcher);
        resume(follower);
        break;
    case 2:
        follower->slow = !follower->slow;
        break;
    case 3:
        cache_watcher_resume(&follower->watcher);
        break;
    case 4:
        list_the_past(world);
        break;
    case 5:
        if (random_below(&world->random, 12) == 0)
            store_compact(world->store, store_revision(world->store) - random_below(&world->random, 20));
        break;
    case 6:
        if (random_below(&world->random, 6) == 0) /* so long that events are old */
            loop_run_until(world->loop, loop_now(world->loop) + 400 * USEC_PER_SEC);
        if (random_below(&world->random, 6) == 0)
            watch_cache_tidy(world->cache);
        break;
    default:
        if (random_below(&world->random, 5) == 0)
            restart(world);
    }
}

static void finish(struct world *world)
{
    for (size_t i = 0; i < WATCHERS; i++) {
        struct follower *follower = &world->followers[i];
        enum client_watch_event type;
        follower->slow = false;
        if (follower->watcher.cache == NULL)
            resume(follower);
        cache_watcher_resume(&follower->watcher);
        settle(world);
        assert_null(next_for(follower, &type));
        assert_true(follower->seen > 0);
    }
}

static void play(uint64_t seed)
{
    struct world *world = memory_new(struct world);
    bool shared = access("/dev/shm", W_OK) == 0; /* without waiting for a disk, where there is such a place */
    snprintf(world->directory, sizeof(world->directory), "%s/watch-cache-XXXXXX", shared ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(world->directory));
    random_init(&world->random, seed);
    open_server(world, USEC_PER_SEC);
    for (int i = 0; i < WATCHERS; i++) {
        struct follower *follower = &world->followers[i];
        *follower = (struct follower){ .world = world,
                                       .label = i % 3 == 0 ? 0 : (char)('a' + i % 3),
                                       .namespace_ = i % 4 == 3 ? i % NAMESPACES : -1,
                                       .revision = 1,
                                       .slow = i == 5,
                                       .watcher = { .deliver = follower_deliver,
                                                    .selects = i % 3 == 0 && i % 4 != 3 ? NULL : follower_selects,
                                                    .dropped = follower_dropped,
                                                    .caught_up = follower_caught_up } };
        follower->watcher.interest = interest_of(follower, i);
        assert_int_equal(cache_watcher_start(&follower->watcher, world->cache, 1, NULL), 0);
    }
    for (int step = 0; step < STEPS; step++) {
        write_some(world);
        disturb(world);
    }
    finish(world);
    print_message("seed %llu: %zu writes, %zu restarts, %zu resumed, %zu expired, %zu lists of the past\n",
                  (unsigned long long)seed, world->count, world->restarts, world->resumed, world->expired,
                  world->lists);
    assert_true(world->restarts > 0 && world->resumed > world->restarts && world->lists > 0);
    close_server(world);
    remove_directory(world->directory);
    free(world);
}

static uint64_t seed_first = 1, seed_last = 8;

static void test_random_watchers(void **state)
{
    (void)state;
    for (uint64_t seed = seed_first; seed <= seed_last; seed++)
        play(seed);
}

/* ---------------------------------------------------------------- decoded forms */

static void stop_at_done(struct store_write *write)
{
    assert_int_equal(write->rc, 0);
    loop_stop(write->context);
}

/* A new ConfigMap as a registry writes it; what the cache has of it. */
static const struct object *write_one(struct loop *loop, struct store *store, struct watch_cache *cache, int number)
{
    char name[16], key[64], json[128];
    snprintf(name, sizeof(name), "c%d", number);
    snprintf(key, sizeof(key), "/registry/configmaps/a/%s", name);
    snprintf(json, sizeof(json), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"a\",\"uid\":\"u\"}}", name);
    const struct api_config_map map = { .metadata = { .name = name, .namespace = "a", .uid = "u" } };
    const struct cache_origin origin = { resource, &map };
    struct bytes *value = bytes_create(json, strlen(json));
    struct store_write write = { .operation = STORE_CREATE,
                                 .key = str_of(key),
                                 .value = value,
                                 .done = stop_at_done,
                                 .context = loop,
                                 .origin = &origin };
    store_write_start(store, &write);
    bytes_unref(value);
    loop_run(loop);
    return watch_cache_get(cache, "a", name);
}

/* Who decodes new objects gets later ones decoded; who stops is found out. */
static void test_decoded_forms_are_given_to_who_wants_them(void **state)
{
    (void)state;
    enum { MANY = 1200 };
    struct loop *loop = loop_create_virtual(USEC_PER_SEC, 1);
    struct store *store;
    assert_int_equal(store_open_memory(loop, &store, NULL), 0);
    struct watch_cache *cache = watch_cache_create(loop, store, resource);
    assert_int_equal(watch_cache_start(cache, NULL), 0);
    int number = 0, given = 0;
    for (int i = 0; i < MANY; i++)
        assert_false(object_has_typed(write_one(loop, store, cache, number++)));
    for (int i = 0; i < MANY; i++) {
        const struct object *object = write_one(loop, store, cache, number++);
        given += object_has_typed(object);
        assert_string_equal(object_meta(object)->name, object_name(object));
        assert_int_equal(strtoull(object_meta(object)->resource_version, NULL, 10), object_revision(object));
    }
    assert_true(given > 0);
    for (int i = 0; i < 2 * MANY; i++)
        (void)write_one(loop, store, cache, number++);
    assert_false(object_has_typed(write_one(loop, store, cache, number++)));
    watch_cache_destroy(cache);
    store_close(store);
    loop_destroy(loop);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoded_forms_are_given_to_who_wants_them),
        cmocka_unit_test(test_random_watchers),
    };
    if (argc > 1)
        seed_first = seed_last = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seed_last = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
