"""The command `proton-plugin`: installs a launcher of the native plugin, which runs in this Python environment."""

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
    "import sys; sys.path[:] = filter(None, sys.path); from proton_provider.plugin.__main__ import main; "
    "raise SystemExit(main())"
)
"""Starts the plugin. An empty entry in `sys.path` is the folder of the user's project: its `types.py` would be imported in
place of Python's. `python -m` adds such an entry too, so it is not used here."""

_QUOTE_IN_BATCH = str.maketrans({"%": "%%"})


def launcher(*, windows: bool) -> tuple[str, str]:
    """The file name and the text of a program that starts the plugin with the running Python."""
    if windows:
        python = sys.executable.translate(_QUOTE_IN_BATCH)
        return f"{PROGRAM}.cmd", f'@"{python}" -c "{_START}" %*\n'
    return PROGRAM, f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(_START)} "$@"\n'


def install() -> int:
    """Install the plugin with `pulumi plugin install`. Returns the exit status of that command."""
    version = importlib.metadata.version("proton-provider")
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        sys.stderr.write(
            "proton-plugin: pulumi is not on PATH. Install Pulumi, then run this command again.\n"
        )
        return 1
    name, text = launcher(windows=os.name == "nt")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        # A folder: on Windows, the engine would rename a single file to .exe.
        command = [pulumi, "plugin", "install", "resource", NAME, version, "--reinstall", "--file", folder]
        done = subprocess.run(command, check=False)
    if done.returncode == 0:
        print(f"{PROGRAM} {version} is installed; it runs in {sys.executable}.")
    return done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="proton-plugin", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser(
        "install", help="install the plugin with the pulumi on PATH, replacing an installed one"
    )
    parser.parse_args(arguments)
    return install()


if __name__ == "__main__":
    raise SystemExit(main())
