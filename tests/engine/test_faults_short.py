"""A short cut of the faults in `tests/faults`, one of each kind; `make test-faults` runs them at full length."""

from __future__ import annotations

from functools import partial

from engine.harness import Client, MakeStack
from faults.denials import deny_every_event, refused
from faults.kill_scenarios import kill_changes, kill_creations
from faults.kills import points
from faults.storms import failing, handshakes_in_a_storm, lost, update_in_storms
from faults.two_stacks import run_at_once

from proton_provider.local import LocalAws

HELD_BACK = 0.2


def test_a_killed_change_of_roles_is_ended_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Wherever an `up` that changes roles dies, the next one sets them all, and the roles from before are known."""
    kills = points(3, 6, HELD_BACK)
    kill_changes(make_stack, aws, client, kills, connections=6, held_back=HELD_BACK)


def test_a_killed_first_up_is_ended_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Wherever a first `up` dies, the next one makes every connection, and none of them twice."""
    kills = points(3, 6, HELD_BACK)[1:]
    kill_creations(make_stack, aws, client, kills, connections=6, held_back=HELD_BACK)


def test_one_up_comes_through_a_storm(make_stack: MakeStack, aws: LocalAws, client: Client) -> None:
    """Connections are updated in one `up`, though calls are throttled, fail inside AWS or get lost on their way."""
    storms = {
        "throttled": partial(failing, code="ThrottlingException", every=2),
        "lost": partial(lost, every=5),
    }
    update_in_storms(storms, make_stack, aws, client, connections=8)


def test_nothing_is_made_twice_in_a_storm(make_stack: MakeStack, aws: LocalAws, client: Client) -> None:
    """Requests, acceptances, changes and deletions whose answers are lost are called for again, and done once."""
    handshakes_in_a_storm(make_stack, aws, client, connections=2, every=2)


def test_no_event_with_expired_credentials_loses_anything(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Create, refresh, update and destroy fail with expired credentials, and the state keeps what it held."""
    expired = (partial(refused, code="ExpiredTokenException"), "CredentialsError")
    deny_every_event([expired], make_stack, aws, client)


def test_the_last_writer_wins_and_the_other_stack_sees_it(make_stack: MakeStack, client: Client) -> None:
    """Of two stacks at once the last writer wins, and the other's refresh shows the change."""
    run_at_once(make_stack, client, rounds=1, connections=3)
