/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* impersonation.c - the chain's filter for requests in somebody else's name: Impersonate-User, -Group, -Uid, -Extra-KEY.
 *
 * There are modes, tried one after the other: the constrained ones ask whether the user may do this very request as somebody
 * else of that sort (verb "impersonate-on:MODE:VERB"), and be that one (verb "impersonate:MODE"); the oldest asks only for the
 * verb "impersonate". Each name, group, uid and extra value is asked about for itself. What was refused first is told
 * when no mode allows it. */
#include <string.h>

#include "api/validation/formats/formats.h"
#include "apiserver/access/access.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "net/http.h"

#define ACCOUNT_PREFIX  "system:serviceaccount:"
#define NODE_PREFIX     "system:node:"
#define NODES           "system:nodes"
#define NODE_NAME_KEY   "authentication.kubernetes.io/node-name"
#define EXTRA_PREFIX    "impersonate-extra-"
#define AUTHENTICATION  "authentication.k8s.io"
#define AUTHENTICATED   "system:authenticated"
#define UNAUTHENTICATED "system:unauthenticated"

enum { GROUPS_MAX = 64, EXTRAS_MAX = 64, MANY = 4 };

/* What was refused first. */
struct refusal {
    bool set;
    struct authorization_attributes attributes;
    const char *reason;
};

/* One way in which a user may be somebody else. */
struct attempt {
    struct request *request;
    const char *mode;          /* NULL: the oldest */
    const char *verb;          /* "impersonate:MODE" */
    const char *group;         /* of users and groups */
    const struct user *wanted; /* as the headers have it */
    struct refusal *refusal;
};

static void refuse(struct attempt *attempt, const struct authorization_attributes *attributes, const char *reason)
{
    if (!attempt->refusal->set)
        *attempt->refusal = (struct refusal){ true, *attributes, reason };
}

static bool ask(struct attempt *attempt, const struct authorization_attributes *attributes)
{
    char reason[AUTHORIZATION_REASON_SIZE];
    const struct access *access = attempt->request->server->access;
    if (access_decide(access, attributes, NULL) == DECISION_ALLOW)
        return true;
    if (!attempt->refusal->set) {
        (void)access_decide(access, attributes, reason);
        refuse(attempt, attributes, arena_strdup(&attempt->request->arena, reason));
    }
    return false;
}

static struct authorization_attributes about(const struct attempt *attempt, const char *group, const char *resource,
                                             const char *name)
{
    struct authorization_attributes attributes = access_attributes(attempt->request);
    attributes.is_resource = true;
    attributes.verb = attempt->verb;
    attributes.group = group;
    attributes.resource = resource;
    attributes.subresource = "";
    attributes.namespace_ = "";
    attributes.name = name;
    attributes.field_selector = "";
    return attributes;
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

/* The name in "system:node:NAME"; NULL for other users. */
static const char *node_of(const char *user)
{
    struct format_errors errors = { 0 };
    struct str name = str_of(user);
    if (!str_starts(name, STR(NODE_PREFIX)))
        return NULL;
    name = str_skip(name, sizeof(NODE_PREFIX) - 1);
    format_dns1123_subdomain(name, &errors);
    return errors.count > 0 ? NULL : name.data;
}

static bool in(const char **groups, size_t count, const char *group)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(groups[i], group) == 0)
            return true;
    return false;
}

static bool only_named(const struct user *user)
{
    return text_empty(user->uid) && user->n_groups == 0 && user->n_extra == 0;
}

/* That everybody is known or nobody. */
static void complete_groups(struct user *user)
{
    bool anonymous = strcmp(user->name, "system:anonymous") == 0;
    if (anonymous && !in(user->groups, user->n_groups, UNAUTHENTICATED))
        user->groups[user->n_groups++] = UNAUTHENTICATED;
    else if (!anonymous && !in(user->groups, user->n_groups, AUTHENTICATED) &&
             !in(user->groups, user->n_groups, UNAUTHENTICATED))
        user->groups[user->n_groups++] = AUTHENTICATED;
}

