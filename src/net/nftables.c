/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nftables.c - libnftables with its netlink socket made in the right namespace.
 *
 * The library is loaded by the first that needs it: five libraries come with it, and of all our processes only the CNI plug-in
 * of a pod with host ports does. See docs/decisions/0007-static-libraries.md. */
#include "net/nftables.h"

#include <dlfcn.h>
#include <nftables/libnftables.h>

#include "base/memory.h"
#include "net/namespace.h"

#define LIBRARY "libnftables.so.1"

/* clang-format off */
#define FUNCTIONS(X)                                  \
    X(nft_ctx_new) X(nft_ctx_free)                    \
    X(nft_ctx_buffer_output) X(nft_ctx_buffer_error)  \
    X(nft_ctx_get_output_buffer)                      \
    X(nft_ctx_get_error_buffer)                       \
    X(nft_run_cmd_from_buffer)
/* clang-format on */

struct nftables {
    struct nft_ctx *context;
#define X(name) __typeof__(name) *name;
    FUNCTIONS(X)
#undef X
};

/* It stays loaded for good: the next one is loaded at once then. */
static int load(struct nftables *nftables, struct error *err)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return error_set(err, ERROR_UNSUPPORTED, "%s (the package libnftables1 has it)", dlerror());
#define X(name)                                                         \
    nftables->name = (__typeof__(nftables->name))dlsym(library, #name); \
    if (nftables->name == NULL)                                         \
        return error_set(err, ERROR_UNSUPPORTED, LIBRARY " has no " #name);
    FUNCTIONS(X)
#undef X
    return 0;
}

static int make_context(void *context)
{
    struct nftables *nftables = context;
    nftables->context = nftables->nft_ctx_new(NFT_CTX_DEFAULT); /* opens the socket */
    return 0;
}

int nftables_open(int namespace_fd, struct nftables **ret_nftables, struct error *err)
{
    struct nftables *nftables = memory_new(struct nftables);
    int rc = load(nftables, err);
    if (rc == 0)
        rc = namespace_run(namespace_fd, make_context, nftables, err);
    if (rc == 0 && nftables->context == NULL)
        rc = error_set(err, ERROR_SYSTEM, "nftables could not be opened");
    if (rc < 0) {
        nftables_close(nftables);
        return rc;
    }
    nftables->nft_ctx_buffer_output(nftables->context);
    nftables->nft_ctx_buffer_error(nftables->context);
    *ret_nftables = nftables;
    return 0;
}

void nftables_close(struct nftables *nftables)
{
    if (nftables == NULL)
        return;
    if (nftables->context != NULL)
        nftables->nft_ctx_free(nftables->context);
    free(nftables);
}

int nftables_run(struct nftables *nftables, const char *commands, struct buffer *output, struct error *err)
{
    int rc = nftables->nft_run_cmd_from_buffer(nftables->context, commands);
    const char *printed = nftables->nft_ctx_get_output_buffer(nftables->context); /* reading also empties it */
    const char *complaint = nftables->nft_ctx_get_error_buffer(nftables->context);
    if (rc != 0) {
        struct str line = str_trim(str_of(complaint));
        return error_set(err, ERROR_SYSTEM, "nftables refused a change: " STR_FMT, STR_ARG(line));
    }
    if (output != NULL)
        buffer_append_text(output, printed);
    return 0;
}
