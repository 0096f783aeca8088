/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nft_batch.c - nf_tables messages over libmnl, and the one system call that brings them to the kernel.
 *
 * The kernel works a batch off while it is being sent: when sendmsg() returns, the transaction has
 * happened or its refusals wait to be received. Only refusals are answered. */
#include "net/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "net/netlink_socket.h"

#define ELEMENTS_FULL 60000 /* a netlink attribute, here the list of elements, has a length of 16 bits */
#define ELEMENT_ROOM  512   /* one element, more than the largest */
#define MESSAGE_ROOM  (ELEMENTS_FULL + 2 * ELEMENT_ROOM) /* what one message may take, rules with all expressions too */
#define ANSWER_SIZE   32768

struct nft_batch {
    enum ip_family family;
    const char *table;
    struct buffer messages;
    uint32_t n_messages, n_sets;
    bool failed;

    /* The message being written, in the buffer's reserve. */
    struct nlmsghdr *message;
    struct nlattr *list;
    struct {
        bool add;
        const char *set;
        uint32_t set_id;
    } elements;
};

struct nft_socket {
    struct mnl_socket *socket;
};

/* ---------------------------------------------------------------- messages */

static void start(struct nft_batch *batch, uint16_t type, uint16_t flags)
{
    batch->failed |= batch->message != NULL;
    char *room = buffer_reserve(&batch->messages, MESSAGE_ROOM);
    if (room == NULL) { /* goes on in the same place; what comes of it is never sent */
        batch->failed = true;
        buffer_truncate(&batch->messages, 0);
        batch->messages.failed = false;
        room = buffer_reserve(&batch->messages, MESSAGE_ROOM);
    }
    bool control = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END;
    batch->message = mnl_nlmsg_put_header(room);
    batch->message->nlmsg_type = control ? type : (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
    batch->message->nlmsg_flags = NLM_F_REQUEST | flags;
    batch->message->nlmsg_seq = batch->n_messages++;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(batch->message, sizeof(*header));
    header->nfgen_family = control ? AF_UNSPEC : batch->family == IP_V6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    header->version = NFNETLINK_V0;
    header->res_id = control ? htons(NFNL_SUBSYS_NFTABLES) : 0;
}

static void finish(struct nft_batch *batch)
{
    buffer_commit(&batch->messages, NLMSG_ALIGN(batch->message->nlmsg_len));
    batch->message = NULL;
}

static void put_u32(struct nft_batch *batch, uint16_t type, uint32_t value)
{
    mnl_attr_put_u32(batch->message, type, htonl(value));
}

static void put_text(struct nft_batch *batch, uint16_t type, const char *text)
{
    mnl_attr_put_strz(batch->message, type, text);
}

struct nft_batch *nft_batch_create(size_t max)
{
    struct nft_batch *batch = memory_new(struct nft_batch);
    buffer_init(&batch->messages, max > MESSAGE_ROOM ? max : MESSAGE_ROOM);
    start(batch, NFNL_MSG_BATCH_BEGIN, 0);
    finish(batch);
    return batch;
}

void nft_batch_destroy(struct nft_batch *batch)
{
    if (batch == NULL)
        return;
    buffer_fini(&batch->messages);
    free(batch);
}

size_t nft_batch_size(const struct nft_batch *batch)
{
    return batch->messages.size;
}

bool nft_batch_failed(const struct nft_batch *batch)
{
    return batch->failed;
}

void nft_use_table(struct nft_batch *batch, enum ip_family family, const char *table)
{
    batch->family = family;
    batch->table = table;
}

static void write_table(struct nft_batch *batch, uint16_t type, uint16_t flags)
{
    start(batch, type, flags);
    put_text(batch, NFTA_TABLE_NAME, batch->table);
    finish(batch);
}

/* Deleting what is not there is refused: it is made before. */
void nft_remove_table(struct nft_batch *batch)
{
    write_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    write_table(batch, NFT_MSG_DELTABLE, 0);
}

void nft_replace_table(struct nft_batch *batch)
{
    nft_remove_table(batch);
    write_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

/* ---------------------------------------------------------------- sets */

static size_t type_size(enum nft_type type)
{
    static const uint8_t sizes[] = {
        [NFT_TYPE_IPV4] = 4, [NFT_TYPE_IPV6] = 16, [NFT_TYPE_PROTOCOL] = 1, [NFT_TYPE_PORT] = 2, [NFT_TYPE_MARK] = 4
    };
    return sizes[type];
}

/* The type of a concatenation has six bits for each of its parts. */
static uint32_t type_of(const enum nft_type fields[NFT_FIELDS_MAX], uint32_t *ret_size)
{
    uint32_t type = 0;
    *ret_size = 0;
    for (size_t i = 0; i < NFT_FIELDS_MAX && fields[i] != NFT_TYPE_NONE; i++) {
        type = type << 6 | fields[i];
        *ret_size += (uint32_t)(type_size(fields[i]) + 3) / 4 * 4;
    }
    return type;
}

static void put_field_sizes(struct nft_batch *batch, const struct nft_set *set)
{
    struct nlattr *description = mnl_attr_nest_start(batch->message, NFTA_SET_DESC);
    struct nlattr *fields = mnl_attr_nest_start(batch->message, NFTA_SET_DESC_CONCAT);
    for (size_t i = 0; i < NFT_FIELDS_MAX && set->key[i] != NFT_TYPE_NONE; i++) {
        struct nlattr *field = mnl_attr_nest_start(batch->message, NFTA_LIST_ELEM);
        put_u32(batch, NFTA_SET_FIELD_LEN, (uint32_t)type_size(set->key[i]));
        mnl_attr_nest_end(batch->message, field);
    }
    mnl_attr_nest_end(batch->message, fields);
    mnl_attr_nest_end(batch->message, description);
}

uint32_t nft_add_set(struct nft_batch *batch, const struct nft_set *set)
{
    uint32_t key_size, value_size, key_type = type_of(set->key, &key_size);
    uint32_t value_type = type_of(set->value, &value_size), flags = 0;
    flags |= set->verdicts || value_type != 0 ? NFT_SET_MAP : 0;
    flags |= set->ranges ? NFT_SET_INTERVAL | NFT_SET_CONCAT : 0;
    flags |= set->dynamic ? NFT_SET_TIMEOUT | NFT_SET_EVAL : 0;
    flags |= set->anonymous ? NFT_SET_ANONYMOUS | NFT_SET_CONSTANT : 0;
    start(batch, NFT_MSG_NEWSET, NLM_F_CREATE);
    put_text(batch, NFTA_SET_TABLE, batch->table);
    put_text(batch, NFTA_SET_NAME, set->name);
    put_u32(batch, NFTA_SET_FLAGS, flags);
    put_u32(batch, NFTA_SET_KEY_TYPE, key_type);
    put_u32(batch, NFTA_SET_KEY_LEN, key_size);
    if (set->verdicts) {
        put_u32(batch, NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
        put_u32(batch, NFTA_SET_DATA_LEN, 0);
    } else if (value_type != 0) {
        put_u32(batch, NFTA_SET_DATA_TYPE, value_type);
        put_u32(batch, NFTA_SET_DATA_LEN, value_size);
    }
    put_u32(batch, NFTA_SET_ID, ++batch->n_sets);
    static const uint8_t host_order[] = { 0, 4, 1, 0, 0, 0 }; /* a tag, a length, 1 as four bytes: for nft's eyes */
    if (set->key[0] == NFT_TYPE_MARK && set->key[1] == NFT_TYPE_NONE)
        mnl_attr_put(batch->message, NFTA_SET_USERDATA, sizeof(host_order), host_order);
    if (set->dynamic)
        mnl_attr_put_u64(batch->message, NFTA_SET_TIMEOUT, htobe64((uint64_t)set->timeout_seconds * 1000));
    if (set->ranges)
        put_field_sizes(batch, set);
    finish(batch);
    return batch->n_sets;
}

void nft_delete_set(struct nft_batch *batch, const char *name)
{
    start(batch, NFT_MSG_DELSET, 0);
    put_text(batch, NFTA_SET_TABLE, batch->table);
    put_text(batch, NFTA_SET_NAME, name);
    finish(batch);
}

/* ---------------------------------------------------------------- chains */

void nft_add_chain(struct nft_batch *batch, const char *name, const struct nft_hook *hook)
{
    start(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    put_text(batch, NFTA_CHAIN_TABLE, batch->table);
    put_text(batch, NFTA_CHAIN_NAME, name);
    if (hook != NULL) {
        put_text(batch, NFTA_CHAIN_TYPE, hook->type);
        struct nlattr *nest = mnl_attr_nest_start(batch->message, NFTA_CHAIN_HOOK);
        put_u32(batch, NFTA_HOOK_HOOKNUM, hook->hook);
        put_u32(batch, NFTA_HOOK_PRIORITY, (uint32_t)hook->priority);
        mnl_attr_nest_end(batch->message, nest);
    }
    finish(batch);
}

void nft_flush_chain(struct nft_batch *batch, const char *name)
{
    start(batch, NFT_MSG_DELRULE, 0);
    put_text(batch, NFTA_RULE_TABLE, batch->table);
    put_text(batch, NFTA_RULE_CHAIN, name);
    finish(batch);
}

/* One that has rules cannot go. */
void nft_delete_chain(struct nft_batch *batch, const char *name)
{
    start(batch, NFT_MSG_DELCHAIN, 0);
    put_text(batch, NFTA_CHAIN_TABLE, batch->table);
    put_text(batch, NFTA_CHAIN_NAME, name);
    finish(batch);
}

void nft_begin_rule(struct nft_batch *batch, const char *chain)
{
    start(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    put_text(batch, NFTA_RULE_TABLE, batch->table);
    put_text(batch, NFTA_RULE_CHAIN, chain);
    batch->list = mnl_attr_nest_start(batch->message, NFTA_RULE_EXPRESSIONS);
}

void nft_end_rule(struct nft_batch *batch)
{
    mnl_attr_nest_end(batch->message, batch->list);
    finish(batch);
}

struct nlmsghdr *nft_open_message(struct nft_batch *batch)
{
    return batch->message;
}

enum ip_family nft_family(const struct nft_batch *batch)
{
    return batch->family;
}

void nft_put_verdict(struct nft_batch *batch, uint16_t type, const struct nft_verdict *verdict)
{
    struct nlattr *data = mnl_attr_nest_start(batch->message, type);
    struct nlattr *nest = mnl_attr_nest_start(batch->message, NFTA_DATA_VERDICT);
    put_u32(batch, NFTA_VERDICT_CODE, (uint32_t)verdict->code);
    if (verdict->chain != NULL)
        put_text(batch, NFTA_VERDICT_CHAIN, verdict->chain);
    mnl_attr_nest_end(batch->message, nest);
    mnl_attr_nest_end(batch->message, data);
}

/* ---------------------------------------------------------------- elements */

static void put_word(struct nft_data *data, const void *bytes, size_t size)
{
    if (data->size + size > sizeof(data->bytes))
        return; /* more fields than a set can have: the kernel refuses the length */
    memset(data->bytes + data->size, 0, (size + 3) / 4 * 4);
    memcpy(data->bytes + data->size, bytes, size);
    data->size += (size + 3) / 4 * 4;
}

void nft_data_put_ip(struct nft_data *data, const struct ip *ip)
{
    put_word(data, ip->bytes, ip_size(ip));
}

void nft_data_put_protocol(struct nft_data *data, uint8_t protocol)
{
    put_word(data, &protocol, sizeof(protocol));
}

void nft_data_put_port(struct nft_data *data, uint16_t port)
{
    uint16_t ordered = htons(port);
    put_word(data, &ordered, sizeof(ordered));
}

void nft_data_put_number(struct nft_data *data, uint32_t number)
{
    put_word(data, &number, sizeof(number));
}

static void start_elements(struct nft_batch *batch)
{
    start(batch, batch->elements.add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, batch->elements.add ? NLM_F_CREATE : 0);
    put_text(batch, NFTA_SET_ELEM_LIST_TABLE, batch->table);
    put_text(batch, NFTA_SET_ELEM_LIST_SET, batch->elements.set);
    if (batch->elements.set_id != 0)
        put_u32(batch, NFTA_SET_ELEM_LIST_SET_ID, batch->elements.set_id);
    batch->list = mnl_attr_nest_start(batch->message, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void finish_elements(struct nft_batch *batch)
{
    mnl_attr_nest_end(batch->message, batch->list);
    finish(batch);
}

void nft_begin_elements(struct nft_batch *batch, bool add, const char *set, uint32_t set_id)
{
    batch->elements.add = add;
    batch->elements.set = set;
    batch->elements.set_id = set_id;
    start_elements(batch);
}

static void put_data(struct nft_batch *batch, uint16_t type, const struct nft_data *data)
{
    if (data->size == 0)
        return;
    struct nlattr *nest = mnl_attr_nest_start(batch->message, type);
    mnl_attr_put(batch->message, NFTA_DATA_VALUE, data->size, data->bytes);
    mnl_attr_nest_end(batch->message, nest);
}

void nft_put_element(struct nft_batch *batch, const struct nft_element *element)
{
    if (batch->message->nlmsg_len > ELEMENTS_FULL) {
        finish_elements(batch);
        start_elements(batch);
    }
    struct nlattr *nest = mnl_attr_nest_start(batch->message, NFTA_LIST_ELEM);
    put_data(batch, NFTA_SET_ELEM_KEY, &element->key);
    put_data(batch, NFTA_SET_ELEM_KEY_END, &element->key_end);
    put_data(batch, NFTA_SET_ELEM_DATA, &element->value);
    if (element->verdict != NULL)
        nft_put_verdict(batch, NFTA_SET_ELEM_DATA, element->verdict);
    mnl_attr_nest_end(batch->message, nest);
}

void nft_end_elements(struct nft_batch *batch)
{
    finish_elements(batch);
}

/* ---------------------------------------------------------------- the kernel */

int nft_socket_open(int namespace_fd, struct nft_socket **ret_socket, struct error *err)
{
    struct mnl_socket *socket = NULL;
    int rc = netlink_socket_open(namespace_fd, NETLINK_NETFILTER, "nftables", &socket, err);
    if (rc < 0)
        return rc;
    *ret_socket = memory_new(struct nft_socket);
    (*ret_socket)->socket = socket;
    return 0;
}

void nft_socket_close(struct nft_socket *socket)
{
    if (socket == NULL)
        return;
    mnl_socket_close(socket->socket);
    free(socket);
}

/* Words for the message that was refused: "new element, services". All messages begin with the table's name, and
 * those about something in it go on with that thing's. */
static int refusal(const struct nft_batch *batch, uint32_t sequence, int number, struct error *err)
{
    static const char *const words[] = {
        [NFT_MSG_NEWTABLE] = "new table",     [NFT_MSG_DELTABLE] = "delete table",
        [NFT_MSG_NEWCHAIN] = "new chain",     [NFT_MSG_DELCHAIN] = "delete chain",
        [NFT_MSG_NEWRULE] = "new rule",       [NFT_MSG_DELRULE] = "delete rules",
        [NFT_MSG_NEWSET] = "new set",         [NFT_MSG_DELSET] = "delete set",
        [NFT_MSG_NEWSETELEM] = "new element", [NFT_MSG_DELSETELEM] = "delete element",
    };
    const char *what = "transaction", *name = "";
    int left = (int)batch->messages.size;
    for (const struct nlmsghdr *message = (const void *)batch->messages.data; mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
        unsigned type = message->nlmsg_type & 0xff;
        if (message->nlmsg_seq != sequence || message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
            type >= countof(words) || words[type] == NULL)
            continue;
        what = words[type];
        const struct nlattr *attribute;
        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg)) name =
            mnl_attr_get_type(attribute) <= 2 ? mnl_attr_get_str(attribute) : name;
    }
    errno = number;
    return error_errno(err, "nftables: %s %s", what, name);
}

static int receive_refusals(struct nft_socket *socket, const struct nft_batch *batch, struct error *err)
{
    autofree char *answers = memory_alloc(ANSWER_SIZE);
    int rc = 0;
    for (;;) {
        ssize_t size = recv(mnl_socket_get_fd(socket->socket), answers, ANSWER_SIZE, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            return rc;
        if (size < 0) /* ENOBUFS: so many refusals that they did not find room */
            return rc < 0 ? rc : error_errno(err, "nftables: receive the answer");
        int left = (int)size;
        for (const struct nlmsghdr *message = (const void *)answers; mnl_nlmsg_ok(message, left);
             message = mnl_nlmsg_next(message, &left)) {
            const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
            if (message->nlmsg_type == NLMSG_ERROR && answer->error != 0 && rc == 0)
                rc = refusal(batch, message->nlmsg_seq, -answer->error, err);
        }
    }
}

int nft_send(struct nft_socket *socket, struct nft_batch *batch, struct error *err)
{
    start(batch, NFNL_MSG_BATCH_END, 0);
    finish(batch);
    if (batch->failed)
        return error_set(err, ERROR_TOO_LARGE, "nftables: the transaction is larger than it may be");
    int fd = mnl_socket_get_fd(socket->socket), size = (int)batch->messages.size + ANSWER_SIZE;
    /* All in one message: the buffer must hold it. Refused without the capability over our namespace, where the
     * kernel then refuses a large batch itself. */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0)
        return error_errno(err, "nftables: make room for a transaction");
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    struct iovec bytes = { batch->messages.data, batch->messages.size };
    struct msghdr message = { &kernel, sizeof(kernel), &bytes, 1, NULL, 0, 0 };
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, 0);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return error_errno(err, "nftables: send a transaction");
    return receive_refusals(socket, batch, err);
}
