"""`make up`, `make env` and `make down` in a clone of its own, as a newcomer types them, and the whole tutorial."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clone import Clone
from engine.harness import WITHOUT_COLLECTION
from engine.pages import Page, lines

TUTORIAL = Page("docs/tutorial.md")
UP = TUTORIAL.block("bash", "make up")
OUTPUTS = TUTORIAL.block("text", "status            CONNECTED")
ENV = TUTORIAL.block("bash", "make -s env")
PREVIEW = TUTORIAL.block("bash", "pulumi preview\n")
UNCHANGED = TUTORIAL.block("text", "unchanged").strip()
CHANGE = TUTORIAL.block("bash", "sed -i")
CHANGED = TUTORIAL.block("text", "~ codebuildRoleArn").strip()
APPLY = TUTORIAL.block("bash", "--skip-preview")
HEAL = TUTORIAL.block("bash", "pulumi up --yes\n")
ASK = TUTORIAL.block("bash", "get-environment-account-connection")
ANSWER = TUTORIAL.block("text", "role/builds").strip()
BY_HAND = TUTORIAL.block("bash", "update-environment-account-connection")
REFRESH = TUTORIAL.block("bash", "pulumi refresh")
DRIFT = TUTORIAL.block("text", "~ roleArn").strip()
HEALED = TUTORIAL.block("text", "1 updated").strip()
DOWN = TUTORIAL.block("bash", "make down")

ROOT = Path(__file__).parents[2]
Type = Callable[[str], str]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A copy of the project, its path odd, and a .venv that borrows the packages of this one."""
    clone = Clone(tmp_path / "a #clone? %41")
    ignored = shutil.ignore_patterns(
        ".venv", ".local", ".git", ".*_cache", "__pycache__", "*.egg-info", "Pulumi.*.yaml"
    )
    shutil.copytree(ROOT, clone.root, ignore=ignored)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone.venv], check=True)
    packages = next((clone.venv / "lib").glob("python*/site-packages"))
    borrowed = next(path for path in sys.path if Path(path).name == "site-packages")
    (packages / "borrowed.pth").write_text(f"{clone.root}\n{borrowed}\n")
    # Everything counts as installed.
    subprocess.run(["make", "--touch", ".venv/pyproject.installed"], cwd=clone.root, check=True)
    return clone


@pytest.fixture
def typed(clone: Clone) -> Iterator[Type]:
    """Runs a line as a user types it in the clone; takes down what is left at the end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    own |= WITHOUT_COLLECTION

    def run(line: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=clone.root,
            env=own,
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


def anonymous(text: str) -> str:
    """Without what is made up: the ends of automatic names, ids, and the spacing."""
    text = re.sub(r"-[0-9a-f]{7}\b", "-1234567", text)
    return " ".join(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text).split())


def leave_a_lock(clone: Clone) -> None:
    """As an engine does that is killed while it works on the stack."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    holder = {
        "pid": ended.pid,
        "username": "me",
        "hostname": socket.gethostname(),
        "timestamp": "2026-01-01T00:00:00Z",
    }
    lock = clone.state / ".pulumi" / "locks" / "organization" / "one-stack" / "local" / "id.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps(holder), encoding="utf-8")


def test_the_tutorial_is_as_it_says(typed: Type, clone: Clone) -> None:
    """Each command works and prints what stands below it; a second `make up` changes nothing, `make down` leaves nothing.

    Both clear the lock of an engine that was killed.
    """
    first = typed(UP)
    assert "installing the pinned requirements" not in first
    assert "5 created" in first
    for line in lines(OUTPUTS):
        assert anonymous(line) in anonymous(first)
    leave_a_lock(clone)
    with pytest.raises(AssertionError, match="the stack is currently locked by 1 lock"):
        typed(f"{ENV}\npulumi up --yes")
    assert "5 unchanged" in typed(UP)

    end = "--- the end of a command ---\n"
    one_shell = f"echo '{end.strip()}'\n".join([ENV, PREVIEW, CHANGE, APPLY, ASK, BY_HAND, REFRESH, HEAL])
    _, previewed, changed, _, answered, _, refreshed, healed = typed(one_shell).split(end)
    assert UNCHANGED in previewed
    assert anonymous(CHANGED) in anonymous(changed)
    assert anonymous(answered) == anonymous(ANSWER)
    assert anonymous(DRIFT) in anonymous(refreshed)
    assert HEALED in healed

    leave_a_lock(clone)
    assert "5 deleted" in typed(DOWN)
    assert not clone.stack_config.exists()
    assert "error" not in typed(DOWN).lower()


def test_no_block_is_left_out() -> None:
    """Every code block of the tutorial is in the test above."""
    assert TUTORIAL.left_out() == []
