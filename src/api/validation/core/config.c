/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* config.c - ConfigMaps, Secrets, Namespaces. */
#include <yyjson.h>

#include "api/validation/core/core_rules.h"

#define DATA_SIZE_MAX (1024 * 1024)

static bool is_true(const bool *flag)
{
    return flag != NULL && *flag;
}

static bool same_entries(const struct api_string_entry *a, size_t n_a, const struct api_string_entry *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i].key, b[i].key) || !text_equal(a[i].value, b[i].value))
            return false;
    return n_a == n_b;
}

static bool same_bytes(const struct api_bytes_entry *a, size_t n_a, const struct api_bytes_entry *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i].key, b[i].key) || !str_equal(a[i].value, b[i].value))
            return false;
    return n_a == n_b;
}

void validate_config_map_create(const void *object, struct api_invalid *errors)
{
    const struct api_config_map *map = object;
    const struct field_at *data = at_field(NULL, "data");
    size_t total = 0, binary = 0;

    /* Both lists are sorted by key. */
    for (size_t i = 0; i < map->n_data; i++) {
        const char *key = text_or_empty(map->data[i].key);
        invalid_format(errors, at_key(data, key), format_config_key, key);
        while (binary < map->n_binary_data && strcmp(text_or_empty(map->binary_data[binary].key), key) < 0)
            binary++;
        if (binary < map->n_binary_data && text_equal(map->binary_data[binary].key, key))
            invalid_string(errors, at_key(data, key), key, "duplicate of key present in binaryData");
        total += strlen(text_or_empty(map->data[i].value));
    }
    for (size_t i = 0; i < map->n_binary_data; i++) {
        const char *key = text_or_empty(map->binary_data[i].key);
        invalid_format(errors, at_key(at_field(NULL, "binaryData"), key), format_config_key, key);
        total += map->binary_data[i].value.size;
    }
    if (total > DATA_SIZE_MAX)
        invalid_too_long(errors, NULL, DATA_SIZE_MAX);
}

void validate_config_map_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    static const char immutable[] = "field is immutable when `immutable` is set";
    const struct api_config_map *map = object;
    const struct api_config_map *old = old_object;

    if (is_true(old->immutable)) {
        if (!is_true(map->immutable))
            invalid_forbidden(errors, at_field(NULL, "immutable"), "%s", immutable);
        if (!same_entries(map->data, map->n_data, old->data, old->n_data))
            invalid_forbidden(errors, at_field(NULL, "data"), "%s", immutable);
        if (!same_bytes(map->binary_data, map->n_binary_data, old->binary_data, old->n_binary_data))
            invalid_forbidden(errors, at_field(NULL, "binaryData"), "%s", immutable);
    }
    validate_config_map_create(object, errors);
}

static const struct api_bytes_entry *find_data(const struct api_secret *secret, const char *key)
{
    for (size_t i = 0; i < secret->n_data; i++)
        if (text_equal(secret->data[i].key, key))
            return &secret->data[i];
    return NULL;
}

static void require_data(const struct api_secret *secret, const char *key, struct api_invalid *errors)
{
    if (find_data(secret, key) == NULL)
        invalid_missing(errors, at_key(at_field(NULL, "data"), key));
}

static void require_json_data(const struct api_secret *secret, const char *key, struct api_invalid *errors)
{
    const struct field_at *at = at_key(at_field(NULL, "data"), key);
    const struct api_bytes_entry *entry = find_data(secret, key);

    if (entry == NULL) {
        invalid_missing(errors, at);
        return;
    }
    yyjson_doc *doc = yyjson_read(entry->value.data == NULL ? "" : entry->value.data, entry->value.size, 0);
    if (doc == NULL || !yyjson_is_obj(yyjson_doc_get_root(doc)))
        invalid_string(errors, at, "<secret contents redacted>", "invalid JSON");
    yyjson_doc_free(doc);
}

