# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The coracle authors
"""Decides how messages look as C structs, and in which order they are declared."""
import naming
from schema import SCALARS, SchemaError

# These are always told apart from absent by their own value (NULL, 0), so they are never pointers.
IN_PLACE = {"API_STRING", "API_BYTES", "API_RAW", "API_TIME", "API_MICRO_TIME"}


class Layout:
    def __init__(self, schemas):
        self.schemas = schemas
        self.by_name = {schema.name: schema for schema in schemas}
        self.by_package = {}
        for schema in schemas:
            for message in schema.messages.values():
                self.by_package[f"{message.package}.{message.name}"] = message
        self.maps = {schema.name: {} for schema in schemas}  # struct of an entry -> C type of its value
        for schema in schemas:
            for message in schema.messages.values():
                for field in message.fields:
                    self.resolve(schema, message, field)

    def message(self, schema, name, message=None):
        """A message by the name that 'schema' calls it: own, <file>.NAME, package.NAME or nested in 'message'."""
        if name in schema.messages:
            return schema.messages[name]
        if name in schema.aliases:
            return self.message(schema, schema.aliases[name])
        if message is not None and f"{message.name}.{name}" in schema.messages:
            return schema.messages[f"{message.name}.{name}"]
        if name in self.by_package:
            return self.by_package[name]
        head, _, rest = name.partition(".")
        if rest and head in self.by_name and self.by_name[head] is not schema:
            return self.message(self.by_name[head], rest)
        return None

    def enumeration(self, schema, name, message=None):
        head, _, rest = name.partition(".")
        if name in schema.enums:
            return schema.enums[name]
        scope = message.name if message is not None else ""
        while scope:
            if f"{scope}.{name}" in schema.enums:
                return schema.enums[f"{scope}.{name}"]
            scope = scope.rpartition(".")[0]
        if rest and head in self.by_name:
            return self.by_name[head].enums.get(rest)
        return None

    def resolve(self, schema, message, field):
        """Adds value, c_type, target, presence ('indirect') and names to the field."""
        field.target = field.enumeration = None
        name = field.type_name.removeprefix("meta_v1.") if field.type_name.removeprefix("meta_v1.") in SCALARS \
            else field.type_name
        field.builtin = name
        if name in SCALARS:
            field.value, field.c_type = SCALARS[name]
        elif target := self.message(schema, name, message):
            field.value, field.target = "API_MESSAGE", target
            field.c_type = "struct " + naming.struct(target)
        elif schema.grpc and self.enumeration(schema, name, message):
            field.value, field.c_type = "API_INT32", "int32_t"
        else:
            raise SchemaError(f"{schema.name}: {message.name}.{field.key}: unknown type {name}")
        if field.attributes.get("enum"):
            field.enumeration = self.enumeration(schema, field.attributes["enum"])
            if field.enumeration is None:
                raise SchemaError(f"{schema.name}: {message.name}.{field.key}: unknown enum")
        if schema.grpc and field.shape == "single":
            field.pointer = field.value == "API_MESSAGE" or "oneof" in field.attributes or "explicit" in field.attributes
        field.member = naming.member(field.proto if field.form else field.key)
        field.count = "n_" + naming.snake(field.key)
        # Whether documents in a list say their kind is remembered beside it.
        field.typed = f"{field.member}_typed" if field.shape == "list" and field.target and \
            "document" in field.target.attributes else None
        field.indirect = field.pointer and field.value not in IN_PLACE
        if field.shape == "map":
            field.entry = self.map_entry(schema, field)

    def map_entry(self, schema, field):
        """The struct { key, value } of a map; those of scalars are shared and live in api/schema.h."""
        if field.target is None:
            return f"struct api_{naming.snake(field.builtin)}_entry"
        entry = f"struct {naming.struct(field.target)}_entry"
        self.maps[field.target.schema.name][entry] = field.c_type
        return entry

    def ordered(self, schema):
        """The schema's messages, each after what it holds in place."""
        done, order = {}, []

        def visit(message):
            if message.name in done:
                if not done[message.name]:
                    raise SchemaError(f"{schema.name}: {message.name} holds itself")
                return
            done[message.name] = False
            for field in message.fields:
                if field.target and field.shape == "single" and not field.indirect and field.target.schema is schema:
                    visit(field.target)
            done[message.name] = True
            order.append(message)

        for message in schema.messages.values():
            visit(message)
        return order

    def includes(self, schema):
        names = {used.schema.name for message in schema.messages.values() for field in message.fields
                 for used in (field.target, field.enumeration) if used}
        return sorted(names - {schema.name})
