"""Finds or installs a Pulumi engine: on PATH, in the user's cache, from Pulumi's release, or built from Go modules."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clone import HERE
from downloads import DownloadError, checksums, fetch, machine
from environment import stripped
from progress import StepError, exit_status, say
from user_cache import cache_folder, cached
from versions import Version, formatted, parsed
from without_downloads.engine_build import Build

STEP = "engine"

OLDEST = (3, 150, 0)
"""The oldest engine on PATH that is used. It ran the main program's `up` and `destroy`. Older ones were not tried."""


@dataclass(frozen=True)
class Engine:
    """An engine that can be used: the folder to put on PATH, its version, and where it came from."""

    folder: Path
    version: Version
    origin: str

    def __str__(self) -> str:
        return f"pulumi {formatted(self.version)}, {self.origin} ({self.folder})"


@dataclass(frozen=True)
class Release:
    """A release of Pulumi, pinned by its version and the SHA-256 of its archives."""

    version: Version = (3, 267, 0)
    downloads: str = "https://get.pulumi.com/releases/sdk"
    checksums: Mapping[str, str] = field(default_factory=checksums)

    @property
    def archive(self) -> str:
        """Name of the archive that Pulumi's own installer fetches for this machine."""
        return f"pulumi-{formatted(self.version)}-{'-'.join(machine())}.tar.gz"

    @property
    def key(self) -> str:
        """Name of the cache's folder: another version, machine type or checksum gets another one."""
        pin = f"{self.archive} {self.checksums.get(self.archive)}"
        return f"engine-{formatted(self.version)}-{hashlib.sha256(pin.encode()).hexdigest()[:12]}"

    def get(self, folder: Path, only: str = "") -> None:
        """Download the archive and unpack its programs, which are `pulumi/NAME` in it, into `folder`; or one of them alone.

        Raises DownloadError if the pinned archive can't be downloaded, and StepError if the programs are not in it.
        """
        file = fetch(STEP, f"{self.downloads}/{self.archive}", self.checksums, folder)
        with tarfile.open(file, mode="r:gz") as archive:
            for member in archive:
                path = Path(member.name)
                wanted = member.isfile() and path.parent.name == "pulumi" and only in ("", path.name)
                program = archive.extractfile(member) if wanted else None
                if program is not None:
                    with (folder / path.name).open("wb") as output:
                        shutil.copyfileobj(program, output)
                    (folder / path.name).chmod(0o755)
        file.unlink()
        if not (folder / (only or "pulumi")).exists():
            raise StepError(STEP, f"{self.archive} has no {only or 'engine'} in it.")


@dataclass(frozen=True)
class Pins:
    """The engine to download, and the engine to build."""

    release: Release
    build: Build


PINS = Pins(Release(), Build())


def find(environ: Mapping[str, str], pins: Pins = PINS, *, explain: bool = False) -> Engine | None:
    """An engine that exists already, on PATH or in the cache. `explain`: print why one on PATH is not used."""
    return _on_path(environ, explain=explain) or _cached(environ, pins)


def existing(environ: Mapping[str, str]) -> Engine:
    """The engine that `find` finds. Raises StepError if there is none."""
    engine = find(environ)
    if engine is None:
        raise StepError(STEP, "no Pulumi engine is set up yet; `make tools` gets one.")
    return engine


def ensure(environ: Mapping[str, str], pins: Pins = PINS) -> Engine:
    """An engine that can be used. If there is none, it is downloaded or built, once for this user.

    Raises StepError when it can neither be downloaded nor built.
    """
    engine = find(environ, pins, explain=True) or _get(environ, pins)
    say(STEP, str(engine))
    return engine


def _on_path(environ: Mapping[str, str], *, explain: bool) -> Engine | None:
    path = environ.get("PATH", os.defpath)
    command = shutil.which("pulumi", path=path)
    if command is None:
        return None
    version = version_of(command, environ)
    beside = Path(command).resolve().parent / "pulumi-language-python"
    if version < OLDEST:
        fault = (
            f"{formatted(version)}, older than {formatted(OLDEST)}" if any(version) else "without a version"
        )
    elif not beside.exists() and shutil.which("pulumi-language-python", path=path) is None:
        fault = "without its pulumi-language-python"
    else:
        return Engine(Path(command).parent, version, "found on PATH")
    if explain:
        say(STEP, f"not using {command}: it is {fault}")
    return None


def version_of(command: str | Path, environ: Mapping[str, str]) -> Version:
    """The version that an engine prints. (0, 0, 0) if it does not start or prints no version."""
    env = {**stripped(environ), "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(HERE.pulumi_home)}
    try:
        answer = subprocess.run([command, "version"], env=env, capture_output=True, text=True, check=False)
    except OSError:  # built for another machine, or not a program
        return (0, 0, 0)
    return parsed(answer.stdout)


def _cached(environ: Mapping[str, str], pins: Pins) -> Engine | None:
    for source in (pins.release, pins.build):
        folder = cache_folder(environ) / source.key
        if folder.is_dir():
            return Engine(folder, source.version, "from the cache")
    return None


def _get(environ: Mapping[str, str], pins: Pins) -> Engine:
    def get(source: Release | Build) -> Path:
        return cached(STEP, environ, source.key, lambda folder: _fill(environ, source, folder))

    try:
        return Engine(get(pins.release), pins.release.version, "downloaded")
    except DownloadError as error:
        say(STEP, f"Pulumi's release is not downloaded: {error}")
    return Engine(get(pins.build), pins.build.version, "built from Go modules")


def _fill(environ: Mapping[str, str], source: Release | Build, folder: Path) -> None:
    if isinstance(source, Release):
        source.get(folder)
    else:
        source.make(environ, folder, cache_folder(environ))
    if version_of(folder / "pulumi", environ) != source.version:
        raise StepError(STEP, f"the new engine does not start as pulumi {formatted(source.version)}.")


def main() -> int:
    return exit_status(lambda: ensure(os.environ))


if __name__ == "__main__":
    sys.exit(main())
