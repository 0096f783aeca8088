/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nft_batch.h - one transaction on nftables tables, as netlink messages.
 *
 * For tables that are large or change often: nft's own language (nftables.h) costs several times
 * what the kernel needs for the same change. Nothing is sent before nft_send(); then all of it
 * happens or nothing does. Names are copied into the messages at once.
 *
 * A batch that grew beyond its maximum, or whose caller mixed things up, is failed: nft_send() refuses it. */
#ifndef NET_NFT_BATCH_H
#define NET_NFT_BATCH_H

#include <netinet/in.h> /* before the kernel's netfilter.h, which defines the same otherwise */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text/ip.h"

struct nft_batch;

struct nft_batch *nft_batch_create(size_t max);  /* bytes */
void nft_batch_destroy(struct nft_batch *batch); /* NULL is fine */
size_t nft_batch_size(const struct nft_batch *batch);
bool nft_batch_failed(const struct nft_batch *batch);

/* What follows is about this table. 'table' must outlive the batch's writing. */
void nft_use_table(struct nft_batch *batch, enum ip_family family, const char *table);
/* Empty from here on, whatever it was. */
void nft_replace_table(struct nft_batch *batch);
void nft_remove_table(struct nft_batch *batch); /* fine when it is not there */

/* The kinds of data that keys and values are made of; the numbers are nft's own, so that it can print them. */
enum nft_type {
    NFT_TYPE_NONE = 0,
    NFT_TYPE_IPV4 = 7,
    NFT_TYPE_IPV6 = 8,
    NFT_TYPE_PROTOCOL = 12, /* a byte */
    NFT_TYPE_PORT = 13,     /* two bytes, network order */
    NFT_TYPE_MARK = 19,     /* four bytes, host order: any number */
};

enum { NFT_FIELDS_MAX = 5, NFT_KEY_MAX = 64 };

struct nft_set {
    const char *name; /* of anonymous ones a pattern: "__map%d" */
    enum nft_type key[NFT_FIELDS_MAX], value[NFT_FIELDS_MAX];
    bool verdicts;  /* the values are verdicts */
    bool ranges;    /* elements go from a key to another, field by field */
    bool dynamic;   /* rules add elements, which go 'timeout_seconds' after their last use */
    bool anonymous; /* belongs to the rule that looks it up first */
    uint32_t timeout_seconds;
};

/* Returns the set's number in this batch: rules find anonymous sets by it. */
uint32_t nft_add_set(struct nft_batch *batch, const struct nft_set *set);
void nft_delete_set(struct nft_batch *batch, const char *name);

/* Where a chain is called by the kernel. */
struct nft_hook {
    const char *type; /* "filter", "nat" */
    enum nf_inet_hooks hook;
    int priority;
};
void nft_add_chain(struct nft_batch *batch, const char *name, const struct nft_hook *hook); /* NULL: by other chains */
void nft_flush_chain(struct nft_batch *batch, const char *name);
void nft_delete_chain(struct nft_batch *batch, const char *name);

/* The fields of a key or value, each in words of four bytes, as the kernel's registers have them. */
struct nft_data {
    uint8_t bytes[NFT_KEY_MAX];
    size_t size;
};
void nft_data_put_ip(struct nft_data *data, const struct ip *ip);
void nft_data_put_protocol(struct nft_data *data, uint8_t protocol);
void nft_data_put_port(struct nft_data *data, uint16_t port);
void nft_data_put_number(struct nft_data *data, uint32_t number);

struct nft_verdict {
    int code; /* NFT_GOTO, NF_DROP, ...; 0 is NF_DROP */
    const char *chain;
};
struct nft_element {
    struct nft_data key;
    struct nft_data key_end; /* of ranges; size 0: none */
    struct nft_data value;   /* of maps; size 0: none */
    const struct nft_verdict *verdict;
};
/* Elements of one set: begin, any number, end. 'set_id' is that of an anonymous set, else 0. 'set' is borrowed
 * until the end. */
void nft_begin_elements(struct nft_batch *batch, bool add, const char *set, uint32_t set_id);
void nft_put_element(struct nft_batch *batch, const struct nft_element *element);
void nft_end_elements(struct nft_batch *batch);

/* For nft_rule.h: a rule's list of expressions is open between these. */
void nft_begin_rule(struct nft_batch *batch, const char *chain);
void nft_end_rule(struct nft_batch *batch);
struct nlmsghdr *nft_open_message(struct nft_batch *batch);
enum ip_family nft_family(const struct nft_batch *batch);
/* Adds a verdict as netlink attribute 'type' to the open message. */
void nft_put_verdict(struct nft_batch *batch, uint16_t type, const struct nft_verdict *verdict);

/* The socket that batches go through. Blocks for the kernel's work; any thread may use it, one at a time. */
struct nft_socket;
int nft_socket_open(int namespace_fd, struct nft_socket **ret_socket, struct error *err) must_check; /* -1: our own */
void nft_socket_close(struct nft_socket *socket);                                                    /* NULL is fine */
int nft_send(struct nft_socket *socket, struct nft_batch *batch, struct error *err) must_check;

#endif
