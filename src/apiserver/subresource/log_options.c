/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/subresource/log_options.h"

#include <string.h>

#include "api/codec/decode_problem.h"
#include "api/validation/invalid.h"
#include "apiserver/failure.h"
#include "apiserver/path.h"

struct log_number {
    const char *name;
    int64_t min;
    const char *detail;
    bool given;
    int64_t value;
};

static int read_number(struct request *request, struct log_number *number, struct error *err)
{
    const char *text = query_value(request->query, number->name, &request->arena);
    number->given = !text_empty(text);
    if (number->given && !str_to_int64(str_of(text), &number->value))
        return error_set(err, ERROR_BAD_REQUEST, "strconv.ParseInt: parsing \"%s\": invalid syntax", text);
    return 0;
}

static void check_number(const struct log_number *number, struct api_invalid *errors)
{
    if (number->given && number->value < number->min)
        invalid_number(errors, at_field(NULL, number->name), number->value, "%s", number->detail);
}

/* Go reads the query's times as those of documents. */
static int check_time(struct request *request, struct error *err)
{
    const char *text = query_value(request->query, "sinceTime", &request->arena);
    usec_t time;
    if (text_empty(text) || time_parse(str_of(text), &time))
        return 0;
    return decode_problem_time(str_of(text), false, err);
}

/* One of the two outputs; the last lines of one alone are not looked for. */
static void check_stream(struct request *request, bool tail, struct api_invalid *errors)
{
    static const char *const streams[] = { "All", "Stderr", "Stdout", NULL };
    const char *stream = query_value(request->query, "stream", &request->arena);
    if (text_empty(stream) || strcmp(stream, "All") == 0)
        return;
    if (strcmp(stream, "Stdout") != 0 && strcmp(stream, "Stderr") != 0)
        invalid_not_supported(errors, at_field(NULL, "stream"), stream, streams);
    if (tail)
        invalid_forbidden(errors, at_field(NULL, ""),
                          "`tailLines` and specific `stream` are mutually exclusive for now");
}

int log_options_check(struct request *request, struct error *err)
{
    static const struct api_kind kind = { .group = "", .version = "v1", .kind = "PodLogOptions" };
    struct log_number tail = { .name = "tailLines", .detail = "must be greater than or equal to 0" };
    struct log_number limit = { .name = "limitBytes", .min = 1, .detail = "must be greater than 0" };
    struct log_number since = { .name = "sinceSeconds", .min = 1, .detail = "must be greater than 0" };
    auto_invalid struct api_invalid errors = { 0 };
    int rc = read_number(request, &tail, err);
    if (rc == 0)
        rc = read_number(request, &limit, err);
    if (rc == 0)
        rc = read_number(request, &since, err);
    if (rc == 0)
        rc = check_time(request, err);
    if (rc < 0)
        return rc;
    check_number(&tail, &errors);
    check_number(&limit, &errors);
    if (since.given && !text_empty(query_value(request->query, "sinceTime", &request->arena)))
        invalid_forbidden(&errors, at_field(NULL, ""), "at most one of `sinceTime` or `sinceSeconds` may be specified");
    else
        check_number(&since, &errors);
    check_stream(request, tail.given, &errors);
    return failure_invalid_list(request, &kind, request->name, &errors, err);
}
