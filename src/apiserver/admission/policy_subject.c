/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/admission/policy_subject.h"

#include <string.h>

#include "api/codec.h"
#include "apiserver/access/access.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/registry/conversion.h"
#include "apiserver/server_internal.h"
#include "apiserver/subresource/scale.h"
#include "codec/json.h"

#define DOCUMENT_MAX ((size_t)64 << 20)

static const char *const operations[] = { [ADMISSION_CREATE] = "CREATE",
                                          [ADMISSION_UPDATE] = "UPDATE",
                                          [ADMISSION_DELETE] = "DELETE",
                                          [ADMISSION_CONNECT] = "CONNECT" };

/* ---------------------------------------------------------------- may they? */

static void set_account(struct authorization_attributes *attributes, const struct cel_check *check, struct arena *arena)
{
    const char **groups = arena_new_array(arena, const char *, 3);

    attributes->user = arena_format(arena, "system:serviceaccount:" STR_FMT ":" STR_FMT,
                                    STR_ARG(check->service_account_namespace), STR_ARG(check->service_account_name));
    groups[0] = "system:serviceaccounts";
    groups[1] = arena_format(arena, "system:serviceaccounts:" STR_FMT, STR_ARG(check->service_account_namespace));
    groups[2] = "system:authenticated";
    attributes->groups = groups;
    attributes->n_groups = 3;
}

static void check_access(void *context, const struct cel_check *check, struct arena *arena,
                         struct cel_decision *ret_decision)
{
    struct request *request = context;
    char *reason = arena_alloc(arena, AUTHORIZATION_REASON_SIZE);
    struct authorization_attributes attributes = {
        .user = text_or_empty(request->user.name),
        .groups = (const char *const *)request->user.groups,
        .n_groups = request->user.n_groups,
        .verb = arena_str(arena, check->verb).data,
        .is_resource = check->resource.size > 0,
        .group = arena_str(arena, check->group).data,
        .resource = arena_str(arena, check->resource).data,
        .subresource = arena_str(arena, check->subresource).data,
        .namespace_ = arena_str(arena, check->namespace).data,
        .name = arena_str(arena, check->name).data,
        .path = arena_str(arena, check->path).data,
        .field_selector = arena_str(arena, check->field_selector).data,
    };

    if (check->service_account_name.size > 0)
        set_account(&attributes, check, arena);
    enum decision decision = access_decide(request->server->access, &attributes, reason);
    *ret_decision = (struct cel_decision){ .allowed = decision == DECISION_ALLOW, .reason = str_of(reason) };
}

/* ---------------------------------------------------------------- documents */

static void drop_document(void *document)
{
    yyjson_doc_free(document);
}

yyjson_val *policy_subject_read(struct policy_subject *subject, struct str json)
{
    yyjson_doc *doc = NULL;

    if (json_read(json, API_DEPTH_MAX, &doc, NULL) < 0)
        return NULL;
    arena_hold(&subject->arena, drop_document, doc);
    return yyjson_doc_get_root(doc);
}

static yyjson_val *document_of(struct policy_subject *subject, const struct api_kind *kind, const void *value)
{
    auto_buffer struct buffer json = { .max = DOCUMENT_MAX };

    if (value == NULL)
        return NULL;
    api_encode_json(kind->type, kind, value, &json);
    return buffer_failed(&json) ? NULL : policy_subject_read(subject, arena_str(&subject->arena, buffer_str(&json)));
}

static bool is_scale(const struct policy_form *form)
{
    return form->kind == &api_kind_autoscaling_scale;
}

/* The value in the form's version: -ERROR_UNAVAILABLE when only a webhook could make it. */
static int convert(const struct policy_subject *subject, const struct policy_form *form, const void *value,
                   struct arena *arena, const void **ret_value, struct error *err)
{
    const struct registry *registry = subject->admission->registry;
    const struct api_resource *own = registry->resource;
    const struct conversion *from = conversion_of(own), *to = conversion_of(form->resource);
    char version[256];

    *ret_value = value;
    if (value == NULL || form->resource == own || form->kind != form->resource->kind)
        return 0;
    if (registry->custom) {
        if (!custom_registry_of(registry)->form->converts)
            return 0;
        api_kind_version(form->kind, version, sizeof(version));
        return error_set(err, ERROR_UNAVAILABLE, "failed to convert object version: %s is made by a webhook", version);
    }
    void *converted = arena_zalloc(arena, form->kind->type->size);
    if (from != NULL && from->stored == form->resource)
        from->to_stored(value, converted, arena);
    else if (to != NULL && to->stored == own)
        to->to_served(value, converted, arena);
    *ret_value = converted;
    return 0;
}

