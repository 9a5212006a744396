"""Builds the wheel from a copy of the working tree, and checks that it has the package and nothing else."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

from clone import Clone
from progress import StepError, run_logged

STEP = "wheel"


def copy(clone: Clone, folder: Path, *without: str) -> Clone:
    """Copy the working tree without the files of earlier builds and runs, and without files of the names `without`."""
    ignored = shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "*.egg-info", *without)
    return Clone(Path(shutil.copytree(clone.root, folder, ignore=ignored)))


def build(source: Path, folder: Path, logs: Path) -> Path:
    """Build the wheel into `folder` with pip, as an installation from a clone does."""
    run_logged(
        STEP,
        "building the wheel",
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, source],
        logs / "wheel.log",
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path, package: Path) -> None:
    """Raises StepError unless the wheel holds every file of the package, the licence, and no other code."""
    wanted = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    metadata = {name for name in held if name.partition("/")[0].endswith(".dist-info")}
    problems = [
        *(f"lacks {name}" for name in sorted(wanted - held)),
        *(f"holds {name}" for name in sorted(held - metadata - wanted)),
        *(["lacks the licence"] if not any(name.endswith("/LICENSE") for name in metadata) else []),
    ]
    if problems:
        raise StepError(STEP, f"{wheel.name} {', '.join(problems)}.")
