/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* environment.c - environment variables and where their values come from; the downward API. */
#include <stdio.h>

#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"

static const char *const env_fields[] = {
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs",     "status.podIP", "status.podIPs", NULL
};
static const char *const known_fields[] = { "metadata.annotations",
                                            "metadata.labels",
                                            "metadata.name",
                                            "metadata.namespace",
                                            "metadata.uid",
                                            "spec.nodeName",
                                            "spec.restartPolicy",
                                            "spec.serviceAccountName",
                                            "spec.schedulerName",
                                            "status.phase",
                                            "status.hostIP",
                                            "status.hostIPs",
                                            "status.podIP",
                                            "status.podIPs",
                                            NULL };
static const char *const resource_names[] = { "limits.cpu",
                                              "limits.ephemeral-storage",
                                              "limits.memory",
                                              "requests.cpu",
                                              "requests.ephemeral-storage",
                                              "requests.memory",
                                              NULL };

static bool in_list(const char *value, const char *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (text_equal(value, list[i]))
            return true;
    return false;
}

/* "metadata.labels['key']": the path in front, the key between the quotes. */
static bool split_subscript(struct str text, struct str *ret_path, struct str *ret_key)
{
    size_t bracket = 0;

    if (!str_ends(text, STR("']")))
        return false;
    text.size -= 2;
    while (bracket + 1 < text.size && (text.data[bracket] != '[' || text.data[bracket + 1] != '\''))
        bracket++;
    if (bracket == 0 || bracket + 1 >= text.size)
        return false;
    *ret_path = (struct str){ text.data, bracket };
    *ret_key = str_skip(text, bracket + 2);
    return true;
}

static void validate_subscript(struct str path, struct str key, const struct api_object_field_selector *ref,
                               const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };
    char shown[600];

    if (str_is(path, "metadata.annotations")) {
        format_qualified_name_caseless(key, &found);
    } else if (str_is(path, "metadata.labels")) {
        format_qualified_name(key, &found);
    } else {
        invalid_string(errors, at_field(at, "fieldPath"), ref->field_path,
                       "error converting fieldPath: field label does not support subscript: %s", ref->field_path);
        return;
    }
    snprintf(shown, sizeof(shown), STR_FMT, STR_ARG(key));
    invalid_formats(errors, at, &found, shown);
}

void validate_field_ref(const struct api_object_field_selector *ref, const char *const *allowed,
                        const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "fieldPath");
    struct str path, key;

    if (!validate_given(ref->api_version, at_field(at, "apiVersion"), errors) ||
        !validate_given(ref->field_path, here, errors))
        return;
    if (!text_equal(ref->api_version, "v1"))
        invalid_string(errors, here, ref->field_path, "error converting fieldPath: unsupported pod version: %s",
                       ref->api_version);
    else if (split_subscript(str_of(ref->field_path), &path, &key))
        validate_subscript(path, key, ref, at, errors);
    else if (!in_list(ref->field_path, known_fields) && !text_equal(ref->field_path, "spec.host"))
        invalid_string(errors, here, ref->field_path, "error converting fieldPath: field label not supported: %s",
                       ref->field_path);
    else if (!in_list(ref->field_path, allowed))
        invalid_not_supported(errors, here, ref->field_path, allowed);
}

#define BYTE_DIVISORS "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"

static void validate_divisor(const struct api_resource_field_selector *ref, const struct field_at *at,
                             struct api_invalid *errors)
{
    static const char *const cpu[] = { "1m", "1", NULL };
    static const char *const bytes[] = { "1",   "1k",  "1M",  "1G",  "1T",  "1P",  "1E",
                                         "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei", NULL };
    struct str name = str_of(text_or_empty(ref->resource));
    char text[QUANTITY_TEXT_SIZE];

    if (quantity_is_zero(&ref->divisor))
        return;
    quantity_format(&ref->divisor, text);
    if (str_ends(name, STR(".cpu"))) {
        if (!in_list(text, cpu))
            invalid_string(errors, at, name.data, "only divisor's values 1m and 1 are supported with the cpu resource");
        return;
    }
    const char *what = str_ends(name, STR(".memory"))              ? "memory"
                       : str_ends(name, STR(".ephemeral-storage")) ? "local ephemeral storage"
                       : str_contains(name, STR(".hugepages-"))    ? "hugepages"
                                                                   : NULL;
    if (what != NULL && !in_list(text, bytes))
        invalid_string(errors, at, name.data,
                       "only divisor's values " BYTE_DIVISORS " are supported with the %s resource", what);
}

void validate_resource_ref(const struct api_resource_field_selector *ref, bool volume, const struct field_at *at,
                           struct api_invalid *errors)
{
    struct str name = str_of(text_or_empty(ref->resource));

