/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/html_links.h"

#include <ctype.h>
#include <string.h>

void html_links_init(struct html_links *links, struct str prefix)
{
    *links = (struct html_links){ .prefix = prefix };
    buffer_init(&links->held, prefix.size + 2);
}

void html_links_fini(struct html_links *links)
{
    buffer_fini(&links->held);
}

static bool holds_link(const char *name)
{
    static const char *const names[] = { "action",     "background", "cite", "codebase", "data",
                                         "formaction", "href",       "icon", "longdesc", "manifest",
                                         "poster",     "profile",    "src" };
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void word_start(struct html_links *links)
{
    links->word_size = 0;
    links->word[0] = '\0';
}

/* Longer names are none that matter: they lose their end, and match nothing. */
static void word_add(struct html_links *links, char c)
{
    if (links->word_size < HTML_WORD_MAX - 1) {
        links->word[links->word_size++] = (char)tolower((unsigned char)c);
        links->word[links->word_size] = '\0';
    }
}

static bool gets_prefix(const struct html_links *links)
{
    struct str held = buffer_str(&links->held);
    return held.size > 0 && held.data[0] == '/' && !str_starts(held, STR("//")) && !str_starts(held, links->prefix);
}

static void release(struct html_links *links, struct buffer *out)
{
    if (!links->decided && gets_prefix(links))
        buffer_append_str(out, links->prefix);
    links->decided = true;
    buffer_append_str(out, buffer_str(&links->held));
    buffer_clear(&links->held);
}

static void value_start(struct html_links *links, char quote)
{
    links->state = HTML_VALUE;
    links->quote = quote;
    links->decided = !links->is_link;
}

static bool ends_value(const struct html_links *links, char c)
{
    return links->quote != 0 ? c == links->quote : isspace((unsigned char)c) || c == '>';
}

static void tag_end(struct html_links *links)
{
    links->state = links->raw[0] != '\0' ? HTML_RAW : HTML_TEXT;
    word_start(links);
}

/* Behind '<': a name, "/name", "!--" or something that is none. */
static void tag_name(struct html_links *links, char c)
{
    if (links->word_size == 2 && links->word[0] == '!' && links->word[1] == '-' && c == '-') {
        links->state = HTML_COMMENT;
        word_start(links);
        return;
    }
    if (c != '>' && !isspace((unsigned char)c)) {
        word_add(links, c);
        return;
    }
    bool raw = strcmp(links->word, "script") == 0 || strcmp(links->word, "style") == 0;
    memcpy(links->raw, raw ? links->word : "", raw ? links->word_size + 1 : 1);
    links->state = HTML_TAG;
    word_start(links);
    if (c == '>')
        tag_end(links);
}

/* A comment ends at "-->". */
static void comment(struct html_links *links, char c)
{
    if (c == '-') {
        links->word_size = links->word_size < 2 ? links->word_size + 1 : 2;
        return;
    }
    if (c == '>' && links->word_size == 2)
        links->state = HTML_TEXT;
    links->word_size = 0;
}

/* A script ends at "</script". */
static void raw(struct html_links *links, char c)
{
    if (c == '<')
        word_start(links);
    word_add(links, c);
    if (links->word_size > 2 && links->word[0] == '<' && links->word[1] == '/' &&
        strcmp(links->word + 2, links->raw) == 0) {
        links->raw[0] = '\0';
        links->state = HTML_TAG;
    }
}

static void equals(struct html_links *links)
{
    links->is_link = holds_link(links->word);
    links->state = HTML_EQUALS;
}

static void attribute(struct html_links *links, char c)
{
    if (c == '=') {
        equals(links);
    } else if (c == '>') {
        tag_end(links);
    } else if (isspace((unsigned char)c) || c == '/') {
        links->state = HTML_TAG; /* where '=' may still come */
    } else {
        word_add(links, c);
    }
}

/* Everything but a value's characters; they are appended by the caller. */
static void step(struct html_links *links, char c)
{
    switch (links->state) {
    case HTML_TEXT:
        if (c == '<') {
            links->state = HTML_TAG_NAME;
            word_start(links);
        }
        break;
    case HTML_TAG_NAME:
        tag_name(links, c);
        break;
    case HTML_TAG:
        if (c == '>') {
            tag_end(links);
        } else if (c == '=') {
            equals(links);
        } else if (!isspace((unsigned char)c) && c != '/') {
            links->state = HTML_ATTRIBUTE;
            word_start(links);
            word_add(links, c);
        }
        break;
    case HTML_ATTRIBUTE:
        attribute(links, c);
        break;
    case HTML_EQUALS:
        if (c == '"' || c == '\'')
            value_start(links, c);
        else if (c == '>')
            tag_end(links);
        break;
    case HTML_COMMENT:
        comment(links, c);
        break;
    case HTML_RAW:
        raw(links, c);
        break;
    case HTML_VALUE:
        break;
    }
}

static void value(struct html_links *links, char c, struct buffer *out)
{
    if (ends_value(links, c)) {
        release(links, out);
        buffer_append_char(out, c);
        links->state = HTML_TAG;
        if (links->quote == 0 && c == '>')
            tag_end(links);
        return;
    }
    if (links->decided) {
        buffer_append_char(out, c);
        return;
    }
    buffer_append_char(&links->held, c);
    if (links->held.size > links->prefix.size)
        release(links, out);
}

void html_links_feed(struct html_links *links, struct str html, struct buffer *out)
{
    for (size_t i = 0; i < html.size; i++) {
        char c = html.data[i];
        if (links->state == HTML_EQUALS && c != '"' && c != '\'' && c != '>' && !isspace((unsigned char)c))
            value_start(links, 0);
        if (links->state == HTML_VALUE) {
            value(links, c, out);
        } else {
            buffer_append_char(out, c);
            step(links, c);
        }
    }
}

void html_links_end(struct html_links *links, struct buffer *out)
{
    links->decided = true; /* a link without its end is none */
    release(links, out);
}

const char *html_link_location(struct str location, const char *authority, const char *prefix, struct arena *arena)
{
    static const char *const schemes[] = { "http://", "https://" };
    for (size_t i = 0; i < countof(schemes); i++) {
        if (!str_starts(location, str_of(schemes[i])))
            continue;
        struct str rest = str_skip(location, strlen(schemes[i]));
        size_t end = str_find(rest, '/');
        if (!str_is((struct str){ rest.data, end }, authority))
            return NULL;
        location = str_skip(rest, end);
        if (location.size == 0)
            location = STR("/");
    }
    if (location.size == 0 || location.data[0] != '/' || str_starts(location, STR("//")) ||
        str_starts(location, str_of(prefix)))
        return NULL;
    return arena_format(arena, "%s" STR_FMT, prefix, STR_ARG(location));
}
