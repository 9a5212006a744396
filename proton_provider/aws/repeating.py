"""Repeats a call for a limited time, while its error may pass by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from proton_provider import stopping
from proton_provider.errors import AccessDeniedError, ConnectionNotFoundError, ProtonError, RefusedError

T = TypeVar("T")


def repeat(
    call: Callable[[], T],
    *,
    within: float,
    may_succeed_later: Callable[[ProtonError], bool],
    log: Callable[[], None],
    advice: str,
) -> T:
    """Repeat `call` while its error may pass by itself, for at most `within` seconds. The last error gets the advice."""
    waited, pause = 0.0, 1.0
    while True:
        try:
            return call()
        except (RefusedError, AccessDeniedError, ConnectionNotFoundError) as error:
            if not may_succeed_later(error):
                raise
            if waited >= within:
                raise type(error)(f"{error} {advice.format(waited=waited)}") from None
        if not waited:
            log()
        pause = min(pause, within - waited)
        stopping.pause(pause, "AWS to see a new role or connection")
        waited, pause = waited + pause, pause * 2
