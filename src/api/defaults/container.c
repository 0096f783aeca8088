/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* container.c - containers and what they are made from. */
#include "generated/core_v1.h"

#include "base/arena.h"

#define REFERENCE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:@+"

/* The tag of an image reference; one with neither tag nor digest means latest, one that is none has no tag. */
static bool is_latest(const char *image)
{
    struct str reference = str_of(text_or_empty(image));
    if (strspn(text_or_empty(image), REFERENCE_CHARACTERS) < reference.size)
        return false;
    bool digest = str_find(reference, '@') < reference.size;
    reference.size = str_find(reference, '@');
    if (reference.size == 0)
        return false;
    for (size_t i = reference.size; i > 0 && reference.data[i - 1] != '/'; i--)
        if (reference.data[i - 1] == ':')
            return str_is(str_skip(reference, i), "latest");
    return !digest;
}

static const char *pull_policy(const char *image)
{
    return is_latest(image) ? "Always" : "IfNotPresent";
}

void api_defaults_container(void *value, struct arena *arena)
{
    (void)arena;
    struct api_container *container = value;
    if (text_empty(container->image_pull_policy))
        container->image_pull_policy = pull_policy(container->image);
}

void api_defaults_ephemeral_container_common(void *value, struct arena *arena)
{
    (void)arena;
    struct api_ephemeral_container_common *container = value;
    if (text_empty(container->image_pull_policy))
        container->image_pull_policy = pull_policy(container->image);
}

void api_defaults_image_volume_source(void *value, struct arena *arena)
{
    (void)arena;
    struct api_image_volume_source *image = value;
    if (text_empty(image->pull_policy))
        image->pull_policy = pull_policy(image->reference);
}
