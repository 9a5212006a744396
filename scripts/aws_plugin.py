"""Finds or installs pulumi-aws's plugin. Where the real one can't be downloaded, installs this project's stand-in."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pulumi_engine
from clone import HERE, Clone
from downloads import DownloadError, checksums, fetch, machine
from environment import of_engine
from progress import exit_status, run_logged, say

STEP = "pulumi-aws"

DOWNLOADS = "https://get.pulumi.com/releases/plugins"


def program(clone: Clone, version: str) -> Path:
    """Where the engine keeps the plugin, the real one or the stand-in."""
    return clone.pulumi_home / "plugins" / f"resource-aws-v{version}" / "pulumi-resource-aws"


def launcher(clone: Clone) -> str:
    """The stand-in as the engine installs it: a script that starts the stand-in with the clone's Python."""
    script = clone.scripts / "without_downloads" / "aws_stand_in" / "pulumi-resource-aws"
    return (
        "#!/bin/sh\n"
        "# Stand-in for pulumi-aws's plugin, which could not be downloaded; written by the set-up for this clone.\n"
        f'exec {shlex.quote(str(clone.python))} {shlex.quote(str(script))} "$@"\n'
    )


def is_stand_in(installed: Path) -> bool:
    """Whether the file is a script, as the stand-in is. The real plugin is a binary."""
    with installed.open("rb") as file:
        return file.read(2) == b"#!"


def archive(version: str) -> str:
    """Name of the archive that has the plugin for this machine."""
    system, processor = machine()
    return f"pulumi-resource-aws-v{version}-{system}-{processor.replace('x64', 'amd64')}.tar.gz"


def ensure(
    clone: Clone, pinned: Mapping[str, str], *, download: bool = False, downloads: str = DOWNLOADS
) -> None:
    """Put the plugin for the installed pulumi_aws into the clone's Pulumi home. `pinned` has the SHA-256 of each archive.

    If a stand-in is installed, an earlier download failed. It is tried again only with `download`.
    """
    version = importlib.metadata.version("pulumi_aws")
    installed = program(clone, version)
    found = installed.exists()
    _remove_stand_ins_of_other_versions(installed.parent)
    if found and not is_stand_in(installed):
        say(STEP, f"plugin {version}")
        return
    clone.local.mkdir(parents=True, exist_ok=True)
    if download or not found:
        # The engine can download it too, but some versions of it refuse a correct checksum.
        url = f"{downloads}/{archive(version)}"
        try:
            with tempfile.TemporaryDirectory(dir=clone.local) as folder:
                _install(clone, version, fetch(STEP, url, pinned, Path(folder)))
        except DownloadError as error:
            say(STEP, f"plugin {version} is not downloaded: {error}")
        else:
            say(STEP, f"plugin {version}, downloaded")
            return
    if not found or installed.read_text(encoding="utf-8") != launcher(clone):
        installed.parent.mkdir(parents=True, exist_ok=True)
        installed.write_text(launcher(clone), encoding="utf-8")
        installed.chmod(0o755)
    say(
        STEP,
        f"plugin {version}: the STAND-IN of this project. It makes IAM calls for roles and policies, and nothing",
    )
    say(
        "",
        "else. To try the download of the real one again: .venv/bin/python scripts/aws_plugin.py --download",
    )


def _remove_stand_ins_of_other_versions(folder: Path) -> None:
    """Remove stand-ins of other versions: a YAML program uses the newest plugin, and an old stand-in may not start."""
    for other in folder.parent.glob("resource-aws-v*"):
        started = other / "pulumi-resource-aws"
        if other != folder and started.exists() and is_stand_in(started):
            shutil.rmtree(other)


def _install(clone: Clone, version: str, file: Path) -> None:
    """Have the engine install the plugin from an archive."""
    engine = pulumi_engine.existing(os.environ)
    install = ["pulumi", "plugin", "install", "resource", "aws", version, "--reinstall", "--file"]
    run_logged(
        STEP,
        f"installing plugin {version}",
        [*install, file],
        clone.logs / "aws_plugin.log",
        env=of_engine(os.environ, clone, engine.folder),
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/aws_plugin.py", description=__doc__)
    parser.add_argument("--download", action="store_true", help="try to download the real one again")
    options = parser.parse_args(arguments)
    return exit_status(lambda: ensure(HERE, checksums(), download=options.download))


if __name__ == "__main__":
    sys.exit(main())
