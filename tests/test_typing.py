"""The types that users see, as Pyright reads them; `make check` has mypy read the same programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_programs_of_users_have_the_types_that_they_should() -> None:
    """Pyright, which VS Code uses, finds the types that the programs assert, and the mistakes that they say are ones."""
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "tests/typing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("0 errors, 0 warnings"), done.stdout + done.stderr
    assert done.returncode == 0
