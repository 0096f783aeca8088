/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_parts.c - labels of nodes that have newer names, fractions of bytes, files and ports that get into each other's way. */
#include <stdio.h>

#include "api/value/entry.h"
#include "api/warnings/pod_warnings.h"
#include "base/arena.h"

#define PATH_SIZE 512

void warn_label(const struct warning_list *list, const struct field_at *at, const char *key, bool named)
{
    const char *text = deprecated_node_label(key);

    if (text != NULL)
        warning_add(list, at, "%s%s%s", named ? key : "", named ? " is " : "", text);
}

void warn_node_term(const struct api_node_selector_term *term, bool check_values, const struct field_at *at,
                    const struct warning_list *list)
{
    for (size_t i = 0; i < term->n_match_expressions; i++) {
        const struct api_node_selector_requirement *expression = &term->match_expressions[i];
        const struct field_at *here = at_index(at_field(at, "matchExpressions"), i);
        warn_label(list, at_field(here, "key"), expression->key, true);
        for (size_t k = 0; check_values && k < expression->n_values; k++) {
            struct format_errors found = { .count = 0 };
            format_label_value(str_of(text_or_empty(expression->values[k])), &found);
            for (size_t e = 0; e < found.count; e++)
                warning_add(list, at_index(at_field(here, "values"), k), "%s is invalid, %s",
                            text_or_empty(expression->values[k]), found.texts[e]);
        }
    }
}

void warn_fraction(const struct api_quantity_entry *amounts, size_t count, const char *name, const struct field_at *at,
                   const struct warning_list *list)
{
    const struct quantity *amount = count == 0 ? NULL : quantity_entry_value(amounts, count, name);
    char text[QUANTITY_TEXT_SIZE];

    if (amount == NULL || quantity_milli_value(amount) % 1000 == 0)
        return;
    quantity_format(amount, text);
    warning_add(list, at_key(at, name), "fractional byte value \"%s\" is invalid, must be an integer", text);
}

/* --- files at one path of a volume --- */

static struct str without_slashes(const char *path)
{
    struct str text = str_of(text_or_empty(path));
    while (text.size > 0 && text.data[text.size - 1] == '/')
        text.size--;
    return text;
}

/* The same file, or one below the other. */
static bool overlap(struct str a, struct str b)
{
    struct str small = a.size < b.size ? a : b, big = a.size < b.size ? b : a;

    return small.size > 0 && str_starts(big, small) && (big.size == small.size || big.data[small.size] == '/');
}

/* Paths of the n-th item, whatever it is an item of. */
struct paths {
    const char *const *list;
    size_t count;
};

static void warn_paths(const struct paths *paths, size_t first, const char *what, const struct warning_list *list)
{
    for (size_t i = first; i < paths->count; i++) {
        struct str path = without_slashes(paths->list[i]);
        for (size_t k = 0; k < i; k++) {
            struct str other = without_slashes(paths->list[k]);
            if (!overlap(path, other))
                continue;
            warning_add(list, NULL, "%s: overlapping paths: \"" STR_FMT "\" with \"" STR_FMT "\"", what, STR_ARG(path),
                        STR_ARG(other));
            break;
        }
    }
}

static void add_path(struct paths *paths, const char **texts, const char *path)
{
    texts[paths->count++] = path;
    paths->list = texts;
}

static void add_keys(struct paths *paths, const char **texts, const struct api_key_to_path *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_path(paths, texts, items[i].path);
}

static void add_files(struct paths *paths, const char **texts, const struct api_downward_api_volume_file *items,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_path(paths, texts, items[i].path);
}

static size_t count_paths(const struct api_projected_volume_source *projected)
{
    size_t count = 0;

    for (size_t i = 0; i < projected->n_sources; i++) {
        const struct api_volume_projection *source = &projected->sources[i];
        count += 1 + (source->secret != NULL ? source->secret->n_items : 0) +
                 (source->config_map != NULL ? source->config_map->n_items : 0) +
                 (source->downward_api != NULL ? source->downward_api->n_items : 0);
    }
    return count;
}

