"""The command `proton-plugin install`: what it hands to the engine, and what it says where that is not possible."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from proton_provider.plugin import install


def engine_that_ends(status: int, folder: Path) -> None:
    """A `pulumi` that writes down its arguments and the program that it is to install."""
    program = folder / "pulumi"
    program.write_text(
        f'#!/bin/sh\nfor last; do :; done\necho "$@" > args\ncp "$last" launcher\nexit {status}\n'
    )
    program.chmod(0o755)


@pytest.mark.parametrize("status", [0, 3])
def test_the_engine_is_given_a_launcher_of_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """The launcher starts the plugin of this environment; the exit status is the engine's, and only a success is told."""
    engine_that_ends(status, tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    assert install.main(["install"]) == status
    arguments = (tmp_path / "args").read_text()
    expected = f"plugin install resource proton {version('proton-provider')} --reinstall --file /"
    assert arguments.startswith(expected)
    assert (tmp_path / "launcher").read_text() == install.launcher()
    assert ("is installed" in capsys.readouterr().out) == (status == 0)


def test_the_launcher_takes_nothing_from_the_folder_that_it_is_started_in(tmp_path: Path) -> None:
    """A program's own `types.py` or `grpc/` is not the plugin's; what PYTHONPATH names still counts."""
    project, users = tmp_path / "project", tmp_path / "users"
    for name in ("token", "types", "queue", "grpc/__init__", "runpy", "proton_provider/__init__"):
        module = project / f"{name}.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text("raise SystemExit('from the project')\n")
    users.mkdir()
    (users / "sitecustomize.py").write_text("import sys; sys.stderr.write('from PYTHONPATH')\n")
    launcher = tmp_path / "launcher"
    launcher.write_text(install.launcher())
    launcher.chmod(0o755)
    started = subprocess.Popen(
        [launcher, "127.0.0.1:1"],  # no engine is there, so the plugin ends
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(users)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = started.communicate()
    assert (started.returncode, out.strip().isdigit(), err) == (0, True, "from PYTHONPATH")


def test_a_missing_engine_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `pulumi` on PATH nothing is installed, and the sentence says what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.main(["install"]) == 1
    told = capsys.readouterr().err
    assert told == "proton-plugin: there is no pulumi on PATH. Install Pulumi, and run this again.\n"
