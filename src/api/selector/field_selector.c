/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* field_selector.c - selection by a few fields that a resource's row lists. */
#include <string.h>

#include <stdio.h>

#include "api/custom/custom_resource.h"
#include "api/field_path.h"
#include "api/selector/selector.h"
#include "generated/types.h"

/* Moves past one term, up to a comma that no backslash precedes. */
static struct str next_term(struct str *rest)
{
    size_t at = 0;

    while (at < rest->size && rest->data[at] != ',')
        at += rest->data[at] == '\\' && at + 1 < rest->size ? 2 : 1;
    struct str term = { rest->data, at };
    *rest = str_skip(*rest, at < rest->size ? at + 1 : at);
    return term;
}

static int unescape(struct str text, struct arena *arena, struct str *ret_text, struct error *err)
{
    char *plain = arena_alloc(arena, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '\\') {
            if (++i == text.size)
                return error_set(err, ERROR_BAD_REQUEST, "invalid field selector: invalid escape sequence: \\");
            c = text.data[i];
            if (c != '\\' && c != ',' && c != '=')
                return error_set(err, ERROR_BAD_REQUEST, "invalid field selector: invalid escape sequence: \\%c", c);
        } else if (c == ',' || c == '=') {
            return error_set(err, ERROR_BAD_REQUEST, "invalid field selector: unescaped character in value: %d", c);
        }
        plain[size++] = c;
    }
    plain[size] = '\0';
    *ret_text = (struct str){ plain, size };
    return 0;
}

/* The first operator that no backslash precedes. */
static bool split_term(struct str term, struct str *ret_key, struct str *ret_value, bool *ret_negate)
{
    for (size_t i = 0; i < term.size; i++) {
        struct str rest = str_skip(term, i);
        if (term.data[i] == '\\') {
            i++;
            continue;
        }
        size_t width = str_starts(rest, STR("!=")) || str_starts(rest, STR("==")) ? 2 : term.data[i] == '=';
        if (width == 0)
            continue;
        *ret_key = (struct str){ term.data, i };
        *ret_value = str_skip(term, i + width);
        *ret_negate = term.data[i] == '!';
        return true;
    }
    return false;
}

int field_selector_parse(struct str text, struct arena *arena, struct field_selector *ret_selector, struct error *err)
{
    struct field_selector selector = { 0 };
    struct str rest = text;
    size_t terms = 1;

    for (size_t i = 0; i < text.size; i++)
        terms += text.data[i] == ',';
    if (terms > SELECTOR_REQUIREMENTS_MAX)
        return error_set(err, ERROR_BAD_REQUEST, "the field selector has more than %d terms",
                         SELECTOR_REQUIREMENTS_MAX);
    selector.requirements = arena_new_array(arena, struct field_requirement, terms);
    while (rest.size > 0) {
        struct str term = next_term(&rest), key, value;
        struct field_requirement *requirement = &selector.requirements[selector.n_requirements];
        if (term.size == 0)
            continue;
        if (!split_term(term, &key, &value, &requirement->negate))
            return error_set(err, ERROR_BAD_REQUEST, "invalid selector: '" STR_FMT "'; can't understand '" STR_FMT "'",
                             STR_ARG(text), STR_ARG(term));
        int rc = unescape(value, arena, &requirement->value, err);
        if (rc < 0)
            return rc;
        requirement->key = arena_str(arena, key);
        selector.n_requirements++;
    }
    *ret_selector = selector;
    return 0;
}

/* A row of a resource: "label", "label=>path" or "label!nevermatches" (known, but no object has it). */
static bool row_is(const char *row, struct str label, struct str *ret_path)
{
    struct str text = str_of(row);

    if (!str_starts(text, label))
        return false;
    struct str rest = str_skip(text, label.size);
    if (rest.size == 0)
        *ret_path = text;
    else if (str_starts(rest, STR("=>")))
        *ret_path = str_skip(rest, 2);
    else if (str_is(rest, "!nevermatches"))
        *ret_path = STR("");
    else
        return false;
    return true;
}

/* Of kinds without fields of their own upstream knows two by default, and says so. */
static bool has_default_fields(const struct api_resource *resource)
{
    return resource->selectable_fields == NULL && !custom_resource_is(resource);
}

/* 'ret_number' counts the resource's rows from 1; 0: a field that every resource has. */
static bool find_path(const struct api_resource *resource, struct str label, struct str *ret_path, size_t *ret_number)
{
    *ret_number = 0;
    if (str_is(label, "metadata.name") ||
        (str_is(label, "metadata.namespace") && (resource->kind->namespaced || has_default_fields(resource)))) {
        *ret_path = label;
        return true;
    }
    for (size_t i = 0; resource->selectable_fields != NULL && resource->selectable_fields[i] != NULL; i++)
        if (row_is(resource->selectable_fields[i], label, ret_path)) {
            *ret_number = i + 1;
            return true;
        }
    return false;
}

/* An Event's source has a rule of its own (read_label()) and no path. */
static void resolve(struct field_requirement *requirement, const struct api_resource *resource, struct str path)
{
    if (str_is(path, "source"))
        return;
    requirement->resource = resource;
    requirement->document = resource->kind->type->rest != NULL && !str_starts(path, STR("metadata."));
    if (!field_path_resolve(resource->kind->type, path, &requirement->path))
        requirement->path.count = 0;
}

