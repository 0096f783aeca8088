/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* An applied configuration: the merge, what the applier gives up, who else wants the same fields. */
#include "api/apply/document.h"
#include "api/apply/managed.h"
#include "codec/json.h"

#define RESULT_MAX ((size_t)64 << 20)

/* A document in one version. */
struct form {
    const char *api_version;
    struct apply_place root;
    struct str json;
    yyjson_val *document;
};

struct work {
    struct managed *managed;
    struct managed_apply *apply;
    struct arena *arena;
    struct error *err;
};

static int form_of(const struct work *work, const char *api_version, const struct apply_place *root,
                   const struct buffer *json, struct form *ret_form)
{
    yyjson_doc *doc = NULL;
    if (buffer_failed(json))
        return error_set(work->err, ERROR_TOO_LARGE, "the applied object is too large");
    struct str text = arena_str(work->arena, buffer_str(json));
    int rc = json_read(text, FIELD_SET_DEPTH_MAX * 32, &doc, work->err);
    if (rc < 0)
        return rc;
    arena_hold(work->arena, (void (*)(void *))yyjson_doc_free, doc);
    *ret_form = (struct form){ api_version, *root, text, yyjson_doc_get_root(doc) };
    return 0;
}

/* -ERROR_NOT_FOUND: there is no such version any more. */
static int in_version(const struct work *work, const struct form *form, const char *api_version, struct form *ret_form)
{
    const struct managed_versions *versions = work->apply->versions;
    *ret_form = *form;
    if (text_equal(form->api_version, api_version))
        return 0;
    if (versions == NULL)
        return -ERROR_NOT_FOUND;
    int rc = versions->convert(versions->context, form->json, form->api_version, api_version, work->arena,
                               &ret_form->root, &ret_form->document, work->err);
    if (rc < 0)
        return rc;
    auto_buffer struct buffer json = { .max = RESULT_MAX };
    json_append_value(&json, ret_form->document);
    ret_form->json = arena_str(work->arena, buffer_str(&json));
    ret_form->api_version = api_version;
    return 0;
}

static int without(const struct work *work, const struct form *form, const struct field_set *set, struct form *ret_form)
{
    auto_buffer struct buffer json = { .max = RESULT_MAX };
    if (set == NULL) {
        *ret_form = *form;
        return 0;
    }
    apply_remove(&form->root, form->document, set, &json);
    return form_of(work, form->api_version, &form->root, &json, ret_form);
}

/* The fields of a document, those on the way included. */
static const struct field_set *all_fields(const struct work *work, const struct form *form)
{
    const struct field_set *set = apply_fields(&form->root, form->document, work->arena);
    return apply_with_fields(&form->root, set, work->arena);
}

/* What entries of a version own together. */
static const struct field_set *owned_in(const struct work *work, const char *api_version)
{
    const struct field_set *set = NULL;
    for (size_t i = 0; i < work->managed->count; i++)
        if (text_equal(work->managed->entries[i].api_version, api_version))
            set = field_set_union(set, work->managed->entries[i].set, work->arena);
    return set;
}

/* Puts back what was taken out of 'merged' and somebody owns. Both stay as they are when the version is gone. */
static int put_back_owned(const struct work *work, const char *api_version, struct form *merged, struct form *pruned)
{
    struct form all = { 0 }, rest = { 0 };
    int rc = in_version(work, merged, api_version, &all);
    if (rc == 0)
        rc = in_version(work, pruned, api_version, &rest);
    if (rc < 0)
        return rc == -ERROR_NOT_FOUND ? 0 : rc;
    const struct field_set *owned = apply_with_fields(&all.root, owned_in(work, api_version), work->arena);
    const struct field_set *kept = field_set_union(all_fields(work, &rest), owned, work->arena);
    const struct field_set *gone = field_set_difference(all_fields(work, &all), kept, work->arena);
    *merged = all;
    return without(work, &all, gone, pruned);
}

static bool seen_before(const struct managed *managed, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (text_equal(managed->entries[i].api_version, managed->entries[position].api_version))
            return true;
    return false;
}

