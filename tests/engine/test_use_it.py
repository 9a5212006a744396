"""The page on using the package, typed block by block in a new shell: from an empty folder to a destroyed stack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from engine.guides import ADDRESS, AWS_CONFIG, PINNED_BY_GIT, SECOND_SHELL, USE_STEPS
from engine.harness import WITHOUT_COLLECTION, environment
from engine.pages import ROOT, shell

MAKE_VENV = "python3 -m venv venv\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the repository; a user's project lies beside it."""
    ignored = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
    return Path(shutil.copytree(ROOT, tmp_path / "proton-provider", ignore=ignored))


@pytest.fixture
def new_shell(tmp_path: Path) -> dict[str, str]:
    """The shell of a user who has Pulumi, Python and the AWS CLI. Nothing in it is of a clone: home, backend, pip, PATH."""
    env = environment(tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    engine = Path(shutil.which("pulumi") or "").parent.glob("pulumi*")
    for program in (*engine, Path(sys.executable).with_name("aws"), Path(sys.base_prefix, "bin", "python3")):
        (programs / program.name).symlink_to(program)
    foreign = ("AWS_", "PULUMI_", "PYTHON", "VIRTUAL_ENV")
    own = {name: value for name, value in env.items() if not name.startswith(foreign)}
    # The home has what Pulumi would download.
    return {
        **own,
        **WITHOUT_COLLECTION,
        "PULUMI_HOME": env["PULUMI_HOME"],
        "PATH": f"{programs}:/usr/bin:/bin",
    }


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """What an index would bring: a file that lends an environment the packages of this one, without our own."""
    ours = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    lent = tmp_path / "lent"
    lent.mkdir()
    for package in ours.iterdir():
        if "proton_provider" not in package.name:
            (lent / package.name).symlink_to(package)
    borrowed = tmp_path / "borrowed.pth"
    borrowed.write_text(f"{lent}\n")
    return borrowed


@contextmanager
def local_aws(project: Path, env: dict[str, str]) -> Iterator[str]:
    """The address of the local AWS that the block for the second shell starts, at a port that is free."""
    command = SECOND_SHELL.replace("4600", "0").replace("proton-local", "exec proton-local")
    with subprocess.Popen(
        ["bash", "-euc", command], cwd=project, env=env, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


def test_from_an_empty_folder_to_a_connection(
    tmp_path: Path, clone: Path, new_shell: dict[str, str], packages: Path
) -> None:
    """Every block is typed or saved in the page's order, but one for AWS and one for a git address. It ends CONNECTED.

    One line is another here: the new Python environment gets what an index would bring.
    """
    assert clone.parent == tmp_path
    steps = [step for step in USE_STEPS if step.text not in (AWS_CONFIG, PINNED_BY_GIT)]
    number = [step.text for step in steps].index(SECOND_SHELL)
    lent = f"{MAKE_VENV}cp '{packages}' venv/lib/python3*/site-packages\n"
    typed = "".join(step.typed for step in steps[:number])
    assert MAKE_VENV in typed
    shell(typed.replace(MAKE_VENV, lent), tmp_path, new_shell)

    project = tmp_path / "my-stack"
    with local_aws(project, new_shell) as address:
        again = ". venv/bin/activate\n"  # the first shell still is where it was
        typed = again + "".join(step.typed for step in steps[number + 1 :])
        printed = shell(typed.replace(ADDRESS, address), project, new_shell)
    assert re.search(r"status +CONNECTED\n", printed)
    assert "3 deleted" in printed
    assert not (project / "Pulumi.dev.yaml").exists()
    module = "import proton_provider; print(proton_provider.__file__)"
    assert str(project / "venv") in shell(f'{again}python -c "{module}"', project, new_shell)


def test_a_git_address_pins_the_package(tmp_path: Path, clone: Path) -> None:
    """The line for requirements.txt names a tag of a repository, here one on this machine."""
    commit = "git init --quiet && git add . && git -c user.name=a -c user.email=a@b commit --quiet -m a && git tag v0.2.0"
    shell(commit, clone, dict(os.environ))
    (tmp_path / "requirements.txt").write_text(PINNED_BY_GIT.replace("GIT-ADDRESS", clone.as_uri()))
    shell(
        "python -m pip wheel --no-deps --no-build-isolation --wheel-dir wheels -r requirements.txt",
        tmp_path,
        dict(os.environ),
    )
    assert [path.name.split("-")[:2] for path in (tmp_path / "wheels").iterdir()] == [
        ["proton_provider", "0.2.0"]
    ]
