/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/kubelet/pod/sysctl.h"

static void only_safe_ones_may_be_set(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool host_network, host_ipc;
        const char *refusal; /* NULL: none */
    } rows[] = {
        { "kernel.shm_rmid_forced", true, false, NULL },
        { "kernel/shm_rmid_forced", false, false, NULL },
        { "kernel.shm_rmid_forced", false, true, "\"kernel.shm_rmid_forced\" not allowed with host IPC enabled" },
        { "net.ipv4.tcp_rmem", false, true, NULL },
        { "net/ipv4/tcp_rmem", true, false, "\"net.ipv4.tcp_rmem\" not allowed with host Net enabled" },
        { "kernel.msgmax", false, false, "\"kernel.msgmax\" not allowlisted" },
        { "net/ipv4/conf/eth0.1/mtu", false, false, "\"net.ipv4.conf.eth0/1.mtu\" not allowlisted" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct api_sysctl one = { rows[i].name, "1" };
        struct api_pod_security_context security = { .sysctls = &one, .n_sysctls = 1 };
        const struct api_pod_spec spec = { .security_context = &security,
                                           .host_network = rows[i].host_network,
                                           .host_ipc = rows[i].host_ipc };
        struct error err = { 0 };
        assert_int_equal(rows[i].refusal == NULL ? 0 : -ERROR_FORBIDDEN, sysctl_check(&spec, &err));
        if (rows[i].refusal != NULL)
            assert_string_equal(rows[i].refusal, err.message);
    }
    assert_int_equal(0, sysctl_check(&(struct api_pod_spec){ 0 }, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(only_safe_ones_may_be_set) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
