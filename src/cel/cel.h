/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cel.h - the Common Expression Language as the Kubernetes API server runs it.
 *
 * Who uses it declares typed variables, compiles a text into a checked, immutable program, and evaluates that over
 * values, among them JSON documents that are read in place:
 *
 *     struct cel_variable variables[] = { { "self", type, .sized = true } };
 *     struct cel_environment environment = { .variables = variables, .variable_count = 1 };
 *     cel_compile(&environment, text, &program, NULL, &err);
 *     struct cel_value values[] = { cel_value_json(json, type) };
 *     cel_evaluate(program, values, CEL_COST_PER_CALL, &arena, &result, &cost, &err);
 *
 * A program may be evaluated by many threads at once. Types belong to the caller, live in an arena of theirs and must
 * outlive the programs that were compiled with them. Nothing here knows what a custom resource is, asks a clock or
 * does I/O; every input is bounded (the limits below), and so is the work by its cost. */
#ifndef CEL_CEL_H
#define CEL_CEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

#define CEL_TEXT_MAX  (100 * 1000) /* code points of an expression, as upstream's parser bounds it */
#define CEL_DEPTH_MAX 250          /* nesting of an expression, likewise */

/* Costs, in upstream's units (k8s.io/apiserver/pkg/apis/cel, apiextensions' validation of schemas). */
#define CEL_COST_PER_CALL         1000000u   /* run time, one evaluation */
#define CEL_COST_PER_REQUEST      10000000u  /* run time, all rules of one custom resource */
#define CEL_COST_MATCH_CONDITIONS 2500000u   /* run time, match conditions of one webhook or binding */
#define CEL_ESTIMATE_PER_RULE     10000000u  /* worst case, one rule times how often it may run */
#define CEL_ESTIMATE_PER_RESOURCE 100000000u /* worst case, all rules of a CustomResourceDefinition */
#define CEL_REQUEST_SIZE_MAX      3145728u   /* bytes that worst cases assume a request to have */
#define CEL_MESSAGE_SIZE_MAX      5120u      /* bytes that a messageExpression may yield */

/* ---- types ---- */

enum cel_kind {
    CEL_ERROR, /* as a type: what a failed check leaves behind; as a value: a failed evaluation */
    CEL_DYN,
    CEL_NULL,
    CEL_BOOL,
    CEL_INT,
    CEL_UINT,
    CEL_DOUBLE,
    CEL_STRING,
    CEL_BYTES,
    CEL_TIMESTAMP,
    CEL_DURATION,
    CEL_LIST,
    CEL_MAP,
    CEL_OBJECT,
    CEL_TYPE,
    CEL_OPTIONAL,
    CEL_OPAQUE, /* of a library: net.IP, kubernetes.Quantity, ... */
    CEL_PARAM,  /* a free parameter; only inside of declarations */
    CEL_KIND_COUNT
};

/* How lists compare and add, x-kubernetes-list-type. */
enum cel_list_type { CEL_LIST_ATOMIC, CEL_LIST_SET, CEL_LIST_MAP };

struct cel_field;

struct cel_type {
    uint8_t kind;                         /* enum cel_kind */
    uint8_t list_type;                    /* enum cel_list_type */
    bool nullable;                        /* JSON null is a value; else reading it is an error */
    bool open;                            /* an object whose unknown members are values of type dyn */
    const char *name;                     /* of an object, an opaque type or a parameter */
    const struct cel_type *key, *element; /* of maps; of lists, maps, optionals, types (may be NULL there) */
    const struct cel_field *fields;       /* of an object, sorted by name */
    size_t field_count;
    const char *const *list_keys; /* of a CEL_LIST_MAP, JSON names, NULL-terminated */
    uint64_t max;      /* worst case of size(): list items, map entries, bytes of text; 0 for what has no size */
    uint64_t min_json; /* bytes of the shortest JSON text, for worst cases of what holds it */
};

struct cel_field {
    const char *name; /* as expressions write it: escaped */
    const char *json; /* the member it stands for */
    const struct cel_type *type;
    bool required;    /* counts for the shortest JSON text of the object ... */
    bool has_default; /* ... unless a default fills it in */
};

/* Built of a schema, with upstream's worst cases. 'max' is maxLength, maxItems or maxProperties, negative where the
 * schema has none: then as many as fit into a request. The arena keeps everything. */
