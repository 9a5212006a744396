"""Finds or gets pulumi-aws's plugin: the real one by the engine's own download, else this project's stand-in."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shlex
import sys
from pathlib import Path

import pulumi_engine
from clone import HERE, Clone
from environment import of_engine
from progress import StepError, exit_status, run_logged, say

STEP = "pulumi-aws"

PATIENCE = 30.0
"""Seconds without a byte after which a download has failed."""


def program(clone: Clone, version: str) -> Path:
    """Where the engine keeps the plugin, the real one or the stand-in."""
    return clone.pulumi_home / "plugins" / f"resource-aws-v{version}" / "pulumi-resource-aws"


def launcher(clone: Clone) -> str:
    """The stand-in as the engine installs it: a program that starts the clone's own with the clone's own Python."""
    script = clone.scripts / "aws_stand_in" / "pulumi-resource-aws"
    return (
        "#!/bin/sh\n"
        "# Stand-in for pulumi-aws's plugin, which could not be downloaded; written by the set-up for this clone.\n"
        f'exec {shlex.quote(str(clone.python))} {shlex.quote(str(script))} "$@"\n'
    )


def is_stand_in(installed: Path) -> bool:
    """The real one is a binary."""
    with installed.open("rb") as file:
        return file.read(2) == b"#!"


def ensure(clone: Clone, *, download: bool = False) -> None:
    """Have a plugin of the installed pulumi_aws's version in the clone's Pulumi home.

    A stand-in that is there says that the download failed before; only `download` tries again.
    """
    try:
        version = importlib.metadata.version("pulumi_aws")
    except importlib.metadata.PackageNotFoundError as error:
        raise StepError(
            STEP, f"{sys.executable} has no pulumi_aws; it is .venv/bin/python that runs this."
        ) from error
    installed = program(clone, version)
    found = installed.exists()
    if found and not is_stand_in(installed):
        say(STEP, f"plugin {version}")
        return
    if download or not found:
        say(STEP, f"downloading plugin {version}")
        try:
            _install(clone, version, "downloading")
        except StepError:
            say(
                STEP,
                f"plugin {version} could not be downloaded ({_log(clone).relative_to(clone.root)} says why)",
            )
        else:
            say(STEP, f"plugin {version}, downloaded")
            return
    if not found or installed.read_text(encoding="utf-8") != launcher(clone):
        written = clone.local / "pulumi-resource-aws"
        written.write_text(launcher(clone), encoding="utf-8")
        written.chmod(0o755)
        _install(clone, version, "installing the stand-in for", "--reinstall", "--file", str(written))
        written.unlink()
    say(
        STEP,
        f"plugin {version}: the STAND-IN of this project, which makes IAM roles and policies with real IAM calls and nothing",
    )
    say("", "else; `.venv/bin/python scripts/aws_plugin.py --download` tries to get the real one")


def _install(clone: Clone, version: str, doing: str, *options: str) -> None:
    engine = pulumi_engine.find(os.environ)
    if engine is None:
        raise StepError(STEP, "no Pulumi engine is set up yet; `make up` gets one.")
    # The engine downloads into the folder for temporary files: its growth tells a slow download from a hanging one.
    temporary = clone.local / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    run_logged(
        STEP,
        f"{doing} plugin {version}",
        ["pulumi", "plugin", "install", "resource", "aws", version, *options],
        _log(clone),
        env={**of_engine(os.environ, clone, engine.folder), "TMPDIR": str(temporary)},
        done=lambda: sum(file.stat().st_size for file in temporary.rglob("*") if file.is_file()),
        patience=PATIENCE,
    )


def _log(clone: Clone) -> Path:
    return clone.logs / "aws_plugin.log"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/aws_plugin.py", description=__doc__)
    parser.add_argument("--download", action="store_true", help="try to download the real one again")
    options = parser.parse_args(arguments)
    return exit_status(lambda: ensure(HERE, download=options.download))


if __name__ == "__main__":
    sys.exit(main())
