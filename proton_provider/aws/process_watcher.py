"""Runs a command, and kills it and its child processes when the process that started this script has ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(alive: int, command: list[str]) -> int:
    """Run `command` and return its exit code. `alive` is the reading end of a pipe that only our parent keeps open."""
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        sys.stderr.write(str(error))
        return 127  # the exit code of a shell for a command that it cannot run

    def watch() -> None:
        os.read(alive, 1)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    return process.wait() & 0xFF


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
