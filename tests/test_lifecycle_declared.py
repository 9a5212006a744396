"""What the program declares guards what is live, whichever event learns of it, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from accounts import MANAGEMENT_ACCOUNT, client, role_arn, settings_of
from driver import Driver, Resource

from proton_provider.errors import IncompleteError, ProtonError
from proton_provider.lifecycle.accepter import AccepterLifecycle
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.declared import Declared
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws

OURS, NEWER, BEFORE, FOREIGN = (role_arn(name) for name in ("ours", "newer", "before", "foreign"))
DELETE, UPDATE, REJECT = (f"{verb}EnvironmentAccountConnection" for verb in ("Delete", "Update", "Reject"))


class Run:
    """One run of the engine: three life cycles in one process, which share what the program declares."""

    def __init__(self, aws: LocalAws) -> None:
        declared = Declared()
        self.roles = Driver(RolesLifecycle(declared), aws, settings_of(aws))
        self.connection = Driver(ConnectionLifecycle(declared), aws, settings_of(aws))
        self.accepter = Driver(AccepterLifecycle(declared), aws, settings_of(aws, MANAGEMENT_ACCOUNT))


@pytest.fixture
def connection_id(aws: LocalAws) -> str:
    """A connection that somebody else has requested."""
    made = client(aws, "proton").create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT, roleArn=BEFORE
    )
    return str(made["environmentAccountConnection"]["id"])


@pytest.fixture
def roles(connection_id: str) -> dict[str, Any]:
    return {"connectionId": connection_id, "roleArn": OURS, "onDelete": "restore"}


@pytest.fixture
def adopting() -> dict[str, Any]:
    return {
        "environmentName": "prod",
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "__requester": "o/p/s//x",
        "adoptExisting": True,
    }


@pytest.fixture
def accepting(connection_id: str) -> dict[str, Any]:
    return {"connectionId": connection_id, "onDelete": "reject"}


def named(program: dict[str, Any], name: str = "new") -> dict[str, Any]:
    return {**program, "__name": name}


def test_a_declared_resource_guards_although_its_creation_fails(
    aws: LocalAws, roles: dict[str, Any], adopting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """With --continue-on-error the deletes go on: what `check` has seen is enough for all three."""
    first = Run(aws)
    made = (first.roles.create(roles), first.connection.create(adopting), first.accepter.create(accepting))
    later = Run(aws)
    later.roles.check(named(roles))
    later.connection.check(named(adopting))
    later.accepter.check(named(accepting))
    later.roles.forget_calls()
    for driver, resource in zip((later.roles, later.connection, later.accepter), made, strict=True):
        driver.delete(resource)
        ((_, text),) = driver.log_lines
        assert "new " in text
        assert text.endswith(("now instead of one.", "nothing restores it; an alias would have kept it."))
    assert later.roles.calls() == []


def test_a_refresh_declares_nothing(
    aws: LocalAws, roles: dict[str, Any], adopting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """`destroy --refresh` compares every resource that is only in state, and then deletes all of them."""
    first = Run(aws)
    made = (first.roles.create(roles), first.accepter.create(accepting), first.connection.create(adopting))
    later = Run(aws)
    drivers = (later.roles, later.accepter, later.connection)
    for driver, resource in zip(drivers, made, strict=True):
        driver.lifecycle.diff(resource.outputs, resource.inputs, frozenset(), driver.log)
    later.roles.forget_calls()
    for driver, resource in zip(drivers, made, strict=True):
        driver.delete(resource)
    assert {UPDATE, REJECT, DELETE} <= set(later.roles.calls())


def test_a_replacement_that_deletes_first_deletes_its_own_state(aws: LocalAws, roles: dict[str, Any]) -> None:
    """What `diff` saw and the engine then deletes, before anything is made, is no other resource's."""
    resource = Run(aws).roles.create(roles)
    driver = Run(aws).roles
    driver.diff(resource, roles)
    driver.forget_calls()
    driver.delete(resource)
    assert UPDATE in driver.calls()