static void warn_projected(const struct api_volume *volume, const struct warning_list *list)
{
    const struct api_projected_volume_source *projected = volume->projected;
    struct paths paths = { 0 };
    char what[700];

    if (projected->n_sources == 1 && projected->sources[0].service_account_token != NULL)
        return;
    auto_arena struct arena arena = { 0 };
    const char **texts = arena_new_array(&arena, const char *, count_paths(projected) + 1);
    for (size_t i = 0; i < projected->n_sources; i++) {
        const struct api_volume_projection *source = &projected->sources[i];
        size_t before = paths.count;
        if (source->config_map != NULL) {
            snprintf(what, sizeof(what), "volume \"%s\" (Projected ConfigMap \"%s\")", volume->name,
                     text_or_empty(source->config_map->name));
            add_keys(&paths, texts, source->config_map->items, source->config_map->n_items);
        } else if (source->secret != NULL) {
            snprintf(what, sizeof(what), "volume \"%s\" (Projected Secret \"%s\")", volume->name,
                     text_or_empty(source->secret->name));
            add_keys(&paths, texts, source->secret->items, source->secret->n_items);
        } else if (source->downward_api != NULL) {
            snprintf(what, sizeof(what), "volume \"%s\" (Projected DownwardAPI)", volume->name);
            add_files(&paths, texts, source->downward_api->items, source->downward_api->n_items);
        } else if (source->service_account_token != NULL) {
            snprintf(what, sizeof(what), "volume \"%s\" (Projected ServiceAccountToken)", volume->name);
            add_path(&paths, texts, source->service_account_token->path);
        } else if (source->cluster_trust_bundle != NULL) {
            snprintf(what, sizeof(what), "volume \"%s\" (Projected ClusterTrustBundle)", volume->name);
            add_path(&paths, texts, source->cluster_trust_bundle->path);
        } else if (source->pod_certificate == NULL) {
            warning_add(list, NULL, "volume \"%s\" (Projected) has no sources provided", volume->name);
            continue;
        }
        warn_paths(&paths, before, what, list);
    }
}

void warn_overlaps(const struct api_pod_spec *spec, const struct warning_list *list)
{
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const struct api_volume *volume = &spec->volumes[i];
        auto_arena struct arena arena = { 0 };
        struct paths paths = { 0 };
        char what[700] = "";
        if (volume->projected != NULL)
            warn_projected(volume, list);
        if (volume->config_map != NULL && volume->config_map->n_items > 1) {
            snprintf(what, sizeof(what), "volume \"%s\" (ConfigMap \"%s\")", volume->name, volume->config_map->name);
            add_keys(&paths, arena_new_array(&arena, const char *, volume->config_map->n_items),
                     volume->config_map->items, volume->config_map->n_items);
        } else if (volume->secret != NULL && volume->secret->n_items > 1) {
            snprintf(what, sizeof(what), "volume \"%s\" (Secret \"%s\")", volume->name, volume->secret->secret_name);
            add_keys(&paths, arena_new_array(&arena, const char *, volume->secret->n_items), volume->secret->items,
                     volume->secret->n_items);
        } else if (volume->downward_api != NULL && volume->downward_api->n_items > 1) {
            snprintf(what, sizeof(what), "volume \"%s\" (DownwardAPI)", volume->name);
            add_files(&paths, arena_new_array(&arena, const char *, volume->downward_api->n_items),
                      volume->downward_api->items, volume->downward_api->n_items);
        }
        warn_paths(&paths, 0, what, list);
    }
}

/* --- ports --- */

struct place {
    const struct api_container *container;
    const char *list;
    size_t index, port;
};

static const char *path_text(const struct field_at *at, char text[static PATH_SIZE])
{
    auto_buffer struct buffer path = { .max = PATH_SIZE };

    field_at_format(at, &path);
    snprintf(text, PATH_SIZE, STR_FMT, STR_ARG(buffer_str(&path)));
    return text;
}

