/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/value/generated_name.h"

#include <string.h>

#include "base/str.h"

enum { BASE_MAX = 58, SUFFIX = 5 };

char *generated_name(const char *base, struct random *random, struct arena *arena)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789"; /* no vowels, no look-alikes */
    char suffix[SUFFIX + 1];
    for (size_t i = 0; i < SUFFIX; i++)
        suffix[i] = letters[random_below(random, sizeof(letters) - 1)];
    suffix[SUFFIX] = '\0';
    struct str kept = { base, strnlen(base, BASE_MAX) };
    char *name = arena_alloc(arena, kept.size + sizeof(suffix));
    memcpy(name, kept.data, kept.size);
    memcpy(name + kept.size, suffix, sizeof(suffix));
    return name;
}