static void validate_secret_type(const struct api_secret *secret, struct api_invalid *errors)
{
    const char *type = text_or_empty(secret->type);

    if (strcmp(type, "kubernetes.io/service-account-token") == 0) {
        static const char key[] = "kubernetes.io/service-account.name";
        bool named = false;
        for (size_t i = 0; i < secret->metadata.n_annotations; i++)
            named = named || (text_equal(secret->metadata.annotations[i].key, key) &&
                              !text_empty(secret->metadata.annotations[i].value));
        if (!named)
            invalid_missing(errors, at_key(at_field(at_field(NULL, "metadata"), "annotations"), key));
    } else if (strcmp(type, "kubernetes.io/dockercfg") == 0) {
        require_json_data(secret, ".dockercfg", errors);
    } else if (strcmp(type, "kubernetes.io/dockerconfigjson") == 0) {
        require_json_data(secret, ".dockerconfigjson", errors);
    } else if (strcmp(type, "kubernetes.io/basic-auth") == 0) {
        if (find_data(secret, "username") == NULL && find_data(secret, "password") == NULL) {
            require_data(secret, "username", errors);
            require_data(secret, "password", errors);
        }
    } else if (strcmp(type, "kubernetes.io/ssh-auth") == 0) {
        const struct api_bytes_entry *key = find_data(secret, "ssh-privatekey");
        if (key == NULL || key->value.size == 0)
            invalid_missing(errors, at_key(at_field(NULL, "data"), "ssh-privatekey"));
    } else if (strcmp(type, "kubernetes.io/tls") == 0) {
        require_data(secret, "tls.crt", errors);
        require_data(secret, "tls.key", errors);
    }
}

void validate_secret_create(const void *object, struct api_invalid *errors)
{
    const struct api_secret *secret = object;
    size_t total = 0;

    for (size_t i = 0; i < secret->n_data; i++) {
        const char *key = text_or_empty(secret->data[i].key);
        invalid_format(errors, at_key(at_field(NULL, "data"), key), format_config_key, key);
        total += secret->data[i].value.size;
    }
    if (total > DATA_SIZE_MAX)
        invalid_too_long(errors, at_field(NULL, "data"), DATA_SIZE_MAX);
    validate_secret_type(secret, errors);
}

void validate_secret_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    static const char immutable[] = "field is immutable when `immutable` is set";
    const struct api_secret *secret = object;
    const struct api_secret *old = old_object;

    validate_immutable_string(secret->type, old->type, at_field(NULL, "type"), errors);
    if (is_true(old->immutable)) {
        if (!is_true(secret->immutable))
            invalid_forbidden(errors, at_field(NULL, "immutable"), "%s", immutable);
        if (!same_bytes(secret->data, secret->n_data, old->data, old->n_data))
            invalid_forbidden(errors, at_field(NULL, "data"), "%s", immutable);
    }
    validate_secret_create(object, errors);
}

void validate_namespace_create(const void *object, struct api_invalid *errors)
{
    const struct api_namespace *namespace = object;
    const struct field_at *at = at_field(at_field(NULL, "spec"), "finalizers");

    for (size_t i = 0; i < namespace->spec.n_finalizers; i++)
        invalid_format(errors, at, format_qualified_name, namespace->spec.finalizers[i]);
}

void validate_namespace_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_namespace *namespace = object;
    bool ending = namespace->metadata.deletion_timestamp != 0;
    const struct field_at *at = at_field(at_field(NULL, "status"), "Phase");

    (void)old;
    if (!ending && !text_equal(namespace->status.phase, "Active"))
        invalid_string(errors, at, namespace->status.phase, "may only be 'Active' if `deletionTimestamp` is empty");
    if (ending && !text_equal(namespace->status.phase, "Terminating"))
        invalid_string(errors, at, namespace->status.phase,
                       "may only be 'Terminating' if `deletionTimestamp` is not empty");
}
