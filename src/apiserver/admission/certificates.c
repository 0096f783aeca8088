/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* CertificateApproval, CertificateSigning and CertificateSubjectRestriction: who may act for which signer. */

#include <string.h>

#include "api/codec.h"
#include "apiserver/access/access.h"
#include "apiserver/admission/admission.h"
#include "apiserver/server_internal.h"
#include "crypto/x509.h"

#define CLIENT_SIGNER "kubernetes.io/kube-apiserver-client"
#define MASTERS       "system:masters"

typedef struct api_certificates_certificate_signing_request signing_request;

static bool decided(struct request *request, const char *verb, const char *name)
{
    struct authorization_attributes attributes = access_attributes(request);
    attributes.verb = verb;
    attributes.is_resource = true;
    attributes.group = "certificates.k8s.io";
    attributes.resource = "signers";
    attributes.subresource = "";
    attributes.namespace_ = "";
    attributes.name = name;
    return access_decide(request->server->access, &attributes, NULL) == DECISION_ALLOW;
}

/* For this signer, or for all of its domain. */
static bool may(struct request *request, const char *verb, const char *signer)
{
    const char *slash = strchr(text_or_empty(signer), '/');
    if (decided(request, verb, text_or_empty(signer)))
        return true;
    return slash != NULL &&
           decided(request, verb, arena_format(&request->arena, "%.*s/*", (int)(slash - signer), signer));
}

static bool is_of(const struct admission *admission, const char *subresource)
{
    return admission->operation == ADMISSION_UPDATE && strcmp(admission->subresource, subresource) == 0 &&
           admission_is(admission, &api_kind_certificates_certificate_signing_request);
}

int validate_certificate_approval(struct admission *admission, struct error *err)
{
    if (!is_of(admission, "approval"))
        return 0;
    const char *signer = ((const signing_request *)admission->old)->spec.signer_name;
    if (may(admission->request, "approve", signer))
        return 0;
    return admission_forbid(admission, err, "user not permitted to approve requests with signerName \"%s\"",
                            text_or_empty(signer));
}

static bool same_failures(const signing_request *a, const signing_request *b)
{
    const struct api_type *type = &api_type_certificates_certificate_signing_request_condition;
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a->status.n_conditions && !text_equal(a->status.conditions[i].type, "Failed"))
            i++;
        while (k < b->status.n_conditions && !text_equal(b->status.conditions[k].type, "Failed"))
            k++;
        if (i == a->status.n_conditions || k == b->status.n_conditions)
            return i == a->status.n_conditions && k == b->status.n_conditions;
        if (!api_equal(type, &a->status.conditions[i], &b->status.conditions[k]))
            return false;
    }
}

int validate_certificate_signing(struct admission *admission, struct error *err)
{
    if (!is_of(admission, "status"))
        return 0;
    const signing_request *csr = admission->object, *old = admission->old;
    if (str_equal(csr->status.certificate, old->status.certificate) && same_failures(csr, old))
        return 0;
    if (may(admission->request, "sign", old->spec.signer_name))
        return 0;
    return admission_forbid(admission, err, "user not permitted to sign requests with signerName \"%s\"",
                            text_or_empty(old->spec.signer_name));
}

/* Nobody gets to be an administrator by a certificate that outlives every role. */
int validate_certificate_subject(struct admission *admission, struct error *err)
{
    if (!admission_creates(admission, &api_kind_certificates_certificate_signing_request))
        return 0;
    const signing_request *csr = admission->object;
    struct x509_info info;
    if (!text_equal(csr->spec.signer_name, CLIENT_SIGNER))
        return 0;
    if (x509_request_parse(csr->spec.request, &admission->request->arena, &info, NULL) < 0)
        return 0; /* validation has said so */
    for (size_t i = 0; info.organizations[i] != NULL; i++)
        if (strcmp(info.organizations[i], MASTERS) == 0)
            return admission_forbid(admission, err,
                                    "use of " CLIENT_SIGNER " signer with " MASTERS " group is not allowed");
    return 0;
}
