"""Builds the engine and its Python language host from the Go modules that two go.sum files pin."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from progress import StepError, say
from user_cache import digest
from versions import Version, formatted, parsed

from without_downloads.go_build import oldest_go, pin_files, toolchain

STEP = "engine"
HERE = Path(__file__).parent

ENGINE_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
ENGINE_MODULE = "github.com/pulumi/pulumi/pkg/v3"
HOST_COMMAND = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
SDK_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
"""Scripts in the engine's SDK module that start the language host and dynamic providers."""


@dataclass(frozen=True)
class Build:
    """An engine pinned by two Go modules of ours, which require Pulumi's."""

    engine: Path = HERE / "engine"
    host: Path = HERE / "language_host"

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
    def key(self) -> str:
        """The name of the folder in the cache."""
        return f"engine-{formatted(self.version)}-{digest(*pin_files(self.engine, self.host))}"

    def make(self, environ: Mapping[str, str], folder: Path, cache: Path) -> None:
        """Build into `folder`; the logs go to `cache`. Raises StepError."""
        version = formatted(self.version)
        # The Automation API refuses an engine without a version.
        flags = f"-s -w -X {SDK_MODULE}/go/common/version.Version={version}"
        with toolchain(STEP, environ, oldest_go(self.engine, self.host), cache) as go:
            say(
                STEP,
                f"building pulumi {version} from Go modules: 5 to 10 minutes on 2 cores, once for this user",
            )
            go.build(self.engine, ENGINE_COMMAND, folder, flags)
            go.build(self.host, HOST_COMMAND, folder, flags)
            listing = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK_MODULE]
            log = go.run("finding Pulumi's SDK module", listing, self.engine, log="sdk")
            sdk = Path(log.read_text(encoding="utf-8").splitlines()[-1])
            for script in SDK_SCRIPTS:
                copy = folder / Path(script).name
                shutil.copyfile(sdk / script, copy)
                copy.chmod(0o755)
