"""Finds or installs what programs in other languages need: Pulumi's language hosts, SDK generators and Node.js packages.

A Pulumi release has all hosts beside its engine. If the engine was built, its hosts are built from Go modules too, with
the pins in without_downloads/. Only the tests need them; `make up` does not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi_engine
from clone import HERE
from downloads import DownloadError
from progress import exit_status, run_logged, say
from user_cache import cache_folder, cached, digest
from without_downloads.go_build import oldest_go, pin_files, toolchain

STEP = "hosts"

BUILT_FROM = HERE.scripts / "without_downloads"


@dataclass(frozen=True)
class Host:
    """A language host, which starts the programs of one `runtime`."""

    runtime: str
    pins: Path
    """Folder of the go.mod and go.sum that the host is built from."""
    parent: str
    """The Go package of its program, without the program's name."""

    @property
    def program(self) -> str:
        return f"pulumi-language-{self.runtime}"

    @property
    def key(self) -> str:
        """Name of the cache's folder: another pin or another machine type gets another one."""
        return f"{self.runtime}-host-{digest(*pin_files(self.pins))}"


_SDK = "github.com/pulumi/pulumi/sdk/v3"
_SDK_PINS = BUILT_FROM / "nodejs_and_go_hosts"
HOSTS = {
    "yaml": Host("yaml", BUILT_FROM / "yaml_host", "github.com/pulumi/pulumi-yaml/cmd"),
    "nodejs": Host("nodejs", _SDK_PINS, f"{_SDK}/nodejs/cmd"),
    "go": Host("go", _SDK_PINS, f"{_SDK}/go"),
}


def find(environ: Mapping[str, str], host: Host) -> Path | None:
    """The folder of a host that exists already: beside the engine, on PATH, or in the cache."""
    engine = pulumi_engine.find(environ)
    if engine is not None:
        beside = (engine.folder / "pulumi").resolve().parent
        if (beside / host.program).exists():
            return beside
    on_path = shutil.which(host.program, path=environ.get("PATH", os.defpath))
    if on_path is not None:
        return Path(on_path).parent
    cached = cache_folder(environ) / host.key
    return cached if cached.is_dir() else None


def ensure(
    environ: Mapping[str, str], host: Host, release: pulumi_engine.Release = pulumi_engine.PINS.release
) -> Path:
    """The folder to put on PATH. If the host does not exist, it is downloaded or built, once for this user.

    Raises StepError when it can neither be downloaded nor built.
    """
    folder = find(environ, host) or cached(
        STEP, environ, host.key, lambda made: _get(environ, host, release, made)
    )
    say(STEP, f"{host.program} ({folder})")
    return folder


def ensure_nodejs_packages(environ: Mapping[str, str]) -> Path:
    """The folder node_modules with the packages of nodejs_packages/package.json, installed once for this user.

    Raises StepError when npm is not there or cannot install them.
    """
    wanted = HERE.scripts / "nodejs_packages" / "package.json"

    def install(folder: Path) -> None:
        say(STEP, "installing Pulumi's Node.js packages")
        shutil.copyfile(wanted, folder / wanted.name)
        npm = ["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"]
        log = cache_folder(environ) / "npm.log"
        run_logged(STEP, "installing Node.js packages", npm, log, cwd=folder, env=environ)

    return cached(STEP, environ, f"nodejs-packages-{digest(wanted)}", install) / "node_modules"


def sdk_generator(environ: Mapping[str, str]) -> Path:
    """The program that writes an SDK: its arguments are "nodejs" or "go", a schema and a folder. Built once for this user.

    Raises StepError when it cannot be built.
    """
    pins = BUILT_FROM / "engine"  # the generators are part of the engine's module
    key = f"sdk-generator-{digest(*pin_files(pins), pins / 'sdk_generator' / 'main.go')}"
    package = "proton-provider/engine/sdk_generator"
    return cached(STEP, environ, key, lambda made: _build(environ, pins, package, made)) / "sdk_generator"


def _get(environ: Mapping[str, str], host: Host, release: pulumi_engine.Release, folder: Path) -> None:
    try:
        release.get(folder, only=host.program)
    except DownloadError as error:
        say(STEP, f"Pulumi's release is not downloaded: {error}")
        _build(environ, host.pins, f"{host.parent}/{host.program}", folder)


def _build(environ: Mapping[str, str], pins: Path, package: str, folder: Path) -> None:
    name = package.rpartition("/")[2]
    say(STEP, f"building {name} from Go modules: 1 to 3 minutes on 2 cores, once for this user")
    with toolchain(STEP, environ, oldest_go(pins), cache_folder(environ)) as go:
        go.build(pins, package, folder)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/language_hosts.py", description=__doc__)
    parser.add_argument("runtime", nargs="+", choices=HOSTS, help="the language's name in Pulumi.yaml")
    options = parser.parse_args(arguments)

    def get() -> None:
        pulumi_engine.existing(os.environ)
        for runtime in options.runtime:
            ensure(os.environ, HOSTS[runtime])
        if "nodejs" in options.runtime:
            ensure_nodejs_packages(os.environ)

    return exit_status(get)


if __name__ == "__main__":
    sys.exit(main())
