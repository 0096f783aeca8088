/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* table.c - the fixed part as tables of sets and chains, elements by their fields, rules word by word.
 *
 * The mark is the one that Kubernetes' own proxies use for "to be masqueraded"; it is cleared when done, so that an
 * encapsulated packet is not masqueraded again. TCP is refused with a reset: an ICMP error that comes back while the
 * client's connect() still holds its socket is only noted, and the client tries again after a second. */
#include "node/proxy/table.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/memory.h"
#include "net/nft_rule.h"

#define MASQUERADE_MARK 0x4000

static const struct ip_prefix loopback_v4 = { { IP_V4, { 127 } }, 8 };
static const struct ip_prefix loopback_v6 = { { IP_V6, { [15] = 1 } }, 128 };

/* What keys and values are made of, in the order of their text: "10.96.0.7 . tcp . 80". */
enum field { END, ADDRESS, PROTOCOL, PORT, SLOT, RANGE };
enum value { NOTHING, VERDICT, ENDPOINT };

static const struct {
    const char *name;
    enum field key[NFT_FIELDS_MAX];
    enum value value;
} places[RULE_SET] = {
    [RULE_SERVICE] = { "services", { ADDRESS, PROTOCOL, PORT }, VERDICT },
    [RULE_NODE_PORT] = { "node_ports", { PROTOCOL, PORT }, VERDICT },
    [RULE_ENDPOINT] = { "endpoints", { ADDRESS, PROTOCOL, PORT, SLOT }, ENDPOINT },
    [RULE_NODE_ENDPOINT] = { "node_endpoints", { PROTOCOL, PORT, SLOT }, ENDPOINT },
    [RULE_REFUSED] = { "refused", { ADDRESS, PROTOCOL, PORT }, VERDICT },
    [RULE_REFUSED_NODE] = { "refused_node_ports", { PROTOCOL, PORT }, VERDICT },
    [RULE_HAIRPIN] = { "hairpin", { ADDRESS, ADDRESS }, NOTHING },
    [RULE_GUARDED] = { "guarded", { ADDRESS, PROTOCOL, PORT }, NOTHING },
    [RULE_ALLOWED] = { "allowed", { ADDRESS, PROTOCOL, PORT, RANGE }, NOTHING },
};

