"""Outputs that a preview knows before anything is called: what stays is known, what AWS answers only then is not."""

from __future__ import annotations

from typing import Any

import pytest
from accounts import role_arn

from proton_provider.lifecycle import previews

A, B, BEFORE = (role_arn(name) for name in ("a", "b", "before"))
NONE: frozenset[str] = frozenset()
CHANGING = {"status", "lastModifiedAt", "liveRoleArns"}


@pytest.fixture
def olds() -> dict[str, Any]:
    """The outputs of roles that were set once."""
    return {
        "id": "x",
        "arn": "arn",
        "connectionId": "x",
        "environmentName": "prod",
        "environmentAccountId": "222222222222",
        "managementAccountId": "111111111111",
        "requestedAt": "then",
        "lastModifiedAt": "then",
        "status": "CONNECTED",
        "region": "us-east-1",
        "roleArn": A,
        "onDelete": "restore",
        "liveRoleArns": {"roleArn": A},
        "managedRoleArns": {"roleArn": A},
        "previousRoleArns": {"roleArn": BEFORE},
    }


def test_before_the_create_only_the_managed_roles_are_known() -> None:
    """And these only if no role is unknown."""
    assert previews.role_outputs(None, {"roleArn": A}, NONE) == {"managedRoleArns": {"roleArn": A}}
    assert previews.role_outputs(None, {}, frozenset({"roleArn"})) == {}
    assert previews.accepter_outputs(None, {}, NONE) == {}


def test_an_update_that_sets_no_role_knows_everything(olds: dict[str, Any]) -> None:
    """What AWS has is what the program declares: nothing is called, so nothing changes."""
    known = previews.role_outputs(olds, {"roleArn": A}, NONE)
    assert known.keys() >= CHANGING
    assert known["previousRoleArns"] == {"roleArn": BEFORE}


def test_an_update_that_sets_a_role_knows_what_stays(olds: dict[str, Any]) -> None:
    """AWS's answer brings another time and other live roles; a role that is not known yet leaves the bookkeeping unknown, too."""
    known = previews.role_outputs(olds, {"roleArn": B}, NONE)
    assert not known.keys() & CHANGING
    assert known["environmentName"] == "prod"
    assert known["previousRoleArns"] == {"roleArn": BEFORE}
    unknown = previews.role_outputs(olds, {}, frozenset({"roleArn"}))
    assert not unknown.keys() & {*CHANGING, "managedRoleArns", "previousRoleArns"}
    assert unknown["environmentName"] == "prod"


@pytest.mark.parametrize(("status", "is_known"), [("CONNECTED", True), ("PENDING", False)])
def test_an_accepter_knows_all_of_a_connection_that_is_accepted(
    olds: dict[str, Any], status: str, is_known: bool
) -> None:
    """Accepting a pending one changes its status."""
    known = previews.accepter_outputs({**olds, "status": status}, {}, NONE)
    assert (known.keys() >= CHANGING) == is_known
    assert known["environmentName"] == "prod"


def test_an_import_manages_all_live_roles() -> None:
    """They are inputs then, and recorded as set here. An accepter manages none."""
    read = {"liveRoleArns": {"roleArn": A}, "managedRoleArns": {}}
    outputs, inputs = previews.for_import(read, {"connectionId": "x"})
    assert outputs["managedRoleArns"] == {"roleArn": A}
    assert inputs == {"connectionId": "x", "roleArn": A}
    accepter: tuple[dict[str, Any], dict[str, Any]] = ({"status": "CONNECTED"}, {"connectionId": "x"})
    assert previews.for_import(*accepter) == accepter
