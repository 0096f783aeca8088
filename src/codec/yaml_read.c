/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* yaml_read.c - YAML to JSON: libyaml's events become a tree, the tree is written as JSON.
 *
 * The tree is needed because aliases, merge keys and repeated keys look back. */
#include <math.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/container/map.h"
#include "base/text/base64.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "codec/yaml_scalar.h"

enum node_type { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_type type;
    bool plain;      /* a scalar without quotes and without a tag of its own */
    const char *tag; /* explicit, or NULL */
    size_t line;
    struct str text;
    struct node **children; /* maps: key, value, key, value */
    size_t count;
    size_t capacity;
};

struct anchor {
    struct map_node by_name;
    struct node *node;
};

struct reader {
    yaml_parser_t parser;
    struct arena arena;
    struct map anchors;
    size_t nodes;   /* made */
    size_t visited; /* written, aliases followed */
    unsigned flags;
    struct error *err;
};

static void event_cleanup(yaml_event_t *event)
{
    yaml_event_delete(event);
}

/* As upstream words and counts it: scanner errors name the line itself, parser errors the one before. */
static int parse_error(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "unknown problem parsing YAML content";
    size_t line = parser->problem_mark.line != 0 ? parser->problem_mark.line : parser->context_mark.line;

    if (parser->error == YAML_MEMORY_ERROR)
        return error_set(reader->err, ERROR_LIMIT, "yaml: out of memory");
    if (line == 0)
        return error_set(reader->err, ERROR_SYNTAX, "yaml: %s", problem);
    if (parser->error == YAML_SCANNER_ERROR)
        line++;
    return error_set(reader->err, ERROR_SYNTAX, "yaml: line %zu: %s", line, problem);
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
    if (!yaml_parser_parse(&reader->parser, event))
        return parse_error(reader);
    return 0;
}

static struct node *new_node(struct reader *reader, enum node_type type, const yaml_event_t *event,
                             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct node *node = arena_new(&reader->arena, struct node);

    node->type = type;
    node->line = event->start_mark.line + 1;
    node->tag = arena_strdup(&reader->arena, (const char *)tag);
    reader->nodes++;
    if (anchor != NULL) {
        struct str name = arena_str(&reader->arena, str_of((const char *)anchor));
        struct anchor *found = map_find_entry(&reader->anchors, name, struct anchor, by_name);
        if (found == NULL) {
            found = arena_new(&reader->arena, struct anchor);
            map_insert(&reader->anchors, name, &found->by_name);
        }
        found->node = node;
    }
    return node;
}

static void add_child(struct reader *reader, struct node *parent, struct node *child)
{
    if (parent->count == parent->capacity) {
        parent->capacity = parent->capacity == 0 ? 4 : 2 * parent->capacity;
        struct node **grown = arena_new_array(&reader->arena, struct node *, parent->capacity);
        if (parent->count > 0)
            memcpy(grown, parent->children, parent->count * sizeof(*grown));
        parent->children = grown;
    }
    parent->children[parent->count++] = child;
}

static int read_node(struct reader *reader, const yaml_event_t *event, size_t depth, struct node **ret_node);

static int read_children(struct reader *reader, struct node *parent, yaml_event_type_t end, size_t depth)
{
    if (depth >= YAML_DEPTH_MAX)
        return error_set(reader->err, ERROR_LIMIT, "yaml: line %zu: exceeded max depth of %d", parent->line,
                         YAML_DEPTH_MAX);
    for (;;) {
        __attribute__((cleanup(event_cleanup))) yaml_event_t event = { 0 };
        struct node *child = NULL;
        int rc = next_event(reader, &event);
        if (rc < 0 || event.type == end)
            return rc;
        rc = read_node(reader, &event, depth + 1, &child);
        if (rc < 0)
            return rc;
        add_child(reader, parent, child);
    }
}

static int read_alias(struct reader *reader, const yaml_event_t *event, struct node **ret_node)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct anchor *found = map_find_entry(&reader->anchors, str_of(name), struct anchor, by_name);

    if (found == NULL)
        return error_set(reader->err, ERROR_SYNTAX, "yaml: unknown anchor '%s' referenced", name);
    *ret_node = found->node;
    return 0;
}

