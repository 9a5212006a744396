"""Describes the machine of a run, and the versions of everything that was used."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = ("proton-provider", "pulumi", "boto3", "botocore", "moto", "awscli")
_PROCESSOR: Final = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


def machine() -> dict[str, Any]:
    """The machine's kind, without its name."""
    processor = _PROCESSOR.search(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return {
        "processor": processor[1] if processor else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """The versions of the engine, Python, and the packages that take part."""
    engine = subprocess.run(["pulumi", "version"], check=True, stdout=subprocess.PIPE, text=True)
    return {
        "Pulumi engine": engine.stdout.strip().removeprefix("v"),
        "Python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }
