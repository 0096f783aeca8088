/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* names.h - names made of parts: of drivers, signers, domains. Their errors show the part that is wrong, or are
 * of several sorts (missing, too long, not well formed), so they are not format checks of formats.h. */
#ifndef API_VALIDATION_FORMATS_NAMES_H
#define API_VALIDATION_FORMATS_NAMES_H

#include "api/validation/invalid.h"

#define CSI_DRIVER_NAME_MAX    63
#define RESOURCE_POOL_NAME_MAX 253

typedef void validate_name(const char *name, const struct field_at *at, struct api_invalid *errors);

validate_name validate_csi_driver_name;
validate_name validate_signer_name;            /* DOMAIN/PATH */
validate_name validate_fully_qualified_domain; /* two labels and more, a last dot is dropped */
validate_name validate_domain_prefixed_path;   /* acme.io/foo */
validate_name validate_domain_prefixed_key;    /* a label key with a domain */
validate_name validate_resource_pool_name;     /* subdomains joined by '/' */
validate_name validate_device_attribute_name;  /* C identifier, perhaps with a domain before it */

/* Of a ClusterTrustBundle that belongs to 'signer' ("" for none). */
void format_trust_bundle_name(const char *signer, struct str name, struct format_errors *errors);

/* Neither native nor of kubernetes.io, and fit to be counted by a quota. */
bool name_is_extended_resource(struct str name);

/* Printable, 128 bytes: fieldManager, managedFields[].manager. */
void validate_field_manager(const char *name, const struct field_at *at, struct api_invalid *errors);

#endif
