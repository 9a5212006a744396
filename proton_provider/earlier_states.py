"""Converts states of version 0.1.0, which have maps as lists of `{key, value}`, and some other property names.

Such a state is kept until the next update, so that a refresh shows no change. The next update writes the current form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_TAGS: Final = ("tags", "tagsAll")
_SESSION_TAGS: Final = "sessionTags"
_RENAMED: Final = {"clientToken": "__clientToken"}
"""Names of version 0.1.0 to current names. The engine hides names that begin with two underscores."""


def is_earlier(bag: Mapping[str, Any]) -> bool:
    """Whether version 0.1.0 wrote these properties in another form than the current one."""
    return (
        any(name in bag for name in _RENAMED)
        or any(isinstance(bag.get(name), list) for name in _TAGS)
        or isinstance(_settings(bag).get(_SESSION_TAGS), list)
    )


def to_current(bag: Mapping[str, Any]) -> dict[str, Any]:
    """The properties in the current form. Properties that already have it are unchanged."""
    current = {_RENAMED.get(name, name): value for name, value in bag.items()}
    for name in _TAGS:
        if name in current:
            current[name] = tag_map(current[name])
    if settings := _settings(current):
        current["aws"] = {
            name: tag_map(value) if name == _SESSION_TAGS else value for name, value in settings.items()
        }
    return current


def to_earlier(bag: Mapping[str, Any]) -> dict[str, Any]:
    """The properties in the form of version 0.1.0."""
    names = {current: earlier for earlier, current in _RENAMED.items()}
    earlier = {names.get(name, name): value for name, value in bag.items()}
    for name in _TAGS:
        if name in earlier:
            earlier[name] = _tag_list(earlier[name])
    if settings := _settings(earlier):
        earlier["aws"] = {
            name: _tag_list(value) if name == _SESSION_TAGS else value for name, value in settings.items()
        }
    return earlier


def tag_map(tags: Any) -> Any:
    """A list of `{key, value}` as a map. Any other value is returned unchanged."""
    if isinstance(tags, list) and all(
        isinstance(tag, Mapping) and isinstance(tag.get("key"), str) for tag in tags
    ):
        return {tag["key"]: tag.get("value") for tag in tags}
    return tags


def _tag_list(tags: Any) -> Any:
    if not isinstance(tags, Mapping):
        return tags
    return [{"key": key, "value": tags[key]} for key in sorted(tags, key=str)]


def _settings(bag: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = bag.get("aws")
    return settings if isinstance(settings, Mapping) else {}
