"""The command `proton-plugin`: installs the native plugin for Pulumi's engine, as a launcher of this Python environment."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NAME = "proton"
PROGRAM = f"pulumi-resource-{NAME}"


_START = (
    'import sys; sys.path[:] = filter(None, sys.path)  # "" is the folder that the engine starts this in\n'
    "from proton_provider.plugin.__main__ import main\n"
    "raise SystemExit(main())"
)
"""Starts the plugin. `python -m` would import modules from the project's folder, such as a `types.py` there."""


def launcher() -> str:
    """A program that starts the plugin with the Python, and so the package, that runs this."""
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(_START)} "$@"\n'


def install() -> int:
    """Have the engine install the plugin; the exit status of its command."""
    version = importlib.metadata.version("proton-provider")
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        sys.stderr.write("proton-plugin: there is no pulumi on PATH. Install Pulumi, and run this again.\n")
        return 1
    if os.name == "nt":
        sys.stderr.write(
            f"proton-plugin: on Windows the engine finds {PROGRAM} on PATH; put the environment's Scripts folder there.\n"
        )
        return 1
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / PROGRAM
        program.write_text(launcher(), encoding="utf-8")
        program.chmod(0o755)
        command = [
            pulumi,
            "plugin",
            "install",
            "resource",
            NAME,
            version,
            "--reinstall",
            "--file",
            str(program),
        ]
        done = subprocess.run(command, check=False)
    if done.returncode == 0:
        print(f"{PROGRAM} {version} is installed; it runs in {sys.executable}.")
    return done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    parser = argparse.ArgumentParser(prog="proton-plugin", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser(
        "install", help="have the engine on PATH install the plugin, in place of one that is there"
    )
    parser.parse_args(arguments)
    return install()


if __name__ == "__main__":
    raise SystemExit(main())
