/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address.h - addresses that traffic may be sent to. Only for this folder's own files. */
#ifndef API_VALIDATION_ADDRESS_H
#define API_VALIDATION_ADDRESS_H

#include "api/validation/invalid.h"
#include "base/ip.h"

/* An address, and none that means this host, this link, or nothing. */
void validate_outside_address(const char *address, const struct field_at *at, struct api_invalid *errors);

#endif
