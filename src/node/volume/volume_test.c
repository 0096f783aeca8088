/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "node/volume/sub_path.h"
#include "node/volume/volume.h"

static int set_up_directory(void **state)
{
    char *path = strdup("/tmp/coracle-volume-XXXXXX");
    assert_non_null(mkdtemp(path));
    *state = path;
    return 0;
}

static int remove_directory(void **state)
{
    struct error err = { 0 };
    assert_int_equal(0, mounts_remove_below(*state, &err));
    assert_int_equal(0, file_remove_tree(AT_FDCWD, *state, &err));
    free(*state);
    return 0;
}

static void assert_content(const char *directory, const char *name, const char *want)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    auto_buffer struct buffer content = { 0 };
    struct error err = { 0 };
    if (file_read(AT_FDCWD, path, 4096, &content, &err) < 0)
        fail_msg("%s: %s", path, err.message);
    assert_string_equal(want, content.size > 0 ? content.data : "");
}

static void files_change_all_at_once(void **state)
{
    struct error err = { 0 };
    bool changed;
    struct payload_file first[] = { { "a", STR("1"), 0644, (uid_t)-1 }, { "dir/b", STR("2"), 0400, (uid_t)-1 } };
    assert_int_equal(0, atomic_write(*state, first, 2, (gid_t)-1, 1000000, &changed, &err));
    assert_true(changed);
    assert_content(*state, "a", "1");
    assert_content(*state, "dir/b", "2");
    assert_int_equal(0, atomic_write(*state, first, 2, (gid_t)-1, 2000000, &changed, &err));
    assert_false(changed);

    char path[512];
    snprintf(path, sizeof(path), "%s/dir/b", (char *)*state);
    struct stat info;
    assert_int_equal(0, stat(path, &info));
    assert_int_equal(0400, info.st_mode & 07777);

    struct payload_file second[] = { { "a", STR("3"), 0644, (uid_t)-1 } };
    assert_int_equal(0, atomic_write(*state, second, 1, (gid_t)-1, 3000000, &changed, &err));
    assert_true(changed);
    assert_content(*state, "a", "3");
    snprintf(path, sizeof(path), "%s/dir", (char *)*state);
    assert_int_equal(-1, access(path, F_OK));
}

static void bad_payload_paths_are_refused(void **state)
{
    static const char *const bad[] = { "", "/etc/passwd", "../x", "a/../b", "a//b", "..data/x", "./a", "a/." };
    struct error err = { 0 };
    bool changed;
    for (size_t i = 0; i < countof(bad); i++) {
        struct payload_file file = { bad[i], STR("x"), 0644, (uid_t)-1 };
        assert_int_equal(-ERROR_INVALID, atomic_write(*state, &file, 1, (gid_t)-1, 1, &changed, &err));
    }
}

static void sub_paths_stay_inside(void **state)
{
    struct error err = { 0 };
    int fd = -1;
    assert_int_equal(0, sub_path_open(*state, "x/y", &fd, &err));
    close(fd);
    char path[512];
    snprintf(path, sizeof(path), "%s/x/y", (char *)*state);
    assert_int_equal(0, access(path, F_OK));
    snprintf(path, sizeof(path), "%s/out", (char *)*state);
    assert_int_equal(0, symlink("/etc", path));
    assert_true(sub_path_open(*state, "out", &fd, &err) < 0);
    assert_true(sub_path_open(*state, "out/passwd", &fd, &err) < 0);
    assert_true(sub_path_open(*state, "x/../../etc", &fd, &err) < 0);
    assert_true(sub_path_open(*state, "/etc", &fd, &err) < 0);
}

