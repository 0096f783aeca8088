#!/usr/bin/env python3
"""make_seeds OUT - writes what fuzz targets begin with: the documents and expressions of the other tests, put together as each target wants
them, a folder for each target, and OUT/words, libFuzzer's dictionary: the names of the API's fields and of CEL's functions."""
import csv
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).parents[2]
MATRIX = ROOT / "tests/e2e/matrix"
FIXTURES = ROOT / "tests/fixtures/api"
FIELD = re.compile(r"^\s+\d+ (\w+)|^\s+(\w+):", re.M)
TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CALL = re.compile(r"\b([a-zA-Z]\w+)\(")


def resources():
    """groupVersion, resource, kind and whether it is in a namespace, with a small valid object of it."""
    objects = yaml.safe_load((MATRIX / "objects.yaml").read_text())
    with open(MATRIX / "resources.tsv", encoding="ascii") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            version, plural = row["#groupVersion"], row["resource"]
            entry = objects.get(f"{version}/{plural}")
            if entry is None or "object" not in entry:
                continue
            text = json.dumps(entry["object"]).replace("{n}", "1").replace("{namespace}", "default").replace("{name}", "matrix-1")
            document = {"apiVersion": version, "kind": row["kind"]} | json.loads(text)
            document.setdefault("metadata", {}).setdefault("name", "matrix-1")
            yield version, plural, row["scope"] == "namespaced", document


def life(version, plural, namespaced, document):
    """Requests that take an object from its creation to its end, as apiserver_fuzz.c reads them."""
    prefix = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    path = f"{prefix}/namespaces/default/{plural}" if namespaced else f"{prefix}/{plural}"
    one = f"{path}/{document['metadata']['name']}"
    label = '{"metadata":{"labels":{"a":"b"},"finalizers":["a.io/b"]}}'
    requests = [
        (f"POST {path}?fieldManager=a&fieldValidation=Strict application/json", json.dumps(document)),
        (f"GET {path}?limit=1&labelSelector=a%3Db,!c&fieldSelector=metadata.name%3Dx", ""),
        (f"PATCH {one} application/merge-patch+json", label),
        (f"PATCH {one} application/strategic-merge-patch+json", label),
        (f"PATCH {one} application/json-patch+json", '[{"op":"add","path":"/metadata/labels/c","value":"d"}]'),
        (f"PATCH {one}?fieldManager=b&force=true application/apply-patch+yaml", yaml.safe_dump(document)),
        (f"PUT {one}?dryRun=All application/json", json.dumps(document)),
        (f"GET {one}/status", ""),
        (f"DELETE {one}?propagationPolicy=Foreground application/json", '{"preconditions":{"resourceVersion":"1"}}'),
        (f"DELETE {path}", ""),
        (f"GET {prefix}", ""),
    ]
    return "\n%\n".join(f"{head}\n{body}" for head, body in requests)


def validation_documents():
    """The document that each table of rules begins with."""
    for path in sorted((FIXTURES / "validation").glob("*.txt")):
        for part in re.split(r"^(?:create|update|status|warn)\b.*$|^\|.*$", path.read_text(), flags=re.M):
            if part.lstrip().startswith("apiVersion:"):
                try:
                    yield yaml.safe_load(part)
                except yaml.YAMLError:
                    continue # a document of the next table, cut at a word of its own


def expressions():
    """Whatever stands between quotes in CEL's tests."""
    for path in sorted((ROOT / "src/cel").rglob("*_test.c")):
        for text in TEXT.findall(path.read_text()):
            if len(text) > 3:
                yield text.encode().decode("unicode_escape", "ignore").encode("latin1", "ignore")


def words():
    names = set()
    for path in (ROOT / "api").glob("*.schema"):
        names.update(word for pair in FIELD.findall(path.read_text()) for word in pair if word)
    for text in expressions():
        names.update(CALL.findall(text.decode("latin1")))
    return sorted(name for name in names if len(name) > 2)


class Seeds:
    def __init__(self, out):
        self.out = out
        self.count = 0

    def put(self, target, content):
        folder = self.out / target
        folder.mkdir(parents=True, exist_ok=True)
        self.count += 1
        (folder / f"seed-{self.count}").write_bytes(content if isinstance(content, bytes) else content.encode())


def main():
    seeds = Seeds(pathlib.Path(sys.argv[1]))
    documents = [json.loads((FIXTURES / "pod.json").read_text())]
    for resource in resources():
        seeds.put("apiserver.apiserver", life(*resource))
        documents.append(resource[-1])
    documents += validation_documents()
    for number, document in enumerate(documents):
        text = json.dumps(document)
        kind = bytes([number % 256])
        seeds.put("codec.json", text)
        seeds.put("codec.json_extent", text)
        seeds.put("codec.yaml", yaml.safe_dump(document))
        seeds.put("api.object", text)
        seeds.put("api.codec.decode_json", kind + text.encode())
        seeds.put("api.patch.patch", f"{text}\0{json.dumps(documents[number // 2])}")
        seeds.put("api.apply.apply", f"{text}\0{yaml.safe_dump(document)}\0" + '{"f:metadata":{"f:labels":{"f:a":{}}}}')
    for line in (FIXTURES / "wire.tsv").read_text().splitlines():
        for column in line.split("\t"):
            if re.fullmatch(r"(?:[0-9a-f]{2}){8,}", column):
                seeds.put("codec.protobuf", bytes.fromhex(column))
                seeds.put("api.codec.decode_protobuf", bytes([seeds.count % 256]) + bytes.fromhex(column))
    for text in expressions():
        seeds.put("cel.cel", text)
        seeds.put("apiserver.policies.policies", b"\x03" + text)
    with open(seeds.out / "words", "w", encoding="ascii") as out:
        out.writelines(f'"{word}"\n' for word in words())


main()