static int make_object(struct policy_subject *subject, const struct policy_form *form, const void *value,
                       yyjson_val **ret_document, struct error *err)
{
    struct admission *admission = subject->admission;
    const void *converted;

    if (value != NULL && is_scale(form))
        value = scale_of(admission->request, admission->registry, value);
    int rc = convert(subject, form, value, &subject->arena, &converted, err);
    if (rc < 0)
        return rc;
    *ret_document = document_of(subject, form->kind, converted);
    return converted == NULL || *ret_document != NULL
               ? 0
               : error_set(err, ERROR_INTERNAL, "the object is too large to be looked at");
}

/* ---------------------------------------------------------------- the request */

static const char *options_kind(enum admission_operation operation)
{
    return operation == ADMISSION_CREATE   ? "CreateOptions"
           : operation == ADMISSION_UPDATE ? "UpdateOptions"
                                           : "DeleteOptions";
}

static struct str options_json(struct policy_subject *subject)
{
    const struct request_options *options = &subject->admission->request->options;
    auto_buffer struct buffer json = { .max = 1 << 20 };

    buffer_format(&json, "{\"kind\":\"%s\",\"apiVersion\":\"meta.k8s.io/v1\"",
                  options_kind(subject->admission->operation));
    if (options->dry_run)
        buffer_append_text(&json, ",\"dryRun\":[\"All\"]");
    if (subject->admission->operation != ADMISSION_DELETE && !text_empty(options->field_manager)) {
        buffer_append_text(&json, ",\"fieldManager\":");
        json_append_string(&json, str_of(options->field_manager));
    }
    if (options->delete_options != NULL && options->delete_options->grace_period_seconds != NULL)
        buffer_format(&json, ",\"gracePeriodSeconds\":%lld", (long long)*options->delete_options->grace_period_seconds);
    if (options->delete_options != NULL && !text_empty(options->delete_options->propagation_policy)) {
        buffer_append_text(&json, ",\"propagationPolicy\":");
        json_append_string(&json, str_of(options->delete_options->propagation_policy));
    }
    if (options->delete_options != NULL && options->delete_options->preconditions != NULL) {
        buffer_append_text(&json, ",\"preconditions\":");
        api_encode_json(&api_type_preconditions, NULL, options->delete_options->preconditions, &json);
    }
    buffer_append_text(&json, "}");
    return arena_str(&subject->arena, buffer_str(&json));
}

static struct api_authentication_user_info user_info(struct policy_subject *subject)
{
    const struct user *user = &subject->admission->request->user;
    struct api_authentication_user_info info = { .username = user->name,
                                                 .uid = user->uid,
                                                 .groups = user->groups,
                                                 .n_groups = user->n_groups,
                                                 .n_extra = user->n_extra };

    info.extra = arena_new_array(&subject->arena, struct api_authentication_extra_value_entry, user->n_extra + 1);
    for (size_t i = 0; i < user->n_extra; i++) {
        info.extra[i].key = user->extra[i].key;
        info.extra[i].value.items = user->extra[i].values;
        info.extra[i].value.n_items = user->extra[i].n_values;
    }
    return info;
}

static yyjson_val *make_request(struct policy_subject *subject, const struct policy_form *form)
{
    const struct policy_form *own = &subject->forms[0];
    const struct match_subject *match = &subject->match;
    bool dry_run = subject->admission->request->options.dry_run;
    struct api_group_version_kind own_kind = { own->kind->group, own->kind->version, own->kind->kind };
    struct api_group_version_resource own_resource = { match->resource.group, match->resource.version,
                                                       match->resource.plural };
    struct api_admission_admission_request request = {
        .kind = { form->kind->group, form->kind->version, form->kind->kind },
        .resource = { form->resource->kind->group, form->resource->kind->version, form->resource->plural },
        .sub_resource = match->subresource,
        .request_kind = &own_kind,
        .request_resource = &own_resource,
        .request_sub_resource = match->subresource,
        .name = match->name,
        .namespace = match->namespace_,
        .operation = match->operation,
        .user_info = user_info(subject),
        .dry_run = &dry_run,
        .options = subject->admission->operation == ADMISSION_CONNECT ? (struct str){ 0 } : options_json(subject),
    };
    auto_buffer struct buffer json = { .max = 4 << 20 };

    api_encode_json(&api_type_admission_admission_request, NULL, &request, &json);
    return policy_subject_read(subject, arena_str(&subject->arena, buffer_str(&json)));
}

