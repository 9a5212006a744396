"""Builds the wheel and the sdist into dist/ twice, checks them, and compares the two builds byte for byte."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from clone import HERE, Clone
from progress import StepError, exit_status, run_logged, say

STEP = "release"


def make(clone: Clone) -> None:
    """Build the last commit of a clone twice, each time in a new copy. Raises StepError."""
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        folder = Path(name)
        python = _tools(clone, folder)
        first, second = (_build(clone, python, folder / number) for number in ("first", "second"))
        names = sorted(path.name for path in first.iterdir())
        _, different, unreadable = filecmp.cmpfiles(first, second, names, shallow=False)
        if different or unreadable or names != sorted(path.name for path in second.iterdir()):
            raise StepError(STEP, f"two builds differ: {', '.join(different or unreadable or names)}.")
        check: list[str | Path] = [python, "-m", "twine", "check", "--strict", *sorted(first.iterdir())]
        run_logged(STEP, "checking the archives", check, clone.logs / "release-check.log")
        dist = clone.root / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        shutil.copytree(first, dist)
    for archive in names:
        say(STEP, f"dist/{archive}, built twice, the same both times")


def _tools(clone: Clone, folder: Path) -> Path:
    """Make a Python environment with the pinned tools. twine needs another release of docutils than .venv's AWS CLI."""
    say(STEP, "installing the pinned tools")
    log = clone.logs / "release-tools.log"
    run_logged(STEP, "making a Python environment", [sys.executable, "-m", "venv", folder / "tools"], log)
    python = folder / "tools" / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-compile"]
    pins = clone.scripts / "release_requirements.txt"
    run_logged(STEP, f"installing {pins.name}", [*pip, "-r", pins], log)
    return python


def _build(clone: Clone, python: Path, folder: Path) -> Path:
    """Build the archives of the last commit. Their files have the date of the commit."""
    log = clone.logs / f"release-{folder.name}.log"
    source = folder / "source"
    run_logged(STEP, "copying the last commit", ["git", "clone", "--quiet", clone.root, source], log)
    date = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=source, capture_output=True, text=True, check=True
    ).stdout.strip()
    run_logged(
        STEP,
        f"the {folder.name} build",
        [python, "-m", "build", "--no-isolation", "--outdir", folder / "dist", source],
        log,
        env={**os.environ, "SOURCE_DATE_EPOCH": date},
    )
    return folder / "dist"


def main() -> int:
    return exit_status(lambda: make(HERE))


if __name__ == "__main__":
    sys.exit(main())
