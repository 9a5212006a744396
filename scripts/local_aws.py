"""Starts, finds and stops the local AWS of a clone, which runs in the background on the loopback.

The process locks its pid file as long as it runs. If nobody locks the file, the process has stopped, and its number may
belong to another process by now.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from environment import stripped
from progress import StepError

STEP = "local AWS"
ANNOUNCEMENT = "listening on "
START_LIMIT = 60.0
"""Seconds in which it must print its address. The imports take some seconds on a slow machine."""
END_LIMIT = 10.0
"""Seconds to wait until it stops by itself."""


def command(python: Path) -> list[str]:
    """The command. Port 0 takes any free port, so that two clones do not use the same one."""
    return [str(python), "-m", "proton_provider.local", "--port", "0"]


def running(folder: Path) -> str | None:
    """The address of the local AWS that `start` started for `folder`. None if it has stopped, or is still starting."""
    url = folder / "url"
    return (url.read_text(encoding="ascii") or None) if _is_ours(folder) and url.exists() else None


def start(folder: Path, program: Sequence[str], environ: Mapping[str, str]) -> str:
    """Start it as a process that goes on after this one, and return its address.

    Raises StepError if it ends or does not print its address, or if another one is running or starting in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "pid").open("a+", encoding="ascii") as pid,
        (folder / "log").open("w", encoding="utf-8") as log,
    ):
        if not _lock(pid):
            raise StepError(STEP, f"one is running already, or starting, in {folder}: `make down` stops it.")
        (folder / "url").unlink(missing_ok=True)  # of one that was killed
        process = subprocess.Popen(
            program,
            # Unbuffered, because we wait for its first line.
            env={**stripped(environ), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[pid.fileno()],
        )
        pid.truncate(0)
        pid.write(str(process.pid))
    url = _announced(process, folder / "log")
    (folder / "url").write_text(url, encoding="ascii")
    return url


def stop(folder: Path) -> bool:
    """Stop the local AWS of `folder`, and no other process. Returns False if there was none."""
    ours = _is_ours(folder)
    if ours:
        pid = int((folder / "pid").read_text(encoding="ascii"))
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, signal_number)
            deadline = time.monotonic() + END_LIMIT
            while _is_ours(folder) and time.monotonic() < deadline:
                time.sleep(0.05)
            if not _is_ours(folder):
                break
    for name in ("pid", "url"):
        (folder / name).unlink(missing_ok=True)
    return ours


def _lock(pid: IO[str]) -> bool:
    try:
        fcntl.flock(pid, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_ours(folder: Path) -> bool:
    if not (folder / "pid").exists():
        return False
    with (folder / "pid").open(encoding="ascii") as pid:
        return not _lock(pid) and pid.read().isdigit()


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        ended = process.poll()
        printed = log.read_text(encoding="utf-8", errors="replace")
        first, whole_line, _ = printed.partition("\n")
        if whole_line and first.startswith(ANNOUNCEMENT):
            return first.removeprefix(ANNOUNCEMENT)
        if ended is not None:
            last = printed.strip().rpartition("\n")[2] or "it printed nothing"
            raise StepError(STEP, f"it stopped with status {ended}: {last} (its whole output is in {log}).")
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise StepError(
        STEP, f"it did not print its address within {START_LIMIT:.0f} s (its output is in {log})."
    )
