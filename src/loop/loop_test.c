/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop/loop.h"
#include "loop/loop_thread.h"

#define START ((usec_t)1700000000 * USEC_PER_SEC)

/* What happened, in order: every test writes letters here. */
struct trace {
    struct loop *loop;
    char text[64];
};

static void note(struct trace *trace, char letter)
{
    size_t length = strlen(trace->text);
    assert_true(length + 1 < sizeof(trace->text));
    trace->text[length] = letter;
}

struct step {
    struct trace *trace;
    struct loop_timer timer;
    struct loop_task task;
    struct loop_work work;
    char letter;
    struct step *then; /* deferred when this runs */
    usec_t again;      /* restarts the timer that often apart, up to three times */
    int runs;
    bool stops;
};

static void run_step(struct step *step)
{
    note(step->trace, step->letter);
    step->runs++;
    if (step->then != NULL)
        loop_defer(step->trace->loop, &step->then->task);
    if (step->again > 0 && step->runs < 3)
        loop_timer_start(step->trace->loop, &step->timer, step->again);
    if (step->stops)
        loop_stop(step->trace->loop);
}

static void on_timer(struct loop_timer *timer)
{
    run_step(container_of(timer, struct step, timer));
}

static void on_task(struct loop_task *task)
{
    run_step(container_of(task, struct step, task));
}

static void do_work(struct loop_work *work)
{
    container_of(work, struct step, work)->runs += 10;
}

static void on_work_done(struct loop_work *work)
{
    run_step(container_of(work, struct step, work));
}

static struct step step_of(struct trace *trace, char letter)
{
    return (struct step){ .trace = trace,
                          .letter = letter,
                          .timer.callback = on_timer,
                          .task.callback = on_task,
                          .work = { .work = do_work, .done = on_work_done } };
}

static struct loop *create_real(void)
{
    struct loop *loop = NULL;
    struct error err = { 0 };
    assert_int_equal(loop_create_real(&loop, &err), 0);
    return loop;
}

/* The same behaviour is asked of both drivers. */
static void check_order(struct loop *loop)
{
    struct trace trace = { .loop = loop };
    struct step a = step_of(&trace, 'a'), b = step_of(&trace, 'b'), c = step_of(&trace, 'c'), d = step_of(&trace, 'd'),
                e = step_of(&trace, 'e'), gone = step_of(&trace, 'x'), work = step_of(&trace, 'w');
    loop_timer_start(loop, &c.timer, 3000);
    loop_timer_start(loop, &b.timer, 2000);
    loop_timer_start(loop, &d.timer, 3000); /* the same moment as c at the soonest, set later */
    loop_timer_start(loop, &gone.timer, 1000);
    assert_true(loop_timer_running(&gone.timer));
    loop_timer_stop(&gone.timer);
    loop_timer_stop(&gone.timer);
    assert_false(loop_timer_running(&gone.timer));
    loop_defer(loop, &a.task);
    loop_defer(loop, &a.task); /* queued once */
    loop_defer(loop, &gone.task);
    loop_cancel(loop, &gone.task);
    d.then = &e;
    loop_run(loop);
    assert_string_equal(trace.text, "abcde");

    memset(trace.text, 0, sizeof(trace.text));
    struct step ticks = step_of(&trace, 't');
    ticks.again = 1500;
    loop_timer_start(loop, &ticks.timer, -5);
    loop_run(loop);
    assert_string_equal(trace.text, "ttt");

    memset(trace.text, 0, sizeof(trace.text));
    loop_work_start(loop, &work.work);
    loop_run(loop);
    assert_string_equal(trace.text, "w");
    assert_int_equal(work.runs, 11);
}