/* Each kind says it in its own words. */
static int unsupported(const struct api_resource *resource, struct str label, struct error *err)
{
    const struct api_kind *kind = resource->kind;
    if (has_default_fields(resource))
        return error_set(err, ERROR_BAD_REQUEST,
                         "\"" STR_FMT
                         "\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                         STR_ARG(label));
    if (resource == &api_resource_batch_job)
        return error_set(err, ERROR_BAD_REQUEST, "field label \"" STR_FMT "\" not supported for batchv1.Job",
                         STR_ARG(label));
    if (strcmp(kind->group, "resource.k8s.io") == 0)
        return error_set(err, ERROR_BAD_REQUEST, "field label not supported for %s/%s, Kind=%s: " STR_FMT, kind->group,
                         kind->version, kind->kind, STR_ARG(label));
    return error_set(err, ERROR_BAD_REQUEST, "field label not supported: " STR_FMT, STR_ARG(label));
}

int field_selector_check(struct field_selector *selector, const struct api_resource *resource, struct error *err)
{
    struct str path;
    size_t number;

    for (size_t i = 0; i < selector->n_requirements; i++) {
        struct str label = selector->requirements[i].key;
        if (find_path(resource, label, &path, &number)) {
            resolve(&selector->requirements[i], resource, path);
            selector->requirements[i].number = number <= UINT8_MAX ? (uint8_t)number : 0;
            continue;
        }
        return unsupported(resource, label, err);
    }
    return 0;
}

static bool text_path(const struct field_path *path, struct object_path *ret_path)
{
    if (path->count == 0 || path->count > 2)
        return false;
    const struct api_field *last = path->fields[path->count - 1], *first = path->fields[0];
    if (last->value != API_STRING || last->shape != API_SINGLE || last->name == NULL || first->name == NULL)
        return false;
    ret_path->parent = path->count == 1 ? STR("") : (struct str){ first->name, first->name_size };
    ret_path->member = (struct str){ last->name, last->name_size };
    return true;
}

bool field_requirement_text(const struct field_requirement *requirement, struct object_path *ret_path)
{
    return requirement->resource != NULL && text_path(&requirement->path, ret_path);
}

size_t field_selector_texts(const struct api_resource *resource, struct object_path *paths, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; resource->selectable_fields != NULL && resource->selectable_fields[i] != NULL; i++) {
        struct str row = str_of(resource->selectable_fields[i]);
        struct str label = { row.data, strcspn(row.data, "=!") }, text;
        struct field_path path;
        if (count < max && row_is(row.data, label, &text) && !str_is(text, "source") &&
            field_path_resolve(resource->kind->type, text, &path) && text_path(&path, &paths[count]))
            count++;
    }
    return count;
}

static struct str read_label(const struct api_resource *resource, struct str label, const void *typed,
                             char space[FIELD_PATH_TEXT_SIZE])
{
    struct field_path path;
    struct str text;
    size_t number;

    if (!find_path(resource, label, &text, &number))
        return STR("");
    /* An Event's source is its component, or the controller that newer clients name instead. */
    if (str_is(text, "source") && field_path_resolve(resource->kind->type, STR("source.component"), &path)) {
        struct str component = field_path_text(&path, typed, space);
        if (component.size > 0)
            return component;
        text = STR("reportingComponent");
    }
    if (!field_path_resolve(resource->kind->type, text, &path))
        return STR("");
    return field_path_text(&path, typed, space);
}

bool field_selector_matches(const struct field_selector *selector, const struct api_resource *resource,
                            const void *typed)
{
    char space[FIELD_PATH_TEXT_SIZE];

    for (size_t i = 0; i < selector->n_requirements; i++) {
        const struct field_requirement *requirement = &selector->requirements[i];
        struct str value = requirement->resource != resource ? read_label(resource, requirement->key, typed, space)
                           : requirement->path.count == 0    ? STR("")
                                                             : field_path_text(&requirement->path, typed, space);
        if (str_equal(value, requirement->value) == requirement->negate)
            return false;
    }
    return true;
}

bool field_selector_exact(const struct field_selector *selector, struct str key, struct str *ret_value)
{
    for (size_t i = 0; i < selector->n_requirements; i++) {
        if (selector->requirements[i].negate || !str_equal(selector->requirements[i].key, key))
            continue;
        *ret_value = selector->requirements[i].value;
        return true;
    }
    return false;
}

void field_selector_format(const struct field_selector *selector, struct buffer *text)
{
    for (size_t i = 0; i < selector->n_requirements; i++) {
        const struct field_requirement *requirement = &selector->requirements[i];
        if (i > 0)
            buffer_append_char(text, ',');
        buffer_append_str(text, requirement->key);
        buffer_append_text(text, requirement->negate ? "!=" : "=");
        for (size_t k = 0; k < requirement->value.size; k++) {
            char c = requirement->value.data[k];
            if (c == '\\' || c == ',' || c == '=')
                buffer_append_char(text, '\\');
            buffer_append_char(text, c);
        }
    }
}
