/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "crypto/digest.h"
#include "image/image.h"

static void expect_reference(const char *name, const char *expected)
{
    char text[128];
    assert_true(image_reference(name, text, sizeof(text)));
    assert_string_equal(text, expected);
}

static void test_reference(void **state)
{
    (void)state;
    expect_reference("busybox", "docker.io/library/busybox:latest");
    expect_reference("example/day-service:1", "docker.io/example/day-service:1");
    expect_reference("registry.k8s.io/pause:local", "registry.k8s.io/pause:local");
    expect_reference("localhost:5000/a/b", "localhost:5000/a/b:latest");
    expect_reference("Host/a__b/c--d.e_f:V_1.2-x", "Host/a__b/c--d.e_f:V_1.2-x");
#define DIGEST "sha256:0123456789abcdef0123456789abcdef"
    expect_reference("a/b@" DIGEST, "docker.io/a/b@" DIGEST);
    expect_reference("a:1@" DIGEST, "docker.io/library/a:1@" DIGEST);

    static const char *const bad[] = {
        "UPPER", "UPPER CASE:1", "a/B",   "a//b",   "a/",
        "a-",    "a..b",         "a___b", "a:",     "a:-x",
        "a:b:c", "a@sha256:12",  "a@x",   "-h.x/a", "a@:0123456789abcdef0123456789abcdef"
    };
    char text[128];
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(image_reference(bad[i], text, sizeof(text)));
    assert_false(image_reference("", text, sizeof(text)));
    assert_false(image_reference("a b", text, sizeof(text)));
    assert_false(image_reference("/x", text, sizeof(text)));
    assert_false(image_reference("busybox", text, 8));
}

static void remember_name(void *context, const char *name)
{
    snprintf(context, 128, "%s", name);
}

static void test_pack_is_repeatable_and_named(void **state)
{
    (void)state;
    struct image_file file = { .source = "/proc/self/exe", .path = "/bin/test" };
    const char *const entrypoint[] = { "/bin/test", NULL };
    struct image_options options = { .name = "example/test:7", .files = &file, .n_files = 1, .entrypoint = entrypoint };
    auto_buffer struct buffer first = { .max = IMAGE_SIZE_MAX };
    auto_buffer struct buffer second = { .max = IMAGE_SIZE_MAX };
    struct error err = { 0 };
    assert_int_equal(image_pack(&options, &first, &err), 0);
    assert_int_equal(image_pack(&options, &second, &err), 0);
    assert_true(str_equal(buffer_str(&first), buffer_str(&second)));

    char name[128] = "";
    assert_int_equal(image_names(buffer_str(&first), remember_name, name, &err), 0);
    assert_string_equal(name, "docker.io/example/test:7");
}

static void test_build_names_parts_by_digest(void **state)
{
    (void)state;
    struct image_file file = { .path = "/run", .content = STR("#!/bin/sh\n") };
    struct image_options options = { .name = "a", .files = &file, .n_files = 1 };
    struct image_content content;
    struct error err = { 0 };
    assert_int_equal(image_build(&options, &content, &err), 0);
    assert_string_equal(content.reference, "docker.io/library/a:latest");
    const struct image_blob *const blobs[] = { &content.layer, &content.config, &content.manifest };
    for (size_t i = 0; i < countof(blobs); i++) {
        char digest[80] = "sha256:";
        digest_sha256_hex(buffer_str(&blobs[i]->content), digest + strlen(digest));
        assert_string_equal(blobs[i]->digest, digest);
    }
    struct str manifest = buffer_str(&content.manifest.content);
    assert_true(str_contains(manifest, str_of(content.layer.digest)));
    assert_true(str_contains(manifest, str_of(content.config.digest)));
    image_content_fini(&content);
}

static void test_bad_paths_are_refused(void **state)
{
    (void)state;
    struct image_file file = { .source = "/proc/self/exe", .path = "/bin/../../etc/passwd" };
    struct image_options options = { .name = "x", .files = &file, .n_files = 1 };
    auto_buffer struct buffer out = { .max = IMAGE_SIZE_MAX };
    struct error err = { 0 };
    assert_int_equal(image_pack(&options, &out, &err), -ERROR_USAGE);
    assert_non_null(strstr(err.message, ".."));

    file = (struct image_file){ .source = "/no/such/file", .path = "/bin/x" };
    assert_int_equal(image_pack(&options, &out, &err), -ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/file"));
}

static void test_rubbish_is_no_archive(void **state)
{
    (void)state;
    struct error err = { 0 };
    assert_true(image_names(STR("rubbish"), remember_name, NULL, &err) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_pack_is_repeatable_and_named),
        cmocka_unit_test(test_build_names_parts_by_digest),
        cmocka_unit_test(test_bad_paths_are_refused),
        cmocka_unit_test(test_rubbish_is_no_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
