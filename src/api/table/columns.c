/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* columns.c - finding a kind's columns, and the texts that many cells share. */
#include "api/table/columns.h"

#include <stdlib.h>

#include "api/selector/selector.h"
#include "base/memory.h"

static void cell_created(const struct row *row, struct buffer *text)
{
    const struct api_object_meta *meta = row->object;
    char moment[TIME_TEXT_SIZE];

    time_format(meta->creation_timestamp, false, moment);
    if (meta->creation_timestamp != 0)
        buffer_append_text(text, moment);
}

static const struct column default_columns[] = {
    COLUMN_NAME,
    { .name = "Created At", .type = "date", .cell = cell_created },
    COLUMNS_END,
};

static const struct column status_columns[] = {
    COLUMN_TEXT("Status", "status"),
    COLUMN_TEXT("Reason", "reason"),
    COLUMN_TEXT("Message", "message"),
    COLUMNS_END,
};

static const struct columns columns_meta[] = { { &api_type_status, status_columns }, { NULL, NULL } };

const struct column *columns_of(const struct api_type *type)
{
    static const struct columns *const tables[] = { columns_core, columns_workload, columns_cluster, columns_meta };

    for (size_t i = 0; i < countof(tables); i++)
        for (const struct columns *row = tables[i]; row->type != NULL; row++)
            if (row->type == type)
                return row->list;
    return default_columns;
}

void cell_age(const struct row *row, struct buffer *text)
{
    text_age(((const struct api_object_meta *)row->object)->creation_timestamp, row->now, text);
}

void text_age(usec_t since, usec_t now, struct buffer *text)
{
    char duration[TABLE_DURATION_SIZE];

    if (since == 0) {
        buffer_append_text(text, "<unknown>");
        return;
    }
    table_duration(now - since, duration);
    buffer_append_text(text, duration);
}

void text_labels(const struct api_string_entry *labels, size_t count, struct buffer *text)
{
    if (count == 0)
        buffer_append_text(text, "<none>");
    for (size_t i = 0; i < count; i++)
        buffer_format(text, "%s%s=%s", i > 0 ? "," : "", text_or_empty(labels[i].key), text_or_empty(labels[i].value));
}

void text_selector(const struct api_label_selector *selector, struct buffer *text)
{
    auto_arena struct arena arena = { 0 };
    struct label_selector parsed;
    size_t before = text->size;

    if (label_selector_of(selector, &arena, &parsed, NULL) != 0) {
        buffer_append_text(text, "<error>");
        return;
    }
    label_selector_format(&parsed, text);
    if (text->size == before)
        buffer_append_text(text, "<none>");
}

void text_list(const char *const *list, size_t count, struct buffer *text)
{
    for (size_t i = 0; i < count; i++)
        buffer_format(text, "%s%s", i > 0 ? "," : "", text_or_empty(list[i]));
}

void text_more(size_t count, size_t shown, struct buffer *text)
{
    if (count > shown)
        buffer_format(text, " + %zu more...", count - shown);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void text_addresses(const struct api_load_balancer_ingress *list, size_t count, struct buffer *text)
{
    autofree const char **addresses = memory_resize(NULL, count + 1, sizeof(*addresses));
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        const char *address = text_empty(list[i].ip) ? list[i].hostname : list[i].ip;
        if (!text_empty(address))
            addresses[n++] = address;
    }
    if (n > 0)
        qsort(addresses, n, sizeof(*addresses), compare_texts);
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(addresses[i], addresses[i - 1]) == 0)
            continue;
        buffer_format(text, "%s%s", first ? "" : ",", addresses[i]);
        first = false;
    }
}

void text_lower(const char *word, struct buffer *text)
{
    for (const char *c = text_or_empty(word); *c != '\0'; c++)
        buffer_append_char(text, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
}

void text_or(const char *word, const char *otherwise, struct buffer *text)
{
    buffer_append_text(text, text_empty(word) ? otherwise : word);
}

const char *entry_value(const struct api_string_entry *entries, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(entries[i].key, key))
            return text_or_empty(entries[i].value);
    return NULL;
}
