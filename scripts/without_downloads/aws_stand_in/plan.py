"""What the stand-in answers without asking AWS: checked inputs, differences, and the outputs of a preview."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from proton_provider.plugin.values import UNKNOWN, Properties, contains_unknown
from without_downloads.aws_stand_in.account import unsupported
from without_downloads.aws_stand_in.resources import Property, Resource

DEFAULTS = "__defaults"
"""The input that lists the inputs which the plugin has filled in. pulumi-aws calls it so, and the engine does not show it."""

UNSET = {"string": "", "document": "", "integer": "", "object": None}
"""What the state has of a property that is not set, by its type."""


def check(
    resource: Resource,
    olds: Properties,
    news: Properties,
    automatic_name: str,
    default_tags: Mapping[str, str],
) -> tuple[Properties, dict[str, str]]:
    """The inputs with everything filled in, and what is wrong by property. An automatic name stays for the resource's life."""
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
    """The changed properties with the protocol's word for each change, and whether a replacement deletes first.

    It compares the last outputs with the inputs, so drift that a refresh has found counts as well. Raises StandInError.
    """
    changes: dict[str, str] = {}
    for name, item in resource.properties.items():
        old, new = state.get(name), inputs.get(name)
        if (item.computed and new is None) or not _differs(item, old, new):
            continue
        if not item.replaces and name not in resource.in_place:
            raise unsupported(f"A change of {name} of {resource.type}")
        change = "ADD" if not old else "UPDATE" if new else "DELETE"
        changes[name] = f"{change}_REPLACE" if item.replaces else change
    # Two resources cannot have one name, so the old one goes first if the program sets the name.
    own_name = "name" in inputs and "name" not in inputs.get(DEFAULTS, ())
    return changes, resource.deleted_first or own_name


def created(resource: Resource, inputs: Properties) -> Properties:
    """The outputs of a resource that will be created."""
    outputs = {
        name: UNKNOWN if item.computed else UNSET[item.type] for name, item in resource.properties.items()
    }
    outputs |= {name: value for name, value in inputs.items() if name in outputs}
    return {**outputs, **dict.fromkeys(resource.outputs, UNKNOWN)}


def updated(resource: Resource, state: Properties, inputs: Properties, changed: Iterable[str]) -> Properties:
    """The outputs of a resource whose properties will change. ARN and id stay known."""
    return {**state, **{name: inputs.get(name, UNSET[resource.properties[name].type]) for name in changed}}


def refreshed(resource: Resource, inputs: Properties, outputs: Properties) -> Properties:
    """The last inputs with the live values where those differ; for an import, all that are set."""
    if not inputs:
        return {**{name: outputs[name] for name in resource.properties if outputs[name]}, DEFAULTS: []}
    differing = {
        name: outputs[name]
        for name, item in resource.properties.items()
        if name in inputs and _differs(item, inputs[name], outputs[name])
    }
    return {**inputs, **differing}


def _differs(item: Property, old: Any, new: Any) -> bool:
    """Unknown values always differ: if AWS cannot change one, a replacement is planned."""
    if item.type == "document" and isinstance(old, str) and isinstance(new, str):
        return bool(json.loads(old) != json.loads(new))
    return contains_unknown(new) or (old or UNSET[item.type]) != (new or UNSET[item.type])


def _as_text(document: Any) -> Any:
    """The document as JSON text, or UNKNOWN. Raises ValueError for a text that is no JSON."""
    if isinstance(document, str):
        json.loads(document)
        return document
    return UNKNOWN if contains_unknown(document) else json.dumps(document)
