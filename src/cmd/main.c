/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* main.c - one binary, many roles: the first argument, or the name it was called by, picks one. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cmd/role.h"

#define VERSION "0.1.0"

static void print_roles(FILE *out)
{
    fputs("coracle is Kubernetes, and the EKS system around it, in one small program.\n\n"
          "usage: coracle ROLE [OPTION]...\n\nroles:\n",
          out);
    for (size_t i = 0; i < role_count; i++)
        if (!roles[i].hidden)
            fprintf(out, "  %-12s %s\n", roles[i].name, roles[i].summary);
    fputs("\n'coracle ROLE --help' explains a role. 'coracle --version' prints the version.\n", out);
}

static const struct role *role_called_as(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    for (size_t i = 0; i < role_count; i++)
        if (roles[i].called_as != NULL && strcmp(roles[i].called_as, name) == 0)
            return &roles[i];
    return NULL;
}

static const struct role *role_named(const char *name)
{
    for (size_t i = 0; i < role_count; i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct role *role = argc > 0 ? role_called_as(argv[0]) : NULL;
    if (role != NULL)
        return role->run(argc, argv);
    if (argc < 2) {
        print_roles(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_roles(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("coracle " VERSION);
        return EXIT_DONE;
    }
    role = role_named(argv[1]);
    if (role == NULL) {
        fprintf(stderr, "coracle: there is no role '%s'; 'coracle help' lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    return role->run(argc - 1, argv + 1);
}