/* ---------------------------------------------------------------- the rights */

/* A service account is asked about as such, in the newer modes a node too, anything else as a user. Groups that are known by
 * the name are added. */
static bool may_be_user(struct attempt *attempt, struct user *user)
{
    struct arena *arena = &attempt->request->arena;
    const char *namespace_, *name, *node = attempt->mode == NULL ? NULL : node_of(user->name);
    struct authorization_attributes attributes = about(attempt, attempt->group, "users", user->name);
    bool own = attempt->mode != NULL && strcmp(attempt->mode, "associated-node") == 0;
    if (node != NULL) {
        attributes.resource = "nodes";
        attributes.name = own ? "*" : node; /* its own node, wherever it runs */
        user->groups[user->n_groups++] = NODES;
    }
    if (split_account(arena, user->name, &namespace_, &name)) {
        attributes.resource = "serviceaccounts";
        attributes.namespace_ = namespace_;
        attributes.name = name;
        if (user->n_groups == 0) {
            user->groups[user->n_groups++] = "system:serviceaccounts";
            user->groups[user->n_groups++] = arena_format(arena, "system:serviceaccounts:%s", namespace_);
        }
    }
    return ask(attempt, &attributes);
}

/* Only asks: the refusal of a question about everything is no refusal. */
static bool may_be_all(struct attempt *attempt, struct authorization_attributes attributes, const char *subresource)
{
    attributes.subresource = subresource;
    attributes.name = "*";
    return access_decide(attempt->request->server->access, &attributes, NULL) == DECISION_ALLOW;
}

static bool may_be_in_groups(struct attempt *attempt)
{
    const struct user *wanted = attempt->wanted;
    struct authorization_attributes attributes = about(attempt, attempt->group, "groups", "");
    if (attempt->mode != NULL && in(wanted->groups, wanted->n_groups, "")) {
        refuse(attempt, &attributes, "impersonating the empty string group is not allowed");
        return false;
    }
    if (attempt->mode != NULL && in(wanted->groups, wanted->n_groups, "system:masters")) {
        attributes.name = "system:masters";
        refuse(attempt, &attributes, "impersonating the system:masters group is not allowed");
        return false;
    }
    if (attempt->mode != NULL && wanted->n_groups >= MANY && may_be_all(attempt, attributes, ""))
        return true;
    for (size_t i = 0; i < wanted->n_groups; i++) {
        attributes.name = wanted->groups[i];
        if (!ask(attempt, &attributes))
            return false;
    }
    return true;
}

