/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* codec_bench.c - what a pod costs: memory as an object, time in each codec, beside the parser alone.
 *
 * The document is tests/fixtures/api/pod.json, a running pod with its managed fields. */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "api/codec.h"
#include "base/file.h"
#include "base/memory.h"
#include "codec/json.h"
#include "generated/types.h"

enum { ROUNDS = 20000 };

static usec_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_nsec / 1000;
}

static void report(const char *what, usec_t start, double peer)
{
    double each = (double)(now() - start) / ROUNDS;
    printf("%-28s %7.2f us", what, each);
    if (peer > 0)
        printf("  %.2f x the parser alone", each / peer);
    printf("\n");
}

static double parse_alone(struct str json)
{
    usec_t start = now();
    for (int i = 0; i < ROUNDS; i++) {
        yyjson_doc *doc = NULL;
        if (json_read(json, API_DEPTH_MAX, &doc, NULL) == 0)
            yyjson_doc_free(doc);
    }
    report("parse, no struct (yyjson)", start, 0);
    return (double)(now() - start) / ROUNDS;
}

static void codecs(struct str json, double peer)
{
    auto_arena struct arena kept = { 0 };
    struct api_pod *pod = arena_new(&kept, struct api_pod);
    usec_t start = now();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        if (api_decode_json(&api_type_pod, json, &arena, pod, NULL, NULL) < 0)
            return;
    }
    report("decode JSON", start, peer);
    if (api_decode_json(&api_type_pod, json, &kept, pod, NULL, NULL) < 0)
        return;
    auto_buffer struct buffer out = { 0 }, wire = { 0 };
    start = now();
    for (int i = 0; i < ROUNDS; i++) {
        buffer_clear(&out);
        api_encode_json(&api_type_pod, &api_kind_pod, pod, &out);
    }
    report("encode JSON", start, peer);
    start = now();
    for (int i = 0; i < ROUNDS; i++) {
        buffer_clear(&wire);
        api_encode_protobuf(&api_type_pod, pod, &wire);
    }
    report("encode protobuf", start, peer);
    start = now();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        struct api_pod again;
        if (api_decode_protobuf(&api_type_pod, buffer_str(&wire), &arena, &again, NULL) < 0)
            return;
    }
    report("decode protobuf", start, peer);
}

static void objects(struct str json, double peer)
{
    struct object **all = memory_zalloc(ROUNDS * sizeof(struct object *));
    struct mallinfo2 before = mallinfo2();
    usec_t start = now();
    for (int i = 0; i < ROUNDS; i++)
        if (object_from_stored(&api_resource_pod, json, (uint64_t)i + 1, &all[i], NULL) < 0)
            return;
    report("object from the store", start, peer);
    struct mallinfo2 stored = mallinfo2();
    start = now();
    for (int i = 0; i < ROUNDS; i++)
        object_typed(all[i]);
    report("its struct, first use", start, peer);
    struct mallinfo2 decoded = mallinfo2();
    double size = (double)json.size * ROUNDS;
    printf("memory: %zu bytes of JSON, %.2f x as an object, %.2f x more once decoded\n", json.size,
           (double)(stored.uordblks - before.uordblks) / size, (double)(decoded.uordblks - stored.uordblks) / size);
    for (int i = 0; i < ROUNDS; i++)
        object_unref(all[i]);
    free(all);
}

int main(void)
{
    const char *root = getenv("SOURCE_ROOT");
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { 0 };
    struct error err = { 0 };
    const char *path = arena_format(&arena, "%s/tests/fixtures/api/pod.json", root != NULL ? root : ".");
    if (file_read(AT_FDCWD, path, 1 << 20, &text, &err) < 0) {
        fprintf(stderr, "codec_bench: %s\n", err.message);
        return 1;
    }
    struct str json = str_trim(buffer_str(&text));
    double peer = parse_alone(json);
    codecs(json, peer);
    objects(json, peer);
    return 0;
}
