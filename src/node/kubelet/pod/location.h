/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* location.h - where an HTTP probe or hook asks, and where an answer's Location header sends it from there. */
#ifndef NODE_KUBELET_POD_LOCATION_H
#define NODE_KUBELET_POD_LOCATION_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct location {
    bool https;
    const char *host; /* name or address, IPv6 without brackets */
    int32_t port;
    const char *path; /* with the query; begins with '/' */
};

/* Reads 'text', an absolute or relative reference (RFC 3986), against where it was found; fragments and user names are left
 * out. -ERROR_SYNTAX, or -ERROR_UNSUPPORTED for other schemes than HTTP's. What is told belongs to the arena and to 'from'. */
int location_resolve(struct arena *arena, const struct location *from, struct str text, struct location *ret_location,
                     struct error *err) must_check;

/* "10.0.0.1:80", "[::1]:80" */
const char *location_authority(struct arena *arena, const struct location *location);
/* "http://10.0.0.1:80/healthz" */
const char *location_url(struct arena *arena, const struct location *location);

#endif
