"""The paths of one clone: its .venv, its Pulumi home, its state and its local AWS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clone:
    """A working copy of the project. The set-up writes only to `.venv` and `.local`, which git ignores."""

    root: Path

    @property
    def scripts(self) -> Path:
        return self.root / "scripts"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def local(self) -> Path:
        return self.root / ".local"

    @property
    def logs(self) -> Path:
        return self.local / "logs"

    @property
    def pulumi_home(self) -> Path:
        return self.local / "pulumi-home"

    @property
    def state(self) -> Path:
        """Folder of the file backend."""
        return self.local / "state"

    @property
    def aws(self) -> Path:
        """Folder of the local AWS's pid, url and log."""
        return self.local / "aws"

    @property
    def stack_config(self) -> Path:
        """Config of the stack `local`; the root Pulumi.yaml's `stackConfigDir` names its folder."""
        return self.root / "examples" / "one_stack" / "Pulumi.local.yaml"


HERE = Clone(Path(__file__).resolve().parents[1])
