"""Outputs before AWS was asked: what the inputs say, what cannot change, and UNKNOWN for the rest; and inputs from outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_stand_in import kinds
from aws_stand_in.wire import DEFAULTS, UNKNOWN, without_bookkeeping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_stand_in.resource import Property, Resource
    from aws_stand_in.wire import Properties


def created(resource: Resource, inputs: Properties) -> Properties:
    """The outputs of a resource that will be made."""
    outputs: Properties = dict.fromkeys(resource.outputs, UNKNOWN)
    for item in resource.properties:
        unset = UNKNOWN if item.computed else item.kind.empty
        outputs[item.name] = without_bookkeeping(inputs.get(item.name, unset))
    return outputs


def updated(resource: Resource, state: Properties, changed: Iterable[str], inputs: Properties) -> Properties:
    """The outputs of a resource whose properties will change: ARN, id and the like stay known."""
    empty = {item.name: item.kind.empty for item in resource.properties}
    return {**state, **{name: without_bookkeeping(inputs.get(name, empty[name])) for name in changed}}


def refreshed(resource: Resource, inputs: Properties, outputs: Properties) -> Properties:
    """The inputs of the last update with live values where those mean something else."""
    known = {item.name: item for item in resource.properties}
    return {name: _live(known.get(name), value, outputs.get(name)) for name, value in inputs.items()}


def imported(resource: Resource, outputs: Properties) -> Properties:
    """The inputs that a program needs to describe what exists: all that are set to something."""
    inputs = {item.name: outputs.get(item.name) for item in resource.properties}
    return {**{name: value for name, value in inputs.items() if value}, DEFAULTS: []}


def _live(item: Property | None, known: Any, live: Any) -> Any:
    if item is None or live is None or not kinds.changed(item.kind, without_bookkeeping(known), live):
        return known
    return live
