/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cli/options.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"

enum { HELP_COLUMN = 34, LIST_MAX = 1024, NAME_MAX_DISTANCE = 3, NAME_MAX = 64 };

static const struct option *find_option(const struct command_line *line, struct str name)
{
    for (size_t i = 0; i < line->n_options; i++)
        if (str_is(name, line->options[i].name))
            return &line->options[i];
    return NULL;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(struct str a, struct str b)
{
    size_t row[NAME_MAX + 1];
    if (a.size > NAME_MAX || b.size > NAME_MAX)
        return NAME_MAX;
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t cost = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            if (cost > row[j] + 1)
                cost = row[j] + 1;
            if (cost > row[j - 1] + 1)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    return row[b.size];
}

static int unknown_option(const struct command_line *line, struct str name, struct error *err)
{
    const char *nearest = NULL;
    size_t best = NAME_MAX_DISTANCE;
    for (size_t i = 0; i < line->n_options; i++) {
        size_t far = distance(name, str_of(line->options[i].name));
        if (far < best) {
            best = far;
            nearest = line->options[i].name;
        }
    }
    if (nearest != NULL)
        return error_set(err, ERROR_USAGE, "unknown option --" STR_FMT "; did you mean --%s?", STR_ARG(name), nearest);
    return error_set(err, ERROR_USAGE, "unknown option --" STR_FMT "; --help lists them", STR_ARG(name));
}

static int set_flag(const struct option *option, const char *value, struct error *err)
{
    bool yes = value == NULL || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
    if (!yes && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
        return error_set(err, ERROR_USAGE, "--%s is true or false, not '%s'", option->name, value);
    *(bool *)option->target = yes;
    return 0;
}

static int set_int(const struct option *option, const char *value, struct error *err)
{
    int64_t number = 0;
    if (!str_to_int64(str_of(value), &number) || number < option->minimum || number > option->maximum)
        return error_set(err, ERROR_USAGE, "--%s is a number from %lld to %lld, not '%s'", option->name,
                         (long long)option->minimum, (long long)option->maximum, value);
    *(int64_t *)option->target = number;
    return 0;
}

static int append_item(const struct option *option, const char *value, struct error *err)
{
    struct option_list *list = option->target;
    if (list->count >= LIST_MAX)
        return error_set(err, ERROR_USAGE, "--%s is given more than %d times", option->name, LIST_MAX);
    list->items = memory_resize(list->items, list->count + 2, sizeof(*list->items));
    list->items[list->count++] = value;
    list->items[list->count] = NULL;
    return 0;
}

static int set_value(const struct option *option, const char *value, struct error *err)
{
    switch (option->kind) {
    case OPTION_FLAG:
        return set_flag(option, value, err);
    case OPTION_INT:
        return set_int(option, value, err);
    case OPTION_LIST:
        return append_item(option, value, err);
    case OPTION_TEXT:
        *(const char **)option->target = value;
        return 0;
    }
    return -ERROR_INTERNAL;
}

/* One "--name[=value]" at argv[*at]; takes the next word too when the value stands there. */
static int parse_option(const struct command_line *line, int argc, char **argv, int *at, struct error *err)
{
    struct str text = str_of(argv[*at] + 2);
    size_t equals = str_find(text, '=');
    struct str name = { text.data, equals };
    const char *value = equals < text.size ? text.data + equals + 1 : NULL;
    const struct option *option = find_option(line, name);
    if (option == NULL)
        return unknown_option(line, name, err);
    if (value == NULL && option->kind != OPTION_FLAG) {
        if (*at + 1 >= argc)
            return error_set(err, ERROR_USAGE, "--%s needs a value (%s)", option->name, option->value);
        value = argv[++*at];
    }
    return set_value(option, value, err);
}

int options_parse(const struct command_line *line, int argc, char **argv, char ***ret_words, struct error *err)
{
    int words = 0;
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            options_help(line, stdout);
            return 1;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            int rc = parse_option(line, argc, argv, &i, err);
            if (rc < 0)
                return rc;
        } else {
            argv[words++] = argv[i]; /* never ahead of what is still to be read */
        }
    }
    if ((size_t)words > line->max_words)
        return error_set(err, ERROR_USAGE, "'%s' is one word too many; usage: %s", argv[line->max_words], line->usage);
    argv[words] = NULL;
    if (ret_words != NULL)
        *ret_words = argv;
    return 0;
}

static void help_default(const struct option *option, FILE *out)
{
    switch (option->kind) {
    case OPTION_TEXT:
        if (*(const char **)option->target != NULL && (*(const char **)option->target)[0] != '\0')
            fprintf(out, " (default %s)", *(const char **)option->target);
        break;
    case OPTION_INT:
        fprintf(out, " (default %lld)", (long long)*(int64_t *)option->target);
        break;
    case OPTION_FLAG:
        if (*(bool *)option->target)
            fprintf(out, " (default true)");
        break;
    case OPTION_LIST:
        fprintf(out, " (may be repeated)");
        break;
    }
}

static void help_option(const struct option *option, FILE *out)
{
    char head[128];
    snprintf(head, sizeof(head), "  --%s%s%s", option->name, option->value != NULL ? " " : "",
             text_or_empty(option->value));
    fprintf(out, "%-*s", HELP_COLUMN, head);
    if (strlen(head) >= HELP_COLUMN)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    struct str rest = str_of(option->help), part;
    for (bool first = true; str_next(&rest, '\n', &part); first = false)
        fprintf(out, "%s%*s" STR_FMT, first ? "" : "\n", first ? 0 : HELP_COLUMN, "", STR_ARG(part));
    help_default(option, out);
    fputc('\n', out);
}

void options_help(const struct command_line *line, FILE *out)
{
    fprintf(out, "usage: %s\n\n%s\n", line->usage, line->summary);
    if (line->n_options > 0)
        fputs("\noptions:\n", out);
    for (size_t i = 0; i < line->n_options; i++)
        help_option(&line->options[i], out);
    if (line->examples != NULL)
        fprintf(out, "\nexamples:\n%s", line->examples);
}

void options_fini(const struct command_line *line)
{
    for (size_t i = 0; i < line->n_options; i++) {
        if (line->options[i].kind != OPTION_LIST)
            continue;
        struct option_list *list = line->options[i].target;
        free(list->items);
        *list = (struct option_list){ 0 };
    }
}
