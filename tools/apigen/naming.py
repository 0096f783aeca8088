# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The coracle authors
"""How names of the API become names in C."""
import re

WORD = re.compile(r"[A-Z]{2,}s(?![a-z0-9])|[A-Z]+[0-9]*(?![a-z])|[A-Z]?[a-z0-9]+")

# C keywords, and the macros 'linux' and 'unix' of gnu17.
RESERVED = set("auto break case char const continue default do double else enum extern float for goto if inline int long "
               "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile "
               "while bool true false asm typeof linux unix".split())


def snake(name):
    """'podCIDRs' -> 'pod_cidrs', 'x-kubernetes-map-type' -> 'x_kubernetes_map_type'"""
    return "_".join(word.lower() for part in re.split(r"[^A-Za-z0-9]+", name) for word in WORD.findall(part))


def member(name):
    text = snake(name)
    return text + "_" if text in RESERVED else text


def prefix(schema):
    """What C names of this schema's types begin with, without the final underscore."""
    if schema.grpc:
        return schema.grpc
    label = schema.name.split("_")[0]
    if schema.version == "v1":
        return "api" if label in ("core", "meta", "wellknown") else "api_" + label
    return f"api_{label}_{schema.version}" if schema.version else "api"


def struct(message):
    return f"{prefix(message.schema)}_{snake(message.name)}"


def symbol(sort, schema, name):
    """api_type_apps_deployment, cri_type_pod_sandbox, api_kind_pod"""
    if schema.grpc:
        return f"{schema.grpc}_{sort}_{snake(name)}"
    return f"api_{sort}{prefix(schema).removeprefix('api')}_{snake(name)}"


def quote(text):
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("??", '?""?') + '"'
