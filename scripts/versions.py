"""Versions as three numbers, however their program spells them."""

from __future__ import annotations

import re
from typing import TypeAlias

Version: TypeAlias = tuple[int, int, int]


def parsed(version: str) -> Version:
    """`v3.259.0`, `go1.26.8`, `1.25`: three numbers, the missing ones 0; (0, 0, 0) for what has no version."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)


def spelled(version: Version) -> str:
    return "v" + ".".join(map(str, version))
