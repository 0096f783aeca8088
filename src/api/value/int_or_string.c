/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* int_or_string.c - numbers that may be percentages. */
#include "api/value/int_or_string.h"

#include <stdio.h>

bool int_or_string_equal(const struct int_or_string *a, const struct int_or_string *b)
{
    if ((a->text == NULL) != (b->text == NULL))
        return false;
    return a->text != NULL ? strcmp(a->text, b->text) == 0 : a->number == b->number;
}

const char *int_or_string_text(const struct int_or_string *value, char space[INT_OR_STRING_TEXT_SIZE])
{
    if (value->text != NULL)
        return value->text;
    snprintf(space, INT_OR_STRING_TEXT_SIZE, "%d", value->number);
    return space;
}

bool int_or_string_percent(const struct int_or_string *value, int32_t *ret_percent)
{
    struct str text = str_of(value->text);
    int64_t percent = 0;

    if (text.size < 2 || text.data[text.size - 1] != '%')
        return false;
    text.size--;
    if (text.data[0] == '+')
        text = str_skip(text, 1);
    if (!str_to_int64(text, &percent) || percent > INT32_MAX || percent < INT32_MIN)
        return false;
    *ret_percent = (int32_t)percent;
    return true;
}

int int_or_string_scale(const struct int_or_string *value, int32_t total, bool round_up, int32_t *ret_number,
                        struct error *err)
{
    int32_t percent = 0;

    if (value->text == NULL) {
        *ret_number = value->number;
        return 0;
    }
    if (!int_or_string_percent(value, &percent)) {
        struct str text = str_of(value->text);
        if (text.size == 0 || text.data[text.size - 1] != '%')
            return error_set(err, ERROR_INVALID,
                             "invalid value for IntOrString: invalid type: string is not a percentage");
        return error_set(
            err, ERROR_INVALID,
            "invalid value for IntOrString: invalid value \"%.*s\": strconv.Atoi: parsing \"%.*s\": invalid syntax",
            (int)text.size, text.data, (int)text.size - 1, text.data);
    }

    int64_t product = (int64_t)percent * total;
    int64_t share = product / 100;
    if (round_up && product > 0 && product % 100 != 0)
        share++;
    if (!round_up && product < 0 && product % 100 != 0)
        share--;
    *ret_number = share > INT32_MAX ? INT32_MAX : share < INT32_MIN ? INT32_MIN : (int32_t)share;
    return 0;
}
