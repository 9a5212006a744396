"""Checks inputs, compares them with the state, and previews outputs, without calling AWS."""

import json
from collections.abc import Mapping
from typing import Any

from proton_provider.plugin.values import UNKNOWN, Properties, contains_unknown
from without_downloads.aws_stand_in.account import unsupported
from without_downloads.aws_stand_in.resources import Property, Resource

DEFAULTS = "__defaults"
"""The input that lists the inputs with defaults from the plugin. pulumi-aws uses this name; the engine hides it."""

UNSET = {"string": "", "document": "", "integer": "", "object": None}
"""The value in state of a property that is not set, by type."""


def check(
    resource: Resource,
    olds: Properties,
    news: Properties,
    automatic_name: str,
    default_tags: Mapping[str, str],
) -> tuple[Properties, dict[str, str]]:
    """The inputs with defaults, and the problems by property. An automatic name never changes."""
    inputs = {key: value for key, value in news.items() if value is not None and key != DEFAULTS}
    failures = {
        key: str(unsupported(f"The input {key} of {resource.type}"))
        for key in inputs.keys() - resource.properties.keys()
    }
    defaults = {}
    for key, item in resource.properties.items():
        if key in inputs and item.type == "document":
            try:
                inputs[key] = _as_text(inputs[key])
            except ValueError as error:
                failures[key] = f"contains invalid JSON: {error}"
        elif key in inputs:
            continue
        elif item.required:
            failures[key] = "is required"
        elif item.default is not None:
            defaults[key] = item.default
    if "name" in resource.properties and not inputs.keys() & {"name", "namePrefix"}:
        defaults["name"] = olds.get("name") or automatic_name
    if "tagsAll" in resource.properties:
        own = inputs.get("tags") or {}
        inputs["tagsAll"] = UNKNOWN if contains_unknown(own) else {**default_tags, **own}
    return {**inputs, **defaults, DEFAULTS: sorted(defaults)}, failures


def diff(resource: Resource, state: Properties, inputs: Properties) -> tuple[dict[str, str], bool]:
    """The changed properties with the protocol's kind of change, and whether a replacement deletes first.

    It compares the last outputs with the inputs, so it includes drift that a refresh has found. Raises StandInError.
    """
    changes: dict[str, str] = {}
    for name, item in resource.properties.items():
        old, new = state.get(name), inputs.get(name)
        if (item.computed and new is None) or not _differs(item, old, new):
            continue
        if not item.replaces and not item.in_place:
            raise unsupported(f"A change of {name} of {resource.type}")
        change = "ADD" if not old else "UPDATE" if new else "DELETE"
        changes[name] = f"{change}_REPLACE" if item.replaces else change
    # Two resources cannot have the same name. If the program sets the name, the old resource is deleted first.
    own_name = "name" in inputs and "name" not in inputs.get(DEFAULTS, ())
    return changes, resource.deleted_first or own_name


def created(resource: Resource, inputs: Properties) -> Properties:
    """The outputs of a resource that will be created."""
    outputs = {
        name: UNKNOWN if item.computed else UNSET[item.type] for name, item in resource.properties.items()
    }
    outputs |= {name: value for name, value in inputs.items() if name in outputs}
    return {**outputs, **dict.fromkeys(resource.outputs, UNKNOWN)}


def updated(resource: Resource, state: Properties, inputs: Properties) -> Properties:
    """The outputs of a resource whose properties will change. ARN and id stay known."""
    changes, _ = diff(resource, state, inputs)
    return {**state, **{name: inputs.get(name, UNSET[resource.properties[name].type]) for name in changes}}


def refreshed(resource: Resource, inputs: Properties, outputs: Properties) -> Properties:
    """The old inputs, with live values where they differ. For an import: all properties that are set."""
    if not inputs:
        return {**{name: outputs[name] for name in resource.properties if outputs[name]}, DEFAULTS: []}
    differing = {
        name: outputs[name]
        for name, item in resource.properties.items()
        if name in inputs and _differs(item, inputs[name], outputs[name])
    }
    return {**inputs, **differing}


def _differs(item: Property, old: Any, new: Any) -> bool:
    """Whether the values differ. Unknown values always do: a preview then shows an update or a replacement."""
    if item.type == "document" and isinstance(old, str) and isinstance(new, str):
        return bool(json.loads(old) != json.loads(new))
    return contains_unknown(new) or (old or UNSET[item.type]) != (new or UNSET[item.type])


def _as_text(document: Any) -> Any:
    """The document as a JSON string, or UNKNOWN. Raises ValueError for a string that is not JSON."""
    if isinstance(document, str):
        json.loads(document)
        return document
    return UNKNOWN if contains_unknown(document) else json.dumps(document)
