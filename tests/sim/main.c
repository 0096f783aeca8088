/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* main.c - sim: a whole cluster on virtual time, under faults, once for each seed.
 *
 *   sim                      seeds 1 to 200
 *   sim --seed N --verbose   one, told step by step: how a failure is looked at again
 *   sim --seeds A-B --jobs J seeds A to B, J at a time
 *   sim --replay             every seed twice: both runs must be the same to the last change
 *   sim --calm               without faults, for figures
 *   sim --log                with what the components log, on standard error
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "story.h"

enum { SEEDS = 200, NODES = 100, REPLICAS = 1000, JOBS_MAX = 64 };

struct run_options {
    struct story_options story;
    uint64_t first, last;
    size_t jobs;
    bool replay;
    enum log_level level;
};

static void print_figures(const struct story_result *result)
{
    printf("%.1f s of virtual time, %llu revisions, %llu calls, %llu watch events, %llu crashes, %llu messages lost, "
           "%llu watches broken, digest %016llx\n",
           (double)result->virtual_time / USEC_PER_SEC, (unsigned long long)result->revisions,
           (unsigned long long)result->calls, (unsigned long long)result->events, (unsigned long long)result->crashes,
           (unsigned long long)result->lost, (unsigned long long)result->broken, (unsigned long long)result->digest);
}

static bool run_seed(const struct run_options *options, uint64_t seed)
{
    struct story_options story = options->story;
    struct story_result result, again;
    story.seed = seed;
    story_run(&story, &result);
    if (options->replay && result.failure[0] == '\0') {
        story_run(&story, &again);
        if (again.digest != result.digest || again.revisions != result.revisions)
            snprintf(result.failure, sizeof(result.failure), "a second run differs: %llu revisions, then %llu",
                     (unsigned long long)result.revisions, (unsigned long long)again.revisions);
    }
    if (story.verbose)
        print_figures(&result);
    if (result.failure[0] != '\0')
        printf("seed %llu failed: %s\n", (unsigned long long)seed, result.failure);
    fflush(stdout);
    return result.failure[0] == '\0';
}

struct tally {
    uint64_t passed, failed;
};

/* Every jobs-th seed. Each result is also told to 'out' as one byte, so that a job that is killed has told what it played. */
static struct tally run_share(const struct run_options *options, size_t job, int out)
{
    struct tally tally = { 0 };
    for (uint64_t seed = options->first + job; seed <= options->last; seed += options->jobs) {
        char passed = run_seed(options, seed);
        tally.passed += passed ? 1 : 0;
        tally.failed += passed ? 0 : 1;
        if (out >= 0 && write(out, &passed, 1) != 1)
            break; /* nobody counts any more */
    }
    return tally;
}

static struct tally collect(const struct run_options *options, const pid_t *children, const int *pipes)
{
    struct tally tally = { 0 };
    for (size_t i = 0; i < options->jobs; i++) {
        char passed;
        int status = 0;
        while (read(pipes[i], &passed, 1) == 1) {
            tally.passed += passed ? 1 : 0;
            tally.failed += passed ? 0 : 1;
        }
        if (waitpid(children[i], &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            printf("job %zu crashed: run its seeds (%llu, then every %zu.) one by one\n", i,
                   (unsigned long long)(options->first + i), options->jobs);
        close(pipes[i]);
    }
    return tally;
}

/* One process a job. */
static struct tally run_jobs(const struct run_options *options)
{
    pid_t children[JOBS_MAX];
    int pipes[JOBS_MAX];
    fflush(stdout);
    for (size_t i = 0; i < options->jobs; i++) {
        int ends[2];
        if (pipe(ends) < 0)
            abort();
        children[i] = fork();
        if (children[i] < 0)
            abort();
        if (children[i] == 0) {
            run_share(options, i, ends[1]);
            _exit(0);
        }
        close(ends[1]);
        pipes[i] = ends[0];
    }
    return collect(options, children, pipes);
}

static void usage(int status)
{
    fprintf(status == 0 ? stdout : stderr, "usage: sim [--seed N | --seeds A-B] [--jobs N] [--nodes N] [--replicas N] "
                                           "[--replay] [--calm] [--verbose] [--log]\n");
    exit(status);
}

static void parse(int argc, char **argv, struct run_options *options)
{
    static const struct option names[] = {
        { "seed", required_argument, NULL, 's' },
        { "seeds", required_argument, NULL, 'r' },
        { "jobs", required_argument, NULL, 'j' },
        { "nodes", required_argument, NULL, 'n' },
        { "replicas", required_argument, NULL, 'p' },
        { "replay", no_argument, NULL, 'a' },
        { "calm", no_argument, NULL, 'c' },
        { "verbose", no_argument, NULL, 'v' },
        { "log", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    for (int option; (option = getopt_long(argc, argv, "hv", names, NULL)) != -1;) {
        char *end = NULL;
        uint64_t number = optarg != NULL ? strtoull(optarg, &end, 10) : 0;
        if (end != NULL && option == 'r' && *end == '-')
            options->last = strtoull(end + 1, &end, 10);
        if (end != NULL && *end != '\0')
            usage(2);
        switch (option) {
        case 's':
            options->first = options->last = number;
            break;
        case 'r':
            options->first = number;
            break;
        case 'j':
            options->jobs = number;
            break;
        case 'n':
            options->story.nodes = number;
            break;
        case 'p':
            options->story.replicas = number;
            break;
        case 'a':
            options->replay = true;
            break;
        case 'c':
            options->story.calm = true;
            break;
        case 'l':
            options->level = LOG_DEBUG;
            break;
        case 'v':
            options->story.verbose = true;
            break;
        default:
            usage(option == 'h' ? 0 : 2);
        }
    }
    if (optind < argc || options->jobs == 0 || options->jobs > JOBS_MAX || options->story.nodes < 2)
        usage(2);
}

int main(int argc, char **argv)
{
    struct run_options options = {
        .story = { .nodes = NODES, .replicas = REPLICAS }, .first = 1, .last = SEEDS, .jobs = 1, .level = LOG_ERROR
    };
    parse(argc, argv, &options);
    log_configure(options.level, LOG_FORMAT_TEXT);
    struct tally tally = options.jobs == 1 ? run_share(&options, 0, -1) : run_jobs(&options);
    uint64_t count = options.last < options.first ? 0 : options.last - options.first + 1;
    uint64_t unplayed = count - tally.passed - tally.failed;
    printf("%llu passed, %llu failed", (unsigned long long)tally.passed, (unsigned long long)tally.failed);
    if (unplayed > 0)
        printf(", %llu not played", (unsigned long long)unplayed);
    printf("\n");
    return tally.passed == count ? 0 : 1;
}
