/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* admission.h - what may still change or refuse a write, after authorization and before validation.
 *
 * Plug-ins are rows of a table in upstream's order (admission/admission.c). admit() may change the object
 * before it is prepared and validated; validate() sees the final one. */
#ifndef APISERVER_ADMISSION_H
#define APISERVER_ADMISSION_H

#include "apiserver/registry/registry.h"

enum admission_operation { ADMISSION_CREATE, ADMISSION_UPDATE, ADMISSION_DELETE, ADMISSION_CONNECT };

struct admission {
    struct request *request;
    struct registry *registry;
    enum admission_operation operation;
    const char *subresource; /* "" for the object itself */
    const char *namespace_;
    const char *name; /* may be "" on create */
    void *object;     /* decoded; NULL for deletions and connections */
    const void *old;  /* NULL on create */
    bool generated;   /* the name was made of a generateName; who sent the object does not know it */
};

struct admission_plugin {
    const char *name;
    int (*admit)(struct admission *admission, struct error *err);
    int (*validate)(struct admission *admission, struct error *err);
};

int admission_admit(struct admission *admission, struct error *err) must_check;
int admission_validate(struct admission *admission, struct error *err) must_check;

/* Is the object of this kind? */
bool admission_is(const struct admission *admission, const struct api_kind *kind);
/* Its creation, not one of its subresources? */
bool admission_creates(const struct admission *admission, const struct api_kind *kind);
/* For subresources that are created and stored nowhere (tokens, evictions): both passes over 'body', the request's. */
int admission_check_creation(struct request *request, void *body, struct error *err) must_check;
/* For what is no object at all, or changes another one; validating policies alone look at it. connections.c */
int admission_check_connection(struct request *request, struct error *err) must_check;
int admission_check_binding(struct request *request, struct api_binding *binding, struct error *err) must_check;
/* 'pods "x" is forbidden: ...' */
int admission_forbid(struct admission *admission, struct error *err, const char *format, ...) printf_like(3, 4);

/* --- the plug-ins --- */
int admit_namespace_lifecycle(struct admission *admission, struct error *err);
int admit_service_account(struct admission *admission, struct error *err);
int admit_node_restriction(struct admission *admission, struct error *err);
int admit_node_taint(struct admission *admission, struct error *err);
int admit_priority(struct admission *admission, struct error *err);
int admit_default_tolerations(struct admission *admission, struct error *err);
int admit_runtime_class(struct admission *admission, struct error *err);
int validate_runtime_class(struct admission *admission, struct error *err);
int validate_priority_class_default(struct admission *admission, struct error *err);
int validate_certificate_approval(struct admission *admission, struct error *err);
int validate_certificate_signing(struct admission *admission, struct error *err);
int validate_certificate_subject(struct admission *admission, struct error *err);
int validate_pod_resize(struct admission *admission, struct error *err);
int validate_policies(struct admission *admission, struct error *err); /* validating_policies.c */

#endif
