/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* table.h - a ruleset's changes as messages for the kernel: the tables "ip coracle" and "ip6 coracle".
 *
 * Knows the fixed part of a table (its maps, its chains on the kernel's hooks) and what keys, values and the
 * words of rules are in bytes and expressions. */
#ifndef NODE_PROXY_TABLE_H
#define NODE_PROXY_TABLE_H

#include "net/nft_batch.h"
#include "node/proxy/ruleset.h"

/* Appends what ruleset_take_changes() tells. False: there was nothing. */
bool table_write_changes(struct nft_batch *batch, struct ruleset *ruleset);

#endif
