/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ruleset.h - what the services together want in one nftables table, and what is installed.
 *
 * Everything is an item: an element of a map or set, a chain, a set. An owner (a service) says
 * which items it wants; items that several want alike are shared. The difference to what
 * was installed comes out as one transaction in nft's language. Pure. */
#ifndef NODE_PROXY_RULESET_H
#define NODE_PROXY_RULESET_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/ip.h"

/* Where an item belongs. The first are elements of the table's fixed maps and sets. */
enum rule_place {
    RULE_SERVICE,      /* address . protocol . port : verdict */
    RULE_NODE_PORT,    /* protocol . port : verdict */
    RULE_ENDPOINT_TCP, /* address . port . slot : endpoint address . port */
    RULE_ENDPOINT_UDP, /* (nft knows maps to ports only of one protocol each) */
    RULE_ENDPOINT_SCTP,
    RULE_NODE_ENDPOINT_TCP, /* port . slot : endpoint address . port */
    RULE_NODE_ENDPOINT_UDP,
    RULE_NODE_ENDPOINT_SCTP,
    RULE_REFUSED,      /* address . protocol . port : verdict, without endpoints */
    RULE_REFUSED_NODE, /* protocol . port : verdict */
    RULE_HAIRPIN,      /* address . address of an endpoint on this node */
    RULE_GUARDED,      /* address . protocol . port that only some sources may use */
    RULE_ALLOWED,      /* address . protocol . port . source range that may */
    RULE_SET,          /* a set: name, declaration */
    RULE_CHAIN,        /* a chain: name, rules, one a line */
    RULE_PLACE_COUNT
};

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

/* Appends the transaction from what is installed to what is wanted, and takes it as installed. False: there is
 * nothing to do. The first one, and any after ruleset_forget(), replaces the whole table. */
bool ruleset_take_changes(struct ruleset *ruleset, struct buffer *commands);

/* The kernel's state is not known (any more): a transaction failed. */
void ruleset_forget(struct ruleset *ruleset);

size_t ruleset_count(const struct ruleset *ruleset); /* items */

#endif
