/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* container.c - containers and init containers: names, images, ports, policies. */
#include <stdio.h>

#include "api/validation/pod/pod_rules.h"

#define NOT_FOR_INIT "may not be set for init containers without restartPolicy=Always"

static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const message_policies[] = { "FallbackToLogsOnError", "File", NULL };
static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const restart_policies[] = { "Always", "Never", "OnFailure", NULL };
static const char *const resize_policies[] = { "NotRequired", "RestartContainer", NULL };
static const char *const resizable[] = { "cpu", "memory", NULL };
static const char *const rule_actions[] = { "Restart", "RestartAllContainers", NULL };
static const char *const rule_operators[] = { "In", "NotIn", NULL };

static void validate_ports(const struct api_container *container, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < container->n_ports; i++) {
        const struct api_container_port *port = &container->ports[i];
        const struct field_at *here = at_index(at, i);
        if (!text_empty(port->name) && invalid_format(errors, at_field(here, "name"), format_port_name, port->name)) {
            bool repeated = false;
            for (size_t k = 0; k < i; k++)
                repeated = repeated || text_equal(container->ports[k].name, port->name);
            if (repeated)
                invalid_duplicate(errors, at_field(here, "name"), port->name);
        }
        if (port->container_port == 0)
            invalid_missing(errors, at_field(here, "containerPort"));
        else
            invalid_port_number(errors, at_field(here, "containerPort"), port->container_port);
        if (port->host_port != 0)
            invalid_port_number(errors, at_field(here, "hostPort"), port->host_port);
        invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, true);
    }
}

static bool same_host_port(const struct api_container_port *a, const struct api_container_port *b)
{
    return a->host_port != 0 && a->host_port == b->host_port && text_equal(a->protocol, b->protocol) &&
           text_equal(a->host_ip, b->host_ip);
}

/* One socket of the node can be had once in a pod. */
static void validate_host_ports(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                                struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_containers; i++) {
        const struct field_at *ports = at_field(at_index(at, i), "ports");
        for (size_t p = 0; p < spec->containers[i].n_ports; p++) {
            const struct api_container_port *port = &spec->containers[i].ports[p];
            bool repeated = false;
            for (size_t k = 0; k <= i; k++)
                for (size_t q = 0; q < (k < i ? spec->containers[k].n_ports : p); q++)
                    repeated = repeated || same_host_port(&spec->containers[k].ports[q], port);
            const struct field_at *here = at_field(at_index(ports, p), "hostPort");
            if (repeated) {
                char text[128];
                snprintf(text, sizeof(text), "%s/%s/%d", text_or_empty(port->protocol), text_or_empty(port->host_ip),
                         port->host_port);
                invalid_duplicate(errors, here, text);
            }
            bool checked = spec->host_network && (!is_template || port->host_port != 0);
            if (checked && port->host_port != port->container_port)
                invalid_number(errors, here, port->host_port, "must match `containerPort` when `hostNetwork` is true");
        }
    }
}

static void validate_resize(const struct api_container *container, const struct field_at *at,
                            struct api_invalid *errors)
{
    for (size_t i = 0; i < container->n_resize_policy; i++) {
        const struct api_container_resize_policy *policy = &container->resize_policy[i];
        for (size_t k = 0; k < i; k++)
            if (text_equal(container->resize_policy[k].resource_name, policy->resource_name))
                invalid_duplicate(errors, at_index(at, i), policy->resource_name);
        invalid_one_of(errors, at, policy->resource_name, resizable, true);
        invalid_one_of(errors, at, policy->restart_policy, resize_policies, true);
    }
}

static void validate_restart(const struct api_container *container, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *rules = at_field(at, "restartPolicyRules");

    if (container->restart_policy != NULL)
        invalid_one_of(errors, at_field(at, "restartPolicy"), container->restart_policy, restart_policies, false);
    else if (container->n_restart_policy_rules > 0)
        invalid_required(errors, at_field(at, "restartPolicy"),
                         "must specify restartPolicy when restart rules are used");
    if (container->n_restart_policy_rules > 20)
        invalid_too_many(errors, rules, container->n_restart_policy_rules, 20);
    for (size_t i = 0; i < container->n_restart_policy_rules; i++) {
        const struct api_container_restart_rule *rule = &container->restart_policy_rules[i];
        const struct field_at *here = at_index(rules, i);
        invalid_one_of(errors, at_field(here, "action"), rule->action, rule_actions, false);
        if (rule->exit_codes == NULL) {
            invalid_required(errors, at_field(here, "exitCodes"), "must be specified");
            continue;
        }
        const struct field_at *codes = at_field(here, "exitCodes");
        invalid_one_of(errors, at_field(codes, "operator"), rule->exit_codes->operator, rule_operators, false);
        if (rule->exit_codes->n_values > 255)
            invalid_too_many(errors, at_field(codes, "values"), rule->exit_codes->n_values, 255);
    }
}

static void validate_image(const char *image, bool is_template, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(image));

    if (text.size == 0)
        invalid_missing(errors, at);
    else if (!is_template && str_trim(text).size != text.size)
        invalid_string(errors, at, image, "must not have leading or trailing whitespace");
}

