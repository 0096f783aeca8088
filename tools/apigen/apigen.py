#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The coracle authors
"""Turns the schema files of api/ into C: apigen.py OUTPUT-FOLDER SCHEMA...

The order of the arguments is the order of discovery."""
import os
import sys

import emit
from catalog import Catalog
from layout import Layout
from schema import Schema, SchemaError


def main():
    folder, paths = sys.argv[1], sys.argv[2:]
    try:
        layout = Layout([Schema(path) for path in paths])
        catalog = Catalog(layout)
        files = {"types.h": catalog.header(), "tables.c": catalog.source(), "names.h": catalog.names()}
        for schema in layout.schemas:
            if schema.messages:
                files[schema.name + ".h"] = emit.header(layout, schema)
                files[schema.name + ".c"] = emit.source(schema, layout)
    except SchemaError as problem:
        sys.exit(f"apigen: {problem}")
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


main()
