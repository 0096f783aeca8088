/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fixture.h - schemas and documents for tests, from JSON where ' stands for ". */
#ifndef API_STRUCTURAL_FIXTURE_H
#define API_STRUCTURAL_FIXTURE_H

#include "api/structural/structural.h"
#include "base/memory.h"
#include "codec/json.h"
#include "generated/types.h"

/* With ' turned into ". Free with free(). */
static inline char *fixture_json(const char *text)
{
    char *json = memory_strdup(text);
    for (char *c = json; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    return json;
}

static inline struct structural *fixture_schema(const char *text)
{
    auto_arena struct arena arena = { 0 };
    struct api_apiextensions_json_schema_props props;
    struct structural *schema = NULL;
    struct error err = { 0 };
    autofree char *json = fixture_json(text);
    if (api_decode_json(&api_type_apiextensions_json_schema_props, str_of(json), &arena, &props, NULL, &err) < 0 ||
        structural_create(&props, &schema, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    return schema;
}

static inline yyjson_doc *fixture_document(const char *text)
{
    autofree char *json = fixture_json(text);
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    if (doc == NULL)
        fail_msg("no JSON: %s", json);
    return doc;
}

/* '"' back to "'", for readable expectations. */
static inline const char *fixture_text(struct buffer *text)
{
    for (size_t i = 0; i < text->size; i++)
        text->data[i] = text->data[i] == '"' ? '\'' : text->data[i];
    return text_or_empty(text->data);
}

#endif
