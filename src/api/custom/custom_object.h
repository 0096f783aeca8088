/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_object.h - an object of a custom resource, of any: metadata as everywhere, the rest of the document as it is.
 *
 * Raw members are compact JSON with the members of all objects sorted, so that equal values are equal texts. */
#ifndef API_CUSTOM_CUSTOM_OBJECT_H
#define API_CUSTOM_CUSTOM_OBJECT_H

#include "generated/types.h"

struct api_custom_object {
    struct api_object_meta metadata;
    struct str spec; /* data NULL: absent */
    struct str status;
    struct str rest; /* the other members of the root, as one object; data NULL: none */
};

extern const struct api_type api_type_custom_object;
/* Only its metadata, to be read into the same struct: the other members are read elsewhere. */
extern const struct api_type api_type_custom_head;

#endif
