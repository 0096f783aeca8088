/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/volume/payload.h"

#include "generated/types.h"

#define PAYLOAD_BYTES_MAX ((size_t)32 << 20)

struct collector {
    const struct downward *downward;
    const struct volume_lookup *lookup;
    struct arena *arena;
    struct payload payload;
    mode_t mode;
    size_t bytes;
};

/* A later source replaces an earlier one's file of the same path. */
static int add_file(struct collector *c, const char *path, struct str content, mode_t mode, uid_t owner,
                    struct error *err)
{
    c->bytes += content.size;
    if (c->payload.count == PAYLOAD_FILES_MAX || c->bytes > PAYLOAD_BYTES_MAX)
        return error_set(err, ERROR_LIMIT, "the volume has too many or too large files");
    struct payload *payload = &c->payload;
    size_t at = 0;
    while (at < payload->count && !text_equal(payload->files[at].path, path))
        at++;
    if (at == payload->capacity) {
        size_t capacity = payload->capacity == 0 ? 8 : payload->capacity * 2;
        struct payload_file *files = arena_new_array(c->arena, struct payload_file, capacity);
        if (payload->count > 0)
            memcpy(files, payload->files, payload->count * sizeof(*files));
        payload->files = files;
        payload->capacity = capacity;
    }
    payload->files[at] =
        (struct payload_file){ arena_strdup(c->arena, path), arena_str(c->arena, content), mode, owner };
    if (at == payload->count)
        payload->count++;
    return 0;
}

/* One keyed value of a ConfigMap or Secret. */
struct keyed {
    const char *key;
    struct str value;
};

static const struct keyed *keyed_find(const struct keyed *values, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(values[i].key, key))
            return &values[i];
    }
    return NULL;
}

static int add_keyed(struct collector *c, const char *what, const struct keyed *values, size_t n,
                     const struct api_key_to_path *items, size_t n_items, bool optional, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && n_items == 0 && i < n; i++)
        rc = add_file(c, values[i].key, values[i].value, c->mode, (uid_t)-1, err);
    for (size_t i = 0; rc == 0 && i < n_items; i++) {
        const struct keyed *found = keyed_find(values, n, items[i].key);
        if (found == NULL && optional)
            continue;
        if (found == NULL)
            return error_set(err, ERROR_NOT_FOUND, "%s references non-existent %s key: %s", what,
                             what[0] == 'c' ? "config" : "secret", items[i].key);
        rc = add_file(c, items[i].path, found->value, items[i].mode != NULL ? (mode_t)*items[i].mode : c->mode,
                      (uid_t)-1, err);
    }
    return rc;
}

static int find_object(struct collector *c, const struct api_resource *resource, const char *name, bool optional,
                       const struct object **ret_object, struct error *err)
{
    *ret_object = NULL;
    int rc =
        c->lookup->object(c->lookup->context, resource, c->downward->pod->metadata.namespace, name, ret_object, err);
    return rc == -ERROR_NOT_FOUND && optional ? 0 : rc;
}

static int add_config_map(struct collector *c, const char *name, const struct api_key_to_path *items, size_t n_items,
                          bool optional, struct error *err)
{
    const struct object *object;
    int rc = find_object(c, &api_resource_config_map, name, optional, &object, err);
    if (rc < 0 || object == NULL)
        return rc;
    const struct api_config_map *map = api_config_map_of(object);
    struct keyed *values = arena_new_array(c->arena, struct keyed, map->n_data + map->n_binary_data + 1);
    size_t n = 0;
    for (size_t i = 0; i < map->n_data; i++)
        values[n++] = (struct keyed){ map->data[i].key, str_of(map->data[i].value) };
    for (size_t i = 0; i < map->n_binary_data; i++)
        values[n++] = (struct keyed){ map->binary_data[i].key, map->binary_data[i].value };
    return add_keyed(c, "configmap", values, n, items, n_items, optional, err);
}

static int add_secret(struct collector *c, const char *name, const struct api_key_to_path *items, size_t n_items,
                      bool optional, struct error *err)
{
    const struct object *object;
    int rc = find_object(c, &api_resource_secret, name, optional, &object, err);
    if (rc < 0 || object == NULL)
        return rc;
    const struct api_secret *secret = api_secret_of(object);
    struct keyed *values = arena_new_array(c->arena, struct keyed, secret->n_data + 1);
    for (size_t i = 0; i < secret->n_data; i++)
        values[i] = (struct keyed){ secret->data[i].key, secret->data[i].value };
    return add_keyed(c, "secret", values, secret->n_data, items, n_items, optional, err);
}

