/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json_extent.h - where a map or list in JSON text ends, for who wants to pass over it.
 *
 * Half of a stored object is metadata.managedFields, and whoever looks for a member passes over it: this looks at 64
 * bytes at a time where the processor can. Pure; reads nothing outside the text. */
#ifndef CODEC_JSON_EXTENT_H
#define CODEC_JSON_EXTENT_H

#include "base/str.h"

/* The size of the map or list that the text begins with, up to the bracket that closes it; 0 when the text ends before
 * it. Brackets in strings do not count; which kind of bracket closes which is not looked at. */
size_t json_extent(struct str text);

#endif
