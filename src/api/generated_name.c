/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/generated_name.h"

enum { BASE_MAX = 58, SUFFIX = 5 };

char *generated_name(const char *base, struct random *random, struct arena *arena)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789"; /* no vowels, no look-alikes */
    char suffix[SUFFIX + 1];
    for (size_t i = 0; i < SUFFIX; i++)
        suffix[i] = letters[random_below(random, sizeof(letters) - 1)];
    suffix[SUFFIX] = '\0';
    return arena_format(arena, "%.*s%s", BASE_MAX, base, suffix);
}
