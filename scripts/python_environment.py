"""Makes and updates .venv, with the pinned requirements and an editable installation of this project."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from clone import HERE, Clone
from progress import StepError, exit_status, run_logged, say

STEP = "python"

OLDEST = (3, 11)
"""The pinned tools need it (hypothesis and coverage, for two); the package itself runs on Python 3.10."""

OPTIONS = ("--no-compile", "--progress-bar=off")
"""Most modules never run, so compiling all of them would take time. A progress bar is no use in a log."""


def is_current(clone: Clone, source: Path) -> bool:
    """Whether .venv has what this file asks for: the file has the hash recorded at the last installation."""
    stamp = _stamp(clone, source)
    return stamp.exists() and stamp.read_text(encoding="ascii") == _hash(source)


def record(clone: Clone, source: Path) -> None:
    _stamp(clone, source).write_text(_hash(source), encoding="ascii")


def ensure(clone: Clone) -> None:
    """Update .venv to the pins and to pyproject.toml. Each part is updated only if its source has changed.

    Raises StepError when this Python is too old or has no `venv`, or when pip cannot install something.
    """
    if sys.version_info < OLDEST:
        raise StepError(
            STEP,
            f"{sys.executable} is Python {sys.version.split()[0]}, and the pinned tools need {OLDEST[0]}.{OLDEST[1]} or "
            "later; name another one, for example `make up PYTHON=python3.12`.",
        )
    pins, project = clone.scripts / "requirements.txt", clone.root / "pyproject.toml"
    works = _works(clone)
    if works and is_current(clone, pins) and is_current(clone, project):
        say(STEP, ".venv is up to date")
        return
    log = clone.logs / "python.log"
    pip: list[str | Path] = [clone.python, "-m", "pip", "--disable-pip-version-check", "install", *OPTIONS]
    if not works:
        say(STEP, f"making .venv with Python {sys.version.split()[0]} ({sys.executable})")
        if clone.venv.exists():
            shutil.rmtree(clone.venv)
        run_logged(STEP, "making .venv", [sys.executable, "-m", "venv", clone.venv], log)
    if not is_current(clone, pins):
        say(STEP, "installing the pinned requirements into .venv: about a minute")
        run_logged(STEP, "installing scripts/requirements.txt", [*pip, "-r", pins], log)
        repair_first_lines(clone)
        record(clone, pins)
    run_logged(
        STEP,
        "installing this project in place",
        [*pip, "--no-deps", "--no-build-isolation", "--editable", clone.root],
        log,
    )
    record(clone, project)
    say(STEP, ".venv is ready")


def repair_first_lines(clone: Clone) -> None:
    """Make scripts start from a folder whose name has a space. The system reads a script's first line only to the space.

    pip handles this for entry points, but not for scripts that a package has as files, such as the AWS CLI's.
    """
    if " " not in str(clone.python):
        return
    first_line = f"#!{clone.python}\n".encode()
    for script in (clone.venv / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            content = script.read_bytes()
            if content.startswith(first_line):
                # To a shell this starts Python on the file, to Python it is a string.
                launch = f"#!/bin/sh\n'''exec' {shlex.quote(str(clone.python))} \"$0\" \"$@\"\n' '''\n"
                script.write_bytes(launch.encode() + content.removeprefix(first_line))


def _hash(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def _stamp(clone: Clone, source: Path) -> Path:
    return clone.venv / f"{source.name}.installed"


def _works(clone: Clone) -> bool:
    """Whether .venv was made here and starts. The clone may have been moved, and its Python may be gone."""
    pip = clone.venv / "bin" / "pip"
    if not (pip.exists() and str(clone.venv) in pip.read_text(encoding="utf-8")):
        return False
    return subprocess.run([clone.python, "-c", ""], capture_output=True, check=False).returncode == 0


def main() -> int:
    return exit_status(lambda: ensure(HERE))


if __name__ == "__main__":
    sys.exit(main())
