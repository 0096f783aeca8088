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
};

/* The first acceptable clause in order of weight; no header or star: JSON. False: none can be produced. 'shapes': Table
 * and PartialObjectMetadata make sense here. */
bool media_negotiate(struct str accept, bool shapes, struct media *ret_media);

/* Of a Content-Type header: BODY_JSON for none. False: nothing we read. */
bool media_of_body(struct str content_type, enum body_format *ret_format);
/* The patch media types; false when it is none. 'yaml': apply-patch+yaml. */
bool media_of_patch(struct str content_type, enum client_patch *ret_patch);

const char *media_content_type(const struct media *media, bool watch);

#endif
