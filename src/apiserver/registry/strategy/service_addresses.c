/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* IP families and cluster addresses of Services, given before the Service is stored. */

#include <string.h>

#include "api/status.h"
#include "api/validation/core/service_rules.h"
#include "apiserver/allocation/service_allocator.h"
#include "apiserver/failure.h"
#include "apiserver/registry/strategy/service.h"
#include "apiserver/server_internal.h"

#define SINGLE_STACK  "SingleStack"
#define DUAL_STACK    "RequireDualStack"
#define FAMILIES_MOST 2

/* ---------------------------------------------------------------- families */

static const char *family_name(enum ip_family family)
{
    return family == IP_V6 ? "IPv6" : "IPv4";
}

static enum ip_family family_of(const char *name)
{
    return text_equal(name, "IPv6") ? IP_V6 : text_equal(name, "IPv4") ? IP_V4 : IP_NONE;
}

static bool same_texts(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

static void refuse_policy(struct api_invalid *errors, const struct api_service_spec *spec, const char *why)
{
    invalid_string(errors, at_field(at_field(NULL, "spec"), "ipFamilyPolicy"), spec->ip_family_policy, "%s", why);
}

/* A Service becomes single-stack by saying so: what it then repeats of its second family goes. Without that word
 * nothing is given up. */
static void release_second(struct api_service_spec *spec, const struct api_service_spec *before,
                           struct api_invalid *errors)
{
    bool single = text_equal(spec->ip_family_policy, SINGLE_STACK);
    bool addresses = spec->n_cluster_ips > 0 && spec->n_cluster_ips < before->n_cluster_ips;
    bool families = spec->n_ip_families > 0 && spec->n_ip_families < before->n_ip_families;
    if (!single && addresses)
        refuse_policy(errors, spec, "must be 'SingleStack' to release the secondary cluster IP");
    if (!single && families)
        refuse_policy(errors, spec, "must be 'SingleStack' to release the secondary IP family");
    if (single && spec->n_cluster_ips > 1 &&
        same_texts(spec->cluster_ips, spec->n_cluster_ips, before->cluster_ips, before->n_cluster_ips))
        spec->n_cluster_ips = 1;
    if (single && spec->n_ip_families > 1 &&
        same_texts(spec->ip_families, spec->n_ip_families, before->ip_families, before->n_ip_families))
        spec->n_ip_families = 1;
}

static void check_single(const struct api_service_spec *spec, struct api_invalid *errors)
{
    if (!text_equal(spec->ip_family_policy, SINGLE_STACK))
        return;
    if (spec->n_cluster_ips == 2)
        refuse_policy(errors, spec,
                      "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
    if (spec->n_ip_families == 2)
        refuse_policy(errors, spec,
                      "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
}

static void add_family(struct request *request, struct api_service_spec *spec, enum ip_family family)
{
    const char **families = arena_new_array(&request->arena, const char *, spec->n_ip_families + 1);
    if (spec->n_ip_families > 0)
        memcpy(families, spec->ip_families, spec->n_ip_families * sizeof(*families));
    families[spec->n_ip_families] = family_name(family);
    spec->ip_families = families;
    spec->n_ip_families++;
}

/* The addresses that were asked for say their families. */
static void infer_families(struct request *request, struct api_service_spec *spec, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_cluster_ips && i < FAMILIES_MOST; i++) {
        struct ip ip;
        if (i < spec->n_ip_families || !ip_parse(str_of(spec->cluster_ips[i]), &ip))
            continue;
        if (service_allocator_serves(request->server->allocator, ip.family))
            add_family(request, spec, ip.family);
        else
            invalid_raw(errors, at_index(at_field(at_field(NULL, "spec"), "clusterIPs"), i),
                        arena_format(&request->arena, "[\"%s\"]", spec->cluster_ips[i]),
                        "%s is not configured on this cluster", family_name(ip.family));
    }
}

static void check_served(struct request *request, const struct api_service_spec *spec, struct api_invalid *errors)
{
    const struct service_allocator *allocator = request->server->allocator;
    if (text_equal(spec->ip_family_policy, DUAL_STACK) && service_allocator_ranges(allocator)->n_cidrs < FAMILIES_MOST)
        refuse_policy(errors, spec, "this cluster is not configured for dual-stack services");
    for (size_t i = 0; i < spec->n_ip_families; i++) {
        enum ip_family family = family_of(spec->ip_families[i]);
        if (family != IP_NONE && !service_allocator_serves(allocator, family))
            invalid_string(errors, at_index(at_field(at_field(NULL, "spec"), "ipFamilies"), i), spec->ip_families[i],
                           "not configured on this cluster");
    }
}

/* What is asked for are families, each once. */
static bool check_families(const struct api_service_spec *spec, struct api_invalid *errors)
{
    static const char *const names[] = { "IPv4", "IPv6", NULL };
    const struct field_at *at = at_field(at_field(NULL, "spec"), "ipFamilies");
    for (size_t i = 0; i < spec->n_ip_families; i++) {
        if (family_of(spec->ip_families[i]) == IP_NONE)
            invalid_not_supported(errors, at_index(at, i), spec->ip_families[i], names);
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || text_equal(spec->ip_families[i], spec->ip_families[j]);
        if (seen)
            invalid_duplicate(errors, at_index(at, i), spec->ip_families[i]);
    }
    return errors->total == 0;
}

/* A headless Service without a selector may have whatever families it wants: its endpoints are somebody else's. */
static void set_families(struct request *request, struct api_service_spec *spec, const struct api_service_spec *before,
                         struct api_invalid *errors)
{
    const struct service_ranges *ranges = service_allocator_ranges(request->server->allocator);
    bool free_choice = service_headless(spec) && spec->n_selector == 0;
    if (!check_families(spec, errors))
        return;
    if (text_empty(spec->ip_family_policy))
        spec->ip_family_policy = free_choice ? DUAL_STACK : SINGLE_STACK;
    if (before != NULL)
        release_second(spec, before, errors);
    check_single(spec, errors);
    infer_families(request, spec, errors);
    if (errors->total == 0 && !free_choice)
        check_served(request, spec, errors);
    if (errors->total > 0)
        return;
    if (spec->n_ip_families == 0)
        add_family(request, spec, ranges->cidrs[0].address.family);
    bool second = free_choice || ranges->n_cidrs == FAMILIES_MOST;
    if (second && spec->n_ip_families == 1 && !text_equal(spec->ip_family_policy, SINGLE_STACK))
        add_family(request, spec, family_of(spec->ip_families[0]) == IP_V6 ? IP_V4 : IP_V6);
}

/* ---------------------------------------------------------------- addresses */

static bool listed(const struct api_service_spec *spec, const char *address)
{
    for (size_t i = 0; spec != NULL && i < spec->n_cluster_ips; i++)
        if (strcmp(spec->cluster_ips[i], address) == 0)
            return true;
    return false;
}

static int refuse_address(struct request *request, const struct api_service *service, const char *address,
                          const char *why, struct error *err)
{
    return failure_invalid(
        request, &api_kind_service, service->metadata.name, "spec.clusterIPs", "FieldValueInvalid",
        arena_format(&request->arena, "Invalid value: [\"%s\"]: failed to allocate IP %s: %s", address, address, why),
        err);
}

/* One that was asked for. */
static int take_address(struct request *request, const struct api_service *service, const char *text, struct error *err)
{
    struct ip address;
    if (!ip_parse(str_of(text), &address))
        return 0; /* validation says it better */
    switch (service_take_address(request->server->allocator, &address)) {
    case TAKE_OK:
        return 0;
    case TAKE_TAKEN:
        return refuse_address(request, service, text, "provided IP is already allocated", err);
    case TAKE_OUT_OF_RANGE:
        break;
    }
    return refuse_address(request, service, text, "the provided network does not match the current range", err);
}

/* One of each family for which none was asked for. */
static int next_addresses(struct request *request, struct api_service_spec *spec, struct error *err)
{
    const char **addresses = arena_new_array(&request->arena, const char *, spec->n_ip_families + 1);
    for (size_t i = 0; i < spec->n_ip_families; i++) {
        struct ip address;
        char text[IP_TEXT_SIZE];
        if (i < spec->n_cluster_ips) {
            addresses[i] = spec->cluster_ips[i];
            continue;
        }
        if (!service_next_address(request->server->allocator, family_of(spec->ip_families[i]), &address))
            return error_set(err, ERROR_INTERNAL, "failed to allocate a serviceIP: range is full");
        ip_format(&address, text);
        addresses[i] = arena_strdup(&request->arena, text);
        spec->cluster_ips = addresses;
        spec->n_cluster_ips = i + 1;
    }
    return 0;
}

static int take_addresses(struct request *request, struct api_service *service, const struct api_service_spec *before,
                          struct error *err)
{
    struct api_service_spec *spec = &service->spec, taken = *spec;
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        int rc = listed(before, spec->cluster_ips[i]) ? 0 : take_address(request, service, spec->cluster_ips[i], err);
        if (rc < 0) {
            taken.n_cluster_ips = i;
            service_release_addresses(request, &taken, before);
            return rc;
        }
    }
    int rc = next_addresses(request, spec, err);
    if (rc < 0)
        service_release_addresses(request, spec, before);
    else if (spec->n_cluster_ips > 0)
        spec->cluster_ip = spec->cluster_ips[0];
    return rc;
}

static void list_only(struct request *request, struct api_service_spec *spec)
{
    spec->cluster_ips = arena_new_array(&request->arena, const char *, 1);
    spec->cluster_ips[0] = spec->cluster_ip;
    spec->n_cluster_ips = 1;
}

/* Who knows clusterIP alone means clusterIPs, too; who names clusterIPs names both, which validation sees to. */
static void agree_on_first(struct request *request, struct api_service_spec *spec,
                           const struct api_service_spec *before)
{
    if (before == NULL) {
        if (!text_empty(spec->cluster_ip) && spec->n_cluster_ips == 0)
            list_only(request, spec);
        return;
    }
    bool same = same_texts(spec->cluster_ips, spec->n_cluster_ips, before->cluster_ips, before->n_cluster_ips);
    if (text_equal(spec->cluster_ip, before->cluster_ip)) {
        if (spec->n_cluster_ips == 0) {
            spec->cluster_ips = before->cluster_ips;
            spec->n_cluster_ips = before->n_cluster_ips;
        }
    } else if (same && text_empty(spec->cluster_ip)) {
        spec->cluster_ips = NULL;
        spec->n_cluster_ips = 0;
    } else if (same || spec->n_cluster_ips == 0) {
        list_only(request, spec);
    }
}

int service_allocate_addresses(struct request *request, struct api_service *service, const struct api_service *old,
                               struct error *err)
{
    const struct api_service_spec *before = old == NULL ? NULL : &old->spec;
    auto_invalid struct api_invalid errors = { 0 };
    agree_on_first(request, &service->spec, before);
    if (service_is(&service->spec, "ExternalName"))
        return 0;
    validate_service_addresses(&service->spec, before, at_field(NULL, "spec"), &errors);
    if (errors.total == 0)
        set_families(request, &service->spec, before, &errors);
    if (errors.total > 0) {
        request->failure = api_status_invalid(&request->arena, &api_kind_service, service->metadata.name, &errors);
        return error_set(err, ERROR_INVALID, "%s", request->failure->message);
    }
    return service_headless(&service->spec) ? 0 : take_addresses(request, service, before, err);
}

void service_release_addresses(struct request *request, const struct api_service_spec *spec,
                               const struct api_service_spec *before)
{
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        struct ip address;
        if (ip_parse(str_of(spec->cluster_ips[i]), &address) && !listed(before, spec->cluster_ips[i]))
            service_give_address(request->server->allocator, &address);
    }
}
