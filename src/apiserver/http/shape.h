/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* shape.h - objects as PartialObjectMetadata or as rows of a Table: of meta.k8s.io/v1, or v1beta1 for old clients. */
#ifndef APISERVER_HTTP_SHAPE_H
#define APISERVER_HTTP_SHAPE_H

#include "apiserver/http/negotiation.h"
#include "base/buffer.h"

/* The shape and the format that the call asked for: JSON without a newline, or protobuf in its envelope. 'typed' is a decoded
 * object of that kind, 'document' its JSON. 'columns': with the definitions of a Table's columns; in a watch only the
 * first event has them. */
void shape_object(struct request *request, const struct api_kind *kind, const void *typed, struct str document,
                  bool columns, struct buffer *out);
void shape_list(struct request *request, const struct request_list *list, struct buffer *out);

/* Can it be shown so? A list is no PartialObjectMetadata, an object no list of them. */
int shape_check(struct request *request, bool list, struct error *err) must_check;

/* What stands at the head of a list; texts in the request's arena. */
struct api_list_meta list_meta(struct request *request, const struct request_list *list);
/* {"resourceVersion":"5","continue":"...","remainingItemCount":3} */
void list_meta_write(const struct request_list *list, struct buffer *json);
/* The form of lists of custom resources: the members sorted, and "continue" always there. */
void list_meta_write_sorted(const struct request_list *list, struct buffer *json);

#endif
