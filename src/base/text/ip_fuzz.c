/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <stdlib.h>

#include "base/text/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ip_prefix network, again;
    if (ip_prefix_parse((struct str){ (const char *)data, size }, &network)) {
        char text[IP_TEXT_SIZE];
        ip_prefix_format(&network, text);
        if (!ip_prefix_parse(str_of(text), &again) || !ip_equal(&network.address, &again.address))
            abort();
    }
    return 0;
}
