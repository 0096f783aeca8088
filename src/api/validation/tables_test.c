/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tables_test.c - the tables of tests/fixtures/api/validation: one for each kind, rule by rule a broken object and the errors it
 * must get.
 *
 *   base:                      YAML of a good object, up to the first line that begins with '#' or an operation
 *   # rule                     what the next lines are about
 *   create /spec/x=1 & /a=b    the base with values set (JSON pointers, YAML values; ~ removes), created;
 *                              rep:N:x is a string of N times x, list:N:VALUE a list of N values with '#' counting in them
 *   update /a=b => /c=d        the base with the first values set, updated to the base with the second ones set;
 *                              also status, resize, ephemeralcontainers, finalize; warn and warn-status for what is only warned of
 *   | path: message            each error, in order; none: the object is good
 *
 * With TABLES_WRITE set the expected lines are written anew: read them before you believe them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#include "api/codec.h"
#include "api/validation/validation.h"
#include "api/warnings/warnings.h"
#include "base/system/file.h"
#include "codec/yaml.h"
#include "generated/types.h"

#define TABLE_SIZE_MAX (4 << 20)

struct operation {
    const char *name;
    int (*validate)(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors);
};

static int validate_create_of(const struct api_kind *kind, const void *old, const void *object,
                              struct api_invalid *errors)
{
    (void)old;
    return api_validate_create(kind, object, errors);
}

static int validate_ephemeral_of(const struct api_kind *kind, const void *old, const void *object,
                                 struct api_invalid *errors)
{
    (void)kind;
    return api_validate_ephemeral_containers(old, object, errors);
}

static int validate_resize_of(const struct api_kind *kind, const void *old, const void *object,
                              struct api_invalid *errors)
{
    (void)kind;
    return api_validate_resize(old, object, errors);
}

static int validate_finalize_of(const struct api_kind *kind, const void *old, const void *object,
                                struct api_invalid *errors)
{
    (void)kind;
    return api_validate_finalize(old, object, errors);
}

static const struct operation operations[] = {
    { "create", validate_create_of },
    { "update", api_validate_update },
    { "status", api_validate_status },
    { "ephemeralcontainers", validate_ephemeral_of },
    { "resize", validate_resize_of },
    { "finalize", validate_finalize_of },
    { "warn", NULL }, /* warnings of creation; of an update with "=>" */
    { "warn-status", NULL },
};

struct table {
    const char *path;
    yyjson_doc *base;
    struct buffer out; /* the table as it should be */
    size_t failed, cases;
};

/* --- values --- */

static yyjson_mut_val *value_of_yaml(yyjson_mut_doc *doc, struct str text, struct arena *arena)
{
    auto_buffer struct buffer json = { 0 };
    struct error err = { 0 };
    const char *yaml = arena_format(arena, "v: " STR_FMT "\n", STR_ARG(text));

    if (yaml_to_json(str_of(yaml), YAML_STRICT, &json, &err) != 0)
        fail_msg("%s: %s", yaml, err.message);
    yyjson_doc *read = yyjson_read(json.data, json.size, 0);
    yyjson_mut_val *value = yyjson_val_mut_copy(doc, yyjson_obj_get(yyjson_doc_get_root(read), "v"));
    yyjson_doc_free(read);
    return value;
}

/* "N:REST" */
static size_t split_count(struct str text, struct str *ret_rest)
{
    size_t colon = str_find(text, ':');
    int64_t count = 0;

    assert_true(str_to_int64((struct str){ text.data, colon }, &count));
    *ret_rest = str_skip(text, colon + 1);
    return (size_t)count;
}

