/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema.h - what the API knows of its own types, as tables.
 *
 * tools/apigen turns api/ *.schema into these tables and into C structs; everything generic
 * (decoding, encoding, defaulting, validation, patches, apply, OpenAPI) is written once
 * over them. A CustomResourceDefinition becomes the same kind of table at run time.
 *
 * How a schema field looks in a C struct (member = snake case of the JSON key, with a
 * trailing '_' when that is a C keyword):
 *
 *   string                const char *host_ip;              NULL or "" when absent; in lists and maps never NULL
 *   bool int32 int64 double   bool tty; int32_t port; ...
 *   optional scalar (ptr) int32_t *replicas;                NULL when absent
 *   optional string (ptr) const char *storage_class_name;   NULL when absent, "" when given empty
 *   bytes                 struct str data;
 *   Time, MicroTime       usec_t creation_timestamp;        0 when absent
 *   Duration              int64_t duration (nanoseconds); with ptr: int64_t *
 *   Quantity              struct quantity; with ptr: struct quantity *
 *   IntOrString           struct int_or_string; with ptr: struct int_or_string *
 *   RawExtension, FieldsV1, JSON   struct str object;        compact JSON text, data NULL when absent
 *   message               struct api_pod_spec spec;         in place
 *   optional message (ptr) struct api_affinity *affinity;   NULL when absent
 *   embedded (inline)     its fields become members of the struct itself; also reachable as one member,
 *                         named after the protobuf field (volume->host_path is volume->volume_source.host_path)
 *   list                  T *containers; size_t n_containers;   NULL: absent, non-NULL with 0: empty list
 *   map[string]T          struct api_string_entry *labels; size_t n_labels;   { key, value }, sorted by key
 *
 * Entry types: api_string_entry (value const char *), api_bytes_entry (struct str), api_time_entry,
 * api_quantity_entry (struct quantity), and <struct>_entry for maps of messages.
 *
 * gRPC messages (generated/cri.h and others; struct cri_pod_sandbox_config) look the same, with these
 * differences: a single message is always a pointer, scalars of a oneof and 'optional' ones too,
 * an enum is an int32_t with the enumerators of its own 'enum cri_...'.
 *
 * Struct names: api_<snake type> for core/v1 and meta/v1 (api_pod, api_object_meta),
 * api_<group>_<type> for other v1 groups, the group's first label (api_apps_deployment,
 * api_rbac_role, api_discovery_endpoint_slice), api_<group>_<version>_<type> otherwise
 * (api_autoscaling_v2_horizontal_pod_autoscaler). A kind's struct begins with its
 * 'metadata', so a pointer to it is a pointer to its struct api_object_meta. kind and
 * apiVersion are not members: the descriptor knows them. */
#ifndef API_SCHEMA_H
#define API_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/value/int_or_string.h"
#include "api/value/quantity.h"
#include "base/str.h"
#include "base/time.h"

enum api_value {
    API_BOOL,
    API_INT32,
    API_INT64,
    API_UINT32, /* gRPC messages only, as is the next one */
    API_UINT64,
    API_FLOAT64,
    API_STRING,
    API_BYTES,
    API_TIME,
    API_MICRO_TIME,
    API_DURATION,
    API_QUANTITY,
    API_INT_OR_STRING,
    API_RAW,
    API_MESSAGE,
};

enum api_shape { API_SINGLE, API_LIST, API_MAP };

