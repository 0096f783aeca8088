/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/negotiation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct media media;
    enum body_format format;
    enum client_patch patch;
    for (enum media_transforms transforms = TRANSFORM_NONE; transforms <= TRANSFORM_ALL; transforms++)
        (void)media_negotiate(text, transforms, &media);
    (void)media_wants_aggregated_discovery(text, &media);
    (void)media_of_body(text, &format);
    (void)media_of_patch(text, &patch);
    (void)media_accepts_gzip(text);
    return 0;
}
