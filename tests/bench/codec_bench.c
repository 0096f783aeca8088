/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* codec_bench.c - what a pod costs: memory as an object, time in each codec, beside the parser alone.
 *
 * The document is tests/fixtures/api/pod.json, a running pod with its managed fields. */
#include <malloc.h>
#include <stdio.h>

#include "api/apply/managed.h"
#include "api/codec.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "codec/json.h"
#include "generated/types.h"
#include "report.h"

enum { ROUNDS = 20000 };

static double since(double start) /* microseconds of one round */
{
    return (bench_seconds() - start) * 1e6 / ROUNDS;
}

static void tell(const char *what, double start, double peer)
{
    report(what, since(start), "us", "parser alone (yyjson)", peer, "");
}

static double parse_alone(struct str json)
{
    double start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        yyjson_doc *doc = NULL;
        if (json_read(json, API_DEPTH_MAX, &doc, NULL) == 0)
            yyjson_doc_free(doc);
    }
    return since(start);
}

static void codecs(struct str json, double peer)
{
    auto_arena struct arena kept = { 0 };
    struct api_pod *pod = arena_new(&kept, struct api_pod);
    double start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        if (api_decode_json(&api_type_pod, json, &arena, pod, NULL, NULL) < 0)
            return;
    }
    tell("pod: decode JSON", start, peer);
    if (api_decode_json(&api_type_pod, json, &kept, pod, NULL, NULL) < 0)
        return;
    auto_buffer struct buffer out = { 0 }, wire = { 0 };
    start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        buffer_clear(&out);
        api_encode_json(&api_type_pod, &api_kind_pod, pod, &out);
    }
    tell("pod: encode JSON", start, peer);
    start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        buffer_clear(&wire);
        api_encode_protobuf(&api_type_pod, pod, &wire);
    }
    tell("pod: encode protobuf", start, peer);
    start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        struct api_pod again;
        if (api_decode_protobuf(&api_type_pod, buffer_str(&wire), &arena, &again, NULL) < 0)
            return;
    }
    tell("pod: decode protobuf", start, peer);
}

static bool own(struct api_pod *pod, const struct api_pod *before, const char *subresource, struct arena *arena)
{
    struct managed managed = { .arena = arena };
    struct managed_change change = { 0 };
    struct managed_writer writer = { "kubelet", "v1", subresource, NULL, 0 };
    if (managed_read_stored(&before->metadata, arena, &managed, NULL) < 0)
        return false;
    apply_compare_typed(&api_type_pod, before, pod, NULL, arena, &change.difference);
    if (managed_update(&managed, &writer, &change, NULL, NULL) < 0)
        return false;
    managed_write(&managed, &pod->metadata);
    return true;
}

/* managedFields of a new pod, and of one whose status is told again. */
static void ownership(struct str json, double peer)
{
    auto_arena struct arena kept = { 0 };
    struct api_pod *pod = arena_new(&kept, struct api_pod);
    if (api_decode_json(&api_type_pod, json, &kept, pod, NULL, NULL) < 0)
        return;
    double start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer text = { 0 };
        if (!apply_write_created(&api_type_pod, pod, NULL, &arena, &text))
            return;
    }
    tell("pod: who owns what, new", start, peer);
    struct api_pod *before = api_copy(&api_type_pod, pod, &kept);
    if (!own(before, before, "status", &kept))
        return;
    before->status.conditions[0].last_probe_time += USEC_PER_SEC;
    start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena struct arena arena = { 0 };
        struct api_pod new = *pod;
        if (!own(&new, before, "status", &arena))
            return;
    }
    tell("pod: who owns what, one field changed", start, peer);
}

static void objects(struct str json, double peer)
{
    struct object **all = memory_zalloc(ROUNDS * sizeof(struct object *));
    struct mallinfo2 before = mallinfo2();
    double start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++)
        if (object_from_stored(&api_resource_pod, json, (uint64_t)i + 1, &all[i], NULL) < 0)
            return;
    tell("pod: object from the store", start, peer);
    struct mallinfo2 stored = mallinfo2();
    start = bench_seconds();
    for (int i = 0; i < ROUNDS; i++)
        object_typed(all[i]);
    tell("pod: its struct, first use", start, peer);
    struct mallinfo2 decoded = mallinfo2();
    double size = (double)json.size * ROUNDS;
    report("pod: memory as an object", (double)(stored.uordblks - before.uordblks) / ROUNDS, "bytes", "its JSON",
           size / ROUNDS, "ratio <= 2");
    report("pod: memory of its struct once decoded", (double)(decoded.uordblks - stored.uordblks) / ROUNDS, "bytes",
           "its JSON", size / ROUNDS, "");
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
    ownership(json, peer);
    codecs(json, peer);
    objects(json, peer);
    return 0;
}
