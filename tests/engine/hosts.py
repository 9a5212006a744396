"""Language hosts beside Python's for a test's stack, got first where this machine does not have them."""

from __future__ import annotations

import os

import language_hosts


def add_host(env: dict[str, str], runtime: str) -> None:
    """Let an engine with this environment start programs of a runtime: "yaml", "nodejs" or "go"."""
    host = language_hosts.ensure(os.environ, language_hosts.HOSTS[runtime])
    env["PATH"] = os.pathsep.join([env["PATH"], str(host)])
