/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* result.h - the plugin's answers as JSON, in the form of the version that was asked for. */
#ifndef NODE_CNI_RESULT_H
#define NODE_CNI_RESULT_H

#include "base/buffer.h"
#include "node/cni/attachment.h"

void cni_result_add(const struct cni_config *config, const struct attachment *attachment, struct buffer *output);
void cni_result_loopback(const char *version, const char *namespace_path, struct buffer *output);
void cni_result_error(const char *version, enum cni_code code, const char *message, struct buffer *output);
void cni_result_versions(const char *version, struct buffer *output);

#endif
