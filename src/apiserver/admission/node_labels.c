/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_labels.c - see the header. */
#include "apiserver/admission/node_labels.h"

#include <stdlib.h>
#include <string.h>

static const char *const kubelet_labels[] = {
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
};

/* The domain itself or one below it. */
static bool in_domain(struct str domain, const char *of)
{
    size_t length = strlen(of);
    if (str_is(domain, of))
        return true;
    return domain.size > length && domain.data[domain.size - length - 1] == '.' &&
           str_is((struct str){ domain.data + domain.size - length, length }, of);
}

static bool forbidden(const char *key)
{
    struct str all = str_of(key);
    size_t slash = str_find(all, '/');
    struct str domain = { key, slash < all.size ? slash : 0 };
    if (in_domain(domain, "node-restriction.kubernetes.io"))
        return true;
    if (!in_domain(domain, "kubernetes.io") && !in_domain(domain, "k8s.io"))
        return false;
    for (size_t i = 0; i < countof(kubelet_labels); i++)
        if (strcmp(kubelet_labels[i], key) == 0)
            return false;
    return !in_domain(domain, "kubelet.kubernetes.io") && !in_domain(domain, "node.kubernetes.io");
}

static const char *value_of(const struct api_object_meta *meta, const char *key)
{
    for (size_t i = 0; meta != NULL && i < meta->n_labels; i++)
        if (strcmp(meta->labels[i].key, key) == 0)
            return text_or_empty(meta->labels[i].value);
    return NULL;
}

static bool differs(const struct api_object_meta *other, const struct api_string_entry *label)
{
    const char *value = value_of(other, label->key);
    return value == NULL || strcmp(value, text_or_empty(label->value)) != 0;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char *node_labels_forbidden(const struct api_object_meta *meta, const struct api_object_meta *old,
                                  struct arena *arena)
{
    size_t n_old = old == NULL ? 0 : old->n_labels, count = 0;
    const char **keys = arena_new_array(arena, const char *, meta->n_labels + n_old + 1);
    for (size_t i = 0; i < meta->n_labels; i++)
        if (differs(old, &meta->labels[i]) && forbidden(meta->labels[i].key))
            keys[count++] = meta->labels[i].key;
    for (size_t i = 0; i < n_old; i++)
        if (value_of(meta, old->labels[i].key) == NULL && forbidden(old->labels[i].key))
            keys[count++] = old->labels[i].key;
    if (count == 0)
        return NULL;
    qsort(keys, count, sizeof(*keys), by_text);
    const char *text = keys[0];
    for (size_t i = 1; i < count; i++)
        text = arena_format(arena, "%s, %s", text, keys[i]);
    return text;
}

bool node_labels_equal(const struct api_object_meta *a, const struct api_object_meta *b)
{
    if (a->n_labels != b->n_labels)
        return false;
    for (size_t i = 0; i < a->n_labels; i++)
        if (differs(b, &a->labels[i]))
            return false;
    return true;
}
