/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* secret.c - Secrets: what each type must hold. */
#include "api/validation/core/core_rules.h"
#include "codec/json.h"

#define JSON_DEPTH_MAX 1000
#define REDACTED       "<secret contents redacted>"

bool same_bytes_entries(const struct api_bytes_entry *a, size_t n_a, const struct api_bytes_entry *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i].key, b[i].key) || !str_equal(a[i].value, b[i].value))
            return false;
    return n_a == n_b;
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

/* As Go's decoder calls what it found. */
static const char *go_name_of(yyjson_val *value)
{
    return yyjson_is_arr(value) ? "array" : yyjson_is_str(value) ? "string" : yyjson_is_bool(value) ? "bool" : "number";
}

static void require_json_data(const struct api_secret *secret, const char *key, struct api_invalid *errors)
{
    const struct field_at *at = at_key(at_field(NULL, "data"), key);
    const struct api_bytes_entry *entry = find_data(secret, key);

    if (entry == NULL) {
        invalid_missing(errors, at);
        return;
    }
    struct error err = { 0 };
    yyjson_doc *doc = NULL;
    struct str text = entry->value.data == NULL ? STR("") : entry->value;
    if (json_read(text, JSON_DEPTH_MAX, &doc, &err) < 0)
        invalid_string(errors, at, REDACTED, "%s", err.message);
    else if (!yyjson_is_obj(yyjson_doc_get_root(doc)) && !yyjson_is_null(yyjson_doc_get_root(doc)))
        invalid_string(errors, at, REDACTED, "json: cannot unmarshal %s into Go value of type map[string]interface {}",
                       go_name_of(yyjson_doc_get_root(doc)));
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
    const struct api_secret *secret = object;
    const struct api_secret *old = old_object;

    validate_immutable_string(secret->type, old->type, at_field(NULL, "type"), errors);
    if (old->immutable != NULL && *old->immutable) {
        if (secret->immutable == NULL || !*secret->immutable)
            invalid_forbidden(errors, at_field(NULL, "immutable"), IMMUTABLE_DATA);
        if (!same_bytes_entries(secret->data, secret->n_data, old->data, old->n_data))
            invalid_forbidden(errors, at_field(NULL, "data"), IMMUTABLE_DATA);
    }
    validate_secret_create(object, errors);
}