static int add_downward(struct collector *c, const struct api_downward_api_volume_file *items, size_t n_items,
                        struct error *err)
{
    for (size_t i = 0; i < n_items; i++) {
        auto_buffer struct buffer text = { .max = 1 << 20 };
        int rc;
        if (items[i].field_ref != NULL)
            rc = downward_field(c->downward, items[i].field_ref->field_path, &text, err);
        else if (items[i].resource_field_ref != NULL)
            rc = downward_resource(c->downward, NULL, items[i].resource_field_ref, &text, err);
        else
            rc = error_set(err, ERROR_INVALID, "neither fieldRef nor resourceFieldRef is set");
        if (rc == 0)
            rc = add_file(c, items[i].path, buffer_str(&text), items[i].mode != NULL ? (mode_t)*items[i].mode : c->mode,
                          (uid_t)-1, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The one user all containers run as, (uid_t)-1 when they differ or do not say. */
static uid_t common_user(const struct api_pod *pod)
{
    const int64_t *user = NULL;
    const int64_t *whole = pod->spec.security_context != NULL ? pod->spec.security_context->run_as_user : NULL;
    for (size_t i = 0; i < pod->spec.n_init_containers + pod->spec.n_containers; i++) {
        const struct api_container *one = i < pod->spec.n_init_containers
                                              ? &pod->spec.init_containers[i]
                                              : &pod->spec.containers[i - pod->spec.n_init_containers];
        const int64_t *own = one->security_context != NULL && one->security_context->run_as_user != NULL
                                 ? one->security_context->run_as_user
                                 : whole;
        if (own == NULL || (user != NULL && *user != *own))
            return (uid_t)-1;
        user = own;
    }
    return user != NULL ? (uid_t)*user : (uid_t)-1;
}

static int add_token(struct collector *c, const struct api_service_account_token_projection *source, struct error *err)
{
    const struct api_pod *pod = c->downward->pod;
    struct str token;
    int rc = c->lookup->token(c->lookup->context, pod, source->audience,
                              source->expiration_seconds != NULL ? *source->expiration_seconds : 3600, &token, err);
    if (rc < 0)
        return rc;
    uid_t user = common_user(pod);
    bool fs_group = pod->spec.security_context != NULL && pod->spec.security_context->fs_group != NULL;
    return add_file(c, source->path, token, user != (uid_t)-1 || fs_group ? 0600 : c->mode, user, err);
}

static int add_projection(struct collector *c, const struct api_volume_projection *source, struct error *err)
{
    if (source->config_map != NULL)
        return add_config_map(c, source->config_map->name, source->config_map->items, source->config_map->n_items,
                              source->config_map->optional != NULL && *source->config_map->optional, err);
    if (source->secret != NULL)
        return add_secret(c, source->secret->name, source->secret->items, source->secret->n_items,
                          source->secret->optional != NULL && *source->secret->optional, err);
    if (source->downward_api != NULL)
        return add_downward(c, source->downward_api->items, source->downward_api->n_items, err);
    if (source->service_account_token != NULL)
        return add_token(c, source->service_account_token, err);
    if (source->cluster_trust_bundle != NULL)
        return error_set(err, ERROR_UNSUPPORTED, "clusterTrustBundle projections are not supported by this node");
    return error_set(err, ERROR_UNSUPPORTED, "podCertificate projections are not supported by this node");
}

bool payload_is_kind(const struct api_volume *volume)
{
    return volume->config_map != NULL || volume->secret != NULL || volume->downward_api != NULL ||
           volume->projected != NULL;
}

static int collect(struct collector *c, const struct api_volume *volume, struct error *err)
{
    if (volume->config_map != NULL) {
        const struct api_config_map_volume_source *source = volume->config_map;
        c->mode = source->default_mode != NULL ? (mode_t)*source->default_mode : 0644;
        return add_config_map(c, source->name, source->items, source->n_items,
                              source->optional != NULL && *source->optional, err);
    }
    if (volume->secret != NULL) {
        const struct api_secret_volume_source *source = volume->secret;
        c->mode = source->default_mode != NULL ? (mode_t)*source->default_mode : 0644;
        return add_secret(c, source->secret_name, source->items, source->n_items,
                          source->optional != NULL && *source->optional, err);
    }
    if (volume->downward_api != NULL) {
        c->mode = volume->downward_api->default_mode != NULL ? (mode_t)*volume->downward_api->default_mode : 0644;
        return add_downward(c, volume->downward_api->items, volume->downward_api->n_items, err);
    }
    c->mode = volume->projected->default_mode != NULL ? (mode_t)*volume->projected->default_mode : 0644;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < volume->projected->n_sources; i++)
        rc = add_projection(c, &volume->projected->sources[i], err);
    return rc;
}

int payload_collect(const struct api_volume *volume, const struct downward *downward,
                    const struct volume_lookup *lookup, struct arena *arena, struct payload *ret_payload,
                    struct error *err)
{
    struct collector c = { .downward = downward, .lookup = lookup, .arena = arena };
    int rc = collect(&c, volume, err);
    if (rc == 0)
        *ret_payload = c.payload;
    return rc;
}