static void check_stop(struct loop *loop)
{
    struct trace trace = { .loop = loop };
    struct step a = step_of(&trace, 'a'), b = step_of(&trace, 'b');
    a.stops = true;
    loop_defer(loop, &a.task);
    loop_defer(loop, &b.task);
    loop_run(loop);
    assert_string_equal(trace.text, "a");
    loop_run(loop); /* goes on where it stopped */
    assert_string_equal(trace.text, "ab");
    loop_stop(loop);
    a.stops = false;
    loop_defer(loop, &a.task);
    loop_run(loop);
    assert_string_equal(trace.text, "ab");
    loop_run(loop);
    assert_string_equal(trace.text, "aba");
}

static void test_virtual(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(START, 1);
    check_order(loop);
    check_stop(loop);
    struct loop_poll *poll = NULL;
    struct error err = { 0 };
    assert_int_equal(loop_poll_open(loop, 0, NULL, NULL, &poll, &err), -ERROR_UNSUPPORTED);
    loop_destroy(loop);
    loop_destroy(NULL);
}

static void test_virtual_clock_jumps(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(START, 1);
    struct trace trace = { .loop = loop };
    struct step hour = step_of(&trace, 'h'), day = step_of(&trace, 'd');
    usec_t began = loop_monotonic(loop);
    loop_timer_start(loop, &day.timer, 24 * 3600 * USEC_PER_SEC);
    loop_timer_start(loop, &hour.timer, 3600 * USEC_PER_SEC);
    loop_run_until(loop, START + 3600 * USEC_PER_SEC - 1);
    assert_string_equal(trace.text, "");
    loop_run_until(loop, START + 3600 * USEC_PER_SEC);
    assert_string_equal(trace.text, "h");
    loop_run_until(loop, START + 7200 * USEC_PER_SEC);
    assert_true(loop_now(loop) == START + 7200 * USEC_PER_SEC);
    assert_true(loop_monotonic(loop) - began == 7200 * USEC_PER_SEC);
    loop_run(loop);
    assert_string_equal(trace.text, "hd");
    assert_true(loop_now(loop) == START + 86400 * USEC_PER_SEC);
    loop_destroy(loop);
}

static void dawdle(struct loop_timer *timer)
{
    (void)timer;
    usleep(5000); /* longer than the other timer's delay: that one is due before the loop polls again */
}

static void stop_loop(struct loop_timer *timer)
{
    loop_stop(timer->loop);
}

/* The second timer came due while the first one's callback ran; with nothing else to wake the loop it was lost. */
static void test_timer_that_comes_due_during_a_callback(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct error err = { 0 };
    assert_int_equal(loop_create_real(&loop, &err), 0);
    struct loop_timer first = { .callback = dawdle }, second = { .callback = stop_loop };
    loop_hold(loop);
    loop_timer_start(loop, &first, 1000);
    loop_timer_start(loop, &second, 3000);
    alarm(10); /* a lost timer would wait for ever */
    loop_run(loop);
    alarm(0);
    loop_release(loop);
    loop_destroy(loop);
}

struct relay {
    struct loop_task task;
    struct loop *loop;
    int left;
};

static void pass_on(struct loop_task *task)
{
    struct relay *relay = container_of(task, struct relay, task);
    if (relay->left-- > 0)
        loop_defer(relay->loop, task);
}

/* A task that defers another, which defers a third, takes one turn of the loop; one that goes on for ever keeps no timer. */
static void test_relay(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct error err = { 0 };
    assert_int_equal(loop_create_real(&loop, &err), 0);
    struct relay relay = { .task.callback = pass_on, .loop = loop, .left = 2 };
    loop_defer(loop, &relay.task);
    loop_run(loop);
    assert_int_equal(relay.left, -1);
    assert_int_equal(loop_wakeups(loop), 1);
    struct loop_timer timer = { .callback = stop_loop };
    relay.left = INT32_MAX;
    loop_defer(loop, &relay.task);
    loop_timer_start(loop, &timer, 2000);
    alarm(10);
    loop_run(loop);
    alarm(0);
    assert_true(relay.left > 0);
    loop_cancel(loop, &relay.task);
    loop_destroy(loop);
}

