/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* yaml.h - YAML as Kubernetes reads and writes it: always by way of JSON.
 *
 * Plain scalars are resolved as sigs.k8s.io/yaml does it (YAML 1.1: yes, on, 0777 and 1_000 are no
 * strings), anchors, aliases and merge keys work, map keys become strings, keys are sorted. Input is
 * bounded by its own size, nesting by YAML_DEPTH_MAX, what aliases make of it by YAML_ALIAS_NODES_MAX and
 * by the maximum of the output buffer. */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

#define YAML_DEPTH_MAX       1000
#define YAML_ALIAS_NODES_MAX 400000

enum yaml_flags {
    YAML_STRICT = 1 << 0, /* a key given twice is an error; otherwise the last one counts */
};

/* Appends the first document as JSON text, on one line; an empty document is null. Errors: -ERROR_SYNTAX as
 * "yaml: line 3: ...", -ERROR_LIMIT. */
int yaml_to_json(struct str yaml, unsigned flags, struct buffer *json, struct error *err) must_check;

/* Appends a JSON document as block-style YAML, as kubectl prints it. Errors: -ERROR_SYNTAX, -ERROR_LIMIT. */
int yaml_from_json(struct str json, struct buffer *yaml, struct error *err) must_check;

/* Splits a stream at lines that begin with "---" and moves *rest on; documents of nothing but blanks and
 * comments are passed over. False at the end. */
bool yaml_next_document(struct str *rest, struct str *ret_document);

#endif
