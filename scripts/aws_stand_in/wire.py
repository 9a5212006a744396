"""Property bags: the protocol's structs as plain Python values, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from google.protobuf import json_format, struct_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties: TypeAlias = dict[str, Any]
"""A property bag: camelCase names to None, bool, int, float, str, list, dict or UNKNOWN."""


class Unknown:
    """A value that is not known before an update has run."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()

DEFAULTS = "__defaults"
"""The input that lists which other inputs were filled in by the plugin. The name and its meaning are pulumi-aws's, and
state that the real plugin has written holds it too, at every depth."""

_BOOKKEEPING = frozenset({DEFAULTS, "__meta"})  # the latter is the real plugin's

# Sentinels and signatures of the protocol, as the Pulumi SDKs define them (Go SDK: resource/plugin/rpc.go, resource/properties.go).
_UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_SENTINELS = frozenset(
    {
        _UNKNOWN_SENTINEL,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # an array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_WRAPPED = {
    "1b47061264138c4ac30d75fd1eb44270": "value",  # a secret
    "d0e6a833031e9bbcd3f4e8bde6ca49a4": "value",  # an output
    "5cf8f73096256a8f31e491e813e4eb8e": "id",  # a resource: its id is what pulumi-aws takes a role for
}


def decode(struct: struct_pb2.Struct) -> Properties:
    """The bag as plain values: unknowns are UNKNOWN, secrets and outputs are what they hold, whole numbers are int."""
    return {name: _plain(value) for name, value in json_format.MessageToDict(struct).items()}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The bag as a struct of the protocol."""
    struct = struct_pb2.Struct()
    struct.update({name: _wired(value) for name, value in properties.items()})
    return struct


def contains_unknown(value: Any) -> bool:
    """Whether the value, or anything in it, is not known yet."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return value is UNKNOWN


def without_bookkeeping(value: Any) -> Any:
    """The value without what plugins keep for themselves in it, at every depth."""
    if isinstance(value, dict):
        return {k: without_bookkeeping(item) for k, item in value.items() if k not in _BOOKKEEPING}
    if isinstance(value, list):
        return [without_bookkeeping(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if (content := _WRAPPED.get(value.get(_SIGNATURE, ""))) is not None:
            return _plain(value[content]) if content in value else UNKNOWN
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value in _UNKNOWN_SENTINELS:
        return UNKNOWN
    return value


def _wired(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _wired(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_wired(item) for item in value]
    return _UNKNOWN_SENTINEL if value is UNKNOWN else value
