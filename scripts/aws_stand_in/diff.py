"""The difference between what exists and what the program wants: which properties, and whether it takes a replacement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from aws_stand_in import kinds
from aws_stand_in.wire import DEFAULTS, UNKNOWN, without_bookkeeping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_stand_in.resource import Property, Resource
    from aws_stand_in.wire import Properties

_TAG_PATH = re.compile(r'tags(All)?(\.|\[")(?P<key>.+?)("\])?')


class Change(Enum):
    """What happens to a property."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Diff:
    """The changed properties, those of them that AWS cannot change, and whether the old resource has to go first."""

    changes: dict[str, Change]
    replaces: frozenset[str]
    deleted_first: bool


def diff(resource: Resource, state: Properties, inputs: Properties) -> Diff:
    """Compares the last outputs with checked inputs, so drift that a refresh has found counts as well.

    Unknown values always differ: AWS cannot change some of them, and then a replacement is planned.
    """
    found: dict[str, Change] = {}
    for item in resource.properties:
        old, new = (without_bookkeeping(bag.get(item.name)) for bag in (state, inputs))
        if _left_to_aws(item, new):
            continue
        old, new = (item.kind.empty if value is None else value for value in (old, new))
        if kinds.changed(item.kind, old, new):
            found[item.name] = _change(item, old, new)
    replaces = frozenset(item.name for item in resource.properties if item.replaces and item.name in found)
    return Diff(found, replaces, bool(replaces) and (resource.deleted_first or _fixed_name(resource, inputs)))


def ignoring(resource: Resource, state: Properties, inputs: Properties, paths: Iterable[str]) -> Properties:
    """The inputs with the last outputs in the place of what `ignoreChanges` names: a property, `*`, or a key of its tags."""
    result = dict(inputs)
    for path in paths:
        if tag := _TAG_PATH.fullmatch(path):
            for name in ("tags", "tagsAll"):
                result[name] = _with_item(
                    result.get(name), tag["key"], (state.get(name) or {}).get(tag["key"])
                )
            continue
        root = re.split(r"[.\[]", path)[0]
        for item in resource.properties:
            if item.name in state and (
                root in {"*", item.name} or (root == "tags" and item.name == "tagsAll")
            ):
                result[item.name] = state[item.name]
    return result


def _change(item: Property, old: object, new: object) -> Change:
    if old == item.kind.empty:
        return Change.ADD
    return Change.DELETE if new == item.kind.empty else Change.UPDATE


def _left_to_aws(item: Property, new: object) -> bool:
    """An unset computed property is; so is an empty list of inline policies (pulumi-aws documents both)."""
    return item.computed and (new is None or (item.kind is kinds.INLINE_POLICIES and new == []))


def _fixed_name(resource: Resource, inputs: Properties) -> bool:
    """Two resources cannot have one name, so with a name of the program's own the old one goes first."""
    return resource.longest_name is not None and "name" in inputs and "name" not in inputs.get(DEFAULTS, ())


def _with_item(tags: Any, key: str, value: str | None) -> Any:
    if tags is UNKNOWN:
        return tags
    rest = {name: tag for name, tag in (tags or {}).items() if name != key}
    return rest if value is None else {**rest, key: value}
