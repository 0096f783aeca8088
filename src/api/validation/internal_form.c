/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/validation/internal_form.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/codec.h"
#include "api/member.h"
#include "base/text/unified_diff.h"
#include "codec/json.h"
#include "generated/types.h"

#define SHOWN_DEPTH_MAX 32
#define FORM_SIZE_MAX   ((size_t)4 << 20)
#define DIFF_SIZE_MAX   ((size_t)64 << 10)

/* ---------------------------------------------------------------- names and places */

/* Go's names where they are not the JSON key with a capital letter; those with a type are only that type's. */
static const struct {
    const char *json, *name;
    const struct api_type *only;
} names[] = {
    { "image", "RBDImage", &api_type_rbd_volume_source },
    { "image", "RBDImage", &api_type_rbd_persistent_volume_source },
    { "monitors", "CephMonitors", &api_type_rbd_volume_source },
    { "monitors", "CephMonitors", &api_type_rbd_persistent_volume_source },
    { "pool", "RBDPool", &api_type_rbd_volume_source },
    { "pool", "RBDPool", &api_type_rbd_persistent_volume_source },
    { "user", "RadosUser", &api_type_rbd_volume_source },
    { "user", "RadosUser", &api_type_rbd_persistent_volume_source },
    { "endpoints", "EndpointsName", &api_type_glusterfs_volume_source },
    { "endpoints", "EndpointsName", &api_type_glusterfs_persistent_volume_source },
    { "diskURI", "DataDiskURI", &api_type_azure_disk_volume_source },
    { "apiGroup", "APIGroup", NULL },
    { "apiVersion", "APIVersion", NULL },
    { "awsElasticBlockStore", "AWSElasticBlockStore", NULL },
    { "cephfs", "CephFS", NULL },
    { "chapAuthDiscovery", "DiscoveryCHAPAuth", NULL },
    { "chapAuthSession", "SessionCHAPAuth", NULL },
    { "csi", "CSI", NULL },
    { "dnsConfig", "DNSConfig", NULL },
    { "dnsPolicy", "DNSPolicy", NULL },
    { "fc", "FC", NULL },
    { "fsGroup", "FSGroup", NULL },
    { "fsGroupChangePolicy", "FSGroupChangePolicy", NULL },
    { "fsType", "FSType", NULL },
    { "gcePersistentDisk", "GCEPersistentDisk", NULL },
    { "gmsaCredentialSpec", "GMSACredentialSpec", NULL },
    { "gmsaCredentialSpecName", "GMSACredentialSpecName", NULL },
    { "grpc", "GRPC", NULL },
    { "httpGet", "HTTPGet", NULL },
    { "httpHeaders", "HTTPHeaders", NULL },
    { "ip", "IP", NULL },
    { "iqn", "IQN", NULL },
    { "iscsi", "ISCSI", NULL },
    { "iscsiInterface", "ISCSIInterface", NULL },
    { "nfs", "NFS", NULL },
    { "os", "OS", NULL },
    { "pdName", "PDName", NULL },
    { "rbd", "RBD", NULL },
    { "seLinuxChangePolicy", "SELinuxChangePolicy", NULL },
    { "seLinuxOptions", "SELinuxOptions", NULL },
    { "sslEnabled", "SSLEnabled", NULL },
    { "storageos", "StorageOS", NULL },
    { "tcpSocket", "TCPSocket", NULL },
    { "tty", "TTY", NULL },
    { "uid", "UID", NULL },
    { "wwids", "WWIDs", NULL },
};

/* Where internal types have another order: what stands behind which field. */
static const char *const pod_spec_order[] = {
    "volumes",
    "initContainers",
    "containers",
    "ephemeralContainers",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "dnsPolicy",
    "nodeSelector",
    "serviceAccountName",
    "automountServiceAccountToken",
    "nodeName",
    "securityContext",
    "imagePullSecrets",
    "hostname",
    "subdomain",
    "setHostnameAsFQDN",
    "affinity",
    "schedulerName",
    "tolerations",
    "hostAliases",
    "priorityClassName",
    "priority",
    "preemptionPolicy",
    "dnsConfig",
    "readinessGates",
    "runtimeClassName",
    "overhead",
    "enableServiceLinks",
    "topologySpreadConstraints",
    "os",
    "schedulingGates",
    "resourceClaims",
    "resources",
    "hostnameOverride",
    "schedulingGroup",
    NULL,
};

/* Fields of a PodSpec that are the internal PodSecurityContext's first ones. */
static const char *const host_order[] = { "hostNetwork",           "hostPID",   "hostIPC",
                                          "shareProcessNamespace", "hostUsers", NULL };

static const char *const volume_order[] = {
    "hostPath",
    "emptyDir",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "persistentVolumeClaim",
    "rbd",
    "quobyte",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "downwardAPI",
    "fc",
    "azureFile",
    "configMap",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
    "projected",
    "portworxVolume",
    "scaleIO",
    "storageos",
    "csi",
    "ephemeral",
    "image",
    NULL,
};