static void a_pod_knows_itself(void **state)
{
    (void)state;
    struct api_string_entry labels[] = { { "app", "web" }, { "note", "say \"hi\"\n" } };
    struct api_quantity_entry limits[] = { { "memory", quantity_of(64 << 20, QUANTITY_BINARY_SI) } };
    struct api_container container = { .name = "c", .resources = { .limits = limits, .n_limits = 1 } };
    struct api_pod pod = { .metadata = { .name = "p", .namespace = "n", .uid = "u", .labels = labels, .n_labels = 2 },
                           .spec = { .containers = &container, .n_containers = 1 } };
    const char *ips[] = { "10.0.0.1", "fd00::1", NULL };
    struct downward downward = { .pod = &pod, .node_name = "node1", .pod_ips = ips, .allocatable_cpu = 1500 };
    static const char *const fields[][2] = {
        { "metadata.name", "p" },
        { "spec.nodeName", "node1" },
        { "status.podIP", "10.0.0.1" },
        { "status.podIPs", "10.0.0.1,fd00::1" },
        { "metadata.labels['app']", "web" },
        { "metadata.labels['none']", "" },
        { "metadata.labels", "app=\"web\"\nnote=\"say \\\"hi\\\"\\n\"" },
    };
    struct error err = { 0 };
    for (size_t i = 0; i < countof(fields); i++) {
        auto_buffer struct buffer out = { 0 };
        assert_int_equal(0, downward_field(&downward, fields[i][0], &out, &err));
        assert_string_equal(fields[i][1], out.size > 0 ? out.data : "");
    }
    auto_buffer struct buffer out = { 0 };
    assert_int_equal(-ERROR_INVALID, downward_field(&downward, "spec.containers", &out, &err));
    struct api_resource_field_selector selector = { .container_name = "c",
                                                    .resource = "limits.memory",
                                                    .divisor = quantity_of(1 << 20, QUANTITY_BINARY_SI) };
    assert_int_equal(0, downward_resource(&downward, NULL, &selector, &out, &err));
    assert_string_equal("64", out.data);
    buffer_clear(&out);
    selector = (struct api_resource_field_selector){ .container_name = "c", .resource = "limits.cpu" };
    assert_int_equal(0, downward_resource(&downward, NULL, &selector, &out, &err));
    assert_string_equal("2", out.data);
}

static void empty_dirs_come_and_go(void **state)
{
    struct api_empty_dir_volume_source disk = { 0 }, memory = { .medium = "Memory" };
    struct api_volume volumes[] = { { .name = "disk", .empty_dir = &disk }, { .name = "ram", .empty_dir = &memory } };
    struct api_pod pod = { .metadata = { .uid = "uid-1" }, .spec = { .volumes = volumes, .n_volumes = 2 } };
    struct volume_host host = { .pods = *state };
    struct downward downward = { .pod = &pod };
    struct error err = { 0 };
    if (geteuid() != 0)
        skip();
    if (volumes_setup(&host, &downward, 1, &err) < 0)
        fail_msg("%s", err.message);
    char path[VOLUME_PATH_MAX];
    assert_int_equal(0, volume_mount_source(&host, &pod, "disk", "c", 0, "data", path, &err));
    assert_true(file_exists(AT_FDCWD, path));
    assert_int_equal(0, volume_mount_source(&host, &pod, "ram", "c", 1, "", path, &err));
    assert_true(mount_is_point(path));
    assert_int_equal(0, volumes_setup(&host, &downward, 2, &err)); /* again is fine */
    assert_int_equal(0, volumes_teardown(&host, "uid-1", &err));
    snprintf(path, sizeof(path), "%s/uid-1", (char *)*state);
    assert_false(file_exists(AT_FDCWD, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_change_all_at_once, set_up_directory, remove_directory),
        cmocka_unit_test_setup_teardown(bad_payload_paths_are_refused, set_up_directory, remove_directory),
        cmocka_unit_test_setup_teardown(sub_paths_stay_inside, set_up_directory, remove_directory),
        cmocka_unit_test(a_pod_knows_itself),
        cmocka_unit_test_setup_teardown(empty_dirs_come_and_go, set_up_directory, remove_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
