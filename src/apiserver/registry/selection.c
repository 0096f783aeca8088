/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/registry/selection.h"

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

int selection_read(struct request *request, struct selection *ret_selection, struct error *err)
{
    struct selection selection = { 0 };
    const struct request_options *options = &request->options;
    int rc = label_selector_parse(str_of(options->label_selector), &request->arena, &selection.labels, err);
    if (rc < 0)
        return rc;
    rc = field_selector_parse(str_of(options->field_selector), &request->arena, &selection.fields, err);
    if (rc < 0)
        return rc;
    rc = field_selector_check(&selection.fields, request->registry->resource, err);
    if (rc < 0)
        return rc;
    selection.all = label_selector_empty(&selection.labels) && selection.fields.n_requirements == 0;
    selection.prefix = text_empty(request->namespace_) || !(request->registry->resource->flags & API_NAMESPACED)
                           ? STR("")
                           : str_of(arena_format(&request->arena, "%s/", request->namespace_));
    narrow(request, &selection);
    *ret_selection = selection;
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
