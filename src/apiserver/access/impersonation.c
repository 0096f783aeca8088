/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* impersonation.c - the chain's filter for requests in somebody else's name: Impersonate-User, -Group, -Uid, -Extra-KEY.
 * Each name, group, uid and extra value needs the verb "impersonate" for itself. */
#include <string.h>

#include "apiserver/access/access.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "net/http.h"

#define ACCOUNT_PREFIX  "system:serviceaccount:"
#define EXTRA_PREFIX    "impersonate-extra-"
#define AUTHENTICATION  "authentication.k8s.io"
#define AUTHENTICATED   "system:authenticated"
#define UNAUTHENTICATED "system:unauthenticated"

enum { GROUPS_MAX = 64, EXTRAS_MAX = 64 };

/* False: the request is refused. */
static bool may_act_as(struct request *request, const char *group, const char *resource, const char *subresource,
                       const char *namespace_, const char *name)
{
    struct authorization_attributes attributes = access_attributes(request);
    attributes.is_resource = true;
    attributes.verb = "impersonate";
    attributes.group = group;
    attributes.resource = resource;
    attributes.subresource = subresource;
    attributes.namespace_ = namespace_;
    attributes.name = name;
    if (access_decide(request->server->access, &attributes, NULL) == DECISION_ALLOW)
        return true;
    access_refuse(request, &attributes, "");
    return false;
}

/* ---------------------------------------------------------------- the user */

/* The namespace and name in "system:serviceaccount:NAMESPACE:NAME"; false for other users. */
static bool split_account(struct arena *arena, const char *user, const char **ret_namespace, const char **ret_name)
{
    struct str rest = str_of(user);
    if (!str_starts(rest, STR(ACCOUNT_PREFIX)))
        return false;
    rest = str_skip(rest, sizeof(ACCOUNT_PREFIX) - 1);
    size_t colon = str_find(rest, ':');
    if (colon == 0 || colon + 1 >= rest.size)
        return false;
    struct str name = str_skip(rest, colon + 1);
    if (str_find(name, ':') < name.size)
        return false;
    *ret_namespace = arena_strndup(arena, rest.data, colon);
    *ret_name = arena_strndup(arena, name.data, name.size);
    return true;
}

/* A service account is asked about as such, anything else as a user. */
static bool may_act_as_user(struct request *request, const char *user)
{
    const char *namespace_, *name;
    if (split_account(&request->arena, user, &namespace_, &name))
        return may_act_as(request, "", "serviceaccounts", "", namespace_, name);
    return may_act_as(request, "", "users", "", "", user);
}

static bool in(const char **groups, size_t count, const char *group)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(groups[i], group) == 0)
            return true;
    return false;
}

/* What an account is in when nothing else is said, and that everybody is known or nobody. */
static void complete_groups(struct arena *arena, struct user *user)
{
    const char *namespace_, *name;
    if (user->n_groups == 0 && split_account(arena, user->name, &namespace_, &name)) {
        user->groups[user->n_groups++] = "system:serviceaccounts";
        user->groups[user->n_groups++] = arena_format(arena, "system:serviceaccounts:%s", namespace_);
    }
    bool anonymous = strcmp(user->name, "system:anonymous") == 0;
    if (anonymous && !in(user->groups, user->n_groups, UNAUTHENTICATED))
        user->groups[user->n_groups++] = UNAUTHENTICATED;
    else if (!anonymous && !in(user->groups, user->n_groups, AUTHENTICATED) &&
             !in(user->groups, user->n_groups, UNAUTHENTICATED))
        user->groups[user->n_groups++] = AUTHENTICATED;
}

/* ---------------------------------------------------------------- headers */

static bool add_group(struct request *request, struct user *user, const char *group)
{
    if (user->n_groups == GROUPS_MAX) {
        request_refuse(request, ERROR_BAD_REQUEST, "more than %d groups", GROUPS_MAX);
        return false;
    }
    if (!may_act_as(request, "", "groups", "", "", group))
        return false;
    user->groups[user->n_groups++] = group;
    return true;
}

static struct user_extra *get_extra(struct arena *arena, struct user *user, const char *key)
{
    for (size_t i = 0; i < user->n_extra; i++)
        if (strcmp(user->extra[i].key, key) == 0)
            return &user->extra[i];
    if (user->n_extra == EXTRAS_MAX)
        return NULL;
    struct user_extra *extra = &user->extra[user->n_extra++];
    *extra = (struct user_extra){ .key = key, .values = arena_new_array(arena, const char *, EXTRAS_MAX) };
    return extra;
}

/* Header names come in lower case; what a name cannot hold is percent-encoded in it. */
static bool add_extra(struct request *request, struct user *user, struct str encoded, const char *value)
{
    struct arena *arena = &request->arena;
    const char *key;
    if (!path_unescape(encoded, false, arena, &key))
        key = arena_strndup(arena, encoded.data, encoded.size); /* upstream takes it as it is */
    struct user_extra *extra = get_extra(arena, user, key);
    if (extra == NULL || extra->n_values == EXTRAS_MAX) {
        request_refuse(request, ERROR_BAD_REQUEST, "more than %d extra keys or values", EXTRAS_MAX);
        return false;
    }
    if (!may_act_as(request, AUTHENTICATION, "userextras", key, "", value))
        return false;
    extra->values[extra->n_values++] = value;
    return true;
}

/* False: the request is refused. */
static bool add_header(struct request *request, struct user *user, struct str name, const char *value)
{
    if (str_is(name, "impersonate-group"))
        return add_group(request, user, value);
    if (str_is(name, "impersonate-uid") && value[0] != '\0') {
        user->uid = value;
        return may_act_as(request, AUTHENTICATION, "uids", "", "", value);
    }
    if (str_starts(name, STR(EXTRA_PREFIX)))
        return add_extra(request, user, str_skip(name, sizeof(EXTRA_PREFIX) - 1), value);
    return true;
}

static const char *text_of(struct arena *arena, struct str text)
{
    return arena_strndup(arena, text.data, text.size);
}

/* More about a user than the name, without the name. */
static bool is_incomplete(const struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->items[i].name;
        if (str_is(name, "impersonate-group") || str_is(name, "impersonate-uid") || str_starts(name, STR(EXTRA_PREFIX)))
            return true;
    }
    return false;
}

void access_impersonate(struct request *request)
{
    const struct http_headers *headers = request->headers;
    struct arena *arena = &request->arena;
    struct str name = headers == NULL ? (struct str){ 0 } : http_header(headers, "impersonate-user");
    if (name.size == 0) {
        if (headers != NULL && is_incomplete(headers))
            request_refuse(request, ERROR_INTERNAL,
                           "Internal error occurred: groups, uid or extra requested without impersonating a user");
        else
            request_next(request);
        return;
    }
    struct user user = { .name = text_of(arena, name),
                         .groups = arena_new_array(arena, const char *, GROUPS_MAX + 4),
                         .extra = arena_new_array(arena, struct user_extra, EXTRAS_MAX) };
    if (!may_act_as_user(request, user.name))
        return;
    for (size_t i = 0; i < headers->count; i++)
        if (!add_header(request, &user, headers->items[i].name, text_of(arena, headers->items[i].value)))
            return;
    complete_groups(arena, &user);
    request->user = user;
    request_next(request);
}
