"""Makes small archives and programs in the form of Pulumi's downloads."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def engine(folder: Path, version: str, *, host: bool = True) -> None:
    """An engine that says its version, and a language host."""
    program(folder / "pulumi", f"#!/bin/sh\necho {version}\n")
    if host:
        program(folder / "pulumi-language-python", "#!/bin/sh\n")


def archive(path: Path, members: dict[str, str]) -> str:
    """Write an archive of programs; its SHA-256."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            member.mode = 0o755
            tar.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()
