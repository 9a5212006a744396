"""Hands what follows from a secret to the engine as a secret, and keeps secrets out of lines and errors.

Pulumi hands a dynamic provider the values of secrets in clear, and takes secrets from it. Which inputs are secret is
told by an internal input (`lifecycle.secrets`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proton_provider.lifecycle import Properties, secrets

_known: Final[set[str]] = set()
"""What the program of this process has given as secrets."""

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_OF_A_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # a marker, the same everywhere
"""How a secret travels to the engine (Pulumi's protocol)."""


def learn(*bags: Properties) -> None:
    """Remember the secret values in these bags."""
    for bag in bags:
        _known.update(secrets.values_in(bag))


def forget() -> None:
    """Forget all of them, as a new process does."""
    _known.clear()


def masked(text: str) -> str:
    """The text without the secrets that this process knows."""
    return secrets.masked(text, _known)


def outputs_with_secrets(outputs: Properties, *bags: Properties) -> Properties:
    """The outputs, those that follow from a secret of these bags as secrets; once one, they stay one."""
    names = secret_names(outputs, *bags)
    return sealed({**outputs, secrets.SECRETS: sorted(names)} if names else outputs, names)


def secret_names(outputs: Properties, *bags: Properties) -> frozenset[str]:
    """The inputs that are, or were, secret in these bags, and the roles in the outputs whose ARN is a known secret."""
    return secrets.named_in(*bags) | secrets.roles_among(_known, outputs)


def sealed(bag: Properties, names: Iterable[str]) -> Properties:
    """The bag with what follows from the inputs `names` as secrets."""
    derived = secrets.following(names)
    return {
        name: {_SIGNATURE: _OF_A_SECRET, "value": value} if name in derived else value
        for name, value in bag.items()
    }
