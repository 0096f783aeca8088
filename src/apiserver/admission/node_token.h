/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_token.h - which service account tokens a kubelet may ask for: bound to a pod of its own, for an audience that the
 * pod's volumes name or that it was given the verb request-serviceaccounts-token-audience for. */
#ifndef APISERVER_ADMISSION_NODE_TOKEN_H
#define APISERVER_ADMISSION_NODE_TOKEN_H

#include "apiserver/admission/admission.h"

/* The admission's object is the TokenRequest, its name the account's. */
int node_token_check(struct admission *admission, const char *node, struct error *err) must_check;

#endif
