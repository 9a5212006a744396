"""What one measured run is, and how it is kept in results.json."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One run: which of the compared variants did what, for how many resources, and what it took."""

    condition: str
    """A name of `conditions.CONDITIONS`."""
    event: str
    variant: str
    resources: int
    round: int
    """Runs of one round follow each other, and are compared with each other."""
    seconds: float
    cpu_seconds: float
    """Of all processes that it started, without the endpoint's."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How often each operation was called at the endpoint."""
    peak_kib: int | None = None
    """The most memory that the provider process had, where it was watched."""
    state_bytes: int | None = None
    """What a resource takes in state (compact JSON, the mean over all), where it was looked at."""


class Took(TypedDict):
    """What a run took."""

    seconds: float
    cpu_seconds: float


def timed(run: Callable[[], Any]) -> Took:
    """What `run` takes, which starts processes and waits for them."""
    cpu, began = _cpu_of_children(), time.perf_counter()
    run()
    return {"seconds": time.perf_counter() - began, "cpu_seconds": _cpu_of_children() - cpu}


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
