/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_http.h - the client of components in other processes and on other machines: HTTP/2 over TLS.
 *
 * One connection carries all calls and watches. Lists come in pages of 500, watches as a stream. */
#ifndef CLIENT_CLIENT_HTTP_H
#define CLIENT_CLIENT_HTTP_H

#include "client/client.h"

struct client_http_options {
    const char *server;         /* "https://HOST:PORT"; "http://" only for tests */
    const char *name;           /* user agent and field manager */
    struct str ca_pem;          /* whom to trust; empty: the system's pool */
    struct str certificate_pem; /* who we are, by certificate... */
    struct str key_pem;
    const char *token;       /* ...or by bearer token... */
    const char *token_file;  /* ...or by one in a file, which is read again every minute and when it is refused */
    const char *server_name; /* to verify instead of the host; NULL: the host */
    bool insecure_skip_verify;
    int network_namespace; /* descriptor to connect in; 0: our own */
    usec_t timeout;        /* of one call; 0: 60 s */
};

/* Everything is copied; nothing connects yet. Errors: a server that is no URL, keys that do not parse. */
int client_http_create(struct loop *loop, const struct client_http_options *options, struct client **ret_client,
                       struct error *err) must_check;

#endif
