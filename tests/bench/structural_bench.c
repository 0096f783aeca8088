/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* structural_bench.c - what the schema of a custom resource costs at a write: pruning and defaulting, validation, rules; beside
 * the parser alone and beside decoding a pod of that size by the tables. */
#include <stdio.h>

#include "api/codec.h"
#include "api/structural/structural.h"
#include "apiserver/rules/rules.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "codec/json.h"
#include "generated/types.h"
#include "report.h"

enum { ROUNDS = 20000, ITEMS = 40 };

static const char schema_text[] =
    "{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{"
    "\"mode\":{\"type\":\"string\",\"default\":\"fast\",\"enum\":[\"fast\",\"slow\"]},"
    "\"items\":{\"type\":\"array\",\"maxItems\":100,\"x-kubernetes-list-type\":\"map\",\"x-kubernetes-list-map-keys\":["
    "\"name\"],"
    "\"items\":{\"type\":\"object\",\"required\":[\"name\"],"
    "\"x-kubernetes-validations\":[{\"rule\":\"self.port > 0 || self.name == 'none'\"}],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"maxLength\":63,\"pattern\":\"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$\"},"
    "\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},"
    "\"protocol\":{\"type\":\"string\",\"default\":\"TCP\",\"enum\":[\"TCP\",\"UDP\"]},"
    "\"labels\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"maxLength\":63}},"
    "\"weight\":{\"x-kubernetes-int-or-string\":true}}}}}}}}";

static double since(double start) /* microseconds of one round */
{
    return (bench_cpu_seconds() - start) * 1e6 / ROUNDS;
}

static void write_document(struct buffer *out)
{
    buffer_append_text(
        out,
        "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Bench\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"items\":[");
    for (int i = 0; i < ITEMS; i++)
        buffer_format(
            out,
            "%s{\"name\":\"item-%d\",\"port\":%d,\"protocol\":\"TCP\",\"labels\":{\"app\":\"bench\",\"tier\":\"t%d\"},"
            "\"weight\":\"%d%%\"}",
            i > 0 ? "," : "", i, 8000 + i, i % 5, i);
    buffer_append_text(out, "]}}");
}

static double pod_decoded(void)
{
    const char *root = getenv("SOURCE_ROOT");
    auto_arena struct arena kept = { 0 };
    auto_buffer struct buffer text = { 0 };
    const char *path = arena_format(&kept, "%s/tests/fixtures/api/pod.json", root != NULL ? root : ".");
    if (file_read(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
        return 0;
    double start = bench_cpu_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        struct api_pod pod;
        if (api_decode_json(&api_type_pod, str_trim(buffer_str(&text)), &arena, &pod, NULL, NULL) < 0)
            return 0;
    }
    return since(start) * 1024 / (double)text.size; /* of a KiB */
}

static void measure(const struct structural *schema, const struct rule_set *rules, struct str json, double parsed)
{
    auto_buffer struct buffer out = { 0 };
    yyjson_doc *raw = NULL;
    if (json_read(json, API_DEPTH_MAX, &raw, NULL) < 0)
        return;
    double start = bench_cpu_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        struct api_strict_errors strict = { 0 };
        buffer_clear(&out);
        if (structural_coerce(schema, yyjson_doc_get_root(raw), 0, &arena, &strict, &out, NULL, NULL) < 0)
            return;
    }
    double coerced = since(start);
    report("custom resource of 4 KB: prune, default, report", coerced, "us", "parser alone (yyjson)", parsed, "");
    start = bench_cpu_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_invalid struct api_invalid errors = { 0 };
        const struct structural_node *root = structural_root(schema);
        structural_validate(root, yyjson_doc_get_root(raw), NULL, NULL, &errors);
        structural_validate_embedded(root, yyjson_doc_get_root(raw), NULL, &errors);
        structural_validate_lists(root, yyjson_doc_get_root(raw), NULL, &errors);
    }
    report("custom resource of 4 KB: validate", since(start), "us", "parser alone (yyjson)", parsed, "");
    start = bench_cpu_seconds();
    for (int i = 0; i < ROUNDS / 10; i++) {
        auto_invalid struct api_invalid errors = { 0 };
        rule_set_validate(rules, yyjson_doc_get_root(raw), NULL, &errors);
    }
    report("custom resource of 4 KB: 40 runs of a rule", since(start) * 10, "us", "parser alone (yyjson)", parsed, "");
    report("custom resource: parse and coerce a KiB", (parsed + coerced) * 1024 / (double)json.size, "us",
           "decode a KiB of a pod", pod_decoded(), "");
    yyjson_doc_free(raw);
}

int main(void)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer json = { 0 };
    struct api_apiextensions_json_schema_props props;
    struct structural *schema = NULL;
    struct error err = { 0 };
    if (api_decode_json(&api_type_apiextensions_json_schema_props, str_of(schema_text), &arena, &props, NULL, &err) <
            0 ||
        structural_create(&props, &schema, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    write_document(&json);
    struct rule_set *rules = rule_set_create(schema);
    double start = bench_cpu_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        yyjson_doc *doc = NULL;
        if (json_read(buffer_str(&json), API_DEPTH_MAX, &doc, NULL) == 0)
            yyjson_doc_free(doc);
    }
    measure(schema, rules, buffer_str(&json), since(start));
    rule_set_destroy(rules);
    structural_unref(schema);
    return 0;
}