enum api_field_flags {
    API_POINTER = 1 << 0,    /* presence is tracked; the member is a pointer */
    API_OMIT_EMPTY = 1 << 1, /* not written to JSON when empty */
    API_REQUIRED = 1 << 2,   /* as published in OpenAPI */
    API_INLINE = 1 << 3,     /* JSON keys of 'type' stand in the parent's object; protobuf nests it */
    API_SELF = 1 << 4,       /* the message's JSON is this list itself */
    API_OMIT_ZERO = 1 << 5,  /* a zero Time is left out instead of written as null */
    API_LIST_SET = 1 << 6,   /* merge topology; a list with neither is atomic */
    API_LIST_MAP = 1 << 7,
    API_MAP_ATOMIC = 1 << 8,    /* a map or message replaced as a whole by apply */
    API_MAP_GRANULAR = 1 << 19, /* a message of an atomic type that is merged here nevertheless */
    API_PATCH_MERGE = 1 << 9,   /* strategic merge strategies */
    API_PATCH_REPLACE = 1 << 10,
    API_PATCH_RETAIN_KEYS = 1 << 11,
    API_NULLABLE = 1 << 12,
    API_DEPRECATED = 1 << 13,
    API_ELEMENT_POINTER = 1 << 14,
    API_PACKED = 1 << 15, /* proto3 repeated scalar */
    API_SECRET = 1 << 16, /* gRPC field that must not be logged */
    API_TYPED = 1 << 17,  /* its documents say kind and apiVersion in JSON */
    API_SORTED = 1 << 18, /* raw JSON whose members are sorted, as Go writes maps: equal values are equal texts */
};

struct api_type;
struct arena;
struct ref; /* base/ref.h */

struct api_enum {
    const char *name;
    bool closed; /* OpenAPI lists the values */
    const char *const *values;
    size_t n_values;
};

struct api_field {
    const char *name;      /* JSON key; NULL when it has none (inline, self) */
    const char *member;    /* protobuf field name */
    uint32_t tag;          /* protobuf; 0: none */
    uint32_t offset;       /* of the member */
    uint32_t count_offset; /* of n_<member>, for lists and maps */
    uint32_t flags;
    uint8_t value;         /* enum api_value */
    uint8_t shape;         /* enum api_shape */
    uint16_t name_size;    /* strlen(name) */
    uint32_t element_size; /* of a list element or map entry; maps: key first, value at value_offset */
    uint32_t value_offset;
    uint32_t typed_offset;               /* of the bool beside an API_TYPED list: its documents do say them */
    const struct api_type *type;         /* of messages */
    const struct api_field_facts *facts; /* NULL: none; api_field_facts() spares the question */
};

/* What one field in ten has, apart: rows are walked for every object, and there are thousands. */
struct api_field_facts {
    const struct api_enum *enumeration;
    const char *const *list_keys; /* NULL-terminated; for API_LIST_MAP */
    const char *patch_key;
    const char *default_json; /* static default, as published in OpenAPI */
    const char *fill_json;    /* what api_default() puts where nothing was given: that, or an unpublished one */
    const char *oneof;        /* name of the union it belongs to; "NAME optional" when none may be set */
    const char *const *rules; /* declared validation, NULL-terminated: "alpha(1.36) > minimum=0" */
    const char *named;        /* what Go calls its type, when that has a name: "v1.ResourceList" */
};

/* Never NULL. */
static inline const struct api_field_facts *api_field_facts(const struct api_field *field)
{
    static const struct api_field_facts none;
    return field->facts != NULL ? field->facts : &none;
}

enum api_json_form {
    API_FORM_OBJECT,
    API_FORM_STRING_LIST, /* its API_SELF field */
    API_FORM_OBJECT_OR_LIST,
    API_FORM_OBJECT_OR_BOOL,
    API_FORM_OBJECT_OR_STRING_LIST,
};

struct api_type {
    const char *name;               /* "PodSpec" */
    const char *package;            /* protobuf package, "k8s.io.api.core.v1" */
    const char *go_package;         /* "k8s.io/api/core/v1", OpenAPI names derive from it */
    size_t size;                    /* of the struct */
    const struct api_field *fields; /* in declaration order, which is the JSON order */
    size_t n_fields;
    const uint8_t *by_tag; /* positions of the fields with a tag, ascending: the order on the wire */
    uint8_t n_by_tag;
    uint8_t json_form;
    bool proto3;                                        /* gRPC messages: zero scalars are omitted */
    bool type_meta;                                     /* JSON begins with kind and apiVersion */
    bool atomic;                                        /* apply replaces it as a whole */
    bool json_only;                                     /* no protobuf form */
    bool open;                                          /* members that no field takes are somebody else's */
    bool is_union;                                      /* one of its fields at a time, chosen by a discriminator */
    const char *const *rules;                           /* declared validation, as in api_field */
    void (*defaults)(void *value, struct arena *arena); /* what fill_json cannot say; NULL: nothing */
    /* One of 'fields', raw JSON without a name: the members that no other field takes, as one object. NULL: they are unknown. */
    const struct api_field *rest;
};

