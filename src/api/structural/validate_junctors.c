/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate_junctors.c - allOf, anyOf, oneOf and not. */
#include "api/structural/validate.h"

/* What is said of a junctor as a whole has no field in upstream's errors. */
static void fail_whole(struct check *check, const struct field_at *at, const char *sentence, const char *more)
{
    auto_buffer struct buffer path = { 0 };
    check_fail(check, NULL, NULL, "\"%s\" must %s%s", check_path(check, at, &path), sentence, more);
}

struct alternatives {
    size_t valid;
    const struct structural_node *best; /* of those that failed, the one with the most matches */
    size_t first_matches;               /* of the first that was good */
};

/* Tries each without wording anything. */
static struct alternatives try_all(const struct structural_node *const *nodes, uint32_t count, yyjson_val *value,
                                   yyjson_val *old, const struct field_at *at, bool until_good)
{
    struct alternatives found = { 0 };
    size_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct check trial = { .base = NULL };
        size_t matches = check_node(&trial, nodes[i], value, old, at);
        if (trial.failures == 0) {
            if (found.valid++ == 0)
                found.first_matches = matches;
            found.best = NULL;
            if (until_good)
                break;
        } else if (found.valid == 0 && (found.best == NULL || matches > most)) {
            found.best = nodes[i];
            most = matches;
        }
    }
    return found;
}

static size_t check_any_of(struct check *check, const struct structural_checks *checks, yyjson_val *value,
                           yyjson_val *old, const struct field_at *at)
{
    struct alternatives found = try_all(checks->any_of, checks->n_any_of, value, old, at, true);
    if (found.valid > 0)
        return found.first_matches;
    fail_whole(check, at, "validate at least one schema (anyOf)", "");
    return found.best != NULL ? check_node(check, found.best, value, old, at) : 0;
}

static size_t check_one_of(struct check *check, const struct structural_checks *checks, yyjson_val *value,
                           yyjson_val *old, const struct field_at *at)
{
    char more[64] = "Found none valid";
    struct alternatives found = try_all(checks->one_of, checks->n_one_of, value, old, at, false);
    if (found.valid == 1)
        return found.first_matches;
    if (found.valid > 1)
        snprintf(more, sizeof(more), "Found %zu valid alternatives", found.valid);
    fail_whole(check, at, "validate one and only one schema (oneOf). ", more);
    return found.best != NULL ? check_node(check, found.best, value, old, at) : 0;
}

static size_t check_all_of(struct check *check, const struct structural_checks *checks, yyjson_val *value,
                           yyjson_val *old, const struct field_at *at)
{
    size_t matches = 0;
    uint32_t valid = 0;
    for (uint32_t i = 0; i < checks->n_all_of; i++) {
        size_t before = check->failures;
        matches += check_node(check, checks->all_of[i], value, old, at);
        valid += check->failures == before;
    }
    if (valid < checks->n_all_of)
        fail_whole(check, at, "validate all the schemas (allOf)", valid == 0 ? ". None validated" : "");
    return matches;
}

size_t check_junctors(struct check *check, const struct structural_checks *checks, yyjson_val *value, yyjson_val *old,
                      const struct field_at *at)
{
    size_t matches = 0;
    if (checks->n_any_of > 0)
        matches += check_any_of(check, checks, value, old, at);
    if (checks->n_one_of > 0)
        matches += check_one_of(check, checks, value, old, at);
    if (checks->n_all_of > 0)
        matches += check_all_of(check, checks, value, old, at);
    if (checks->not != NULL) {
        struct check trial = { .base = NULL };
        check_node(&trial, checks->not, value, old, at);
        if (trial.failures == 0)
            fail_whole(check, at, "not validate the schema (not)", "");
    }
    return matches;
}
