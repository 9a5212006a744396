"""Reads a program's version as three numbers, and formats it."""

from __future__ import annotations

import re
from typing import TypeAlias

Version: TypeAlias = tuple[int, int, int]


def parsed(version: str) -> Version:
    """The three numbers in `v3.259.0`, `go1.26.8` or `1.25`. Missing ones are 0. (0, 0, 0): there is no version."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)


def formatted(version: Version) -> str:
    """The version as text, such as `v3.259.0`."""
    return "v" + ".".join(map(str, version))
