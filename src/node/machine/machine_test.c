/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "net/namespace.h"
#include "node/machine/cgroup.h"
#include "node/machine/machine.h"

/* Names with the pid in them, so that two runs never meet. */
struct place {
    char cluster[MACHINE_CLUSTER_MAX + 1];
    char directory[64];
    struct fabric_options options;
};

static bool may_make_machines(void)
{
    int fd;
    if (geteuid() != 0 || namespace_create(&fd, NULL) < 0)
        return false;
    close(fd);
    char path[64];
    struct error err = { 0 };
    snprintf(path, sizeof(path), "/coracle-try-%d", getpid());
    return cgroup_create(path, &err) == 0 && cgroup_remove(path, &err) == 0;
}

static int enter(void **state)
{
    static struct place place;
    *state = NULL;
    if (!may_make_machines())
        return 0;
    snprintf(place.cluster, sizeof(place.cluster), "test-%d", getpid());
    snprintf(place.directory, sizeof(place.directory), "/run/coracle-test-%d", getpid());
    place.options = (struct fabric_options){ .cluster = place.cluster, .state_directory = place.directory };
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    struct error err = { 0 };
    return place == NULL || fabric_remove(&place->options, &err) == 0 ? 0 : -1;
}

static void check(int rc, const struct error *err)
{
    if (rc != 0)
        fail_msg("%s", err->message);
}

/* Runs a shell command through the role machine-exec; what it printed is in 'text'. */
static int run_inside(const char *state_path, const char *script, char text[512])
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    const char *argv[] = { "coracle", "machine-exec", state_path, "sh", "-c", script, NULL };
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, (char *const *)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t used = 0;
    for (ssize_t size; (size = read(ends[0], text + used, 511 - used)) > 0;)
        used += (size_t)size;
    text[used] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void host_links(char text[8192])
{
    int fd = open("/proc/net/dev", O_RDONLY);
    char all[8192];
    ssize_t size = read(fd, all, sizeof(all) - 1);
    close(fd);
    all[size > 0 ? size : 0] = '\0';
    text[0] = '\0';
    for (char *line = strtok(all, "\n"); line != NULL; line = strtok(NULL, "\n")) /* names only: counters move */
        strncat(text, line, strcspn(line, ":"));
}

/* From inside node1: its own name, /run, cgroup; the gateway and the other machine are there. */
static void look_around(const struct place *place, const char *path)
{
    char text[512], expected[128];
    assert_int_equal(run_inside(path, "hostname; cat /proc/sys/net/ipv4/ip_forward; ls /run", text), 0);
    snprintf(expected, sizeof(expected), "node1\n1\n%s\ninside\nusr\n", place->directory + strlen("/run/"));
    assert_string_equal(text, expected);
    assert_int_equal(run_inside(path, "exit 7", text), 7);
    snprintf(expected, sizeof(expected), "/coracle-%s/node1/system\n", place->cluster);
    assert_int_equal(run_inside(path, "sed -n 's/^0:://p' /proc/self/cgroup", text), 0);
    assert_string_equal(text, expected);

    /* Each reaches the gateway and the other: a connection is refused, not unreachable. */
    assert_int_equal(run_inside(path,
                                "for a in 10.99.0.254 10.99.0.7; do"
                                " bash -c \"echo > /dev/tcp/$a/9\" 2>&1 | grep -o 'Connection refused' | uniq; done",
                                text),
                     0);
    assert_string_equal(text, "Connection refused\nConnection refused\n");
}

/* Below a chroot of our own, where /tmp holds a file that it does not hold outside. */
static int enter_chroot(const char *root)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/tmp", root);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mkdir(root, 0700) < 0 ||
        mount("/", root, NULL, MS_BIND | MS_REC, NULL) < 0 || mount("tmpfs", path, "tmpfs", 0, NULL) < 0 ||
        chroot(root) < 0 || chdir("/") < 0)
        return -1;
    return mkdir("/tmp/only-in-the-chroot", 0700);
}

static int look_around_in_chroot(const struct place *place, const char *root)
{
    struct error err = { 0 };
    struct fabric *fabric;
    struct machine *machine;
    char text[512];
    if (enter_chroot(root) < 0 || fabric_open(&place->options, &fabric, &err) < 0 ||
        machine_open(fabric, &(struct machine_options){ .name = "node1" }, &machine, &err) < 0)
        return 1;
    int rc = run_inside(machine_state_path(machine), "ls /tmp; nsenter -m/proc/self/ns/mnt ls /tmp", text);
    machine_close(machine);
    fabric_close(fabric);
    return rc == 0 && strcmp(text, "only-in-the-chroot\nonly-in-the-chroot\n") == 0 ? 0 : 2;
}