static const char *const persistent_volume_order[] = {
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "hostPath",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "iscsi",
    "flexVolume",
    "cinder",
    "cephfs",
    "fc",
    "flocker",
    "azureFile",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "local",
    "storageos",
    "csi",
    NULL,
};

static const struct {
    const struct api_type *type;
    const char *const *order;
} orders[] = {
    { &api_type_pod_spec, pod_spec_order },
    { &api_type_volume_source, volume_order },
    { &api_type_persistent_volume_source, persistent_volume_order },
};

/* ---------------------------------------------------------------- writing */

struct form {
    struct buffer *out;
    bool indented;
    size_t depth;
    bool first; /* nothing stands in the innermost object or list yet */
};

static void form_break(struct form *form)
{
    if (!form->indented)
        return;
    buffer_append_char(form->out, '\n');
    for (size_t i = 0; i < form->depth; i++)
        buffer_append_char(form->out, ' ');
}

static void form_open(struct form *form, char bracket)
{
    buffer_append_char(form->out, bracket);
    form->depth++;
    form->first = true;
}

static void form_close(struct form *form, char bracket)
{
    form->depth--;
    if (!form->first)
        form_break(form);
    buffer_append_char(form->out, bracket);
    form->first = false;
}

/* Before each member or element. */
static void form_next(struct form *form)
{
    if (!form->first)
        buffer_append_char(form->out, ',');
    form->first = false;
    form_break(form);
}

static void form_key(struct form *form, const char *key)
{
    form_next(form);
    json_append_string(form->out, str_of(key));
    buffer_append_text(form->out, form->indented ? ": " : ":");
}

static void append_go_name(struct form *form, const struct api_type *type, const char *json)
{
    char name[128];
    for (size_t i = 0; i < countof(names); i++) {
        if (strcmp(names[i].json, json) == 0 && (names[i].only == NULL || names[i].only == type)) {
            form_key(form, names[i].name);
            return;
        }
    }
    snprintf(name, sizeof(name), "%c%s", toupper((unsigned char)json[0]), json[0] == '\0' ? "" : json + 1);
    form_key(form, name);
}

/* JSON that is there already, in this form's layout. */
static void append_json(struct form *form, yyjson_val *json)
{
    size_t i, count;
    yyjson_val *key, *value;
    if (yyjson_is_obj(json)) {
        form_open(form, '{');
        yyjson_obj_foreach(json, i, count, key, value)
        {
            form_key(form, yyjson_get_str(key));
            append_json(form, value);
        }
        form_close(form, '}');
    } else if (yyjson_is_arr(json)) {
        form_open(form, '[');
        yyjson_arr_foreach(json, i, count, value)
        {
            form_next(form);
            append_json(form, value);
        }
        form_close(form, ']');
    } else {
        json_append_value(form->out, json);
    }
}

static void append_published(struct form *form, const struct api_type *type, const void *value)
{
    auto_buffer struct buffer json = { .max = FORM_SIZE_MAX };
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    api_encode_json(type, NULL, value, &json);
    if (buffer_failed(&json) || json_read(buffer_str(&json), API_DEPTH_MAX, &doc, NULL) < 0)
        buffer_append_text(form->out, "null");
    else
        append_json(form, yyjson_doc_get_root(doc));
}

/* Templates embed their metadata: its members stand among theirs. */
static void append_metadata(struct form *form, const struct api_object_meta *meta)
{
    auto_buffer struct buffer json = { .max = FORM_SIZE_MAX };
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    api_encode_json(&api_type_object_meta, NULL, meta, &json);
    if (buffer_failed(&json) || json_read(buffer_str(&json), API_DEPTH_MAX, &doc, NULL) < 0)
        return;
    yyjson_obj_iter members = yyjson_obj_iter_with(yyjson_doc_get_root(doc));
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key != NULL; key = yyjson_obj_iter_next(&members)) {
        form_key(form, yyjson_get_str(key));
        append_json(form, yyjson_obj_iter_get_val(key));
    }
}

static void append_message(struct form *form, const struct api_type *type, const void *value);

static void append_text(struct form *form, const char *text)
{
    json_append_string(form->out, str_of(text_or_empty(text)));
}

static void append_single(struct form *form, const struct api_field *field, const void *single)
{
    char text[QUANTITY_TEXT_SIZE];
    const struct int_or_string *number = single;
    if (single == NULL) {
        buffer_append_text(form->out, "null");
        return;
    }
    switch (field->value) {
    case API_BOOL:
        buffer_append_text(form->out, *(const bool *)single ? "true" : "false");
        break;
    case API_INT32:
        buffer_format(form->out, "%d", *(const int32_t *)single);
        break;
    case API_INT64:
        buffer_format(form->out, "%lld", (long long)*(const int64_t *)single);
        break;
    case API_STRING:
        if ((field->flags & API_POINTER) && *(const char *const *)single == NULL)
            buffer_append_text(form->out, "null");
        else
            append_text(form, *(const char *const *)single);
        break;
    case API_QUANTITY:
        quantity_format(single, text);
        append_text(form, text);
        break;
    case API_INT_OR_STRING:
        if (number->text != NULL)
            append_text(form, number->text);
        else
            buffer_format(form->out, "%lld", (long long)number->number);
        break;
    case API_MESSAGE:
        if (text_equal(field->type->package, "k8s.io.apimachinery.pkg.apis.meta.v1"))
            append_published(form, field->type, single);
        else
            append_message(form, field->type, single);
        break;
    default:
        buffer_append_text(form->out, "null");
        break;
    }
}

