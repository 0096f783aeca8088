/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* webhook.h - who converts the objects of a definition with conversion strategy Webhook: one question over HTTPS. */
#ifndef APISERVER_CUSTOM_WEBHOOK_H
#define APISERVER_CUSTOM_WEBHOOK_H

#include "apiserver/custom/conversion_review.h"
#include "apiserver/custom/form.h"
#include "apiserver/server_internal.h"

struct webhook;

/* 'form' must stay. */
struct webhook *webhook_create(struct api_server *server, const struct custom_form *form);
void webhook_destroy(struct webhook *webhook); /* no call is open; NULL is fine */

/* Embedded by who asks. */
struct webhook_call {
    /* 'documents' is valid for the call; never from inside webhook_convert(). */
    void (*done)(struct webhook_call *call, int rc, const struct error *err, const struct str *documents);
    int status; /* of the answer, in done(); 0: there was none */

    /* private */
    struct webhook *webhook; /* NULL: not open */
    struct arena arena;
    struct conversion_review review;
    const char *url; /* for messages */
    struct http_request *request;
    struct buffer answer;
    struct loop_task task; /* tells of what could not be begun */
    struct error err;
};

/* Documents are copied; desired: the version they are to have. */
void webhook_convert(struct webhook *webhook, struct webhook_call *call, const struct custom_version *desired,
                     const struct str *documents, size_t count);
void webhook_cancel(struct webhook_call *call); /* fine when it is not open */

#endif
