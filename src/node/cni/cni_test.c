/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <yyjson.h>

#include "net/namespace.h"
#include "net/netlink.h"
#include "node/cni/cni.h"
#include "node/cni/config.h"

/* A node's namespace and two pods', and a directory for the allocations. */
struct place {
    int node, pods[2];
    char directory[64];
};

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int enter(void **state)
{
    static struct place place;
    *state = NULL;
    struct error err = { 0 };
    if (namespace_create(&place.node, &err) < 0)
        return 0;
    assert_int_equal(namespace_create(&place.pods[0], &err), 0);
    assert_int_equal(namespace_create(&place.pods[1], &err), 0);
    assert_int_equal(namespace_sysctl(place.node, "ipv4/ip_forward", "1", &err), 0);
    assert_int_equal(namespace_sysctl(place.node, "ipv4/conf/all/route_localnet", "1", &err), 0);
    struct netlink *netlink;
    assert_int_equal(netlink_open(place.node, &netlink, &err), 0);
    netlink_set_link(netlink, &(struct netlink_link){ .name = "lo", .up = true });
    assert_int_equal(netlink_commit(netlink, &err), 0);
    netlink_close(netlink);
    snprintf(place.directory, sizeof(place.directory), "/tmp/coracle-cni-test-XXXXXX");
    assert_non_null(mkdtemp(place.directory));
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        return 0;
    close(place->node);
    close(place->pods[0]);
    close(place->pods[1]);
    return nftw(place->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct request {
    struct place *place;
    const char *command, *container;
    int pod;           /* -1: no namespace */
    const char *extra; /* JSON members */
    const char *version;
    char namespace_path[64], input[1024];
    struct buffer output;
    int code;
};

static const char *environment(void *context, const char *name)
{
    struct request *request = context;
    if (strcmp(name, "CNI_COMMAND") == 0)
        return request->command;
    if (strcmp(name, "CNI_CONTAINERID") == 0)
        return request->container;
    if (strcmp(name, "CNI_IFNAME") == 0)
        return "eth0";
    if (strcmp(name, "CNI_NETNS") == 0)
        return request->pod < 0 ? NULL : request->namespace_path;
    return strcmp(name, "CORACLE_CNI_WAIT") == 0 ? "1" : NULL;
}

static int run_inside(void *context)
{
    struct request *request = context;
    bool loopback = strcmp(request->container, "lo") == 0;
    request->code =
        (loopback ? cni_loopback_run : cni_run)(environment, request, str_of(request->input), &request->output);
    return 0;
}

/* The answer is the caller's to free. */
static yyjson_doc *call(struct place *place, const char *command, const char *container, int pod, const char *extra,
                        int expected)
{
    struct request request = { place, command, container, pod, extra, "1.0.0", .output = { .max = 1 << 16 } };
    if (pod >= 0)
        snprintf(request.namespace_path, sizeof(request.namespace_path), "/proc/%d/fd/%d", getpid(), place->pods[pod]);
    snprintf(request.input, sizeof(request.input),
             "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"coracle-cni\",\"dataDir\":\"%s\","
             "\"subnets\":[\"10.244.1.0/29\"]%s}",
             place->directory, extra);
    struct error err = { 0 };
    assert_int_equal(namespace_run(place->node, run_inside, &request, &err), 0);
    if (request.code != expected)
        fail_msg("%s: %s", command, text_or_empty(request.output.data));
    yyjson_doc *doc = request.output.size == 0 ? NULL : yyjson_read(request.output.data, request.output.size, 0);
    buffer_fini(&request.output);
    return doc;
}

static void expect_done(struct place *place, const char *command, const char *container, int pod, const char *extra)
{
    assert_null(call(place, command, container, pod, extra, 0));
}

static void expect_address(yyjson_doc *doc, const char *expected)
{
    yyjson_val *ips = yyjson_obj_get(yyjson_doc_get_root(doc), "ips");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_arr_get_first(ips), "address")), expected);
    yyjson_doc_free(doc);
}

static void expect_code(yyjson_doc *doc, int expected)
{
    assert_int_equal(yyjson_get_int(yyjson_obj_get(yyjson_doc_get_root(doc), "code")), expected);
    yyjson_doc_free(doc);
}

