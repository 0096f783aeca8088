/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* semvers.c - kubernetes.Semver. */
#include "cel/library/semver.h"
#include "cel/value/value.h"

#define SEMVER_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

/* ---- parsing ---- */

static bool all_digits(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

/* Letters, digits and hyphens between points; numbers without leading zeros where 'numbers' count. */
static const char *check_identifiers(struct str text, bool numbers)
{
    struct str rest = text, part;

    while (str_next(&rest, '.', &part)) {
        if (part.size == 0)
            return numbers ? "Prerelease is empty" : "Build meta data is empty";
        for (size_t i = 0; i < part.size; i++) {
            char c = part.data[i];

            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'))
                return numbers ? "Invalid character(s) found in prerelease"
                               : "Invalid character(s) found in build meta data";
        }
        if (numbers && all_digits(part) && part.size > 1 && part.data[0] == '0')
            return "Numeric PreRelease version must not contain leading zeroes";
    }
    return NULL;
}

static const char *parse_number(struct str text, uint64_t *ret_number)
{
    if (!all_digits(text))
        return "Invalid character(s) found in version number";
    if (text.size > 1 && text.data[0] == '0')
        return "Version number must not contain leading zeroes";
    return str_to_uint64(text, ret_number) ? NULL : "Version number is out of range";
}

static const char *parse_strict(struct str text, struct cel_semver *semver)
{
    struct str parts[3], rest = text, build = { 0 };
    const char *problem = NULL;
    size_t dash, plus;

    if (text.size == 0)
        return "Version string empty";
    for (int i = 0; i < 2; i++) {
        size_t dot = str_find(rest, '.');

        if (dot == rest.size)
            return "No Major.Minor.Patch elements found";
        parts[i] = (struct str){ rest.data, dot };
        rest = str_skip(rest, dot + 1);
    }
    plus = str_find(rest, '+');
    build = plus < rest.size ? str_skip(rest, plus + 1) : build;
    if (plus < rest.size)
        problem = check_identifiers(build, false);
    rest.size = plus;
    dash = str_find(rest, '-');
    semver->pre = dash < rest.size ? str_skip(rest, dash + 1) : (struct str){ 0 };
    if (problem == NULL && dash < rest.size)
        problem = check_identifiers(semver->pre, true);
    parts[2] = (struct str){ rest.data, dash };
    if (problem == NULL)
        problem = parse_number(parts[0], &semver->major);
    if (problem == NULL)
        problem = parse_number(parts[1], &semver->minor);
    return problem != NULL ? problem : parse_number(parts[2], &semver->patch);
}

/* Drops zeros in front, all but the last digit of what is only zeros. */
static struct str trim_zeros(struct str part)
{
    while (part.size > 1 && part.data[0] == '0' && part.data[1] >= '0' && part.data[1] <= '9')
        part = str_skip(part, 1);
    return part;
}

static const char *normalize_text(struct arena *arena, struct str text, struct str *ret_text)
{
    struct str parts[3];
    int count = 0;

    if (str_starts(text, STR("v")))
        text = str_skip(text, 1);
    for (;;) {
        size_t dot = count < 2 ? str_find(text, '.') : text.size;

        parts[count++] = trim_zeros((struct str){ text.data, dot });
        if (dot >= text.size)
            break;
        text = str_skip(text, dot + 1);
    }
    if (count < 3 && (memchr(parts[count - 1].data, '+', parts[count - 1].size) != NULL ||
                      memchr(parts[count - 1].data, '-', parts[count - 1].size) != NULL))
        return "short version cannot contain PreRelease/Build meta data";
    while (count < 3)
        parts[count++] = STR("0");
    *ret_text = str_of(
        arena_format(arena, STR_FMT "." STR_FMT "." STR_FMT, STR_ARG(parts[0]), STR_ARG(parts[1]), STR_ARG(parts[2])));
    return NULL;
}

const char *cel_semver_parse(struct arena *arena, struct str text, bool normalize, struct cel_semver *ret_semver)
{
    const char *problem = normalize ? normalize_text(arena, text, &text) : NULL;

    *ret_semver = (struct cel_semver){ 0 };
    return problem != NULL ? problem : parse_strict(text, ret_semver);
}

/* ---- order ---- */

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b) ? 1 : 0)

