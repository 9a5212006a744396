"""Storms while 200 connections are updated: one `up` comes through each, and no change is made twice."""

from __future__ import annotations

from functools import partial

import pytest
from engine.harness import Client, MakeStack
from faults.conftest import Found
from faults.storms import Storm, failing, handshakes_in_a_storm, late, lost, update_in

from proton_provider.local import LocalAws

import os
CONNECTIONS = int(os.environ.get("PTS","200"))
HANDSHAKES=int(os.environ.get("HS","30"))


@pytest.mark.parametrize(
    ("name", "storm"),
    [
        ("half of the calls throttled", partial(failing, code="ThrottlingException", every=2)),
        ("every fifth call an InternalServerException", partial(failing, code="InternalServerException", every=5)),
        ("every fifth connection reset before the effect, every fifth after it", partial(lost, every=5)),
        ("eight answers later than the read time-out", partial(late, times=(0, CONNECTIONS // 2))),
    ],
)
def test_one_up_comes_through_a_storm(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found, name: str, storm: Storm
) -> None:
    """All connections are updated in one `up`, whatever AWS answers at first, and every repeated call says the same."""
    found(name, str(update_in(storm, make_stack, aws, client, connections=CONNECTIONS)))


def test_no_connection_is_made_twice_in_a_storm(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found
) -> None:
    """Requests, acceptances, changes and deletions whose answers are lost are done again, and done once."""
    calls = handshakes_in_a_storm(make_stack, aws, client, connections=HANDSHAKES, every=3)
    costs = ", ".join(f"{count} {operation}" for operation, count in calls.items())
    found(f"every third answer lost in the life of {HANDSHAKES} handshakes", f"all converged, none made twice; {costs}")