static yyjson_mut_val *value_of(yyjson_mut_doc *doc, struct str text, struct arena *arena)
{
    struct str rest;

    if (str_starts(text, STR("rep:"))) {
        size_t count = split_count(str_skip(text, 4), &rest);
        char *long_text = arena_zalloc(arena, count * rest.size + 1);
        for (size_t i = 0; i < count; i++)
            memcpy(long_text + i * rest.size, rest.data, rest.size);
        return yyjson_mut_strcpy(doc, long_text);
    }
    if (!str_starts(text, STR("list:")))
        return value_of_yaml(doc, text, arena);
    size_t count = split_count(str_skip(text, 5), &rest);
    yyjson_mut_val *list = yyjson_mut_arr(doc);
    for (size_t i = 0; i < count; i++) {
        struct buffer item = { 0 };
        for (size_t k = 0; k < rest.size; k++) {
            if (rest.data[k] == '#')
                buffer_format(&item, "%zu", i);
            else
                buffer_append_char(&item, rest.data[k]);
        }
        yyjson_mut_arr_append(list, value_of_yaml(doc, buffer_str(&item), arena));
        buffer_fini(&item);
    }
    return list;
}

static void assign(yyjson_mut_doc *doc, struct str assignment, struct arena *arena)
{
    size_t equals = str_find(assignment, '=');
    const char *pointer = arena_strndup(arena, assignment.data, equals);
    struct str value = str_skip(assignment, equals + 1);

    if (equals >= assignment.size)
        fail_msg("no value: " STR_FMT, STR_ARG(assignment));
    if (str_is(value, "~")) {
        yyjson_mut_doc_ptr_remove(doc, pointer);
        return;
    }
    if (!yyjson_mut_doc_ptr_set(doc, pointer, value_of(doc, value, arena)))
        fail_msg("cannot set %s", pointer);
}

/* The base with the values set, as the server would decode it. */
static void *make(const struct table *table, struct str assignments, const struct api_kind **ret_kind,
                  struct arena *arena)
{
    yyjson_mut_doc *doc = yyjson_doc_mut_copy(table->base, NULL);
    struct error err = { 0 };

    while (assignments.size > 0) {
        size_t end = 0;
        while (end < assignments.size && !str_starts(str_skip(assignments, end), STR(" & ")))
            end++;
        assign(doc, (struct str){ assignments.data, end }, arena);
        assignments = str_skip(assignments, end + 3 < assignments.size ? end + 3 : assignments.size);
    }
    yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
    struct str version = str_of(yyjson_mut_get_str(yyjson_mut_obj_get(root, "apiVersion")));
    size_t slash = str_find(version, '/');
    bool core = slash == version.size;
    const struct api_kind *kind = api_kind_find(core ? STR("") : (struct str){ version.data, slash },
                                                core ? version : str_skip(version, slash + 1),
                                                str_of(yyjson_mut_get_str(yyjson_mut_obj_get(root, "kind"))));
    assert_non_null(kind);
    char *json = yyjson_mut_write(doc, 0, NULL);
    void *object = arena_zalloc(arena, kind->type->size);
    struct api_strict_errors strict = { 0 };
    if (api_decode_json(kind->type, arena_str(arena, str_of(json)), arena, object, &strict, &err) != 0)
        fail_msg("%s: %s: %s", table->path, json, err.message);
    if (strict.count > 0)
        fail_msg("%s: %s", json, strict.texts[0]);
    free(json);
    yyjson_mut_doc_free(doc);
    api_default(kind, object, arena);
    *ret_kind = kind;
    return object;
}

/* --- cases --- */

static void add_warning(void *context, const char *text)
{
    buffer_format(context, "| %s\n", text);
}

static void run(const struct table *table, const struct operation *operation, struct str arguments, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    const struct api_kind *kind = NULL;
    struct str before = { arguments.data, 0 }, after = arguments;

    for (size_t i = 0; i < arguments.size; i++) {
        struct str here = str_skip(arguments, i);
        if (!str_is(here, "=>") && !str_starts(here, STR("=> ")))
            continue;
        before = str_trim((struct str){ arguments.data, i });
        after = str_skip(arguments, i + 2);
        break;
    }
    const void *old = make(table, before, &kind, &arena);
    const void *object = make(table, str_trim(after), &kind, &arena);
    if (operation->validate == NULL) {
        bool update = before.data + before.size < after.data;
        api_warnings(kind, object, update ? old : NULL, strcmp(operation->name, "warn-status") == 0,
                     &(struct warning_list){ add_warning, out });
        return;
    }
    operation->validate(kind, old, object, &errors);
    for (size_t i = 0; i < errors.count; i++) {
        buffer_format(out, "| %s: ", errors.errors[i].field);
        for (const char *c = errors.errors[i].message; *c != '\0'; c++)
            buffer_append_text(out, *c == '\n' ? "\\n" : (char[]){ *c, '\0' });
        buffer_append_char(out, '\n');
    }
}

