"""Counts the calls of an operation that are in flight at once at a local AWS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from proton_provider.local import LocalAws

_FALLBACK = 10.0
"""Seconds for which a call waits for others that never come: the test then fails by its count."""


class Meeting:
    """Each call waits for the others, so that the count needs no times."""

    def __init__(self, wanted: int) -> None:
        self.most = 0
        """The most calls that were in flight at once."""
        self._wanted = wanted
        self._now = 0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def attend(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now == self._wanted:
                self._over.set()
        if not self._over.wait(_FALLBACK):
            self._over.set()
        with self._lock:
            self._now -= 1


@contextmanager
def meeting(aws: LocalAws, operation: str, wanted: int) -> Iterator[Meeting]:
    """Answer the calls of the operation once so many are in flight."""
    met = Meeting(wanted)

    def wait(called: str, *, proton: bool) -> None:
        if called == operation:
            met.attend()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws._faults, "wait", wait)
        yield met
