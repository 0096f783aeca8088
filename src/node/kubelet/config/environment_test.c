/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/kubelet/config/environment.h"

static void variables_expand(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct environment first = { .arena = &arena }, second = { .arena = &arena };
    environment_set(&first, "A", "1");
    environment_set(&second, "B", "2");
    environment_set(&second, "A", "hidden");
    static const char *const rows[][2] = {
        { "plain", "plain" }, { "$(A)", "1" },    { "x$(A)y$(B)z", "x1y2z" },
        { "$$(A)", "$(A)" },  { "$(C)", "$(C)" }, { "$(A", "$(A" },
        { "$", "$" },         { "$$", "$" },      { "$A", "$A" },
        { "$$$(A)", "$1" },   { "$()", "$()" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        assert_string_equal(rows[i][1], environment_expand(rows[i][0], &first, &second, &arena));
}

static void services_become_variables(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct environment environment = { .arena = &arena };
    struct api_service_port ports[] = { { .name = "http", .port = 80, .protocol = "TCP" },
                                        { .name = "dns-udp", .port = 53, .protocol = "UDP" } };
    struct api_service service = { .metadata.name = "my-db",
                                   .spec = { .cluster_ip = "10.96.0.5", .ports = ports, .n_ports = 2 } };
    environment_add_service(&environment, &service);
    static const char *const rows[][2] = {
        { "MY_DB_SERVICE_HOST", "10.96.0.5" },     { "MY_DB_SERVICE_PORT", "80" },
        { "MY_DB_SERVICE_PORT_HTTP", "80" },       { "MY_DB_SERVICE_PORT_DNS_UDP", "53" },
        { "MY_DB_PORT", "tcp://10.96.0.5:80" },    { "MY_DB_PORT_80_TCP", "tcp://10.96.0.5:80" },
        { "MY_DB_PORT_80_TCP_PROTO", "tcp" },      { "MY_DB_PORT_80_TCP_PORT", "80" },
        { "MY_DB_PORT_80_TCP_ADDR", "10.96.0.5" }, { "MY_DB_PORT_53_UDP", "udp://10.96.0.5:53" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        assert_string_equal(rows[i][1], environment_get(&environment, rows[i][0]));
    struct api_service headless = { .metadata.name = "h",
                                    .spec = { .cluster_ip = "None", .ports = ports, .n_ports = 2 } };
    size_t before = environment.count;
    environment_add_service(&environment, &headless);
    assert_int_equal(before, environment.count);
}

static int no_objects(void *context, const struct api_resource *resource, const char *namespace_, const char *name,
                      const struct object **ret_object, struct error *err)
{
    (void)context, (void)resource, (void)namespace_, (void)ret_object;
    return error_set(err, ERROR_NOT_FOUND, "configmap \"%s\" not found", name);
}

static void later_variables_see_earlier_ones(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct environment services = { .arena = &arena }, environment = { .arena = &arena };
    environment_set(&services, "HOST", "h");
    bool optional = true;
    struct api_config_map_key_selector maybe = { .name = "cm", .key = "k", .optional = &optional };
    struct api_env_var_source from = { .config_map_key_ref = &maybe };
    struct api_object_field_selector name = { .field_path = "metadata.name" };
    struct api_env_var_source field = { .field_ref = &name };
    struct api_env_var variables[] = { { .name = "A", .value = "1" },
                                       { .name = "B", .value = "$(A)$(HOST)" },
                                       { .name = "NONE", .value_from = &from },
                                       { .name = "NAME", .value_from = &field },
                                       { .name = "A", .value = "2" } };
    struct api_container container = { .name = "c", .env = variables, .n_env = 5 };
    struct api_pod pod = { .metadata.name = "p", .spec = { .containers = &container, .n_containers = 1 } };
    struct downward downward = { .pod = &pod };
    struct volume_lookup lookup = { .object = no_objects };
    struct error err = { 0 };
    assert_int_equal(0, environment_make(&container, &downward, &lookup, &services, &environment, &err));
    assert_string_equal("2", environment_get(&environment, "A"));
    assert_string_equal("1h", environment_get(&environment, "B"));
    assert_string_equal("p", environment_get(&environment, "NAME"));
    assert_string_equal("h", environment_get(&environment, "HOST"));
    assert_null(environment_get(&environment, "NONE"));

    maybe.optional = NULL;
    struct environment again = { .arena = &arena };
    assert_int_equal(-ERROR_NOT_FOUND, environment_make(&container, &downward, &lookup, &services, &again, &err));
    assert_string_equal("configmap \"cm\" not found", err.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_expand),
        cmocka_unit_test(services_become_variables),
        cmocka_unit_test(later_variables_see_earlier_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