static void validate_container(const struct api_container *container, const struct api_pod_spec *spec, bool init,
                               bool is_template, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(container->name))
        invalid_missing(errors, at_field(at, "name"));
    else
        invalid_format(errors, at_field(at, "name"), format_dns1123_label, container->name);
    validate_image(container->image, is_template, at_field(at, "image"), errors);
    validate_probes(container, init, at, errors);
    invalid_one_of(errors, at_field(at, "terminationMessagePolicy"), container->termination_message_policy,
                   message_policies, true);
    validate_ports(container, at_field(at, "ports"), errors);
    validate_environment(container, at, errors);
    validate_volume_mounts(container, spec, at, errors);
    invalid_one_of(errors, at_field(at, "imagePullPolicy"), container->image_pull_policy, pull_policies, true);
    validate_resources(&container->resources, at_field(at, "resources"), errors);
    validate_resize(container, at_field(at, "resizePolicy"), errors);
    validate_restart(container, at, errors);
    validate_container_security(container->security_context, at_field(at, "securityContext"), errors);
}

/* What only runs to its end needs no probes. */
static void validate_init(const struct api_container *container, const struct field_at *at, struct api_invalid *errors)
{
    if (text_equal(container->restart_policy, "Always"))
        return;
    if (container->lifecycle != NULL)
        invalid_forbidden(errors, at_field(at, "lifecycle"), NOT_FOR_INIT);
    if (container->liveness_probe != NULL)
        invalid_forbidden(errors, at_field(at, "livenessProbe"), NOT_FOR_INIT);
    if (container->readiness_probe != NULL)
        invalid_forbidden(errors, at_field(at, "readinessProbe"), NOT_FOR_INIT);
    if (container->startup_probe != NULL)
        invalid_forbidden(errors, at_field(at, "startupProbe"), NOT_FOR_INIT);
}

static bool name_in(const struct api_container *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i].name, name))
            return true;
    return false;
}

/* What only a container that the pod was made with can have. */
static void validate_ephemeral_fields(const struct api_ephemeral_container *container, const struct field_at *at,
                                      struct api_invalid *errors)
{
    const struct {
        const char *name;
        bool set;
    } fields[] = {
        { "ports", container->n_ports > 0 },
        { "livenessProbe", container->liveness_probe != NULL },
        { "readinessProbe", container->readiness_probe != NULL },
        { "startupProbe", container->startup_probe != NULL },
        { "lifecycle", container->lifecycle != NULL },
        { "resources", container->resources.n_limits + container->resources.n_requests > 0 },
    };

    for (size_t i = 0; i < countof(fields); i++) {
        if (fields[i].set)
            invalid_forbidden(errors, at_field(at, fields[i].name), "cannot be set for an Ephemeral Container");
    }
}

static void validate_ephemeral(const struct api_pod_spec *spec, size_t index, const struct field_at *at,
                               struct api_invalid *errors)
{
    const struct api_ephemeral_container *container = &spec->ephemeral_containers[index];
    const char *target = container->target_container_name;
    bool repeated = name_in(spec->containers, spec->n_containers, container->name) ||
                    name_in(spec->init_containers, spec->n_init_containers, container->name);

    for (size_t i = 0; i < index; i++)
        repeated = repeated || text_equal(spec->ephemeral_containers[i].name, container->name);
    if (text_empty(container->name))
        invalid_missing(errors, at_field(at, "name"));
    else if (invalid_format(errors, at_field(at, "name"), format_dns1123_label, container->name) && repeated)
        invalid_duplicate(errors, at_field(at, "name"), container->name);
    validate_image(container->image, false, at_field(at, "image"), errors);
    validate_ephemeral_fields(container, at, errors);
    if (!text_empty(target) && !name_in(spec->containers, spec->n_containers, target) &&
        !name_in(spec->init_containers, spec->n_init_containers, target))
        invalid_not_found(errors, at_field(at, "targetContainerName"), target);
}

void validate_containers(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                         struct api_invalid *errors)
{
    const struct field_at *containers = at_field(at, "containers");
    const struct field_at *inits = at_field(at, "initContainers");

    if (spec->n_containers == 0)
        invalid_missing(errors, containers);
    for (size_t i = 0; i < spec->n_containers; i++) {
        const struct api_container *container = &spec->containers[i];
        validate_container(container, spec, false, is_template, at_index(containers, i), errors);
        if (!text_empty(container->name) && name_in(spec->containers, i, container->name))
            invalid_duplicate(errors, at_field(at_index(containers, i), "name"), container->name);
    }
    validate_host_ports(spec, is_template, containers, errors);
    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct api_container *container = &spec->init_containers[i];
        validate_container(container, spec, true, is_template, at_index(inits, i), errors);
        validate_init(container, at_index(inits, i), errors);
        if (!text_empty(container->name) && (name_in(spec->containers, spec->n_containers, container->name) ||
                                             name_in(spec->init_containers, i, container->name)))
            invalid_duplicate(errors, at_field(at_index(inits, i), "name"), container->name);
    }
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++)
        validate_ephemeral(spec, i, at_index(at_field(at, "ephemeralContainers"), i), errors);
}
