/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ruleset.c - items by name, their wishers counted, the differences kept in a list.
 *
 * An item lives as long as somebody wants it or it is installed. Order within a transaction:
 * what is referred to comes before what refers to it, and goes after it. */
#include "node/proxy/ruleset.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#define KEY_SIZE 256

struct item {
    struct map_node by_name;    /* in ruleset.items */
    struct list_node by_change; /* in ruleset.changed[place] while the kernel is behind */
    enum rule_place place;
    char *value;     /* wanted; NULL: nobody wants it */
    char *installed; /* NULL: not in the kernel */
    size_t wishers;
    size_t key_size;
    char name[]; /* a byte for the place, then the key */
};

struct wish {
    struct item *item;
    struct wish *next;
};

struct owner {
    struct map_node by_name; /* in ruleset.owners */
    struct wish *wishes;
    bool conflicted;
    char name[];
};

struct ruleset {
    enum ip_family family;
    struct map items;
    struct map owners;
    struct list changed[RULE_PLACE_COUNT];
    struct owner *current; /* between begin and end */
    struct wish *previous; /* its wishes of last time */
    size_t conflicts;      /* owners that are conflicted */
    bool known;            /* the kernel has our table as 'installed' says */
};

struct ruleset *ruleset_create(enum ip_family family)
{
    struct ruleset *ruleset = memory_new(struct ruleset);
    ruleset->family = family;
    for (size_t i = 0; i < RULE_PLACE_COUNT; i++)
        list_init(&ruleset->changed[i]);
    return ruleset;
}

static void free_item(struct ruleset *ruleset, struct item *item)
{
    list_remove(&item->by_change);
    map_remove(&ruleset->items, &item->by_name);
    free(item->value);
    free(item->installed);
    free(item);
}

static void free_owner(struct ruleset *ruleset, struct owner *owner)
{
    for (struct wish *wish = owner->wishes, *next; wish != NULL; wish = next) {
        next = wish->next;
        free(wish);
    }
    map_remove(&ruleset->owners, &owner->by_name);
    free(owner);
}

void ruleset_destroy(struct ruleset *ruleset)
{
    if (ruleset == NULL)
        return;
    struct owner *owner;
    map_for_each (&ruleset->owners, owner, by_name)
        free_owner(ruleset, owner);
    struct item *item;
    map_for_each (&ruleset->items, item, by_name)
        free_item(ruleset, item);
    map_fini(&ruleset->owners);
    map_fini(&ruleset->items);
    free(ruleset);
}

/* ---------------------------------------------------------------- wishes */

static void note_change(struct ruleset *ruleset, struct item *item)
{
    if (!list_linked(&item->by_change))
        list_append(&ruleset->changed[item->place], &item->by_change);
}

static struct str name_of(enum rule_place place, const char *key, char space[KEY_SIZE])
{
    space[0] = (char)('a' + place);
    size_t size = (size_t)snprintf(space + 1, KEY_SIZE - 1, "%s", key);
    return (struct str){ space, 1 + (size < KEY_SIZE - 2 ? size : KEY_SIZE - 2) };
}

static const char *key_of(const struct item *item)
{
    return item->name + 1;
}

static struct item *find(const struct ruleset *ruleset, enum rule_place place, const char *key)
{
    char space[KEY_SIZE];
    return map_find_entry(&ruleset->items, name_of(place, key, space), struct item, by_name);
}

static struct item *find_or_make(struct ruleset *ruleset, enum rule_place place, const char *key)
{
    char space[KEY_SIZE];
    struct str name = name_of(place, key, space);
    struct item *item = map_find_entry(&ruleset->items, name, struct item, by_name);
    if (item != NULL)
        return item;
    item = memory_zalloc(sizeof(*item) + name.size + 1);
    item->place = place;
    memcpy(item->name, name.data, name.size);
    map_insert(&ruleset->items, (struct str){ item->name, name.size }, &item->by_name);
    return item;
}

/* Gives up one wish. The value goes with the last one. */
static void release(struct ruleset *ruleset, struct item *item)
{
    if (--item->wishers > 0)
        return;
    free(take_pointer(&item->value));
    if (item->installed == NULL)
        free_item(ruleset, item);
    else
        note_change(ruleset, item);
}

