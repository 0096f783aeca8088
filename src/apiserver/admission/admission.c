/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/admission/admission.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apiserver/admission/admission_metrics.h"
#include "apiserver/failure.h"
#include "apiserver/server_internal.h"

/* In upstream's order. */
static const struct admission_plugin plugins[] = {
    { "NamespaceLifecycle", admit_namespace_lifecycle, NULL },
    { "ServiceAccount", admit_service_account, NULL },
    { "NodeRestriction", admit_node_restriction, NULL },
    { "TaintNodesByCondition", admit_node_taint, NULL },
    { "Priority", admit_priority, validate_priority_class_default },
    { "DefaultTolerationSeconds", admit_default_tolerations, NULL },
    { "RuntimeClass", admit_runtime_class, validate_runtime_class },
    { "CertificateApproval", NULL, validate_certificate_approval },
    { "CertificateSigning", NULL, validate_certificate_signing },
    { "CertificateSubjectRestriction", NULL, validate_certificate_subject },
    { "PodResizeValidator", NULL, validate_pod_resize },
    { "ValidatingAdmissionPolicy", NULL, validate_policies },
};

int admission_admit(struct admission *admission, struct error *err)
{
    usec_t started = loop_stopwatch(admission->request->server->loop);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < countof(plugins); i++)
        rc = plugins[i].admit == NULL ? 0 : plugins[i].admit(admission, err);
    admission_metrics_step(admission, false, rc < 0, started);
    return rc;
}

int admission_validate(struct admission *admission, struct error *err)
{
    usec_t started = loop_stopwatch(admission->request->server->loop);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < countof(plugins); i++)
        rc = plugins[i].validate == NULL ? 0 : plugins[i].validate(admission, err);
    admission_metrics_step(admission, true, rc < 0, started);
    return rc;
}

int admission_check_creation(struct request *request, void *body, struct error *err)
{
    struct admission admission = { .request = request,
                                   .registry = request->registry,
                                   .operation = ADMISSION_CREATE,
                                   .subresource = request->subresource,
                                   .namespace_ = request->namespace_,
                                   .name = request->name,
                                   .object = body };
    int rc = admission_admit(&admission, err);
    return rc < 0 ? rc : admission_validate(&admission, err);
}

bool admission_is(const struct admission *admission, const struct api_kind *kind)
{
    const struct api_kind *own = admission->registry->resource->kind;
    return strcmp(own->kind, kind->kind) == 0 && strcmp(own->group, kind->group) == 0;
}

bool admission_creates(const struct admission *admission, const struct api_kind *kind)
{
    return admission->operation == ADMISSION_CREATE && text_empty(admission->subresource) &&
           admission_is(admission, kind);
}

int admission_forbid(struct admission *admission, struct error *err, const char *format, ...)
{
    char why[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    return api_error_forbidden(err, admission->registry->resource, admission->name, why);
}
