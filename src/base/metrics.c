/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* metrics.c - see the header. The lock guards which metrics there are; their values are atomic. */
#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container/list.h"
#include "base/container/map.h"
#include "base/memory.h"

enum { NUMBER_SIZE = 32, LABELS_MAX = 4096 };

struct metric {
    struct map_node node; /* in family_metrics.metrics */
    const struct metric_family *family;
    char *labels;                   /* a="b",c="d" */
    atomic_uint_fast64_t value;     /* the bits of a double */
    atomic_uint_fast64_t age_count; /* not 0: the value is their age */
    _Atomic usec_t age_sum;
    atomic_uint_fast64_t count;
    atomic_uint_fast64_t buckets[]; /* not cumulative */
};

struct family_metrics {
    struct map_node node; /* in metrics.families */
    const struct metric_family *family;
    struct map metrics;
};

struct metrics {
    pthread_mutex_t lock;
    struct map families;
    size_t count;
};

struct metrics *metrics_create(void)
{
    struct metrics *metrics = memory_new(struct metrics);
    pthread_mutex_init(&metrics->lock, NULL);
    map_init(&metrics->families);
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    struct family_metrics *family;
    map_for_each (&metrics->families, family, node) {
        struct metric *metric;
        map_for_each (&family->metrics, metric, node) {
            map_remove(&family->metrics, &metric->node);
            free(metric->labels);
            free(metric);
        }
        map_fini(&family->metrics);
        map_remove(&metrics->families, &family->node);
        free(family);
    }
    map_fini(&metrics->families);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* ---------------------------------------------------------------- finding */

static size_t append(char *text, size_t size, size_t at, char c)
{
    if (at + 1 < size)
        text[at++] = c;
    return at;
}

static size_t append_value(char *text, size_t size, size_t at, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n')
            at = append(text, size, at, '\\');
        at = append(text, size, at, *value == '\n' ? 'n' : *value);
    }
    return at;
}

static void write_labels(const struct metric_family *family, const char *const *values, char text[LABELS_MAX])
{
    size_t at = 0;
    for (size_t i = 0; family->labels != NULL && family->labels[i] != NULL; i++) {
        if (i > 0)
            at = append(text, LABELS_MAX, at, ',');
        at = append_value(text, LABELS_MAX, at, family->labels[i]);
        at = append(text, LABELS_MAX, at, '=');
        at = append(text, LABELS_MAX, at, '"');
        at = append_value(text, LABELS_MAX - 8, at, values[i] == NULL ? "" : values[i]);
        at = append(text, LABELS_MAX, at, '"');
    }
    text[at] = '\0';
}

static struct family_metrics *get_family(struct metrics *metrics, const struct metric_family *family)
{
    struct family_metrics *found =
        map_find_entry(&metrics->families, str_of(family->name), struct family_metrics, node);
    if (found != NULL)
        return found;
    found = memory_new(struct family_metrics);
    found->family = family;
    map_init(&found->metrics);
    map_insert(&metrics->families, str_of(family->name), &found->node);
    return found;
}

struct metric *metrics_get(struct metrics *metrics, const struct metric_family *family, const char *const *values)
{
    if (metrics == NULL)
        return NULL;
    char labels[LABELS_MAX];
    write_labels(family, values, labels);
    pthread_mutex_lock(&metrics->lock);
    struct family_metrics *all = get_family(metrics, family);
    struct metric *metric = map_find_entry(&all->metrics, str_of(labels), struct metric, node);
    if (metric == NULL && metrics->count < METRICS_MAX) {
        metric = memory_zalloc(sizeof(*metric) + (family->n_bounds + 1) * sizeof(metric->buckets[0]));
        metric->family = family;
        metric->labels = memory_strdup(labels);
        map_insert(&all->metrics, str_of(metric->labels), &metric->node);
        metrics->count++;
    }
    pthread_mutex_unlock(&metrics->lock);
    return metric;
}

/* ---------------------------------------------------------------- changing */

static double to_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static double load(const struct metric *metric)
{
    return to_double(atomic_load(&metric->value));
}

void metric_add(struct metric *metric, double amount)
{
    if (metric == NULL)
        return;
    uint_fast64_t old = atomic_load(&metric->value);
    while (!atomic_compare_exchange_weak(&metric->value, &old, to_bits(to_double(old) + amount)))
        continue;
}

