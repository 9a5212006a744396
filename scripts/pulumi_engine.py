"""Finds or gets a Pulumi engine: on PATH, in the per-user cache, from Pulumi's own downloads, or built from Go modules.

The pins of the build are engine/go.mod (the engine; also the version that is downloaded), language_host/go.mod (the last
release of the Python language host that is a Go module) and their go.sum files, which the build may read but not change.
Both ways end in the same folder of the cache, named after a hash of the pins, and it appears there whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clone import HERE
from environment import stripped
from go_build import oldest_go, toolchain
from progress import SIGN_OF_LIFE, StepError, exit_status, say
from versions import Version, parsed, spelled

STEP = "engine"

OLDEST = (3, 150, 0)
"""Oldest engine on PATH that is used: this one has brought the main program up and down; older ones were not tried."""

DOWNLOADS = "https://get.pulumi.com/releases/sdk"
PATIENCE = 10.0
"""Seconds of silence after which Pulumi's downloads count as out of reach."""

ENGINE_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
ENGINE_MODULE = "github.com/pulumi/pulumi/pkg/v3"
HOST_COMMAND = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
SDK_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
"""Scripts of the engine's SDK module that the language host and dynamic providers are started with."""


@dataclass(frozen=True)
class Engine:
    """An engine that will do: the folder to put on PATH, its version, and where it came from."""

    folder: Path
    version: Version
    origin: str

    def __str__(self) -> str:
        return f"pulumi {spelled(self.version)}, {self.origin} ({self.folder})"


@dataclass(frozen=True)
class Pins:
    """What the cached engine is made of: two Go modules of ours that require Pulumi's."""

    engine: Path
    host: Path

    @property
    def version(self) -> Version:
        """Version of the engine, as engine/go.mod requires it."""
        required = re.search(
            rf"{re.escape(ENGINE_MODULE)} (v\S+)", (self.engine / "go.mod").read_text("utf-8")
        )
        if required is None:
            raise StepError(STEP, f"{self.engine / 'go.mod'} does not require {ENGINE_MODULE}.")
        return parsed(required[1])

    @property
    def go_version(self) -> Version:
        """Oldest Go that both modules accept."""
        return oldest_go(*self._folders)

    @property
    def key(self) -> str:
        """Name of the cache's folder: another engine, another machine type or another checksum gets another one."""
        digest = hashlib.sha256("-".join(machine()).encode())
        for folder in self._folders:
            for name in ("go.mod", "go.sum"):
                digest.update((folder / name).read_bytes())
        return f"engine-{spelled(self.version)}-{digest.hexdigest()[:12]}"

    @property
    def _folders(self) -> tuple[Path, Path]:
        return self.engine, self.host


PINS = Pins(engine=HERE.scripts / "engine", host=HERE.scripts / "language_host")


def machine() -> tuple[str, str]:
    """Type of this machine in the words of Pulumi's downloads, such as ("linux", "x64") or ("darwin", "arm64")."""
    name = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(name, name)


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Folder of this project in the user's cache (XDG base directories: a relative XDG_CACHE_HOME is ignored)."""
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else Path.home() / ".cache"
    return base / "proton-provider"


def find(environ: Mapping[str, str], pins: Pins = PINS, *, explain: bool = False) -> Engine | None:
    """An engine that is there already, on PATH or in the cache; `explain` says why one on PATH is passed over."""
    return _on_path(environ, explain=explain) or _cached(environ, pins)


def ensure(environ: Mapping[str, str], pins: Pins = PINS) -> Engine:
    """An engine that will do; where there is none, it is downloaded or built, once for this user.

    Raises StepError when it can neither be downloaded nor built.
    """
    engine = find(environ, pins, explain=True)
    if engine is None:
        cache = cache_folder(environ)
        cache.mkdir(parents=True, exist_ok=True)
        with alone(STEP, cache):
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
        say(STEP, f"passing over {command}: it is {fault}")
    return None