void ruleset_begin(struct ruleset *ruleset, const char *name)
{
    struct owner *owner = map_find_entry(&ruleset->owners, str_of(name), struct owner, by_name);
    if (owner == NULL) {
        size_t size = strlen(name);
        owner = memory_zalloc(sizeof(*owner) + size + 1);
        memcpy(owner->name, name, size);
        map_insert(&ruleset->owners, (struct str){ owner->name, size }, &owner->by_name);
    }
    ruleset->conflicts -= owner->conflicted;
    owner->conflicted = false;
    ruleset->current = owner;
    ruleset->previous = take_pointer(&owner->wishes);
}

/* An item that only this owner wanted may change its value in place: then there is no conflict. */
static bool wished_by_nobody_else(const struct ruleset *ruleset, const struct item *item)
{
    size_t own = 0;
    for (const struct wish *wish = ruleset->previous; wish != NULL; wish = wish->next)
        own += wish->item == item;
    return own == item->wishers;
}

bool ruleset_want(struct ruleset *ruleset, enum rule_place place, const char *key, const char *value)
{
    struct item *item = find_or_make(ruleset, place, key);
    if (item->value == NULL || strcmp(item->value, value) != 0) {
        if (item->value != NULL && !wished_by_nobody_else(ruleset, item)) {
            ruleset->conflicts += !ruleset->current->conflicted;
            ruleset->current->conflicted = true;
            return false;
        }
        free(item->value);
        item->value = memory_strdup(value);
        note_change(ruleset, item);
    }
    item->wishers++;
    struct wish *wish = memory_new(struct wish);
    wish->item = item;
    wish->next = ruleset->current->wishes;
    ruleset->current->wishes = wish;
    return true;
}

void ruleset_end(struct ruleset *ruleset)
{
    for (struct wish *wish = take_pointer(&ruleset->previous), *next; wish != NULL; wish = next) {
        next = wish->next;
        release(ruleset, wish->item);
        free(wish);
    }
    struct owner *owner = take_pointer(&ruleset->current);
    if (owner->wishes == NULL && !owner->conflicted)
        free_owner(ruleset, owner);
}

bool ruleset_conflicted(const struct ruleset *ruleset, const char *name)
{
    const struct owner *owner = map_find_entry(&ruleset->owners, str_of(name), struct owner, by_name);
    return owner != NULL && owner->conflicted;
}

bool ruleset_any_conflict(const struct ruleset *ruleset)
{
    return ruleset->conflicts > 0;
}

const char *ruleset_find(const struct ruleset *ruleset, enum rule_place place, const char *key)
{
    const struct item *item = find(ruleset, place, key);
    return item != NULL ? item->value : NULL;
}

size_t ruleset_count(const struct ruleset *ruleset)
{
    return ruleset->items.size;
}

/* ---------------------------------------------------------------- transactions */

static const char *const set_names[RULE_SET] = {
    [RULE_SERVICE] = "services",
    [RULE_NODE_PORT] = "node_ports",
    [RULE_ENDPOINT_TCP] = "tcp_endpoints",
    [RULE_ENDPOINT_UDP] = "udp_endpoints",
    [RULE_ENDPOINT_SCTP] = "sctp_endpoints",
    [RULE_NODE_ENDPOINT_TCP] = "tcp_node_endpoints",
    [RULE_NODE_ENDPOINT_UDP] = "udp_node_endpoints",
    [RULE_NODE_ENDPOINT_SCTP] = "sctp_node_endpoints",
    [RULE_REFUSED] = "refused",
    [RULE_REFUSED_NODE] = "refused_node_ports",
    [RULE_HAIRPIN] = "hairpin",
    [RULE_GUARDED] = "guarded",
    [RULE_ALLOWED] = "allowed",
};

/* %1$s: ip or ip6, %2$s: the address type, %3$s: loopback.
 * The mark is the one that Kubernetes' own proxies use for "to be masqueraded"; it is cleared when done, so that an
 * encapsulated packet is not masqueraded again.
 * TCP is refused with a reset: an ICMP error that comes back while the client's connect() still holds its socket is
 * only noted, and the client tries again after a second. */
