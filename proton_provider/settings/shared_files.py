"""Reads AWS's shared configuration and credentials files with botocore's parser. Unchanged files are read once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from proton_provider.errors import ConfigurationError, one_line
from proton_provider.settings import NO_FILES, SharedFiles

_Stamp = tuple[tuple[str, int, int], ...]
_KEPT = 8
_read: dict[_Stamp, SharedFiles] = {}
_lock = threading.Lock()


def read(config_files: Sequence[str], credentials_files: Sequence[str]) -> SharedFiles:
    """The merged content of the files. Later files win over earlier ones, and credentials files over configuration files.

    A file that does not exist counts as empty. Raises `ConfigurationError` for a file that is not valid.
    """
    stamp = (*_stamps(config_files), ("", 0, 0), *_stamps(credentials_files))
    if len(stamp) == 1:
        return NO_FILES
    with _lock:
        if stamp not in _read:
            if len(_read) >= _KEPT:
                _read.pop(next(iter(_read)))
            _read[stamp] = _parse(config_files, credentials_files)
        return _read[stamp]


def _stamps(paths: Iterable[str]) -> Iterable[tuple[str, int, int]]:
    for path in paths:
        try:
            seen = os.stat(os.path.expanduser(path))  # noqa: PTH111, PTH116  # as botocore, and quicker
        except OSError:
            continue
        yield path, seen.st_mtime_ns, seen.st_size


def _parse(config_files: Sequence[str], credentials_files: Sequence[str]) -> SharedFiles:
    # botocore is slow to import, and many machines have no such files.
    from botocore.configloader import load_config, raw_config_parse  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ConfigNotFound  # noqa: PLC0415

    merged: dict[str, Any] = {"profiles": {}}
    try:
        for path in config_files:
            try:
                loaded = load_config(path)
            except ConfigNotFound:
                continue
            for section, names in loaded.items():
                if isinstance(names, dict):
                    for name, members in names.items():
                        _merge(merged.setdefault(section, {}), name, members)
        for path in credentials_files:
            try:
                profiles = raw_config_parse(path)
            except ConfigNotFound:
                continue
            for name, members in profiles.items():
                _merge(merged["profiles"], name, members)
    except (BotoCoreError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"AWS's shared configuration files are not valid: {one_line(str(error)).rstrip('.')}. Correct the file."
        ) from None
    return SharedFiles(merged)


def _merge(section: dict[str, Any], name: str, members: Any) -> None:
    known = section.get(name)
    section[name] = {**known, **members} if isinstance(known, dict) and isinstance(members, dict) else members
