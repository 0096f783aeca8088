/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document_format.h - whole documents as JSON, YAML or protobuf, the kind read from the document itself. */
#ifndef API_DOCUMENT_FORMAT_H
#define API_DOCUMENT_FORMAT_H

#include "api/codec.h"

enum document_format { DOCUMENT_JSON, DOCUMENT_YAML, DOCUMENT_PROTOBUF };

/* "json", "yaml", "protobuf", or the media type ("application/vnd.kubernetes.protobuf"). */
bool document_format_parse(struct str text, enum document_format *ret_format);
const char *document_media_type(enum document_format format);

/* kind and apiVersion of a JSON document, as far as they are there. Errors: -ERROR_SYNTAX. */
int document_kind(struct str json, struct arena *arena, struct str *ret_api_version, struct str *ret_kind,
                  struct error *err) must_check;

/* The kind must be one of the built-in ones. 'strict' as for api_decode_json(). Errors: as there, -ERROR_BAD_REQUEST
 * in upstream's words for a missing or unknown kind. */
int document_decode(enum document_format format, struct str bytes, struct arena *arena,
                    struct api_strict_errors *strict, const struct api_kind **ret_kind, void **ret_value,
                    struct error *err) must_check;

/* Appends; JSON ends in a newline, as upstream's encoder has it. Errors: -ERROR_LIMIT when 'out' is full,
 * -ERROR_UNSUPPORTED for kinds without a protobuf form. */
int document_encode(enum document_format format, const struct api_kind *kind, const void *value, struct buffer *out,
                    struct error *err) must_check;

#endif
