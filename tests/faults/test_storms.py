"""200 connections are updated while many calls fail: one `up` completes them all, and no change is made twice."""

from __future__ import annotations

from functools import partial

from engine.harness import Client, MakeStack
from faults.conftest import Found
from faults.storms import failing, handshakes_in_a_storm, late, lost, update_in_storms

from proton_provider.local import LocalAws

CONNECTIONS = 200
HANDSHAKES = 20
STORMS = {
    "half of the calls throttled": partial(failing, code="ThrottlingException", every=2),
    "every fifth call an InternalServerException": partial(failing, code="InternalServerException", every=5),
    "every fifth connection reset before the effect, every fifth after it": partial(lost, every=5),
    "eight answers later than the read time-out": partial(late, times=(0, CONNECTIONS // 2)),
}


def test_one_up_comes_through_each_storm(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found
) -> None:
    """All connections are updated in one `up`, whatever AWS answers at first, and every repeated call says the same."""
    survived = update_in_storms(STORMS, make_stack, aws, client, connections=CONNECTIONS)
    for storm, cost in survived.items():
        found(storm, str(cost))


def test_nothing_is_made_twice_in_a_storm(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found
) -> None:
    """Requests, acceptances, changes and deletions whose answers are lost are called for again, and done once."""
    calls = handshakes_in_a_storm(make_stack, aws, client, connections=HANDSHAKES, every=3)
    costs = ", ".join(f"{count} {operation}" for operation, count in calls.items())
    found(
        f"every third answer lost in the life of {HANDSHAKES} handshakes",
        f"all converged, none made twice; {costs}",
    )