static const char frame[] =
    "add table %1$s coracle\n"
    "delete table %1$s coracle\n"
    "table %1$s coracle {\n"
    "map services { type %2$s . inet_proto . inet_service : verdict; }\n"
    "map node_ports { type inet_proto . inet_service : verdict; }\n"
    "map tcp_endpoints { typeof %1$s daddr . tcp dport . numgen random mod 65536 : %1$s daddr . tcp dport; }\n"
    "map udp_endpoints { typeof %1$s daddr . udp dport . numgen random mod 65536 : %1$s daddr . udp dport; }\n"
    "map sctp_endpoints { typeof %1$s daddr . sctp dport . numgen random mod 65536 : %1$s daddr . sctp dport; }\n"
    "map tcp_node_endpoints { typeof tcp dport . numgen random mod 65536 : %1$s daddr . tcp dport; }\n"
    "map udp_node_endpoints { typeof udp dport . numgen random mod 65536 : %1$s daddr . udp dport; }\n"
    "map sctp_node_endpoints { typeof sctp dport . numgen random mod 65536 : %1$s daddr . sctp dport; }\n"
    "map refused { type %2$s . inet_proto . inet_service : verdict; }\n"
    "map refused_node_ports { type inet_proto . inet_service : verdict; }\n"
    "set hairpin { type %2$s . %2$s; }\n"
    "set guarded { type %2$s . inet_proto . inet_service; }\n"
    "set allowed { type %2$s . inet_proto . inet_service . %2$s; flags interval; }\n"
    "chain refuse { meta l4proto tcp reject with tcp reset; reject; }\n"
    "chain translate {\n"
    "  %1$s daddr . meta l4proto . th dport vmap @services\n"
    "  %1$s daddr != %3$s fib daddr type local meta l4proto . th dport vmap @node_ports\n"
    "}\n"
    "chain check {\n"
    "  %1$s daddr . meta l4proto . th dport vmap @refused\n"
    "  %1$s daddr != %3$s fib daddr type local meta l4proto . th dport vmap @refused_node_ports\n"
    "}\n"
    "chain guard {\n"
    "  type filter hook prerouting priority dstnat - 10;\n"
    "  ct state new %1$s daddr . meta l4proto . th dport @guarded "
    "%1$s daddr . meta l4proto . th dport . %1$s saddr != @allowed drop\n"
    "}\n"
    "chain prerouting { type nat hook prerouting priority dstnat; jump translate; }\n"
    "chain output { type nat hook output priority -100; jump translate; }\n"
    "chain input_check { type filter hook input priority filter; ct state new jump check; }\n"
    "chain forward_check { type filter hook forward priority filter; ct state new jump check; }\n"
    "chain output_check { type filter hook output priority filter; ct state new jump check; }\n"
    "chain postrouting {\n"
    "  type nat hook postrouting priority srcnat;\n"
    "  meta mark & 0x4000 != 0 meta mark set meta mark ^ 0x4000 masquerade fully-random\n"
    "  ct status dnat %1$s saddr . %1$s daddr @hairpin masquerade fully-random\n"
    "}\n"
    "}\n";

static const char *family_word(const struct ruleset *ruleset)
{
    return ruleset->family == IP_V6 ? "ip6" : "ip";
}

static bool must_remove(const struct item *item)
{
    return item->installed != NULL && (item->value == NULL || strcmp(item->installed, item->value) != 0);
}

static bool must_add(const struct item *item)
{
    return item->value != NULL && (item->installed == NULL || strcmp(item->installed, item->value) != 0);
}

static void write_elements(const struct ruleset *ruleset, enum rule_place place, bool add, struct buffer *commands)
{
    bool any = false;
    const struct item *item;
    list_for_each (&ruleset->changed[place], item, by_change) {
        if (add ? !must_add(item) : !must_remove(item))
            continue;
        if (any)
            buffer_append(commands, ", ", 2);
        else
            buffer_format(commands, "%s element %s coracle %s { ", add ? "add" : "delete", family_word(ruleset),
                          set_names[place]);
        any = true;
        buffer_append_text(commands, key_of(item));
        if (add && item->value[0] != '\0') {
            buffer_append(commands, " : ", 3);
            buffer_append_text(commands, item->value);
        }
    }
    if (any)
        buffer_append(commands, " }\n", 3);
}

