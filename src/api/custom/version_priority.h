/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* version_priority.h - the order of API versions by their names: v10, v2, v1, v11beta2, v10beta3, v3alpha1, foo1, foo10. */
#ifndef API_CUSTOM_VERSION_PRIORITY_H
#define API_CUSTOM_VERSION_PRIORITY_H

/* Negative when 'a' comes before 'b': it is preferred. */
int version_priority_compare(const char *a, const char *b);

#endif
