/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nft_rule.c - each expression as the kernel reads it: a name and its attributes. */
#include "net/nft_rule.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter/nf_nat.h>

/* Where the IP headers have their addresses. */
enum { V4_SOURCE = 12, V4_DESTINATION = 16, V6_SOURCE = 8, V6_DESTINATION = 24 };

struct expression {
    struct nlmsghdr *message;
    struct nlattr *element, *attributes;
};

static struct expression begin(struct nft_batch *batch, const char *name)
{
    struct nlmsghdr *message = nft_open_message(batch);
    struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
    return (struct expression){ message, element, mnl_attr_nest_start(message, NFTA_EXPR_DATA) };
}

static void put(const struct expression *expression, uint16_t type, uint32_t value)
{
    mnl_attr_put_u32(expression->message, type, htonl(value));
}

static void put_word(const struct expression *expression, uint16_t type, unsigned word)
{
    put(expression, type, NFT_REG32_00 + word);
}

static void put_bytes(const struct expression *expression, uint16_t type, const void *bytes, size_t size)
{
    struct nlattr *nest = mnl_attr_nest_start(expression->message, type);
    mnl_attr_put(expression->message, NFTA_DATA_VALUE, size, bytes);
    mnl_attr_nest_end(expression->message, nest);
}

static void end(const struct expression *expression)
{
    mnl_attr_nest_end(expression->message, expression->attributes);
    mnl_attr_nest_end(expression->message, expression->element);
}

unsigned nft_address_words(const struct nft_batch *batch)
{
    return nft_family(batch) == IP_V6 ? 4 : 1;
}

/* ---------------------------------------------------------------- loads */

static void load_payload(struct nft_batch *batch, unsigned word, enum nft_payload_bases base, size_t offset,
                         size_t size)
{
    struct expression expression = begin(batch, "payload");
    put_word(&expression, NFTA_PAYLOAD_DREG, word);
    put(&expression, NFTA_PAYLOAD_BASE, base);
    put(&expression, NFTA_PAYLOAD_OFFSET, (uint32_t)offset);
    put(&expression, NFTA_PAYLOAD_LEN, (uint32_t)size);
    end(&expression);
}

void nft_load_source(struct nft_batch *batch, unsigned word)
{
    bool v6 = nft_family(batch) == IP_V6;
    load_payload(batch, word, NFT_PAYLOAD_NETWORK_HEADER, v6 ? V6_SOURCE : V4_SOURCE, v6 ? 16 : 4);
}

void nft_load_destination(struct nft_batch *batch, unsigned word)
{
    bool v6 = nft_family(batch) == IP_V6;
    load_payload(batch, word, NFT_PAYLOAD_NETWORK_HEADER, v6 ? V6_DESTINATION : V4_DESTINATION, v6 ? 16 : 4);
}

