"""Compares the old inputs with the new ones, property by property."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2

from proton_provider.lifecycle import Properties
from proton_provider.plugin.values import Path, path_text

_Kind: Final = provider_pb2.PropertyDiff.Kind


def detailed(olds: Properties, news: Properties, replaces: Collection[str]) -> dict[str, Any]:
    """The changed paths in Pulumi's notation, and the kind of each change. Members of maps have their own paths.

    Internal inputs, whose names begin with two underscores, are left out. Each property in `replaces` is included.
    """
    found = dict(_differences(_public(olds), _public(news), ()))
    for name in replaces:
        if not any(path[0] == name for path in found):
            found[(name,)] = "UPDATE"
    return {
        path_text(path): provider_pb2.PropertyDiff(
            kind=_Kind.Value(f"{kind}_REPLACE" if path[0] in replaces else kind), inputDiff=True
        )
        for path, kind in found.items()
    }


def _public(inputs: Properties) -> Properties:
    return {name: value for name, value in inputs.items() if not name.startswith("__") and value is not None}


def _differences(olds: Mapping[str, Any], news: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for name in sorted({*olds, *news}):
        here = (*path, name)
        if name not in olds:
            yield here, "ADD"
        elif name not in news:
            yield here, "DELETE"
        elif isinstance(olds[name], Mapping) and isinstance(news[name], Mapping):
            yield from _differences(olds[name], news[name], here)
        elif olds[name] != news[name]:
            yield here, "UPDATE"
