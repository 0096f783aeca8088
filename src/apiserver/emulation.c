/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/emulation.h"

#include "base/str.h"

/* "1.36"; a leading v is fine, a patch version is not. */
static int parse_version(struct str text, int *ret_minor, struct error *err)
{
    struct str rest = str_starts(text, STR("v")) ? str_skip(text, 1) : text, major, minor;
    uint64_t numbers[2];
    bool good = str_next(&rest, '.', &major) && str_to_uint64(major, &numbers[0]) && str_next(&rest, '.', &minor) &&
                str_to_uint64(minor, &numbers[1]) && numbers[0] <= 99 && numbers[1] <= 999;
    if (good && rest.size > 0)
        return error_set(err, ERROR_USAGE, "patch version not allowed, got: kube=" STR_FMT, STR_ARG(text));
    if (!good)
        return error_set(err, ERROR_USAGE, "illegal version string \"" STR_FMT "\"", STR_ARG(text));
    *ret_minor = numbers[0] == 1 ? (int)numbers[1] : (int)(numbers[0] * 1000 + numbers[1]);
    return 0;
}

static int parse_list(const char *text, int *ret_minor, struct error *err)
{
    struct str rest = str_of(text_or_empty(text)), piece;
    while (rest.size > 0 && str_next(&rest, ',', &piece)) {
        piece = str_trim(piece);
        size_t equals = str_find(piece, '=');
        struct str component = { piece.data, equals };
        if (equals < piece.size && !str_is(component, "kube"))
            return error_set(err, ERROR_USAGE, "component not registered: " STR_FMT, STR_ARG(component));
        int rc = parse_version(equals < piece.size ? str_skip(piece, equals + 1) : piece, ret_minor, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

struct emulation emulation_effective(struct emulation given)
{
    int emulated = given.emulated == 0 ? EMULATION_MINOR : given.emulated;
    int before = emulated > EMULATION_FLOOR ? emulated - 1 : EMULATION_FLOOR;
    return (struct emulation){ emulated, given.min_compatible == 0 ? before : given.min_compatible };
}

/* The number that stands behind "1." in messages; other majors are out of every range. */
static int check_range(const char *what, int minor, int most, struct error *err)
{
    if (minor >= EMULATION_FLOOR && minor <= most)
        return 0;
    return error_set(err, ERROR_USAGE, "%s %d.%d is not between [1.%d, 1.%d]", what, minor < 1000 ? 1 : minor / 1000,
                     minor % 1000, EMULATION_FLOOR, most);
}

int emulation_parse(const char *emulated, const char *min_compatible, struct emulation *ret_emulation,
                    struct error *err)
{
    struct emulation given = { 0 };
    int rc = parse_list(emulated, &given.emulated, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "--emulated-version");
    rc = parse_list(min_compatible, &given.min_compatible, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "--min-compatibility-version");
    struct emulation effective = emulation_effective(given);
    rc = check_range("emulation version", effective.emulated, EMULATION_MINOR, err);
    if (rc == 0)
        rc = check_range("minCompatibilityVersion version", effective.min_compatible, effective.emulated, err);
    if (rc == 0)
        *ret_emulation = effective;
    return rc;
}
