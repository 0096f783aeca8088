/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* source.h - sources of volumes that pods and PersistentVolumes have in common. Only for this folder's own files. */
#ifndef API_VALIDATION_VOLUME_SOURCE_H
#define API_VALIDATION_VOLUME_SOURCE_H

#include "api/validation/rules.h"

/* 'source' is the struct of that sort; of sorts with two structs (in pods, in PersistentVolumes) the one of pods, whose
 * members used here the other has at the same place. */
typedef void validate_source(const void *source, const struct field_at *at, struct api_invalid *errors);

validate_source validate_host_path_source;
validate_source validate_gce_disk_source;
validate_source validate_aws_store_source;
validate_source validate_nfs_source;
validate_source validate_flocker_source;
validate_source validate_quobyte_source;
validate_source validate_fc_source;
validate_source validate_vsphere_source;
validate_source validate_photon_source;
validate_source validate_portworx_source;
validate_source validate_azure_disk_source;
validate_source validate_rbd_source;
validate_source validate_ceph_source;
validate_source validate_flex_source;
validate_source validate_scale_io_source;
validate_source validate_glusterfs_source;
validate_source validate_iscsi_source;

/* A name that must be given. True when it is. */
bool validate_given(const char *value, const struct field_at *at, struct api_invalid *errors);

/* "VOLUME:PORTAL" is what initiators are told apart by. */
bool iscsi_name_too_long(const char *volume, const char *portal, const char *initiator);
#define ISCSI_NAME_TOO_LONG                                                                                     \
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is " \
    "specified."

#endif
