/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* signing_request.c - CertificateSigningRequests. Approval, certificate and the rest are written through three paths,
 * each of which leaves the others' parts alone. */
#include "api/codec.h"
#include "api/validation/formats/names.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"
#include "api/validation/validation.h"

#define EXPIRATION_MIN 600
#define LEGACY_SIGNER  "kubernetes.io/legacy-unknown"

typedef struct api_certificates_certificate_signing_request signing_request;
typedef struct api_certificates_certificate_signing_request_condition request_condition;

static const char *const usages[] = { "any",
                                      "cert sign",
                                      "client auth",
                                      "code signing",
                                      "content commitment",
                                      "crl sign",
                                      "data encipherment",
                                      "decipher only",
                                      "digital signature",
                                      "email protection",
                                      "encipher only",
                                      "ipsec end system",
                                      "ipsec tunnel",
                                      "ipsec user",
                                      "key agreement",
                                      "key encipherment",
                                      "microsoft sgc",
                                      "netscape sgc",
                                      "ocsp signing",
                                      "s/mime",
                                      "server auth",
                                      "signing",
                                      "timestamping",
                                      NULL };
static const char *const statuses[] = { "False", "True", "Unknown", NULL };
static const char *const only_true[] = { "True", NULL };
static const char *const lasting[] = { "Approved", "Denied", "Failed" }; /* the first two are the approver's */

/* What an update may keep although it would not be taken today. */
struct tolerated {
    bool unknown_usages, repeated_usages, legacy_signer, empty_types, repeated_types, both_verdicts;
};

static bool is_usage(const char *text)
{
    for (size_t i = 0; usages[i] != NULL; i++)
        if (text_equal(usages[i], text))
            return true;
    return false;
}

static bool is_lasting(const char *type)
{
    return text_equal(type, lasting[0]) || text_equal(type, lasting[1]) || text_equal(type, lasting[2]);
}

static size_t count_type(const signing_request *csr, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < csr->status.n_conditions; i++)
        count += text_equal(csr->status.conditions[i].type, type);
    return count;
}

static struct tolerated tolerated_of(const signing_request *old)
{
    auto_text_set struct text_set seen = { 0 }, types = { 0 };
    struct tolerated tolerated = { 0 };

    if (old == NULL)
        return tolerated;
    for (size_t i = 0; i < old->spec.n_usages; i++) {
        tolerated.unknown_usages |= !is_usage(old->spec.usages[i]);
        tolerated.repeated_usages |= !text_set_add(&seen, old->spec.usages[i]);
    }
    for (size_t i = 0; i < old->status.n_conditions; i++) {
        tolerated.empty_types |= text_empty(old->status.conditions[i].type);
        tolerated.repeated_types |= !text_set_add(&types, old->status.conditions[i].type);
    }
    tolerated.legacy_signer = text_equal(old->spec.signer_name, LEGACY_SIGNER);
    tolerated.both_verdicts = count_type(old, "Approved") > 0 && count_type(old, "Denied") > 0;
    return tolerated;
}

static void validate_usages(const signing_request *csr, const struct tolerated *old, const struct field_at *at,
                            struct api_invalid *errors)
{
    auto_text_set struct text_set seen = { 0 };

    if (csr->spec.n_usages == 0)
        invalid_missing(errors, at);
    for (size_t i = 0; i < csr->spec.n_usages && !old->unknown_usages; i++)
        invalid_one_of(errors, at_index(at, i), csr->spec.usages[i], usages, false);
    for (size_t i = 0; i < csr->spec.n_usages && !old->repeated_usages; i++)
        invalid_repeated(errors, at_index(at, i), &seen, csr->spec.usages[i]);
}

