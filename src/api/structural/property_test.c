/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* property_test.c - what must hold for any schema and any document: coercing twice is coercing once and finds nothing unknown any
 * more; what is wrong with the result stays the same; an update that changes nothing is fine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/structural/fixture.h"
#include "base/random.h"

#define ROUNDS 3000

static bool chance(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

static void write_value(struct random *random, int depth, struct buffer *out)
{
    static const char *const scalars[] = { "1", "-2", "1.5", "'a'", "'bb'", "true", "null" };
    unsigned kind = (unsigned)random_below(random, depth > 0 ? 4 : 2);
    size_t count = (size_t)random_below(random, 4);
    if (kind < 2) {
        buffer_append_text(out, scalars[random_below(random, countof(scalars))]);
        return;
    }
    buffer_append_char(out, kind == 2 ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        if (kind == 2) /* names go down, so that they are not sorted */
            buffer_format(out, "'%c':", (char)('d' - (char)i));
        write_value(random, depth - 1, out);
    }
    buffer_append_char(out, kind == 2 ? '}' : ']');
}

static void write_schema(struct random *random, int depth, struct buffer *out)
{
    static const char *const scalars[] = {
        "'type':'integer','minimum':0",     "'type':'string','maxLength':1",     "'type':'boolean'",
        "'type':'number','multipleOf':0.5", "'x-kubernetes-int-or-string':true",
    };
    unsigned kind = (unsigned)random_below(random, depth > 0 ? 5 : 2);
    buffer_append_char(out, '{');
    if (kind < 2) {
        buffer_append_text(out, scalars[random_below(random, countof(scalars))]);
    } else if (kind == 2) {
        buffer_append_text(out, "'type':'array','items':");
        write_schema(random, depth - 1, out);
        buffer_append_text(out, chance(random, 30) ? ",'x-kubernetes-list-type':'set'" : "");
    } else if (kind == 3) {
        buffer_append_text(out, "'type':'object','additionalProperties':");
        write_schema(random, depth - 1, out);
    } else {
        buffer_append_text(out, "'type':'object','properties':{");
        for (char name = 'a'; name < 'd'; name++) {
            buffer_format(out, "%s'%c':", name > 'a' ? "," : "", name);
            write_schema(random, depth - 1, out);
        }
        buffer_append_char(out, '}');
        buffer_append_text(out, chance(random, 30) ? ",'required':['a']" : "");
        buffer_append_text(out, chance(random, 20) ? ",'anyOf':[{'required':['b']},{'minProperties':2}]" : "");
        buffer_append_text(out, chance(random, 20) ? ",'x-kubernetes-preserve-unknown-fields':true" : "");
    }
    buffer_append_text(out, chance(random, 20) ? ",'nullable':true" : "");
    if (chance(random, 25)) {
        buffer_append_text(out, ",'default':");
        write_value(random, 2, out);
    }
    buffer_append_char(out, '}');
}

static void coerce(const struct structural *schema, const char *json, struct buffer *out, size_t *ret_reports)
{
    auto_arena struct arena arena = { 0 };
    struct api_strict_errors strict = { 0 };
    struct error err = { 0 };
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(json);
    if (structural_coerce(schema, yyjson_doc_get_root(doc), 0, &arena, &strict, out, NULL, &err) < 0)
        fail_msg("%s: %s", json, err.message);
    *ret_reports = strict.count;
}

static size_t validate(const struct structural *schema, const char *json, const char *old)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(json);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *before = old != NULL ? fixture_document(old) : NULL;
    auto_invalid struct api_invalid errors = { 0 };
    structural_validate(structural_root(schema), yyjson_doc_get_root(doc), yyjson_doc_get_root(before), NULL, &errors);
    return errors.total;
}

static void test_properties(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 1);
    for (int i = 0; i < ROUNDS; i++) {
        auto_buffer struct buffer text = { 0 }, document = { 0 }, once = { 0 }, twice = { 0 };
        size_t reports = 0, again = 0;
        buffer_append_text(&text, "{'type':'object','properties':{'a':");
        write_schema(&random, 3, &text);
        buffer_append_text(&text, ",'b':");
        write_schema(&random, 2, &text);
        buffer_append_text(&text, "}}");
        buffer_append_text(&document, "{'b':");
        write_value(&random, 3, &document);
        buffer_append_text(&document, ",'a':");
        write_value(&random, 4, &document);
        buffer_append_char(&document, '}');
        auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(text.data);
        coerce(schema, document.data, &once, &reports);
        coerce(schema, once.data, &twice, &again);
        if (!str_equal(buffer_str(&once), buffer_str(&twice)) || again != 0)
            fail_msg("%s\n%s\n%s\n%s", text.data, document.data, once.data, twice.data);
        size_t errors = validate(schema, once.data, NULL);
        if (errors != validate(schema, twice.data, NULL) || validate(schema, once.data, twice.data) != 0)
            fail_msg("%s\n%s: %zu errors", text.data, once.data, errors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_properties) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
