/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* html_links.h - puts a prefix before the links of an HTML page that begin at its server's root, as it passes by.
 *
 * A page behind a proxy says href="/style.css" and means its own server: with the proxy's path before it the browser
 * comes back through the proxy. Links that have the prefix already, those of other servers ("//host/", "https:...") and relative
 * ones stay; so does what scripts, styles and comments contain. Pure; memory is bounded by the prefix. */
#ifndef APISERVER_HTTP_HTML_LINKS_H
#define APISERVER_HTTP_HTML_LINKS_H

#include "base/arena.h"
#include "base/buffer.h"

#define HTML_WORD_MAX 16 /* of the names that are told apart */

enum html_state {
    HTML_TEXT,
    HTML_TAG_NAME,  /* behind '<' */
    HTML_TAG,       /* between attributes */
    HTML_ATTRIBUTE, /* its name */
    HTML_EQUALS,    /* behind '=' */
    HTML_VALUE,
    HTML_COMMENT,
    HTML_RAW, /* the content of a script or style */
};

struct html_links {
    struct str prefix; /* must stay */
    enum html_state state;
    char word[HTML_WORD_MAX]; /* lower case: name of the tag or of the attribute, or the end that is looked for */
    size_t word_size;
    char raw[HTML_WORD_MAX]; /* "script" or "style" once such a tag has been opened; "" */
    char quote;              /* of the value; 0: none */
    bool is_link;            /* the attribute is one that holds a link */
    struct buffer held;      /* the value's beginning, until it is known whether it gets the prefix */
    bool decided;
};

void html_links_init(struct html_links *links, struct str prefix);
void html_links_fini(struct html_links *links);
/* Appends what may go on. */
void html_links_feed(struct html_links *links, struct str html, struct buffer *out);
void html_links_end(struct html_links *links, struct buffer *out); /* what was held back of an unfinished page */

/* A Location: the same for one link; NULL when it stays as it is. 'authority' is the server's own "host:port", for links that name it. */
const char *html_link_location(struct str location, const char *authority, const char *prefix, struct arena *arena);

#endif
