# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The coracle authors
"""Reads the schema files of api/ into plain objects. The language is described in api/README.md."""
import os
import re

SCALARS = {
    "bool": ("API_BOOL", "bool"),
    "int32": ("API_INT32", "int32_t"),
    "int64": ("API_INT64", "int64_t"),
    "uint32": ("API_UINT32", "uint32_t"),
    "uint64": ("API_UINT64", "uint64_t"),
    "float64": ("API_FLOAT64", "double"),
    "double": ("API_FLOAT64", "double"),
    "string": ("API_STRING", "const char *"),
    "bytes": ("API_BYTES", "struct str"),
    "Time": ("API_TIME", "usec_t"),
    "MicroTime": ("API_MICRO_TIME", "usec_t"),
    "Duration": ("API_DURATION", "int64_t"),
    "Quantity": ("API_QUANTITY", "struct quantity"),
    "IntOrString": ("API_INT_OR_STRING", "struct int_or_string"),
    "RawExtension": ("API_RAW", "struct str"),
    "FieldsV1": ("API_RAW", "struct str"),
    "JSON": ("API_RAW", "struct str"),
    "Unknown": ("API_RAW", "struct str"),
    "any": ("API_RAW", "struct str"),
}

ATTRIBUTE = re.compile(r"([a-z0-9-]+)(?:\(([^)]*)\))?(?:\s+|$)")
FIELD = re.compile(r"(inline |self )?([^\s?:]+)(\?)?: (\*)?(\[\]|map )?(\S+)(?: @(\d+))?(?:\s+(.*))?$")


class SchemaError(Exception):
    pass


class Record:
    """Named values; what a line of a schema file says."""

    def __init__(self, **values):
        self.__dict__.update(values)


def attributes(text):
    """'a b(c d)' -> {'a': None, 'b': 'c d'}"""
    found, end = {}, 0
    for match in ATTRIBUTE.finditer(text or ""):
        if match.start() != end:
            break
        found[match[1]] = match[2]
        end = match.end()
    if end != len(text or ""):
        raise SchemaError(f"cannot read attributes '{text}'")
    return found


class Schema:
    """One file: either the messages, kinds and resources of a group version, or a gRPC package family."""

    def __init__(self, path):
        self.name = os.path.basename(path).removesuffix(".schema")
        self.group = self.version = self.package = self.go_package = self.grpc = None
        self.kinds, self.resources, self.services = [], [], []
        self.messages, self.enums, self.aliases, self.constants = {}, {}, {}, []
        with open(path, encoding="utf-8") as file:
            self.lines = [line.rstrip("\n") for line in file]
        self.position = 0
        while (line := self.next_line()) is not None:
            try:
                self.statement(line)
            except (SchemaError, ValueError, KeyError, IndexError, AttributeError) as problem:
                raise SchemaError(f"{path}:{self.position}: {problem!r}: {line}") from problem
        del self.lines

    def next_line(self):
        while self.position < len(self.lines):
            line = self.lines[self.position].strip()
            self.position += 1
            if line and not line.startswith("#"):
                return line
        return None

    def block(self):
        """The lines up to the closing brace."""
        while (line := self.next_line()) != "}":
            if line is None:
                raise SchemaError("the file ends inside a block")
            yield line

    def statement(self, line):
        word, _, rest = line.partition(" ")
        getattr(self, "read_" + word)(rest)

    def read_group(self, rest):
        group, self.version = rest.split()
        self.group = group.strip('"')

    def read_grpc(self, rest):
        self.grpc = rest

    def read_names(self, _rest):
        """The file holds constants only."""

    def read_protobuf(self, rest):
        self.package = rest

    def read_package(self, rest):
        self.package = rest

    def read_go(self, rest):
        self.go_package = rest

    def read_kind(self, rest):
        name, _, rest = rest.partition(" ")
        self.kinds.append(Record(name=name, schema=self, attributes=attributes(rest)))

    def read_resource(self, rest):
        plural, kind = rest.removesuffix(" {").split(": ")
        resource = Record(plural=plural, kind=kind, schema=self, subresources=[], singular="", short=[], categories=[],
                          verbs=[], fields=[], storage=None, hash=None, flags=[])
        for line in self.block():
            word, _, value = line.partition(" ")
            if word == "subresource":
                resource.subresources.append(self.subresource(value))
            elif isinstance(getattr(resource, word), list):
                setattr(resource, word, value.split())
            else:
                setattr(resource, word, value)
        self.resources.append(resource)

    @staticmethod
    def subresource(text):
        match = re.match(r"([a-z]+)(?:: (\S+))? (.*)$", text)
        given = attributes(match[3])
        return Record(name=match[1], body=match[2], verbs=given["verbs"].split(","), connect="connect" in given,
                      query=given.get("query"), result=given.get("returns"))

    def read_message(self, rest):
        if " = " in rest:
            name, same = rest.split(" = ")
            self.aliases[name] = same
            return
        name, _, rest = rest.removesuffix("{").strip().partition(" ")
        message = Record(name=name, schema=self, package=self.package, attributes=attributes(rest), fields=[], rules=[])
        for line in self.block():
            if line.startswith("valid "):
                (message.fields[-1].rules if self.in_field() else message.rules).append(line[6:])
            elif not line.startswith("reserved "):
                message.fields.append(self.field(line))
        if name in self.messages:
            raise SchemaError(f"a second message {name}")
        self.messages[name] = message

    def in_field(self):
        """Deeper indentation: a rule of the field above it, else of the message."""
        return self.lines[self.position - 1].startswith("        ")

    @staticmethod
    def field(line):
        match = FIELD.match(line)
        if not match:
            raise SchemaError("not a field")
        form, key, omit, pointer, shape, type_name, tag, rest = match.groups()
        given = attributes(rest)
        return Record(key=key, form=(form or "").strip(), omit=bool(omit), pointer=bool(pointer),
                      shape={None: "single", "[]": "list", "map ": "map"}[shape], type_name=type_name,
                      tag=int(tag or 0), attributes=given, proto=given.get("proto") or key, rules=[])

    def read_enum(self, rest):
        head, _, values = rest.partition("{")
        name, *closed = head.split()
        values = [value[1:-1] if value.startswith('"') else value
                  for value in re.findall(r'"[^"]*"|\S+', values.rstrip("} "))]
        self.enums[name] = Record(name=name, schema=self, closed=closed == ["closed"], values=values)

    def read_valid(self, _rest):
        """Rules of enums document the source; nothing is generated from them."""

    def read_alias(self, rest):
        """Names of scalars document the source; fields name their type in full."""

    def read_const(self, rest):
        name, value = rest.split(" = ", 1)
        self.constants.append((name, value.strip('"')))

    def read_service(self, rest):
        service = Record(name=rest.removesuffix(" {"), schema=self, methods=[])
        for line in self.block():
            match = re.match(r"rpc (\w+)\((\S+)\) (\S+)(?: (.*))?$", line)
            given = attributes(match[4])
            service.methods.append(Record(name=match[1], request=match[2], response=match[3],
                                          client_stream="client-stream" in given or "bidi" in given,
                                          server_stream="server-stream" in given or "bidi" in given))
        self.services.append(service)
