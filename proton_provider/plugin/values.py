"""Converts the protocol's property maps to plain Python values, and back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2

Properties: TypeAlias = dict[str, Any]
"""A map of names to None, bool, int, float, str, list, dict or UNKNOWN, at any depth."""

Path: TypeAlias = tuple[str | int, ...]
"""The path of a value: names of properties and indices of lists, such as ("tags", "team") or ("roles", 0)."""


class Unknown:
    """The type of `UNKNOWN`. It is not a string, so no code takes it for a real value."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""A value that is known only after the update."""

# Keys, signatures and sentinels of the protocol (from Pulumi's Go SDK: resource/properties.go, plugin/rpc.go).
_KIND: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # a signature, not a secret
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_UNSUPPORTED: Final = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
}
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # an array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)


class ValueOfWrongKindError(ValueError):
    """A value cannot be converted. The text is one sentence that names its path."""


@dataclass(frozen=True)
class PropertyMap:
    """The properties in one message of the protocol."""

    values: Properties
    """Plain values. Secrets and outputs are unwrapped; unknown values are UNKNOWN."""
    unknown: frozenset[Path] = frozenset()
    """The paths of UNKNOWN in `values`."""
    secret: frozenset[Path] = frozenset()
    """The paths of values that are marked as secret. Everything inside them is secret too."""

    @property
    def known(self) -> Properties:
        """The properties without any unknown value."""
        return {name: value for name, value in self.values.items() if name not in self.unknown_names}

    @property
    def unknown_names(self) -> frozenset[str]:
        """The properties that are unknown, or have an unknown value at any depth."""
        return _names(self.unknown)

    @property
    def secret_names(self) -> frozenset[str]:
        """The properties that are secret, or have a secret value at any depth."""
        return _names(self.secret)


def decode(struct: struct_pb2.Struct) -> PropertyMap:
    """The properties as plain values. Whole numbers become int; None stays.

    A resource becomes its id, or its URN if it has no id. The engine does the same for plugins that accept no resources.
    Raises ValueOfWrongKindError for an asset, an archive, and every kind of value that this module does not know.
    """
    reader = _Reader()
    values = {name: reader.plain(value, (name,)) for name, value in struct.fields.items()}
    return PropertyMap(values, frozenset(reader.unknown), frozenset(reader.secret))


def encode(values: Mapping[str, Any], secret: Iterable[Path] = ()) -> struct_pb2.Struct:
    """The plain values as the protocol's properties. Values at the paths in `secret` are marked as secret; missing paths are ignored.

    Raises ValueOfWrongKindError for a value that the protocol cannot express, such as a set or a too large integer.
    """
    marked = frozenset(secret)
    return struct_pb2.Struct(fields={name: _wired(value, (name,), marked) for name, value in values.items()})


def contains_unknown(value: Any) -> bool:
    """Whether the value, or any value in it, is unknown."""
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return value is UNKNOWN


def path_text(path: Path) -> str:
    """The path in Pulumi's notation, such as `roles[0].tags["my key"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"\w+", step):
            text += f".{step}" if text else step
        else:
            quoted = step.replace("\\", r"\\").replace('"', r"\"")
            text += f'["{quoted}"]'
    return text


def _names(paths: Collection[Path]) -> frozenset[str]:
    return frozenset(str(path[0]) for path in paths)


class _Reader:
    """Converts the properties of one message, and collects the paths of its unknown and secret values."""

    def __init__(self) -> None:
        self.unknown: set[Path] = set()
        self.secret: set[Path] = set()

    def plain(self, value: struct_pb2.Value, path: Path) -> Any:
        kind = value.WhichOneof("kind")
        if kind == "struct_value":
            return self._object(value.struct_value, path)
        if kind == "list_value":
            return [self.plain(item, (*path, index)) for index, item in enumerate(value.list_value.values)]
        if kind == "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        if kind == "string_value":
            return self._add_unknown(path) if value.string_value in _UNKNOWNS else value.string_value
        return value.bool_value if kind == "bool_value" else None

    def _object(self, struct: struct_pb2.Struct, path: Path) -> Any:
        fields = struct.fields
        if _KIND not in fields:
            return {name: self.plain(value, (*path, name)) for name, value in fields.items()}
        kind = fields[_KIND].string_value
        if kind == _RESOURCE:
            return self._resource(struct, path)
        if kind not in {_SECRET, _OUTPUT}:
            what = _UNSUPPORTED.get(kind, "of a kind that this plugin does not support")
            raise ValueOfWrongKindError(f"{path_text(path)} is {what}. Use plain data.")
        if kind == _SECRET or ("secret" in fields and fields["secret"].bool_value):
            self.secret.add(path)
        return self.plain(fields["value"], path) if "value" in fields else self._add_unknown(path)

    def _resource(self, struct: struct_pb2.Struct, path: Path) -> Any:
        if "id" not in struct.fields:
            return struct.fields["urn"].string_value
        # An unknown id is either empty or an unknown value.
        return self.plain(struct.fields["id"], path) or self._add_unknown(path)

    def _add_unknown(self, path: Path) -> Unknown:
        self.unknown.add(path)
        return UNKNOWN


def _wired(value: Any, path: Path, secret: frozenset[Path]) -> struct_pb2.Value:
    wired = _unmarked(value, path, secret)
    if path not in secret:
        return wired
    kind = struct_pb2.Value(string_value=_SECRET)
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={_KIND: kind, "value": wired}))


def _unmarked(value: Any, path: Path, secret: frozenset[Path]) -> struct_pb2.Value:
    if isinstance(value, Mapping):
        fields = {name: _wired(item, (*path, name), secret) for name, item in value.items()}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    if isinstance(value, list | tuple):
        items = [_wired(item, (*path, index), secret) for index, item in enumerate(value)]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    return _scalar(value, path)


def _scalar(value: Any, path: Path) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWN)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=_number(value, path))
    raise ValueOfWrongKindError(f"{path_text(path)} is a {type(value).__name__}. Pulumi has no such value.")


def _number(value: float, path: Path) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if isinstance(value, int) and number != value:
        raise ValueOfWrongKindError(
            f"{path_text(path)} is {value}. Pulumi cannot store it exactly, as its numbers are floats."
        )
    return number
