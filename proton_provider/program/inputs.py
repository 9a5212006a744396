"""What a resource sends to the engine beside its arguments: wire names, defaults, and internal inputs.

The names of internal inputs begin with two underscores, so the engine does not display them.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi import Config, Output, ProviderResource, Resource, ResourceOptions
from pulumi.runtime import is_config_secret

from proton_provider.lifecycle.names import full_name
from proton_provider.lifecycle.secrets import DEFAULT_TAGS
from proton_provider.program.aws_provider import PROVIDER_SETTINGS, default_tags_are_secret
from proton_provider.wire_names import wire_name

CONFIG_KEYS: Final = (
    *(f"aws:{name}" for name in (*PROVIDER_SETTINGS, "accessKey", "secretKey", "token")),
    *(
        f"proton:{name}"
        for name in ("region", "profile", "endpointUrl", "assumeRoleArn", "deleteUnreachable")
    ),
)
"""The keys of the stack's config that resources read."""

_STACK = "pulumi:pulumi:Stack"
"""The type of the root of a stack, which is in no URN of its children."""


def name_and_secrets(
    name: str, inputs: Mapping[str, Any], opts: ResourceOptions | None, provider: ProviderResource | None
) -> dict[str, Any]:
    """The resource's name and the names of its secret inputs. Pulumi does not send them to dynamic providers."""
    parent = opts.parent if opts is not None else None
    internals: dict[str, Any] = {
        "__name": name if parent is None else Output.from_input(_name_below(parent, name))
    }
    named = {wire_name(name): value for name, value in inputs.items()}
    if provider is not None or secret_config_keys() or _may_be_secret(named):
        internals["__secrets"] = Output.from_input(_secrets(named, provider))
    return internals


def secret_config_keys() -> list[str]:
    """The secret keys of the stack's config. Pulumi hands their values to a dynamic provider in clear."""
    return [key for key in CONFIG_KEYS if is_config_secret(key)]


async def names_of_secrets(inputs: Mapping[str, Any]) -> list[str]:
    """The names of the inputs that are secret, or hold a secret."""
    return [
        name
        for name, value in inputs.items()
        if _may_be_secret(value) and await Output.from_input(value).is_secret()
    ]


def defaults(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults that `check` adds, as far as the program knows them.

    Without them `refresh --run-program` would show each added default as a change. The Region here is that of the stack's
    config; `check` may choose another one.
    """
    known = {"on_delete": "retain", "adopt_existing": False}
    filled = {name: value for name, value in known.items() if name in inputs and inputs[name] is None}
    if inputs.get("tags") is not None and not Config("aws").get("defaultTags"):
        filled["tags_all"] = inputs["tags"]
    settings = inputs.get("aws")
    region = settings.get("region") if isinstance(settings, Mapping) else None
    region = region or Config("proton").get("region") or Config("aws").get("region")
    return {**filled, "region": region} if region and not isinstance(settings, Output) else filled


async def _name_below(parent: Resource, name: str) -> str:
    """The full name of a child. The parent's URN is read without its dependencies: the child has them already."""
    urn = await parent.urn.future() or ""
    types = urn.split("::")[2] if urn else ""
    return full_name("" if types == _STACK else types, name)


def _may_be_secret(value: Any) -> bool:
    """Whether an input has an output at any depth. Only outputs can be secret."""
    if isinstance(value, Output):
        return True
    if isinstance(value, Mapping):
        return any(_may_be_secret(member) for member in value.values())
    return isinstance(value, (list, tuple)) and any(_may_be_secret(member) for member in value)


async def _secrets(inputs: Mapping[str, Any], provider: ProviderResource | None) -> list[str] | None:
    names = {*secret_config_keys(), *await names_of_secrets(inputs)}
    if provider is not None:  # its default tags stand in place of those in the stack's config
        names.discard(DEFAULT_TAGS)
        if await default_tags_are_secret(provider).future():
            names.add(DEFAULT_TAGS)
    return sorted(names) or None


@functools.cache
def inputs_type(names: tuple[str, ...]) -> type[dict[str, Any]]:
    """The type of the inputs that the SDK serializes, with these properties.

    The SDK takes the wire names from this type, and does not change the keys of maps. In a plain dict it would translate
    names at every depth, also the users' own tag keys.
    """
    public = [name for name in names if not name.startswith("__")]
    members: dict[str, Any] = {
        "__annotations__": dict.fromkeys(public, Any),
        "__init__": dict.__init__,
        **{name: pulumi.property(wire_name(name)) for name in public},
    }
    return pulumi.input_type(type("Inputs", (dict,), members))


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
