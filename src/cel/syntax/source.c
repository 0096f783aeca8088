/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* source.c - problems of a text, shown where they are; making nodes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text/utf8.h"
#include "cel/syntax/node.h"

#define SNIPPET_MAX 16384 /* longer lines are not shown */

void cel_problem_add(struct cel_source *source, uint32_t offset, const char *format, ...)
{
    char text[2048];
    va_list args;

    if (source->problem_count == CEL_PROBLEMS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    source->problems[source->problem_count++] =
        (struct cel_problem){ .offset = offset, .message = arena_strdup(source->arena, text) };
}

void cel_problem_add_nowhere(struct cel_source *source, const char *message)
{
    if (source->problem_count < CEL_PROBLEMS_MAX)
        source->problems[source->problem_count++] = (struct cel_problem){ .nowhere = true, .message = message };
}

/* The line that the offset is in, and the code points in front of it. */
static struct str line_at(const struct cel_source *source, uint32_t offset, size_t *ret_line, size_t *ret_column)
{
    size_t begin = 0, end = source->text.size;

    *ret_line = 1;
    for (size_t i = 0; i < offset && i < source->text.size; i++) {
        if (source->text.data[i] == '\n') {
            ++*ret_line;
            begin = i + 1;
        }
    }
    for (size_t i = begin; i < source->text.size; i++) {
        if (source->text.data[i] == '\n') {
            end = i;
            break;
        }
    }
    *ret_column = utf8_count((struct str){ source->text.data + begin, offset - begin });
    return (struct str){ source->text.data + begin, end - begin };
}

/* Dots up to the place, then a mark; wide ones below what is no ASCII. */
static void print_mark(struct str line, size_t column, struct buffer *out)
{
    size_t at = 0;

    for (size_t i = 0; i < column && at < line.size; i++) {
        size_t size = utf8_size(str_skip(line, at));

        buffer_append_text(out, size > 1 ? "\xef\xbc\x8e" : ".");
        at += size;
    }
    buffer_append_text(out, at < line.size && utf8_size(str_skip(line, at)) > 1 ? "\xef\xbc\xbe" : "^");
}

static void problem_print(const struct cel_source *source, const struct cel_problem *problem, struct buffer *out)
{
    size_t number, column;
    struct str line;

    if (problem->nowhere) {
        buffer_format(out, "ERROR: <input>:-1:0: %s", problem->message);
        return;
    }
    line = line_at(source, problem->offset, &number, &column);
    buffer_format(out, "ERROR: <input>:%zu:%zu: %s", number, column + 1, problem->message);
    if (line.size > SNIPPET_MAX)
        return;
    buffer_append_text(out, "\n | ");
    for (size_t i = 0; i < line.size; i++)
        buffer_append_char(out, line.data[i] == '\t' ? ' ' : line.data[i]);
    buffer_append_text(out, "\n | ");
    print_mark(line, column, out);
}

void cel_problems_print(struct cel_source *source, struct buffer *out)
{
    for (size_t i = 1; i < source->problem_count; i++) { /* few; equal ones keep their order */
        struct cel_problem problem = source->problems[i];
        size_t at = i;

        while (at > 0 && source->problems[at - 1].offset > problem.offset) {
            source->problems[at] = source->problems[at - 1];
            at--;
        }
        source->problems[at] = problem;
    }
    for (size_t i = 0; i < source->problem_count; i++) {
        if (i > 0)
            buffer_append_char(out, '\n');
        problem_print(source, &source->problems[i], out);
    }
}

struct cel_node *cel_node_new(struct arena *arena, enum cel_node_kind kind, uint32_t offset)
{
    struct cel_node *node = arena_new(arena, struct cel_node);

    node->kind = (uint8_t)kind;
    node->offset = offset;
    node->depth = 1;
    return node;
}

struct cel_node *cel_node_constant(struct arena *arena, uint32_t offset, struct cel_value value)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_CONSTANT, offset);

    node->constant = value;
    return node;
}

struct cel_node *cel_node_ident(struct arena *arena, uint32_t offset, struct str name)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_IDENT, offset);

    node->ident.name = name;
    node->attribute = true;
    return node;
}

struct cel_node *cel_node_call(struct arena *arena, uint32_t offset, struct str function, struct cel_node **args,
                               uint32_t count, bool member)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_CALL, offset);

    node->call = (struct cel_call){ .function = function, .args = args, .count = count, .member = member };
    return node;
}
