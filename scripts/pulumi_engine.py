"""Finds or installs a Pulumi engine: on PATH, in the user's cache, from Pulumi's release, or built from Go modules.

A downloaded or built engine goes into a folder of the cache, which is named after its pins. The folder appears only when
it is complete.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clone import HERE
from downloads import DownloadError
from engine_release import Release
from environment import stripped
from progress import StepError, exit_status, say
from user_cache import alone, cache_folder
from versions import Version, parsed, spelled
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
        return f"pulumi {spelled(self.version)}, {self.origin} ({self.folder})"


@dataclass(frozen=True)
class Pins:
    """The engine to download, and the engine to build."""

    release: Release
    build: Build


PINS = Pins(Release(), Build())


def find(environ: Mapping[str, str], pins: Pins = PINS, *, explain: bool = False) -> Engine | None:
    """An engine that exists already, on PATH or in the cache. `explain`: print why one on PATH is not used."""
    return _on_path(environ, explain=explain) or _cached(environ, pins)


def ensure(environ: Mapping[str, str], pins: Pins = PINS) -> Engine:
    """An engine that can be used. If there is none, it is downloaded or built, once for this user.

    Raises StepError when it can neither be downloaded nor built.
    """
    engine = find(environ, pins, explain=True)
    if engine is None:
        with alone(STEP, environ) as cache:
            engine = _cached(environ, pins) or _get(environ, pins, cache)
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
        fault = f"{spelled(version)}, older than {spelled(OLDEST)}" if any(version) else "without a version"
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


def _get(environ: Mapping[str, str], pins: Pins, cache: Path) -> Engine:
    for half_made in cache.glob("unfinished-*"):
        shutil.rmtree(half_made)
    source: Release | Build
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=cache) as temporary:
        folder = Path(temporary) / "engine"
        folder.mkdir()
        try:
            pins.release.get(folder)
            source, origin = pins.release, "downloaded"
        except DownloadError as error:
            say(STEP, f"Pulumi's release is not downloaded: {error}")
            pins.build.make(environ, folder, cache)
            source, origin = pins.build, "built from Go modules"
        if version_of(folder / "pulumi", environ) != source.version:
            raise StepError(STEP, f"the {origin} engine does not start as pulumi {spelled(source.version)}.")
        folder.rename(cache / source.key)
    return Engine(cache / source.key, source.version, origin)


def main() -> int:
    return exit_status(lambda: ensure(os.environ))


if __name__ == "__main__":
    sys.exit(main())
