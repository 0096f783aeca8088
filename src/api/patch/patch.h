/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* patch.h - changing a JSON document by another: JSON Patch, Merge Patch, Strategic Merge Patch.
 *
 * The result is appended to 'out', whose maximum bounds it; it is not canonical and still to be decoded, defaulted and
 * validated. Pure. Errors: -ERROR_BAD_REQUEST (the patch is malformed), -ERROR_INVALID (it does not
 * apply; with upstream's one sentence for that), -ERROR_TOO_LARGE, -ERROR_SYNTAX (the document). */
#ifndef API_PATCH_PATCH_H
#define API_PATCH_PATCH_H

#include "api/schema.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

#define PATCH_OPERATIONS_MAX 10000             /* of one JSON Patch, as upstream */
#define PATCH_COPIED_MAX     ((size_t)3 << 20) /* bytes that "copy" operations may make, as upstream */
#define PATCH_WORK_MAX       50000000          /* comparisons of list items */

/* RFC 6902. */
int patch_json(struct str document, struct str patch, struct buffer *out, struct error *err) must_check;

/* RFC 7386. */
int patch_merge(struct str document, struct str patch, struct buffer *out, struct error *err) must_check;

/* Lists with a merge key are merged item by item, directives ($patch, $retainKeys, $setElementOrder/x,
 * $deleteFromPrimitiveList/x) are obeyed; 'type' is the document's. */
int patch_strategic(const struct api_type *type, struct str document, struct str patch, struct buffer *out,
                    struct error *err) must_check;

#endif
