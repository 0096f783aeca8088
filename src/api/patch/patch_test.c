/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/patch/patch.h"
#include "generated/types.h"

enum sort { JSON, MERGE, DEPLOYMENT };

static int apply(enum sort sort, const char *document, const char *patch, struct buffer *out, struct error *err)
{
    if (sort == JSON)
        return patch_json(str_of(document), str_of(patch), out, err);
    if (sort == MERGE)
        return patch_merge(str_of(document), str_of(patch), out, err);
    return patch_strategic(&api_type_apps_deployment, str_of(document), str_of(patch), out, err);
}

static void check(enum sort sort, const char *document, const char *patch, const char *expected)
{
    auto_buffer struct buffer out = { .max = 1 << 20 };
    struct error err = { 0 };

    if (apply(sort, document, patch, &out, &err) != 0)
        fail_msg("%s: %s", patch, err.message);
    assert_string_equal(out.data, expected);
}

static void check_refused(enum sort sort, const char *document, const char *patch, int code)
{
    auto_buffer struct buffer out = { .max = 1 << 20 };
    struct error err = { 0 };

    if (apply(sort, document, patch, &out, &err) != -code)
        fail_msg("%s: %d %s", patch, err.code, err.message);
    assert_int_equal(err.code, -code);
}

static void test_json_patch(void **state)
{
    (void)state;
    const char *document = "{\"a\":[1,2,3],\"b\":{\"c/d\":\"x\",\"e~f\":1.50}}";

    check(JSON, document, "[]", document);
    check(JSON, document, "[{\"op\":\"add\",\"path\":\"/a/1\",\"value\":9}]",
          "{\"a\":[1,9,2,3],\"b\":{\"c/d\":\"x\",\"e~f\":1.50}}");
    check(JSON, "{\"a\":[1]}",
          "[{\"op\":\"add\",\"path\":\"/a/-\",\"value\":{}},{\"op\":\"remove\",\"path\":\"/a/0\"}]", "{\"a\":[{}]}");
    check(JSON, document,
          "[{\"op\":\"replace\",\"path\":\"/b/c~1d\",\"value\":null},{\"op\":\"remove\",\"path\":\"/a\"}]",
          "{\"b\":{\"c/d\":null,\"e~f\":1.50}}");
    check(JSON, "{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/c\"}]", "{\"a\":{},\"c\":1}");
    check(JSON, "{\"a\":{\"b\":1}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/c\"}]",
          "{\"a\":{\"b\":1,\"c\":{\"b\":1}}}");
    check(JSON, document, "[{\"op\":\"test\",\"path\":\"/b/e~0f\",\"value\":1.50},{\"op\":\"test\",\"path\":\"/x\"}]",
          document);
    check(JSON, "{\"a\":[1,2]}", "[{\"op\":\"replace\",\"path\":\"/a/-1\",\"value\":3}]", "{\"a\":[1,3]}");
    check(JSON, "{}", "[{\"op\":\"replace\",\"path\":\"/x\",\"value\":1}]",
          "{\"x\":1}"); /* as upstream, not RFC 6902 */
    check(JSON, "{}", "[{\"op\":\"add\",\"path\":\"\",\"value\":{\"x\":1}}]", "{\"x\":1}");

    static const char *const refused[] = {
        "[{\"op\":\"remove\",\"path\":\"/x\"}]",
        "[{\"op\":\"replace\",\"path\":\"/a/9\",\"value\":1}]",
        "[{\"op\":\"replace\",\"path\":\"/x/y\",\"value\":1}]",
        "[{\"op\":\"add\",\"path\":\"/a/9\",\"value\":1}]",
        "[{\"op\":\"add\",\"path\":\"/x/y\",\"value\":1}]",
        "[{\"op\":\"test\",\"path\":\"/a/0\",\"value\":2}]",
        "[{\"op\":\"move\",\"from\":\"/b\",\"path\":\"/b/c\"}]",
        "[{\"op\":\"jump\",\"path\":\"/a\",\"value\":1}]",
        "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]",
        "[{\"op\":\"add\",\"path\":\"/a/x\",\"value\":1}]",
        "[{\"op\":\"move\",\"from\":\"/a/0\",\"path\":1}]",
        "[{\"op\":1,\"path\":\"/a\"}]",
    };
    for (size_t i = 0; i < countof(refused); i++)
        check_refused(JSON, document, refused[i], ERROR_INVALID);
    check_refused(JSON, document, "{}", ERROR_BAD_REQUEST);
    check_refused(JSON, document, "[", ERROR_BAD_REQUEST);
    check_refused(JSON, document, "[1]", ERROR_BAD_REQUEST);

    /* Copies that double each time. */
    auto_buffer struct buffer bomb = { 0 };
    buffer_append_text(&bomb, "[{\"op\":\"add\",\"path\":\"/x\",\"value\":{}}");
    for (int i = 0; i < 200; i++)
        buffer_format(&bomb, ",{\"op\":\"copy\",\"from\":\"\",\"path\":\"/x/%d\"}", i);
    buffer_append_text(&bomb, "]");
    check_refused(JSON, document, bomb.data, ERROR_INVALID);

    buffer_clear(&bomb);
    for (int i = 0; i <= PATCH_OPERATIONS_MAX; i++)
        buffer_format(&bomb, "%s{}", i == 0 ? "[" : ",");
    buffer_append_text(&bomb, "]");
    check_refused(JSON, document, bomb.data, ERROR_TOO_LARGE);
}

