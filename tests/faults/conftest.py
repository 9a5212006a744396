"""What the fault tests share: the engine's fixtures, and a table of what was found, printed at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import pytest
from engine.conftest import _local_aws, aws, client, connection_id, make_stack, proton_calls

__all__ = ["_local_aws", "aws", "client", "connection_id", "make_stack", "proton_calls"]

Found: TypeAlias = Callable[[str, str], None]
"""Puts one line into the table: what was done, and what was found."""

_ROWS: Final = pytest.StashKey[list[tuple[str, str]]]()


@pytest.fixture
def found(request: pytest.FixtureRequest) -> Found:
    """Puts one line into the table at the end."""
    rows = request.config.stash.setdefault(_ROWS, [])

    def put(what: str, outcome: str) -> None:
        rows.append((what, outcome))

    return put


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, as the documentation quotes it."""
    if rows := config.stash.get(_ROWS, []):
        terminalreporter.section("what the faults did")
        terminalreporter.write_line("| fault | found |")
        terminalreporter.write_line("| --- | --- |")
        for what, outcome in rows:
            terminalreporter.write_line(f"| {what} | {outcome} |")
