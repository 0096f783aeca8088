/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* gzip_stream.h - a body that is compressed piece by piece, as upstream does it: for speed, not for size. */
#ifndef APISERVER_HTTP_GZIP_STREAM_H
#define APISERVER_HTTP_GZIP_STREAM_H

#include "base/arena.h"
#include "base/bytes.h"

struct gzip_stream;

struct gzip_stream *gzip_stream_create(struct arena *arena); /* lives as long as the arena */

/* What is to be sent for the text and those before it; may be nothing yet. 'end': there comes no more. The caller's reference. */
struct bytes *gzip_stream_add(struct gzip_stream *stream, struct str text, bool end);

#endif
