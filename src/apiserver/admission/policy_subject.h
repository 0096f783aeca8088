/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy_subject.h - a write as policies see it: what it is about, and its documents, made when one asks for them. */
#ifndef APISERVER_ADMISSION_POLICY_SUBJECT_H
#define APISERVER_ADMISSION_POLICY_SUBJECT_H

#include "apiserver/admission/admission.h"
#include "apiserver/policies/match.h"
#include "apiserver/policies/policy.h"

/* The request in one version. */
struct policy_form {
    const struct api_resource *resource;
    const struct api_kind *kind; /* of the documents */
    bool made;
    yyjson_val *object, *old_object, *request;
};

struct policy_subject {
    struct admission *admission;
    struct arena arena; /* documents, too */
    struct match_subject match;
    struct policy_form *forms;         /* the request's own, then those of match.equivalents */
    const struct object *space_object; /* the namespace; NULL: none */
    yyjson_val *space;
    struct cel_authorizer authorizer;
    struct cel_check resource;
};

void policy_subject_init(struct policy_subject *subject, struct admission *admission);
void policy_subject_fini(struct policy_subject *subject);

/* 'as' is what policy_match() says. Sets all but the parameters. */
int policy_subject_ask(struct policy_subject *subject, int as, struct policy_request *ret_request,
                       struct error *err) must_check;

/* A document that lives as long as the subject; NULL when it is no JSON. */
yyjson_val *policy_subject_read(struct policy_subject *subject, struct str json);

#endif
