"""The paths of one clone: its .venv, its Pulumi home, its state and its local AWS."""

from __future__ import annotations

from pathlib import Path


class Clone:
    """A working copy of the project. The set-up writes only to `.venv` and `.local`, which git ignores."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.scripts = root / "scripts"
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.local = root / ".local"
        self.logs = self.local / "logs"
        self.pulumi_home = self.local / "pulumi-home"
        self.state = self.local / "state"
        """Folder of the file backend."""
        self.aws = self.local / "aws"
        """Folder of the local AWS's pid, url and log."""
        self.stack_config = root / "examples" / "one_stack" / "Pulumi.local.yaml"
        """Config of the stack `local`; the root Pulumi.yaml's `stackConfigDir` names its folder."""


HERE = Clone(Path(__file__).resolve().parents[1])
