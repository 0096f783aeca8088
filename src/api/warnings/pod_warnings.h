/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_warnings.h - the warnings of pods and of their parts. Only for this folder's own files. */
#ifndef API_WARNINGS_POD_WARNINGS_H
#define API_WARNINGS_POD_WARNINGS_H

#include "api/warnings/kind_warnings.h"

/* pod.c; 'at' is where metadata and spec are, NULL in a pod */
void warn_pod_parts(const struct api_object_meta *meta, const struct api_pod_spec *spec, const struct field_at *at,
                    const struct warning_list *list);

/* A source of volumes, or of persistent ones, that is better not used any more. */
struct old_source {
    size_t offset; /* of the pointer in the struct of sources */
    const char *name;
    const char *text;
};

#define OLD_SOURCE(type_, member_, name_, text_)      \
    {                                                 \
        offsetof(struct type_, member_), name_, text_ \
    }

/* pod_parts.c; 'volume' is the struct of sources */
void warn_old_sources(const void *volume, const struct old_source *sources, size_t count, const struct field_at *at,
                      const struct warning_list *list);
void warn_label(const struct warning_list *list, const struct field_at *at, const char *key, bool named);
void warn_node_term(const struct api_node_selector_term *term, bool check_values, const struct field_at *at,
                    const struct warning_list *list);
void warn_fraction(const struct api_quantity_entry *amounts, size_t count, const char *name, const struct field_at *at,
                   const struct warning_list *list);
void warn_overlaps(const struct api_pod_spec *spec, const struct warning_list *list);
void warn_ports(const struct api_pod_spec *spec, const struct field_at *at, const struct warning_list *list);

/* core.c */
void warn_claim_spec(const struct api_persistent_volume_claim_spec *spec, const struct field_at *at,
                     const struct warning_list *list);

#endif