/* A TCP connection from one namespace to a listener in another; true when it comes about. */
static bool connects(int from, int to, const char *listen_at, uint16_t listen_port, const char *connect_to,
                     uint16_t connect_port)
{
    struct error err = { 0 };
    autoclose int server = -1, client = -1;
    assert_int_equal(namespace_socket(to, AF_INET, SOCK_STREAM, 0, &server, &err), 0);
    assert_int_equal(namespace_socket(from, AF_INET, SOCK_STREAM, 0, &client, &err), 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(listen_port) };
    inet_pton(AF_INET, listen_at, &at.sin_addr);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(server, 1), 0);
    struct timeval limit = { .tv_sec = 4 }; /* a first SYN lost on a link just set up is sent again after a second */
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    at.sin_port = htons(connect_port);
    inet_pton(AF_INET, connect_to, &at.sin_addr);
    return connect(client, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static void test_pods_reach_each_other(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    expect_address(call(place, "ADD", "one", 0, "", 0), "10.244.1.2/32");
    expect_address(call(place, "ADD", "two", 1, "", 0), "10.244.1.3/32");
    assert_true(connects(place->pods[0], place->pods[1], "10.244.1.3", 80, "10.244.1.3", 80));
    assert_true(connects(place->node, place->pods[0], "10.244.1.2", 80, "10.244.1.2", 80));
    assert_true(connects(place->pods[1], place->node, "10.244.1.1", 80, "10.244.1.1", 80));

    expect_done(place, "CHECK", "one", 0, ",\"prevResult\":{}");
    expect_code(call(place, "CHECK", "one", 0, "", 1), CNI_INVALID_CONFIG);
    expect_address(call(place, "ADD", "one", 0, "", 0), "10.244.1.2/32"); /* again: the same */
    expect_done(place, "DEL", "one", -1, "");
    expect_done(place, "DEL", "one", -1, "");
    expect_code(call(place, "CHECK", "one", 0, ",\"prevResult\":{}", 1), CNI_FAILED);
    expect_done(place, "DEL", "two", 1, "");
}

static void test_host_ports(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    static const char ports[] =
        ",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"
        "\"protocol\":\"tcp\"},{\"hostPort\":0,\"containerPort\":81},"
        "{\"HostPort\":8081,\"ContainerPort\":81,\"Protocol\":\"TCP\",\"HostIP\":\"10.244.1.1\"},"
        "{\"HostPort\":8081,\"ContainerPort\":82,\"Protocol\":\"TCP\",\"HostIP\":\"127.0.0.1\"}]}";
    expect_address(call(place, "ADD", "one", 0, ports, 0), "10.244.1.2/32");
    expect_address(call(place, "ADD", "two", 1, "", 0), "10.244.1.3/32");
    assert_true(connects(place->pods[1], place->pods[0], "10.244.1.2", 80, "10.244.1.1", 8080));
    assert_true(connects(place->pods[1], place->pods[0], "10.244.1.2", 81, "10.244.1.1", 8081));
    assert_true(connects(place->node, place->pods[0], "10.244.1.2", 80, "10.244.1.1", 8080));
    assert_true(connects(place->pods[0], place->pods[0], "10.244.1.2", 80, "10.244.1.1", 8080)); /* itself */
    assert_true(connects(place->node, place->pods[0], "10.244.1.2", 82, "127.0.0.1", 8081));
    assert_true(connects(place->node, place->pods[0], "10.244.1.2", 80, "127.0.0.1", 8080));
    expect_done(place, "DEL", "one", 0, "");
    assert_false(connects(place->pods[1], place->pods[0], "0.0.0.0", 80, "10.244.1.1", 8080));
    expect_done(place, "DEL", "one", 0, "");
}

/* Runtimes undo a failed ADD by DEL: the port stays with whom it was given to. */
static void test_a_taken_host_port_stays(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    static const char port[] =
        ",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\"}]}";
    expect_address(call(place, "ADD", "one", 0, port, 0), "10.244.1.2/32");
    yyjson_doc *refused = call(place, "ADD", "two", 1, port, 1);
    assert_non_null(strstr(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(refused), "msg")), "one may be taken"));
    yyjson_doc_free(refused);
    expect_done(place, "DEL", "two", 1, port);
    assert_true(connects(place->node, place->pods[0], "10.244.1.2", 80, "10.244.1.1", 8080));
    yyjson_doc_free(call(place, "ADD", "two", 1, port, 1));
    expect_done(place, "DEL", "two", 1, port);
    expect_done(place, "DEL", "one", 0, port);
    expect_address(call(place, "ADD", "two", 1, port, 0), "10.244.1.5/32");
    expect_done(place, "DEL", "two", 1, port);
}

/* The pod's namespace stays while its containers change: the link of the one before must go. */
static void add_anew(struct place *place, const char *container, const char *expected)
{
    struct error err = { 0 };
    struct netlink *netlink;
    int index;
    assert_int_equal(netlink_open(place->pods[0], &netlink, &err), 0);
    if (netlink_find_link(netlink, "eth0", &index, NULL, NULL) == 0)
        netlink_delete_link(netlink, index);
    assert_int_equal(netlink_commit(netlink, &err), 0);
    netlink_close(netlink);
    expect_address(call(place, "ADD", container, 0, "", 0), expected);
}

