/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/options.h"

struct values {
    const char *name;
    bool verbose;
    int64_t nodes;
    struct option_list files;
    char **words;
    struct error err;
};

static int parse(struct values *values, int argc, char **argv)
{
    const struct option options[] = {
        { "name", OPTION_TEXT, &values->name, "NAME", "the name", 0, 0 },
        { "verbose", OPTION_FLAG, &values->verbose, NULL, "more words", 0, 0 },
        { "nodes", OPTION_INT, &values->nodes, "N", "how many", 1, 9 },
        { "file", OPTION_LIST, &values->files, "FILE", "a file", 0, 0 },
    };
    const struct command_line line = { "test [OPTION]...", "A test.", options, countof(options), NULL, 2 };
    int rc = options_parse(&line, argc, argv, &values->words, &values->err);
    if (rc < 0)
        options_fini(&line);
    return rc;
}

#define PARSE(values, ...)                                        \
    ({                                                            \
        const char *argv_[] = { "test", __VA_ARGS__, NULL };      \
        parse((values), (int)countof(argv_) - 1, (char **)argv_); \
    })

static void test_all_kinds(void **state)
{
    (void)state;
    struct values values = { .nodes = 2 };
    const char *argv[] = { "test",   "--name", "x",        "word", "--verbose", "--nodes=3",
                           "--file", "a",      "--file=b", "--",   "--not",     NULL };
    assert_int_equal(parse(&values, 11, (char **)argv), 0);
    assert_string_equal(values.name, "x");
    assert_true(values.verbose);
    assert_int_equal(values.nodes, 3);
    assert_int_equal(values.files.count, 2);
    assert_string_equal(values.files.items[1], "b");
    assert_null(values.files.items[2]);
    assert_string_equal(values.words[0], "word");
    assert_string_equal(values.words[1], "--not");
    assert_null(values.words[2]);
    free(values.files.items);
}

static void test_mistakes_are_explained(void **state)
{
    (void)state;
    struct values values = { 0 };
    assert_int_equal(PARSE(&values, "--nmae", "x"), -ERROR_USAGE);
    assert_non_null(strstr(values.err.message, "did you mean --name?"));
    assert_int_equal(PARSE(&values, "--nodes", "10"), -ERROR_USAGE);
    assert_non_null(strstr(values.err.message, "from 1 to 9"));
    assert_int_equal(PARSE(&values, "--nodes"), -ERROR_USAGE);
    assert_int_equal(PARSE(&values, "--verbose=perhaps"), -ERROR_USAGE);
    assert_int_equal(PARSE(&values, "a", "b", "c"), -ERROR_USAGE);
    assert_non_null(strstr(values.err.message, "'c'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds),
        cmocka_unit_test(test_mistakes_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
