/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats.h - the shapes that names, keys, ports and the like must have, each written once.
 *
 * A check appends what is wrong, in upstream's words and order, and appends nothing when the
 * value is good. Texts are static. Pure. */
#ifndef API_VALIDATION_FORMATS_H
#define API_VALIDATION_FORMATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define FORMAT_ERRORS_MAX 8 /* no format has more */

struct format_errors {
    const char *texts[FORMAT_ERRORS_MAX];
    size_t count;
};

typedef void format_check(struct str value, struct format_errors *errors);

format_check format_dns1123_label;
format_check format_dns1123_subdomain;
format_check format_dns1123_subdomain_underscore;
format_check format_dns1035_label;
format_check format_wildcard_dns1123_subdomain;
format_check format_qualified_name; /* label and annotation keys, finalizers, resource names */
format_check format_label_value;
format_check format_c_identifier;
format_check format_port_name;
format_check format_percent;
format_check format_http_header_name;
format_check format_env_var_name; /* the relaxed rule: printable ASCII but '=' */
format_check format_config_key;   /* keys of ConfigMaps and Secrets */
format_check format_path_segment; /* names of RBAC objects */
format_check format_domain_prefixed_path;
format_check format_fully_qualified_name; /* three labels and more */
format_check format_sysctl_name;
format_check format_condition_reason;
format_check format_ip;

void format_port_number(int64_t value, struct format_errors *errors);
void format_user_id(int64_t value, struct format_errors *errors);

static inline bool format_ok(format_check *check, struct str value)
{
    struct format_errors errors = { .count = 0 };
    check(value, &errors);
    return errors.count == 0;
}

/* The texts joined by "; ", cut to 'size'. */
void format_errors_join(const struct format_errors *errors, char *text, size_t size);

#endif
