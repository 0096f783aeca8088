/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* identity_test.c - each controller has an account, and the default roles know it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "client/client_fake.h"
#include "controllers/controllers.h"
#include "controllers/runtime/identity.h"

extern const char *const bootstrap_manifests[];

struct connections {
    struct fake_server *server;
    size_t count;
    const char *last_user;
    size_t groups;
};

static struct client *connect_fake(void *context, const char *user, const char *const *groups)
{
    struct connections *connections = context;
    connections->count++;
    connections->last_user = user;
    for (connections->groups = 0; groups[connections->groups] != NULL;)
        connections->groups++;
    return fake_server_client(connections->server, CONTROLLER_MANAGER_NAME);
}

static void controllers_of_one_account_share_a_client(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(0, 1);
    struct connections connections = { .server = fake_server_create(loop) };
    struct controller_identities *identities = controller_identities_create(connect_fake, &connections);
    struct client *node = controller_identities_client(identities, &node_lifecycle_controller);
    assert_string_equal(connections.last_user, "system:serviceaccount:kube-system:node-controller");
    assert_int_equal(connections.groups, 3);
    assert_ptr_equal(controller_identities_client(identities, &taint_eviction_controller), node);
    assert_int_equal(connections.count, 1);
    assert_ptr_not_equal(controller_identities_client(identities, &deployment_controller), node);
    assert_string_equal(connections.last_user, "system:serviceaccount:kube-system:deployment-controller");
    controller_identities_destroy(identities);
    fake_server_destroy(connections.server);
    loop_destroy(loop);
}

static bool is_bound(const char *account)
{
    char subject[128];
    snprintf(subject, sizeof(subject), "{\"kind\":\"ServiceAccount\",\"namespace\":\"kube-system\",\"name\":\"%s\"}",
             account);
    for (size_t i = 0; bootstrap_manifests[i] != NULL; i++)
        if (str_contains(str_of(bootstrap_manifests[i]), STR("\"kind\":\"ClusterRoleBinding\"")) &&
            str_contains(str_of(bootstrap_manifests[i]), str_of(subject)))
            return true;
    return false;
}

static void every_account_has_a_default_role(void **state)
{
    (void)state;
    for (size_t i = 0; i < controllers_count; i++) {
        char account[CONTROLLER_ACCOUNT_SIZE];
        controller_account(controllers_all[i], account);
        if (!is_bound(account))
            fail_msg("no default binding for service account %s of the %s controller", account,
                     controllers_all[i]->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controllers_of_one_account_share_a_client),
        cmocka_unit_test(every_account_has_a_default_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
