# SPDX-License-Identifier: Apache-2.0
"""Protobuf without schemas: enough to see what is inside, to check how it is laid out, and to write it again. It shares nothing with
the program's own codec."""
import struct

MAGIC = b"k8s\x00"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            assert byte or shift == 7, "a number longer than it must be"
            return value, at


def write_varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def fields(data):
    """[(tag, wire type, value)] of one message; values are numbers or bytes."""
    out, at = [], 0
    while at < len(data):
        key, at = read_varint(data, at)
        tag, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
        elif kind == FIXED64:
            value, at = data[at:at + 8], at + 8
        elif kind == FIXED32:
            value, at = data[at:at + 4], at + 4
        else:
            assert kind == BYTES, f"wire type {kind}"
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, "cut short"
        out.append((tag, kind, value))
    return out


def message(parts):
    out = bytearray()
    for tag, kind, value in parts:
        out += write_varint(tag << 3 | kind)
        if kind == VARINT:
            out += write_varint(value)
        elif kind == BYTES:
            out += write_varint(len(value)) + value
        else:
            out += value
    return bytes(out)


def first(data, *path):
    """The first field with the tags of the path, or None."""
    for tag in path:
        data = next((value for number, _, value in fields(data) if number == tag), None)
        if data is None:
            return None
    return data


def text(data, *path):
    value = first(data, *path)
    return None if value is None else value.decode()


def ascending(data):
    tags = [tag for tag, _, _ in fields(data)]
    return tags == sorted(tags)


class Envelope:
    """runtime.Unknown: 1 typeMeta {1 apiVersion, 2 kind}, 2 raw, 3 contentEncoding, 4 contentType; all written always."""
    def __init__(self, data):
        assert data.startswith(MAGIC), data[:40]
        parts = fields(data[4:])
        assert [tag for tag, _, _ in parts] == [1, 2, 3, 4], parts
        self.version, self.kind, self.raw = text(parts[0][2], 1), text(parts[0][2], 2), parts[1][2]
        assert parts[2][2] == b"" and parts[3][2] == b""
        assert ascending(self.raw)

    def name(self):
        return text(self.raw, 1, 1)


def envelope(version, kind, raw):
    meta = message([(1, BYTES, version.encode()), (2, BYTES, kind.encode())])
    return MAGIC + message([(1, BYTES, meta), (2, BYTES, raw), (3, BYTES, b""), (4, BYTES, b"")])


def without_server_fields(raw):
    """An object's message as a client would send it to be created again: no uid (5), resourceVersion (6), generation (7),
    creationTimestamp (8)."""
    parts = fields(raw)
    assert parts[0][0] == 1
    meta = message([part for part in fields(parts[0][2]) if part[0] not in (5, 6, 7, 8)])
    return message([(1, BYTES, meta), *parts[1:]])


def frames(read):
    """(event type, Envelope) of a watch in protobuf; 'read' gives so many bytes."""
    while True:
        head = read(4)
        if len(head) < 4:
            return
        data = read(struct.unpack(">I", head)[0])
        yield text(data, 1), Envelope(first(data, 2, 1))
