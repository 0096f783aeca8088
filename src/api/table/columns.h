/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* columns.h - what the columns of each kind are. Only for this folder's own files. */
#ifndef API_TABLE_COLUMNS_H
#define API_TABLE_COLUMNS_H

#include "api/table/table.h"
#include "generated/types.h"

struct row {
    const void *object;
    usec_t now;
};

/* Appends the cell's text. */
typedef void column_cell(const struct row *row, struct buffer *text);

struct column {
    const char *name;
    const char *type;   /* "string", "integer", "boolean", "date" */
    const char *format; /* "name" of what a client may take for the row's name; NULL: none */
    const char *path;   /* field whose text the cell is, or NULL */
    const char *empty;  /* the cell when that is absent or empty; NULL: "" or 0 */
    column_cell *cell;  /* when there is no path */
    int priority;       /* above 0: only with -o wide */
    bool raw;           /* the cell's text is JSON */
    bool unnamed;       /* a cell that upstream writes and has no column for */
};

struct columns {
    const struct api_type *type;
    const struct column *list; /* ends with name NULL */
};

/* Never NULL: kinds without columns of their own have a name and a time of creation. */
const struct column *columns_of(const struct api_type *type);

/* What a column of that name says, in a sentence. */
const char *column_text(const char *name);

extern const struct columns columns_core[];
extern const struct columns columns_workload[];
extern const struct columns columns_cluster[];

#define COLUMN_NAME                                                                 \
    {                                                                               \
        .name = "Name", .type = "string", .format = "name", .path = "metadata.name" \
    }
#define COLUMN_AGE                                        \
    {                                                     \
        .name = "Age", .type = "string", .cell = cell_age \
    }
#define COLUMN_TEXT(name_, path_)                          \
    {                                                      \
        .name = (name_), .type = "string", .path = (path_) \
    }
#define COLUMN_OR(name_, path_, empty_)                                       \
    {                                                                         \
        .name = (name_), .type = "string", .path = (path_), .empty = (empty_) \
    }
#define COLUMN_NUMBER(name_, path_)                         \
    {                                                       \
        .name = (name_), .type = "integer", .path = (path_) \
    }
#define COLUMN_BOOL(name_, path_)                           \
    {                                                       \
        .name = (name_), .type = "boolean", .path = (path_) \
    }
#define COLUMN_CELL(name_, cell_)                          \
    {                                                      \
        .name = (name_), .type = "string", .cell = (cell_) \
    }
#define COLUMN_COUNT(name_, cell_)                                       \
    {                                                                    \
        .name = (name_), .type = "integer", .cell = (cell_), .raw = true \
    }
#define COLUMN_WIDE(name_, cell_)                                         \
    {                                                                     \
        .name = (name_), .type = "string", .cell = (cell_), .priority = 1 \
    }
#define COLUMNS_END  \
    {                \
        .name = NULL \
    }

column_cell cell_age;

/* Texts that several kinds share. */
void text_age(usec_t since, usec_t now, struct buffer *text);
void text_labels(const struct api_string_entry *labels, size_t count, struct buffer *text); /* or "<none>" */
void text_selector(const struct api_label_selector *selector, struct buffer *text);         /* or "<none>" */
void text_list(const char *const *list, size_t count, struct buffer *text);
void text_more(size_t count, size_t shown, struct buffer *text); /* " + 3 more..." */
void text_addresses(const struct api_load_balancer_ingress *list, size_t count, struct buffer *text);
void text_lower(const char *word, struct buffer *text);
void text_or(const char *word, const char *otherwise, struct buffer *text);
const char *entry_value(const struct api_string_entry *entries, size_t count, const char *key); /* or NULL */

#endif
