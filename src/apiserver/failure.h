/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* failure.h - Status documents that say more than a struct error: causes, one invalid field. */
#ifndef APISERVER_FAILURE_H
#define APISERVER_FAILURE_H

#include "api/status.h"
#include "api/validation/invalid.h"
#include "apiserver/request.h"

/* A Status for 'err' about the request's object, in its arena; request->failure when that says more. */
struct api_status *failure_status(struct request *request, const struct error *err);

/* One field that is not valid, as an answer of its own: 'Pod "x" is invalid: spec.y: Invalid value: ...'.
 * 'detail' has all behind the field path. 'reason' is the cause's, "FieldValueInvalid" for example. Puts the Status
 * into request->failure and returns the code. */
int failure_invalid(struct request *request, const struct api_kind *kind, const char *name, const char *field,
                    const char *reason, const char *detail, struct error *err);

/* All that is not valid with 'name' of a kind, as one answer, put into request->failure. 0 when the list is empty. */
int failure_invalid_list(struct request *request, const struct api_kind *kind, const char *name,
                         const struct api_invalid *errors, struct error *err);

/* What upstream has no kind of error for: code 500, no reason. Returns the code. */
int failure_untyped(struct request *request, const char *message, struct error *err);

/* The options of a request are not valid: err->message is "FIELD: DETAIL" and becomes that of KIND.meta.k8s.io; returns
 * the code. */
int failure_options(struct request *request, const char *kind, struct error *err);

void failure_add_cause(struct request *request, struct api_status *status, const char *reason, const char *message,
                       const char *field);

#endif
