"""Kills `pulumi up` at chosen points: all of its processes or one of them, and no other process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.harness import Stack

VICTIMS: Final = ("all", "engine", "provider")
"""Who dies: everything at once, as when a machine goes down; the engine alone, its plugins go on; the plugin alone."""

STARTING: Final = 2.0
"""Seconds over which the kills are spread that come before any call: the engine takes its lock and starts plugins."""

_POLL: Final = 0.005


@dataclass(frozen=True)
class Point:
    """When a run is killed, as calls that have taken effect and seconds since then (or since the start), and who dies."""

    calls: int
    seconds: float
    victim: str


@dataclass(frozen=True)
class Killed:
    """How a killed run ended: whether the kill met it alive, and what it had printed."""

    in_time: bool
    printed: str


def points(count: int, calls: int, held_back: float) -> list[Point]:
    """`count` points spread evenly over a run of `calls` changing calls, each answered `held_back` seconds late.

    Before the first call only everything can be killed: there may be no plugin yet.
    """
    spread = []
    for number in range(count):
        progress = (number + 0.5) / count * (calls + 1)
        done = int(progress)
        seconds = (progress - done) * (held_back if done else STARTING)
        spread.append(Point(done, seconds, VICTIMS[number % len(VICTIMS)] if done else "all"))
    return spread


@contextmanager
def killed_up(stack: Stack, point: Point, calls: Callable[[], int]) -> Iterator[Killed]:
    """Run `pulumi up`, kill it at `point`, and end what is left of it only after the `with` block.

    So a plugin that survives its engine goes on meanwhile, as it would for a user. `calls` counts the changing calls
    that have taken effect.
    """
    before = calls()
    output = stack.folder / "killed.txt"
    with output.open("w") as writer:
        engine = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
            cwd=stack.folder,
            env=stack.env,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while calls() - before < point.calls and engine.poll() is None:
            time.sleep(_POLL)
        time.sleep(point.seconds)
        in_time = engine.poll() is None
        for process in _victims(engine.pid, point.victim):
            _kill(process)
        engine.wait()
        yield Killed(in_time, output.read_text())
    finally:
        for process in _members(engine.pid):
            _kill(process)
        engine.wait()


def _victims(session: int, victim: str) -> list[int]:
    members = _members(session)
    if victim == "engine":
        return [session]
    if victim == "provider":
        return [process for process in members if b"pulumi.dynamic" in _command(process)]
    return members


def _members(session: int) -> list[int]:
    """The processes of the session that a run was started in: all that it started, also where a parent has died."""
    members = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it ended while it was looked at
                state, _, _, its_session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(its_session) == session and state != "Z":
                    members.append(int(folder.name))
    return members


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it ended while it was looked at
        return b""


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.kill(process, signal.SIGKILL)