def version_of(command: str | Path, environ: Mapping[str, str]) -> Version:
    """What an engine says it is; (0, 0, 0) when it does not start or says nothing of the kind."""
    env = {**stripped(environ), "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(HERE.pulumi_home)}
    try:
        answer = subprocess.run([command, "version"], env=env, capture_output=True, text=True, check=False)
    except OSError:  # built for another machine, or not a program
        return (0, 0, 0)
    return parsed(answer.stdout)


def _cached(environ: Mapping[str, str], pins: Pins) -> Engine | None:
    folder = cache_folder(environ) / pins.key
    return Engine(folder, pins.version, "from the cache") if folder.is_dir() else None


@contextmanager
def alone(step: str, cache: Path) -> Iterator[None]:
    """Let one process at a time fill the cache; the lock ends with the process, however that ends."""
    with (cache / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(step, "another set-up is filling the cache: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _get(environ: Mapping[str, str], pins: Pins, cache: Path) -> Engine:
    for half_made in cache.glob("unfinished-*"):
        shutil.rmtree(half_made)
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=cache) as temporary:
        folder, origin = Path(temporary) / "downloaded", "downloaded"
        folder.mkdir()
        try:
            download(archive_url(pins), folder)
        except (OSError, http.client.HTTPException, tarfile.TarError) as error:
            say(STEP, f"Pulumi's own downloads are out of reach ({error})")
            folder, origin = Path(temporary) / "built", "built from Go modules"
            folder.mkdir()
            build(environ, pins, folder, cache)
        if version_of(folder / "pulumi", environ) != pins.version:
            raise StepError(STEP, f"the {origin} engine does not start as pulumi {spelled(pins.version)}.")
        folder.rename(cache / pins.key)
    return Engine(cache / pins.key, pins.version, origin)


def archive_url(pins: Pins) -> str:
    """What Pulumi's own installer fetches for this machine."""
    return f"{DOWNLOADS}/pulumi-{spelled(pins.version)}-{'-'.join(machine())}.tar.gz"


def download(url: str, folder: Path) -> None:
    """Unpack the programs of a release archive into `folder`; they are the files `pulumi/NAME` in it.

    Raises OSError when the address is out of reach, silent for `PATIENCE` seconds or without such an archive, TarError
    when what it sends is none.
    """
    say(STEP, f"downloading {url}")
    with (
        urllib.request.urlopen(url, timeout=PATIENCE) as answer,  # noqa: S310 - the address is https and named above
        tarfile.open(fileobj=io.BufferedReader(_Watched(answer)), mode="r|gz") as archive,
    ):
        for member in archive:
            path = Path(member.name)
            wanted = member.isfile() and path.parent.name == "pulumi"
            program = archive.extractfile(member) if wanted else None
            if program is not None:
                with (folder / path.name).open("wb") as file:
                    shutil.copyfileobj(program, file)
                (folder / path.name).chmod(0o755)
    if not (folder / "pulumi").exists():
        raise tarfile.ReadError(f"{url} holds no engine")


class _Watched(io.RawIOBase):
    """A download that says how far it is."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._bytes = 0
        self._said = time.monotonic()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is of 3.12
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._bytes += len(data)
        if time.monotonic() - self._said >= SIGN_OF_LIFE:
            self._said = time.monotonic()
            say(STEP, f"  {self._bytes / 1e6:.0f} MB")
        return len(data)


def build(environ: Mapping[str, str], pins: Pins, folder: Path, cache: Path) -> None:
    """Build the engine and its Python language host into `folder`, from exactly the modules that go.sum names.

    Raises StepError.
    """
    version = spelled(pins.version)
    # Without a version the Automation API refuses the engine.
    flags = f"-s -w -X {SDK_MODULE}/go/common/version.Version={version}"
    with toolchain(STEP, environ, pins.go_version, cache) as go:
        say(
            STEP, f"building pulumi {version} from Go modules: 5 to 10 minutes on 2 cores, once for this user"
        )
        go.build(pins.engine, ENGINE_COMMAND, folder, flags)
        go.build(pins.host, HOST_COMMAND, folder, flags)
        listing = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK_MODULE]
        log = go.run("finding Pulumi's SDK module", listing, pins.engine, log="sdk")
        sdk = Path(log.read_text(encoding="utf-8").splitlines()[-1])
        for script in SDK_SCRIPTS:
            copy = folder / Path(script).name
            shutil.copyfile(sdk / script, copy)
            copy.chmod(0o755)


def main() -> int:
    return exit_status(lambda: ensure(os.environ))


if __name__ == "__main__":
    sys.exit(main())