int policy_subject_ask(struct policy_subject *subject, int as, struct policy_request *ret_request, struct error *err)
{
    struct policy_form *form = &subject->forms[as + 1];

    if (!form->made) {
        int rc = make_object(subject, form, subject->admission->object, &form->object, err);
        if (rc == 0)
            rc = make_object(subject, form, subject->admission->old, &form->old_object, err);
        if (rc < 0)
            return rc;
        form->request = make_request(subject, form);
        form->made = true;
    }
    if (subject->space == NULL && subject->space_object != NULL)
        subject->space = policy_subject_read(subject, object_json(subject->space_object));
    *ret_request = (struct policy_request){ .object = form->object,
                                            .old_object = form->old_object,
                                            .request = form->request,
                                            .namespace = subject->space,
                                            .authorizer = &subject->authorizer,
                                            .resource = &subject->resource };
    return 0;
}

/* ---------------------------------------------------------------- what it is about */

/* What the documents of a write through a subresource are: what was sent; updates are of the object itself, but for its scale. */
static const struct api_kind *own_kind(const struct admission *admission)
{
    const struct api_subresource *sub = admission->request->sub;
    bool through = !text_empty(admission->subresource) && sub != NULL && sub->body != NULL;

    if (!through || (admission->operation == ADMISSION_UPDATE && sub->body != &api_kind_autoscaling_scale))
        return admission->registry->resource->kind;
    return sub->body;
}

static void add_form(struct policy_subject *subject, const struct api_resource *resource)
{
    struct match_resource *equivalents = (struct match_resource *)subject->match.equivalents;
    size_t i = subject->match.n_equivalents++;

    equivalents[i] = (struct match_resource){ resource->kind->group, resource->kind->version, resource->plural };
    subject->forms[i + 1] = (struct policy_form){ .resource = resource,
                                                  .kind = subject->forms[0].kind == subject->forms[0].resource->kind
                                                              ? resource->kind
                                                              : subject->forms[0].kind };
}

/* The same objects in other versions. */
static void find_forms(struct policy_subject *subject)
{
    const struct registry *registry = subject->admission->registry;
    const struct api_resource *own = registry->resource;
    const struct conversion *conversion = conversion_of(own);
    struct custom_form *custom = registry->custom ? custom_registry_of(registry)->form : NULL;
    size_t most = custom != NULL ? custom->n_versions : 1;

    subject->forms = arena_new_array(&subject->arena, struct policy_form, most + 1);
    subject->forms[0] = (struct policy_form){ .resource = own, .kind = own_kind(subject->admission) };
    subject->match.equivalents = arena_new_array(&subject->arena, struct match_resource, most + 1);
    for (size_t i = 0; custom != NULL && i < custom->n_versions; i++)
        if (custom->versions[i].resource != own && custom->versions[i].version->served)
            add_form(subject, custom->versions[i].resource);
    if (custom != NULL)
        return;
    if (conversion == NULL)
        conversion = conversion_to(own);
    if (conversion != NULL)
        add_form(subject, conversion->stored == own ? conversion->served : conversion->stored);
}

static const struct object *find_space(const struct policy_subject *subject)
{
    return watch_cache_get(server_cache(subject->admission->request->server, &api_resource_namespace), NULL,
                           subject->match.namespace_);
}

void policy_subject_init(struct policy_subject *subject, struct admission *admission)
{
    const struct api_resource *resource = admission->registry->resource;
    bool namespaces = resource == &api_resource_namespace;
    bool named = admission->operation != ADMISSION_CREATE || !text_empty(admission->subresource);

    *subject = (struct policy_subject){ .admission = admission };
    subject->match = (struct match_subject){
        .operation = operations[admission->operation],
        .resource = { resource->kind->group, resource->kind->version, resource->plural },
        .subresource = text_or_empty(admission->subresource),
        .namespace_ = namespaces ? (named ? admission->name : "") : text_or_empty(admission->namespace_),
        .name = admission->generated ? "" : text_or_empty(admission->name),
        .object = admission->operation == ADMISSION_CONNECT ? NULL : admission->object, /* options have no metadata */
        .old_object = admission->old,
    };
    find_forms(subject);
    const struct object *space = subject->match.namespace_[0] == '\0' ? NULL : find_space(subject);
    subject->match.space = space == NULL ? NULL : object_meta(space);
    subject->space_object = namespaces ? NULL : space;
    subject->authorizer = (struct cel_authorizer){ check_access, admission->request };
    subject->resource = (struct cel_check){ .group = str_of(subject->match.resource.group),
                                            .resource = str_of(subject->match.resource.plural),
                                            .subresource = str_of(subject->match.subresource),
                                            .namespace = str_of(subject->match.namespace_),
                                            .name = str_of(subject->match.name) };
}

void policy_subject_fini(struct policy_subject *subject)
{
    arena_fini(&subject->arena);
}
