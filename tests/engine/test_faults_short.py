"""A short cut of the faults in `tests/faults`; `make test-faults` runs them at full length.

Denials and roles that cannot be assumed yet are in the tests of `aws`, lost answers to requests in
`test_lifecycle_connection`, both in process. Two stacks at once have no short cut.
"""

from __future__ import annotations

from engine.harness import Client, MakeStack
from faults.kill_scenarios import kill_changes, kill_creations
from faults.kills import points
from faults.storms import everything, update_in_storms

from proton_provider.local import LocalAws

HELD_BACK = 0.2


def test_a_killed_change_of_roles_is_ended_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Wherever an `up` that changes roles dies, the next one sets them all, and the roles from before are known."""
    kills = points(3, 6, HELD_BACK)[1:2]
    kill_changes(make_stack, aws, client, kills, connections=6, held_back=HELD_BACK)


def test_a_killed_first_up_is_ended_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Wherever a first `up` dies, the next one makes every connection, and none of them twice."""
    kills = points(3, 6, HELD_BACK)[1:2]
    kill_creations(make_stack, aws, client, kills, connections=6, held_back=HELD_BACK)


def test_one_up_comes_through_a_storm(make_stack: MakeStack, aws: LocalAws, client: Client) -> None:
    """Connections are updated in one `up`, though calls are throttled, fail inside AWS or get lost on their way."""
    update_in_storms({"everything": everything}, make_stack, aws, client, connections=8)