void metric_set(struct metric *metric, double value)
{
    if (metric != NULL)
        atomic_store(&metric->value, to_bits(value));
}

void metric_observe(struct metric *metric, double value)
{
    if (metric == NULL)
        return;
    const struct metric_family *family = metric->family;
    size_t i = 0;
    while (i < family->n_bounds && value > family->bounds[i])
        i++;
    atomic_fetch_add(&metric->buckets[i], 1);
    atomic_fetch_add(&metric->count, 1);
    metric_add(metric, value);
}

void metric_set_age(struct metric *metric, uint64_t count, usec_t sum)
{
    if (metric == NULL)
        return;
    metric->age_sum = sum;
    atomic_store(&metric->age_count, count);
}

double metric_value(const struct metric *metric)
{
    return metric == NULL ? 0 : load(metric);
}

uint64_t metric_count(const struct metric *metric)
{
    return metric == NULL ? 0 : atomic_load(&metric->count);
}

/* ---------------------------------------------------------------- writing */

/* The fewest digits that mean this number, with an exponent where Go would write one: parsers compare "le" as text. */
static void format_number(double value, bool is_bound, char text[NUMBER_SIZE])
{
    int digits = 1, exponent = 0;
    if (isinf(value) || isnan(value)) {
        snprintf(text, NUMBER_SIZE, "%s", isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    do
        snprintf(text, NUMBER_SIZE, "%.*e", digits - 1, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    exponent = atoi(strchr(text, 'e') + 1);
    if (exponent < -4 || exponent >= (is_bound ? 6 : 15)) /* of values, whole numbers stay readable */
        return;
    int decimals = digits - 1 - exponent;
    snprintf(text, NUMBER_SIZE, "%.*f", decimals > 0 ? decimals : 0, value);
}

static void write_line(const struct metric *metric, const char *suffix, const char *bound, const char *number,
                       struct buffer *text)
{
    bool labels = metric->labels[0] != '\0';
    buffer_format(text, "%s%s", metric->family->name, suffix);
    if (labels || bound != NULL)
        buffer_format(text, "{%s%s", metric->labels, labels && bound != NULL ? "," : "");
    if (bound != NULL)
        buffer_format(text, "le=\"%s\"", bound);
    buffer_format(text, "%s %s\n", labels || bound != NULL ? "}" : "", number);
}

static void write_histogram(const struct metric *metric, struct buffer *text)
{
    const struct metric_family *family = metric->family;
    char bound[NUMBER_SIZE], number[NUMBER_SIZE];
    uint64_t sum = 0;
    for (size_t i = 0; i <= family->n_bounds; i++) {
        sum += atomic_load(&metric->buckets[i]);
        format_number(i < family->n_bounds ? family->bounds[i] : INFINITY, true, bound);
        snprintf(number, sizeof(number), "%llu", (unsigned long long)sum);
        write_line(metric, "_bucket", bound, number, text);
    }
    format_number(load(metric), false, number);
    write_line(metric, "_sum", NULL, number, text);
    snprintf(number, sizeof(number), "%llu", (unsigned long long)sum);
    write_line(metric, "_count", NULL, number, text);
}

static double value_at(const struct metric *metric, usec_t now)
{
    uint64_t count = atomic_load(&metric->age_count);
    if (count == 0)
        return load(metric);
    double age = ((double)count * (double)now - (double)metric->age_sum) / (double)USEC_PER_SEC;
    return age > 0 ? age : 0;
}

void metrics_write(struct metrics *metrics, usec_t now, struct buffer *text)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };
    if (metrics == NULL)
        return;
    pthread_mutex_lock(&metrics->lock);
    const struct family_metrics *all;
    map_for_each (&metrics->families, all, node) {
        const struct metric *metric;
        buffer_format(text, "# HELP %s %s\n# TYPE %s %s\n", all->family->name, all->family->help, all->family->name,
                      kinds[all->family->kind]);
        map_for_each (&all->metrics, metric, node) {
            char number[NUMBER_SIZE];
            if (all->family->kind == METRIC_HISTOGRAM) {
                write_histogram(metric, text);
                continue;
            }
            format_number(value_at(metric, now), false, number);
            write_line(metric, "", NULL, number, text);
        }
    }
    pthread_mutex_unlock(&metrics->lock);
}
