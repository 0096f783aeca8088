/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pull_credentials.h - from a Docker configuration to the user name and password for one image. Pure. */
#ifndef NODE_KUBELET_CONFIG_PULL_CREDENTIALS_H
#define NODE_KUBELET_CONFIG_PULL_CREDENTIALS_H

#include "base/arena.h"
#include "base/str.h"
#include "generated/cri.h"

/* 'json' is a Secret's .dockerconfigjson ({"auths":{...}}) or .dockercfg. The entry with the longest name that fits the image
 * counts: "registry.example:5000", "*.example.org", "registry.example/team", "https://index.docker.io/v1/". False: none fits,
 * or the text is no such configuration. Strings in the arena. */
bool pull_credentials_find(struct str json, const char *image, struct arena *arena, struct cri_auth_config *ret_auth);

#endif
