/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* format.h - string.format(list): "%s has %d". */
#ifndef CEL_FORMAT_H
#define CEL_FORMAT_H

#include "cel/function.h"

cel_function cel_format_function;

#endif
