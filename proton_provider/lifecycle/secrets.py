"""Rules for secrets: which outputs are secret because of a secret input or a secret key of the stack's config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from proton_provider import rules
from proton_provider.lifecycle import Properties

SECRETS: Final = "__secrets"
"""Internal input: the names of the secret inputs, and the secret keys of the stack's config, such as `aws:token`.

Pulumi passes their values in clear. The output of this name has all inputs that were ever secret, because the
bookkeeping may still have an earlier value.
"""

DEFAULT_TAGS: Final = "aws:defaultTags"
"""Stands in `SECRETS` for secret default tags from any source: the stack's config or a provider."""

_ROLE_BOOKKEEPING: Final = ("managedRoleArns", "previousRoleArns", "liveRoleArns")
_DERIVED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(rules.ROLES, _ROLE_BOOKKEEPING),
    **dict.fromkeys(("tags", DEFAULT_TAGS), ("tagsAll",)),
    "connectionId": ("arn",),
}


def derived_from(names: Iterable[str]) -> frozenset[str]:
    """The properties that are derived from these inputs."""
    return frozenset(derived for name in names for derived in _DERIVED.get(name, ()))


def secret_inputs(*properties: Properties) -> frozenset[str]:
    """The names of the inputs that are, or were, secret in any of these properties."""
    found = (each.get(SECRETS) for each in properties)
    return frozenset(
        name for names in found if isinstance(names, list) for name in names if isinstance(name, str)
    )


def newly_secret(news: Properties, olds: Properties) -> frozenset[str]:
    """The secret inputs that were not secret before. A key of the config counts only if outputs come from it."""
    return frozenset(
        name for name in secret_inputs(news) - secret_inputs(olds) if ":" not in name or name in _DERIVED
    )


def values_in(properties: Properties) -> list[Any]:
    """The values of the secret inputs, and of secret default tags."""
    names = secret_inputs(properties)
    values = [properties[name] for name in names if name in properties]
    if DEFAULT_TAGS in names:
        own = properties.get("tags") or {}
        values += [value for key, value in (properties.get("tagsAll") or {}).items() if key not in own]
    return values


def secret_roles(values: Iterable[str], outputs: Properties) -> frozenset[str]:
    """The roles in a connection's outputs whose ARN is one of these secret values."""
    known = frozenset(values)
    return frozenset(
        role for note in _ROLE_BOOKKEEPING for role, arn in outputs.get(note, {}).items() if arn in known
    )