static size_t count_containers(const struct api_pod_spec *spec)
{
    return spec->n_init_containers + spec->n_containers;
}

static struct place place_of(const struct api_pod_spec *spec, size_t container)
{
    bool init = container < spec->n_init_containers;
    size_t index = init ? container : container - spec->n_init_containers;

    return (struct place){ init ? &spec->init_containers[index] : &spec->containers[index],
                           init ? "initContainers" : "containers", index, 0 };
}

#define AT_PORT(at_, place_)                                                                                  \
    at_index(at_field(at_index(at_field(at_field((at_), "spec"), (place_)->list), (place_)->index), "ports"), \
             (place_)->port)

static void compare_ports(const struct place *place, const struct place *other, const struct field_at *at,
                          const struct warning_list *list)
{
    const struct api_container_port *a = &place->container->ports[place->port];
    const struct api_container_port *b = &other->container->ports[other->port];
    const char *text = NULL;
    char path[PATH_SIZE];

    if (a->container_port != b->container_port || !text_equal(a->protocol, b->protocol))
        return;
    if (text_equal(a->host_ip, b->host_ip) && a->host_port == b->host_port)
        text = "duplicate port definition with";
    else if (a->host_port == 0 || b->host_port == 0)
        text = "overlapping port definition with";
    else if (a->host_port == b->host_port && text_empty(a->host_ip) != text_empty(b->host_ip))
        text = "dangerously ambiguous port definition with";
    if (text != NULL)
        warning_add(list, AT_PORT(at, place), "%s %s", text, path_text(AT_PORT(at, other), path));
}

/* Calls with every port that stands before the place. */
static void warn_port(const struct api_pod_spec *spec, const struct place *place, size_t container, bool names,
                      const struct field_at *at, const struct warning_list *list)
{
    const char *name = place->container->ports[place->port].name;

    for (size_t i = 0; i <= container; i++) {
        struct place other = place_of(spec, i);
        size_t count = i < container ? other.container->n_ports : place->port;
        for (; other.port < count; other.port++) {
            if (!names) {
                compare_ports(place, &other, at, list);
                continue;
            }
            if (text_empty(name) || !text_equal(other.container->ports[other.port].name, name))
                continue;
            char path[PATH_SIZE];
            const char *first = path_text(at_field(AT_PORT(at, &other), "name"), path);
            warning_add(list, at_field(AT_PORT(at, place), "name"),
                        "duplicate port name \"%s\" with %s, services and probes that select ports by name will use %s",
                        name, first, first);
            return;
        }
    }
}

void warn_ports(const struct api_pod_spec *spec, const struct field_at *at, const struct warning_list *list)
{
    for (int names = 0; names < 2; names++) {
        for (size_t i = 0; i < count_containers(spec); i++) {
            struct place place = place_of(spec, i);
            for (; place.port < place.container->n_ports; place.port++) {
                const struct api_container_port *port = &place.container->ports[place.port];
                if (!names && !text_empty(port->host_ip) && port->host_port == 0)
                    warning_add(
                        list, AT_PORT(at, &place),
                        "hostIP set without hostPort: {Name:%s HostPort:%d ContainerPort:%d Protocol:%s HostIP:%s}",
                        text_or_empty(port->name), port->host_port, port->container_port, text_or_empty(port->protocol),
                        port->host_ip);
                warn_port(spec, &place, i, names, at, list);
            }
        }
    }
}

void warn_old_sources(const void *volume, const struct old_source *sources, size_t count, const struct field_at *at,
                      const struct warning_list *list)
{
    for (size_t i = 0; i < count; i++)
        if (*(const void *const *)(const void *)((const char *)volume + sources[i].offset) != NULL)
            warning_add(list, at_field(at, sources[i].name), "%s", sources[i].text);
}