const struct cel_type *cel_type_of(enum cel_kind kind); /* static: scalars, dyn, and list, map of dyn; unbounded */
struct cel_type *cel_type_string(struct arena *arena, int64_t max);
struct cel_type *cel_type_enum(struct arena *arena, size_t longest); /* a string of an enum without maxLength */
struct cel_type *cel_type_bytes(struct arena *arena, int64_t max);   /* format "byte" */
struct cel_type *cel_type_timestamp(struct arena *arena, bool date); /* formats "date-time" and "date" */
struct cel_type *cel_type_duration(struct arena *arena);             /* format "duration" */
struct cel_type *cel_type_bool(struct arena *arena);
struct cel_type *cel_type_int(struct arena *arena);
struct cel_type *cel_type_double(struct arena *arena);
struct cel_type *cel_type_int_or_string(struct arena *arena, int64_t max);
struct cel_type *cel_type_list(struct arena *arena, const struct cel_type *element, int64_t max);
struct cel_type *cel_type_map(struct arena *arena, const struct cel_type *element, int64_t max); /* keys: strings */
struct cel_type *cel_type_optional(struct arena *arena, const struct cel_type *element);

/* 'fields' have json, type and flags; the names are made here (see cel_escape), and fields that cannot be named or have
 * type NULL are not there for expressions. 'name' must differ between types that differ. */
struct cel_type *cel_type_object(struct arena *arena, const char *name, const struct cel_field *fields, size_t count);

/* NULL when there is none. */
const struct cel_field *cel_type_field(const struct cel_type *type, struct str name);
const struct cel_field *cel_type_member(const struct cel_type *type, struct str json);

/* "list(map(string, int))": what messages call a type. */
void cel_type_format(const struct cel_type *type, struct buffer *out);
/* "list(google.protobuf.Timestamp)": what Go prints for it, which some messages show. */
void cel_type_print(const struct cel_type *type, struct buffer *out);
bool cel_type_equal(const struct cel_type *a, const struct cel_type *b);

/* How often a value of that type may stand in one request: upstream's cardinality of an unbounded list or map. */
uint64_t cel_type_cardinality(const struct cel_type *type);

/* A property's name as expressions write it: "a.b" is "a__dot__b", "in" is "__in__". False when it has none. */
bool cel_escape(struct arena *arena, struct str name, const char **ret_escaped);
bool cel_unescape(struct arena *arena, struct str escaped, const char **ret_name);

/* ---- values ---- */

struct cel_value;
struct cel_list;
struct cel_map;

/* An object that the user answers for: the authorizer, variables that are computed when first used. */
struct cel_object_driver {
    /* Sets *ret_value, a CEL_ERROR value when that fails; false: there is no such field. Called by the thread that
     * evaluates. */
    bool (*field)(void *context, struct str name, struct arena *arena, struct cel_value *ret_value);
};

/* 24 bytes; borrows what it points at (a JSON document, the evaluation's arena). A zeroed one is an error without text. */
struct cel_value {
    uint8_t kind;  /* enum cel_kind; never DYN, PARAM */
    uint8_t form;  /* of lists, maps, objects: enum cel_form; of opaque values: enum cel_opaque (library) */
    int32_t nanos; /* of timestamps and durations: 0 to 999999999, beside seconds that are rounded down */
    union {
        bool boolean;
        int64_t integer; /* also seconds: since 1970-01-01T00:00:00Z, or of the duration */
        uint64_t uinteger;
        double number;
        struct str text; /* strings, bytes, and the message of an error */
        struct {
            yyjson_val *json;
            const struct cel_type *type;
        };
        const struct cel_list *list;
        const struct cel_map *map;
        struct {
            const struct cel_object_driver *driver;
            void *context;
        };
        const struct cel_type *of;        /* of a CEL_TYPE */
        const struct cel_value *optional; /* NULL: none */
        const void *opaque;
    };
};

enum cel_form { CEL_FORM_MADE, CEL_FORM_JSON, CEL_FORM_DRIVER };

/* A document or a part of one, read as that type says (numbers parsed or raw). NULL 'json' is null. */
struct cel_value cel_value_json(yyjson_val *json, const struct cel_type *type);
struct cel_value cel_value_null(void);
struct cel_value cel_value_bool(bool value);
struct cel_value cel_value_int(int64_t value);
struct cel_value cel_value_uint(uint64_t value);
struct cel_value cel_value_double(double value);
struct cel_value cel_value_string(struct str text); /* UTF-8 */
struct cel_value cel_value_bytes(struct str bytes);
struct cel_value cel_value_timestamp(int64_t seconds, int32_t nanos);
struct cel_value cel_value_duration(int64_t seconds, int32_t nanos);
struct cel_value cel_value_object(const struct cel_object_driver *driver, void *context);
struct cel_value cel_value_optional(struct arena *arena, const struct cel_value *value); /* NULL: none */
struct cel_value cel_value_error(struct arena *arena, const char *format, ...) printf_like(2, 3);

/* ---- the authorizer, filled by the user ---- */

