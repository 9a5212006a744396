"""The command `proton-plugin install`: what it hands to the engine, and what it says where that is not possible."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pytest

from proton_provider.plugin import install


def engine_that_ends(status: int, folder: Path) -> None:
    """A `pulumi` that writes down its arguments and the program that it is to install."""
    program = folder / "pulumi"
    program.write_text(f'#!/bin/sh\nfor last; do :; done\necho "$@" > args\ncp "$last"/* .\nexit {status}\n')
    program.chmod(0o755)


@pytest.mark.parametrize("status", [0, 3])
def test_the_engine_is_given_a_launcher_of_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """The launcher starts the plugin of this environment; the exit status is the engine's, and only a success is printed."""
    engine_that_ends(status, tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    assert install.main(["install"]) == status
    arguments = (tmp_path / "args").read_text()
    expected = f"plugin install resource proton {version('proton-provider')} --reinstall --file /"
    assert arguments.startswith(expected)
    name, text = install.launcher(windows=False)
    assert (tmp_path / name).read_text() == text
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
    name, text = install.launcher(windows=False)
    launcher = tmp_path / name
    launcher.write_text(text)
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


def test_the_launcher_for_windows_says_the_same_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands between the quotes has none, and no percent sign that cmd.exe would take for a variable."""
    monkeypatch.setattr(sys, "executable", r"C:\100% mine\python.exe")
    name, text = install.launcher(windows=True)
    before, python, option, program, after = text.split('"')
    assert (name, before, python) == ("pulumi-resource-proton.cmd", "@", r"C:\100%% mine\python.exe")
    assert (option, after) == (" -c ", " %*\n")
    assert "%" not in program
    assert program in install.launcher(windows=False)[1]


def test_nothing_of_it_is_on_path() -> None:
    """The engine would prefer a plugin on PATH to the installed one, and warn at each command."""
    names = [script.name for script in distribution("proton-provider").entry_points]
    assert sorted(names) == ["proton-leftovers", "proton-local", "proton-plugin"]


def test_a_missing_engine_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `pulumi` on PATH nothing is installed, and the sentence says what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.main(["install"]) == 1
    printed = capsys.readouterr().err
    assert printed == "proton-plugin: pulumi is not on PATH. Install Pulumi, then run this command again.\n"