    if (volume && text_empty(ref->container_name))
        invalid_missing(errors, at_field(at, "containerName"));
    else if (name.size == 0)
        invalid_missing(errors, at_field(at, "resource"));
    else if (!in_list(ref->resource, resource_names) && !str_starts(name, STR("limits.hugepages-")) &&
             !str_starts(name, STR("requests.hugepages-")))
        invalid_not_supported(errors, at_field(at, "resource"), ref->resource, resource_names);
    validate_divisor(ref, at_field(at, "divisor"), errors);
}

static void validate_key_ref(const char *name, const char *key, const struct field_at *at, struct api_invalid *errors)
{
    invalid_format(errors, at_field(at, "name"), format_dns1123_subdomain, name);
    if (text_empty(key))
        invalid_missing(errors, at_field(at, "key"));
    else
        invalid_format(errors, at_field(at, "key"), format_config_key, key);
}

/* A variable from a file that an init container writes. */
static void validate_file_ref(const struct pod_scope *scope, const struct api_file_key_selector *ref,
                              const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *name = at_field(at, "volumeName");

    if (validate_given(ref->key, at_field(at, "key"), errors))
        invalid_format(errors, at_field(at, "key"), format_env_var_name, ref->key);
    if (validate_given(ref->volume_name, name, errors))
        invalid_format(errors, name, format_dns1123_label, ref->volume_name);
    if (validate_given(ref->path, at_field(at, "path"), errors))
        invalid_format(errors, at_field(at, "path"), format_no_backsteps, ref->path);
    const struct api_volume *volume = pod_volume_find(scope, ref->volume_name);
    if (volume == NULL)
        invalid_not_found(errors, name, ref->volume_name);
    else if (volume->empty_dir == NULL)
        invalid_string(errors, name, ref->volume_name, "referenced volume must be of type emptyDir");
}

static void validate_value_from(const struct pod_scope *scope, const struct api_env_var *variable,
                                const struct field_at *at, struct api_invalid *errors)
{
    const struct api_env_var_source *from = variable->value_from;

    if (from == NULL)
        return;
    int count = (from->field_ref != NULL) + (from->resource_field_ref != NULL) + (from->config_map_key_ref != NULL) +
                (from->secret_key_ref != NULL) + (from->file_key_ref != NULL);
    if (from->field_ref != NULL)
        validate_field_ref(from->field_ref, env_fields, at_field(at, "fieldRef"), errors);
    if (from->resource_field_ref != NULL)
        validate_resource_ref(from->resource_field_ref, false, at_field(at, "resourceFieldRef"), errors);
    if (from->config_map_key_ref != NULL)
        validate_key_ref(from->config_map_key_ref->name, from->config_map_key_ref->key, at_field(at, "configMapKeyRef"),
                         errors);
    if (from->secret_key_ref != NULL)
        validate_key_ref(from->secret_key_ref->name, from->secret_key_ref->key, at_field(at, "secretKeyRef"), errors);
    if (from->file_key_ref != NULL)
        validate_file_ref(scope, from->file_key_ref, at_field(at, "fileKeyRef"), errors);
    if (count == 0)
        invalid_string(errors, at, "",
                       "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
                       "`fileKeyRef`");
    else if (!text_empty(variable->value))
        invalid_string(errors, at, "", "may not be specified when `value` is not empty");
    else if (count > 1)
        invalid_string(errors, at, "", "may not have more than one field specified at a time");
}

static void validate_from_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };

    if (!validate_given(name, at, errors))
        return;
    format_name_prefix(format_dns1123_subdomain, str_of(name), &found);
    invalid_formats(errors, at, &found, name);
}

static void validate_env_from(const struct api_env_from_source *from, const struct field_at *list,
                              const struct field_at *at, struct api_invalid *errors)
{
    invalid_optional_format(errors, at_field(at, "prefix"), format_env_var_name, from->prefix);
    if (from->config_map_ref != NULL)
        validate_from_name(from->config_map_ref->name, at_field(at_field(at, "configMapRef"), "name"), errors);
    if (from->secret_ref != NULL)
        validate_from_name(from->secret_ref->name, at_field(at_field(at, "secretRef"), "name"), errors);
    if (from->config_map_ref == NULL && from->secret_ref == NULL)
        invalid_string(errors, list, "", "must specify one of: `configMapRef` or `secretRef`");
    else if (from->config_map_ref != NULL && from->secret_ref != NULL)
        invalid_string(errors, list, "", "may not have more than one field specified at a time");
}

void validate_environment(const struct pod_scope *scope, const struct api_container *container,
                          const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *env = at_field(at, "env");
    const struct field_at *from = at_field(at, "envFrom");

    for (size_t i = 0; i < container->n_env; i++) {
        const struct field_at *here = at_index(env, i);
        if (validate_given(container->env[i].name, at_field(here, "name"), errors))
            invalid_format(errors, at_field(here, "name"), format_env_var_name, container->env[i].name);
        validate_value_from(scope, &container->env[i], at_field(here, "valueFrom"), errors);
    }
    for (size_t i = 0; i < container->n_env_from; i++)
        validate_env_from(&container->env_from[i], from, at_index(from, i), errors);
}
