/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/resize/message.h"

#include "api/codec.h"
#include "codec/json.h"

static void add_list(const char *name, const struct api_container *list, size_t n, struct buffer *out)
{
    if (n == 0)
        return;
    buffer_format(out, "\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        buffer_format(out, "%s{\"name\":", i > 0 ? "," : "");
        json_append_string(out, str_of(list[i].name));
        buffer_format(out, ",\"resources\":");
        api_encode_json(&api_type_resource_requirements, NULL, &list[i].resources, out);
        buffer_format(out, "}");
    }
    buffer_format(out, "],");
}

void resize_message(const struct api_pod *pod, const char *what, int64_t generation, const char *error,
                    struct buffer *out)
{
    buffer_format(out, "Pod resize %s: {", what);
    add_list("initContainers", pod->spec.init_containers, pod->spec.n_init_containers, out);
    add_list("containers", pod->spec.containers, pod->spec.n_containers, out);
    buffer_format(out, "\"generation\":%lld", (long long)generation);
    if (!text_empty(error)) {
        buffer_format(out, ",\"error\":");
        json_append_string(out, str_of(error));
    }
    buffer_format(out, "}");
}