/* The node that the event begins. */
static int read_node(struct reader *reader, const yaml_event_t *event, size_t depth, struct node **ret_node)
{
    struct node *node;
    int rc = 0;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return read_alias(reader, event, ret_node);
    case YAML_SCALAR_EVENT:
        node = new_node(reader, NODE_SCALAR, event, event->data.scalar.anchor, event->data.scalar.tag);
        node->plain = event->data.scalar.plain_implicit && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        node->text = arena_str(&reader->arena,
                               (struct str){ (const char *)event->data.scalar.value, event->data.scalar.length });
        break;
    case YAML_SEQUENCE_START_EVENT:
        node = new_node(reader, NODE_LIST, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        rc = read_children(reader, node, YAML_SEQUENCE_END_EVENT, depth);
        break;
    case YAML_MAPPING_START_EVENT:
        node = new_node(reader, NODE_MAP, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        rc = read_children(reader, node, YAML_MAPPING_END_EVENT, depth);
        break;
    default:
        return error_set(reader->err, ERROR_SYNTAX, "yaml: unexpected event");
    }
    if (rc == 0)
        *ret_node = node;
    return rc;
}

/* NULL for a stream without a document. */
static int read_document(struct reader *reader, struct node **ret_root)
{
    for (;;) {
        __attribute__((cleanup(event_cleanup))) yaml_event_t event = { 0 };
        int rc = next_event(reader, &event);
        if (rc < 0)
            return rc;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
            break;
        case YAML_STREAM_END_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            *ret_root = NULL;
            return 0;
        default:
            return read_node(reader, &event, 0, ret_root);
        }
    }
}

#define TAG(name) "tag:yaml.org,2002:" name

static int bad_tag(struct reader *reader, const struct node *node, const char *type)
{
    return error_set(reader->err, ERROR_SYNTAX, "yaml: cannot decode !!%s `" STR_FMT "` as a !!%s", "str",
                     STR_ARG(node->text), type);
}

/* A scalar's meaning: resolved when plain, as its tag says otherwise. */
static int scalar_value(struct reader *reader, const struct node *node, struct yaml_scalar *ret_scalar)
{
    ret_scalar->kind = YAML_KIND_STRING;
    if (node->tag == NULL || strcmp(node->tag, "!") == 0) {
        if (node->plain)
            yaml_scalar_resolve(node->text, ret_scalar);
        return 0;
    }
    if (strcmp(node->tag, TAG("str")) == 0 || strncmp(node->tag, "tag:yaml.org,2002:", 18) != 0)
        return 0;

    yaml_scalar_resolve(node->text, ret_scalar);
    enum yaml_kind kind = ret_scalar->kind;
    if (strcmp(node->tag, TAG("int")) == 0)
        return kind == YAML_KIND_INT || kind == YAML_KIND_UINT ? 0 : bad_tag(reader, node, "int");
    if (strcmp(node->tag, TAG("bool")) == 0)
        return kind == YAML_KIND_BOOL ? 0 : bad_tag(reader, node, "bool");
    if (strcmp(node->tag, TAG("null")) == 0)
        return kind == YAML_KIND_NULL ? 0 : bad_tag(reader, node, "null");
    if (strcmp(node->tag, TAG("float")) == 0) {
        if (kind == YAML_KIND_INT)
            ret_scalar->number = (double)ret_scalar->integer;
        else if (kind == YAML_KIND_UINT)
            ret_scalar->number = (double)ret_scalar->natural;
        else if (kind != YAML_KIND_FLOAT)
            return bad_tag(reader, node, "float");
        ret_scalar->kind = YAML_KIND_FLOAT;
        return 0;
    }
    ret_scalar->kind = YAML_KIND_STRING;
    return 0;
}

static int write_binary(struct reader *reader, const struct node *node, struct buffer *out)
{
    auto_buffer struct buffer text = { 0 };
    auto_buffer struct buffer bytes = { 0 };

    for (size_t i = 0; i < node->text.size; i++)
        if (strchr(" \t\r\n", node->text.data[i]) == NULL)
            buffer_append_char(&text, node->text.data[i]);
    if (!base64_decode(buffer_str(&text), &bytes))
        return error_set(reader->err, ERROR_SYNTAX, "yaml: !!binary value contains invalid base64 data");
    json_append_string(out, buffer_str(&bytes));
    return 0;
}

