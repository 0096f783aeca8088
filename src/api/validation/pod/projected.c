/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* projected.c - projected volumes: files of several sources side by side. */
#include <stdio.h>

#include "api/validation/formats/names.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"

#define TOKEN_SECONDS_MIN       600
#define TOKEN_SECONDS_MAX       (1LL << 32)
#define CERTIFICATE_SECONDS_MIN 3600
#define CERTIFICATE_SECONDS_MAX 7862400 /* 91 days */
#define OWN_SIGNER_SECONDS_MAX  86400   /* signers of kubernetes.io */
#define ANNOTATIONS_SIZE_MAX    (256 * 1024)

static const char *const key_types[] = { "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", NULL };

/* The n-th file that a source puts at a path of its own choice; NULL behind the last. Paths of service account tokens
 * are not counted, which is upstream's rule. */
static const char *path_of(const struct api_volume_projection *source, size_t n)
{
    size_t count = source->secret != NULL ? source->secret->n_items : 0;

    if (n < count)
        return text_or_empty(source->secret->items[n].path);
    n -= count;
    count = source->config_map != NULL ? source->config_map->n_items : 0;
    if (n < count)
        return text_or_empty(source->config_map->items[n].path);
    n -= count;
    count = source->downward_api != NULL ? source->downward_api->n_items : 0;
    if (n < count)
        return text_or_empty(source->downward_api->items[n].path);
    n -= count;
    count = source->cluster_trust_bundle != NULL;
    if (n < count)
        return text_or_empty(source->cluster_trust_bundle->path);
    n -= count;
    const struct api_pod_certificate_projection *certificate = source->pod_certificate;
    const char *paths[] = { certificate == NULL ? NULL : certificate->credential_bundle_path,
                            certificate == NULL ? NULL : certificate->key_path,
                            certificate == NULL ? NULL : certificate->certificate_chain_path };
    return certificate != NULL && n < countof(paths) ? text_or_empty(paths[n]) : NULL;
}

static bool is_taken(const struct api_projected_volume_source *projected, size_t source, size_t n, const char *path)
{
    for (size_t i = 0; i <= source; i++) {
        const char *other;
        for (size_t k = 0; (i < source || k < n) && (other = path_of(&projected->sources[i], k)) != NULL; k++)
            if (strcmp(other, path) == 0)
                return true;
    }
    return false;
}

/* What upstream shows of the source whose path is taken. */
static const char *shown_of(const struct api_volume_projection *source, const char *path)
{
    return source->secret != NULL ? source->secret->name : source->config_map != NULL ? source->config_map->name : path;
}

static void validate_paths(const struct api_projected_volume_source *projected, size_t source,
                           const struct field_at *at, struct api_invalid *errors)
{
    const char *path;

    for (size_t n = 0; (path = path_of(&projected->sources[source], n)) != NULL; n++)
        if (path[0] != '\0' && is_taken(projected, source, n, path))
            invalid_string(errors, at, shown_of(&projected->sources[source], path), "conflicting duplicate paths");
}

static void validate_token(const struct pod_scope *scope, const struct api_service_account_token_projection *token,
                           const struct field_at *at, const struct field_at *volume, struct api_invalid *errors)
{
    const struct field_at *seconds = at_field(at, "expirationSeconds");
    int64_t asked = token->expiration_seconds != NULL ? *token->expiration_seconds : TOKEN_SECONDS_MIN;

    if (asked < TOKEN_SECONDS_MIN)
        invalid_number(errors, seconds, asked, "may not specify a duration less than 10 minutes");
    else if (asked > TOKEN_SECONDS_MAX)
        invalid_number(errors, seconds, asked, "may not specify a duration larger than 2^32 seconds");
    if (validate_given(token->path, at_field(volume, "path"), errors) && !scope->lenient.token_paths)
        invalid_format(errors, at_field(volume, "path"), format_local_unreserved_path, token->path);
}

static void validate_bundle_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };
    char signer[300] = "";
    const char *last = strrchr(name, ':');

    if (name[0] == '\0')
        invalid_required(errors, at, "must be a valid object name");
    if (last != NULL) {
        snprintf(signer, sizeof(signer), "%.*s", (int)(last - name), name);
        for (char *c = signer; *c != '\0'; c++)
            if (*c == ':')
                *c = '/';
    }
    format_trust_bundle_name(signer, str_of(name), &found);
    for (size_t i = 0; i < found.count; i++)
        invalid_string(errors, at, name, "not a valid clustertrustbundlename: %s", found.texts[i]);
}

static void validate_bundle(const struct api_cluster_trust_bundle_projection *bundle, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (bundle->name != NULL && bundle->signer_name != NULL) {
        invalid_internal(errors, at, &api_type_cluster_trust_bundle_projection, bundle,
                         "only one of name and signerName may be used");
    } else if (bundle->name != NULL) {
        validate_bundle_name(bundle->name, at_field(at, "name"), errors);
        if (bundle->label_selector != NULL)
            invalid_object(errors, at_field(at, "labelSelector"), &api_type_label_selector, bundle->label_selector,
                           "labelSelector must be unset if name is specified");
    } else if (bundle->signer_name != NULL) {
        if (bundle->signer_name[0] == '\0')
            invalid_required(errors, at_field(at, "signerName"), "must be a valid signer name");
        validate_signer_name(bundle->signer_name, at_field(at, "signerName"), errors);
        validate_label_selector(bundle->label_selector, at_field(at, "labelSelector"), errors);
    } else {
        invalid_required(errors, at, "either name or signerName must be specified");
    }
    validate_given(bundle->path, at_field(at, "path"), errors);
    invalid_format(errors, at_field(at, "path"), format_local_unreserved_path, bundle->path);
}

