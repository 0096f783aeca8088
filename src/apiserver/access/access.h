/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* access.h - who asks, as whom, and may they: the chain's filters for authentication, impersonation, authorization.
 *
 * Client certificates, service account tokens, anonymous users; then system:masters, Node and RBAC. Follows
 * the caches of roles, bindings and pods. Belongs to the server's loop. */
#ifndef APISERVER_ACCESS_ACCESS_H
#define APISERVER_ACCESS_ACCESS_H

#include "apiserver/access/authorization.h"
#include "apiserver/request.h"

struct access;

int access_create(struct api_server *server, struct access **ret_access, struct error *err) must_check;
void access_start(struct access *access);   /* once the caches are filled */
void access_destroy(struct access *access); /* NULL is fine */

/* Filters. */
void access_authenticate(struct request *request);
void access_impersonate(struct request *request); /* impersonation.c */
void access_authorize(struct request *request);

/* The same question for reviews and for checks beside the request's own. 'reason' may be NULL. */
enum decision access_decide(const struct access *access, const struct authorization_attributes *attributes,
                            char *reason);
struct authorization_attributes access_attributes(struct request *request);
/* Answers 403: who may not do what, and where. */
void access_refuse(struct request *request, const struct authorization_attributes *attributes, const char *reason);

/* Checks a bearer token for these audiences (NULL: the server's own); the user is in the arena. -ERROR_UNAUTHORIZED. */
int access_check_token(const struct access *access, struct str token, const char *const *audiences, struct arena *arena,
                       struct user *ret_user, struct error *err) must_check;

/* What tokens of this server are for when nobody says, NULL-terminated; lives as long as the access. */
const char *const *access_audiences(const struct access *access);

/* Signs with the server's key; -ERROR_UNAVAILABLE without one. */
struct token_claims;
int access_sign(const struct access *access, const struct token_claims *claims, struct buffer *token,
                struct error *err) must_check;

/* Who signs, and the keys to check it with (a JSON Web Key Set); -ERROR_UNAVAILABLE without a key. */
const char *access_issuer(const struct access *access);
int access_public_keys(const struct access *access, struct buffer *json, const char **ret_algorithm,
                       struct error *err) must_check;

struct rbac;
const struct rbac *access_rbac(const struct access *access);

#endif