static void validate_conditions(const signing_request *csr, const struct tolerated *old, struct api_invalid *errors)
{
    auto_text_set struct text_set types = { 0 };
    const struct field_at *at = at_field(at_field(NULL, "status"), "conditions");

    for (size_t i = 0; i < csr->status.n_conditions; i++) {
        const request_condition *condition = &csr->status.conditions[i];
        const struct field_at *here = at_index(at, i);
        bool verdict = text_equal(condition->type, "Approved") || text_equal(condition->type, "Denied");
        const char *other = text_equal(condition->type, "Approved") ? "Denied" : "Approved";
        if (!old->empty_types && text_empty(condition->type))
            invalid_missing(errors, at_field(here, "type"));
        invalid_one_of(errors, at_field(here, "status"), condition->status,
                       is_lasting(condition->type) ? only_true : statuses, true);
        if (verdict && !old->both_verdicts && text_set_has(&types, other))
            invalid_string(errors, at, condition->type, "Approved and Denied conditions are mutually exclusive");
        if (!text_set_add(&types, condition->type) && !old->repeated_types)
            invalid_duplicate(errors, at_field(here, "type"), condition->type);
    }
}

static void validate_request(const signing_request *csr, const signing_request *old_csr, struct api_invalid *errors)
{
    const struct tolerated old = tolerated_of(old_csr);
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *signer = at_field(at, "signerName");

    validate_usages(csr, &old, at_field(at, "usages"), errors);
    if (!old.legacy_signer && text_equal(csr->spec.signer_name, LEGACY_SIGNER))
        invalid_string(errors, signer, csr->spec.signer_name,
                       "the legacy signerName is not allowed via this API version");
    else
        validate_signer_name(csr->spec.signer_name, signer, errors);
    if (csr->spec.expiration_seconds != NULL && *csr->spec.expiration_seconds < EXPIRATION_MIN)
        invalid_number(errors, at_field(at, "expirationSeconds"), *csr->spec.expiration_seconds,
                       "may not specify a duration less than 600 seconds (10 minutes)");
    validate_conditions(csr, &old, errors);
}

/* The n-th condition of that type. */
static const request_condition *find(const signing_request *csr, const char *type, size_t n)
{
    for (size_t i = 0; i < csr->status.n_conditions; i++)
        if (text_equal(csr->status.conditions[i].type, type) && n-- == 0)
            return &csr->status.conditions[i];
    return NULL;
}

static bool same_of_type(const signing_request *a, const signing_request *b, const char *type)
{
    for (size_t i = 0; i < count_type(a, type); i++)
        if (!api_equal(&api_type_certificates_certificate_signing_request_condition, find(a, type, i),
                       find(b, type, i)))
            return false;
    return true;
}

enum path { PATH_OBJECT, PATH_STATUS, PATH_APPROVAL };

static void validate_change(const signing_request *csr, const signing_request *old, enum path path,
                            struct api_invalid *errors)
{
    const struct field_at *conditions = at_field(at_field(NULL, "status"), "conditions");
    const struct field_at *certificate = at_field(at_field(NULL, "status"), "certificate");

    validate_request(csr, old, errors);
    for (size_t i = 0; i < countof(lasting); i++)
        if (count_type(csr, lasting[i]) < count_type(old, lasting[i]))
            invalid_forbidden(errors, conditions, "updates may not remove a condition of type \"%s\"", lasting[i]);
    for (size_t i = 0; i < 2 && path != PATH_APPROVAL; i++) {
        size_t now = count_type(csr, lasting[i]), before = count_type(old, lasting[i]);
        if (now > before)
            invalid_forbidden(errors, conditions, "updates may not add a condition of type \"%s\"", lasting[i]);
        else if (now == before && !same_of_type(csr, old, lasting[i]))
            invalid_forbidden(errors, conditions, "updates may not modify a condition of type \"%s\"\n", lasting[i]);
    }
    if (str_equal(csr->status.certificate, old->status.certificate))
        return;
    if (path != PATH_STATUS)
        invalid_forbidden(errors, certificate, "updates may not set certificate content");
    else if (old->status.certificate.size > 0)
        invalid_forbidden(errors, certificate, "updates may not modify existing certificate content");
}

void validate_signing_request_create(const void *object, struct api_invalid *errors)
{
    validate_request(object, NULL, errors);
}

void validate_signing_request_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_change(object, old, PATH_OBJECT, errors);
}

void validate_signing_request_status(const void *object, const void *old, struct api_invalid *errors)
{
    validate_change(object, old, PATH_STATUS, errors);
}

int api_validate_approval(const void *old, const void *object, struct api_invalid *errors)
{
    validate_metadata_update(object, old, false, at_field(NULL, "metadata"), errors);
    validate_change(object, old, PATH_APPROVAL, errors);
    return (int)errors->total;
}
