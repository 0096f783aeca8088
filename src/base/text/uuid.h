/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* uuid.h - RFC 4122 version 4 identifiers, as metadata.uid has them. */
#ifndef BASE_TEXT_UUID_H
#define BASE_TEXT_UUID_H

#include <stdint.h>

#include "base/random.h"

#define UUID_TEXT_SIZE 37 /* with the NUL */

void uuid_format(const uint8_t random_bytes[16], char text[UUID_TEXT_SIZE]);
void uuid_generate(struct random *random, char text[UUID_TEXT_SIZE]); /* the loop's generator, so that replays repeat */

#endif
