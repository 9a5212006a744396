"""`make up`, `make env` and `make down` in a clone of its own, as a newcomer types them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clone import Clone
from python_environment import record

ROOT = Path(__file__).parents[2]
Type = Callable[[str], str]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A copy of the project, its path with a space, and a .venv that borrows the packages of this one."""
    clone = Clone(tmp_path / "a clone")
    ignored = shutil.ignore_patterns(
        ".venv", ".local", ".git", ".*_cache", "__pycache__", "*.egg-info", "Pulumi.*.yaml"
    )
    shutil.copytree(ROOT, clone.root, ignore=ignored)
    subprocess.run([sys.executable, "-m", "venv", clone.venv], check=True)
    packages = next((clone.venv / "lib").glob("python*/site-packages"))
    borrowed = next(path for path in sys.path if Path(path).name == "site-packages")
    (packages / "borrowed.pth").write_text(f"{clone.root}\n{borrowed}\n")
    for source in (clone.scripts / "requirements.txt", clone.root / "pyproject.toml"):
        record(clone, source)
    return clone


@pytest.fixture
def typed(clone: Clone) -> Iterator[Type]:
    """Runs a line as a user types it in the clone; takes down what is left at the end."""

    def run(line: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=clone.root,
            env={
                name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line} ended {done.returncode}:\n{done.stdout}"
        return done.stdout

    yield run
    run("make down")


def test_up_runs_the_main_program_and_down_takes_it_away(typed: Type, clone: Clone) -> None:
    """The first `make up` shows the roles on the connection, the second changes nothing, `make down` leaves nothing."""
    first = typed("make up")
    assert "5 created" in first
    held = [line.split()[1] for line in first.splitlines() if line.split()[:1] == ["codebuildRoleArn"]]
    assert len(held) == 2, first  # among the stack's outputs, and as the local AWS answers
    assert len(set(held)) == 1
    assert held[0].startswith("arn:aws:iam::222222222222:role/codebuild-")

    assert "5 unchanged" in typed("make up")

    preview = typed('eval "$(make -s env)" && pulumi preview --non-interactive')
    assert "5 unchanged" in preview
    assert '"status": "CONNECTED"' in typed(
        'eval "$(make -s env)" && python -m awscli proton list-environment-account-connections '
        "--requested-by ENVIRONMENT_ACCOUNT"
    )

    assert "5 deleted" in typed("make down")
    assert not clone.stack_config.exists()
    assert "error" not in typed("make down").lower()
