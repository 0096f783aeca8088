/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* hostport.h - host ports of pods: elements of two nftables maps per family, in tables of their own.
 *
 * What was added is written down as one line of text ("tcp/8080//10.244.1.5 ..."), which is all
 * that hostport_remove() needs: the runtime need not repeat it. */
#ifndef NODE_CNI_HOSTPORT_H
#define NODE_CNI_HOSTPORT_H

#include "base/buffer.h"
#include "node/cni/config.h"

enum { HOSTPORT_TEXT_MAX = 4000 };

/* What hostport_add() will make, as text; -ERROR_LIMIT when it is too much. */
int hostport_describe(const struct cni_config *config, const struct ip addresses[CNI_SUBNETS_MAX], struct buffer *text,
                      struct error *err) must_check;

int hostport_add(const struct cni_config *config, const struct ip addresses[CNI_SUBNETS_MAX],
                 struct error *err) must_check;

/* Absent is fine. */
int hostport_remove(struct str text, struct error *err) must_check;

#endif
