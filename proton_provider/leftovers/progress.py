"""Prints on standard error what the command is doing, after the first two seconds."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TextIO

INTERVAL = 2.0
"""Seconds before the first line, and between two lines."""


class Progress:
    """A context manager that prints the current step every two seconds, even while one request hangs.

    A command that takes less than two seconds prints nothing.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._step = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._print, name="progress", daemon=True)

    def step(self, text: str) -> None:
        """Set the text of the current step."""
        self._step = text

    def __enter__(self) -> Progress:  # noqa: PYI034  # Self needs Python 3.11
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _print(self) -> None:
        while not self._ended.wait(INTERVAL):
            print(self._step, file=self._stream, flush=True)