/* Takes out what the applier owned ('last') and does not state any more, unless somebody else owns it too. */
static int prune(const struct work *work, const char *version, const struct field_set *last, struct form *form)
{
    const char *own_version = form->api_version;
    struct form merged = { 0 }, pruned = { 0 }, rest = { 0 };
    int rc = in_version(work, form, version, &merged);
    if (rc < 0 || last == NULL)
        return rc == -ERROR_NOT_FOUND ? 0 : rc;
    last = apply_with_fields(&merged.root, last, work->arena);
    rc = without(work, &merged, last, &pruned);
    if (rc == 0)
        rc = put_back_owned(work, version, &merged, &pruned);
    for (size_t i = 0; i < work->managed->count && rc == 0; i++) {
        const char *other = work->managed->entries[i].api_version;
        if (!text_equal(other, version) && !seen_before(work->managed, i))
            rc = put_back_owned(work, other, &merged, &pruned);
    }
    /* What the applier never owned stays, also below something that it gave up. */
    if (rc == 0)
        rc = in_version(work, &pruned, version, &rest);
    if (rc == 0)
        rc = in_version(work, &merged, version, &merged);
    if (rc < 0)
        return rc == -ERROR_NOT_FOUND ? 0 : rc;
    const struct field_set *gone =
        field_set_difference(all_fields(work, &merged), all_fields(work, &rest), work->arena);
    rc = without(work, &merged, field_set_intersection(gone, last, work->arena), &pruned);
    return rc == 0 ? in_version(work, &pruned, own_version, form) : rc;
}

static struct str text_of(void *context, bool after)
{
    const struct form *forms = context;
    return forms[after ? 1 : 0].json;
}

/* The conflicts of the result with other managers; none: they lose what is changed. */
static int settle(const struct work *work, const struct managed_entry *own, struct form forms[2])
{
    struct managed_apply *apply = work->apply;
    struct managed_change change = { .text = text_of, .context = forms };
    apply_compare(&forms[0].root, forms[0].document, forms[1].document, work->arena, &change.difference);
    if (!apply->force) {
        apply->conflicts = (struct managed_conflicts){ .arena = work->arena, .allowed = apply->allowed };
        int rc =
            managed_take(work->managed, &apply->writer, own, &change, apply->versions, &apply->conflicts, work->err);
        if (rc < 0)
            return rc;
        if (apply->conflicts.count > 0)
            return error_set(work->err, ERROR_CONFLICT, "%s",
                             managed_conflicts_message(&apply->conflicts, work->arena));
    }
    return managed_take(work->managed, &apply->writer, own, &change, apply->versions, NULL, work->err);
}

static int merge(const struct work *work, const struct form *live, struct form *ret_merged)
{
    auto_buffer struct buffer json = { .max = RESULT_MAX };
    apply_merge(&live->root, live->document, work->apply->config, &json);
    return form_of(work, live->api_version, &live->root, &json, ret_merged);
}

int managed_apply(struct managed *managed, struct managed_apply *apply, struct error *err)
{
    struct work work = { managed, apply, managed->arena, err };
    const struct managed_writer *writer = &apply->writer;
    struct form forms[2] = { { writer->api_version, apply->root, apply->live, apply->live_document } };
    managed_reconcile(managed, writer->api_version, &apply->root);
    int rc = merge(&work, &forms[0], &forms[1]);
    if (rc < 0)
        return rc;
    struct managed_entry *own = managed_find(managed, writer, true);
    struct managed_entry last = own != NULL ? *own : (struct managed_entry){ .api_version = writer->api_version };
    const struct field_set *set = apply_fields(&apply->root, apply->config, managed->arena);
    set = field_set_without(set, writer->ignored, managed->arena);
    if (own == NULL)
        own = managed_add(managed, &(struct managed_entry){ .manager = writer->manager,
                                                            .api_version = writer->api_version,
                                                            .subresource = writer->subresource,
                                                            .applied = true });
    own->api_version = writer->api_version;
    managed_set(own, set); /* the name too: whoever states it wants the metadata to stay */
    rc = prune(&work, last.api_version, last.set, &forms[1]);
    if (rc == 0)
        rc = settle(&work, own, forms);
    if (rc < 0)
        return rc;
    apply->unchanged = document_equal(forms[0].document, forms[1].document);
    if (!apply->unchanged)
        own->time = writer->now;
    managed_set(own, managed_strip(set, managed->arena));
    if (field_set_equal(own->set, last.set))
        own->text = last.text;
    managed_drop_empty(managed);
    buffer_append_str(&apply->result, forms[1].json);
    return 0;
}
