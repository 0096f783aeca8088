/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload.h - what the kinds that keep pods running share. Only for validation's own files. */
#ifndef API_VALIDATION_APPS_WORKLOAD_H
#define API_VALIDATION_APPS_WORKLOAD_H

#include "api/validation/rules.h"

/* int-or-percent fields: not negative, or "N%". Another one says: at most 100%. NULL passes. */
bool validate_int_or_percent(const struct int_or_string *value, const struct field_at *at, struct api_invalid *errors);
void validate_at_most_100_percent(const struct int_or_string *value, const struct field_at *at,
                                  struct api_invalid *errors);

/* The number itself, or that of the percentage; 0 for none: whether it is zero is all that counts. */
int32_t int_or_percent_raw(const struct int_or_string *value);

/* The selector must select what the template makes. A NULL selector selects nothing. */
void validate_selected(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                       const struct field_at *at, struct api_invalid *errors);

/* Given, well-formed in every value, and not empty; 'kind' as the message names it. */
void validate_own_selector(const struct api_label_selector *selector, const char *kind, const struct field_at *at,
                           struct api_invalid *errors);

/* The pods are started again for ever; 'kind' as the message names it, 'at' is the template. */
void validate_template_always(const struct api_pod_template_spec *template, const char *kind, const struct field_at *at,
                              struct api_invalid *errors);

/* Selector and template of Deployments and ReplicaSets, below 'at', which is the spec; 'old' is NULL on create. */
void validate_replica_template(const struct api_label_selector *selector, const struct api_pod_template_spec *template,
                               const struct api_pod_template_spec *old, const struct field_at *at,
                               struct api_invalid *errors);

void validate_selector_kept(const struct api_label_selector *selector, const struct api_label_selector *old,
                            struct api_invalid *errors);

/* Of status.'name'. */
void validate_status_at_most(int32_t count, int32_t max, const char *name, const char *detail,
                             struct api_invalid *errors);
void validate_collision_count(const int32_t *count, const int32_t *old, struct api_invalid *errors);

#endif
