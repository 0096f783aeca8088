/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* url.h - absolute URLs, read as Go's net/url reads requests. */
#ifndef CEL_LIBRARY_URL_H
#define CEL_LIBRARY_URL_H

#include "base/arena.h"
#include "base/str.h"

struct cel_url {
    struct str text; /* as given: what equality compares */
    struct str scheme, host, path, query;
};

/* NULL, or what is wrong in the words of Go's package: 'parse "x": invalid URI for request'. */
const char *cel_url_parse(struct arena *arena, struct str text, struct cel_url *ret_url);

#endif