/* What an expression asks: a path, or a resource ('resource' is then set). Empty texts are not given. */
struct cel_check {
    struct str verb;
    struct str path;
    struct str group, resource, subresource, namespace, name;
    struct str field_selector, label_selector;                  /* as written */
    struct str service_account_namespace, service_account_name; /* who asks; else who the authorizer is about */
};

struct cel_decision {
    bool allowed;
    struct str reason;
    struct str error; /* with data: asking failed */
};

struct cel_authorizer {
    void (*check)(void *context, const struct cel_check *check, struct arena *arena, struct cel_decision *ret_decision);
    void *context;
};

/* Values of types kubernetes.authorization.Authorizer and, with what it asks about filled in, ResourceCheck. */
struct cel_value cel_value_authorizer(struct arena *arena, const struct cel_authorizer *authorizer);
struct cel_value cel_value_resource_check(struct arena *arena, const struct cel_authorizer *authorizer,
                                          const struct cel_check *check);
const struct cel_type *cel_type_authorizer(void);
const struct cel_type *cel_type_resource_check(void);
const struct cel_type *cel_type_quantity(void); /* kubernetes.Quantity */

/* The types "Object" and "JSONPatch" of CEL_LIBRARY_PATCHES. */
const struct cel_type *cel_type_object_made(void);
const struct cel_type *cel_type_json_patch(void);

/* What an Object{} that was made must keep to, alone or as the value of a JSONPatch{} in a list: objects below its field "a" are of
 * type Object.a, and so on. 'problem' gets the sentence when one does not. */
bool cel_value_names_fit(const struct cel_value *value, struct buffer *problem);

bool cel_value_equal(const struct cel_value *a, const struct cel_value *b);

/* As JSON: uint and int as numbers, bytes as base64, timestamps and durations as text. Errors: -ERROR_INVALID for what
 * JSON cannot say, -ERROR_LIMIT. */
int cel_value_to_json(const struct cel_value *value, struct buffer *out, struct error *err) must_check;

/* ---- programs ---- */

enum cel_library {
    CEL_LIBRARY_AUTHORIZER = 1 << 0, /* functions on kubernetes.authorization.Authorizer and its checks */
    CEL_LIBRARY_BINDINGS = 1 << 1,   /* cel.bind */
    CEL_LIBRARY_MATH = 1 << 2,
    CEL_LIBRARY_ENCODERS = 1 << 3,  /* base64 */
    CEL_LIBRARY_STRINGS_3 = 1 << 4, /* reverse */
    CEL_LIBRARY_PATCHES = 1 << 5,   /* makes Object{}, Object.a.b{} and JSONPatch{}; jsonpatch.escapeKey */
};

struct cel_variable {
    const char *name; /* may have dots */
    const struct cel_type *type;
    bool sized; /* estimates may trust type->max of everything below it (types built of a schema) */
};

/* What Kubernetes 1.36 gives to every expression is always there; 'libraries' adds to it. */
struct cel_environment {
    const struct cel_variable *variables;
    size_t variable_count;
    unsigned libraries; /* enum cel_library */
};

struct cel_program;

/* Worst and best case; UINT64_MAX is unbounded. */
struct cel_cost {
    uint64_t min;
    uint64_t max;
};

/* Errors: -ERROR_INVALID in upstream's words, a line "ERROR: <input>:1:6: ..." with the place shown below it for each
 * problem. 'problems' (may be NULL) gets the whole text, err as much as it holds. */
int cel_compile(const struct cel_environment *environment, struct str text, struct cel_program **ret_program,
                struct buffer *problems, struct error *err) must_check;
/* What to put before what was said: "compilation failed", or "program instantiation failed" of constants that cannot be computed,
 * which have no place. */
const char *cel_failure(const char *problems);
void cel_program_destroy(struct cel_program *program);

const struct cel_type *cel_program_type(const struct cel_program *program);
struct cel_cost cel_program_cost(const struct cel_program *program); /* estimated */
bool cel_program_uses(const struct cel_program *program, const char *variable);

/* 'values' stand in the order of the environment's variables. Stops when the cost passes 'limit'; *ret_cost (may be NULL)
 * is what was spent, set on failure too. The result borrows from the values and the arena. Errors: -ERROR_LIMIT "operation cancelled:
 * actual cost limit exceeded", -ERROR_INVALID for everything that an expression can do wrong ("no such key: a"). */
int cel_evaluate(const struct cel_program *program, const struct cel_value *values, uint64_t limit, struct arena *arena,
                 struct cel_value *ret_value, uint64_t *ret_cost, struct error *err) must_check;

DEFINE_CLEANUP(struct cel_program *, cel_program_destroy);

#endif
