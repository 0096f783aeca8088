/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* payload.h - the files of a configMap, secret, downwardAPI or projected volume. No I/O of its own. */
#ifndef NODE_VOLUME_PAYLOAD_H
#define NODE_VOLUME_PAYLOAD_H

#include "api/object.h"
#include "node/volume/atomic_writer.h"
#include "node/volume/downward.h"

/* Where the content comes from; answered at once from caches. */
struct volume_lookup {
    /* 0 and a borrowed object; -ERROR_AGAIN: asked for, not known yet; -ERROR_NOT_FOUND and others are final for now. */
    int (*object)(void *context, const struct api_resource *resource, const char *namespace_, const char *name,
                  const struct object **ret_object, struct error *err);
    /* A service account token of the pod, valid for a while. The same answers as above; the text is borrowed. */
    int (*token)(void *context, const struct api_pod *pod, const char *audience, int64_t expiration_seconds,
                 struct str *ret_token, struct error *err);
    void *context;
};

struct payload {
    struct payload_file *files; /* in the arena, contents too */
    size_t count;
    size_t capacity;
};

/* True for the four kinds that payload_collect() can do. */
bool payload_is_kind(const struct api_volume *volume);

/* -ERROR_AGAIN while something is not known yet. Errors read as upstream's: 'configmap "x" not found'. */
int payload_collect(const struct api_volume *volume, const struct downward *downward,
                    const struct volume_lookup *lookup, struct arena *arena, struct payload *ret_payload,
                    struct error *err) must_check;

#endif
