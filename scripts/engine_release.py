"""Downloads, checks and unpacks a Pulumi release: the engine and all language hosts."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from downloads import DownloadError, checksums, fetch, machine
from progress import StepError
from versions import Version, spelled

STEP = "engine"


@dataclass(frozen=True)
class Release:
    """A release of Pulumi, pinned by its version and the SHA-256 of its archives."""

    version: Version = (3, 267, 0)
    downloads: str = "https://get.pulumi.com/releases/sdk"
    checksums: Mapping[str, str] = field(default_factory=checksums)

    @property
    def archive(self) -> str:
        """Name of the archive that Pulumi's own installer fetches for this machine."""
        return f"pulumi-{spelled(self.version)}-{'-'.join(machine())}.tar.gz"

    @property
    def key(self) -> str:
        """Name of the cache's folder: another version, machine type or checksum gets another one."""
        pin = f"{self.archive} {self.checksums.get(self.archive)}"
        return f"engine-{spelled(self.version)}-{hashlib.sha256(pin.encode()).hexdigest()[:12]}"

    def get(self, folder: Path) -> None:
        """Download the archive and unpack its programs, which are `pulumi/NAME` in it, into `folder`.

        Raises DownloadError if the pinned archive can't be downloaded, and StepError if it has no engine.
        """
        sha256 = self.checksums.get(self.archive)
        if sha256 is None:
            raise DownloadError(f"no SHA-256 is pinned for {self.archive}")
        file = fetch(STEP, f"{self.downloads}/{self.archive}", sha256, folder)
        with tarfile.open(file, mode="r:gz") as archive:
            for member in archive:
                path = Path(member.name)
                wanted = member.isfile() and path.parent.name == "pulumi"
                program = archive.extractfile(member) if wanted else None
                if program is not None:
                    with (folder / path.name).open("wb") as output:
                        shutil.copyfileobj(program, output)
                    (folder / path.name).chmod(0o755)
        file.unlink()
        if not (folder / "pulumi").exists():
            raise StepError(STEP, f"{self.archive} has no engine in it.")