/* TCP, UDP and SCTP have it in the same place. */
void nft_load_port(struct nft_batch *batch, unsigned word)
{
    load_payload(batch, word, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
}

static void load(struct nft_batch *batch, const char *name, uint16_t key_type, uint32_t key, uint16_t word_type,
                 unsigned word)
{
    struct expression expression = begin(batch, name);
    put(&expression, key_type, key);
    put_word(&expression, word_type, word);
    end(&expression);
}

void nft_load_protocol(struct nft_batch *batch, unsigned word)
{
    load(batch, "meta", NFTA_META_KEY, NFT_META_L4PROTO, NFTA_META_DREG, word);
}

void nft_load_mark(struct nft_batch *batch, unsigned word)
{
    load(batch, "meta", NFTA_META_KEY, NFT_META_MARK, NFTA_META_DREG, word);
}

void nft_set_mark(struct nft_batch *batch, unsigned word)
{
    load(batch, "meta", NFTA_META_KEY, NFT_META_MARK, NFTA_META_SREG, word);
}

void nft_load_flow_state(struct nft_batch *batch, unsigned word)
{
    load(batch, "ct", NFTA_CT_KEY, NFT_CT_STATE, NFTA_CT_DREG, word);
}

void nft_load_flow_status(struct nft_batch *batch, unsigned word)
{
    load(batch, "ct", NFTA_CT_KEY, NFT_CT_STATUS, NFTA_CT_DREG, word);
}

void nft_load_random(struct nft_batch *batch, unsigned word, uint32_t first, uint32_t count)
{
    struct expression expression = begin(batch, "numgen");
    put_word(&expression, NFTA_NG_DREG, word);
    put(&expression, NFTA_NG_MODULUS, count);
    put(&expression, NFTA_NG_TYPE, NFT_NG_RANDOM);
    put(&expression, NFTA_NG_OFFSET, first);
    end(&expression);
}

static void load_type(struct nft_batch *batch, unsigned word, uint32_t which)
{
    struct expression expression = begin(batch, "fib");
    put_word(&expression, NFTA_FIB_DREG, word);
    put(&expression, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    put(&expression, NFTA_FIB_FLAGS, which);
    end(&expression);
}

void nft_load_source_type(struct nft_batch *batch, unsigned word)
{
    load_type(batch, word, NFTA_FIB_F_SADDR);
}

void nft_load_destination_type(struct nft_batch *batch, unsigned word)
{
    load_type(batch, word, NFTA_FIB_F_DADDR);
}

void nft_load_input_index(struct nft_batch *batch, unsigned word)
{
    load(batch, "meta", NFTA_META_KEY, NFT_META_IIF, NFTA_META_DREG, word);
}

void nft_load_bytes(struct nft_batch *batch, unsigned word, const void *bytes, size_t size)
{
    struct expression expression = begin(batch, "immediate");
    put_word(&expression, NFTA_IMMEDIATE_DREG, word);
    put_bytes(&expression, NFTA_IMMEDIATE_DATA, bytes, size);
    end(&expression);
}

/* ---------------------------------------------------------------- tests */

static void change(struct nft_batch *batch, unsigned word, const void *keep, const void *flip, size_t size)
{
    struct expression expression = begin(batch, "bitwise");
    put_word(&expression, NFTA_BITWISE_SREG, word);
    put_word(&expression, NFTA_BITWISE_DREG, word);
    put(&expression, NFTA_BITWISE_LEN, (uint32_t)size);
    put_bytes(&expression, NFTA_BITWISE_MASK, keep, size);
    put_bytes(&expression, NFTA_BITWISE_XOR, flip, size);
    end(&expression);
}

void nft_change_word(struct nft_batch *batch, unsigned word, uint32_t keep, uint32_t flip)
{
    change(batch, word, &keep, &flip, sizeof(keep));
}

void nft_require_prefix(struct nft_batch *batch, unsigned word, enum nft_cmp_ops comparison,
                        const struct ip_prefix *prefix)
{
    static const uint8_t zeros[16];
    struct ip network = ip_prefix_network(prefix);
    uint8_t mask[16] = { 0 };
    for (unsigned bit = 0; bit < prefix->length; bit++)
        mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    size_t size = ip_size(&network);
    if (prefix->length < 8 * size)
        change(batch, word, mask, zeros, size);
    nft_require(batch, word, comparison, network.bytes, size);
}

void nft_require(struct nft_batch *batch, unsigned word, enum nft_cmp_ops comparison, const void *bytes, size_t size)
{
    struct expression expression = begin(batch, "cmp");
    put_word(&expression, NFTA_CMP_SREG, word);
    put(&expression, NFTA_CMP_OP, comparison);
    put_bytes(&expression, NFTA_CMP_DATA, bytes, size);
    end(&expression);
}

static struct expression begin_lookup(struct nft_batch *batch, unsigned word, const char *set)
{
    struct expression expression = begin(batch, "lookup");
    mnl_attr_put_strz(expression.message, NFTA_LOOKUP_SET, set);
    put_word(&expression, NFTA_LOOKUP_SREG, word);
    return expression;
}

void nft_require_in_set(struct nft_batch *batch, unsigned word, const char *set, bool inverted)
{
    struct expression expression = begin_lookup(batch, word, set);
    if (inverted)
        put(&expression, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    end(&expression);
}

void nft_look_up(struct nft_batch *batch, unsigned word, const char *map, unsigned value_word)
{
    struct expression expression = begin_lookup(batch, word, map);
    put_word(&expression, NFTA_LOOKUP_DREG, value_word);
    end(&expression);
}

void nft_look_up_verdict(struct nft_batch *batch, unsigned word, const char *map, uint32_t set_id)
{
    struct expression expression = begin_lookup(batch, word, map);
    put(&expression, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
    if (set_id != 0)
        put(&expression, NFTA_LOOKUP_SET_ID, set_id);
    end(&expression);
}

void nft_remember(struct nft_batch *batch, unsigned word, const char *dynamic_set)
{
    struct expression expression = begin(batch, "dynset");
    mnl_attr_put_strz(expression.message, NFTA_DYNSET_SET_NAME, dynamic_set);
    put(&expression, NFTA_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
    put_word(&expression, NFTA_DYNSET_SREG_KEY, word);
    end(&expression);
}

/* ---------------------------------------------------------------- deeds */

void nft_translate_destination(struct nft_batch *batch, unsigned address_word, unsigned port_word)
{
    struct expression expression = begin(batch, "nat");
    put(&expression, NFTA_NAT_TYPE, NFT_NAT_DNAT);
    put(&expression, NFTA_NAT_FAMILY, nft_family(batch) == IP_V6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
    put_word(&expression, NFTA_NAT_REG_ADDR_MIN, address_word);
    put_word(&expression, NFTA_NAT_REG_PROTO_MIN, port_word);
    end(&expression);
}

void nft_masquerade(struct nft_batch *batch)
{
    struct expression expression = begin(batch, "masq");
    put(&expression, NFTA_MASQ_FLAGS, NF_NAT_RANGE_PROTO_RANDOM_FULLY);
    end(&expression);
}

void nft_reject(struct nft_batch *batch, bool tcp_reset)
{
    struct expression expression = begin(batch, "reject");
    put(&expression, NFTA_REJECT_TYPE, tcp_reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMP_UNREACH);
    mnl_attr_put_u8(expression.message, NFTA_REJECT_ICMP_CODE,
                    nft_family(batch) == IP_V6 ? ICMPV6_PORT_UNREACH : ICMP_PORT_UNREACH);
    end(&expression);
}

void nft_give_verdict(struct nft_batch *batch, int code, const char *chain)
{
    struct expression expression = begin(batch, "immediate");
    put(&expression, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    nft_put_verdict(batch, NFTA_IMMEDIATE_DATA, &(struct nft_verdict){ code, chain });
    end(&expression);
}
