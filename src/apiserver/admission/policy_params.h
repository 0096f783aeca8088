/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy_params.h - the parameters that a binding gives to its policy. */
#ifndef APISERVER_ADMISSION_POLICY_PARAMS_H
#define APISERVER_ADMISSION_POLICY_PARAMS_H

#include "apiserver/admission/policy_hooks.h"
#include "apiserver/admission/policy_subject.h"

struct policy_params {
    yyjson_val **documents; /* in the subject's arena; NULL is a policy without parameters */
    size_t count, capacity;
};

/* -ERROR_INVALID, in upstream's words, for what fits no policy or is not there. No parameters: the binding does not ask. */
int policy_params_find(struct policy_subject *subject, const struct policy_hook *hook,
                       const struct policy_binding *binding, struct policy_params *ret_params,
                       struct error *err) must_check;

/* Is the policy's kind of parameters served? */
int policy_params_check(struct api_server *server, const struct policy_hook *hook, struct error *err) must_check;

#endif
