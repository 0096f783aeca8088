/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* log_options.h - whether the options of pods/log in a request's query make sense, as upstream validates PodLogOptions.
 * -ERROR_BAD_REQUEST for what is no number, -ERROR_INVALID with request->failure for the rest. */
#ifndef APISERVER_SUBRESOURCE_LOG_OPTIONS_H
#define APISERVER_SUBRESOURCE_LOG_OPTIONS_H

#include "apiserver/request.h"

int log_options_check(struct request *request, struct error *err) must_check;

#endif
