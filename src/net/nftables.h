/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nftables.h - packet filter commands, in nft's own language, for one network namespace.
 *
 * All commands of one call are one transaction: they happen together or not at all.
 * Blocks for the kernel's work. Any thread may use it, one at a time. */
#ifndef NET_NFTABLES_H
#define NET_NFTABLES_H

#include "base/buffer.h"
#include "base/error.h"

struct nftables;

/* In the namespace 'namespace_fd' is open on (it need not stay open); -1: the caller's own. */
int nftables_open(int namespace_fd, struct nftables **ret_nftables, struct error *err) must_check;
void nftables_close(struct nftables *nftables); /* NULL is fine; rules stay */

/* What the commands print ("list ...") is appended to 'output', which may be NULL. */
int nftables_run(struct nftables *nftables, const char *commands, struct buffer *output, struct error *err) must_check;

#endif
