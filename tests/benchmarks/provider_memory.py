"""How much memory a provider's process takes at most, as Linux accounts for it."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL = 0.1
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


class PeakMemory:
    """The most resident memory (KiB) that the provider process of one Pulumi home has had; 0 if none was seen."""

    def __init__(self, module: str, pulumi_home: str) -> None:
        self.kib = 0
        self._marks = (f"-m\0{module}\0".encode(), f"PULUMI_HOME={pulumi_home}\0".encode())
        self._process: Path | None = None
        self._ended = threading.Event()

    def watch(self) -> None:
        """Look ten times a second until `end`; the kernel keeps the peak, so only growth in the last tenth is missed."""
        while not self._ended.wait(_POLL):
            with contextlib.suppress(OSError):  # processes end while they are looked at
                self._process = self._process or self._find()
                if self._process and (peak := _PEAK.search((self._process / "status").read_text())):
                    self.kib = max(self.kib, int(peak[1]))

    def end(self) -> None:
        self._ended.set()

    def _find(self) -> Path | None:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command, home = self._marks
                if (
                    command in (process / "cmdline").read_bytes()
                    and home in (process / "environ").read_bytes()
                ):
                    return process
        return None


@contextmanager
def peak_memory(module: str, pulumi_home: str) -> Iterator[PeakMemory]:
    """Watches the process of this Python module that the engine with this home runs while the block lasts."""
    memory = PeakMemory(module, pulumi_home)
    thread = threading.Thread(target=memory.watch)
    thread.start()
    try:
        yield memory
    finally:
        memory.end()
        thread.join()