static void test_merge_patch(void **state)
{
    (void)state;
    check(MERGE, "{\"a\":1,\"b\":{\"c\":[1],\"d\":2}}", "{\"a\":null,\"b\":{\"c\":[2],\"e\":{\"f\":null,\"g\":1}}}",
          "{\"b\":{\"c\":[2],\"d\":2,\"e\":{\"g\":1}}}");
    check(MERGE, "{\"a\":[1]}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}");
    check(MERGE, "{\"a\":1}", "{}", "{\"a\":1}");
    check_refused(MERGE, "{}", "[]", ERROR_BAD_REQUEST);
    check_refused(MERGE, "{}", "{", ERROR_BAD_REQUEST);
}

#define CONTAINERS(list) "{\"spec\":{\"template\":{\"spec\":{\"containers\":" list "}}}}"

static void test_strategic_lists(void **state)
{
    (void)state;
    const char *two = CONTAINERS("[{\"name\":\"a\",\"image\":\"x:1\"},{\"name\":\"b\",\"image\":\"y:1\"}]");

    check(DEPLOYMENT, two, CONTAINERS("[{\"name\":\"b\",\"image\":\"y:2\"}]"),
          CONTAINERS("[{\"name\":\"a\",\"image\":\"x:1\"},{\"name\":\"b\",\"image\":\"y:2\"}]"));
    check(DEPLOYMENT, two, CONTAINERS("[{\"name\":\"c\",\"env\":[{\"name\":\"E\",\"value\":\"1\"}]}]"),
          CONTAINERS("[{\"name\":\"c\",\"env\":[{\"name\":\"E\",\"value\":\"1\"}]},{\"name\":\"a\",\"image\":\"x:1\"},{"
                     "\"name\":\"b\",\"image\":\"y:1\"}]"));
    check(DEPLOYMENT, two, CONTAINERS("[{\"name\":\"a\",\"$patch\":\"delete\"}]"),
          CONTAINERS("[{\"name\":\"b\",\"image\":\"y:1\"}]"));
    check(DEPLOYMENT, two, CONTAINERS("[{\"$patch\":\"replace\"},{\"name\":\"z\"}]"), CONTAINERS("[{\"name\":\"z\"}]"));
    check(DEPLOYMENT, two,
          "{\"spec\":{\"template\":{\"spec\":{\"$setElementOrder/"
          "containers\":[{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"a\"}],\"containers\":[{\"name\":\"c\"}]}}}}",
          CONTAINERS("[{\"name\":\"b\",\"image\":\"y:1\"},{\"name\":\"c\"},{\"name\":\"a\",\"image\":\"x:1\"}]"));
    check(DEPLOYMENT, two,
          "{\"spec\":{\"template\":{\"spec\":{\"$setElementOrder/containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}}}}",
          CONTAINERS("[{\"name\":\"b\",\"image\":\"y:1\"},{\"name\":\"a\",\"image\":\"x:1\"}]"));
    /* Atomic lists are replaced. */
    check(DEPLOYMENT, CONTAINERS("[{\"name\":\"a\",\"args\":[\"1\",\"2\"]}]"),
          CONTAINERS("[{\"name\":\"a\",\"args\":[\"3\"]}]"), CONTAINERS("[{\"name\":\"a\",\"args\":[\"3\"]}]"));
    check_refused(DEPLOYMENT, two, CONTAINERS("[{\"image\":\"x\"}]"), ERROR_INVALID);
    check_refused(DEPLOYMENT, two,
                  "{\"spec\":{\"template\":{\"spec\":{\"$setElementOrder/"
                  "containers\":[{\"name\":\"b\"}],\"containers\":[{\"name\":\"c\"}]}}}}",
                  ERROR_BAD_REQUEST);
}

