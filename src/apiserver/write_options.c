/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/write_options.h"

#include <string.h>

#include "api/validation/invalid.h"
#include "apiserver/failure.h"
#include "apiserver/path.h"

#define FIELD_MANAGER_SIZE_MAX 128
#define DRY_RUNS_MAX           16 /* values of one parameter; more are not looked at */

static const char *const dry_runs[] = { "All", NULL };

/* ---------------------------------------------------------------- characters */

/* The character at 'text' and how many bytes it has; a byte that begins none is one by itself. */
static uint32_t read_character(const unsigned char *text, size_t *ret_size)
{
    size_t size = text[0] < 0xc0 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    uint32_t character = size == 1 ? text[0] : text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            *ret_size = 1;
            return text[0];
        }
        character = character << 6 | (text[i] & 0x3f);
    }
    *ret_size = size;
    return character;
}

/* What unicode calls printable, near enough: no control or format characters, no blanks but the plain one. */
static bool is_printable(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } others[] = { { 0, 0x1f },        { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x1680, 0x1680 },
                   { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },
                   { 0xd800, 0xf8ff }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb } };
    for (size_t i = 0; i < countof(others); i++)
        if (character >= others[i].first && character <= others[i].last)
            return false;
    return true;
}

/* ---------------------------------------------------------------- query */

static void read_field_manager(struct request *request, struct str query, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "fieldManager");
    const char *manager = query_value(query, "fieldManager", &request->arena);
    if (text_empty(manager))
        return;
    request->options.field_manager = manager;
    if (strlen(manager) > FIELD_MANAGER_SIZE_MAX)
        invalid_too_long(errors, at, FIELD_MANAGER_SIZE_MAX);
    size_t size;
    for (size_t i = 0; manager[i] != '\0'; i += size) {
        uint32_t character = read_character((const unsigned char *)manager + i, &size);
        if (!is_printable(character))
            invalid_string(errors, at, manager, "invalid character U+%04X (at position %zu)", character, i);
    }
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
