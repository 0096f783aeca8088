/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/namespace.h"
#include "net/settle_test.h"
#include "net/stream.h"

struct end {
    struct stream *stream;
    struct buffer got;
    bool ended, failed, drained;
    size_t stop_at; /* stops reading once that much has come */
    struct error err;
};

static void end_read(void *context, struct str bytes)
{
    struct end *end = context;
    if (bytes.size == 0)
        end->ended = true;
    buffer_append_str(&end->got, bytes);
    if (end->stop_at > 0 && end->got.size >= end->stop_at)
        stream_read_stop(end->stream);
}

static void end_drained(void *context)
{
    ((struct end *)context)->drained = true;
}

static void end_failed(void *context, const struct error *err)
{
    struct end *end = context;
    end->failed = true;
    end->err = *err;
}

static const struct stream_events end_events = { .read = end_read, .drained = end_drained, .failed = end_failed };

static void end_take(struct end *end, struct stream *stream)
{
    end->stream = stream;
    stream_set_events(stream, &end_events, end);
    stream_read_start(stream);
}

static void end_fini(struct end *end)
{
    stream_close(end->stream, false);
    buffer_fini(&end->got);
}

static struct loop *real_loop(void)
{
    struct loop *loop;
    struct error err;
    assert_int_equal(loop_create_real(&loop, &err), 0);
    return loop;
}

/* Pairs as each driver makes them, so that one set of tests fits all. */
static void memory_ends(struct loop *loop, struct stream *ends[2])
{
    stream_pair(loop, ends);
}

static void socket_ends(struct loop *loop, struct stream *ends[2])
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    ends[0] = stream_from_socket(loop, fds[0]);
    ends[1] = stream_from_socket(loop, fds[1]);
}

typedef void (*make_ends)(struct loop *loop, struct stream *ends[2]);
static const make_ends drivers[] = { memory_ends, socket_ends };

static void run_for(struct loop *loop, usec_t time)
{
    settle_loop(loop, time);
}

static void test_bytes_arrive_in_order(void **state)
{
    (void)state;
    for (size_t d = 0; d < countof(drivers); d++) {
        struct loop *loop = real_loop();
        struct stream *streams[2];
        drivers[d](loop, streams);
        struct end a = { 0 }, b = { 0 };
        end_take(&a, streams[0]);
        end_take(&b, streams[1]);
        struct bytes *shared = bytes_create(NULL, 100000);
        memset(shared->data, 'x', shared->size);
        stream_write(a.stream, STR("one "));
        stream_write_bytes(a.stream, shared);
        stream_write_slice(a.stream, shared, 10, 2);
        stream_write(a.stream, STR("two"));
        stream_write_end(a.stream);
        stream_write(b.stream, STR("answer"));
        assert_int_equal(b.got.size, 0); /* never from inside */
        run_for(loop, 0);
        assert_int_equal(b.got.size, 100000 + 9);
        assert_memory_equal(b.got.data, "one xx", 6);
        assert_memory_equal(b.got.data + 100004, "xxtwo", 5);
        assert_true(b.ended);
        assert_false(a.ended);
        assert_string_equal(a.got.data, "answer");
        assert_int_equal(atomic_load(&shared->ref.count), 1);
        bytes_unref(shared);
        end_fini(&a);
        end_fini(&b);
        loop_destroy(loop);
    }
}

static void test_reader_holds_back_writer(void **state)
{
    (void)state;
    for (size_t d = 0; d < countof(drivers); d++) {
        struct loop *loop = real_loop();
        struct stream *streams[2];
        drivers[d](loop, streams);
        struct end a = { 0 }, b = { .stop_at = 1 };
        end_take(&a, streams[0]);
        end_take(&b, streams[1]);
        struct bytes *large = bytes_create(NULL, (size_t)64 << 10);
        memset(large->data, 'y', large->size);
        for (int i = 0; i < 32; i++)
            stream_write_bytes(a.stream, large);
        run_for(loop, 0);
        assert_true(stream_queued(a.stream) > STREAM_HIGH_MARK);
        assert_false(a.drained);
        b.stop_at = 0;
        stream_read_start(b.stream);
        run_for(loop, 0);
        assert_true(a.drained);
        assert_int_equal(b.got.size, 32 * large->size);
        bytes_unref(large);
        end_fini(&a);
        end_fini(&b);
        loop_destroy(loop);
    }
}

static void test_flushing_close_delivers(void **state)
{
    (void)state;
    for (size_t d = 0; d < countof(drivers); d++) {
        struct loop *loop = real_loop();
        struct stream *streams[2];
        drivers[d](loop, streams);
        struct end b = { 0 };
        stream_write(streams[1], STR("unread input of the closed side"));
        stream_write(streams[0], STR("last words"));
        stream_close(streams[0], true);
        end_take(&b, streams[1]);
        run_for(loop, 0);
        assert_string_equal(b.got.data, "last words");
        assert_true(b.ended);
        assert_false(b.failed);
        end_fini(&b);
        loop_settle(loop, 10 * USEC_PER_SEC); /* not that long: the peer has gone */
        loop_destroy(loop);
    }
}

/* Its peer does not read: the loop's end is the stream's. */
static void test_loop_end_cuts_a_flushing_close(void **state)
{
    (void)state;
    struct loop *loop = real_loop();
    struct stream *streams[2];
    socket_ends(loop, streams);
    struct bytes *large = bytes_create(NULL, (size_t)4 << 20);
    memset(large->data, 'z', large->size);
    stream_write_bytes(streams[0], large);
    stream_close(streams[0], true);
    loop_settle(loop, 10 * USEC_PER_MSEC);
    assert_int_equal(atomic_load(&large->ref.count), 2);
    stream_close(streams[1], false);
    loop_destroy(loop);
    assert_int_equal(atomic_load(&large->ref.count), 1);
    bytes_unref(large);
}

