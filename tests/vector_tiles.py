"""A reader of Mapbox Vector Tiles (specification 2.1), for the tests alone: as little of protobuf as they need."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Ring = list[tuple[int, int]]


@dataclass
class Feature:
    id: int | None
    kind: int  # 1 point, 2 line, 3 polygon
    properties: dict[str, Any]
    rings: list[Ring]


@dataclass
class Layer:
    name: str = ""
    version: int = 0
    extent: int = 0
    features: list[Feature] = field(default_factory=list)


def read_tile(body: bytes) -> dict[str, Layer]:
    """Layers by name."""
    layers = [_layer(value) for number, value in _fields(body) if number == 3]
    return {layer.name: layer for layer in layers}


def signed_area(ring: Ring) -> float:
    """By the surveyor's formula, y downwards: positive for an exterior ring (section 4.3.4.4)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)) / 2


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        match key & 7:
            case 0:
                value, at = _varint(body, at)
                yield key >> 3, value
            case 1:
                yield key >> 3, struct.unpack_from("<d", body, at)[0]
                at += 8
            case 2:
                length, at = _varint(body, at)
                yield key >> 3, body[at : at + length]
                at += length
            case 5:
                yield key >> 3, struct.unpack_from("<f", body, at)[0]
                at += 4
            case other:
                raise ValueError(f"wire type {other}")


def _numbers(body: bytes) -> list[int]:
    found, at = [], 0
    while at < len(body):
        value, at = _varint(body, at)
        found.append(value)
    return found


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _value(body: bytes) -> Any:
    ((number, value),) = _fields(body)
    match number:
        case 1:
            return value.decode()
        case 6:
            return _zigzag(value)
        case 7:
            return bool(value)
        case _:
            return value


def _layer(body: bytes) -> Layer:
    layer, keys, values, features = Layer(), [], [], []
    for number, value in _fields(body):
        match number:
            case 15:
                layer.version = value
            case 1:
                layer.name = value.decode()
            case 2:
                features.append(value)
            case 3:
                keys.append(value.decode())
            case 4:
                values.append(_value(value))
            case 5:
                layer.extent = value
    layer.features = [_feature(one, keys, values) for one in features]
    return layer


def _feature(body: bytes, keys: list[str], values: list[Any]) -> Feature:
    told = dict(_fields(body))
    tags = _numbers(told.get(2, b""))
    properties = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
    return Feature(told.get(1), told[3], properties, _rings(_numbers(told[4])))


def _rings(commands: list[int]) -> list[Ring]:
    rings: list[Ring] = []
    at = x = y = 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            continue
        for _ in range(count):
            x, y, at = x + _zigzag(commands[at]), y + _zigzag(commands[at + 1]), at + 2
            if command == 1:
                rings.append([])
            rings[-1].append((x, y))
    return rings