def test_a_connection_replaced_delete_first_is_deleted(aws: LocalAws, adopting: dict[str, Any]) -> None:
    """The state that `diff` saw is the one that is deleted, so nothing else manages the connection."""
    resource = Run(aws).connection.create(adopting)
    driver = Run(aws).connection
    driver.diff(resource, adopting)
    driver.check(adopting)  # as the engine does before a replacement
    driver.forget_calls()
    driver.delete(resource)
    assert DELETE in driver.calls()


@pytest.mark.parametrize("own", [True, False])
def test_a_replacement_that_deletes_first_rejects_nothing(
    aws: LocalAws, adopting: dict[str, Any], accepting: dict[str, Any], *, own: bool
) -> None:
    """The accepter of a replaced connection is deleted before it is checked; a replaced accepter accepts again."""
    first = Run(aws)
    connection = first.connection.create(adopting) if own else None
    accepter = first.accepter.create(accepting)
    run = Run(aws)
    driver, resource, program = (
        (run.connection, connection, adopting) if connection else (run.accepter, accepter, accepting)
    )
    driver.diff(resource, program)
    driver.check(program)  # as the engine does before a replacement
    run.accepter.forget_calls()
    run.accepter.delete(accepter)
    assert run.accepter.calls() == []
    why = (
        "the connection's own resource decides"
        if own
        else "one manages this connection now (it was replaced)."
    )
    assert f"is not rejected: {why}" in run.accepter.log_lines[-1][1]