static int write_scalar(struct reader *reader, const struct node *node, struct buffer *out)
{
    struct yaml_scalar scalar = { 0 };

    if (node->tag != NULL && strcmp(node->tag, TAG("binary")) == 0)
        return write_binary(reader, node, out);
    int rc = scalar_value(reader, node, &scalar);
    if (rc < 0)
        return rc;
    switch (scalar.kind) {
    case YAML_KIND_NULL:
        buffer_append_text(out, "null");
        break;
    case YAML_KIND_BOOL:
        buffer_append_text(out, scalar.boolean ? "true" : "false");
        break;
    case YAML_KIND_INT:
        buffer_append_int64(out, scalar.integer);
        break;
    case YAML_KIND_UINT:
        buffer_append_uint64(out, scalar.natural);
        break;
    case YAML_KIND_FLOAT:
        if (!isfinite(scalar.number))
            return error_set(reader->err, ERROR_SYNTAX, "json: unsupported value: %s",
                             isnan(scalar.number) ? "NaN"
                             : scalar.number < 0  ? "-Inf"
                                                  : "+Inf");
        json_append_double(out, scalar.number);
        break;
    default:
        json_append_string(out, node->text);
        break;
    }
    return 0;
}

struct member {
    struct str key;
    const struct node *value;
    size_t order; /* the last one counts */
};

