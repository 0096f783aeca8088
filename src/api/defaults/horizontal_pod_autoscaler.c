/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* horizontal_pod_autoscaler.c - how fast autoscalers may act when their behavior is given in part. */
#include "generated/autoscaling_v2.h"

#include <stdlib.h>

#include "api/codec.h"

static const char SCALE_UP[] = "{\"stabilizationWindowSeconds\":0,\"selectPolicy\":\"Max\",\"policies\":["
                               "{\"type\":\"Pods\",\"value\":4,\"periodSeconds\":15},"
                               "{\"type\":\"Percent\",\"value\":100,\"periodSeconds\":15}]}";
static const char SCALE_DOWN[] =
    "{\"selectPolicy\":\"Max\",\"policies\":[{\"type\":\"Percent\",\"value\":100,\"periodSeconds\":15}]}";

static void complete(struct api_autoscaling_v2_hpa_scaling_rules **rules, struct str json, struct arena *arena)
{
    struct api_autoscaling_v2_hpa_scaling_rules *full = arena_new(arena, struct api_autoscaling_v2_hpa_scaling_rules);
    if (api_decode_json(&api_type_autoscaling_v2_hpa_scaling_rules, json, arena, full, NULL, NULL) < 0)
        abort(); /* the text above is wrong */
    if (*rules == NULL) {
        *rules = full;
        return;
    }
    if ((*rules)->stabilization_window_seconds == NULL)
        (*rules)->stabilization_window_seconds = full->stabilization_window_seconds;
    if ((*rules)->select_policy == NULL)
        (*rules)->select_policy = full->select_policy;
    if ((*rules)->policies == NULL) {
        (*rules)->policies = full->policies;
        (*rules)->n_policies = full->n_policies;
    }
}

void api_defaults_autoscaling_v2_horizontal_pod_autoscaler_behavior(void *value, struct arena *arena)
{
    struct api_autoscaling_v2_horizontal_pod_autoscaler_behavior *behavior = value;
    complete(&behavior->scale_up, str_of(SCALE_UP), arena);
    complete(&behavior->scale_down, str_of(SCALE_DOWN), arena);
}