/* setns() leads to the root of the mount namespace: ours and runc's both must find the chroot there. */
static void test_machines_keep_to_a_chroot(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    char root[64];
    int status;
    snprintf(root, sizeof(root), "/var/tmp/coracle-chroot-%d", getpid());
    pid_t pid = fork();
    if (pid == 0)
        _exit(look_around_in_chroot(place, root));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(rmdir(root), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_two_machines(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct error err = { 0 };
    char text[512], before[8192], after[8192];
    host_links(before);

    struct fabric *fabric;
    struct machine *one, *two, *again;
    check(fabric_open(&place->options, &fabric, &err), &err);
    struct holder_mount mounts[] = { { "/etc/passwd", "/run/inside/passwd" }, { "/usr", "/run/usr" } };
    check(
        machine_open(fabric, &(struct machine_options){ .name = "node1", .mounts = mounts, .n_mounts = 2 }, &one, &err),
        &err);
    check(
        machine_open(fabric, &(struct machine_options){ .name = "node2", .address = ip_v4(10, 99, 0, 7) }, &two, &err),
        &err);
    struct ip address = machine_address(one);
    assert_true(ip_equal(&address, &(struct ip){ .family = IP_V4, .bytes = { 10, 99, 0, 1 } }));

    /* Found again, with what it has; another address is refused. */
    check(machine_open(fabric, &(struct machine_options){ .name = "node2" }, &again, &err), &err);
    address = machine_address(again);
    assert_int_equal(address.bytes[3], 7);
    machine_close(again);
    assert_int_equal(machine_open(fabric, &(struct machine_options){ .name = "node2", .address = ip_v4(10, 99, 0, 8) },
                                  &again, &err),
                     -ERROR_CONFLICT);

    look_around(place, machine_state_path(one));

    /* What runs inside dies with the machine; the other lives. */
    assert_int_equal(run_inside(machine_state_path(two),
                                "(sleep 1000 >/dev/null 2>&1 &) ; mount -t tmpfs x /run/usr 2>&1"
                                " || mount -t tmpfs x /mnt; echo $$",
                                text),
                     0);
    check(machine_remove(fabric, "node2", &err), &err);
    assert_false(holder_alive(machine_state_path(two)));
    check(machine_remove(fabric, "node2", &err), &err);
    assert_int_equal(run_inside(machine_state_path(one), "true", text), 0);

    machine_close(one);
    machine_close(two);
    fabric_close(fabric);
    check(fabric_remove(&place->options, &err), &err);
    check(fabric_remove(&place->options, &err), &err);
    assert_int_equal(access(place->directory, F_OK), -1);
    char cgroup[128];
    snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/unified/coracle-%s", place->cluster);
    assert_int_equal(access(cgroup, F_OK), -1);
    host_links(after);
    assert_string_equal(before, after);
}

static void test_holder_killed(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct error err = { 0 };
    struct fabric *fabric;
    struct machine *machine;
    check(fabric_open(&place->options, &fabric, &err), &err);
    check(machine_open(fabric, &(struct machine_options){ .name = "a-machine-with-a-long-name" }, &machine, &err),
          &err);
    char path[256];
    snprintf(path, sizeof(path), "%s", machine_state_path(machine));
    FILE *file = fopen(path, "r");
    int pid;
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    machine_close(machine);
    kill(pid, SIGKILL);
    for (int i = 0; i < 1000 && holder_alive(path); i++)
        usleep(1000);
    assert_false(holder_alive(path));
    char text[512];
    assert_int_equal(run_inside(path, "true", text), 1);
    check(machine_open(fabric, &(struct machine_options){ .name = "a-machine-with-a-long-name" }, &machine, &err),
          &err);
    assert_int_equal(run_inside(path, "true", text), 0);
    machine_close(machine);
    fabric_close(fabric);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct error err = { 0 };
    struct fabric *fabric;
    struct fabric_options options = { .cluster = "Bad", .state_directory = "/run/x" };
    assert_int_equal(fabric_open(&options, &fabric, &err), -ERROR_USAGE);
    options.cluster = "../x";
    assert_int_equal(fabric_remove(&options, &err), -ERROR_USAGE);
    options = (struct fabric_options){ .cluster = "ok", .state_directory = "relative" };
    assert_int_equal(fabric_open(&options, &fabric, &err), -ERROR_USAGE);
}

int main(int argc, char **argv)
{
    /* The binary that machines use is the running one: here this test. */
    if (argc > 1 && strcmp(argv[1], "machine-hold") == 0)
        return holder_hold_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "machine-exec") == 0)
        return holder_exec_main(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_machines, enter, leave),
        cmocka_unit_test_setup_teardown(test_machines_keep_to_a_chroot, enter, leave),
        cmocka_unit_test_setup_teardown(test_holder_killed, enter, leave),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