static void write_rules(const struct ruleset *ruleset, const struct item *item, struct buffer *commands)
{
    struct str rest = str_of(item->value), line;
    while (str_next(&rest, '\n', &line))
        if (line.size > 0)
            buffer_format(commands, "add rule %s coracle %s " STR_FMT "\n", family_word(ruleset), key_of(item),
                          STR_ARG(line));
}

/* Chains may go to each other in any direction: all are there before any rule is. */
static void write_chains(const struct ruleset *ruleset, struct buffer *commands)
{
    const char *family = family_word(ruleset);
    const struct item *item;
    list_for_each (&ruleset->changed[RULE_CHAIN], item, by_change) {
        if (item->installed == NULL && item->value != NULL)
            buffer_format(commands, "add chain %s coracle %s\n", family, key_of(item));
        else if (must_remove(item))
            buffer_format(commands, "flush chain %s coracle %s\n", family, key_of(item));
    }
    list_for_each (&ruleset->changed[RULE_CHAIN], item, by_change)
        if (must_add(item))
            write_rules(ruleset, item, commands);
}

/* A set whose declaration changed is one of another name: see render.c. */
static void write_sets(const struct ruleset *ruleset, bool add, struct buffer *commands)
{
    const struct item *item;
    list_for_each (&ruleset->changed[RULE_SET], item, by_change) {
        if (add && item->installed == NULL && item->value != NULL)
            buffer_format(commands, "add set %s coracle %s { %s }\n", family_word(ruleset), key_of(item), item->value);
        if (!add && item->value == NULL && item->installed != NULL)
            buffer_format(commands, "delete set %s coracle %s\n", family_word(ruleset), key_of(item));
    }
}

static void write_removed_chains(const struct ruleset *ruleset, struct buffer *commands)
{
    const struct item *item;
    list_for_each (&ruleset->changed[RULE_CHAIN], item, by_change)
        if (item->value == NULL && item->installed != NULL)
            buffer_format(commands, "delete chain %s coracle %s\n", family_word(ruleset), key_of(item));
}

static void settle(struct ruleset *ruleset)
{
    for (size_t place = 0; place < RULE_PLACE_COUNT; place++) {
        struct item *item;
        list_for_each (&ruleset->changed[place], item, by_change) {
            list_remove(&item->by_change);
            free(item->installed);
            item->installed = item->value != NULL ? memory_strdup(item->value) : NULL;
            if (item->value == NULL)
                free_item(ruleset, item);
        }
    }
}

bool ruleset_take_changes(struct ruleset *ruleset, struct buffer *commands)
{
    size_t before = commands->size;
    if (!ruleset->known) {
        bool v6 = ruleset->family == IP_V6;
        buffer_format(commands, frame, v6 ? "ip6" : "ip", v6 ? "ipv6_addr" : "ipv4_addr", v6 ? "::1" : "127.0.0.0/8");
        ruleset->known = true;
    }
    write_sets(ruleset, true, commands);
    write_chains(ruleset, commands);
    for (size_t place = 0; place < RULE_SET; place++)
        write_elements(ruleset, (enum rule_place)place, false, commands);
    for (size_t place = 0; place < RULE_SET; place++)
        write_elements(ruleset, (enum rule_place)place, true, commands);
    write_removed_chains(ruleset, commands);
    write_sets(ruleset, false, commands);
    settle(ruleset);
    return commands->size > before || buffer_failed(commands);
}

void ruleset_forget(struct ruleset *ruleset)
{
    ruleset->known = false;
    struct item *item;
    map_for_each (&ruleset->items, item, by_name) {
        free(take_pointer(&item->installed));
        if (item->value == NULL)
            free_item(ruleset, item);
        else
            note_change(ruleset, item);
    }
}