/* What the newer modes take; NULL: it is in order. */
static const char *extra_problem(const struct user_extra *extra, struct arena *arena)
{
    struct format_errors errors = { 0 };
    if (extra->key[0] == '\0')
        return "impersonating the empty string key in extra is not allowed";
    format_domain_prefixed_path(str_of(extra->key), &errors);
    if (errors.count > 0)
        return arena_format(
            arena, "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: \"%s\": %s",
            extra->key, errors.texts[0]);
    for (const char *c = extra->key; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            return arena_format(arena, "impersonating a non-lowercase key in extra is not allowed: \"%s\"", extra->key);
    return in(extra->values, extra->n_values, "") ? "impersonating the empty string value in extra is not allowed"
                                                  : NULL;
}

static bool may_have_extra(struct attempt *attempt)
{
    const struct user *wanted = attempt->wanted;
    struct authorization_attributes attributes = about(attempt, AUTHENTICATION, "userextras", "");
    size_t values = 0;
    for (size_t i = 0; attempt->mode != NULL && i < wanted->n_extra; i++) {
        const char *problem = extra_problem(&wanted->extra[i], &attempt->request->arena);
        values += wanted->extra[i].n_values;
        if (problem == NULL)
            continue;
        refuse(attempt, &attributes, problem);
        return false;
    }
    if (values >= MANY && may_be_all(attempt, attributes, "*"))
        return true;
    for (size_t i = 0; i < wanted->n_extra; i++) {
        attributes.subresource = wanted->extra[i].key;
        for (size_t k = 0; k < wanted->extra[i].n_values; k++) {
            attributes.name = wanted->extra[i].values[k];
            if (!ask(attempt, &attributes))
                return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- the modes */

static bool fits_own_node(const struct request *request, const struct user *wanted)
{
    const char *node = node_of(wanted->name), *name, *namespace_;
    auto_arena struct arena scratch = { 0 };
    if (!only_named(wanted) || node == NULL || !split_account(&scratch, request->user.name, &namespace_, &name))
        return false;
    for (size_t i = 0; i < request->user.n_extra; i++) {
        const struct user_extra *extra = &request->user.extra[i];
        if (strcmp(extra->key, NODE_NAME_KEY) == 0)
            return extra->n_values == 1 && strcmp(extra->values[0], node) == 0;
    }
    return false;
}

static bool fits_node(const struct request *request, const struct user *wanted)
{
    (void)request;
    return only_named(wanted) && node_of(wanted->name) != NULL;
}

static bool is_account(const char *user)
{
    auto_arena struct arena scratch = { 0 };
    const char *namespace_, *name;
    return split_account(&scratch, user, &namespace_, &name);
}

static bool fits_account(const struct request *request, const struct user *wanted)
{
    (void)request;
    return only_named(wanted) && is_account(wanted->name);
}

static bool fits_user(const struct request *request, const struct user *wanted)
{
    (void)request;
    return node_of(wanted->name) == NULL && !is_account(wanted->name);
}

static bool fits_all(const struct request *request, const struct user *wanted)
{
    (void)request, (void)wanted;
    return true;
}

static const struct mode {
    const char *name; /* NULL: the oldest */
    bool (*fits)(const struct request *request, const struct user *wanted);
} modes[] = {
    { "associated-node", fits_own_node },
    { "arbitrary-node", fits_node },
    { "serviceaccount", fits_account },
    { "user-info", fits_user },
    { NULL, fits_all },
};

/* 'user' is filled when it is allowed. */
static bool try_mode(struct request *request, const struct mode *mode, const struct user *wanted,
                     struct refusal *refusal, struct user *ret_user)
{
    struct attempt attempt = {
        .request = request, .mode = mode->name, .verb = "impersonate", .group = "", .wanted = wanted, .refusal = refusal
    };
    struct arena *arena = &request->arena;
    if (!mode->fits(request, wanted))
        return false;
    if (mode->name != NULL) {
        struct authorization_attributes attributes = access_attributes(request);
        attempt.verb = arena_format(arena, "impersonate:%s", mode->name);
        attempt.group = AUTHENTICATION;
        attributes.verb = arena_format(arena, "impersonate-on:%s:%s", mode->name, attributes.verb);
        if (!ask(&attempt, &attributes))
            return false;
    }
    struct user user = *wanted;
    user.groups = arena_new_array(arena, const char *, GROUPS_MAX + 4);
    memcpy(user.groups, wanted->groups, wanted->n_groups * sizeof(*user.groups));
    if (!may_be_user(&attempt, &user))
        return false;
    if (!text_empty(wanted->uid)) {
        struct authorization_attributes attributes = about(&attempt, AUTHENTICATION, "uids", wanted->uid);
        if (!ask(&attempt, &attributes))
            return false;
    }
    if (!may_be_in_groups(&attempt) || !may_have_extra(&attempt))
        return false;
    complete_groups(&user);
    *ret_user = user;
    return true;
}

/* The mode that was allowed last for the same user comes first: who uses the oldest is not asked about all the others. Users that
 * share a place only change the order. */
static bool try_modes(struct request *request, const struct user *wanted, struct refusal *refusal,
                      struct user *ret_user)
{
    uint8_t *places = request->server->impersonation_modes;
    uint8_t *last = &places[str_hash(str_of(request->user.name)) % sizeof(request->server->impersonation_modes)];
    size_t first = *last;
    if (first > 0 && try_mode(request, &modes[first - 1], wanted, refusal, ret_user))
        return true;
    for (size_t i = 0; i < countof(modes); i++) {
        if (i + 1 == first || !try_mode(request, &modes[i], wanted, refusal, ret_user))
            continue;
        *last = (uint8_t)(i + 1);
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------- headers */

static bool add_group(struct request *request, struct user *user, const char *group)
{
    if (user->n_groups == GROUPS_MAX) {
        request_refuse(request, ERROR_BAD_REQUEST, "more than %d groups", GROUPS_MAX);
        return false;
    }
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
    extra->values[extra->n_values++] = value;
    return true;
}

/* False: the request is refused. */
static bool add_header(struct request *request, struct user *user, struct str name, const char *value)
{
    if (str_is(name, "impersonate-group"))
        return add_group(request, user, value);
    if (str_is(name, "impersonate-uid") && user->uid == NULL)
        user->uid = value;
    if (str_starts(name, STR(EXTRA_PREFIX)))
        return add_extra(request, user, str_skip(name, sizeof(EXTRA_PREFIX) - 1), value);
    return true;
}

static const char *text_of(struct arena *arena, struct str text)
{
    return arena_strndup(arena, text.data, text.size);
}

/* As Go shows the user that was asked for. */
static void refuse_nameless(struct request *request, const struct user *user)
{
    auto_buffer struct buffer text = { .max = 64 << 10 };
    buffer_format(&text, "requested &user.DefaultInfo{Name:\"\", UID:\"%s\", Groups:[]string%s",
                  text_or_empty(user->uid), user->n_groups == 0 ? "(nil)" : "{");
    for (size_t i = 0; i < user->n_groups; i++)
        buffer_format(&text, "%s\"%s\"", i > 0 ? ", " : "", user->groups[i]);
    buffer_format(&text, "%s, Extra:map[string][]string%s", user->n_groups == 0 ? "" : "}",
                  user->n_extra == 0 ? "(nil)" : "{");
    for (size_t i = 0; i < user->n_extra; i++) {
        buffer_format(&text, "%s\"%s\":[]string{", i > 0 ? ", " : "", user->extra[i].key);
        for (size_t k = 0; k < user->extra[i].n_values; k++)
            buffer_format(&text, "%s\"%s\"", k > 0 ? ", " : "", user->extra[i].values[k]);
        buffer_append_text(&text, "}");
    }
    buffer_format(&text, "%s} without impersonating a user name", user->n_extra == 0 ? "" : "}");
    request_refuse(request, ERROR_BAD_REQUEST, STR_FMT, STR_ARG(buffer_str(&text)));
}

void access_impersonate(struct request *request)
{
    const struct http_headers *headers = request->headers;
    struct arena *arena = &request->arena;
    struct refusal refusal = { 0 };
    struct user user = { 0 };
    bool begun = false;
    for (size_t i = 0; headers != NULL && !begun && i < headers->count; i++)
        begun = str_starts(headers->items[i].name, STR("impersonate-"));
    if (!begun) {
        request_next(request);
        return;
    }
    struct str name = http_header(headers, "impersonate-user");
    user.name = text_of(arena, name);
    user.groups = arena_new_array(arena, const char *, GROUPS_MAX + 4);
    user.extra = arena_new_array(arena, struct user_extra, EXTRAS_MAX);
    for (size_t i = 0; i < headers->count; i++)
        if (!add_header(request, &user, headers->items[i].name, text_of(arena, headers->items[i].value)))
            return;
    if (name.size == 0 && only_named(&user)) {
        request_next(request);
    } else if (name.size == 0) {
        refuse_nameless(request, &user);
    } else if (try_modes(request, &user, &refusal, &request->user)) {
        request_next(request);
    } else {
        access_refuse(request, &refusal.attributes, refusal.reason);
    }
}
