/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nftables.c - libnftables with its netlink socket made in the right namespace. */
#include "net/nftables.h"

#include <nftables/libnftables.h>

#include "base/memory.h"
#include "net/namespace.h"

struct nftables {
    struct nft_ctx *context;
};

static int make_context(void *context)
{
    struct nftables *nftables = context;
    nftables->context = nft_ctx_new(NFT_CTX_DEFAULT); /* opens the socket */
    return 0;
}

int nftables_open(int namespace_fd, struct nftables **ret_nftables, struct error *err)
{
    struct nftables *nftables = memory_new(struct nftables);
    int rc = namespace_run(namespace_fd, make_context, nftables, err);
    if (rc == 0 && nftables->context == NULL)
        rc = error_set(err, ERROR_SYSTEM, "nftables could not be opened");
    if (rc < 0) {
        nftables_close(nftables);
        return rc;
    }
    nft_ctx_buffer_output(nftables->context);
    nft_ctx_buffer_error(nftables->context);
    *ret_nftables = nftables;
    return 0;
}

void nftables_close(struct nftables *nftables)
{
    if (nftables == NULL)
        return;
    if (nftables->context != NULL)
        nft_ctx_free(nftables->context);
    free(nftables);
}

int nftables_run(struct nftables *nftables, const char *commands, struct buffer *output, struct error *err)
{
    int rc = nft_run_cmd_from_buffer(nftables->context, commands);
    const char *printed = nft_ctx_get_output_buffer(nftables->context); /* reading also empties it */
    const char *complaint = nft_ctx_get_error_buffer(nftables->context);
    if (rc != 0) {
        struct str line = str_trim(str_of(complaint));
        return error_set(err, ERROR_SYSTEM, "nftables refused a change: " STR_FMT, STR_ARG(line));
    }
    if (output != NULL)
        buffer_append_text(output, printed);
    return 0;
}
