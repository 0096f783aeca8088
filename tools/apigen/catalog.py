# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The coracle authors
"""Writes the tables of kinds and resources, the header that has everything, and the named strings."""
import re

import naming
from emit import FILE_HEAD, RESOURCE_FLAGS, VERBS, Strings, flags_or_zero
from naming import quote
from schema import Record, SchemaError


class Catalog:
    def __init__(self, layout):
        self.layout = layout
        self.groups = [schema for schema in layout.schemas if schema.group is not None]
        self.kinds, self.kind_index = [], {}
        for schema in self.groups:
            for kind in schema.kinds:
                self.add_kind(schema, kind)
        self.resources = [resource for schema in self.groups for resource in schema.resources]
        self.lists = {}

    def add_kind(self, schema, kind):
        group = "" if "unversioned" in kind.attributes else schema.group
        symbol = naming.symbol("kind", schema, kind.name)
        if symbol in self.kind_index:
            raise SchemaError(f"two kinds {symbol}")
        places = [(group, schema.version)] + ([("", "v1")] if "everywhere" in kind.attributes else [])
        self.kind_index[symbol] = len(self.kinds)
        for place in places:
            self.kinds.append(Record(group=place[0], version=place[1], name=kind.name, schema=schema, symbol=symbol,
                                     list_kind=kind.attributes.get("list"), namespaced="namespaced" in kind.attributes,
                                     message=self.layout.message(schema, kind.name)))

    def kind_reference(self, schema, name):
        """&api_kinds[n] of a kind named as in 'schema'; the kinds of meta/v1 need no prefix."""
        if name in (None, "any", "stream", "text/plain"):
            return "NULL"
        if "." in name:
            head, name = name.split(".")
            schema = self.layout.by_name[head]
        for candidate in (schema, self.layout.by_name["meta_v1"]):
            index = self.kind_index.get(naming.symbol("kind", candidate, name))
            if index is not None and candidate.group is not None:
                return f"&api_kinds[{index}]"
        raise SchemaError(f"no kind {name}")

    def header(self):
        lines = [FILE_HEAD.format(source=""), "#ifndef GENERATED_TYPES_H", "#define GENERATED_TYPES_H", "",
                 '#include "api/object.h"']
        lines += [f'#include "generated/{schema.name}.h"' for schema in self.groups]
        lines += ["", "/* Rows of api_kinds[] and api_resources[], by name. */"]
        lines += [f"#define {symbol} (api_kinds[{index}])" for symbol, index in self.kind_index.items()]
        accessors = []
        for index, resource in enumerate(self.resources):
            lines.append(f"#define {naming.symbol('resource', resource.schema, resource.kind)} (api_resources[{index}])")
            message = self.layout.message(resource.schema, resource.kind)
            if resource.storage:
                struct = naming.struct(message)
                accessors += [f"static inline const struct {struct} *{struct}_of(const struct object *object)", "{",
                              f"    return object_typed_as(object, &{naming.symbol('type', message.schema, message.name)});",
                              "}", ""]
        return "\n".join(lines + [""] + accessors + ["#endif", ""])

    def kind_rows(self):
        for kind in self.kinds:
            yield (f"    {{ {quote(kind.group)}, {quote(kind.version)}, {quote(kind.name)}, {quote(kind.list_kind)}, "
                   f"&{naming.symbol('type', kind.message.schema, kind.message.name)}, {str(kind.namespaced).lower()} }},")

    @staticmethod
    def since(resource):
        """The minor version that brought the kind."""
        message = resource.schema.messages.get(resource.kind)
        return message.attributes.get("since", "1.0").split(".")[1] if message else 0

    def resource_rows(self, strings, lines):
        for index, resource in enumerate(self.resources):
            subresources = "NULL"
            if resource.subresources:
                subresources = f"subresources_{index}"
                lines.append(f"static const struct api_subresource {subresources}[] = {{")
                for sub in resource.subresources:
                    verbs = flags_or_zero(VERBS[verb] for verb in sub.verbs)
                    references = [self.kind_reference(resource.schema, name) for name in (sub.body, sub.query, sub.result)]
                    lines.append(f"    {{ {quote(sub.name)}, {verbs}, {references[0]}, {str(sub.connect).lower()}, "
                                 f"{references[1]}, {references[2]} }},")
                lines.append("};")
            columns = [f".kind = {self.kind_reference(resource.schema, resource.kind)}",
                       f".plural = {quote(resource.plural)}", f".singular = {quote(resource.singular)}",
                       f".short_names = {strings.add(resource.short)}", f".categories = {strings.add(resource.categories)}",
                       f".selectable_fields = {strings.add(resource.fields)}",
                       f".verbs = {flags_or_zero(VERBS[verb] for verb in resource.verbs)}",
                       f".flags = {flags_or_zero(RESOURCE_FLAGS[flag] for flag in resource.flags)}",
                       f".subresources = {subresources}", f".n_subresources = {len(resource.subresources)}",
                       f".storage_prefix = {quote(resource.storage)}", f".storage_version_hash = {quote(resource.hash)}",
                       f".since = {self.since(resource)}"]
            yield "    { " + ", ".join(columns) + " },"

    def source(self):
        strings, lines = Strings(), []
        rows = list(self.resource_rows(strings, lines))
        kinds = list(self.kind_rows())
        text = [FILE_HEAD.format(source=""), '#include "generated/types.h"', ""]
        text += [f"const struct api_kind api_kinds[] = {{"] + kinds + ["};"]
        text += [f"const size_t api_kind_count = {len(kinds)};", ""] + strings.lines + [""] + lines
        text += ["", "const struct api_resource api_resources[] = {"] + rows + ["};"]
        text += [f"const size_t api_resource_count = {len(rows)};", ""]
        return "\n".join(text)

    def names(self):
        """Constants and the values of enums as macros: API_LABEL_HOSTNAME, API_POD_PHASE_RUNNING."""
        found = {}
        for schema in self.layout.schemas:
            if schema.grpc:
                pairs = [(schema.grpc.upper() + "_CONST_" + naming.snake(name).upper(), value)
                         for name, value in schema.constants]
            else:
                head = naming.prefix(schema).upper()
                pairs = [(f"{head}_{naming.snake(name).upper()}", value) for name, value in schema.constants]
                pairs += [(f"{head}_{naming.snake(enum.name).upper()}_{naming.snake(value).upper()}", value)
                          for enum in schema.enums.values() for value in enum.values if re.match(r"^[A-Za-z]\w*$", value)]
            for name, value in pairs:
                found.setdefault(name, value)
        lines = [FILE_HEAD.format(source=""), "#ifndef GENERATED_NAMES_H", "#define GENERATED_NAMES_H", ""]
        for name, value in found.items():
            lines.append(f"#define {name} {value if re.match(r'^-?[0-9]+$', value) else quote(value)}")
        return "\n".join(lines + ["", "#endif", ""])
