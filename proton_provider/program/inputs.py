"""The property bag that a resource sends to the engine, and property paths in resource options."""

from __future__ import annotations

import copy
import functools
import re
from typing import Any, Final

import pulumi
from pulumi import ResourceOptions

from proton_provider.wire_names import wire_name


@functools.cache
def bag(names: tuple[str, ...]) -> type[dict[str, Any]]:
    """The type of a property bag with these properties.

    The SDK takes the wire names from this type, and does not change the keys of maps. In a plain dict it would translate
    names at every depth, also the users' own tag keys.
    """
    public = [name for name in names if not name.startswith("__")]
    members: dict[str, Any] = {
        "__annotations__": dict.fromkeys(public, Any),
        "__init__": dict.__init__,
        **{name: pulumi.property(wire_name(name)) for name in public},
    }
    return pulumi.input_type(type("PropertyBag", (dict,), members))


_LISTS_OF_PATHS: Final = ("additional_secret_outputs", "hide_diffs", "ignore_changes", "replace_on_changes")
_PATH: Final = re.compile(r"(\w+)((?:\.|\[\"?)?)(\w*)(.*)", re.DOTALL)
"""The name of a property, the separator, the next name, and the rest of the path."""


def with_wire_paths(opts: ResourceOptions | None) -> ResourceOptions | None:
    """The options, with wire names in their property paths. The SDK translates only whole paths, and not in all lists."""
    if opts is None or not any(getattr(opts, name) for name in _LISTS_OF_PATHS):
        return opts
    copied = copy.copy(opts)
    for name in _LISTS_OF_PATHS:
        if paths := getattr(opts, name):
            setattr(copied, name, [_wire_path(path) for path in paths])
    return copied


def _wire_path(path: str) -> str:
    """A path with wire names. Tag keys are the user's own, and are not changed."""
    if (parts := _PATH.fullmatch(path)) is None:
        return path
    name, separator, inner, rest = parts.groups()
    name = wire_name(name)
    translated = wire_name(inner) if name == "aws" or name.endswith("RoleArns") else inner
    return f"{name}{separator}{translated}{rest}"
