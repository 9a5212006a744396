"""Inputs before anything happens: what is wrong with them, and the values that pulumi-aws fills in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_stand_in import kinds, tags
from aws_stand_in.errors import unsupported
from aws_stand_in.resource import TAGS
from aws_stand_in.wire import DEFAULTS, UNKNOWN, contains_unknown, without_bookkeeping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_stand_in.naming import Naming
    from aws_stand_in.resource import Resource
    from aws_stand_in.wire import Properties


def check(
    resource: Resource, olds: Properties, news: Properties, naming: Naming, default_tags: Mapping[str, str]
) -> tuple[Properties, dict[str, str]]:
    """The inputs with everything filled in, and what is wrong: one sentence a property.

    `olds` are the inputs of the last update: an automatic name stays as it was. Unknown values are never wrong.
    """
    inputs = {name: value for name, value in without_bookkeeping(news).items() if value is not None}
    inputs = {name: _as_text(resource, name, value) for name, value in inputs.items()}
    failures: dict[str, str] = {}
    for name, where, reason in _problems(resource, inputs):
        # The engine names the property itself.
        failures.setdefault(name, f"{name}{where} {reason}" if where else reason)

    defaults = {item.name: item.default for item in resource.properties if item.default is not None}
    defaults = {name: value for name, value in defaults.items() if name not in inputs}
    if resource.longest_name and not inputs.keys() & {"name", "namePrefix"}:
        if naming.disabled:
            failures["name"] = "is required, because automatic naming is switched off"
        else:
            defaults["name"] = _kept(olds, "name") or naming.make()
            if len(defaults["name"]) > resource.longest_name:
                failures["name"] = (
                    f"{defaults['name']}, made from the resource's name, is longer than {resource.longest_name} characters; "
                    "set it, or give the resource a shorter name"
                )
    inputs |= defaults
    if isinstance(policies := inputs.get("inlinePolicies"), list):
        inputs["inlinePolicies"] = _named(policies, olds.get("inlinePolicies"), naming)
    if TAGS[0] in resource.properties:
        inputs["tagsAll"] = tags.merged(default_tags, inputs.get("tags"))
    return {**inputs, DEFAULTS: sorted(defaults)}, failures


def _problems(resource: Resource, inputs: Properties) -> Iterator[tuple[str, str, str]]:
    """Property, where in it, and what is wrong."""
    known = {item.name: item for item in resource.properties}
    for name, value in inputs.items():
        if name in known:
            yield from ((name, where, reason) for where, reason in known[name].kind.problems(value))
        else:
            yield name, "", unsupported(f"The input {name} of {resource.resource_type}")
    for item in resource.properties:
        if item.required and item.name not in inputs:
            yield item.name, "", "is required"
    if inputs.keys() >= {"name", "namePrefix"}:
        yield "namePrefix", "", "cannot be set together with name"


def _as_text(resource: Resource, name: str, value: Any) -> Any:
    """Documents may be objects, and tags numbers; pulumi-aws makes text of both."""
    kind = next((item.kind for item in resource.properties if item.name == name), None)
    if kind is kinds.DOCUMENT and isinstance(value, dict):
        return UNKNOWN if contains_unknown(value) else json.dumps(value, separators=(",", ":"))
    if kind is kinds.TAGS and isinstance(value, dict):
        return {
            k: json.dumps(item) if isinstance(item, (bool, int, float)) else item for k, item in value.items()
        }
    return value


def _kept(olds: Any, name: str) -> str | None:
    """The value of the last update, if it was filled in then too."""
    return olds.get(name) if isinstance(olds, dict) and name in olds.get(DEFAULTS, ()) else None


def _named(policies: list[Any], olds: Any, naming: Naming) -> list[Any]:
    """Inline policies with a document and no name get one each; it stays as long as the policy keeps its place."""
    before = dict(enumerate(olds)) if isinstance(olds, list) else {}
    result = []
    for index, policy in enumerate(policies):
        if isinstance(policy, dict) and policy.get("policy") and not policy.get("name"):
            name = _kept(before.get(index), "name") or naming.make(f"[{index}]")
            result.append({**policy, "name": name, DEFAULTS: ["name"]})
        else:
            result.append(policy)
    return result