static void measure(struct loop_timer *timer)
{
    struct loop *loop = timer->loop;
    usec_t turn = loop_monotonic(loop), before = loop_stopwatch(loop), after = before;
    while (after == before) /* its clock has microseconds */
        after = loop_stopwatch(loop);
    assert_true(before >= turn && after > before);
    assert_int_equal(loop_monotonic(loop), turn);
    loop_stop(loop);
}

/* What takes long within a turn is measured by a clock that goes on; the turn's own stands still. */
static void test_stopwatch(void **state)
{
    struct loop_timer timer = { .callback = measure };
    struct loop *loop;
    struct error err;
    (void)state;
    assert_int_equal(loop_create_real(&loop, &err), 0);
    loop_timer_start(loop, &timer, 0);
    loop_run(loop);
    loop_destroy(loop);
}

static void test_same_seed_same_numbers(void **state)
{
    (void)state;
    struct loop *one = loop_create_virtual(START, 42), *two = loop_create_virtual(START, 42);
    for (int i = 0; i < 100; i++)
        assert_true(random_next(loop_random(one)) == random_next(loop_random(two)));
    loop_destroy(one);
    loop_destroy(two);
}

static void test_real(void **state)
{
    (void)state;
    struct loop *loop = create_real();
    usec_t before = loop_monotonic(loop);
    check_order(loop);
    assert_true(loop_monotonic(loop) - before >= 6000);
    check_stop(loop);
    assert_true(loop_wakeups(loop) > 0 && loop_wakeups(loop) < 100);
    assert_true(loop_now(loop) > START);
    loop_destroy(loop);
}

/* --- posts from threads --- */

enum { THREADS = 4, POSTS = 500 };

struct posting {
    struct loop *loop;
    struct loop_task task;
    int *total;
    int *threads_left;
    bool last;
};

static void on_post(struct loop_task *task)
{
    struct posting *posting = container_of(task, struct posting, task);
    ++*posting->total;
    if (posting->last && --*posting->threads_left == 0)
        loop_release(posting->loop);
}

static void *post_many(void *argument)
{
    struct posting *postings = argument;
    for (int i = 0; i < POSTS; i++)
        loop_post(postings[i].loop, &postings[i].task);
    return NULL;
}

static void test_posts_from_threads(void **state)
{
    (void)state;
    static struct posting postings[THREADS][POSTS];
    struct loop *loop = create_real();
    int total = 0, left = THREADS;
    pthread_t threads[THREADS];
    loop_hold(loop);
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < POSTS; j++)
            postings[i][j] = (struct posting){ loop, { .callback = on_post }, &total, &left, j == POSTS - 1 };
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, postings[i]), 0);
    }
    loop_run(loop);
    assert_int_equal(total, THREADS * POSTS);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    loop_destroy(loop);
}

/* --- descriptors --- */

struct reader {
    struct loop_poll *poll;
    int fd;
    char text[16];
    size_t size;
};

static void on_readable(void *context, int events)
{
    struct reader *reader = context;
    assert_int_equal(events, LOOP_READABLE);
    ssize_t count = read(reader->fd, reader->text + reader->size, 1); /* one byte a time: level triggered */
    assert_true(count >= 0);
    if (count == 0) {
        loop_poll_close(reader->poll);
        close(reader->fd);
        return;
    }
    reader->size += (size_t)count;
}

enum { PASSES = 2000, WORKS = 32 };

struct ball {
    struct loop_task task;
    struct loop *home, *away;
    int passes;
    bool is_home;
};

/* There and back: each post finds a loop that waits, begins to wait, or has just been woken. */
static void pass_ball(struct loop_task *task)
{
    struct ball *ball = container_of(task, struct ball, task);
    ball->is_home = !ball->is_home;
    if (ball->is_home && ++ball->passes == PASSES) {
        loop_stop(ball->home);
        return;
    }
    loop_post(ball->is_home ? ball->away : ball->home, task);
}

