/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* escalation.h - nobody grants rights that they do not have: what a role or a binding gives must be held by its writer,
 * who else needs the verb "escalate" on the role, or "bind" on the role that a binding names. */
#ifndef APISERVER_ACCESS_ESCALATION_H
#define APISERVER_ACCESS_ESCALATION_H

#include "apiserver/request.h"

/* For strategies (authorize). 'old' is NULL on create. -ERROR_FORBIDDEN with all of the text in request->failure. */
int escalation_check_role(struct request *request, const void *object, const void *old, struct error *err) must_check;
int escalation_check_binding(struct request *request, const void *object, const void *old,
                             struct error *err) must_check;

#endif
