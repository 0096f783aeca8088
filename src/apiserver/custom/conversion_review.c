/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/conversion_review.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/codec.h"
#include "codec/json.h"

#define GROUP_VERSION "apiextensions.k8s.io/v1"

void conversion_review_write(const struct conversion_review *review, struct buffer *out)
{
    buffer_append_text(out,
                       "{\"kind\":\"ConversionReview\",\"apiVersion\":\"" GROUP_VERSION "\",\"request\":{\"uid\":");
    json_append_string(out, str_of(review->uid));
    buffer_append_text(out, ",\"desiredAPIVersion\":");
    json_append_string(out, str_of(review->desired));
    buffer_append_text(out, ",\"objects\":[");
    for (size_t i = 0; i < review->count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        buffer_append_str(out, review->documents[i]);
    }
    buffer_append_text(out, "]}}");
}

/* ---------------------------------------------------------------- the answer */

static int failed(const struct conversion_review *review, struct error *err, const char *format, ...) printf_like(3, 4);

static int failed(const struct conversion_review *review, struct error *err, const char *format, ...)
{
    char text[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return error_set(err, ERROR_INTERNAL, "conversion webhook for %s %s", review->kind, text);
}

static const char *text_at(yyjson_val *object, const char *name)
{
    return text_or_empty(yyjson_get_str(yyjson_obj_get(object, name)));
}

static int check_response(const struct conversion_review *review, yyjson_val *root, struct error *err)
{
    yyjson_val *response = yyjson_obj_get(root, "response");
    if (!text_equal(text_at(root, "apiVersion"), GROUP_VERSION) ||
        !text_equal(text_at(root, "kind"), "ConversionReview"))
        return failed(review, err,
                      "failed: expected webhook response of " GROUP_VERSION ", Kind=ConversionReview, got %s, Kind=%s",
                      text_at(root, "apiVersion"), text_at(root, "kind"));
    if (!yyjson_is_obj(response))
        return failed(review, err, "failed: no response provided");
    if (!text_equal(text_at(response, "uid"), review->uid))
        return failed(review, err, "failed: expected response.uid \"%s\", got \"%s\"", review->uid,
                      text_at(response, "uid"));
    yyjson_val *result = yyjson_obj_get(response, "result");
    if (text_equal(text_at(result, "status"), "Success"))
        return 0;
    if (!text_empty(text_at(result, "message")))
        return failed(review, err, "failed: %s", text_at(result, "message"));
    return failed(review, err, "failed: response.result.status was '%s', not 'Success'", text_at(result, "status"));
}

static int check_same(const struct conversion_review *review, size_t index, const char *what, const char *sent,
                      const char *got, struct error *err)
{
    if (text_equal(sent, got))
        return 0;
    return failed(review, err, "returned invalid converted object at index %zu: must have the same %s: %s != %s", index,
                  what, sent, got);
}

static int check_object(const struct conversion_review *review, size_t index, yyjson_val *sent, yyjson_val *got,
                        struct error *err)
{
    yyjson_val *before = yyjson_obj_get(sent, "metadata"), *after = yyjson_obj_get(got, "metadata");
    if (!text_equal(text_at(got, "apiVersion"), review->desired))
        return failed(review, err,
                      "returned invalid converted object at index %zu: invalid groupVersion (expected %s, received %s)",
                      index, review->desired, text_at(got, "apiVersion"));
    int rc = check_same(review, index, "kind", text_at(sent, "kind"), text_at(got, "kind"), err);
    if (rc == 0)
        rc = check_same(review, index, "name", text_at(before, "name"), text_at(after, "name"), err);
    if (rc == 0)
        rc = check_same(review, index, "namespace", text_at(before, "namespace"), text_at(after, "namespace"), err);
    if (rc == 0)
        rc = check_same(review, index, "UID", text_at(before, "uid"), text_at(after, "uid"), err);
    if (rc == 0 && !yyjson_is_obj(after))
        rc = failed(review, err,
                    "returned invalid metadata in object at index %zu: missing metadata in converted object", index);
    return rc;
}

static bool may_change(struct str key)
{
    return str_is(key, "labels") || str_is(key, "annotations");
}

static int check_texts(const struct conversion_review *review, size_t index, const char *name, yyjson_val *texts,
                       struct error *err)
{
    size_t i, count;
    yyjson_val *key, *value;
    if (texts != NULL && !yyjson_is_obj(texts))
        return failed(review, err,
                      "returned invalid metadata in object at index %zu: invalid metadata.%s in converted object",
                      index, name);
    yyjson_obj_foreach(texts, i, count, key, value)
    {
        if (!yyjson_is_str(value))
            return failed(review, err,
                          "returned invalid metadata in object at index %zu: metadata.%s[\"%s\"] must be a string in "
                          "converted object",
                          index, name, yyjson_get_str(key));
    }
    return 0;
}

static void append_member(struct buffer *out, yyjson_val *key, yyjson_val *value)
{
    if (out->data[out->size - 1] != '{')
        buffer_append_char(out, ',');
    json_append_string(out, (struct str){ yyjson_get_str(key), yyjson_get_len(key) });
    buffer_append_char(out, ':');
    json_append_value(out, value);
}

/* All but labels and annotations as it was. */
static void append_metadata(struct buffer *out, yyjson_val *sent, yyjson_val *got)
{
    size_t i, count;
    yyjson_val *key, *value;
    buffer_append_char(out, '{');
    yyjson_obj_foreach(sent, i, count, key, value)
    {
        if (!may_change((struct str){ yyjson_get_str(key), yyjson_get_len(key) }))
            append_member(out, key, value);
    }
    yyjson_obj_foreach(got, i, count, key, value)
    {
        if (may_change((struct str){ yyjson_get_str(key), yyjson_get_len(key) }) && !yyjson_is_null(value))
            append_member(out, key, value);
    }
    buffer_append_char(out, '}');
}

static int take_object(const struct conversion_review *review, size_t index, yyjson_val *got, struct arena *arena,
                       struct str *ret_document, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    auto_buffer struct buffer out = { .max = (size_t)16 << 20 };
    int rc = json_read(review->documents[index], API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    yyjson_val *sent = yyjson_doc_get_root(doc), *metadata = yyjson_obj_get(got, "metadata"), *key, *value;
    rc = check_object(review, index, sent, got, err);
    if (rc == 0)
        rc = check_texts(review, index, "labels", yyjson_obj_get(metadata, "labels"), err);
    if (rc == 0)
        rc = check_texts(review, index, "annotations", yyjson_obj_get(metadata, "annotations"), err);
    if (rc < 0)
        return rc;
    size_t i, count;
    buffer_append_char(&out, '{');
    yyjson_obj_foreach(got, i, count, key, value)
    {
        if (value != metadata) {
            append_member(&out, key, value);
            continue;
        }
        buffer_append_text(&out, out.size == 1 ? "\"metadata\":" : ",\"metadata\":");
        append_metadata(&out, yyjson_obj_get(sent, "metadata"), metadata);
    }
    buffer_append_char(&out, '}');
    if (buffer_failed(&out))
        return failed(review, err, "failed: converted object %zu is too large", index);
    *ret_document = arena_str(arena, buffer_str(&out));
    return 0;
}

int conversion_review_read(const struct conversion_review *review, struct str answer, struct arena *arena,
                           struct str *ret_documents, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    struct error problem;
    if (json_read(answer, API_DEPTH_MAX, &doc, &problem) < 0)
        return failed(review, err, "failed: %s", problem.message);
    int rc = check_response(review, yyjson_doc_get_root(doc), err);
    if (rc < 0)
        return rc;
    yyjson_val *objects = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(doc), "response"), "convertedObjects");
    if (yyjson_arr_size(objects) != review->count)
        return failed(review, err, "returned %zu objects, expected %zu", yyjson_arr_size(objects), review->count);
    size_t i, count;
    yyjson_val *object;
    yyjson_arr_foreach(objects, i, count, object)
    {
        rc = take_object(review, i, object, arena, &ret_documents[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
