/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* autoscaler_metrics.h - what autoscaling/v1 has no fields for, as the annotations that stand in for them. Pure.
 *
 * Metrics beside the processor's use, all current metrics and the conditions are lists of autoscaling/v1's own types; the
 * behavior is upstream's internal type, in Go's names. */
#ifndef APISERVER_REGISTRY_AUTOSCALER_METRICS_H
#define APISERVER_REGISTRY_AUTOSCALER_METRICS_H

#include "base/arena.h"
#include "generated/types.h"

/* The metric that autoscaling/v1 has a field for. */
bool autoscaler_metric_is_cpu(const struct api_autoscaling_v2_metric_spec *metric);

/* Puts annotations into the served object, in place of any of their names that it has. */
void autoscaler_annotate(const struct api_autoscaling_v2_horizontal_pod_autoscaler *stored,
                         struct api_autoscaling_horizontal_pod_autoscaler *served, struct arena *arena);

/* Reads the annotations of 'stored' into its fields and takes them away; what cannot be read counts as not there. */
void autoscaler_read_annotations(struct api_autoscaling_v2_horizontal_pod_autoscaler *stored, struct arena *arena);

#endif
