/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* volume_attachment.c - VolumeAttachments. */
#include "api/validation/formats/names.h"
#include "api/validation/kind_rules.h"

#define METADATA_SIZE_MAX (256 * 1024)
#define MESSAGE_SIZE_MAX  1024

static void validate_source(const struct api_storage_volume_attachment_source *source, const struct field_at *at,
                            struct api_invalid *errors)
{
    static const char one[] = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

    if (source->inline_volume_spec == NULL && source->persistent_volume_name == NULL)
        invalid_required(errors, at, "%s", one);
    else if (source->inline_volume_spec != NULL && source->persistent_volume_name != NULL)
        invalid_forbidden(errors, at, "%s", one);
    else if (source->persistent_volume_name != NULL && source->persistent_volume_name[0] == '\0')
        invalid_required(errors, at_field(at, "persistentVolumeName"), "must specify non empty persistentVolumeName");
    else if (source->inline_volume_spec != NULL)
        validate_inline_volume(source->inline_volume_spec, at_field(at, "inlineVolumeSpec"), errors);
}

static void validate_error(const struct api_storage_volume_error *error, const struct field_at *at,
                           struct api_invalid *errors)
{
    if (error == NULL)
        return;
    if (strlen(text_or_empty(error->message)) > MESSAGE_SIZE_MAX)
        invalid_too_long(errors, at_field(at, "message"), MESSAGE_SIZE_MAX);
    if (error->error_code != NULL && *error->error_code < 0)
        invalid_number(errors, at_field(at, "errorCode"), *error->error_code,
                       "must be between 0 and 2147483647, inclusive");
}

void validate_volume_attachment_create(const void *object, struct api_invalid *errors)
{
    const struct api_storage_volume_attachment *attachment = object;
    const struct api_storage_volume_attachment_spec *spec = &attachment->spec;
    const struct api_storage_volume_attachment_status *status = &attachment->status;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *status_at = at_field(NULL, "status");
    size_t size = 0;

    validate_csi_driver_name(spec->attacher, at_field(at, "attacher"), errors);
    validate_source(&spec->source, at_field(at, "source"), errors);
    invalid_format(errors, at_field(at, "nodeName"), format_dns1123_subdomain, spec->node_name);
    if (spec->source.persistent_volume_name != NULL)
        invalid_format(errors, at_field(at_field(at, "source"), "persistentVolumeName"), format_dns1123_subdomain,
                       spec->source.persistent_volume_name);
    for (size_t i = 0; i < status->n_attachment_metadata; i++)
        size += strlen(text_or_empty(status->attachment_metadata[i].key)) +
                strlen(text_or_empty(status->attachment_metadata[i].value));
    if (size > METADATA_SIZE_MAX)
        invalid_too_long(errors, at_field(status_at, "attachmentMetadata"), METADATA_SIZE_MAX);
    validate_error(status->attach_error, at_field(status_at, "attachError"), errors);
    validate_error(status->detach_error, at_field(status_at, "detachError"), errors);
}

void validate_volume_attachment_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_volume_attachment_create(object, errors);
    validate_immutable(&api_type_storage_volume_attachment_spec,
                       &((const struct api_storage_volume_attachment *)object)->spec,
                       &((const struct api_storage_volume_attachment *)old)->spec, at_field(NULL, "spec"), errors);
}

void validate_volume_attachment_status(const void *object, const void *old, struct api_invalid *errors)
{
    validate_volume_attachment_update(object, old, errors);
}
