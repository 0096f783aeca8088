/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* shape.h - objects as PartialObjectMetadata or as rows of a Table, in JSON. */
#ifndef APISERVER_HTTP_SHAPE_H
#define APISERVER_HTTP_SHAPE_H

#include "apiserver/http/negotiation.h"
#include "base/buffer.h"

/* Of a decoded object and its document. 'columns': with the definitions of a Table's columns; in a watch only the first
 * event has them. */
void shape_object(struct request *request, enum media_shape shape, const void *typed, struct str document, bool columns,
                  struct buffer *json);
void shape_list(struct request *request, enum media_shape shape, const struct request_list *list, struct buffer *json);

/* {"resourceVersion":"5","continue":"...","remainingItemCount":3} */
void list_meta_write(const struct request_list *list, struct buffer *json);

#endif
