/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* allocation.h - which attachment (container and interface) has which addresses and host ports.
 *
 * A directory per network, all of it symbolic links, whose text is the record:
 *   10.244.1.5           -> CONTAINER/INTERFACE   making it is the reservation: atomic, exclusive
 *   by-CONTAINER@IFACE   -> 10.244.1.5,fd00::5    the way back
 *   note-CONTAINER@IFACE -> text                  what else must be undone: host ports
 *   last-4, last-6       -> the newest address    so that addresses rest before they are used again
 * A crash at any point leaves at most an address without a way back; it is found again by its
 * text. The open allocation holds a lock on the directory. */
#ifndef NODE_CNI_ALLOCATION_H
#define NODE_CNI_ALLOCATION_H

#include "node/cni/config.h"

struct allocation;

int allocation_open(const struct cni_config *config, struct allocation **ret_allocation, struct error *err) must_check;
void allocation_close(struct allocation *allocation); /* NULL is fine */

/* One address of each subnet; the same again for an attachment that has them. -ERROR_LIMIT: the range is used up. */
int allocation_take(struct allocation *allocation, const struct cni_attachment_name *name,
                    struct ip ret_addresses[CNI_SUBNETS_MAX], struct error *err) must_check;

/* What the attachment has. False when it has nothing. */
bool allocation_find(struct allocation *allocation, const struct cni_attachment_name *name,
                     struct ip ret_addresses[CNI_SUBNETS_MAX]);

/* Absent is fine. */
int allocation_release(struct allocation *allocation, const struct cni_attachment_name *name,
                       struct error *err) must_check;

/* A line of text kept with the attachment (its host ports); NULL removes it. The caller frees what is read; NULL:
 * none. */
int allocation_set_note(struct allocation *allocation, const struct cni_attachment_name *name, const char *text,
                        struct error *err) must_check;
char *allocation_note(struct allocation *allocation, const struct cni_attachment_name *name);

/* Calls for each attachment that has an address; it may be released in the call. */
int allocation_each(struct allocation *allocation,
                    int (*each)(void *context, const struct cni_attachment_name *name, struct error *err),
                    void *context, struct error *err) must_check;

#endif
