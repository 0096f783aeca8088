/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* negotiation.h - media types: what a client sends and what it wants to read. Pure. */
#ifndef APISERVER_HTTP_NEGOTIATION_H
#define APISERVER_HTTP_NEGOTIATION_H

#include <stdbool.h>

#include "apiserver/request.h"
#include "base/str.h"

enum media_format { MEDIA_JSON, MEDIA_YAML, MEDIA_PROTOBUF };
enum media_shape { SHAPE_OBJECT, SHAPE_TABLE, SHAPE_METADATA, SHAPE_METADATA_LIST };

struct media {
    enum media_format format;
    enum media_shape shape;
    bool beta;   /* the shape is that of meta.k8s.io/v1beta1, which old clients ask for */
    bool pretty; /* ";pretty=1" */
};

/* What an endpoint can make of its objects. */
enum media_transforms {
    TRANSFORM_NONE,
    TRANSFORM_METADATA, /* PartialObjectMetadata and its list */
    TRANSFORM_ALL,      /* ... and Table */
};

/* The first acceptable clause by weight, exact types before stars; no header: JSON. False: none can be produced.
 * Parameters that nobody knows are ignored; as, g, v, stream and sv that cannot be satisfied rule a clause out. */
bool media_negotiate(struct str accept, enum media_transforms transforms, struct media *ret_media);

/* The same for custom resources, which have no protobuf but of their metadata. */
bool media_negotiate_custom(struct str accept, enum media_transforms transforms, struct media *ret_media);

/* Does an Accept header ask for aggregated discovery? It is given then, wherever plain documents stand. */
bool media_wants_aggregated_discovery(struct str accept, struct media *ret_media);

/* Of a Content-Type header: BODY_JSON for none. False: nothing we read. */
bool media_of_body(struct str content_type, enum body_format *ret_format);
/* The patch media types; false when it is none. */
bool media_of_patch(struct str content_type, enum client_patch *ret_patch);

const char *media_content_type(const struct media *media, bool watch);

/* "v1" or "v1beta1": of the group meta.k8s.io. */
const char *media_meta_version(const struct media *media);

/* An Accept-Encoding header that names gzip, and not with the weight 0. */
bool media_accepts_gzip(struct str accept_encoding);

/* What can be read and written, for messages; and what can be watched. */
#define MEDIA_TYPES         "application/json, application/yaml, application/vnd.kubernetes.protobuf"
#define MEDIA_CUSTOM_TYPES  "application/json, application/yaml"
#define MEDIA_STREAMS       "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
#define MEDIA_NOT_ACCEPTED  "only the following media types are accepted: "
#define MEDIA_NOT_SUPPORTED "the body of the request was in an unknown format - accepted media types include: "

#endif
