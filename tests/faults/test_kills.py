"""Kills at points spread over an `up`: the next `up` ends what the killed one began, and nothing is lost.

What Pulumi itself asks for after a kill, seen with engine 3.259 and a file backend:

- after the engine was killed the next command says that the stack is locked, and `pulumi cancel` unlocks it;
- the next `up` warns of the operations that were interrupted, and does them again. An interrupted update is forgotten
  with that; an interrupted create is warned of at every `up`, until `pulumi refresh --clear-pending-creates`;
- after the plugin alone was killed the `up` fails with `error reading from server: EOF`, and nothing is locked;
- Pulumi replaces the state whole, but writes the metadata beside it (`NAME.json.attrs`) in place: an engine that dies
  in that moment leaves them empty, and every command fails with `failed to load checkpoint: EOF`. Deleting the empty
  file mends that; a backend `file://...?metadata=skip`, as here, has no such files.

A plugin whose engine was killed goes on with the calls that it has begun, and stays until it is ended by hand.
"""

from __future__ import annotations

from engine.harness import Client, MakeStack
from faults.conftest import Found
from faults.kill_scenarios import kill_changes, kill_creations
from faults.kills import points

from proton_provider.local import LocalAws

POINTS = 40
CONNECTIONS = 20
HELD_BACK = 0.3
"""Seconds by which each changing call is answered late: most kills meet calls that are done and not answered."""


def test_a_killed_change_of_roles_is_ended_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found
) -> None:
    """Wherever an `up` that changes roles dies, the next one sets them all, and the roles from before are known."""
    kills = points(POINTS, CONNECTIONS, HELD_BACK)
    tally = kill_changes(make_stack, aws, client, kills, connections=CONNECTIONS, held_back=HELD_BACK)
    found(
        f"an `up` that changes {CONNECTIONS} connections, killed at {POINTS} points",
        f"{tally}; all converged",
    )


def test_a_killed_first_up_is_ended_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found
) -> None:
    """Wherever a first `up` dies, the next one makes every connection, and none of them twice."""
    kills = points(POINTS, CONNECTIONS, HELD_BACK)
    tally = kill_creations(make_stack, aws, client, kills, connections=CONNECTIONS, held_back=HELD_BACK)
    found(
        f"a first `up` of {CONNECTIONS // 2} roles and {CONNECTIONS // 2} connections, killed at {POINTS} points",
        f"{tally}; all converged, none made twice; "
        f"{tally.unrecorded} of {POINTS * CONNECTIONS // 2} lost their roles from before",
    )
