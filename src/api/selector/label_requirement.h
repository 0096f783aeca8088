/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* label_requirement.h - one requirement of a label selector: checks and order. Only for the selector's own files. */
#ifndef API_SELECTOR_LABEL_REQUIREMENT_H
#define API_SELECTOR_LABEL_REQUIREMENT_H

#include "api/selector/selector.h"

/* 'path' stands before what is wrong. */
int label_key_check(struct str key, const char *path, struct error *err) must_check;

/* Key, number of values and their form. Errors: -ERROR_BAD_REQUEST in upstream's words. */
int label_requirement_check(const struct label_requirement *requirement, struct error *err) must_check;

/* Sorts the values and drops repeated ones. */
void label_requirement_sort(struct label_requirement *requirement);

/* 'value' is NULL when there is no such label. */
bool label_requirement_matches(const struct label_requirement *requirement, const struct str *value);

/* By key, as canonical text and matching want them; equal keys keep their order. */
void label_requirements_sort(struct label_selector *selector);

#endif