static void test_no_post_is_lost(void **state)
{
    (void)state;
    struct error err = { 0 };
    struct loop_thread *thread = NULL;
    struct loop *loop = create_real();
    assert_int_equal(loop_thread_create(loop, "away", &thread, &err), 0);
    struct ball balls[3];
    loop_hold(loop);
    alarm(60);
    for (size_t i = 0; i < countof(balls); i++) {
        balls[i] = (struct ball){
            .task.callback = pass_ball, .home = loop, .away = loop_thread_loop(thread), .is_home = true
        };
        loop_post(balls[i].away, &balls[i].task);
    }
    for (size_t ended = 0; ended < countof(balls);) {
        loop_run(loop);
        ended = 0;
        for (size_t i = 0; i < countof(balls); i++)
            ended += balls[i].passes == PASSES;
    }
    alarm(0);
    loop_release(loop);
    loop_thread_destroy(thread);
    loop_destroy(loop);
}

static void test_more_works_than_threads(void **state)
{
    (void)state;
    struct loop *loop = create_real();
    struct trace trace = { .loop = loop };
    struct step steps[WORKS];
    for (int i = 0; i < WORKS; i++) {
        steps[i] = step_of(&trace, 'w');
        loop_work_start(loop, &steps[i].work);
    }
    loop_run(loop); /* the works hold it open */
    for (int i = 0; i < WORKS; i++)
        assert_int_equal(steps[i].runs, 11);
    steps[0].runs = 0;
    loop_work_start(loop, &steps[0].work); /* again, by a thread that was idle */
    loop_run(loop);
    assert_int_equal(steps[0].runs, 11);
    loop_destroy(loop);
}

static void test_poll(void **state)
{
    (void)state;
    struct loop *loop = create_real();
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct reader reader = { .fd = fds[0] };
    struct error err = { 0 };
    assert_int_equal(loop_poll_open(loop, fds[0], on_readable, &reader, &reader.poll, &err), 0);
    loop_run(loop); /* nothing wanted: nothing can happen */
    loop_poll_want(reader.poll, LOOP_READABLE);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    close(fds[1]);
    loop_run(loop);
    assert_string_equal(reader.text, "hello");
    loop_destroy(loop);
}

struct late {
    struct loop_task task;
    struct loop_timer timer;
    struct loop *loop;
    struct reader *reader;
};

static void on_late_task(struct loop_task *task)
{
    struct late *late = container_of(task, struct late, task);
    loop_timer_start(late->loop, &late->timer, USEC_PER_MSEC);
    struct timespec began, now; /* longer than the timer, within one turn */
    clock_gettime(CLOCK_MONOTONIC, &began);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 < 5);
}

static void on_late_timer(struct loop_timer *timer)
{
    struct late *late = container_of(timer, struct late, timer);
    loop_poll_close(late->reader->poll);
}

/* libuv runs its timer before it waits: the wait that follows must not be for ever. */
static void test_timer_due_before_the_wait(void **state)
{
    (void)state;
    struct loop *loop = create_real();
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct reader reader = { .fd = fds[0] };
    struct error err = { 0 };
    assert_int_equal(loop_poll_open(loop, fds[0], on_readable, &reader, &reader.poll, &err), 0);
    loop_poll_want(reader.poll, LOOP_READABLE); /* something else that could happen, but does not */
    struct late late = {
        .task.callback = on_late_task, .timer.callback = on_late_timer, .loop = loop, .reader = &reader
    };
    loop_defer(loop, &late.task);
    alarm(10);
    loop_run(loop);
    alarm(0);
    close(fds[0]);
    close(fds[1]);
    loop_destroy(loop);
}

static void on_hangup(void *context, int events)
{
    struct reader *reader = context;
    assert_int_equal(events, LOOP_WRITABLE);
    assert_int_equal(write(reader->fd, "x", 1), -1); /* the error is met where it belongs */
    if (++reader->size == 2)
        loop_poll_close(reader->poll);
}

