/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/write_options.h"

#include <string.h>

#include "api/validation/formats/names.h"
#include "api/validation/invalid.h"
#include "apiserver/failure.h"
#include "apiserver/path.h"

#define DRY_RUNS_MAX 16 /* values of one parameter; more are not looked at */

static const char *const dry_runs[] = { "All", NULL };

/* ---------------------------------------------------------------- query */

static void read_field_manager(struct request *request, struct str query, struct api_invalid *errors)
{
    const char *manager = query_value(query, "fieldManager", &request->arena);
    if (text_empty(manager))
        return;
    request->options.field_manager = manager;
    validate_field_manager(manager, at_field(NULL, "fieldManager"), errors);
}

static void check_dry_run(const char *const *list, size_t count, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], dry_runs[0]) == 0)
            continue;
        invalid_not_supported_list(errors, at_field(NULL, "dryRun"), list, count, dry_runs);
        return;
    }
}

static void read_dry_run(struct request *request, struct str query, struct api_invalid *errors)
{
    const char *list[DRY_RUNS_MAX];
    size_t count = 0;
    struct str rest = query, pair;
    while (count < DRY_RUNS_MAX && str_next(&rest, '&', &pair)) {
        const char *value = query_value(pair, "dryRun", &request->arena);
        if (value != NULL)
            list[count++] = value;
    }
    request->options.dry_run |= count > 0;
    check_dry_run(list, count, errors);
}

static void read_validation(struct request *request, struct str query, struct api_invalid *errors)
{
    static const char *const names[] = {
        [FIELD_VALIDATION_IGNORE] = "Ignore", [FIELD_VALIDATION_WARN] = "Warn", [FIELD_VALIDATION_STRICT] = "Strict"
    };
    static const char *const sorted[] = { "", "Ignore", "Strict", "Warn", NULL };
    const char *text = query_value(query, "fieldValidation", &request->arena);
    if (text_empty(text))
        return;
    for (size_t i = 0; i < countof(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            request->options.field_validation = (enum field_validation)i;
            return;
        }
    }
    invalid_not_supported(errors, at_field(NULL, "fieldValidation"), text, sorted);
}

/* What upstream calls the options of a write; NULL for what is none. */
static const char *options_kind(const char *method)
{
    static const char *const kinds[][2] = { { "POST", "CreateOptions" },
                                            { "PUT", "UpdateOptions" },
                                            { "PATCH", "PatchOptions" },
                                            { "DELETE", "DeleteOptions" } };
    for (size_t i = 0; i < countof(kinds); i++)
        if (strcmp(method, kinds[i][0]) == 0)
            return kinds[i][1];
    return NULL;
}

int write_options_read(struct request *request, struct str query, struct error *err)
{
    auto_invalid struct api_invalid errors = { 0 };
    struct api_kind kind = { .group = "meta.k8s.io", .version = "v1", .kind = options_kind(request->method) };
    if (kind.kind == NULL)
        return 0;
    bool deletion = strcmp(request->method, "DELETE") == 0;
    if (!deletion)
        read_field_manager(request, query, &errors);
    read_dry_run(request, query, &errors);
    if (!deletion)
        read_validation(request, query, &errors);
    return failure_invalid_list(request, &kind, "", &errors, err);
}

/* ---------------------------------------------------------------- deletion */

int delete_options_check(struct request *request, const struct api_delete_options *options, struct error *err)
{
    static const struct api_kind kind = { .group = "meta.k8s.io", .version = "v1", .kind = "DeleteOptions" };
    static const char *const policies[] = { "Foreground", "Background", "Orphan", "nil", NULL };
    const struct field_at *at = at_field(NULL, "propagationPolicy");
    const char *policy = options->propagation_policy;
    auto_invalid struct api_invalid errors = { 0 };
    if (options->orphan_dependents != NULL && policy != NULL)
        invalid_string(&errors, at, policy, "orphanDependents and deletionPropagation cannot be both set");
    bool known = policy == NULL;
    for (size_t i = 0; i < 3; i++)
        known |= policy != NULL && strcmp(policy, policies[i]) == 0;
    if (!known)
        invalid_not_supported(&errors, at, policy, policies);
    check_dry_run(options->dry_run, options->n_dry_run, &errors);
    return failure_invalid_list(request, &kind, "", &errors, err);
}
