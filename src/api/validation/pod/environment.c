/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* environment.c - environment variables and where their values come from; the downward API. */
#include "api/validation/pod/pod_rules.h"

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
    size_t bracket = str_find(text, '[');

    if (bracket + 4 > text.size || !str_ends(text, STR("']")) || text.data[bracket + 1] != '\'')
        return false;
    *ret_path = (struct str){ text.data, bracket };
    *ret_key = (struct str){ text.data + bracket + 2, text.size - bracket - 4 };
    return true;
}

void validate_field_ref(const struct api_object_field_selector *ref, const char *const *allowed,
                        const struct field_at *at, struct api_invalid *errors)
{
    struct str path, key;
    const struct field_at *here = at_field(at, "fieldPath");

    if (text_empty(ref->api_version)) {
        invalid_missing(errors, at_field(at, "apiVersion"));
        return;
    }
    if (text_empty(ref->field_path)) {
        invalid_missing(errors, here);
        return;
    }
    if (split_subscript(str_of(ref->field_path), &path, &key)) {
        struct format_errors found = { .count = 0 };
        if (!str_is(path, "metadata.annotations") && !str_is(path, "metadata.labels")) {
            invalid_string(errors, here, ref->field_path,
                           "error converting fieldPath: field label does not support "
                           "subscript: %s",
                           ref->field_path);
            return;
        }
        format_qualified_name(key, &found);
        for (size_t i = 0; i < found.count && str_is(path, "metadata.labels"); i++)
            invalid_string(errors, at, ref->field_path, "%s", found.texts[i]);
        return;
    }
    const char *name = text_equal(ref->field_path, "spec.host") ? "spec.nodeName" : ref->field_path;
    if (!in_list(name, known_fields))
        invalid_string(errors, here, ref->field_path, "error converting fieldPath: field label not supported: %s",
                       name);
    else if (!in_list(name, allowed))
        invalid_not_supported(errors, here, ref->field_path, allowed);
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
    if (ref->divisor.mantissa < 0)
        invalid_raw(errors, at_field(at, "divisor"), "{}", "must be positive");
}

static void validate_key_ref(const char *name, const char *key, const struct field_at *at, struct api_invalid *errors)
{
    invalid_format(errors, at_field(at, "name"), format_dns1123_subdomain, name);
    if (text_empty(key))
        invalid_missing(errors, at_field(at, "key"));
    else
        invalid_format(errors, at_field(at, "key"), format_config_key, key);
}

static void validate_value_from(const struct api_env_var *variable, const struct field_at *at,
                                struct api_invalid *errors)
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
    if (count == 0)
        invalid_string(errors, at, "",
                       "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
                       "`fileKeyRef`");
    else if (!text_empty(variable->value))
        invalid_string(errors, at, "", "may not be specified when `value` is not empty");
    else if (count > 1)
        invalid_string(errors, at, "", "may not have more than one field specified at a time");
}

static void validate_env_from(const struct api_env_from_source *from, const struct field_at *list,
                              const struct field_at *at, struct api_invalid *errors)
{
    if (!text_empty(from->prefix))
        invalid_format(errors, at_field(at, "prefix"), format_env_var_name, from->prefix);
    if (from->config_map_ref != NULL && text_empty(from->config_map_ref->name))
        invalid_missing(errors, at_field(at_field(at, "configMapRef"), "name"));
    else if (from->config_map_ref != NULL)
        invalid_format(errors, at_field(at_field(at, "configMapRef"), "name"), format_dns1123_subdomain,
                       from->config_map_ref->name);
    if (from->secret_ref != NULL && text_empty(from->secret_ref->name))
        invalid_missing(errors, at_field(at_field(at, "secretRef"), "name"));
    else if (from->secret_ref != NULL)
        invalid_format(errors, at_field(at_field(at, "secretRef"), "name"), format_dns1123_subdomain,
                       from->secret_ref->name);
    if (from->config_map_ref == NULL && from->secret_ref == NULL)
        invalid_string(errors, list, "", "must specify one of: `configMapRef` or `secretRef`");
    else if (from->config_map_ref != NULL && from->secret_ref != NULL)
        invalid_string(errors, list, "", "may not have more than one field specified at a time");
}

void validate_environment(const struct api_container *container, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *env = at_field(at, "env");
    const struct field_at *from = at_field(at, "envFrom");

    for (size_t i = 0; i < container->n_env; i++) {
        const struct field_at *here = at_index(env, i);
        if (text_empty(container->env[i].name))
            invalid_missing(errors, at_field(here, "name"));
        else
            invalid_format(errors, at_field(here, "name"), format_env_var_name, container->env[i].name);
        validate_value_from(&container->env[i], at_field(here, "valueFrom"), errors);
    }
    for (size_t i = 0; i < container->n_env_from; i++)
        validate_env_from(&container->env_from[i], from, at_index(from, i), errors);
}
