/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* options.h - command lines as tables: what may be said, where it goes, and the --help that teaches it.
 *
 * Accepts --name value, --name=value, --name for flags (and --name=false), repeated lists,
 * and "--" before words that are not options. An unknown option names its nearest neighbour. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum option_kind {
    OPTION_TEXT, /* const char ** */
    OPTION_FLAG, /* bool * */
    OPTION_INT,  /* int64_t *, within minimum..maximum */
    OPTION_LIST, /* struct option_list *, may be repeated */
};

struct option_list {
    const char **items; /* NULL-terminated when count > 0; the strings are argv's */
    size_t count;
};

struct option {
    const char *name; /* without the dashes */
    enum option_kind kind;
    void *target;      /* holds the default before, the value after */
    const char *value; /* how --help names the value; NULL for flags */
    const char *help;  /* one line, or several with \n */
    int64_t minimum, maximum;
};

struct command_line {
    const char *usage;   /* "coracle server [OPTION]..." */
    const char *summary; /* what it does, in a sentence or two */
    const struct option *options;
    size_t n_options;
    const char *examples; /* indented lines; may be NULL */
    size_t max_words;     /* words that are not options */
};

/* What a role returns to the shell (sysexits.h has no better ones that scripts know). */
enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_RUNNING = 3 };

/* Parses argv[1..]. 0: go on; 1: --help was printed, exit 0; negative: -ERROR_USAGE. *ret_words gets the words
 * that are not options, NULL-terminated, in argv's own memory. */
int options_parse(const struct command_line *line, int argc, char **argv, char ***ret_words,
                  struct error *err) must_check;

void options_help(const struct command_line *line, FILE *out);

/* Frees what OPTION_LIST targets hold. */
void options_fini(const struct command_line *line);

#endif
