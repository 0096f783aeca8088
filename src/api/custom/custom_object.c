/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/custom/custom_object.h"

enum { METADATA, SPEC, STATUS, REST, FIELDS };

#define RAW_MEMBER(member_)                                                    \
    .member = #member_, .offset = offsetof(struct api_custom_object, member_), \
    .flags = API_POINTER | API_OMIT_EMPTY | API_SORTED, .value = API_RAW, .shape = API_SINGLE

static const struct api_field fields[FIELDS] = {
    [METADATA] = { .name = "metadata",
                   .member = "metadata",
                   .name_size = 8,
                   .flags = API_OMIT_EMPTY,
                   .value = API_MESSAGE,
                   .type = &api_type_object_meta },
    [SPEC] = { .name = "spec", .name_size = 4, RAW_MEMBER(spec) },
    [STATUS] = { .name = "status", .name_size = 6, RAW_MEMBER(status) },
    [REST] = { RAW_MEMBER(rest) },
};

const struct api_type api_type_custom_object = {
    .name = "CustomObject",
    .package = "",
    .go_package = "",
    .size = sizeof(struct api_custom_object),
    .fields = fields,
    .n_fields = FIELDS,
    .type_meta = true,
    .json_only = true,
    .rest = &fields[REST],
};

const struct api_type api_type_custom_head = {
    .name = "CustomObject",
    .package = "",
    .go_package = "",
    .size = sizeof(struct api_custom_object),
    .fields = fields,
    .n_fields = METADATA + 1,
    .type_meta = true,
    .json_only = true,
    .open = true,
};
