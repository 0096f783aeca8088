/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/custom/version_priority.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum stability { ALPHA, BETA, STABLE };

struct version {
    uint64_t major, minor;
    enum stability stability;
};

/* Digits without a leading zero; false when there are none. */
static bool take_number(const char **at, uint64_t *ret_number)
{
    if (!isdigit((unsigned char)**at) || **at == '0')
        return false;
    char *end;
    *ret_number = strtoull(*at, &end, 10);
    *at = end;
    return true;
}

static bool take_word(const char **at, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* "v1", "v2beta3"; false for names of another form. */
static bool parse(const char *name, struct version *version)
{
    *version = (struct version){ .stability = STABLE };
    if (!take_word(&name, "v") || !take_number(&name, &version->major))
        return false;
    if (*name == '\0')
        return true;
    if (take_word(&name, "beta"))
        version->stability = BETA;
    else if (take_word(&name, "alpha"))
        version->stability = ALPHA;
    else
        return false;
    return take_number(&name, &version->minor) && *name == '\0';
}

static int descending(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

int version_priority_compare(const char *a, const char *b)
{
    struct version x, y;
    bool regular = parse(a, &x), other_regular = parse(b, &y);
    if (!regular || !other_regular)
        return regular != other_regular ? (regular ? -1 : 1) : strcmp(a, b);
    int order = descending(x.stability, y.stability);
    if (order == 0)
        order = descending(x.major, y.major);
    return order != 0 ? order : descending(x.minor, y.minor);
}
