/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "apiserver/custom/conversion_review.h"

#define SENT                                                                    \
    "{\"kind\":\"Widget\",\"apiVersion\":\"e.com/"                              \
    "v1\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"labels\":{\"x\":\"y\"}," \
    "\"generation\":2},\"spec\":{\"n\":1}}"
#define HEAD "{\"kind\":\"ConversionReview\",\"apiVersion\":\"apiextensions.k8s.io/v1\",\"response\":"
#define GOOD "{\"uid\":\"1\",\"result\":{\"status\":\"Success\"},\"convertedObjects\":["
#define GOT  "{\"kind\":\"Widget\",\"apiVersion\":\"e.com/v2\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\""

static const struct str documents[] = { STR(SENT) };
static const struct conversion_review review = {
    .uid = "1", .kind = "e.com/v1, Kind=Widget", .desired = "e.com/v2", .documents = documents, .count = 1
};

static void test_request(void **state)
{
    (void)state;
    auto_buffer struct buffer out = { 0 };
    conversion_review_write(&review, &out);
    buffer_append_char(&out, '\0');
    assert_string_equal(
        out.data,
        "{\"kind\":\"ConversionReview\",\"apiVersion\":\"apiextensions.k8s.io/v1\",\"request\":{\"uid\":\"1\","
        "\"desiredAPIVersion\":\"e.com/v2\",\"objects\":[" SENT "]}}");
}

static void test_answers(void **state)
{
    (void)state;
#define FAILED "conversion webhook for e.com/v1, Kind=Widget "
    static const struct {
        const char *answer, *wanted;
    } cases[] = {
        { HEAD GOOD GOT ",\"labels\":{\"p\":\"q\"},\"generation\":9},\"spec\":{\"m\":1.50}}]}}",
          "{\"kind\":\"Widget\",\"apiVersion\":\"e.com/"
          "v2\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"generation\":2,"
          "\"labels\":{\"p\":\"q\"}},\"spec\":{\"m\":1.50}}" },
        { "{}",
          FAILED "failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got , Kind=" },
        { HEAD "null}", FAILED "failed: no response provided" },
        { HEAD "{\"uid\":\"2\"}}", FAILED "failed: expected response.uid \"1\", got \"2\"" },
        { HEAD "{\"uid\":\"1\",\"result\":{\"status\":\"Failed\",\"message\":\"no way\"}}}", FAILED "failed: no way" },
        { HEAD "{\"uid\":\"1\",\"result\":{\"status\":\"Failed\"}}}",
          FAILED "failed: response.result.status was 'Failed', not 'Success'" },
        { HEAD GOOD "]}}", FAILED "returned 0 objects, expected 1" },
        { HEAD GOOD "{\"kind\":\"Widget\",\"apiVersion\":\"e.com/v1\"}]}}", FAILED
          "returned invalid converted object at index 0: invalid groupVersion (expected e.com/v2, received e.com/v1)" },
        { HEAD GOOD "{\"kind\":\"Widget\",\"apiVersion\":\"e.com/v2\",\"metadata\":{\"name\":\"b\"}}]}}",
          FAILED "returned invalid converted object at index 0: must have the same name: a != b" },
        { HEAD GOOD GOT ",\"labels\":{\"p\":1}}}]}}",
          FAILED "returned invalid metadata in object at index 0: metadata.labels[\"p\"] must be a string in converted "
                 "object" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        auto_arena struct arena arena = { 0 };
        struct str document;
        struct error err = { 0 };
        int rc = conversion_review_read(&review, str_of(cases[i].answer), &arena, &document, &err);
        assert_string_equal(rc == 0 ? document.data : err.message, cases[i].wanted);
        assert_int_equal(rc, i == 0 ? 0 : -ERROR_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_request), cmocka_unit_test(test_answers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