static int compare_identifiers(struct str a, struct str b)
{
    bool numeric = all_digits(a);
    int order;

    if (numeric != all_digits(b))
        return numeric ? -1 : 1;
    if (numeric && a.size != b.size)
        return ORDER(a.size, b.size);
    order = str_compare(a, b);
    return ORDER(order, 0);
}

int cel_semver_compare(const struct cel_semver *a, const struct cel_semver *b)
{
    struct str left = a->pre, right = b->pre, x, y;

    if (a->major != b->major)
        return ORDER(a->major, b->major);
    if (a->minor != b->minor)
        return ORDER(a->minor, b->minor);
    if (a->patch != b->patch)
        return ORDER(a->patch, b->patch);
    if (left.size == 0 || right.size == 0) /* a release is above what comes before it */
        return ORDER(right.size > 0, left.size > 0);
    for (;;) {
        bool more = str_next(&left, '.', &x), other = str_next(&right, '.', &y);
        int order;

        if (!more || !other)
            return ORDER(more, other);
        order = compare_identifiers(x, y);
        if (order != 0)
            return order;
    }
}

/* ---- functions ---- */

static const struct cel_semver *semver_of(const struct cel_value *value)
{
    return value->opaque;
}

SEMVER_FUNCTION(semver)
{
    struct cel_semver *made = arena_new(state->arena, struct cel_semver);
    const char *problem = cel_semver_parse(state->arena, args[0].text, count > 1 && args[1].boolean, made);

    if (problem != NULL)
        return cel_error_text(problem);
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_SEMVER, .opaque = made };
}

SEMVER_FUNCTION(is_semver)
{
    struct cel_semver parsed;

    return cel_value_bool(cel_semver_parse(state->arena, args[0].text, count > 1 && args[1].boolean, &parsed) == NULL);
}

#define SEMVER_NUMBER(name, member)                                 \
    SEMVER_FUNCTION(name)                                           \
    {                                                               \
        (void)state;                                                \
        (void)count;                                                \
        return cel_value_int((int64_t)semver_of(&args[0])->member); \
    }
SEMVER_NUMBER(major_of, major)
SEMVER_NUMBER(minor_of, minor)
SEMVER_NUMBER(patch_of, patch)

SEMVER_FUNCTION(is_greater_than)
{
    (void)state;
    (void)count;
    return cel_value_bool(cel_semver_compare(semver_of(&args[0]), semver_of(&args[1])) > 0);
}

SEMVER_FUNCTION(is_less_than)
{
    (void)state;
    (void)count;
    return cel_value_bool(cel_semver_compare(semver_of(&args[0]), semver_of(&args[1])) < 0);
}

SEMVER_FUNCTION(compare_to)
{
    (void)state;
    (void)count;
    return cel_value_int(cel_semver_compare(semver_of(&args[0]), semver_of(&args[1])));
}

struct cel_functions cel_semvers(void)
{
    static const struct cel_overload rows[] = {
        { "semver", "s:V", semver, CEL_COST_PARSE, 0, 0 },
        { "semver", "sb:V", semver, CEL_COST_PARSE, 0, 0 },
        { "isSemver", "s:b", is_semver, CEL_COST_PARSE, 0, 0 },
        { "isSemver", "sb:b", is_semver, CEL_COST_PARSE, 0, 0 },
        { "isGreaterThan", "V.V:b", is_greater_than, CEL_COST_UNIT, 0, 0 },
        { "isLessThan", "V.V:b", is_less_than, CEL_COST_UNIT, 0, 0 },
        { "compareTo", "V.V:i", compare_to, CEL_COST_UNIT, 0, 0 },
        { "major", "V.:i", major_of, CEL_COST_UNIT, 0, 0 },
        { "minor", "V.:i", minor_of, CEL_COST_UNIT, 0, 0 },
        { "patch", "V.:i", patch_of, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
