"""The folder of the user's cache, which all clones share, and a lock so that one process at a time fills it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from progress import StepError, say


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Folder of this project in the user's cache (XDG base directories: a relative XDG_CACHE_HOME is ignored)."""
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else Path.home() / ".cache"
    return base / "proton-provider"


def writable_cache(step: str, environ: Mapping[str, str]) -> Path:
    """The cache's folder, with a file `lock` in it. Raises StepError when it can't be written to."""
    cache = cache_folder(environ)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "lock").open("a").close()
    except OSError as error:
        raise StepError(
            step, f"{cache} can't be written to: {error.strerror}. Name another folder in XDG_CACHE_HOME."
        ) from error
    return cache


@contextmanager
def alone(step: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """The cache's folder, for one process at a time to fill. The lock ends when the process ends, even if it is killed."""
    cache = writable_cache(step, environ)
    with (cache / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(step, "another set-up is filling the cache: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache
