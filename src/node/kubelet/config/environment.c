/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/config/environment.h"

#include <ctype.h>
#include <stdio.h>

#include "generated/types.h"

#define EXPANDED_MAX ((size_t)1 << 20)

const char *environment_get(const struct environment *environment, const char *name)
{
    for (size_t i = 0; environment != NULL && i < environment->count; i++) {
        if (text_equal(environment->items[i].name, name))
            return environment->items[i].value;
    }
    return NULL;
}

void environment_set(struct environment *environment, const char *name, const char *value)
{
    for (size_t i = 0; i < environment->count; i++) {
        if (text_equal(environment->items[i].name, name)) {
            environment->items[i].value = arena_strdup(environment->arena, text_or_empty(value));
            return;
        }
    }
    if (environment->count == ENVIRONMENT_MAX)
        return;
    if (environment->count == environment->capacity) {
        size_t capacity = environment->capacity == 0 ? 16 : environment->capacity * 2;
        struct environment_variable *items = arena_new_array(environment->arena, struct environment_variable, capacity);
        if (environment->count > 0)
            memcpy(items, environment->items, environment->count * sizeof(*items));
        environment->items = items;
        environment->capacity = capacity;
    }
    environment->items[environment->count++] =
        (struct environment_variable){ arena_strdup(environment->arena, name),
                                       arena_strdup(environment->arena, text_or_empty(value)) };
}

const char *environment_expand(const char *text, const struct environment *first, const struct environment *second,
                               struct arena *arena)
{
    if (text == NULL || strchr(text, '$') == NULL)
        return text;
    auto_buffer struct buffer out = { .max = EXPANDED_MAX };
    for (const char *c = text; *c != '\0'; c++) {
        const char *end = c[0] == '$' && c[1] == '(' ? strchr(c, ')') : NULL;
        if (c[0] == '$' && c[1] == '$') {
            buffer_append_char(&out, '$');
            c++;
        } else if (end != NULL) {
            char *name = arena_strndup(arena, c + 2, (size_t)(end - c - 2));
            const char *value = environment_get(first, name);
            if (value == NULL)
                value = environment_get(second, name);
            if (value != NULL)
                buffer_append_text(&out, value);
            else
                buffer_append(&out, c, (size_t)(end - c + 1));
            c = end;
        } else {
            buffer_append_char(&out, *c);
        }
    }
    return buffer_failed(&out) ? text : arena_strndup(arena, out.size > 0 ? out.data : "", out.size);
}

/* "my-db" is MY_DB. */
static const char *variable_name(struct arena *arena, const char *text)
{
    char *name = arena_strdup(arena, text);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' || *c == '.' ? '_' : (char)toupper((unsigned char)*c);
    return name;
}

static const char *host_port(struct arena *arena, const char *ip, int32_t port)
{
    return arena_format(arena, strchr(ip, ':') != NULL ? "[%s]:%d" : "%s:%d", ip, port);
}

