/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/listing/selection.h"

#include "apiserver/registry/registry.h"

static void narrow(struct request *request, struct selection *selection)
{
    struct str name, namespace_ = str_of(request->namespace_);
    bool namespaced = request->registry->resource->flags & API_NAMESPACED;
    if (namespaced && namespace_.size == 0 &&
        field_selector_exact(&selection->fields, STR("metadata.namespace"), &namespace_))
        selection->prefix = str_of(arena_format(&request->arena, STR_FMT "/", STR_ARG(namespace_)));
    if (!text_empty(request->name))
        name = str_of(request->name);
    else if (!field_selector_exact(&selection->fields, STR("metadata.name"), &name))
        return;
    if (!namespaced)
        selection->only = name;
    else if (namespace_.size > 0)
        selection->only =
            str_of(arena_format(&request->arena, STR_FMT "/" STR_FMT, STR_ARG(namespace_), STR_ARG(name)));
}

int selection_parse(struct request *request, struct selection *selection, struct error *err)
{
    const struct request_options *options = &request->options;
    int rc = label_selector_parse(str_of(options->label_selector), &request->arena, &selection->labels, err);
    if (rc == 0)
        rc = field_selector_parse(str_of(options->field_selector), &request->arena, &selection->fields, err);
    return rc;
}

/* A path that names an object leaves nothing to select but the same name. */
static int check_name(const struct request *request, const struct selection *selection, struct error *err)
{
    struct str name;
    if (text_empty(request->name) || selection->fields.n_requirements == 0)
        return 0;
    if (!field_selector_exact(&selection->fields, STR("metadata.name"), &name) || !str_is(name, request->name))
        return error_set(err, ERROR_BAD_REQUEST, "fieldSelector metadata.name doesn't match requested name");
    return 0;
}

int selection_resolve(struct request *request, struct selection *selection, struct error *err)
{
    int rc = field_selector_check(&selection->fields, request->registry->resource, err);
    if (rc == 0)
        rc = check_name(request, selection, err);
    if (rc < 0)
        return rc;
    selection->all = label_selector_empty(&selection->labels) && selection->fields.n_requirements == 0;
    selection->prefix = text_empty(request->namespace_) || !(request->registry->resource->flags & API_NAMESPACED)
                            ? STR("")
                            : str_of(arena_format(&request->arena, "%s/", request->namespace_));
    narrow(request, selection);
    return 0;
}

bool selection_has(const struct selection *selection, const struct object *object)
{
    struct str key = str_of(object_key(object));
    if (selection->only.data != NULL && !str_equal(key, selection->only))
        return false;
    if (!str_starts(key, selection->prefix))
        return false;
    return selection->all || (label_selector_matches_object(&selection->labels, object) &&
                              field_selector_matches_object(&selection->fields, object));
}
