/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store_bench - durable writes a second, beside what the disk itself does in the same run: one fdatasync for each
 * 4 KB written over a preallocated file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/system/file.h"
#include "report.h"
#include "store/store.h"

#define SECONDS     2
#define VALUE_SIZE  700 /* a small pod */
#define SAMPLES_MAX 200000

struct samples {
    usec_t spans[SAMPLES_MAX];
    size_t count;
};

struct run {
    struct loop *loop;
    struct store *store;
    struct bytes *value;
    struct samples *samples;
    usec_t end;
    size_t puts;
};

struct writer {
    struct store_write write;
    struct run *run;
    usec_t began;
    char key[64];
};

static usec_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_nsec / 1000;
}

static void add_sample(struct samples *samples, usec_t span)
{
    if (samples->count < SAMPLES_MAX)
        samples->spans[samples->count++] = span;
}

static int by_span(const void *a, const void *b)
{
    usec_t left = *(const usec_t *)a, right = *(const usec_t *)b;
    return left < right ? -1 : left > right;
}

/* Sorts and forgets the samples. */
static double take_median(struct samples *samples)
{
    qsort(samples->spans, samples->count, sizeof(*samples->spans), by_span);
    double median = samples->count == 0 ? 0 : (double)samples->spans[samples->count / 2];
    samples->count = 0;
    return median;
}

struct figures {
    double rate;   /* a second */
    double median; /* microseconds */
};

static struct figures measure_floor(const char *directory, struct samples *samples)
{
    char path[128];
    static char block[4096];
    const size_t size = (size_t)16 << 20;
    snprintf(path, sizeof(path), "%s/floor", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        abort();
    for (size_t offset = 0; offset < size; offset += sizeof(block))
        if (pwrite(fd, block, sizeof(block), (off_t)offset) < 0)
            abort();
    fsync(fd);
    usec_t began = now(), last = began;
    size_t count = 0;
    for (; last - began < SECONDS * USEC_PER_SEC; count++) {
        block[0] = (char)count;
        if (pwrite(fd, block, sizeof(block), (off_t)(count * sizeof(block) % size)) < 0 || fdatasync(fd) < 0)
            abort();
        usec_t moment = now();
        add_sample(samples, moment - last);
        last = moment;
    }
    close(fd);
    double rate = (double)count * USEC_PER_SEC / (double)(last - began);
    return (struct figures){ rate, take_median(samples) };
}

static void on_done(struct store_write *write)
{
    struct writer *writer = container_of(write, struct writer, write);
    struct run *run = writer->run;
    usec_t moment = now();
    if (write->rc < 0) {
        fprintf(stderr, "%s\n", write->err.message);
        exit(1);
    }
    add_sample(run->samples, moment - writer->began);
    run->puts++;
    if (moment >= run->end)
        return;
    write->operation = STORE_UPDATE;
    writer->began = moment;
    store_write_start(run->store, write);
}

static void measure_writers(struct run *run, size_t count, struct figures floor)
{
    struct writer *writers = memory_zalloc(count * sizeof(*writers));
    usec_t began = now();
    run->end = began + SECONDS * USEC_PER_SEC;
    run->puts = 0;
    for (size_t i = 0; i < count; i++) {
        struct writer *writer = &writers[i];
        writer->run = run;
        writer->began = now();
        snprintf(writer->key, sizeof(writer->key), "/registry/pods/default/writers-%zu-%zu", count, i);
        writer->write = (struct store_write){
            .operation = STORE_CREATE, .key = str_of(writer->key), .value = run->value, .done = on_done
        };
        store_write_start(run->store, &writer->write);
    }
    loop_run(run->loop);
    char name[64];
    snprintf(name, sizeof(name), "store: durable puts, %zu writer%s", count, count == 1 ? "" : "s");
    report(name, (double)run->puts * USEC_PER_SEC / (double)(now() - began), "/s", "fdatasync of 4 KB", floor.rate, "");
    double median = take_median(run->samples);
    if (count == 1)
        report("store: one writer, median", median, "us", "fdatasync of 4 KB", floor.median, "ratio <= 2");
    free(writers);
}

int main(int argc, char **argv)
{
    char directory[128];
    snprintf(directory, sizeof(directory), "%s/store-bench-XXXXXX", argc > 1 ? argv[1] : "/var/tmp");
    struct error err = { 0 };
    struct run run = { .samples = memory_new(struct samples), .value = bytes_create(NULL, VALUE_SIZE) };
    memset(run.value->data, 'v', VALUE_SIZE);
    if (mkdtemp(directory) == NULL || loop_create_real(&run.loop, &err) < 0 ||
        store_open_lmdb(run.loop, directory, &run.store, &err) < 0) {
        fprintf(stderr, "store_bench: %s\n", err.message);
        return 1;
    }
    struct figures floor = measure_floor(directory, run.samples);
    measure_writers(&run, 1, floor);
    measure_writers(&run, 16, floor);
    measure_writers(&run, 256, floor);
    measure_writers(&run, 4096, floor);
    store_close(run.store);
    loop_run(run.loop);
    loop_destroy(run.loop);
    bytes_unref(run.value);
    free(run.samples);
    return file_remove_tree(AT_FDCWD, directory, &err) < 0;
}
