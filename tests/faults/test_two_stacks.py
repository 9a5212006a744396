"""Two stacks set the roles of the same connections at once: the last one wins completely, and the other one sees it."""

from __future__ import annotations

from engine.harness import Client, MakeStack
from faults.conftest import Found
from faults.two_stacks import run_at_once

ROUNDS = 4
CONNECTIONS = 10


def test_the_last_writer_wins_and_the_other_stack_sees_it(
    make_stack: MakeStack, client: Client, found: Found
) -> None:
    """Both stacks end well, a connection holds the roles of one of them, and the other's refresh shows the change."""
    won = run_at_once(make_stack, client, rounds=ROUNDS, connections=CONNECTIONS)
    found(
        f"two stacks set the roles of the same {CONNECTIONS} connections at once, {ROUNDS} times",
        f"the first won {', '.join(map(str, won))} of {CONNECTIONS}; no mixture, all losses seen by the next refresh",
    )
