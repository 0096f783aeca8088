/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/machines/runtime_image.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/time.h"
#include "codec/protobuf.h"
#include "net/grpc.h"

#define KUBERNETES_NAMESPACE "k8s.io" /* where containerd's CRI service keeps its images */
#define CALL_TIMEOUT         (10 * USEC_PER_SEC)
#define LEASE_TIME           (3600 * USEC_PER_SEC) /* should we end before we give it back */
#define WRITE_ACTION_COMMIT  2

struct step;

struct runtime_image {
    struct loop *loop;
    const struct image_content *content;
    void (*done)(void *context, int rc, const struct error *err);
    void *context;
    struct grpc_channel *channel;
    struct grpc_call *call;
    char lease[80];
    const struct step *step;
};

/* One call; 'expected' is a code beside OK that is fine too. */
struct step {
    const char *method;
    void (*request)(const struct runtime_image *image, struct buffer *out);
    enum grpc_code expected;
};

static void ask(struct runtime_image *image);

/* --- requests; the numbers are those of containerd's api/services/{images,leases,content}/v1 and api/types --- */

static void write_text(struct buffer *out, uint32_t tag, const char *text)
{
    protobuf_write_bytes(out, tag, str_of(text));
}

static void write_label(struct buffer *out, uint32_t tag, const char *key, const char *value)
{
    size_t entry = protobuf_begin(out, tag);
    write_text(out, 1, key);
    write_text(out, 2, value);
    protobuf_end(out, entry);
}

static void request_get(const struct runtime_image *image, struct buffer *out)
{
    write_text(out, 1, image->content->reference);
}

static void request_lease(const struct runtime_image *image, struct buffer *out)
{
    char expiry[TIME_TEXT_SIZE];
    time_format(loop_now(image->loop) + LEASE_TIME, false, expiry);
    write_text(out, 1, image->lease);
    write_label(out, 3, "containerd.io/gc.expire", expiry);
}

/* What it names is kept for as long as it is: 'labels' says so to containerd's collector. */
static void write_blob(const struct image_blob *blob, const char *const (*labels)[2], size_t n_labels,
                       struct buffer *out)
{
    protobuf_write_varint(out, 1, WRITE_ACTION_COMMIT);
    write_text(out, 2, blob->digest); /* names the upload */
    protobuf_write_varint(out, 3, blob->content.size);
    write_text(out, 4, blob->digest);
    protobuf_write_bytes(out, 6, buffer_str(&blob->content));
    for (size_t i = 0; i < n_labels; i++)
        write_label(out, 7, labels[i][0], labels[i][1]);
}

static void request_layer(const struct runtime_image *image, struct buffer *out)
{
    write_blob(&image->content->layer, NULL, 0, out);
}

static void request_config(const struct runtime_image *image, struct buffer *out)
{
    write_blob(&image->content->config, NULL, 0, out);
}

static void request_manifest(const struct runtime_image *image, struct buffer *out)
{
    const char *const labels[][2] = {
        { "containerd.io/gc.ref.content.config", image->content->config.digest },
        { "containerd.io/gc.ref.content.l.0", image->content->layer.digest },
    };
    write_blob(&image->content->manifest, labels, countof(labels), out);
}

static void request_image(const struct runtime_image *image, struct buffer *out)
{
    const struct image_blob *manifest = &image->content->manifest;
    size_t message = protobuf_begin(out, 1);
    write_text(out, 1, image->content->reference);
    size_t target = protobuf_begin(out, 3);
    write_text(out, 1, manifest->media_type);
    write_text(out, 2, manifest->digest);
    protobuf_write_varint(out, 3, manifest->content.size);
    protobuf_end(out, target);
    protobuf_end(out, message);
}

static void request_release(const struct runtime_image *image, struct buffer *out)
{
    write_text(out, 1, image->lease);
}

/* Creating fails where another version of the image is there; then it is brought up to date. */
static const struct step steps[] = {
    { "/containerd.services.images.v1.Images/Get", request_get, GRPC_NOT_FOUND },
    { "/containerd.services.leases.v1.Leases/Create", request_lease, GRPC_ALREADY_EXISTS },
    { "/containerd.services.content.v1.Content/Write", request_layer, GRPC_ALREADY_EXISTS },
    { "/containerd.services.content.v1.Content/Write", request_config, GRPC_ALREADY_EXISTS },
    { "/containerd.services.content.v1.Content/Write", request_manifest, GRPC_ALREADY_EXISTS },
    { "/containerd.services.images.v1.Images/Create", request_image, GRPC_ALREADY_EXISTS },
    { "/containerd.services.images.v1.Images/Update", request_image, GRPC_OK },
    { "/containerd.services.leases.v1.Leases/Delete", request_release, GRPC_NOT_FOUND },
};

enum { STEP_GET = 0, STEP_CREATE = 5, STEP_RELEASE = 7 };

/* --- */

static struct str field(struct str message, uint32_t tag)
{
    struct protobuf_field found;
    while (protobuf_read(&message, &found, NULL) == 1)
        if (found.tag == tag && found.wire == PROTOBUF_BYTES)
            return found.bytes;
    return (struct str){ 0 };
}

static bool is_current(const struct runtime_image *image, struct str response)
{
    struct str target = field(field(response, 1), 3);
    return str_is(field(target, 2), image->content->manifest.digest);
}

static void answered(void *context, const struct grpc_result *result, struct str response)
{
    struct runtime_image *image = context;
    const struct step *step = image->step;
    image->call = NULL;
    if (result->rc < 0 && result->code != step->expected) {
        image->done(image->context, result->rc, result->err);
        return;
    }
    bool finished = step == &steps[STEP_RELEASE];
    if (step == &steps[STEP_GET] && result->rc == 0)
        finished = is_current(image, response);
    if (finished) {
        image->done(image->context, 0, NULL);
        return;
    }
    image->step = step == &steps[STEP_CREATE] && result->rc == 0 ? &steps[STEP_RELEASE] : step + 1;
    ask(image);
}

static void ask(struct runtime_image *image)
{
    const struct http_header headers[] = {
        { STR("containerd-namespace"), STR(KUBERNETES_NAMESPACE) },
        { STR("containerd-lease"), str_of(image->lease) },
    };
    bool leased = image->step != &steps[STEP_GET] && image->step != &steps[STEP_GET + 1];
    const struct grpc_call_options options = {
        .method = image->step->method,
        .metadata = { headers, leased ? 2 : 1 },
        .timeout = CALL_TIMEOUT,
    };
    auto_buffer struct buffer request = { .max = IMAGE_SIZE_MAX };
    image->step->request(image, &request);
    image->call = grpc_call_unary(image->channel, &options, buffer_str(&request), answered, image);
}

struct runtime_image *runtime_image_start(struct loop *loop, const struct runtime_image_options *options)
{
    struct runtime_image *image = memory_new(struct runtime_image);
    *image = (struct runtime_image){
        .loop = loop,
        .content = options->content,
        .done = options->done,
        .context = options->context,
        .step = &steps[STEP_GET],
    };
    snprintf(image->lease, sizeof(image->lease), "coracle-%.64s",
             options->content->manifest.digest + strlen("sha256:"));
    autofree char *address = memory_format("unix:%s", options->socket);
    const struct grpc_channel_options channel = { .target.address = address };
    image->channel = grpc_channel_create(loop, &channel);
    ask(image);
    return image;
}

void runtime_image_destroy(struct runtime_image *image)
{
    if (image == NULL)
        return;
    grpc_call_cancel(image->call);
    grpc_channel_destroy(image->channel);
    free(image);
}
