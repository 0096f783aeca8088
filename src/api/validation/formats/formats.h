/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats.h - the shapes that names, keys, ports, addresses and the like must have, each written once.
 *
 * A check appends what is wrong, in upstream's words and order, and appends nothing when the
 * value is good. Texts are static, or stand in the list itself. Pure. What says more than one sort of error, or shows
 * a part of the value, is in names.h. */
#ifndef API_VALIDATION_FORMATS_FORMATS_H
#define API_VALIDATION_FORMATS_FORMATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define FORMAT_ERRORS_MAX 8 /* no format has more */

struct format_errors {
    const char *texts[FORMAT_ERRORS_MAX];
    size_t count;
    char made[160]; /* the one text that shows a part of the value */
};

typedef void format_check(struct str value, struct format_errors *errors);

/* formats.c: names */
format_check format_dns1123_label;
format_check format_dns1123_subdomain;
format_check format_dns1123_subdomain_caseless;
format_check format_dns1123_subdomain_underscore;
format_check format_dns1035_label;
format_check format_wildcard_dns1123_subdomain;
format_check format_qualified_name;          /* label keys, finalizers, resource names */
format_check format_qualified_name_caseless; /* annotation keys: checked in lower case */
format_check format_label_value;
format_check format_c_identifier;
format_check format_port_name;
format_check format_percent;
format_check format_http_header_name;
format_check format_env_var_name;        /* the relaxed rule: printable ASCII but '=' */
format_check format_env_var_name_strict; /* as before it */
format_check format_config_key;          /* keys of ConfigMaps and Secrets */
format_check format_path_segment;        /* names of RBAC objects */
format_check format_path_segment_prefix; /* ... of which something follows */
format_check format_domain_prefixed_path;
format_check format_fully_qualified_name; /* three labels and more */
format_check format_sysctl_name;
format_check format_condition_reason;
format_check format_uuid; /* 8-4-4-4-12, lower case */
format_check format_decimal_integer;
format_check format_node_feature; /* of a node's declaredFeatures */

/* formats_address.c. 'legacy' fields take what is not canonical; values that were stored before stay good, see
 * names.h. */
format_check format_ip; /* legacy: no leading zeros, not IPv4-mapped */
format_check format_ip_canonical;
format_check format_cidr; /* legacy: as an IP, and no host bits */
format_check format_cidr_canonical;
format_check format_interface_address; /* canonical, host bits allowed */

/* formats_path.c */
format_check format_local_path;            /* relative, and never up: subPath */
format_check format_local_unreserved_path; /* ... nor beginning with "..": files in volumes */
format_check format_no_backsteps;          /* no ".." in it: hostPath */
format_check format_iscsi_name;            /* iqn, eui or naa */

void format_port_number(int64_t value, struct format_errors *errors);
void format_user_id(int64_t value, struct format_errors *errors); /* group ids too */
void format_file_mode(int64_t value, struct format_errors *errors);

/* The format of a prefix that a name will begin with: it may end in '-'. */
void format_name_prefix(format_check *name, struct str prefix, struct format_errors *errors);

/* For the files of formats: at most FORMAT_ERRORS_MAX are kept. */
void format_error(struct format_errors *errors, const char *text);

static inline bool format_ok(format_check *check, struct str value)
{
    struct format_errors errors = { .count = 0 };
    check(value, &errors);
    return errors.count == 0;
}

/* The texts with a separator between ("; "), cut to 'size'. */
void format_errors_join(const struct format_errors *errors, const char *separator, char *text, size_t size);

#endif