static void test_write_to_closed_fails(void **state)
{
    (void)state;
    for (size_t d = 0; d < countof(drivers); d++) {
        struct loop *loop = real_loop();
        struct stream *streams[2];
        drivers[d](loop, streams);
        struct end a = { 0 };
        end_take(&a, streams[0]);
        stream_close(streams[1], false);
        run_for(loop, 0);
        assert_true(a.ended);
        stream_write(a.stream, STR("hello?"));
        run_for(loop, 0);
        assert_true(a.failed);
        assert_int_equal(a.err.code, -ERROR_CLOSED);
        end_fini(&a);
        loop_destroy(loop);
    }
}

struct meeting {
    struct loop *loop;
    struct end client, server;
    struct error err;
    int rc;
};

static void meeting_connected(void *context, struct stream *stream, const struct error *err)
{
    struct meeting *meeting = context;
    if (err != NULL) {
        meeting->err = *err;
        return;
    }
    end_take(&meeting->client, stream);
}

static void meeting_accepted(void *context, struct stream *stream)
{
    struct meeting *meeting = context;
    end_take(&meeting->server, stream);
}

/* Names are looked up on another thread, which a loop at rest does not show. */
static void wait_for(struct meeting *meeting)
{
    for (int i = 0;
         i < 500 && meeting->err.code == 0 && (meeting->client.stream == NULL || meeting->server.stream == NULL); i++)
        run_for(meeting->loop, 10 * USEC_PER_MSEC);
}

/* Listens and connects, says a word each way. */
static void meet(const char *listen_at, const char *connect_to, int network_namespace)
{
    struct meeting meeting = { .loop = real_loop() };
    struct stream_target target = { .address = listen_at, .network_namespace = network_namespace };
    struct listener *listener;
    if (listener_open(meeting.loop, &target, meeting_accepted, &meeting, &listener, &meeting.err) < 0)
        fail_msg("%s", meeting.err.message);
    char address[128];
    snprintf(address, sizeof(address), connect_to, listener_port(listener));
    target.address = address;
    stream_connect_start(meeting.loop, &target, 0, meeting_connected, &meeting);
    wait_for(&meeting);
    assert_string_equal(meeting.err.message, "");
    assert_non_null(meeting.client.stream);
    assert_non_null(meeting.server.stream);
    stream_write(meeting.client.stream, STR("to server"));
    stream_write(meeting.server.stream, STR("to client"));
    run_for(meeting.loop, 0);
    assert_string_equal(meeting.server.got.data, "to server");
    assert_string_equal(meeting.client.got.data, "to client");
    end_fini(&meeting.client);
    end_fini(&meeting.server);
    listener_close(listener);
    loop_destroy(meeting.loop);
}

static void test_tcp(void **state)
{
    (void)state;
    meet("tcp:127.0.0.1:0", "tcp:127.0.0.1:%d", -1);
    meet("tcp:127.0.0.1:0", "tcp:localhost:%d", -1);
}

static void test_unix(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "unix:/tmp/coracle-stream-test-%d.sock", (int)getpid());
    meet(path, path, -1);
    assert_int_not_equal(access(path + 5, F_OK), 0); /* the socket file went with the listener */
}

static int up_loopback(void *context)
{
    (void)context;
    return system("ip link set lo up") == 0 ? 0 : -ERROR_SYSTEM;
}

static void test_other_network_namespace(void **state)
{
    (void)state;
    struct error err;
    int fd = -1;
    if (geteuid() != 0 || namespace_create(&fd, &err) < 0 || namespace_run(fd, up_loopback, NULL, &err) < 0)
        skip();
    meet("tcp:127.0.0.1:0", "tcp:127.0.0.1:%d", fd);
    close(fd);
}

static void test_connect_failures(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        int code;
        usec_t timeout;
    } cases[] = {
        { "tcp:127.0.0.1:1", -ERROR_SYSTEM, 0 },  { "unix:/nonexistent/x.sock", -ERROR_NOT_FOUND, 0 },
        { "nonsense", -ERROR_BAD_REQUEST, 0 },    { "tcp:127.0.0.1:99999", -ERROR_BAD_REQUEST, 0 },
        { "tcp:[::1:80", -ERROR_BAD_REQUEST, 0 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct meeting meeting = { .loop = real_loop() };
        struct stream_target target = { .address = cases[i].address };
        stream_connect_start(meeting.loop, &target, cases[i].timeout, meeting_connected, &meeting);
        wait_for(&meeting);
        assert_int_equal(meeting.err.code, cases[i].code);
        loop_destroy(meeting.loop);
    }
}

static void test_cancelled_connect_is_silent(void **state)
{
    (void)state;
    struct meeting meeting = { .loop = real_loop() };
    struct stream_target target = { .address = "tcp:localhost:1" };
    stream_connect_cancel(stream_connect_start(meeting.loop, &target, 0, meeting_connected, &meeting));
    run_for(meeting.loop, 100 * USEC_PER_MSEC);
    assert_int_equal(meeting.err.code, 0);
    assert_null(meeting.client.stream);
    loop_destroy(meeting.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_arrive_in_order),
        cmocka_unit_test(test_reader_holds_back_writer),
        cmocka_unit_test(test_flushing_close_delivers),
        cmocka_unit_test(test_loop_end_cuts_a_flushing_close),
        cmocka_unit_test(test_write_to_closed_fails),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_other_network_namespace),
        cmocka_unit_test(test_connect_failures),
        cmocka_unit_test(test_cancelled_connect_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
