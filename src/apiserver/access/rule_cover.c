/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rule_cover.c - see the header. */
#include "apiserver/access/rule_cover.h"

#include <string.h>

/* ---------------------------------------------------------------- one piece against one rule */

/* A piece of a rule; texts borrowed from it. */
struct piece {
    const char *verb;
    const char *group; /* NULL: of a path */
    const char *resource;
    const char *name; /* NULL: any */
    const char *path;
};

static bool has(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

static bool has_or_all(const char *const *texts, size_t count, const char *text)
{
    return has(texts, count, "*") || has(texts, count, text);
}

/* "*", itself, or any kind's "*" + "/scale". */
static bool covers_resource(const struct api_rbac_policy_rule *rule, const char *resource)
{
    const char *slash = strchr(resource, '/');
    if (has_or_all((const char *const *)rule->resources, rule->n_resources, resource))
        return true;
    for (size_t i = 0; slash != NULL && i < rule->n_resources; i++)
        if (rule->resources[i][0] == '*' && strcmp(rule->resources[i] + 1, slash) == 0)
            return true;
    return false;
}

static bool covers_path(const struct api_rbac_policy_rule *rule, const char *path)
{
    for (size_t i = 0; i < rule->n_non_resource_urls; i++) {
        struct str pattern = str_of(rule->non_resource_urls[i]);
        if (str_is(pattern, path))
            return true;
        if (pattern.size > 0 && pattern.data[pattern.size - 1] == '*' &&
            str_starts(str_of(path), (struct str){ pattern.data, pattern.size - 1 }))
            return true;
    }
    return false;
}

static bool covers(const struct api_rbac_policy_rule *rule, const struct piece *piece)
{
    if (!has_or_all((const char *const *)rule->verbs, rule->n_verbs, piece->verb))
        return false;
    if (piece->group == NULL)
        return covers_path(rule, piece->path);
    if (!has_or_all((const char *const *)rule->api_groups, rule->n_api_groups, piece->group) ||
        !covers_resource(rule, piece->resource))
        return false;
    if (rule->n_resource_names == 0)
        return true;
    return piece->name != NULL && has((const char *const *)rule->resource_names, rule->n_resource_names, piece->name);
}

/* ---------------------------------------------------------------- all pieces */

struct comparison {
    struct rule_list owned;
    struct arena *arena;
    struct api_rbac_policy_rule *missing;
    size_t n_missing, missing_max;
    size_t pieces;
    bool keep;
    bool covered;
};

static const char **one_text(struct arena *arena, const char *text)
{
    const char **texts = arena_new_array(arena, const char *, 1);
    texts[0] = text;
    return texts;
}

static void keep_missing(struct comparison *comparison, const struct piece *piece)
{
    struct arena *arena = comparison->arena;
    if (comparison->n_missing == comparison->missing_max) {
        size_t most = comparison->missing_max == 0 ? 16 : 2 * comparison->missing_max;
        struct api_rbac_policy_rule *larger = arena_new_array(arena, struct api_rbac_policy_rule, most);
        if (comparison->n_missing > 0)
            memcpy(larger, comparison->missing, comparison->n_missing * sizeof(*larger));
        comparison->missing = larger;
        comparison->missing_max = most;
    }
    struct api_rbac_policy_rule *rule = &comparison->missing[comparison->n_missing++];
    *rule = (struct api_rbac_policy_rule){ .verbs = one_text(arena, piece->verb), .n_verbs = 1 };
    if (piece->group == NULL) {
        rule->non_resource_urls = one_text(arena, piece->path);
        rule->n_non_resource_urls = 1;
        return;
    }
    rule->api_groups = one_text(arena, piece->group);
    rule->resources = one_text(arena, piece->resource);
    rule->n_api_groups = rule->n_resources = 1;
    if (piece->name != NULL) {
        rule->resource_names = one_text(arena, piece->name);
        rule->n_resource_names = 1;
    }
}

/* False when enough was seen. */
static bool look_at(struct comparison *comparison, const struct piece *piece)
{
    if (++comparison->pieces > RULE_PIECES_MAX) {
        comparison->covered = false;
        comparison->n_missing = 0;
        return false;
    }
    for (size_t i = 0; i < comparison->owned.count; i++)
        if (covers(&comparison->owned.items[i], piece))
            return true;
    comparison->covered = false;
    if (comparison->keep && comparison->n_missing < RULE_MISSING_MAX)
        keep_missing(comparison, piece);
    return comparison->keep;
}

static bool look_at_names(struct comparison *comparison, const struct api_rbac_policy_rule *rule, struct piece *piece)
{
    piece->name = NULL;
    if (rule->n_resource_names == 0)
        return look_at(comparison, piece);
    for (size_t i = 0; i < rule->n_resource_names; i++) {
        piece->name = rule->resource_names[i];
        if (!look_at(comparison, piece))
            return false;
    }
    return true;
}

static bool look_at_rule(struct comparison *comparison, const struct api_rbac_policy_rule *rule)
{
    struct piece piece = { 0 };
    for (size_t g = 0; g < rule->n_api_groups; g++) {
        for (size_t r = 0; r < rule->n_resources; r++) {
            for (size_t v = 0; v < rule->n_verbs; v++) {
                piece.group = rule->api_groups[g];
                piece.resource = rule->resources[r];
                piece.verb = rule->verbs[v];
                if (!look_at_names(comparison, rule, &piece))
                    return false;
            }
        }
    }
    for (size_t u = 0; u < rule->n_non_resource_urls; u++) {
        for (size_t v = 0; v < rule->n_verbs; v++) {
            piece = (struct piece){ .verb = rule->verbs[v], .path = rule->non_resource_urls[u] };
            if (!look_at(comparison, &piece))
                return false;
        }
    }
    return true;
}

bool rules_cover(struct rule_list owned, struct rule_list wanted, struct arena *arena, struct rule_list *ret_missing)
{
    struct comparison comparison = { .owned = owned, .arena = arena, .keep = ret_missing != NULL, .covered = true };
    for (size_t i = 0; i < wanted.count; i++)
        if (!look_at_rule(&comparison, &wanted.items[i]))
            break;
    if (ret_missing != NULL)
        *ret_missing = (struct rule_list){ comparison.missing, comparison.n_missing };
    return comparison.covered;
}

/* ---------------------------------------------------------------- for people */

/* Of one resource in one group, with at most one name. */
static bool is_simple(const struct api_rbac_policy_rule *rule)
{
    return rule->n_api_groups == 1 && rule->n_resources == 1 && rule->n_resource_names <= 1 &&
           rule->n_non_resource_urls == 0;
}

static bool same_resource(const struct api_rbac_policy_rule *a, const struct api_rbac_policy_rule *b)
{
    return strcmp(a->api_groups[0], b->api_groups[0]) == 0 && strcmp(a->resources[0], b->resources[0]) == 0 &&
           a->n_resource_names == b->n_resource_names &&
           (a->n_resource_names == 0 || strcmp(a->resource_names[0], b->resource_names[0]) == 0);
}

static void add_verbs(struct api_rbac_policy_rule *to, const struct api_rbac_policy_rule *from, struct arena *arena)
{
    const char **verbs = arena_new_array(arena, const char *, to->n_verbs + from->n_verbs + 1);
    if (to->n_verbs > 0)
        memcpy(verbs, to->verbs, to->n_verbs * sizeof(*verbs));
    for (size_t i = 0; i < from->n_verbs; i++)
        verbs[to->n_verbs++] = from->verbs[i];
    to->verbs = verbs;
}

struct rule_list rules_compact(struct rule_list rules, struct arena *arena)
{
    struct api_rbac_policy_rule *items = arena_new_array(arena, struct api_rbac_policy_rule, rules.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < rules.count; i++) {
        struct api_rbac_policy_rule *same = NULL;
        for (size_t j = count; j-- > 0 && same == NULL && is_simple(&rules.items[i]);)
            if (is_simple(&items[j]) && same_resource(&items[j], &rules.items[i]))
                same = &items[j];
        if (same != NULL)
            add_verbs(same, &rules.items[i], arena);
        else
            items[count++] = rules.items[i];
    }
    return (struct rule_list){ items, count };
}

static void describe_text(const char *text, struct buffer *out)
{
    buffer_append_char(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buffer_format(out, "\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            buffer_format(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if (c < 0x20 || c == 0x7f)
            buffer_format(out, "\\x%02x", c);
        else
            buffer_append_char(out, (char)c);
    }
    buffer_append_char(out, '"');
}

void texts_describe(const char *const *texts, size_t count, struct buffer *text)
{
    buffer_append_char(text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(text, ' ');
        describe_text(texts[i], text);
    }
    buffer_append_char(text, ']');
}

void rule_describe(const struct api_rbac_policy_rule *rule, struct buffer *text)
{
    const struct {
        const char *name;
        const char **texts;
        size_t count;
    } parts[] = {
        { "APIGroups:", rule->api_groups, rule->n_api_groups },
        { "Resources:", rule->resources, rule->n_resources },
        { "NonResourceURLs:", rule->non_resource_urls, rule->n_non_resource_urls },
        { "ResourceNames:", rule->resource_names, rule->n_resource_names },
        { "Verbs:", rule->verbs, rule->n_verbs },
    };
    bool any = false;
    buffer_append_char(text, '{');
    for (size_t i = 0; i < countof(parts); i++) {
        if (parts[i].count == 0)
            continue;
        buffer_format(text, "%s%s", any ? ", " : "", parts[i].name);
        texts_describe((const char *const *)parts[i].texts, parts[i].count, text);
        any = true;
    }
    buffer_append_char(text, '}');
}