static void test_strategic_scalars(void **state)
{
    (void)state;
    const char *finalizers = "{\"metadata\":{\"finalizers\":[\"a\",\"b\"]}}";

    check(DEPLOYMENT, finalizers, "{\"metadata\":{\"finalizers\":[\"c\",\"a\"]}}",
          "{\"metadata\":{\"finalizers\":[\"c\",\"a\",\"b\"]}}");
    check(DEPLOYMENT, finalizers, "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"a\"]}}",
          "{\"metadata\":{\"finalizers\":[\"b\"]}}");
    check(DEPLOYMENT, finalizers,
          "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"a\"],\"$setElementOrder/"
          "finalizers\":[\"c\",\"b\"],\"finalizers\":[\"c\"]}}",
          "{\"metadata\":{\"finalizers\":[\"c\",\"b\"]}}");
}

static void test_strategic_maps(void **state)
{
    (void)state;
    check(DEPLOYMENT, "{\"metadata\":{\"labels\":{\"a\":\"1\",\"b\":\"2\"}}}",
          "{\"metadata\":{\"labels\":{\"a\":null,\"c\":\"3\"}}}",
          "{\"metadata\":{\"labels\":{\"b\":\"2\",\"c\":\"3\"}}}");
    check(DEPLOYMENT, "{\"spec\":{\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":1}}}}",
          "{\"spec\":{\"strategy\":{\"$retainKeys\":[\"type\"],\"type\":\"Recreate\"}}}",
          "{\"spec\":{\"strategy\":{\"type\":\"Recreate\"}}}");
    check(DEPLOYMENT, "{\"metadata\":{\"labels\":{\"a\":\"1\"}}}",
          "{\"metadata\":{\"labels\":{\"$patch\":\"replace\",\"c\":\"3\"}}}",
          "{\"metadata\":{\"labels\":{\"c\":\"3\"}}}");
    check(DEPLOYMENT, "{\"metadata\":{\"labels\":{\"a\":\"1\"}}}",
          "{\"metadata\":{\"labels\":{\"$patch\":\"delete\"}}}", "{\"metadata\":{\"labels\":{}}}");
    check(DEPLOYMENT, "{}", "{\"metadata\":{\"labels\":{\"$patch\":\"replace\",\"c\":\"3\",\"d\":null}}}",
          "{\"metadata\":{\"labels\":{\"c\":\"3\"}}}");
    check_refused(DEPLOYMENT, "{\"metadata\":{}}", "{\"metadata\":{\"$patch\":\"turn\"}}", ERROR_BAD_REQUEST);
    check_refused(DEPLOYMENT, "{\"spec\":{\"strategy\":{}}}",
                  "{\"spec\":{\"strategy\":{\"$retainKeys\":[\"type\"],\"x\":1}}}", ERROR_BAD_REQUEST);
    check_refused(DEPLOYMENT, "{}", "[]", ERROR_BAD_REQUEST);
}

/* Documents of few keys and small trees: after a merge patch all that the patch says holds, and
 * applying it again changes nothing. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void random_value(uint32_t *seed, int depth, bool nulls, struct buffer *out)
{
    switch (next_random(seed) % (depth > 0 ? 6 : 3)) {
    case 0:
        buffer_append_text(out, nulls ? "null" : "true");
        break;
    case 1:
        buffer_format(out, "%u", next_random(seed) % 3);
        break;
    case 2:
        buffer_append_text(out, "[1,\"a\"]");
        break;
    default:
        buffer_append_char(out, '{');
        for (unsigned i = 0; i < 3; i++) {
            buffer_format(out, "%s\"%c\":", i > 0 ? "," : "", (char)('a' + 2 * i + next_random(seed) % 2));
            random_value(seed, depth - 1, nulls, out);
        }
        buffer_append_char(out, '}');
    }
}

static void test_merge_twice_is_merge_once(void **state)
{
    (void)state;
    uint32_t seed = 1;

    for (int i = 0; i < 500; i++) {
        auto_buffer struct buffer document = { 0 }, patch = { 0 }, once = { 0 }, twice = { 0 };
        buffer_append_text(&document, "{\"x\":");
        random_value(&seed, 3, false, &document);
        buffer_append_text(&document, "}");
        buffer_append_text(&patch, "{\"x\":");
        random_value(&seed, 3, true, &patch);
        buffer_append_text(&patch, "}");
        assert_int_equal(patch_merge(buffer_str(&document), buffer_str(&patch), &once, NULL), 0);
        assert_int_equal(patch_merge(buffer_str(&once), buffer_str(&patch), &twice, NULL), 0);
        assert_string_equal(once.data, twice.data);
        buffer_clear(&twice);
        assert_int_equal(patch_strategic(&api_type_pod, buffer_str(&document), buffer_str(&patch), &twice, NULL), 0);
        assert_null(strstr(twice.data, "null"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_patch),      cmocka_unit_test(test_merge_patch),
        cmocka_unit_test(test_strategic_lists), cmocka_unit_test(test_strategic_scalars),
        cmocka_unit_test(test_strategic_maps),  cmocka_unit_test(test_merge_twice_is_merge_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
