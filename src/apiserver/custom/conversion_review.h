/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conversion_review.h - what a conversion webhook is asked, and what its answer must be, in upstream's words. Pure. */
#ifndef APISERVER_CUSTOM_CONVERSION_REVIEW_H
#define APISERVER_CUSTOM_CONVERSION_REVIEW_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

struct conversion_review {
    const char *uid;
    const char *kind;    /* for messages: "example.com/v1, Kind=Widget" */
    const char *desired; /* apiVersion */
    const struct str *documents;
    size_t count;
};

/* ConversionReview v1 with the request. */
void conversion_review_write(const struct conversion_review *review, struct buffer *out);

/* The converted documents, as many as were sent, in the arena. Only labels and annotations of their metadata are the webhook's.
 * -ERROR_INTERNAL otherwise. */
int conversion_review_read(const struct conversion_review *review, struct str answer, struct arena *arena,
                           struct str *ret_documents, struct error *err) must_check;

#endif
