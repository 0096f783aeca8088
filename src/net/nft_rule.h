/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nft_rule.h - the expressions of one rule, between nft_begin_rule() and nft_end_rule() of nft_batch.h.
 *
 * Expressions work on words of four bytes, numbered from 0 to 15. "Load" fills words from the packet,
 * "require" ends the rule when words are not as wanted, a verdict ends the chain. A port or a protocol
 * takes one word, an address one or, in IPv6, four: nft_address_words(). */
#ifndef NET_NFT_RULE_H
#define NET_NFT_RULE_H

#include "net/nft_batch.h"

unsigned nft_address_words(const struct nft_batch *batch);

void nft_load_source(struct nft_batch *batch, unsigned word);
void nft_load_destination(struct nft_batch *batch, unsigned word);
void nft_load_protocol(struct nft_batch *batch, unsigned word);
void nft_load_port(struct nft_batch *batch, unsigned word); /* destination's, of any protocol that has ports */
void nft_load_mark(struct nft_batch *batch, unsigned word);
void nft_load_random(struct nft_batch *batch, unsigned word, uint32_t first,
                     uint32_t count);                              /* one of 'count' numbers */
void nft_load_source_type(struct nft_batch *batch, unsigned word); /* RTN_LOCAL, ... */
void nft_load_destination_type(struct nft_batch *batch, unsigned word);
void nft_load_input_index(struct nft_batch *batch, unsigned word); /* of the link it came by */
void nft_load_flow_state(struct nft_batch *batch, unsigned word);  /* NF_CT_STATE_BIT() */
void nft_load_flow_status(struct nft_batch *batch, unsigned word); /* IPS_* */
void nft_load_bytes(struct nft_batch *batch, unsigned word, const void *bytes, size_t size); /* at most 16 */

void nft_change_word(struct nft_batch *batch, unsigned word, uint32_t keep, uint32_t flip); /* (word & keep) ^ flip */
void nft_require(struct nft_batch *batch, unsigned word, enum nft_cmp_ops comparison, const void *bytes, size_t size);
void nft_require_prefix(struct nft_batch *batch, unsigned word, enum nft_cmp_ops comparison,
                        const struct ip_prefix *prefix);

/* Goes on when the words from 'word' on are a key of the set, or ('inverted') are none. */
void nft_require_in_set(struct nft_batch *batch, unsigned word, const char *set, bool inverted);
void nft_look_up(struct nft_batch *batch, unsigned word, const char *map, unsigned value_word);
void nft_look_up_verdict(struct nft_batch *batch, unsigned word, const char *map, uint32_t set_id);
void nft_remember(struct nft_batch *batch, unsigned word, const char *dynamic_set); /* or starts its timeout anew */

void nft_set_mark(struct nft_batch *batch, unsigned word);
void nft_translate_destination(struct nft_batch *batch, unsigned address_word, unsigned port_word);
void nft_masquerade(struct nft_batch *batch);
void nft_reject(struct nft_batch *batch, bool tcp_reset); /* else: port unreachable */
void nft_give_verdict(struct nft_batch *batch, int code, const char *chain);

#endif