static const struct {
    const char *name;
    struct nft_hook hook;
} hooks[] = {
    { "guard", { "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST - 10 } },
    { "prerouting", { "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST } },
    { "output", { "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST } },
    { "input_check", { "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER } },
    { "forward_check", { "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER } },
    { "output_check", { "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER } },
    { "postrouting", { "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC } },
};

/* ---------------------------------------------------------------- the fixed part */

static enum nft_type type_of(enum field field, bool v6)
{
    static const enum nft_type types[] = {
        [END] = NFT_TYPE_NONE, [PROTOCOL] = NFT_TYPE_PROTOCOL, [PORT] = NFT_TYPE_PORT, [SLOT] = NFT_TYPE_MARK
    };
    return field == ADDRESS || field == RANGE ? (v6 ? NFT_TYPE_IPV6 : NFT_TYPE_IPV4) : types[field];
}

static void write_fixed_sets(struct nft_batch *batch, bool v6)
{
    for (size_t place = 0; place < RULE_SET; place++) {
        struct nft_set set = { .name = places[place].name, .verdicts = places[place].value == VERDICT };
        for (size_t i = 0; i < NFT_FIELDS_MAX; i++) {
            set.key[i] = type_of(places[place].key[i], v6);
            set.ranges |= places[place].key[i] == RANGE;
        }
        if (places[place].value == ENDPOINT) {
            set.value[0] = type_of(ADDRESS, v6);
            set.value[1] = type_of(PORT, v6);
        }
        nft_add_set(batch, &set);
    }
}

/* Loads "address . protocol . port" from word 0 on, or the last two for node ports; the next free word. */
static unsigned load_frontend(struct nft_batch *batch, bool node_port)
{
    unsigned word = 0;
    if (!node_port) {
        nft_load_destination(batch, word);
        word += nft_address_words(batch);
    }
    nft_load_protocol(batch, word);
    nft_load_port(batch, word + 1);
    return word + 2;
}

/* One rule for addresses, one for the node's own, which have the node ports. Of the loopback addresses only IPv4's:
 * the kernel cannot be made to send from ::1 to elsewhere. */
static void write_lookups(struct nft_batch *batch, const char *chain, enum rule_place services,
                          enum rule_place node_ports)
{
    nft_begin_rule(batch, chain);
    load_frontend(batch, false);
    nft_look_up_verdict(batch, 0, places[services].name, 0);
    nft_end_rule(batch);

    uint32_t local = RTN_LOCAL;
    nft_begin_rule(batch, chain);
    if (nft_family(batch) == IP_V6) {
        nft_load_destination(batch, 0);
        nft_require_prefix(batch, 0, NFT_CMP_NEQ, &loopback_v6);
    }
    nft_load_destination_type(batch, 0);
    nft_require(batch, 0, NFT_CMP_EQ, &local, sizeof(local));
    load_frontend(batch, true);
    nft_look_up_verdict(batch, 0, places[node_ports].name, 0);
    nft_end_rule(batch);
}

static void write_refuse(struct nft_batch *batch)
{
    static const uint8_t tcp = IPPROTO_TCP;
    nft_begin_rule(batch, "refuse");
    nft_load_protocol(batch, 0);
    nft_require(batch, 0, NFT_CMP_EQ, &tcp, sizeof(tcp));
    nft_reject(batch, true);
    nft_end_rule(batch);
    nft_begin_rule(batch, "refuse");
    nft_reject(batch, false);
    nft_end_rule(batch);
}

static void require_bit(struct nft_batch *batch, unsigned word, uint32_t bit)
{
    uint32_t zero = 0;
    nft_change_word(batch, word, bit, 0);
    nft_require(batch, word, NFT_CMP_NEQ, &zero, sizeof(zero));
}

static void require_new_flow(struct nft_batch *batch)
{
    nft_load_flow_state(batch, 0);
    require_bit(batch, 0, NF_CT_STATE_BIT(IP_CT_NEW));
}

/* With route_localnet, which node ports on 127.0.0.1 need, the kernel no longer refuses loopback addresses on the wire:
 * this does. */
static void write_loopback_guard(struct nft_batch *batch)
{
    uint32_t loopback_index = 1; /* in every network namespace */
    nft_begin_rule(batch, "guard");
    nft_load_input_index(batch, 0);
    nft_require(batch, 0, NFT_CMP_NEQ, &loopback_index, sizeof(loopback_index));
    nft_load_destination(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_EQ, &loopback_v4);
    nft_give_verdict(batch, NF_DROP, NULL);
    nft_end_rule(batch);
}

/* What a process of the node sent to 127.0.0.1 still has that as its source. */
static void write_loopback_masquerade(struct nft_batch *batch)
{
    nft_begin_rule(batch, "postrouting");
    nft_load_flow_status(batch, 0);
    require_bit(batch, 0, IPS_DST_NAT);
    nft_load_source(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_EQ, &loopback_v4);
    nft_load_destination(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_NEQ, &loopback_v4);
    nft_masquerade(batch);
    nft_end_rule(batch);
}

static void write_guard(struct nft_batch *batch)
{
    if (nft_family(batch) == IP_V4)
        write_loopback_guard(batch);
    nft_begin_rule(batch, "guard");
    require_new_flow(batch);
    unsigned word = load_frontend(batch, false);
    nft_require_in_set(batch, 0, places[RULE_GUARDED].name, false);
    nft_load_source(batch, word);
    nft_require_in_set(batch, 0, places[RULE_ALLOWED].name, true);
    nft_give_verdict(batch, NF_DROP, NULL);
    nft_end_rule(batch);
}

static void write_jump(struct nft_batch *batch, const char *from, const char *to, bool only_new)
{
    nft_begin_rule(batch, from);
    if (only_new)
        require_new_flow(batch);
    nft_give_verdict(batch, NFT_JUMP, to);
    nft_end_rule(batch);
}

static void write_postrouting(struct nft_batch *batch)
{
    nft_begin_rule(batch, "postrouting");
    nft_load_mark(batch, 0);
    require_bit(batch, 0, MASQUERADE_MARK);
    nft_load_mark(batch, 0);
    nft_change_word(batch, 0, ~0u, MASQUERADE_MARK);
    nft_set_mark(batch, 0);
    nft_masquerade(batch);
    nft_end_rule(batch);

    nft_begin_rule(batch, "postrouting");
    nft_load_flow_status(batch, 0);
    require_bit(batch, 0, IPS_DST_NAT);
    nft_load_source(batch, 0);
    nft_load_destination(batch, nft_address_words(batch));
    nft_require_in_set(batch, 0, places[RULE_HAIRPIN].name, false);
    nft_masquerade(batch);
    nft_end_rule(batch);
    if (nft_family(batch) == IP_V4)
        write_loopback_masquerade(batch);
}

static void write_fixed_part(struct nft_batch *batch)
{
    nft_replace_table(batch);
    write_fixed_sets(batch, nft_family(batch) == IP_V6);
    static const char *const inner[] = { "refuse", "translate", "check" };
    for (size_t i = 0; i < countof(inner); i++)
        nft_add_chain(batch, inner[i], NULL);
    for (size_t i = 0; i < countof(hooks); i++)
        nft_add_chain(batch, hooks[i].name, &hooks[i].hook);
    write_refuse(batch);
    write_lookups(batch, "translate", RULE_SERVICE, RULE_NODE_PORT);
    write_lookups(batch, "check", RULE_REFUSED, RULE_REFUSED_NODE);
    write_guard(batch);
    write_jump(batch, "prerouting", "translate", false);
    write_jump(batch, "output", "translate", false);
    write_jump(batch, "input_check", "check", true);
    write_jump(batch, "forward_check", "check", true);
    write_jump(batch, "output_check", "check", true);
    write_postrouting(batch);
}

/* ---------------------------------------------------------------- elements */

struct writing {
    struct nft_batch *batch;
    bool open; /* elements are being written: */
    enum rule_step step;
    enum rule_place place;
};

/* The next of " . "-separated words. */
static struct str next_word(struct str *rest)
{
    const char *end = memmem(rest->data, rest->size, " . ", 3);
    struct str word = { rest->data, end != NULL ? (size_t)(end - rest->data) : rest->size };
    *rest = end != NULL ? str_skip(*rest, word.size + 3) : (struct str){ rest->data + rest->size, 0 };
    return word;
}

static uint32_t number_of(struct str word)
{
    uint64_t number = 0;
    return str_to_uint64(word, &number) ? (uint32_t)number : 0;
}

static uint8_t protocol_of(struct str word)
{
    return str_is(word, "tcp") ? IPPROTO_TCP : str_is(word, "udp") ? IPPROTO_UDP : IPPROTO_SCTP;
}

static void put_field(enum field field, struct str word, struct nft_element *element)
{
    struct ip ip = { 0 };
    struct ip_prefix prefix = { 0 };
    struct nft_data *key = &element->key;
    switch (field) {
    case ADDRESS:
        ip_parse(word, &ip);
        nft_data_put_ip(key, &ip);
        break;
    case PROTOCOL:
        nft_data_put_protocol(key, protocol_of(word));
        break;
    case PORT:
        nft_data_put_port(key, (uint16_t)number_of(word));
        break;
    case SLOT:
        nft_data_put_number(key, number_of(word));
        break;
    case RANGE:
        ip_prefix_parse(word, &prefix);
        element->key_end = *key;
        nft_data_put_ip(key, &prefix.address);
        ip = ip_prefix_last(&prefix);
        nft_data_put_ip(&element->key_end, &ip);
        break;
    case END:
        break;
    }
}

/* "goto CHAIN" or "drop" */
static struct nft_verdict verdict_of(const char *text)
{
    bool goes = str_starts(str_of(text), STR("goto "));
    return goes ? (struct nft_verdict){ NFT_GOTO, text + strlen("goto ") } : (struct nft_verdict){ NF_DROP, NULL };
}

/* "10.244.1.5 . 8080" */
static struct nft_data endpoint_of(struct str text)
{
    struct nft_data data;
    struct ip ip = { 0 };
    data.size = 0;
    ip_parse(next_word(&text), &ip);
    nft_data_put_ip(&data, &ip);
    nft_data_put_port(&data, (uint16_t)number_of(text));
    return data;
}

static void write_element(struct writing *writing, const struct rule_change *change)
{
    struct nft_element element;
    element.key.size = element.key_end.size = element.value.size = 0; /* the bytes need no zeroing: there are many */
    element.verdict = NULL;
    struct str rest = str_of(change->key);
    const enum field *fields = places[change->place].key;
    for (size_t i = 0; i < NFT_FIELDS_MAX && fields[i] != END; i++)
        put_field(fields[i], next_word(&rest), &element);
    enum value value = change->step == RULE_ADD ? places[change->place].value : NOTHING;
    if (value == ENDPOINT)
        element.value = endpoint_of(str_of(change->value));
    struct nft_verdict verdict;
    if (value == VERDICT) {
        verdict = verdict_of(change->value);
        element.verdict = &verdict;
    }
    nft_put_element(writing->batch, &element);
}

/* ---------------------------------------------------------------- chains */

/* "choose": the choice is a map of its own, which the rule owns. */
static uint32_t write_choice(struct nft_batch *batch, struct str chains, uint32_t *ret_count)
{
    static const char name[] = "__map%d";
    uint32_t id = nft_add_set(
        batch, &(struct nft_set){ .name = name, .key = { NFT_TYPE_MARK }, .verdicts = true, .anonymous = true });
    struct str chain;
    *ret_count = 0;
    nft_begin_elements(batch, true, name, id);
    while (str_next(&chains, ' ', &chain)) {
        autofree char *target = memory_strndup(chain.data, chain.size);
        struct nft_verdict verdict = { NFT_GOTO, target };
        struct nft_element element = { .verdict = &verdict };
        nft_data_put_number(&element.key, (*ret_count)++);
        nft_put_element(batch, &element);
    }
    nft_end_elements(batch);
    return id;
}

static void write_mark(struct nft_batch *batch, struct str arguments)
{
    (void)arguments;
    nft_load_mark(batch, 0);
    nft_change_word(batch, 0, ~(uint32_t)MASQUERADE_MARK, MASQUERADE_MARK);
    nft_set_mark(batch, 0);
}

/* "3" or "3 from 1048576" */
static void write_pick_from(struct nft_batch *batch, struct str arguments, bool node_port)
{
    struct str count = { 0 }, from = { 0 };
    if (str_next(&arguments, ' ', &count))
        str_next(&arguments, ' ', &from);
    unsigned word = load_frontend(batch, node_port);
    nft_load_random(batch, word, from.size > 0 ? number_of(arguments) : 0, number_of(count));
    nft_look_up(batch, 0, places[node_port ? RULE_NODE_ENDPOINT : RULE_ENDPOINT].name, 0);
    nft_translate_destination(batch, 0, nft_address_words(batch));
}

static void write_pick(struct nft_batch *batch, struct str arguments)
{
    write_pick_from(batch, arguments, false);
}

static void write_pick_node(struct nft_batch *batch, struct str arguments)
{
    write_pick_from(batch, arguments, true);
}

static void write_from(struct nft_batch *batch, struct str arguments)
{
    struct str range;
    struct ip_prefix prefix;
    if (!str_next(&arguments, ' ', &range) || !ip_prefix_parse(range, &prefix))
        return;
    autofree char *chain = memory_strndup(arguments.data, arguments.size);
    nft_load_source(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_EQ, &prefix);
    nft_give_verdict(batch, NFT_GOTO, chain);
}

static void write_from_node(struct nft_batch *batch, struct str arguments)
{
    uint32_t local = RTN_LOCAL;
    autofree char *chain = memory_strndup(arguments.data, arguments.size);
    nft_load_source_type(batch, 0);
    nft_require(batch, 0, NFT_CMP_EQ, &local, sizeof(local));
    nft_give_verdict(batch, NFT_GOTO, chain);
}

static void write_recall(struct nft_batch *batch, struct str arguments)
{
    struct str set;
    if (!str_next(&arguments, ' ', &set))
        return;
    autofree char *name = memory_strndup(set.data, set.size);
    autofree char *chain = memory_strndup(arguments.data, arguments.size);
    nft_load_source(batch, 0);
    nft_require_in_set(batch, 0, name, false);
    nft_give_verdict(batch, NFT_GOTO, chain);
}

static void write_remember(struct nft_batch *batch, struct str arguments)
{
    autofree char *set = memory_strndup(arguments.data, arguments.size);
    nft_load_source(batch, 0);
    nft_remember(batch, 0, set);
}

static void write_translate(struct nft_batch *batch, struct str arguments)
{
    unsigned port_word = nft_address_words(batch);
    struct ip ip = { 0 };
    ip_parse(next_word(&arguments), &ip);
    uint16_t port = htons((uint16_t)number_of(arguments));
    nft_load_bytes(batch, 0, ip.bytes, ip_size(&ip));
    nft_load_bytes(batch, port_word, &port, sizeof(port));
    nft_translate_destination(batch, 0, port_word);
}

static void write_goto(struct nft_batch *batch, struct str arguments)
{
    autofree char *chain = memory_strndup(arguments.data, arguments.size);
    nft_give_verdict(batch, NFT_GOTO, chain);
}

static const struct {
    const char *word;
    void (*write)(struct nft_batch *batch, struct str arguments);
} words[] = {
    { "mark", write_mark },     { "pick", write_pick },         { "pick_node", write_pick_node },
    { "recall", write_recall }, { "remember", write_remember }, { "translate", write_translate },
    { "goto", write_goto },     { "from", write_from },         { "from_node", write_from_node },
};

static void write_rule(struct nft_batch *batch, const char *chain, struct str line)
{
    struct str word, rest = line;
    if (!str_next(&rest, ' ', &word))
        return;
    if (str_is(word, "choose")) {
        uint32_t count, choice = write_choice(batch, rest, &count);
        nft_begin_rule(batch, chain);
        nft_load_random(batch, 0, 0, count);
        nft_look_up_verdict(batch, 0, "__map%d", choice);
        nft_end_rule(batch);
        return;
    }
    nft_begin_rule(batch, chain);
    for (size_t i = 0; i < countof(words); i++)
        if (str_is(word, words[i].word))
            words[i].write(batch, rest);
    nft_end_rule(batch);
}

static void write_chain(struct nft_batch *batch, const struct rule_change *change)
{
    struct str rest, line;
    switch (change->step) {
    case RULE_ADD:
        nft_add_chain(batch, change->key, NULL);
        break;
    case RULE_EMPTY:
        nft_flush_chain(batch, change->key);
        break;
    case RULE_FILL:
        for (rest = str_of(change->value); str_next(&rest, '\n', &line);)
            write_rule(batch, change->key, line);
        break;
    case RULE_REMOVE:
        nft_delete_chain(batch, change->key);
        break;
    case RULE_RESET:
        break;
    }
}

static void write_set(struct nft_batch *batch, const struct rule_change *change)
{
    if (change->step == RULE_ADD)
        nft_add_set(batch, &(struct nft_set){ .name = change->key,
                                              .key = { type_of(ADDRESS, nft_family(batch) == IP_V6) },
                                              .dynamic = true,
                                              .timeout_seconds = number_of(str_of(change->value)) });
    else
        nft_delete_set(batch, change->key);
}

/* ---------------------------------------------------------------- changes */

static void close_elements(struct writing *writing)
{
    if (writing->open)
        nft_end_elements(writing->batch);
    writing->open = false;
}

/* Elements of one place follow each other: they share messages. */
static void write_change(void *context, const struct rule_change *change)
{
    struct writing *writing = context;
    bool element = change->step != RULE_RESET && change->place < RULE_SET;
    if (!element || change->step != writing->step || change->place != writing->place)
        close_elements(writing);
    if (element && !writing->open) {
        nft_begin_elements(writing->batch, change->step == RULE_ADD, places[change->place].name, 0);
        *writing = (struct writing){ writing->batch, true, change->step, change->place };
    }
    if (change->step == RULE_RESET)
        write_fixed_part(writing->batch);
    else if (element)
        write_element(writing, change);
    else if (change->place == RULE_SET)
        write_set(writing->batch, change);
    else
        write_chain(writing->batch, change);
}

bool table_write_changes(struct nft_batch *batch, struct ruleset *ruleset)
{
    struct writing writing = { .batch = batch };
    nft_use_table(batch, ruleset_family(ruleset), "coracle");
    bool any = ruleset_take_changes(ruleset, write_change, &writing);
    close_elements(&writing);
    return any;
}
