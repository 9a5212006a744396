"""The conditions that stacks are measured under: the endpoint's delay, operations at once, the engine's checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.programs import DYNAMIC, FLOOR, NATIVE

DELAY: Final = 0.05
"""Seconds by which the endpoint holds back its answers where it does."""


@dataclass(frozen=True)
class Condition:
    """How the stacks of one round run."""

    delay: float = 0.0
    """Seconds by which the endpoint holds back every answer of Proton."""
    parallel: int = 8
    """What `--parallel` says. The host of dynamic resources serves four operations at once, whatever it is."""
    checkpoints: bool = False
    """Whether the engine saves the state at every step, as it does by default."""
    variants: tuple[str, ...] = (DYNAMIC, NATIVE, FLOOR)
    """The programs that are compared."""


PLAIN: Final = "plain"
PLAIN_32: Final = "plain, 32 at once"
DELAYED: Final = "delayed"
DELAYED_32: Final = "delayed, 32 at once"
CHECKPOINTS: Final = "checkpoints"

_VARIANTS: Final = (DYNAMIC, NATIVE)

CONDITIONS: Final[Mapping[str, Condition]] = {
    PLAIN: Condition(),
    PLAIN_32: Condition(parallel=32, variants=_VARIANTS),
    DELAYED: Condition(delay=DELAY),
    DELAYED_32: Condition(delay=DELAY, parallel=32, variants=_VARIANTS),
    CHECKPOINTS: Condition(checkpoints=True),
}
"""The floor is measured with eight at once alone: it is a dynamic resource, too, and calls nothing."""