/* A gRPC method. */
struct api_rpc {
    const char *path; /* "/runtime.v1.RuntimeService/RunPodSandbox" */
    const struct api_type *request;
    const struct api_type *response;
    bool client_stream;
    bool server_stream;
};

/* A kind: what apiVersion and kind in a document stand for. */
struct api_kind {
    const char *group; /* "" is core */
    const char *version;
    const char *kind;
    const char *list_kind; /* NULL for kinds without one */
    const struct api_type *type;
    bool namespaced;
};

enum api_verb {
    API_GET = 1 << 0,
    API_LIST_VERB = 1 << 1,
    API_WATCH = 1 << 2,
    API_CREATE = 1 << 3,
    API_UPDATE = 1 << 4,
    API_PATCH = 1 << 5,
    API_DELETE = 1 << 6,
    API_DELETE_COLLECTION = 1 << 7,
};

enum api_resource_flags {
    API_NAMESPACED = 1 << 0,
    API_STATUS = 1 << 1, /* has a status subresource */
    API_CREATE_ON_UPDATE = 1 << 2,
    API_UNCONDITIONAL_UPDATE = 1 << 3,
    API_RETURN_DELETED = 1 << 4,    /* DELETE answers the object */
    API_GENERATION = 1 << 5,        /* metadata.generation starts at 1, raised on spec change */
    API_GC_ORPHAN_DEFAULT = 1 << 6, /* propagation without a policy: orphan instead of background */
    API_GC_UNSUPPORTED = 1 << 7,
    API_VOLATILE = 1 << 8, /* kept in memory: Events and Leases */
};

struct api_subresource {
    const char *name;              /* "status", "scale", "log" */
    unsigned verbs;                /* enum api_verb */
    const struct api_kind *body;   /* NULL: the resource's own kind */
    bool connect;                  /* a stream, not an object */
    const struct api_kind *query;  /* options read from the query (PodLogOptions) */
    const struct api_kind *result; /* what it answers, when that is not 'body' */
};

/* One row of the served API; custom resources make more at run time (custom/custom_resource.h). */
struct api_resource {
    const struct api_kind *kind;
    const char *plural; /* "pods" */
    const char *singular;
    const char *const *short_names; /* NULL-terminated, may be NULL; so are the next two */
    const char *const *categories;
    const char *const
        *selectable_fields; /* beside metadata.name and metadata.namespace; "label=>path" rows as in the table */
    unsigned verbs;
    unsigned flags;
    const struct api_subresource *subresources;
    size_t n_subresources;
    const char *storage_prefix; /* "/registry/pods" */
    const char *storage_version_hash;
    unsigned since;         /* the minor version of Kubernetes 1 that brought its kind; 0: it was always there */
    struct ref *references; /* of a row made at run time; NULL: it is always there */
};

/* Entries of maps whose values are no messages. */
struct api_string_entry {
    const char *key;
    const char *value;
};
struct api_bytes_entry {
    const char *key;
    struct str value;
};
struct api_time_entry {
    const char *key;
    usec_t value;
};
struct api_quantity_entry {
    const char *key;
    struct quantity value;
};

/* The built-in tables, generated, in discovery order. generated/types.h names the rows:
 * api_kind_pod, api_resource_apps_deployment; and every type: api_type_pod_spec. */
extern const struct api_resource api_resources[];
extern const size_t api_resource_count;
extern const struct api_kind api_kinds[];
extern const size_t api_kind_count;

/* NULL when there is none. group "" is core. */
const struct api_resource *api_resource_find(struct str group, struct str version, struct str plural);
const struct api_kind *api_kind_find(struct str group, struct str version, struct str kind);
const struct api_resource *api_resource_of_kind(const struct api_kind *kind);

/* Rows made at run time go with their last user; of the built-in ones these do nothing. From any thread. */
const struct api_resource *api_resource_ref(const struct api_resource *resource); /* NULL stays NULL */
void api_resource_unref(const struct api_resource *resource);                     /* NULL is fine */

/* "v1" or "apps/v1". */
void api_kind_version(const struct api_kind *kind, char *text, size_t size);

#endif
