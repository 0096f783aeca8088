/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/service_account_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#define SUBJECT_PREFIX "system:serviceaccount:"

/* ---------------------------------------------------------------- writing */

static void add_bound(yyjson_mut_doc *doc, yyjson_mut_val *private, const char *key, const char *name, const char *uid)
{
    if (text_empty(name))
        return;
    yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, private, key);
    yyjson_mut_obj_add_strcpy(doc, object, "name", name);
    if (!text_empty(uid))
        yyjson_mut_obj_add_strcpy(doc, object, "uid", uid);
}

static yyjson_mut_doc *claims_document(const struct token_claims *claims)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_val *audiences = yyjson_mut_obj_add_arr(doc, root, "aud");
    for (const char *const *audience = claims->audiences; *audience != NULL; audience++)
        yyjson_mut_arr_add_strcpy(doc, audiences, *audience);
    yyjson_mut_obj_add_int(doc, root, "exp", claims->expires / USEC_PER_SEC);
    yyjson_mut_obj_add_int(doc, root, "iat", claims->issued / USEC_PER_SEC);
    yyjson_mut_obj_add_strcpy(doc, root, "iss", claims->issuer);
    yyjson_mut_obj_add_strcpy(doc, root, "jti", claims->id);
    yyjson_mut_val *private = yyjson_mut_obj_add_obj(doc, root, "kubernetes.io");
    yyjson_mut_obj_add_strcpy(doc, private, "namespace", claims->namespace_);
    add_bound(doc, private, "node", claims->node_name, claims->node_uid);
    add_bound(doc, private, "pod", claims->pod_name, claims->pod_uid);
    add_bound(doc, private, "secret", claims->secret_name, claims->secret_uid);
    add_bound(doc, private, "serviceaccount", claims->account_name, claims->account_uid);
    yyjson_mut_obj_add_int(doc, root, "nbf", claims->issued / USEC_PER_SEC);
    char subject[600];
    snprintf(subject, sizeof(subject), SUBJECT_PREFIX "%s:%s", claims->namespace_, claims->account_name);
    yyjson_mut_obj_add_strcpy(doc, root, "sub", subject);
    return doc;
}

int token_issue(struct evp_pkey_st *key, const struct token_claims *claims, struct buffer *token, struct error *err)
{
    yyjson_mut_doc *doc = claims_document(claims);
    size_t size = 0;
    autofree char *text = yyjson_mut_write(doc, 0, &size);
    yyjson_mut_doc_free(doc);
    if (text == NULL)
        return error_set(err, ERROR_INVALID, "token for %s/%s: a name is not valid UTF-8", claims->namespace_,
                         claims->account_name);
    return jwt_sign(key, (struct str){ text, size }, token, err);
}

/* ---------------------------------------------------------------- reading */

static const char *text_of(yyjson_val *object, const char *key, struct arena *arena)
{
    yyjson_val *value = yyjson_obj_get(object, key);
    return yyjson_is_str(value) ? arena_strndup(arena, yyjson_get_str(value), yyjson_get_len(value)) : "";
}

static usec_t time_of(yyjson_val *object, const char *key)
{
    yyjson_val *value = yyjson_obj_get(object, key);
    double seconds = yyjson_is_num(value) ? yyjson_get_num(value) : 0;
    return seconds > 0 && seconds < 1e11 ? (usec_t)(seconds * (double)USEC_PER_SEC) : 0;
}

/* One string, or a list of them (RFC 7519, 4.1.3). */
static const char *const *audiences_of(yyjson_val *root, struct arena *arena)
{
    const char **list = arena_new_array(arena, const char *, TOKEN_AUDIENCES_MAX + 1);
    yyjson_val *value = yyjson_obj_get(root, "aud");
    size_t count = 0;
    if (yyjson_is_str(value))
        list[count++] = text_of(root, "aud", arena);
    for (size_t i = 0; i < yyjson_arr_size(value) && count < TOKEN_AUDIENCES_MAX; i++)
        if (yyjson_is_str(yyjson_arr_get(value, i)))
            list[count++] = arena_strdup(arena, yyjson_get_str(yyjson_arr_get(value, i)));
    return list;
}

static struct token_claims read_claims(yyjson_val *root, struct arena *arena)
{
    yyjson_val *private = yyjson_obj_get(root, "kubernetes.io");
    yyjson_val *account = yyjson_obj_get(private, "serviceaccount"), *pod = yyjson_obj_get(private, "pod"),
               *secret = yyjson_obj_get(private, "secret"), *node = yyjson_obj_get(private, "node");
    return (struct token_claims){
        .issuer = text_of(root, "iss", arena),
        .audiences = audiences_of(root, arena),
        .id = text_of(root, "jti", arena),
        .namespace_ = text_of(private, "namespace", arena),
        .account_name = text_of(account, "name", arena),
        .account_uid = text_of(account, "uid", arena),
        .pod_name = text_of(pod, "name", arena),
        .pod_uid = text_of(pod, "uid", arena),
        .secret_name = text_of(secret, "name", arena),
        .secret_uid = text_of(secret, "uid", arena),
        .node_name = text_of(node, "name", arena),
        .node_uid = text_of(node, "uid", arena),
        .issued = time_of(root, "iat"),
        .expires = time_of(root, "exp"),
    };
}

static bool audience_shared(const char *const *ours, const char *const *theirs)
{
    for (; *ours != NULL; ours++)
        for (const char *const *audience = theirs; *audience != NULL; audience++)
            if (strcmp(*ours, *audience) == 0)
                return true;
    return false;
}

static int check_claims(const struct token_claims *claims, usec_t not_before, const char *issuer,
                        const char *const *audiences, usec_t now, struct error *err)
{
    if (strcmp(claims->issuer, issuer) != 0)
        return error_set(err, ERROR_UNAUTHORIZED, "the token's issuer is not ours");
    if (claims->expires == 0 || now >= claims->expires)
        return error_set(err, ERROR_UNAUTHORIZED, "service account token has expired");
    if (now < not_before)
        return error_set(err, ERROR_UNAUTHORIZED, "service account token is not valid yet");
    if (!audience_shared(audiences, claims->audiences))
        return error_set(err, ERROR_UNAUTHORIZED, "the token is for another audience");
    if (claims->namespace_[0] == '\0' || claims->account_name[0] == '\0')
        return error_set(err, ERROR_UNAUTHORIZED, "the token names no service account");
    return 0;
}

int token_check(struct evp_pkey_st *const *keys, size_t n_keys, const char *issuer, const char *const *audiences,
                struct str token, usec_t now, struct arena *arena, struct token_claims *ret_claims, struct error *err)
{
    auto_buffer struct buffer json = { .max = JWT_SIZE_MAX };
    struct error why = { 0 };
    if (jwt_verify(keys, n_keys, token, &json, &why) < 0)
        return error_set(err, ERROR_UNAUTHORIZED, "%s", why.message);
    yyjson_doc *doc = yyjson_read(json.data, json.size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (!yyjson_is_obj(root)) {
        yyjson_doc_free(doc);
        return error_set(err, ERROR_UNAUTHORIZED, "the token's claims are no JSON object");
    }
    struct token_claims claims = read_claims(root, arena);
    usec_t not_before = time_of(root, "nbf");
    yyjson_doc_free(doc);
    int rc = check_claims(&claims, not_before, issuer, audiences, now, err);
    if (rc == 0)
        *ret_claims = claims;
    return rc;
}
