"""Makes an SDK in TypeScript or Go from a schema with Pulumi's generators, which are built from Go modules."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from clone import HERE
from language_hosts import digest
from progress import say
from user_cache import cache_folder, cached
from without_downloads.go_build import oldest_go, toolchain

STEP = "sdk"
PINS = HERE.scripts / "without_downloads" / "engine"
"""The generator is part of the engine's module."""
SOURCE = PINS / "sdk_generator"


def generate(environ: Mapping[str, str], runtime: str, schema: Path, folder: Path) -> None:
    """Write the sources of the SDK for programs of `runtime` ("nodejs" or "go") into `folder`.

    Raises StepError when the generator cannot be built.
    """
    generator = ensure(environ)
    subprocess.run([generator, runtime, schema, folder], check=True)


def ensure(environ: Mapping[str, str]) -> Path:
    """The generator, built once for this user. Raises StepError when it cannot be built."""

    def build(folder: Path) -> None:
        say(
            STEP,
            "building Pulumi's SDK generator from Go modules: 1 to 3 minutes on 2 cores, once for this user",
        )
        with toolchain(STEP, environ, oldest_go(PINS), cache_folder(environ)) as go:
            go.build(PINS, "proton-provider/engine/sdk_generator", folder)

    key = f"sdk-generator-{digest(PINS / 'go.mod', PINS / 'go.sum', SOURCE / 'main.go')}"
    return cached(STEP, environ, key, build) / SOURCE.name
