/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policies.h - the compiler of expressions that the server gives to validation. */
#ifndef APISERVER_POLICIES_POLICIES_H
#define APISERVER_POLICIES_POLICIES_H

#include "api/validation/expressions.h"

extern const struct expression_compiler policies_compiler;

/* device.c: as expression_compiler.check_device(). */
const char *device_selector_check(const char *text, struct arena *arena, bool *ret_costly);

#endif
