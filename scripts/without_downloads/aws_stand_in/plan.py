"""What the stand-in says without asking AWS: what is wrong with inputs, what differs, and what will come of them."""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from proton_provider.plugin.values import UNKNOWN, Properties, contains_unknown
from without_downloads.aws_stand_in import kinds
from without_downloads.aws_stand_in.errors import unsupported
from without_downloads.aws_stand_in.resource import TAGS, Property, Resource

DEFAULTS = "__defaults"
"""The input that lists which other inputs were filled in by the plugin. The name and its meaning are pulumi-aws's, and
state that the real plugin has written holds it too, at every depth."""

_BOOKKEEPING = frozenset({DEFAULTS, "__meta"})  # the latter is the real plugin's
_RANDOM_DIGITS = 7  # of an automatic name, as pulumi-aws makes it: name-1a2b3c4


def check(
    resource: Resource,
    olds: Properties,
    news: Properties,
    *,
    name: str,
    seed: bytes,
    default_tags: Mapping[str, str],
) -> tuple[Properties, dict[str, str]]:
    """The inputs with everything filled in, and what is wrong: one sentence a property.

    `olds` are the inputs of the last update, whose name stays where the program sets none, the program's own included.
    `name` is the resource's in the program and `seed` the engine's, the same in preview and update. Unknown values are
    never wrong.
    """
    inputs = {key: value for key, value in news.items() if value is not None and key not in _BOOKKEEPING}
    inputs = {key: _as_text(resource, key, value) for key, value in inputs.items()}
    failures = _problems(resource, inputs)
    defaults = {item.name: item.default for item in resource.properties if item.default is not None}
    defaults = {key: value for key, value in defaults.items() if key not in inputs}
    if resource.longest_name and not inputs.keys() & {"name", "namePrefix"}:
        digits = hashlib.sha256(seed or secrets.token_bytes()).hexdigest()[:_RANDOM_DIGITS]
        defaults["name"] = olds.get("name") or f"{name}-{digits}"
        if len(defaults["name"]) > resource.longest_name:
            failures["name"] = (
                f"{defaults['name']}, made from the resource's name, is longer than {resource.longest_name} characters; "
                "set it, or give the resource a shorter name"
            )
    inputs |= defaults
    if TAGS[0] in resource.properties:
        own = inputs.get("tags") or {}
        # One unknown value makes all unknown, as in pulumi-aws.
        inputs["tagsAll"] = UNKNOWN if contains_unknown(own) else {**default_tags, **own}
    return {**inputs, DEFAULTS: sorted(defaults)}, failures


def diff(resource: Resource, state: Properties, inputs: Properties) -> tuple[dict[str, str], bool]:
    """The changed properties, each with its kind of change in the protocol's words; whether a replacement deletes first.

    It compares the last outputs with checked inputs, so drift that a refresh has found counts as well. Unknown values
    always differ: AWS cannot change some of them, and then a replacement is planned.
    """
    kinds: dict[str, str] = {}
    for item in resource.properties:
        old, new = state.get(item.name), inputs.get(item.name)
        if not (item.computed and new is None) and item.kind.changed(old, new):
            unset = (None, item.kind.empty)
            change = "ADD" if old in unset else "DELETE" if new in unset else "UPDATE"
            kinds[item.name] = f"{change}_REPLACE" if item.replaces else change
    # Two resources cannot have one name, so with a name of the program's own the old one goes first.
    fixed = resource.longest_name is not None and "name" in inputs and "name" not in inputs.get(DEFAULTS, ())
    return kinds, resource.deleted_first or fixed


def ignoring(resource: Resource, state: Properties, inputs: Properties, paths: Iterable[str]) -> Properties:
    """The inputs with the last outputs in the place of the properties that `ignoreChanges` names; `*` names all."""
    roots = {re.split(r"[.\[]", path)[0] for path in paths}
    roots |= {"tagsAll"} if "tags" in roots else set()
    ignored = {item.name for item in resource.properties if item.name in roots or "*" in roots}
    return {**inputs, **{name: state[name] for name in ignored & state.keys()}}


def created(resource: Resource, inputs: Properties) -> Properties:
    """The outputs of a resource that will be made: what AWS will say is not known."""
    outputs: Properties = dict.fromkeys(resource.outputs, UNKNOWN)
    for item in resource.properties:
        unset = UNKNOWN if item.computed else _unset(item)
        outputs[item.name] = inputs.get(item.name, unset)
    return outputs


def updated(resource: Resource, state: Properties, changed: Iterable[str], inputs: Properties) -> Properties:
    """The outputs of a resource whose properties will change: ARN, id and the like stay known."""
    unset = {item.name: _unset(item) for item in resource.properties}
    return {**state, **{name: inputs.get(name, unset[name]) for name in changed}}


def refreshed(resource: Resource, inputs: Properties, outputs: Properties) -> Properties:
    """The inputs of the last update with live values where those mean something else."""
    result = dict(inputs)
    for item in resource.properties:
        live = outputs.get(item.name)
        if item.name in inputs and item.kind.changed(inputs[item.name], live):
            result[item.name] = item.kind.empty if live is None else live
    return result


def imported(resource: Resource, outputs: Properties) -> Properties:
    """The inputs that a program needs to describe what exists: all that are set to something."""
    inputs = {item.name: outputs.get(item.name) for item in resource.properties}
    return {**{name: value for name, value in inputs.items() if value}, DEFAULTS: []}


def _unset(item: Property) -> Any:
    """What pulumi-aws has in state where the program says nothing: null for a map."""
    return None if item.kind is kinds.TAGS else item.kind.empty


def _problems(resource: Resource, inputs: Properties) -> dict[str, str]:
    """What is wrong: one sentence a property, which the engine names itself."""
    known = {item.name: item.kind for item in resource.properties}
    found = (
        {"namePrefix": "cannot be set together with name"} if inputs.keys() >= {"name", "namePrefix"} else {}
    )
    for name, value in inputs.items():
        if name not in known:
            found[name] = unsupported(f"The input {name} of {resource.resource_type}")
        elif reason := known[name].problem(value):
            found[name] = reason
    missing = {item.name for item in resource.properties if item.required} - inputs.keys()
    return {**found, **dict.fromkeys(missing, "is required")}


def _as_text(resource: Resource, name: str, value: Any) -> Any:
    """A document may be an object, of which pulumi-aws makes text."""
    is_document = any(item.name == name and item.kind is kinds.DOCUMENT for item in resource.properties)
    if not (is_document and isinstance(value, dict)):
        return value
    return UNKNOWN if contains_unknown(value) else json.dumps(value, separators=(",", ":"))


def without_bookkeeping(value: Any) -> Any:
    """The value without what plugins keep for themselves in it, at every depth."""
    if isinstance(value, dict):
        return {k: without_bookkeeping(item) for k, item in value.items() if k not in _BOOKKEEPING}
    if isinstance(value, list):
        return [without_bookkeeping(item) for item in value]
    return value
