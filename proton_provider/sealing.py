"""Marks outputs that come from secrets as secrets, and masks secrets in messages.

Pulumi passes secret values to a dynamic provider in clear. The provider can return secrets. An internal input has the
names of the secret inputs (`lifecycle.secrets`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proton_provider.lifecycle import Properties, secrets

_secret_values: Final[set[str]] = set()
"""The secret values that this process has seen."""

_KIND: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # a marker, the same everywhere
"""The marks of a secret in Pulumi's protocol."""


def remember(*bags: Properties) -> None:
    """Remember the secret values in these bags."""
    for bag in bags:
        _secret_values.update(secrets.values_in(bag))


def forget_all() -> None:
    """Forget all secret values, as in a new process."""
    _secret_values.clear()


def masked(text: str) -> str:
    """The text with `[secret]` in place of the secret values that this process has seen."""
    return secrets.masked(text, _secret_values)


def outputs_with_secrets(outputs: Properties, *bags: Properties) -> Properties:
    """The outputs. Those that come from a secret in these bags are marked as secrets, and stay so in later updates."""
    names = secret_names(outputs, *bags)
    return mark_secrets({**outputs, secrets.SECRETS: sorted(names)} if names else outputs, names)


def secret_names(outputs: Properties, *bags: Properties) -> frozenset[str]:
    """Names of inputs that are or were secret in these bags, and of roles in the outputs whose ARN is a known secret."""
    return secrets.secret_inputs(*bags) | secrets.secret_roles(_secret_values, outputs)


def mark_secrets(bag: Properties, names: Iterable[str]) -> Properties:
    """The bag, with the properties that come from the inputs `names` marked as secrets."""
    derived = secrets.derived_from(names)
    return {
        name: {_KIND: _SECRET, "value": value} if name in derived else value for name, value in bag.items()
    }
