/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* main.c - one binary, many roles: the first argument, or the name it was called by, picks one. */
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fprintf(stderr, "usage: coracle ROLE ...\n");
    return 2;
}
