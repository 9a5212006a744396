"""Prints progress on the terminal: a line for each step, more lines in a long step, one sentence for a failed step."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SIGN_OF_LIFE = 20.0
"""Seconds between two lines of a step that is still running."""

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


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def run_logged(
    step: str,
    doing: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    done: Callable[[], int] | None = None,
    patience: float | None = None,
) -> None:
    """Run a command that may take minutes. Its output goes to `log`; the terminal gets a line every `SIGN_OF_LIFE` seconds.

    `done()` returns a number that grows while the command makes progress. If it does not grow for `patience` seconds,
    the command is stopped. So a slow download may go on, but a download that hangs may not.

    Raises StepError with the command's last line if it cannot be started, fails or is stopped.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise StepError(step, f"{doing}: {error}.") from error
        try:
            hung = _wait(process, step, log, done, patience)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if hung:
        raise StepError(step, f"{doing}: no progress for {duration(patience or 0)}, so it was stopped.")
    if process.returncode != 0:
        lines = _lines(log)
        last = lines[-1].strip() if lines else "it printed nothing"
        sentence = (
            f"{doing}: {last} (exit status {process.returncode}; its whole output is in {log.resolve()})."
        )
        raise StepError(step, sentence, lines[-LAST_LINES:])


def _wait(
    process: subprocess.Popen[bytes],
    step: str,
    log: Path,
    done: Callable[[], int] | None,
    patience: float | None,
) -> bool:
    """Wait for the end of a process and print progress. Returns True if it made none for longer than `patience`."""
    started = said = moved = time.monotonic()
    seen = -1
    while True:
        try:
            process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        else:
            return False
        amount = done() if done else 0
        if amount != seen:
            seen, moved = amount, now
        if patience is not None and now - moved > patience:
            return True
        if now - said >= SIGN_OF_LIFE:
            said = now
            lines = _lines(log)
            state = f"{amount / 1e6:.0f} MB" if amount else lines[-1].strip()[:80] if lines else "running"
            say(step, f"  {duration(now - started)}: {state}")


def _lines(log: Path) -> list[str]:
    return [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
