/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* informer_set.c - informers shared by the components of a client. */
#include "base/memory.h"
#include "client/informer.h"

struct informer_set {
    struct client *client;
    struct list members;
};

struct member {
    struct list_node node; /* in informer_set.members */
    struct informer *informer;
    const struct api_resource *resource;
    char *selection; /* namespace, labels and fields, one line each */
};

struct informer_set *informer_set_create(struct client *client)
{
    struct informer_set *set = memory_new(struct informer_set);
    set->client = client;
    list_init(&set->members);
    return set;
}

void informer_set_destroy(struct informer_set *set)
{
    if (set == NULL)
        return;
    struct member *member;
    list_for_each (&set->members, member, node) {
        list_remove(&member->node);
        informer_destroy(member->informer);
        free(member->selection);
        free(member);
    }
    free(set);
}

struct informer *informer_set_get(struct informer_set *set, const struct informer_options *options)
{
    char *selection = memory_format("%s\n%s\n%s", text_or_empty(options->namespace_),
                                    text_or_empty(options->label_selector), text_or_empty(options->field_selector));
    struct member *member;
    list_for_each (&set->members, member, node) {
        if (member->resource == options->resource && text_equal(member->selection, selection)) {
            free(selection);
            return member->informer;
        }
    }
    member = memory_new(struct member);
    member->resource = options->resource;
    member->selection = selection;
    member->informer = informer_create(set->client, options);
    list_append(&set->members, &member->node);
    informer_start(member->informer);
    return member->informer;
}

bool informer_set_synced(const struct informer_set *set)
{
    for (struct list_node *node = list_first(&set->members); node != NULL && node != &set->members.head;
         node = node->next) {
        if (!informer_synced(container_of(node, struct member, node)->informer))
            return false;
    }
    return true;
}
