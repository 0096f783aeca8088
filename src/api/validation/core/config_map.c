/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* config_map.c - ConfigMaps. */
#include "api/validation/core/core_rules.h"

static bool same_entries(const struct api_string_entry *a, size_t n_a, const struct api_string_entry *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i].key, b[i].key) || !text_equal(a[i].value, b[i].value))
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
    const struct api_config_map *map = object, *old = old_object;

    if (old->immutable != NULL && *old->immutable) {
        if (map->immutable == NULL || !*map->immutable)
            invalid_forbidden(errors, at_field(NULL, "immutable"), IMMUTABLE_DATA);
        if (!same_entries(map->data, map->n_data, old->data, old->n_data))
            invalid_forbidden(errors, at_field(NULL, "data"), IMMUTABLE_DATA);
        if (!same_bytes_entries(map->binary_data, map->n_binary_data, old->binary_data, old->n_binary_data))
            invalid_forbidden(errors, at_field(NULL, "binaryData"), IMMUTABLE_DATA);
    }
    validate_config_map_create(object, errors);
}
