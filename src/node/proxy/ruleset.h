/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ruleset.h - what the services together want in one nftables table, and what is installed.
 *
 * Everything is an item: an element of a map or set, a chain, a set. An owner (a service) says
 * which items it wants; items that several want alike are shared. The difference to what
 * was installed comes out as a list of changes, in an order that the kernel can follow; table.h
 * says them to the kernel. Pure. */
#ifndef NODE_PROXY_RULESET_H
#define NODE_PROXY_RULESET_H

#include <stdbool.h>

#include "base/text/ip.h"

/* Where an item belongs. The first are elements of the table's fixed maps and sets. */
enum rule_place {
    RULE_SERVICE,       /* address . protocol . port : "goto CHAIN" */
    RULE_NODE_PORT,     /* protocol . port : "goto CHAIN" */
    RULE_ENDPOINT,      /* address . protocol . port . slot : endpoint address . port */
    RULE_NODE_ENDPOINT, /* protocol . port . slot : endpoint address . port */
    RULE_REFUSED,       /* address . protocol . port : "goto refuse" or "drop", without endpoints */
    RULE_REFUSED_NODE,  /* protocol . port : the same */
    RULE_HAIRPIN,       /* address . address of an endpoint on this node */
    RULE_GUARDED,       /* address . protocol . port that only some sources may use */
    RULE_ALLOWED,       /* address . protocol . port . source range that may */
    RULE_SET,           /* a set of client addresses: name, seconds that it remembers them */
    RULE_CHAIN,         /* a chain: name, rules, one a line, in the words below */
    RULE_PLACE_COUNT
};

/* The words of a chain's rules. "pick" knows the frontend by the packet.
 *
 *   mark                       the packet is to be masqueraded
 *   pick COUNT                 translate to one of the frontend's slots, the first or
 *   pick COUNT from SLOT       those from that slot on
 *   pick_node COUNT ...        the same for a node port
 *   from RANGE CHAIN           go there when the packet's source is in the range
 *   from_node CHAIN            ... is an address of this node
 *   choose CHAIN CHAIN ...     go to one of them
 *   recall SET CHAIN           go there when the set has the client
 *   remember SET               put the client in the set
 *   translate ADDRESS . PORT
 *   goto CHAIN */

/* The first slot of what the Local policy knows, where a frontend has both. An EndpointSlice has at most 1,000. */
enum { RULE_SLOT_LOCAL = 1 << 20 };

struct ruleset;

struct ruleset *ruleset_create(enum ip_family family);
void ruleset_destroy(struct ruleset *ruleset); /* NULL is fine */

/* An owner's wishes: begin, any number of wants, end. What it wanted before and does not now is given up. An item
 * that another owner has with another value is refused (false), and the owner marked: see ruleset_conflicted(). */
void ruleset_begin(struct ruleset *ruleset, const char *owner);
bool ruleset_want(struct ruleset *ruleset, enum rule_place place, const char *key, const char *value);
void ruleset_end(struct ruleset *ruleset);

/* True when a wish of this owner was refused at its last turn. */
bool ruleset_conflicted(const struct ruleset *ruleset, const char *owner);

bool ruleset_any_conflict(const struct ruleset *ruleset);

/* The value, "" for elements of sets, NULL when nobody wants it. Borrowed until the next change. */
const char *ruleset_find(const struct ruleset *ruleset, enum rule_place place, const char *key);

enum rule_step {
    RULE_RESET,  /* the whole table is made anew, with its fixed maps and sets; the change's other fields are 0 */
    RULE_ADD,    /* an element with its value, a set, or a chain without rules */
    RULE_EMPTY,  /* a chain loses its rules */
    RULE_FILL,   /* a chain gets its rules, the value */
    RULE_REMOVE, /* an element, a set, or a chain, which is empty by then */
};
struct rule_change {
    enum rule_step step;
    enum rule_place place;
    const char *key;
    const char *value; /* of what is added or filled */
};

/* Tells the changes from what is installed to what is wanted, and takes them as installed. False: there were none.
 * The first time, and any time after ruleset_forget(), they begin with RULE_RESET. */
bool ruleset_take_changes(struct ruleset *ruleset, void (*each)(void *context, const struct rule_change *change),
                          void *context);

/* The kernel's state is not known (any more): a transaction failed. */
void ruleset_forget(struct ruleset *ruleset);

enum ip_family ruleset_family(const struct ruleset *ruleset);
size_t ruleset_count(const struct ruleset *ruleset); /* items */

#endif
