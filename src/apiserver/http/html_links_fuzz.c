/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Pages of whoever is proxied: nothing is lost, and cutting them elsewhere changes nothing. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "apiserver/http/html_links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pass(struct str page, size_t step, struct buffer *out)
{
    struct html_links links;
    html_links_init(&links, STR("/api/v1/x/proxy"));
    for (; page.size > 0; page = str_skip(page, step))
        html_links_feed(&links, (struct str){ page.data, page.size < step ? page.size : step }, out);
    html_links_end(&links, out);
    html_links_fini(&links);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str page = { (const char *)data, size };
    auto_buffer struct buffer whole = { .max = 1 << 20 }, pieces = { .max = 1 << 20 };
    pass(page, size + 1, &whole);
    pass(page, 3, &pieces);
    assert(whole.size >= size && str_equal(buffer_str(&whole), buffer_str(&pieces)));
    return 0;
}
