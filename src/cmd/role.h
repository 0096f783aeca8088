/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role.h - the roles of the one binary; role.c has the table, each role its own file. */
#ifndef CMD_ROLE_H
#define CMD_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct role {
    const char *name;
    const char *summary;
    /* argv[0] is the role's name. Returns the exit code (cli/options.h). */
    int (*run)(int argc, char **argv);
    const char *called_as; /* the role is taken when the program is called by this name; may be NULL */
    bool hidden;           /* for our own processes, not listed */
};

extern const struct role roles[];
extern const size_t role_count;

/* The last line of a role: says an error and picks the exit code. 'rc' above 0 is options_parse()'s "nothing more to do". */
int role_end(const char *role, int rc, const struct error *err);

int role_convert(int argc, char **argv);
int role_down(int argc, char **argv);
int role_image(int argc, char **argv);
int role_up(int argc, char **argv);
int role_server(int argc, char **argv);
int role_agent(int argc, char **argv);
int role_status(int argc, char **argv);
int role_kubeconfig(int argc, char **argv);
int role_machine(int argc, char **argv);
int role_supervisor(int argc, char **argv);

#endif