static void validate_user_annotations(const struct api_pod_certificate_projection *certificate,
                                      const struct field_at *at, struct api_invalid *errors)
{
    size_t total = 0;

    for (size_t i = 0; i < certificate->n_user_annotations; i++) {
        const struct api_string_entry *entry = &certificate->user_annotations[i];
        char lower[600];
        size_t k = 0;
        for (const char *c = text_or_empty(entry->key); *c != '\0' && k + 1 < sizeof(lower); c++)
            lower[k++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        lower[k] = '\0';
        validate_domain_prefixed_key(lower, at, errors);
        total += strlen(text_or_empty(entry->key)) + strlen(text_or_empty(entry->value));
    }
    if (total > ANNOTATIONS_SIZE_MAX)
        invalid_too_long(errors, at, ANNOTATIONS_SIZE_MAX);
}

static bool is_own_signer(const char *name)
{
    struct str text = str_of(text_or_empty(name));
    struct str domain = { text.data, str_find(text, '/') };

    return str_is(domain, "kubernetes.io") || str_ends(domain, STR(".kubernetes.io"));
}

static void validate_certificate(const struct api_pod_certificate_projection *certificate, const struct field_at *at,
                                 struct api_invalid *errors)
{
    const struct {
        const char *name;
        const char *path;
    } paths[] = { { "credentialBundlePath", certificate->credential_bundle_path },
                  { "keyPath", certificate->key_path },
                  { "certificateChainPath", certificate->certificate_chain_path } };
    int max = is_own_signer(certificate->signer_name) ? OWN_SIGNER_SECONDS_MAX : CERTIFICATE_SECONDS_MAX;
    const struct field_at *seconds = at_field(at, "maxExpirationSeconds");
    bool any = false;

    validate_signer_name(certificate->signer_name, at_field(at, "signerName"), errors);
    validate_user_annotations(certificate, at_field(at, "userAnnotations"), errors);
    invalid_one_of(errors, at_field(at, "keyType"), certificate->key_type, key_types, false);
    if (certificate->max_expiration_seconds != NULL && *certificate->max_expiration_seconds < CERTIFICATE_SECONDS_MIN)
        invalid_number(errors, seconds, *certificate->max_expiration_seconds,
                       "if provided, maxExpirationSeconds must be >= %d", CERTIFICATE_SECONDS_MIN);
    else if (certificate->max_expiration_seconds != NULL && *certificate->max_expiration_seconds > max)
        invalid_number(errors, seconds, *certificate->max_expiration_seconds,
                       "if provided, maxExpirationSeconds must be <= %d", max);
    for (size_t i = 0; i < countof(paths); i++) {
        any = any || !text_empty(paths[i].path);
        invalid_optional_format(errors, at_field(at, paths[i].name), format_local_unreserved_path, paths[i].path);
    }
    if (!any)
        invalid_required(errors, at, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
}

static void validate_projection(const struct pod_scope *scope, const struct api_volume_projection *source,
                                const struct field_at *at, const struct field_at *volume, struct api_invalid *errors)
{
    int count = (source->secret != NULL) + (source->config_map != NULL) + (source->downward_api != NULL) +
                (source->service_account_token != NULL) + (source->cluster_trust_bundle != NULL) +
                (source->pod_certificate != NULL);

    if (source->secret != NULL) {
        const struct field_at *here = at_field(at, "secret");
        validate_given(source->secret->name, at_field(here, "name"), errors);
        validate_items(source->secret->items, source->secret->n_items, at_field(here, "items"), errors);
    }
    if (source->config_map != NULL) {
        const struct field_at *here = at_field(at, "configMap");
        validate_given(source->config_map->name, at_field(here, "name"), errors);
        validate_items(source->config_map->items, source->config_map->n_items, at_field(here, "items"), errors);
    }
    if (source->downward_api != NULL)
        validate_downward_files(source->downward_api->items, source->downward_api->n_items, at_field(at, "downwardAPI"),
                                errors);
    if (source->service_account_token != NULL)
        validate_token(scope, source->service_account_token, at_field(at, "serviceAccountToken"), volume, errors);
    if (source->cluster_trust_bundle != NULL)
        validate_bundle(source->cluster_trust_bundle, at_field(at, "clusterTrustBundle"), errors);
    if (source->pod_certificate != NULL)
        validate_certificate(source->pod_certificate, at_field(at, "podCertificate"), errors);
    if (count > 1)
        invalid_forbidden(errors, at, "may not specify more than 1 volume type per source");
}

void validate_projected_volume(const struct pod_scope *scope, const struct api_projected_volume_source *source,
                               const struct field_at *at, struct api_invalid *errors)
{
    validate_file_mode(source->default_mode, at_field(at, "defaultMode"), errors);
    for (size_t i = 0; i < source->n_sources; i++) {
        validate_projection(scope, &source->sources[i], at_index(at_field(at, "sources"), i), at, errors);
        validate_paths(source, i, at, errors);
    }
}
