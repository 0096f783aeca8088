/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* claim.h - specs of PersistentVolumeClaims: of claims, and of claims that pods and StatefulSets are to get. Only for this
 * folder's own files. */
#ifndef API_VALIDATION_VOLUME_CLAIM_H
#define API_VALIDATION_VOLUME_CLAIM_H

#include "api/validation/rules.h"

/* 'old' is the stored spec, NULL on create: what it got wrong may stay. */
void validate_claim_spec(const struct api_persistent_volume_claim_spec *spec,
                         const struct api_persistent_volume_claim_spec *old, const struct field_at *at,
                         struct api_invalid *errors);

/* In a pod's ephemeral volume: labels, annotations, spec, and nothing else. */
void validate_claim_template(const struct api_persistent_volume_claim_template *template, const struct field_at *at,
                             struct api_invalid *errors);

/* Labels and annotations, and nothing else. */
void validate_template_metadata(const struct api_object_meta *meta, const struct field_at *at,
                                struct api_invalid *errors);

void validate_access_modes(const char *const *modes, size_t count, const struct field_at *at,
                           struct api_invalid *errors);
void validate_volume_mode(const char *mode, const struct field_at *at, struct api_invalid *errors);

#endif
