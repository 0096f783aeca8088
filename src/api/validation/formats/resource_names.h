/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resource_names.h - names of resources (cpu, hugepages-2Mi, example.com/gpu) and amounts of them, in containers, quotas
 * and limit ranges. */
#ifndef API_VALIDATION_FORMATS_RESOURCE_NAMES_H
#define API_VALIDATION_FORMATS_RESOURCE_NAMES_H

#include "api/validation/rules.h"

bool resource_is_hugepages(struct str name);
bool resource_is_native(struct str name);      /* without a domain, or of kubernetes.io */
bool resource_may_overcommit(struct str name); /* requests may be below limits */
bool resource_is_standard(struct str name);
bool resource_is_standard_container(struct str name);
bool resource_is_standard_quota(struct str name);
bool resource_is_integer(struct str name); /* counted in whole numbers */

/* Names: any resource; one that containers may ask for; one that a quota may bound. */
typedef void validate_resource_name_rule(const char *name, const struct field_at *at, struct api_invalid *errors);
validate_resource_name_rule validate_resource_name;
validate_resource_name_rule validate_container_resource_name;
validate_resource_name_rule validate_quota_resource_name;

/* Not negative, and whole where whole numbers are counted. */
void validate_resource_amount(const char *name, const struct quantity *amount, const struct field_at *at,
                              struct api_invalid *errors);
void validate_not_negative_quantity(const struct quantity *amount, const struct field_at *at,
                                    struct api_invalid *errors);

/* hugepages-SIZE: whole pages of a whole size. */
bool resource_has_whole_pages(struct str name, const struct quantity *amount);

/* An Invalid error that shows the amount. */
void invalid_quantity(struct api_invalid *errors, const struct field_at *at, const struct quantity *amount,
                      const char *detail, ...) printf_like(4, 5);

#endif