static void append_many(struct form *form, const struct api_field *field, const void *value)
{
    const char *elements = member_elements(field, value);
    bool map = field->shape == API_MAP;
    if (elements == NULL) {
        buffer_append_text(form->out, "null");
        return;
    }
    form_open(form, map ? '{' : '[');
    for (size_t i = 0; i < member_length(field, value); i++) {
        const char *element = elements + i * field->element_size;
        if (map)
            form_key(form, *(const char *const *)(const void *)element);
        else
            form_next(form);
        append_single(form, field, map ? element + field->value_offset : element);
    }
    form_close(form, map ? '}' : ']');
}

static void append_fields(struct form *form, const struct api_type *type, const void *value);

static const struct api_field *find_field(const struct api_type *type, const char *name)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (text_equal(type->fields[i].name, name))
            return &type->fields[i];
    return NULL;
}

static void append_field(struct form *form, const struct api_type *type, const struct api_field *field,
                         const void *value)
{
    if (field == NULL)
        return;
    if (field->flags & API_INLINE) {
        append_fields(form, field->type, member_of_const(field, value));
        return;
    }
    if (field->value == API_MESSAGE && field->type == &api_type_object_meta) {
        append_metadata(form, member_single(field, value));
        return;
    }
    append_go_name(form, type, text_or_empty(field->name));
    if (field->shape == API_SINGLE)
        append_single(form, field, member_single(field, value));
    else
        append_many(form, field, value);
}

/* What the host shares stands in the pod's security context, which is always there. */
static void append_security_context(struct form *form, const struct api_pod_spec *spec)
{
    static const struct api_pod_security_context none;
    form_key(form, "SecurityContext");
    form_open(form, '{');
    for (size_t i = 0; host_order[i] != NULL; i++)
        append_field(form, &api_type_pod_spec, find_field(&api_type_pod_spec, host_order[i]), spec);
    const struct api_type *type = &api_type_pod_security_context;
    static const char *const order[] = { "seLinuxOptions",
                                         "windowsOptions",
                                         "runAsUser",
                                         "runAsGroup",
                                         "runAsNonRoot",
                                         "supplementalGroups",
                                         "supplementalGroupsPolicy",
                                         "fsGroup",
                                         "fsGroupChangePolicy",
                                         "sysctls",
                                         "seccompProfile",
                                         "appArmorProfile",
                                         "seLinuxChangePolicy" };
    const void *context = spec->security_context != NULL ? spec->security_context : &none;
    for (size_t i = 0; i < countof(order); i++)
        append_field(form, type, find_field(type, order[i]), context);
    form_close(form, '}');
}

static void append_fields(struct form *form, const struct api_type *type, const void *value)
{
    const char *const *order = NULL;
    if (form->depth > SHOWN_DEPTH_MAX)
        return;
    for (size_t i = 0; i < countof(orders) && order == NULL; i++)
        order = orders[i].type == type ? orders[i].order : NULL;
    for (size_t i = 0; order == NULL && i < type->n_fields; i++)
        append_field(form, type, &type->fields[i], value);
    for (; order != NULL && *order != NULL; order++) {
        if (type == &api_type_pod_spec && strcmp(*order, "securityContext") == 0)
            append_security_context(form, value);
        else
            append_field(form, type, find_field(type, *order), value);
    }
}

static void append_message(struct form *form, const struct api_type *type, const void *value)
{
    form_open(form, '{');
    append_fields(form, type, value);
    form_close(form, '}');
}

void internal_form(const struct api_type *type, const void *value, bool indented, struct buffer *out)
{
    struct form form = { .out = out, .indented = indented };
    append_message(&form, type, value);
}

/* ---------------------------------------------------------------- changes */

void invalid_forbidden_change(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                              const void *before, const void *after, const char *detail, ...)
{
    auto_buffer struct buffer old = { .max = FORM_SIZE_MAX };
    auto_buffer struct buffer now = { .max = FORM_SIZE_MAX };
    auto_buffer struct buffer diff = { .max = DIFF_SIZE_MAX };
    char text[1024];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    internal_form(type, before, true, &old);
    internal_form(type, after, true, &now);
    if (!buffer_failed(&old) && !buffer_failed(&now))
        unified_diff(buffer_str(&old), buffer_str(&now), &diff);
    invalid_forbidden_text(errors, at, text, buffer_failed(&diff) ? "too long to be shown" : text_or_empty(diff.data));
}
