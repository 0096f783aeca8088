/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What kinds want beside the generic life of an object: one row each, by group and kind. */

#include <string.h>

#include "apiserver/registry.h"

static const struct strategy strategies[] = {
    { .group = "", .kind = "Node", .flags = STRATEGY_KEEP_STATUS },
};

static const struct strategy plain = { .kind = "" };

const struct strategy *strategy_of(const struct api_kind *kind)
{
    for (size_t i = 0; i < countof(strategies); i++)
        if (strcmp(strategies[i].group, kind->group) == 0 && strcmp(strategies[i].kind, kind->kind) == 0)
            return &strategies[i];
    return &plain;
}
