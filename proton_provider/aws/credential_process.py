"""Runs a profile's `credential_process`: without input or a terminal, and no longer than the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

from proton_provider import stopping
from proton_provider.aws import process_watcher


class WithoutInput(subprocess.Popen[bytes]):
    """A credential process without input, which ends with the run: as far as Windows can hold it."""

    def __init__(self, command: list[str], **arguments: Any) -> None:
        super().__init__(command, stdin=subprocess.DEVNULL, **arguments)

    def communicate(self, *arguments: Any, **named: Any) -> tuple[bytes, bytes]:
        with stopping.called_on_stop(self._end):
            return super().communicate(*arguments, **named)

    def _end(self) -> None:
        self.kill()


class Watched(WithoutInput):
    """A credential process without a terminal, too. It ends with the run or with this process.

    It has its own session, so the engine does not end it. A watcher ends it if this process is killed.
    """

    def __init__(self, command: list[str], **arguments: Any) -> None:
        watched, self._alive = os.pipe()
        try:
            super().__init__(
                [sys.executable, "-I", "-S", process_watcher.__file__, str(watched), *command],
                start_new_session=True,
                pass_fds=(watched,),
                **arguments,
            )
        finally:
            os.close(watched)

    def communicate(self, *arguments: Any, **named: Any) -> tuple[bytes, bytes]:
        try:
            return super().communicate(*arguments, **named)
        finally:
            os.close(self._alive)

    def _end(self) -> None:
        with suppress(ProcessLookupError):  # it ended at the same moment
            os.killpg(self.pid, signal.SIGKILL)


start: type[WithoutInput] = Watched if os.name == "posix" else WithoutInput