static void add_links(struct environment *environment, const char *prefix, const char *ip,
                      const struct api_service_port *port, bool first)
{
    struct arena *arena = environment->arena;
    const char *protocol = text_empty(port->protocol) ? "TCP" : port->protocol;
    char lower[16];
    snprintf(lower, sizeof(lower), "%s", protocol);
    for (char *c = lower; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *url = arena_format(arena, "%s://%s", lower, host_port(arena, ip, port->port));
    if (first)
        environment_set(environment, arena_format(arena, "%s_PORT", prefix), url);
    const char *base = arena_format(arena, "%s_PORT_%d_%s", prefix, port->port, variable_name(arena, protocol));
    environment_set(environment, base, url);
    environment_set(environment, arena_format(arena, "%s_PROTO", base), lower);
    environment_set(environment, arena_format(arena, "%s_PORT", base), arena_format(arena, "%d", port->port));
    environment_set(environment, arena_format(arena, "%s_ADDR", base), ip);
}

void environment_add_service(struct environment *environment, const struct api_service *service)
{
    const char *ip = service->spec.cluster_ip;
    if (text_empty(ip) || text_equal(ip, "None") || service->spec.n_ports == 0)
        return;
    struct arena *arena = environment->arena;
    const char *prefix = variable_name(arena, service->metadata.name);
    environment_set(environment, arena_format(arena, "%s_SERVICE_HOST", prefix), ip);
    environment_set(environment, arena_format(arena, "%s_SERVICE_PORT", prefix),
                    arena_format(arena, "%d", service->spec.ports[0].port));
    for (size_t i = 0; i < service->spec.n_ports; i++) {
        const struct api_service_port *port = &service->spec.ports[i];
        if (!text_empty(port->name))
            environment_set(environment,
                            arena_format(arena, "%s_SERVICE_PORT_%s", prefix, variable_name(arena, port->name)),
                            arena_format(arena, "%d", port->port));
    }
    for (size_t i = 0; i < service->spec.n_ports; i++)
        add_links(environment, prefix, ip, &service->spec.ports[i], i == 0);
}

/* --- from ConfigMaps and Secrets --- */

struct source {
    const struct downward *downward;
    const struct volume_lookup *lookup;
    struct environment *out;
};

static int find(const struct source *source, const struct api_resource *resource, const char *name, bool optional,
                const struct object **ret_object, struct error *err)
{
    *ret_object = NULL;
    int rc = source->lookup->object(source->lookup->context, resource, source->downward->pod->metadata.namespace, name,
                                    ret_object, err);
    return rc == -ERROR_NOT_FOUND && optional ? 0 : rc;
}

static int add_from(const struct source *source, const struct api_env_from_source *from, struct error *err)
{
    const struct object *object;
    struct arena *arena = source->out->arena;
    const char *prefix = text_or_empty(from->prefix);
    if (from->config_map_ref != NULL) {
        int rc = find(source, &api_resource_config_map, from->config_map_ref->name,
                      from->config_map_ref->optional != NULL && *from->config_map_ref->optional, &object, err);
        const struct api_config_map *map = rc == 0 && object != NULL ? api_config_map_of(object) : NULL;
        for (size_t i = 0; map != NULL && i < map->n_data; i++)
            environment_set(source->out, arena_format(arena, "%s%s", prefix, map->data[i].key), map->data[i].value);
        return rc;
    }
    if (from->secret_ref != NULL) {
        int rc = find(source, &api_resource_secret, from->secret_ref->name,
                      from->secret_ref->optional != NULL && *from->secret_ref->optional, &object, err);
        const struct api_secret *secret = rc == 0 && object != NULL ? api_secret_of(object) : NULL;
        for (size_t i = 0; secret != NULL && i < secret->n_data; i++)
            environment_set(
                source->out, arena_format(arena, "%s%s", prefix, secret->data[i].key),
                arena_strndup(arena, text_or_empty(secret->data[i].value.data), secret->data[i].value.size));
        return rc;
    }
    return 0;
}

/* 1: the variable is left out (optional and absent). */
static int config_map_key(const struct source *source, const struct api_config_map_key_selector *ref,
                          const char **ret_value, struct error *err)
{
    const struct object *object;
    bool optional = ref->optional != NULL && *ref->optional;
    int rc = find(source, &api_resource_config_map, ref->name, optional, &object, err);
    if (rc < 0 || object == NULL)
        return rc < 0 ? rc : 1;
    const struct api_config_map *map = api_config_map_of(object);
    for (size_t i = 0; i < map->n_data; i++) {
        if (text_equal(map->data[i].key, ref->key)) {
            *ret_value = map->data[i].value;
            return 0;
        }
    }
    return optional ? 1
                    : error_set(err, ERROR_NOT_FOUND, "couldn't find key %s in ConfigMap %s/%s", ref->key,
                                source->downward->pod->metadata.namespace, ref->name);
}

static int secret_key(const struct source *source, const struct api_secret_key_selector *ref, const char **ret_value,
                      struct error *err)
{
    const struct object *object;
    bool optional = ref->optional != NULL && *ref->optional;
    int rc = find(source, &api_resource_secret, ref->name, optional, &object, err);
    if (rc < 0 || object == NULL)
        return rc < 0 ? rc : 1;
    const struct api_secret *secret = api_secret_of(object);
    for (size_t i = 0; i < secret->n_data; i++) {
        if (text_equal(secret->data[i].key, ref->key)) {
            *ret_value = arena_strndup(source->out->arena, text_or_empty(secret->data[i].value.data),
                                       secret->data[i].value.size);
            return 0;
        }
    }
    return optional ? 1
                    : error_set(err, ERROR_NOT_FOUND, "couldn't find key %s in Secret %s/%s", ref->key,
                                source->downward->pod->metadata.namespace, ref->name);
}

static int value_from(const struct source *source, const struct api_container *container,
                      const struct api_env_var_source *from, const char **ret_value, struct error *err)
{
    if (from->config_map_key_ref != NULL)
        return config_map_key(source, from->config_map_key_ref, ret_value, err);
    if (from->secret_key_ref != NULL)
        return secret_key(source, from->secret_key_ref, ret_value, err);
    if (from->file_key_ref != NULL)
        return error_set(err, ERROR_UNSUPPORTED, "fileKeyRef is not supported by this node yet");
    auto_buffer struct buffer text = { .max = EXPANDED_MAX };
    int rc;
    if (from->field_ref != NULL)
        rc = downward_field(source->downward, from->field_ref->field_path, &text, err);
    else if (from->resource_field_ref != NULL)
        rc = downward_resource(source->downward, container, from->resource_field_ref, &text, err);
    else
        rc = error_set(err, ERROR_INVALID, "valueFrom names no source");
    if (rc == 0)
        *ret_value = arena_strndup(source->out->arena, text.size > 0 ? text.data : "", text.size);
    return rc;
}

int environment_make(const struct api_container *container, const struct downward *downward,
                     const struct volume_lookup *lookup, const struct environment *services,
                     struct environment *ret_environment, struct error *err)
{
    struct source source = { downward, lookup, ret_environment };
    for (size_t i = 0; i < container->n_env_from; i++) {
        int rc = add_from(&source, &container->env_from[i], err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < container->n_env; i++) {
        const struct api_env_var *variable = &container->env[i];
        const char *value = "";
        int rc = 0;
        if (variable->value_from != NULL)
            rc = value_from(&source, container, variable->value_from, &value, err);
        else
            value =
                environment_expand(text_or_empty(variable->value), ret_environment, services, ret_environment->arena);
        if (rc < 0)
            return rc;
        if (rc == 0)
            environment_set(ret_environment, variable->name, value);
    }
    for (size_t i = 0; services != NULL && i < services->count; i++) {
        if (environment_get(ret_environment, services->items[i].name) == NULL)
            environment_set(ret_environment, services->items[i].name, services->items[i].value);
    }
    return 0;
}
