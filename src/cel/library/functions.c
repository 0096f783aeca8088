/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* functions.c - where the tables of functions are. */
#include "cel/function.h"

bool cel_functions_at(size_t index, struct cel_functions *ret_functions)
{
    static struct cel_functions (*const tables[])(void) = {
        cel_operators, cel_arithmetic, cel_conversions, cel_times, cel_strings,     cel_lists,
        cel_sets,      cel_optionals,  cel_patterns,    cel_urls,  cel_addresses,   cel_quantities,
        cel_semvers,   cel_formats,    cel_encoders,    cel_math,  cel_authorizers, cel_patches,
    };

    if (index >= countof(tables))
        return false;
    *ret_functions = tables[index]();
    return true;
}
