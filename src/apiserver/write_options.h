/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* write_options.h - what a write says of itself beside its object: dry runs, who manages the fields, how strictly unknown
 * ones are taken, and how a deletion goes. Everything wrong with them is one answer (422). */
#ifndef APISERVER_WRITE_OPTIONS_H
#define APISERVER_WRITE_OPTIONS_H

#include "apiserver/request.h"

/* Those of the query of a POST, PUT, PATCH or DELETE, into request->options; others have none. -ERROR_INVALID. */
int write_options_read(struct request *request, struct str query, struct error *err) must_check;

/* What is wrong with the options of a deletion, wherever they stood. -ERROR_INVALID. */
int delete_options_check(struct request *request, const struct api_delete_options *options,
                         struct error *err) must_check;

#endif