def test_a_state_that_waits_for_its_deletion_is_not_the_one_that_replaced_it(
    aws: LocalAws, adopting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """After `up --replace` and a failure, the next `up` sees the new state and deletes the old one, alike as they are."""
    for kind, program in (("connection", adopting), ("accepter", accepting)):
        old = getattr(Run(aws), kind).create(program)
        new = getattr(Run(aws), kind).create(program)
        driver = getattr(Run(aws), kind)
        driver.diff(new, program)
        driver.forget_calls()
        driver.delete(old)
        assert driver.calls() == []
        ((_, text),) = driver.log_lines
        assert "one manages this connection now (it was replaced)" in text


def test_removing_one_of_several_resources_deletes_as_ever(
    aws: LocalAws, roles: dict[str, Any], adopting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """A program that still runs, and declares something else, guards nothing else."""
    first = Run(aws)
    made = (first.roles.create(roles), first.accepter.create(accepting), first.connection.create(adopting))
    later = Run(aws)
    later.roles.check(named({**roles, "connectionId": "0" * 8 + made[0].id[8:]}))
    later.roles.check(named({**roles, "roleArn": None, "codebuildRoleArn": NEWER}, "beside"))
    later.connection.check(named({**adopting, "environmentName": "other"}))
    later.accepter.check(named({**accepting, "region": "eu-west-1"}))
    later.roles.forget_calls()
    for driver, resource in zip((later.roles, later.accepter, later.connection), made, strict=True):
        driver.delete(resource)
    assert {UPDATE, REJECT, DELETE} <= set(later.roles.calls())


def test_roles_that_moved_to_the_connections_own_resource_are_not_restored(
    aws: LocalAws, roles: dict[str, Any], adopting: dict[str, Any]
) -> None:
    """A connection's resource sets roles too; moving them there deletes the other resource."""
    resource = Run(aws).roles.create(roles)
    later = Run(aws)
    later.connection.create(named({**adopting, "roleArn": OURS}, "moved"))
    later.roles.forget_calls()
    later.roles.delete(resource)
    assert later.roles.calls() == []
    assert "moved manages it now instead of one" in later.roles.log_lines[-1][1]


def test_only_what_was_set_here_is_noted_as_ours(
    aws: LocalAws, roles: dict[str, Any], connection_id: str
) -> None:
    """A refresh writes a stranger's role into the inputs; an update that carries it along does not make it ours."""
    resource = Run(aws).roles.create(roles)
    client(aws, "proton").update_environment_account_connection(id=connection_id, roleArn=FOREIGN)
    run = Run(aws)
    resource = run.roles.refreshed(resource)
    ignoring = {**roles, "roleArn": FOREIGN}
    assert not run.roles.diff(resource, ignoring).differs
    resource = Run(aws).roles.update(resource, {**ignoring, "codebuildRoleArn": NEWER})
    assert resource.outputs["managedRoleArns"] == {"roleArn": OURS, "codebuildRoleArn": NEWER}
    driver = Run(aws).roles
    driver.delete(resource)
    found = client(aws, "proton").get_environment_account_connection(id=connection_id)
    assert found["environmentAccountConnection"]["roleArn"] == FOREIGN
    assert "keeps its roleArn: it is not the one that this stack last set" in driver.log_lines[0][1]


def test_the_words_of_a_retained_destroy_fit_what_is_deleted(aws: LocalAws, roles: dict[str, Any]) -> None:
    """The warning that the connection may name a deleted role is given where the resource goes, not where it stays."""
    resource = Run(aws).roles.create({**roles, "onDelete": "retain"})
    gone, replaced = Run(aws).roles, Run(aws).roles
    gone.delete(resource)
    assert gone.log_lines[-1][1].endswith("the connection names roles that no longer exist.")
    replaced.create({**roles, "onDelete": "retain"})
    replaced.delete(resource)
    assert replaced.log_lines[-1][1].endswith("keeps its roles (onDelete is retain).")


PROD, STAGING = (f"t:i:{outer}$t:i:Env$::one" for outer in ("Prod", "Staging"))
BELOW_ENV = "t:i:Env::one"
"""The name that commit 9228830 gave to each of both."""


@pytest.mark.parametrize(
    ("before", "now", "other", "clause"),
    [
        (PROD, PROD, "x", "one manages it now (it was replaced)"),
        (BELOW_ENV, PROD, "x", "one manages it now (it was replaced)"),
        (PROD, PROD, STAGING, "t:i:Prod$t:i:Env::one manages it now (it was replaced)"),
        (PROD, STAGING, "x", "t:i:Staging$t:i:Env::one manages it now instead of t:i:Prod$t:i:Env::one"),
        ("one", PROD, "x", "t:i:Prod$t:i:Env::one manages it now instead of one"),
        (BELOW_ENV, "one", "x", "one manages it now instead of t:i:Env::one"),
        ("two", PROD, "x", "one manages it now instead of two"),
        ("two", PROD, STAGING, "t:i:Prod$t:i:Env::one manages it now instead of two"),
    ],
)
def test_a_moved_resource_is_not_a_replaced_one(
    aws: LocalAws, roles: dict[str, Any], *, before: str, now: str, other: str, clause: str
) -> None:
    """An alias would have kept what moved below another parent. Parents are named where two share a name."""
    old = Run(aws).roles.create(named(roles, before))
    run = Run(aws).roles
    run.check(named({**roles, "region": "eu-west-1"}, other))
    run.create(named(roles, now))
    run.delete(old)
    text = run.log_lines[-1][1]
    assert f"keeps its roleArn: {clause}. The previous roleArn is no longer in any state" in text
    assert text.endswith("; an alias would have kept it.") is ("it was replaced" not in clause)


def test_two_of_one_name_do_not_hand_on_a_connection(aws: LocalAws, adopting: dict[str, Any]) -> None:
    """The record of one is not that of the other: what one does not declare any more is deleted."""
    old = Run(aws).connection.create(named(adopting, PROD))
    run = Run(aws).connection
    run.check(named(adopting, PROD))
    run.lifecycle.diff(old.outputs, named({**old.inputs}, PROD), frozenset(), run.log)
    run.check(named({**adopting, "environmentName": "other"}, STAGING))
    other = replace(old, outputs={**old.outputs, "__made": "another"})
    run.delete(other)
    assert "t:i:Prod$t:i:Env::one manages this connection now (it was replaced)" in run.log_lines[-1][1]


@pytest.mark.parametrize(
    ("kind", "change", "operation", "advises"),
    [
        ("roles", {}, "Get", True),
        ("roles", {"onDelete": "retain"}, "Get", False),
        ("connection", {}, "List", True),
        ("connection", {"adoptExisting": False}, "Create", False),
        ("accepter", {}, "Accept", True),
        ("accepter", {"onDelete": "retain"}, "Accept", False),
    ],
)
def test_a_failure_beside_an_old_resource_says_what_the_next_up_must_not_do(
    aws: LocalAws,
    request: pytest.FixtureRequest,
    *,
    kind: str,
    change: dict[str, Any],
    operation: str,
    advises: bool,
) -> None:
    """A create that fails may leave an earlier resource in state, and an `up` without the new one then undoes what is live."""
    program = request.getfixturevalue({"connection": "adopting", "accepter": "accepting"}.get(kind, kind))
    driver = getattr(Run(aws), kind)
    plural = "s" if operation == "List" else ""
    aws.fail_next(f"{operation}EnvironmentAccountConnection{plural}", "ServiceQuotaExceededException")
    with pytest.raises(ProtonError):
        driver.create({**program, **change})
    lines = [text for severity, text in driver.log_lines if severity == "warning"]
    begins = [text.startswith("If a resource that could not be created has a new name") for text in lines]
    assert begins == [True] * advises


def declare(run: Run, kind: str, resource: Resource) -> None:
    """What the engine does with a resource that the program declares as it is."""
    driver = getattr(run, kind)
    driver.diff(resource, {**resource.inputs, "__requester": "o/p/s"})


@pytest.mark.parametrize(
    ("own", "note", "later", "rejects"),
    [
        (True, True, (), False),
        (True, True, ("connection",), True),
        (True, True, ("connection", "accepter"), False),
        (True, None, (), False),
        (True, None, ("connection",), True),
        (False, False, (), True),
        (False, False, ("accepter",), True),
        (False, None, (), False),
    ],
    ids=[
        "a destroy",
        "an up that removes the accepter alone",
        "a destroy that runs the program, or a replacement that deletes first",
        "a destroy of an earlier or an imported state",
        "an up that removes an earlier state alone",
        "a destroy, and the connection is elsewhere",
        "a destroy that runs the program, and the connection is elsewhere",
        "a destroy of an earlier or an imported state, and the connection is elsewhere",
    ],
)
def test_the_connections_own_resource_decides_what_becomes_of_it(
    aws: LocalAws,
    adopting: dict[str, Any],
    accepting: dict[str, Any],
    *,
    own: bool,
    note: bool | None,
    later: tuple[str, ...],
    rejects: bool,
) -> None:
    """A connection of this stack is rejected only by a run that removes its accepter and keeps its own resource."""
    first = Run(aws)
    made = {"connection": first.connection.create(adopting)} if own else {}
    accepter = made["accepter"] = first.accepter.create(accepting)
    assert accepter.outputs["__ofThisStack"] is own
    if note is None:
        outputs = {name: value for name, value in accepter.outputs.items() if name != "__ofThisStack"}
        accepter = made["accepter"] = replace(accepter, outputs={**outputs, "__protected": "conn"})
    run = Run(aws)
    for kind in later:
        declare(run, kind, made[kind])
    run.accepter.forget_calls()
    run.accepter.delete(accepter)
    assert run.accepter.calls() == [REJECT] * rejects
    if not rejects:
        text = run.accepter.log_lines[-1][1]
        assert (
            "is not rejected: the connection's own resource decides what becomes of it. To reject it if it stays"
            in text
        )
        assert f"reject-environment-account-connection --id {accepter.id} --region us-east-1." in text


def test_what_is_rejected_already_is_not_said_to_be_left(
    aws: LocalAws, adopting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """As where a new connection replaces a rejected one."""
    run = Run(aws)
    run.connection.create(adopting)
    accepter = run.accepter.create(accepting)
    later = Run(aws).accepter
    later.delete(replace(accepter, outputs={**accepter.outputs, "status": "REJECTED"}))
    assert later.log_lines == []


def test_an_up_that_sees_the_connections_own_resource_later_notes_it(
    aws: LocalAws, adopting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """An `up --target` sees no other resource. The next one notes what it sees, and no later one takes that back."""
    own = Run(aws).connection.create(adopting)
    accepter = Run(aws).accepter.create(accepting)
    assert accepter.outputs["__ofThisStack"] is False
    run = Run(aws)
    assert not run.accepter.diff(accepter, accepting).differs
    declare(run, "connection", own)
    assert not run.accepter.diff(accepter, {**accepting, "onDelete": "retain"}).differs
    assert run.accepter.diff(accepter, accepting).differs
    run.accepter.forget_calls()
    accepter = run.accepter.update(accepter, accepting)
    assert run.accepter.calls() == []
    run = Run(aws)
    assert not run.accepter.diff(accepter, accepting).differs
    assert run.accepter.refreshed(accepter).outputs["__ofThisStack"] is True
    assert (
        run.accepter.update(accepter, {**accepting, "aws": {"maxAttempts": 3}}).outputs["__ofThisStack"]
        is True
    )


@pytest.mark.parametrize("later", [True, False])
def test_an_accepter_that_comes_before_the_connections_own_resource_is_warned_of(
    aws: LocalAws, adopting: dict[str, Any], accepting: dict[str, Any], *, later: bool
) -> None:
    """A literal id is no dependency. The one that comes second is told of the other, at its creation or at any later `up`."""
    run = Run(aws)
    accepter = run.accepter.create({**accepting, "__name": "acc"})
    connection = run.connection.create(adopting)
    if later:
        run = Run(aws)
        run.accepter.diff(accepter, {**accepting, "__name": "acc"})
        run.connection.diff(connection, adopting)
    severity, text = run.connection.log_lines[-1]
    assert severity == "warning"
    assert text == (
        f"acc accepts the connection {connection.id} in us-east-1 of one, but comes before one and does not see it. So a "
        "destroy of acc rejects the connection, which is final. Set the connectionId of acc to the output id of one."
    )
    run = Run(aws)
    run.connection.diff(connection, adopting)
    assert run.accepter.diff(accepter, {**accepting, "__name": "acc"}).differs
    assert [severity for severity, _ in run.connection.log_lines] == []


def test_a_half_made_connection_is_of_this_stack(aws: LocalAws, adopting: dict[str, Any]) -> None:
    """What the state holds after a request that could not be completed is seen by an accepter of the same run."""
    asking = {**adopting, "adoptExisting": False, "environmentName": "half"}
    Run(aws).connection.create(asking)
    run = Run(aws)
    aws.fail_next(UPDATE, "ServiceQuotaExceededException")
    with pytest.raises(IncompleteError) as failed:
        run.connection.create({**asking, "roleArn": OURS})
    accepter = run.accepter.create({"connectionId": failed.value.resource_id, "onDelete": "reject"})
    assert accepter.outputs["__ofThisStack"] is True


def test_a_rejection_is_announced_where_nobody_knows_of_a_protection(
    aws: LocalAws, accepting: dict[str, Any]
) -> None:
    """A literal id may be that of a protected connection: the loss is said when the resource is made or changed so."""
    driver = Run(aws).accepter
    resource = driver.create({**accepting, "onDelete": "retain"})
    assert driver.log_lines == []
    driver.update(resource, accepting)
    assert "destroying this resource rejects the connection, which is final" in driver.log_lines[-1][1]


def test_each_resource_too_many_is_named_once(aws: LocalAws, roles: dict[str, Any]) -> None:
    """Of four resources for one connection three are too many: three warnings, however often they are checked."""
    run = Run(aws).roles
    checked = [run.check(named(roles, name)) for name in "abcdabcd"]
    log_lines = [text.partition(" both")[0] for one in checked for text in one.warnings]
    assert log_lines == ["a and b", "a and c", "a and d"]
