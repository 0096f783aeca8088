/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mandatory.c - see the header. The members of generated structs are not const; nothing writes to these. */
#include "api/validation/flowcontrol/mandatory.h"

#include "base/cleanup.h"

static const char *all[] = { "*" };

static struct api_flowcontrol_resource_policy_rule every_resource = { .verbs = all,
                                                                      .n_verbs = 1,
                                                                      .api_groups = all,
                                                                      .n_api_groups = 1,
                                                                      .resources = all,
                                                                      .n_resources = 1,
                                                                      .cluster_scope = true,
                                                                      .namespaces = all,
                                                                      .n_namespaces = 1 };
static struct api_flowcontrol_non_resource_policy_rule every_url = {
    .verbs = all, .n_verbs = 1, .non_resource_urls = all, .n_non_resource_urls = 1
};

static struct api_flowcontrol_group_subject masters = { "system:masters" }, strangers = { "system:unauthenticated" },
                                            known = { "system:authenticated" };
static struct api_flowcontrol_subject exempt_subjects[] = { { .kind = "Group", .group = &masters } };
static struct api_flowcontrol_subject all_subjects[] = { { .kind = "Group", .group = &strangers },
                                                         { .kind = "Group", .group = &known } };

static struct api_flowcontrol_policy_rules_with_subjects exempt_rule = { .subjects = exempt_subjects,
                                                                         .n_subjects = countof(exempt_subjects),
                                                                         .resource_rules = &every_resource,
                                                                         .n_resource_rules = 1,
                                                                         .non_resource_rules = &every_url,
                                                                         .n_non_resource_rules = 1 };
static struct api_flowcontrol_policy_rules_with_subjects all_rule = { .subjects = all_subjects,
                                                                      .n_subjects = countof(all_subjects),
                                                                      .resource_rules = &every_resource,
                                                                      .n_resource_rules = 1,
                                                                      .non_resource_rules = &every_url,
                                                                      .n_non_resource_rules = 1 };
static struct api_flowcontrol_flow_distinguisher_method by_user = { "ByUser" };

static const struct api_flowcontrol_flow_schema_spec exempt_schema = {
    .priority_level_configuration = { "exempt" },
    .matching_precedence = 1,
    .rules = &exempt_rule,
    .n_rules = 1,
};
static const struct api_flowcontrol_flow_schema_spec catch_all_schema = {
    .priority_level_configuration = { "catch-all" },
    .matching_precedence = 10000,
    .distinguisher_method = &by_user,
    .rules = &all_rule,
    .n_rules = 1,
};

const struct api_flowcontrol_flow_schema_spec *mandatory_flow_schema(const char *name)
{
    if (text_equal(name, "exempt"))
        return &exempt_schema;
    return text_equal(name, "catch-all") ? &catch_all_schema : NULL;
}

static int32_t catch_all_shares = 5, none;
static struct api_flowcontrol_limited_priority_level_configuration catch_all_limited = {
    .nominal_concurrency_shares = &catch_all_shares,
    .limit_response = { .type = "Reject" },
    .lendable_percent = &none,
};
static struct api_flowcontrol_exempt_priority_level_configuration exempt_limits = {
    .nominal_concurrency_shares = &none,
    .lendable_percent = &none,
};

static const struct api_flowcontrol_priority_level_configuration_spec exempt_level = { .type = "Exempt",
                                                                                       .exempt = &exempt_limits };
static const struct api_flowcontrol_priority_level_configuration_spec catch_all_level = {
    .type = "Limited",
    .limited = &catch_all_limited,
};

const struct api_flowcontrol_priority_level_configuration_spec *mandatory_priority_level(const char *name)
{
    if (text_equal(name, "exempt"))
        return &exempt_level;
    return text_equal(name, "catch-all") ? &catch_all_level : NULL;
}
