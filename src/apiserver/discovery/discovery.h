/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* discovery.h - what the server serves, told to clients: group lists, resource lists, aggregated discovery.
 *
 * Documents are encoded on first use and kept until the set of resources changes. Belongs to a loop. */
#ifndef APISERVER_DISCOVERY_DISCOVERY_H
#define APISERVER_DISCOVERY_DISCOVERY_H

#include "api/schema.h"
#include "base/bytes.h"

struct discovery;

/* Rows in discovery order; they must stay. Those that a later minor version than 'version' brought are left out. */
struct discovery *discovery_create(const struct api_resource *resources, size_t count, unsigned version);
void discovery_destroy(struct discovery *discovery);

/* Where clients find the server, which /api tells; before the first document is asked for. */
void discovery_set_address(struct discovery *discovery, const char *address, uint16_t port);
const char *discovery_address(const struct discovery *discovery); /* "10.0.0.1:6443", "" when it is not known */

/* Of custom resources; they must stay until they are removed. Groups come behind those of the table, by name; versions in
 * the order that Kubernetes gives them: v2, v1, v1beta1, v1alpha1, others. */
void discovery_add(struct discovery *discovery, const struct api_resource *resource);
void discovery_remove(struct discovery *discovery, const struct api_resource *resource);

/* The definition of one that was added is being deleted: it loses the verbs that make and change objects. */
void discovery_set_ending(struct discovery *discovery, const struct api_resource *resource, bool ending);

struct discovery_document {
    struct bytes *json;          /* borrowed */
    const char *etag;            /* with its quotes; NULL for documents that have none */
    const struct api_kind *kind; /* NULL: the list of paths, which is only JSON */
};

/* "/", "/api", "/apis", "/api/v1", "/apis/GROUP", "/apis/GROUP/VERSION", with or without a final slash. 'aggregated' asks for the
 * one document with everything (only of /api and /apis). False: nothing is known under that path. */
bool discovery_find(struct discovery *discovery, struct str path, bool aggregated,
                    struct discovery_document *ret_document);

#endif
