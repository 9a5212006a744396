"""Language hosts beside Python's for a test's stack, got first where this machine does not have them."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import language_hosts


def add_host(env: dict[str, str], runtime: str) -> None:
    """Let an engine with this environment start programs of a runtime: "yaml", "nodejs" or "go"."""
    env["PATH"] = os.pathsep.join([env["PATH"], str(_folder(runtime))])


@functools.cache  # nothing of it changes while the tests run
def _folder(runtime: str) -> Path:
    return language_hosts.ensure(os.environ, language_hosts.HOSTS[runtime])
