/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cluster/machines/runtime_image.h"
#include "codec/protobuf.h"
#include "net/grpc.h"
#include "net/settle_test.h"

/* A containerd of a few lines: notes the methods it is asked, and answers each with the given status. */
struct fixture {
    struct loop *loop;
    char address[64];
    struct listener *listener;
    struct http_server *server;
    struct image_content content;
    struct runtime_image *image;
    const char *missing;   /* method that answers 5, NotFound */
    const char *existing;  /* method that answers 6, AlreadyExists */
    const char *broken;    /* method that answers 13, Internal */
    const char *known;     /* digest that Images/Get tells */
    char asked[1024];      /* the methods' last words */
    int unleased, foreign; /* requests without the lease, without the namespace */
    int rc;
    char message[256];
};

static const char *last_words(struct str path, char *text, size_t size)
{
    const char *name = path.data + path.size;
    while (name > path.data && name[-1] != '.')
        name--;
    snprintf(text, size, "%.*s", (int)(path.data + path.size - name), name);
    return text;
}

static struct bytes *image_of(const char *digest)
{
    auto_buffer struct buffer out = { 0 };
    size_t image = protobuf_begin(&out, 1), target;
    protobuf_write_bytes(&out, 1, STR("name"));
    target = protobuf_begin(&out, 3);
    protobuf_write_bytes(&out, 2, str_of(digest));
    protobuf_end(&out, target);
    protobuf_end(&out, image);
    return grpc_frame(buffer_str(&out));
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    char method[64];
    const struct http_headers *given = http_exchange_headers(exchange);
    last_words(http_exchange_path(exchange), method, sizeof(method));
    strcat(strcat(f->asked, method), " ");
    f->unleased += http_header(given, "containerd-lease").data == NULL;
    f->foreign += !str_is(http_header(given, "containerd-namespace"), "k8s.io");
    const char *status = f->missing != NULL && strcmp(f->missing, method) == 0     ? "5"
                         : f->existing != NULL && strcmp(f->existing, method) == 0 ? "6"
                         : f->broken != NULL && strcmp(f->broken, method) == 0     ? "13"
                                                                                   : "0";
    static const struct http_header type = { { "content-type", 12 }, { "application/grpc", 16 } };
    http_response_begin(exchange, 200, &(struct http_headers){ &type, 1 });
    if (strcmp(status, "0") == 0) {
        bool get = strcmp(method, "Images/Get") == 0;
        struct bytes *frame = get ? image_of(f->known) : grpc_frame(STR(""));
        http_response_write(exchange, frame);
        bytes_unref(frame);
    }
    struct http_header trailer = { STR("grpc-status"), str_of(status) };
    http_response_end_trailers(exchange, &(struct http_headers){ &trailer, 1 });
}

static const struct http_handler handler = { .request = on_request };

static void on_accepted(void *context, struct stream *stream)
{
    http_server_serve(((struct fixture *)context)->server, stream);
}

static void done(void *context, int rc, const struct error *err)
{
    struct fixture *f = context;
    f->rc = rc;
    snprintf(f->message, sizeof(f->message), "%s", rc < 0 ? err->message : "");
    runtime_image_destroy(f->image); /* as the agent does */
    loop_stop(f->loop);
}

static void setup(struct fixture *f)
{
    struct error err = { 0 };
    struct image_file file = { .path = "/pause", .content = STR("program") };
    struct image_options options = { .name = "registry.k8s.io/pause:coracle", .files = &file, .n_files = 1 };
    *f = (struct fixture){ 0 };
    assert_int_equal(image_build(&options, &f->content, &err), 0);
    assert_int_equal(loop_create_real(&f->loop, &err), 0);
    snprintf(f->address, sizeof(f->address), "unix:/tmp/coracle-runtime-image-%d.sock", (int)getpid());
    f->server = http_server_create(f->loop, &handler, f, NULL);
    struct stream_target target = { .address = f->address };
    assert_int_equal(listener_open(f->loop, &target, on_accepted, f, &f->listener, &err), 0);
}

static void teardown(struct fixture *f)
{
    listener_close(f->listener);
    http_server_destroy(f->server);
    settle_loop(f->loop, 5 * USEC_PER_MSEC);
    loop_destroy(f->loop);
    unlink(f->address + strlen("unix:"));
    image_content_fini(&f->content);
}

static void import(struct fixture *f)
{
    const struct runtime_image_options options = {
        .socket = f->address + strlen("unix:"), .content = &f->content, .done = done, .context = f
    };
    f->asked[0] = '\0';
    f->unleased = f->foreign = 0;
    f->image = runtime_image_start(f->loop, &options);
    loop_run(f->loop);
    assert_int_equal(f->foreign, 0);
}

static void test_a_new_image(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    f.missing = "Images/Get";
    import(&f);
    assert_int_equal(f.rc, 0);
    assert_string_equal(f.asked, "Images/Get Leases/Create Content/Write Content/Write Content/Write Images/Create "
                                 "Leases/Delete ");
    assert_int_equal(f.unleased, 2); /* the look, and the lease itself */
    teardown(&f);
}

static void test_the_same_image_is_left_alone(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    f.known = f.content.manifest.digest;
    import(&f);
    assert_int_equal(f.rc, 0);
    assert_string_equal(f.asked, "Images/Get ");
    teardown(&f);
}

static void test_another_version_is_replaced(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    f.known = "sha256:0123";
    f.existing = "Images/Create";
    import(&f);
    assert_int_equal(f.rc, 0);
    assert_string_equal(f.asked, "Images/Get Leases/Create Content/Write Content/Write Content/Write Images/Create "
                                 "Images/Update Leases/Delete ");
    teardown(&f);
}

static void test_content_that_is_there(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    f.missing = "Images/Get";
    f.existing = "Content/Write";
    import(&f);
    assert_int_equal(f.rc, 0);
    teardown(&f);
}

static void test_a_failure_is_told(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    f.missing = "Images/Get";
    f.broken = "Content/Write";
    import(&f);
    assert_int_equal(f.rc, -ERROR_INTERNAL);
    assert_non_null(strstr(f.message, "code = Internal"));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_image),
        cmocka_unit_test(test_the_same_image_is_left_alone),
        cmocka_unit_test(test_another_version_is_replaced),
        cmocka_unit_test(test_content_that_is_there),
        cmocka_unit_test(test_a_failure_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
