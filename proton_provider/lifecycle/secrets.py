"""Rules for secret inputs: which outputs are secret because of them, and how their values are masked in messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from proton_provider import rules
from proton_provider.lifecycle import Properties

SECRETS: Final = "__secrets"
"""Internal input: the names of the secret inputs. Pulumi passes their values in clear.

The output of this name has all inputs that were ever secret, because the bookkeeping may still have an earlier value.
"""

_ROLE_BOOKKEEPING: Final = ("managedRoleArns", "previousRoleArns", "liveRoleArns")
_DERIVED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(rules.ROLES, _ROLE_BOOKKEEPING),
    "tags": ("tagsAll",),
    "connectionId": ("arn",),
}

_SHORTEST_MASKED: Final = 4
"""In characters. Shorter values are not masked: they also occur in other words, and the message would be unreadable."""


def derived_from(names: Iterable[str]) -> frozenset[str]:
    """The properties that are derived from these inputs."""
    return frozenset(derived for name in names for derived in _DERIVED.get(name, ()))


def secret_inputs(*bags: Properties) -> frozenset[str]:
    """The names of the inputs that are, or were, secret in any of these bags."""
    return frozenset(name for bag in bags for name in bag.get(SECRETS, ()))


def values_in(bag: Properties) -> frozenset[str]:
    """The secret values in a bag that are long enough to be masked."""
    found = (text for name in secret_inputs(bag) for text in _strings_in(bag.get(name)))
    return frozenset(text for text in found if len(text) >= _SHORTEST_MASKED)


def secret_roles(values: Iterable[str], outputs: Properties) -> frozenset[str]:
    """The roles in a connection's outputs whose ARN is one of these secret values."""
    known = frozenset(values)
    return frozenset(
        role for note in _ROLE_BOOKKEEPING for role, arn in outputs.get(note, {}).items() if arn in known
    )


def masked(text: str, values: Iterable[str]) -> str:
    """The text with `[secret]` in place of these values."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "[secret]")
    return text


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _strings_in(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            if isinstance(member, Mapping) and set(member) == {
                "key",
                "value",
            }:  # a tag of a state of version 0.1.0
                yield from _strings_in(member["value"])
            else:
                yield from _strings_in(member)
