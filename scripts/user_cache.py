"""The folder of the user's cache, which all clones share. A folder in it appears only when it is complete."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from downloads import machine
from progress import StepError, say


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Folder of this project in the user's cache (XDG base directories: a relative XDG_CACHE_HOME is ignored)."""
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else Path.home() / ".cache"
    return base / "proton-provider"


def digest(*files: Path) -> str:
    """The end of the name of a folder in the cache. It differs for each machine type and content of the files."""
    sha256 = hashlib.sha256("-".join(machine()).encode())
    for file in files:
        sha256.update(file.read_bytes())
    return sha256.hexdigest()[:12]


def cached(step: str, environ: Mapping[str, str], key: str, make: Callable[[Path], object]) -> Path:
    """The cache's folder `key`. If there is none, `make` fills it, in one process at a time.

    Raises StepError when the cache can't be written to.
    """
    cache = cache_folder(environ)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / "lock").open("w", encoding="ascii")
    except OSError as error:
        raise StepError(
            step, f"{cache} can't be written to: {error.strerror}. Name another folder in XDG_CACHE_HOME."
        ) from error
    with lock:  # a lock ends with its process, even if that is killed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(step, "another set-up is filling the cache: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / key).is_dir():
            for half_made in cache.glob("unfinished-*"):
                shutil.rmtree(half_made)
            with tempfile.TemporaryDirectory(prefix="unfinished-", dir=cache) as temporary:
                folder = Path(temporary) / key
                folder.mkdir()
                make(folder)
                folder.rename(cache / key)
    return cache / key