struct members {
    struct member *items;
    size_t count;
    size_t capacity;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    int order = str_compare(left->key, right->key);

    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static void add_member(struct reader *reader, struct members *members, struct str key, const struct node *value)
{
    if (members->count == members->capacity) {
        members->capacity = members->capacity == 0 ? 8 : 2 * members->capacity;
        struct member *grown = arena_new_array(&reader->arena, struct member, members->capacity);
        if (members->count > 0)
            memcpy(grown, members->items, members->count * sizeof(*grown));
        members->items = grown;
    }
    members->items[members->count] = (struct member){ key, value, members->count };
    members->count++;
}

/* JSON's keys are strings: other scalars are printed. */
static int key_text(struct reader *reader, const struct node *key, struct str *ret_text, bool *ret_merge)
{
    auto_buffer struct buffer text = { .max = 64 };
    struct yaml_scalar scalar = { 0 };

    if (key->type != NODE_SCALAR)
        return error_set(reader->err, ERROR_SYNTAX, "yaml: invalid map key: line %zu", key->line);
    int rc = scalar_value(reader, key, &scalar);
    if (rc < 0)
        return rc;
    *ret_merge = scalar.kind == YAML_KIND_MERGE;
    switch (scalar.kind) {
    case YAML_KIND_BOOL:
        *ret_text = scalar.boolean ? STR("true") : STR("false");
        return 0;
    case YAML_KIND_INT:
        buffer_append_int64(&text, scalar.integer);
        break;
    case YAML_KIND_UINT:
        buffer_append_uint64(&text, scalar.natural);
        break;
    case YAML_KIND_FLOAT:
        buffer_format(&text, "%g", scalar.number);
        break;
    case YAML_KIND_NULL:
        return error_set(reader->err, ERROR_SYNTAX, "unsupported map key of type: nil, line %zu", key->line);
    default:
        *ret_text = key->text;
        return 0;
    }
    *ret_text = arena_str(&reader->arena, buffer_str(&text));
    return 0;
}

static int collect(struct reader *reader, const struct node *map, size_t depth, struct members *members);

/* "<<: *base" or "<<: [*a, *b]": the members of others, which the map's own and earlier ones outweigh. */
static int collect_merged(struct reader *reader, const struct node *value, size_t depth, struct members *members)
{
    if (value->type == NODE_MAP)
        return collect(reader, value, depth + 1, members);
    if (value->type != NODE_LIST)
        return error_set(reader->err, ERROR_SYNTAX, "yaml: map merge requires map or sequence of maps as the value");
    for (size_t i = value->count; i-- > 0;) {
        if (value->children[i]->type != NODE_MAP)
            return error_set(reader->err, ERROR_SYNTAX,
                             "yaml: map merge requires map or sequence of maps as the value");
        int rc = collect(reader, value->children[i], depth + 1, members);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int check_repeats(struct reader *reader, struct members *own)
{
    if (own->count < 2)
        return 0;
    qsort(own->items, own->count, sizeof(*own->items), compare_members);
    for (size_t i = 1; i < own->count; i++)
        if (str_equal(own->items[i].key, own->items[i - 1].key))
            return error_set(reader->err, ERROR_SYNTAX,
                             "yaml: unmarshal errors:\n  line %zu: key \"" STR_FMT "\" already set in map",
                             own->items[i].value->line, STR_ARG(own->items[i].key));
    return 0;
}

static int collect(struct reader *reader, const struct node *map, size_t depth, struct members *members)
{
    struct members own = { 0 };

    reader->visited += map->count;
    if (depth >= YAML_DEPTH_MAX || reader->visited > reader->nodes + YAML_ALIAS_NODES_MAX)
        return error_set(reader->err, ERROR_LIMIT, "yaml: document contains excessive aliasing");
    for (size_t i = 0; i + 1 < map->count; i += 2) {
        struct str key = { 0 };
        bool merge = false;
        int rc = key_text(reader, map->children[i], &key, &merge);
        if (rc == 0 && merge)
            rc = collect_merged(reader, map->children[i + 1], depth, members);
        if (rc < 0)
            return rc;
        if (!merge)
            add_member(reader, &own, key, map->children[i + 1]);
    }
    for (size_t i = 0; i < own.count; i++)
        add_member(reader, members, own.items[i].key, own.items[i].value);
    return reader->flags & YAML_STRICT ? check_repeats(reader, &own) : 0;
}

static int write_node(struct reader *reader, const struct node *node, size_t depth, struct buffer *out);

static int write_map(struct reader *reader, const struct node *node, size_t depth, struct buffer *out)
{
    struct members members = { 0 };
    bool first = true;
    int rc = collect(reader, node, depth, &members);

    if (rc < 0)
        return rc;
    if (members.count > 1)
        qsort(members.items, members.count, sizeof(*members.items), compare_members);
    buffer_append_char(out, '{');
    for (size_t i = 0; i < members.count; i++) {
        if (i + 1 < members.count && str_equal(members.items[i].key, members.items[i + 1].key))
            continue;
        if (!first)
            buffer_append_char(out, ',');
        first = false;
        json_append_string(out, members.items[i].key);
        buffer_append_char(out, ':');
        rc = write_node(reader, members.items[i].value, depth + 1, out);
        if (rc < 0)
            return rc;
    }
    buffer_append_char(out, '}');
    return 0;
}

static int write_node(struct reader *reader, const struct node *node, size_t depth, struct buffer *out)
{
    if (++reader->visited > reader->nodes + YAML_ALIAS_NODES_MAX || depth > YAML_DEPTH_MAX)
        return error_set(reader->err, ERROR_LIMIT, "yaml: document contains excessive aliasing");
    if (buffer_failed(out))
        return error_set(reader->err, ERROR_LIMIT, "yaml: the document is larger than %zu bytes as JSON", out->max);
    if (node->type == NODE_SCALAR)
        return write_scalar(reader, node, out);
    if (node->type == NODE_MAP)
        return write_map(reader, node, depth, out);

    buffer_append_char(out, '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        int rc = write_node(reader, node->children[i], depth + 1, out);
        if (rc < 0)
            return rc;
    }
    buffer_append_char(out, ']');
    return 0;
}

int yaml_to_json(struct str yaml, unsigned flags, struct buffer *json, struct error *err)
{
    struct reader reader = { .flags = flags, .err = err };
    struct node *root = NULL;
    int rc;

    if (!yaml_parser_initialize(&reader.parser))
        return error_set(err, ERROR_LIMIT, "yaml: out of memory");
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text_or_empty(yaml.data), yaml.size);
    rc = read_document(&reader, &root);
    if (rc == 0) {
        if (root != NULL)
            rc = write_node(&reader, root, 0, json);
        else
            buffer_append_text(json, "null");
    }
    if (rc == 0 && buffer_failed(json))
        rc = error_set(err, ERROR_LIMIT, "yaml: the document is larger than %zu bytes as JSON", json->max);
    yaml_parser_delete(&reader.parser);
    map_fini(&reader.anchors);
    arena_fini(&reader.arena);
    return rc;
}

/* Whether a document says anything. */
static bool is_blank(struct str document)
{
    struct str line;

    while (str_next(&document, '\n', &line)) {
        struct str text = str_trim(line);
        if (text.size > 0 && text.data[0] != '#')
            return false;
    }
    return true;
}

bool yaml_next_document(struct str *rest, struct str *ret_document)
{
    while (rest->size > 0) {
        struct str document = { rest->data, 0 };
        struct str after = *rest;
        bool found = false;
        while (after.size > 0 && !found) {
            size_t end = str_find(after, '\n');
            size_t length = end < after.size ? end + 1 : end;
            found = str_starts(after, STR("---"));
            /* What stands behind the marker on its line belongs to the next document: skip the marker only. */
            if (found)
                after = str_skip(after, 3);
            else {
                document.size += length;
                after = str_skip(after, length);
            }
        }
        *rest = after;
        if (!is_blank(document)) {
            *ret_document = document;
            return true;
        }
    }
    return false;
}
