/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Requests for certificates: who asks, what a signer and an approver may change, and is it a request at all? */

#include <string.h>

#include "api/value/entry.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/strategy/strategies.h"
#include "base/text/base64.h"
#include "crypto/x509.h"

typedef struct api_certificates_certificate_signing_request signing_request;
typedef struct api_certificates_certificate_signing_request_condition request_condition;

#define BEGIN "-----BEGIN "
#define END   "-----END "

/* Who asks is what the request says, never what its body says. */
void signing_request_prepare_create(struct request *request, void *object)
{
    signing_request *csr = object;
    struct arena *arena = &request->arena;
    const struct user *user = &request->user;
    csr->spec.username = arena_strdup(arena, text_or_empty(user->name));
    csr->spec.uid = arena_strdup(arena, text_or_empty(user->uid));
    csr->spec.groups = arena_new_array(arena, const char *, user->n_groups + 1);
    for (size_t i = 0; i < user->n_groups; i++)
        csr->spec.groups[i] = arena_strdup(arena, user->groups[i]);
    csr->spec.n_groups = user->n_groups;
    csr->spec.extra = NULL;
    csr->spec.n_extra = 0;
    for (size_t i = 0; i < user->n_extra; i++) {
        struct api_certificates_extra_value_entry *entry =
            entry_put_to(csr->spec.extra, csr->spec.n_extra, user->extra[i].key, arena);
        entry->value.items = user->extra[i].values;
        entry->value.n_items = user->extra[i].n_values;
    }
}

void signing_request_prepare_update(struct request *request, void *object, const void *old)
{
    (void)request;
    ((signing_request *)object)->spec = ((const signing_request *)old)->spec;
}

static const request_condition *find(const signing_request *csr, const request_condition *like)
{
    for (size_t i = 0; i < csr->status.n_conditions; i++)
        if (text_equal(csr->status.conditions[i].type, like->type) &&
            text_equal(csr->status.conditions[i].status, like->status))
            return &csr->status.conditions[i];
    return NULL;
}

static void fill_times(struct request *request, void *object, const void *old)
{
    signing_request *csr = object;
    usec_t now = prepare_now(request);
    for (size_t i = 0; i < csr->status.n_conditions; i++) {
        request_condition *condition = &csr->status.conditions[i];
        const request_condition *before = find(old, condition);
        if (condition->last_update_time == 0)
            condition->last_update_time = now;
        if (condition->last_transition_time == 0)
            condition->last_transition_time =
                before != NULL && before->last_transition_time != 0 ? before->last_transition_time : now;
    }
}

static size_t verdicts(const signing_request *csr, const char *type)
{
    size_t count = 0;
    for (size_t i = 0; i < csr->status.n_conditions; i++)
        count += text_equal(csr->status.conditions[i].type, type);
    return count;
}

/* A signer that does not know newer members of a verdict does not lose them. */
static void keep_verdicts(signing_request *csr, const signing_request *old, const char *type)
{
    size_t from = 0;
    if (verdicts(csr, type) != verdicts(old, type))
        return; /* validation says what is wrong with that */
    for (size_t i = 0; i < csr->status.n_conditions; i++) {
        if (!text_equal(csr->status.conditions[i].type, type))
            continue;
        while (!text_equal(old->status.conditions[from].type, type))
            from++;
        csr->status.conditions[i] = old->status.conditions[from++];
    }
}

void signing_request_prepare_status(struct request *request, void *object, const void *old)
{
    if (strcmp(request->subresource, "approval") != 0) {
        keep_verdicts(object, old, "Approved");
        keep_verdicts(object, old, "Denied");
    }
    fill_times(request, object, old);
}

/* ---------------------------------------------------------------- validation */

static void refuse_request(const signing_request *csr, const char *why, struct api_invalid *errors)
{
    auto_buffer struct buffer shown = { .max = 64 * 1024 };
    base64_encode(csr->spec.request, &shown);
    buffer_append_char(&shown, '\0');
    invalid_string(errors, at_field(at_field(NULL, "spec"), "request"),
                   buffer_failed(&shown) ? "" : text_or_empty(shown.data), "%s", why);
}

void signing_request_validate(const void *object, const void *old, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const signing_request *csr = object;
    struct x509_info info;
    struct error err = { 0 };
    if (old != NULL)
        return; /* it cannot change */
    if (!str_contains(csr->spec.request, STR(BEGIN "CERTIFICATE REQUEST-----")))
        refuse_request(csr, "PEM block type must be CERTIFICATE REQUEST", errors);
    else if (x509_request_parse(csr->spec.request, &arena, &info, &err) < 0)
        refuse_request(csr, err.message, errors);
}

static void refuse_certificate(const char *why, struct api_invalid *errors)
{
    invalid_string(errors, at_field(at_field(NULL, "status"), "certificate"), "<certificate data>", "%s", why);
}

/* Where 'part' begins; the size of the text when it does not. */
static size_t find_text(struct str text, const char *part)
{
    const char *at = text.size == 0 ? NULL : memmem(text.data, text.size, part, strlen(part));
    return at == NULL ? text.size : (size_t)(at - text.data);
}

/* Nothing but certificates, and one at least. */
void signing_request_validate_status(const void *object, const void *old, struct api_invalid *errors)
{
    const signing_request *csr = object;
    struct str rest = csr->status.certificate;
    size_t blocks = 0;
    if (rest.size == 0 || str_equal(rest, ((const signing_request *)old)->status.certificate))
        return;
    for (size_t at; (at = find_text(rest, BEGIN)) < rest.size; blocks++) {
        auto_arena struct arena arena = { 0 };
        struct x509_info info;
        struct error err = { 0 };
        rest = str_skip(rest, at);
        struct str type = str_skip(rest, strlen(BEGIN));
        type.size = str_find(type, '-');
        size_t end = find_text(rest, END);
        struct str block = { rest.data, end < rest.size ? end : rest.size };
        if (!str_is(type, "CERTIFICATE")) {
            auto_buffer struct buffer why = { .max = 300 };
            buffer_format(&why, "only CERTIFICATE PEM blocks are allowed, found \"" STR_FMT "\"", STR_ARG(type));
            refuse_certificate(text_or_empty(why.data), errors);
            return;
        }
        if (str_find(block, ':') < block.size) {
            refuse_certificate("no PEM block headers are permitted", errors);
            return;
        }
        if (x509_parse(rest, &arena, &info, &err) < 0) {
            refuse_certificate(err.message, errors);
            return;
        }
        rest = str_skip(rest, end < rest.size ? end + strlen(END) : end);
    }
    if (blocks == 0)
        refuse_certificate("must contain at least one CERTIFICATE PEM block", errors);
}
