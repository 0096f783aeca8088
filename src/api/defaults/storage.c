/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* storage.c - volumes. */
#include "generated/core_v1.h"

#include <assert.h>

#include "api/member.h"
#include "base/arena.h"

/* A volume that names no source is an empty directory. */
void api_defaults_volume(void *value, struct arena *arena)
{
    struct api_volume *volume = value;
    const struct api_type *sources = &api_type_volume_source;
    assert(volume != NULL);
    for (size_t i = 0; i < sources->n_fields; i++)
        if (member_single(&sources->fields[i], &volume->volume_source) != NULL)
            return;
    volume->empty_dir = arena_new(arena, struct api_empty_dir_volume_source);
}

void api_defaults_persistent_volume(void *value, struct arena *arena)
{
    (void)arena;
    struct api_persistent_volume *volume = value;
    if (text_empty(volume->spec.persistent_volume_reclaim_policy))
        volume->spec.persistent_volume_reclaim_policy = "Retain";
    if (volume->spec.volume_mode == NULL)
        volume->spec.volume_mode = "Filesystem";
}