static void test_poll_tells_errors(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    struct loop *loop = create_real();
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    close(fds[0]);
    struct reader reader = { .fd = fds[1] };
    struct error err = { 0 };
    assert_int_equal(loop_poll_open(loop, fds[1], on_hangup, &reader, &reader.poll, &err), 0);
    loop_poll_want(reader.poll, LOOP_WRITABLE);
    loop_run(loop);
    assert_int_equal(reader.size, 2);
    close(fds[1]);
    loop_destroy(loop);
}

/* --- processes and signals --- */

struct child {
    struct loop_process *process;
    int exit_status;
    int signal;
    int ends;
};

static void on_exited(void *context, int exit_status, int number)
{
    struct child *child = context;
    child->exit_status = exit_status;
    child->signal = number;
    child->ends++;
    assert_int_equal(loop_process_signal(child->process, SIGTERM, NULL), -ERROR_NOT_FOUND);
    loop_process_close(child->process);
}

static int start(struct loop *loop, const char *const *argv, int output, struct child *child, struct error *err)
{
    const char *env[] = { "GREETING=hello", NULL };
    struct loop_process_options options = { .argv = argv,
                                            .env = env,
                                            .directory = "/",
                                            .stdio = { -1, output, -1 },
                                            .new_session = true,
                                            .exited = on_exited,
                                            .context = child };
    return loop_process_start(loop, &options, &child->process, err);
}

static void test_process(void **state)
{
    (void)state;
    struct loop *loop = create_real();
    struct error err = { 0 };
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct child exits = { 0 }, killed = { 0 }, absent = { 0 }, orphan = { 0 };
    assert_int_equal(
        start(loop, (const char *[]){ "sh", "-c", "echo $GREETING from $(pwd); exit 7", NULL }, fds[1], &exits, &err),
        0);
    assert_int_equal(start(loop, (const char *[]){ "sleep", "100", NULL }, -1, &killed, &err), 0);
    assert_true(loop_process_pid(killed.process) > 0);
    assert_int_equal(loop_process_signal(killed.process, SIGTERM, &err), 0);
    assert_true(start(loop, (const char *[]){ "/no/such/program", NULL }, -1, &absent, &err) < 0);
    assert_non_null(strstr(err.message, "/no/such/program"));
    assert_int_equal(start(loop, (const char *[]){ "sleep", "0.01", NULL }, -1, &orphan, &err), 0);
    loop_process_close(orphan.process);
    loop_run(loop);
    close(fds[1]);
    char text[32] = "";
    assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
    close(fds[0]);
    assert_string_equal(text, "hello from /\n");
    assert_int_equal(exits.exit_status, 7);
    assert_int_equal(exits.ends, 1);
    assert_int_equal(killed.signal, SIGTERM);
    assert_int_equal(orphan.ends, 0);
    loop_process_close(NULL);
    loop_destroy(loop);
}

static void on_signal(void *context, int number)
{
    struct loop_signal **signal = context;
    assert_int_equal(number, SIGUSR1);
    loop_signal_close(*signal);
    *signal = NULL;
}

static void test_signal(void **state)
{
    (void)state;
    struct loop *loop = create_real();
    struct loop_signal *signal = NULL;
    struct error err = { 0 };
    assert_int_equal(loop_signal_open(loop, SIGUSR1, on_signal, &signal, &signal, &err), 0);
    raise(SIGUSR1);
    loop_run(loop);
    assert_null(signal);
    loop_signal_close(NULL);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virtual),
        cmocka_unit_test(test_virtual_clock_jumps),
        cmocka_unit_test(test_timer_that_comes_due_during_a_callback),
        cmocka_unit_test(test_relay),
        cmocka_unit_test(test_stopwatch),
        cmocka_unit_test(test_same_seed_same_numbers),
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_posts_from_threads),
        cmocka_unit_test(test_no_post_is_lost),
        cmocka_unit_test(test_more_works_than_threads),
        cmocka_unit_test(test_poll),
        cmocka_unit_test(test_timer_due_before_the_wait),
        cmocka_unit_test(test_poll_tells_errors),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
