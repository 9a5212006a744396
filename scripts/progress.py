"""Prints a line for each step, and one sentence for a step that failed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LAST_LINES = 12
"""How many lines of a failed command's output are shown. Its log has all lines."""


class StepError(Exception):
    """A step failed. Its text is one sentence that says what was tried, why it failed and, where known, what to do."""

    def __init__(self, step: str, sentence: str, output: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.step = step
        self.output = output
        """Last lines of the command that failed."""


def say(step: str, text: str) -> None:
    print(f"{step:<12}{text}", flush=True)


def exit_status(action: Callable[[], object]) -> int:
    """Run a command and return its exit status: 0; 1 with the failed step's sentence on stderr; or 130 after ^C."""
    try:
        action()
    except StepError as error:
        for line in error.output:
            print(f"    {line}", file=sys.stderr)
        print(f"{error.step:<12}failed: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("interrupted: run the same command again to continue.", file=sys.stderr, flush=True)
        return 130
    return 0


def run_logged(
    step: str,
    doing: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command, with its output in `log`. Raises StepError with its last lines if it cannot be started or fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
    except OSError as error:
        raise StepError(step, f"{doing}: {error}.") from error
    if done.returncode != 0:
        text = log.read_text(encoding="utf-8", errors="replace")
        lines = [line for line in text.splitlines() if line.strip()] or ["it printed nothing"]
        last = f"{lines[-1].strip()} (exit status {done.returncode}; its whole output is in {log.resolve()})"
        raise StepError(step, f"{doing}: {last}.", lines[-LAST_LINES:])
