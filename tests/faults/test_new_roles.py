"""An `up` waits for roles that it created itself until they can be assumed, but not forever."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine.harness import Client, MakeStack
from engine.programs import arn, live
from faults.conftest import Found

from proton_provider.local import LocalAws

ONE_STACK = Path(__file__).parents[2] / "examples" / "one_stack"
DELAY = 5.0
NEVER = 3600.0


@pytest.fixture
def assumable_after(aws: LocalAws) -> Iterator[Callable[[float], None]]:
    """Says how many seconds a new role cannot be assumed for."""

    def after(seconds: float) -> None:
        aws.iam_delay = seconds

    yield after
    after(0.0)


def test_roles_made_in_the_same_up_are_waited_for(
    make_stack: MakeStack,
    client: Client,
    connection_id: str,
    assumable_after: Callable[[float], None],
    found: Found,
) -> None:
    """Roles that become assumable after five seconds are set in one `up`, and one line says that it waits for them."""
    assumable_after(DELAY)
    printed = make_stack(ONE_STACK, {"one-stack:connectionId": connection_id}).up("--skip-preview").text
    diagnostics = printed.partition("\nDiagnostics:\n")[2]
    (line,) = [line.strip() for line in diagnostics.splitlines() if " waits for " in line]
    assert re.fullmatch(
        rf"{connection_id} waits for roleArn: the role may be new in IAM; up to 30 s\.",
        line,
    )
    assert live(client, connection_id)["roleArn"].startswith(arn("provisioning-"))
    found(
        f"roles assumable {DELAY:.0f} s after the same `up` made them", "set in one `up`, which says it waits"
    )


def test_a_role_that_is_never_assumable_is_given_up(
    make_stack: MakeStack,
    client: Client,
    connection_id: str,
    assumable_after: Callable[[float], None],
    found: Found,
) -> None:
    """After 30 seconds the `up` fails with a sentence, the connection is as before, and the next `up` goes on."""
    assumable_after(NEVER)
    stack = make_stack(ONE_STACK, {"one-stack:connectionId": connection_id})
    failed = stack.up_error("--skip-preview").text
    assert "Waited 30 s in case the role is new in IAM. Check its trust policy." in failed
    assert live(client, connection_id)["roleArn"].endswith(":role/before")
    assert stack.resources("EnvironmentAccountConnectionRoles") == []
    assumable_after(0.0)
    assert "+ 1 created" in stack.up("--skip-preview").text
    assert not live(client, connection_id)["roleArn"].endswith(":role/before")
    found("roles that never become assumable", "the `up` fails after 30 s with a sentence; nothing changed")
