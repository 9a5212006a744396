"""Downloads an archive and checks its SHA-256 before anything of it is unpacked or run.

downloads.sha256 names the files that may be downloaded, and says where each hash comes from.
"""

from __future__ import annotations

import hashlib
import http.client
import platform
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from clone import HERE
from progress import say

PATIENCE = 10.0
"""Seconds without data after which an address counts as out of reach."""

PIECE = 1 << 20
GZIP = b"\x1f\x8b"
"""The first two bytes of every archive. An error page does not begin with them."""


class DownloadError(Exception):
    """There is no usable download: none for this machine, none that can be reached, or not the pinned file.

    Its text says why. The set-up goes on without the download.
    """


def checksums(file: Path = HERE.scripts / "downloads.sha256") -> dict[str, str]:
    """SHA-256 of each archive by the archive's name, in hexadecimal."""
    lines = file.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines if not line.startswith("#"))}


def machine() -> tuple[str, str]:
    """System and processor of this machine as Pulumi names them, such as ("linux", "x64") or ("darwin", "arm64")."""
    name = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(name, name)


def fetch(step: str, url: str, pinned: Mapping[str, str], folder: Path) -> Path:
    """Download an archive into `folder`. `pinned` has the SHA-256 of each archive. One with another SHA-256 is removed.

    Raises DownloadError if the archive is not pinned, if the address can't be reached, sends nothing for `PATIENCE`
    seconds, stops too early, or sends another file than the pinned one.
    """
    name = url.rpartition("/")[2]
    sha256 = pinned.get(name)
    if sha256 is None:
        raise DownloadError(f"no SHA-256 is pinned for {name}")
    say(step, f"downloading {url}")
    file = folder / name
    digest = hashlib.sha256()
    try:
        with file.open("wb") as output:
            for piece in _pieces(url):
                digest.update(piece)
                output.write(piece)
    except (OSError, http.client.HTTPException) as error:
        file.unlink()
        raise DownloadError(f"{url} is out of reach: {error}") from error
    if digest.hexdigest() != sha256:
        with file.open("rb") as start:
            is_archive = start.read(len(GZIP)) == GZIP
        file.unlink()
        if not is_archive:
            raise DownloadError(f"{url} answers with no archive")
        raise DownloadError(
            f"REFUSED: {url} has the SHA-256 {digest.hexdigest()}, but scripts/downloads.sha256 pins {sha256}. "
            "The file was removed; nothing of it was unpacked or run."
        )
    return file


def _pieces(url: str) -> Iterator[bytes]:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - the caller names an https address
        expected, received = answer.length, 0
        while piece := answer.read(PIECE):
            yield piece
            received += len(piece)
    if expected is not None and received < expected:
        raise http.client.IncompleteRead(b"", expected - received)
