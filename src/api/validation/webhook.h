/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* webhook.h - how to reach a webhook: of admission and of conversion. Only for this folder's own files and those below. */
#ifndef API_VALIDATION_WEBHOOK_H
#define API_VALIDATION_WEBHOOK_H

#include "api/validation/invalid.h"

/* An https URL with a host and a path at most. */
void validate_webhook_url(const char *url, const struct field_at *at, struct api_invalid *errors);

/* 'path' may be NULL. */
void validate_webhook_service(const char *namespace, const char *name, const char *path, int32_t port,
                              const struct field_at *at, struct api_invalid *errors);

/* PEM with at least one certificate. */
void validate_ca_bundle(struct str bundle, const struct field_at *at, struct api_invalid *errors);
bool ca_bundle_ok(struct str bundle);

#endif
