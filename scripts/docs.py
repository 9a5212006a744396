"""Builds the documentation site into .local/docs/html (`make docs`). A warning is an error."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from clone import HERE, Clone
from progress import StepError, exit_status, run_logged, say

STEP = "docs"


def build(clone: Clone) -> Path:
    """Build the site and return its folder. Raises StepError with Sphinx's last lines if a page has a problem."""
    folder = clone.local / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers of the tests may build at once
        return _build(clone, folder)


def _build(clone: Clone, folder: Path) -> Path:
    python = _environment(clone, folder / "environment")
    site, read = folder / "html", folder / "doctrees"
    _forget_other_pages(clone, folder, site, read)
    command: list[str | Path] = [python, "-m", "sphinx", "--builder", "html", "--doctree-dir", read]
    command += ["--fail-on-warning", "--nitpicky", clone.root / "docs", site]
    try:
        run_logged(STEP, "building the site", command, clone.logs / "docs.log")
    except StepError:
        shutil.rmtree(
            read, ignore_errors=True
        )  # or the next build would not read the page with the warning again
        raise
    say(STEP, f"{(site / 'index.html').relative_to(clone.root)}")
    return site


def _forget_other_pages(clone: Clone, folder: Path, *built: Path) -> None:
    """Remove the old site if the list of pages has changed: Sphinx keeps the page of a file that was deleted."""
    names, noted = (
        "\n".join(sorted(path.name for path in (clone.root / "docs").glob("*.md"))),
        folder / "pages",
    )
    if not noted.exists() or noted.read_text(encoding="utf-8") != names:
        for path in built:
            shutil.rmtree(path, ignore_errors=True)
        noted.write_text(names, encoding="utf-8")


def _environment(clone: Clone, folder: Path) -> Path:
    """The Python of an environment with the pinned tools. It is made again when they or .venv have changed.

    It sees the packages of .venv behind its own: autodoc imports the product, and Sphinx needs a newer docutils than
    the AWS CLI in .venv.
    """
    pins = clone.root / "docs" / "requirements.txt"
    python = folder / "bin" / "python"
    borrowed = f"{clone.root}\n{sysconfig.get_path('purelib')}\n"
    wanted = hashlib.sha256(pins.read_bytes() + borrowed.encode()).hexdigest()
    stamp = folder / "made-of"
    works = python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0
    if works and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return python
    say(STEP, "installing the pinned tools into a separate environment")
    shutil.rmtree(folder, ignore_errors=True)
    log = clone.logs / "docs-tools.log"
    run_logged(STEP, "making a Python environment", [sys.executable, "-m", "venv", folder], log)
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-compile"]
    run_logged(STEP, f"installing docs/{pins.name}", [*pip, "-r", pins], log)
    packages = next((folder / "lib").glob("python*/site-packages"))
    (packages / "product.pth").write_text(borrowed, encoding="utf-8")
    stamp.write_text(wanted, encoding="ascii")
    return python


def main() -> int:
    return exit_status(lambda: build(HERE))


if __name__ == "__main__":
    sys.exit(main())
