/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_fields.h - what the server changes inside of specs of pods: fields of gates that are off, selectors made complete. */
#ifndef APISERVER_REGISTRY_STRATEGY_POD_FIELDS_H
#define APISERVER_REGISTRY_STRATEGY_POD_FIELDS_H

#include "apiserver/registry/registry.h"

/* pod_gated.c. 'old' is what is stored, NULL on create. */
void pod_spec_drop_gated(struct api_pod_spec *spec, const struct api_pod_spec *old);
void pod_status_drop_gated(struct api_pod_status *status, const struct api_pod_status *old);
/* The same of the template in objects of kinds that have one. */
void templates_drop_gated(const struct api_type *type, void *object, const void *old);

/* pod_create.c */
/* matchLabelKeys and mismatchLabelKeys become part of the selectors beside them, with the pod's own values. */
void pod_merge_label_keys(struct api_pod *pod, struct arena *arena);
/* Profiles from annotations become fields where there is none, and the client is told. */
void pod_profiles_from_annotations(struct request *request, struct api_pod *pod);

#endif