static void test_range_is_used_up_and_collected(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    char name[16], path[160];
    snprintf(path, sizeof(path), "%s/net", place->directory);
    add_anew(place, "c0", "10.244.1.2/32");
    expect_done(place, "DEL", "c0", -1, "");
    /* An address rests: the next pod gets another one. */
    for (int i = 1; i <= 5; i++) {
        static const char *const expected[] = { "10.244.1.3/32", "10.244.1.4/32", "10.244.1.5/32", "10.244.1.6/32",
                                                "10.244.1.2/32" };
        snprintf(name, sizeof(name), "c%d", i);
        add_anew(place, name, expected[i - 1]);
    }
    expect_code(call(place, "ADD", "c6", 0, "", 1), CNI_FAILED);
    /* A crash left a reservation whose way back is missing; collection finds it all the same. */
    char back[200];
    snprintf(back, sizeof(back), "%s/by-c2@eth0", path);
    assert_int_equal(unlink(back), 0);
    expect_done(place, "GC", "", -1, ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c5\",\"ifname\":\"eth0\"}]");
    add_anew(place, "c6", "10.244.1.3/32");
    expect_done(place, "STATUS", "", -1, "");
}

static void test_loopback(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    expect_address(call(place, "ADD", "lo", 0, "", 0), "127.0.0.1/8");
    expect_done(place, "CHECK", "lo", 0, "");
    expect_done(place, "DEL", "lo", -1, "");
    expect_code(call(place, "ADD", "lo", -1, "", 1), CNI_INVALID_ENVIRONMENT);
    expect_code(call(place, "ADD", "lo", 0, "}", 1), CNI_INCOMPATIBLE_VERSION);
    assert_true(connects(place->pods[0], place->pods[0], "127.0.0.1", 80, "127.0.0.1", 80));
}

static void test_refusals(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    expect_code(call(place, "ADD", "bad/id", 0, "", 1), CNI_INVALID_ENVIRONMENT);
    expect_code(call(place, "ADD", "one", -1, "", 1), CNI_INVALID_ENVIRONMENT);
    expect_code(call(place, "JUMP", "one", 0, "", 1), CNI_INVALID_ENVIRONMENT);
    expect_code(call(place, "ADD", "one", 0, "}", 1), CNI_DECODING_FAILURE);
    expect_code(call(place, "ADD", "one", 0, ",\"subnet\":\"10.0.0.0/24\"", 1), CNI_INVALID_CONFIG);
    yyjson_doc *doc = call(place, "VERSION", "", -1, "", 0);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(yyjson_doc_get_root(doc), "supportedVersions")), 5);
    yyjson_doc_free(doc);
}

static void test_versions(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct cni_config config;
    enum cni_code code;
    struct error err = { 0 };
    assert_int_equal(cni_config_parse(STR("{\"cniVersion\":\"0.2.0\",\"name\":\"n\",\"subnet\":\"10.0.0.0/24\"}"),
                                      &arena, &config, &code, &err),
                     -ERROR_INVALID);
    assert_int_equal(code, CNI_INCOMPATIBLE_VERSION);
    assert_int_equal(
        cni_config_parse(STR("{\"cniVersion\":\"0.4.0\",\"name\":\"n\",\"ipam\":{\"dataDir\":\"/x\",\"ranges\":"
                             "[[{\"subnet\":\"10.1.0.0/24\",\"gateway\":\"10.1.0.9\"}],"
                             "[{\"subnet\":\"fd00::/64\"}]]}}"),
                         &arena, &config, &code, &err),
        0);
    assert_int_equal(config.n_subnets, 2);
    assert_int_equal(config.subnets[0].gateway.bytes[3], 9);
    assert_string_equal(config.data_directory, "/x");
}

static void test_conflist(void **state)
{
    (void)state;
    char path[] = "/tmp/coracle-conflist-XXXXXX";
    int fd = mkstemp(path);
    struct ip_prefix subnet = { ip_v4(10, 244, 3, 0), 24 };
    struct error err = { 0 };
    assert_int_equal(
        cni_write_conflist(path, &(struct cni_conflist){ .data_directory = "/d", .subnets = &subnet, .n_subnets = 1 },
                           &err),
        0);
    close(fd);
    yyjson_doc *doc = yyjson_read_file(path, 0, NULL, NULL);
    yyjson_val *plugin = yyjson_arr_get_first(yyjson_obj_get(yyjson_doc_get_root(doc), "plugins"));
    assert_string_equal(yyjson_get_str(yyjson_obj_get(plugin, "type")), "coracle-cni");
    assert_string_equal(yyjson_get_str(yyjson_arr_get_first(yyjson_obj_get(plugin, "subnets"))), "10.244.3.0/24");
    yyjson_doc_free(doc);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pods_reach_each_other, enter, leave),
        cmocka_unit_test_setup_teardown(test_host_ports, enter, leave),
        cmocka_unit_test_setup_teardown(test_a_taken_host_port_stays, enter, leave),
        cmocka_unit_test_setup_teardown(test_range_is_used_up_and_collected, enter, leave),
        cmocka_unit_test_setup_teardown(test_loopback, enter, leave),
        cmocka_unit_test_setup_teardown(test_refusals, enter, leave),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_conflist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