static const struct operation *operation_of(struct str line)
{
    struct str word = { line.data, str_find(line, ' ') };

    for (size_t i = 0; i < countof(operations); i++)
        if (str_is(word, operations[i].name))
            return &operations[i];
    return NULL;
}

/* Everything up to the first rule or case. */
static struct str read_base(struct table *table, struct str rest)
{
    auto_buffer struct buffer json = { 0 };
    struct error err = { 0 };
    struct str begin = rest, line;
    size_t size = 0;

    while (str_next(&rest, '\n', &line) && !str_starts(line, STR("#")) && operation_of(line) == NULL)
        size += line.size + 1;
    struct str yaml = { begin.data, size };
    if (yaml_to_json(yaml, YAML_STRICT, &json, &err) != 0)
        fail_msg("%s: %s", table->path, err.message);
    table->base = yyjson_read(json.data, json.size, 0);
    buffer_append_str(&table->out, yaml);
    return str_skip(begin, size);
}

static void run_table(struct table *table, struct str text)
{
    struct str rest = read_base(table, text), line;

    while (rest.size > 0 && str_next(&rest, '\n', &line)) {
        if (str_starts(line, STR("| ")))
            continue;
        buffer_append_str(&table->out, line);
        buffer_append_char(&table->out, '\n');
        const struct operation *operation = operation_of(line);
        if (operation == NULL) {
            if (line.size > 0 && line.data[0] != '#')
                fail_msg("%s: what is '" STR_FMT "'?", table->path, STR_ARG(line));
            continue;
        }
        auto_buffer struct buffer found = { 0 };
        auto_buffer struct buffer wanted = { 0 };
        run(table, operation,
            str_skip(line, strlen(operation->name) < line.size ? strlen(operation->name) + 1 : line.size), &found);
        struct str ahead = rest, next;
        while (ahead.size > 0 && str_next(&ahead, '\n', &next) && str_starts(next, STR("| ")))
            buffer_format(&wanted, STR_FMT "\n", STR_ARG(next));
        table->cases++;
        buffer_append_str(&table->out, buffer_str(&found));
        if (str_equal(buffer_str(&found), buffer_str(&wanted)))
            continue;
        table->failed++;
        if (getenv("TABLES_WRITE") == NULL)
            print_message("%s: " STR_FMT "\nfound:\n" STR_FMT "wanted:\n" STR_FMT, table->path, STR_ARG(line),
                          STR_ARG(buffer_str(&found)), STR_ARG(buffer_str(&wanted)));
    }
}

static void test_tables(void **state)
{
    auto_arena struct arena arena = { 0 };
    const char *root = getenv("SOURCE_ROOT");
    const char *folder = arena_format(&arena, "%s/tests/fixtures/api/validation", root != NULL ? root : ".");
    DIR *dir = opendir(folder);
    size_t failed = 0, cases = 0;

    (void)state;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!str_ends(str_of(entry->d_name), STR(".txt")))
            continue;
        struct table table = { .path = arena_format(&arena, "%s/%s", folder, entry->d_name) };
        auto_buffer struct buffer text = { .max = TABLE_SIZE_MAX };
        struct error err = { 0 };
        if (file_read(AT_FDCWD, table.path, TABLE_SIZE_MAX, &text, &err) < 0)
            fail_msg("%s", err.message);
        run_table(&table, buffer_str(&text));
        failed += table.failed;
        cases += table.cases;
        if (table.failed > 0 && getenv("TABLES_WRITE") != NULL)
            assert_int_equal(file_write(AT_FDCWD, table.path, buffer_str(&table.out), 0644, &err), 0);
        buffer_fini(&table.out);
        yyjson_doc_free(table.base);
    }
    closedir(dir);
    print_message("%zu cases\n", cases);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_tables) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
