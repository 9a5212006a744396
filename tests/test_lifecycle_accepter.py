"""The life cycle of an acceptance with a local AWS. Every call is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    client,
    role_arn,
    settings_of,
)
from driver import Driver, Resource, public

from proton_provider.errors import (
    ConfigurationError,
    ConnectionNotFoundError,
    EndpointUnreachableError,
    ProtonError,
    RefusedError,
    WrongAccountError,
)
from proton_provider.lifecycle.accepter import AccepterLifecycle
from proton_provider.lifecycle.properties import CONNECTION_OUTPUTS
from proton_provider.local import LocalAws

ACCEPT, REJECT = "AcceptEnvironmentAccountConnection", "RejectEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
ROLE = role_arn("proton")


class Somebody:
    """What the environment account does, and what the management account does by hand."""

    def __init__(self, aws: LocalAws) -> None:
        self._environment = client(aws, "proton")
        self._management = client(aws, "proton", MANAGEMENT_ACCOUNT)

    def request(self, **changes: Any) -> str:
        given = {
            "environmentName": "prod",
            "managementAccountId": MANAGEMENT_ACCOUNT,
            "roleArn": ROLE,
            **changes,
        }
        made = self._environment.create_environment_account_connection(**given)
        return str(made["environmentAccountConnection"]["id"])

    def accept(self, connection_id: str) -> None:
        self._management.accept_environment_account_connection(id=connection_id)

    def reject(self, connection_id: str) -> None:
        self._management.reject_environment_account_connection(id=connection_id)

    def delete(self, connection_id: str) -> None:
        self._environment.delete_environment_account_connection(id=connection_id)

    def status(self, connection_id: str) -> str:
        found = self._environment.get_environment_account_connection(id=connection_id)
        return str(found["environmentAccountConnection"]["status"])


@pytest.fixture
def somebody(aws: LocalAws) -> Somebody:
    return Somebody(aws)


@pytest.fixture
def connection_id(somebody: Somebody) -> str:
    """A connection that waits to be accepted."""
    return somebody.request(codebuildRoleArn=ROLE)


@pytest.fixture
def new_run(aws: LocalAws) -> Callable[..., Driver]:
    """Begins a run of the engine, in a process of its own."""
    return lambda **changes: Driver(AccepterLifecycle(), aws, settings_of(aws, MANAGEMENT_ACCOUNT, **changes))


@pytest.fixture
def driver(connection_id: str, new_run: Callable[..., Driver]) -> Driver:
    return new_run()


@pytest.fixture
def program(connection_id: str) -> dict[str, Any]:
    """What a program declares."""
    return {"connectionId": connection_id}


# Check and diff


def test_all_problems_are_listed_at_once(driver: Driver) -> None:
    """Every wrong input has its own problem; what is not known yet has none."""
    bad = {"connectionId": "ABC", "onDelete": "restore", "region": None}
    assert set(driver.check(bad).problems) == set(bad)
    for name in bad:
        assert set(driver.check(bad, unknown=[name]).problems) == set(bad) - {name}


def test_inputs_are_completed(driver: Driver, program: dict[str, Any]) -> None:
    """`on_delete` is retain, and None is the same as not given."""
    inputs = driver.inputs({**program, "onDelete": None, "aws": None})
    assert public(inputs) == {**program, "onDelete": "retain", "region": REGION}


@pytest.mark.parametrize("change", [{"connectionId": ABSENT}, {"region": "eu-west-1"}])
def test_another_connection_replaces(driver: Driver, program: dict[str, Any], change: dict[str, str]) -> None:
    """Another id or Region is another acceptance; so may an unknown one be."""
    resource = driver.create(program)
    planned = driver.diff(resource, {**program, **change})
    assert (list(planned.replaces), planned.differs) == ([*change], False)
    assert list(driver.diff(resource, program, unknown=[*change]).replaces) == [*change]
    assert driver.log_lines == []


@pytest.mark.parametrize(("status", "severities"), [("PENDING", []), ("REJECTED", ["warning"])])
def test_what_is_not_accepted_any_more_is_something_to_do(
    driver: Driver, program: dict[str, Any], status: str, severities: list[str]
) -> None:
    """A status that a refresh has seen plans an update though no input differs; a final one is warned of."""
    made = driver.create(program)
    seen = Resource(made.id, made.inputs, {**made.outputs, "status": status})
    assert driver.diff(seen, program).differs
    assert [severity for severity, _ in driver.log_lines] == severities


# Create and update


def test_creating_accepts(driver: Driver, somebody: Somebody, program: dict[str, Any]) -> None:
    """One call; the outputs say all that AWS answered, with the roles that its list has."""
    resource = driver.create({**program, "aws": {"maxAttempts": 3}})
    assert driver.calls() == [ACCEPT]
    assert somebody.status(resource.id) == "CONNECTED"
    outputs = public(resource.outputs)
    assert set(CONNECTION_OUTPUTS) <= set(outputs)
    assert (outputs["status"], outputs["environmentAccountId"], outputs["environmentName"]) == (
        "CONNECTED",
        ENVIRONMENT_ACCOUNT,
        "prod",
    )
    assert {name: outputs[name] for name in outputs if name not in CONNECTION_OUTPUTS} == {
        **program,
        "onDelete": "retain",
        "region": REGION,
        "aws": {"maxAttempts": 3},
        "liveRoleArns": {"roleArn": ROLE},
    }


def test_one_that_is_accepted_already_is_success(
    driver: Driver, somebody: Somebody, program: dict[str, Any]
) -> None:
    """Somebody may have been faster, or the answer of an earlier try was lost."""
    somebody.accept(program["connectionId"])
    assert driver.create(program).outputs["status"] == "CONNECTED"


def test_one_that_was_rejected_can_not_be_accepted(
    driver: Driver, somebody: Somebody, program: dict[str, Any]
) -> None:
    """The error says that a rejected connection must be requested anew."""
    somebody.reject(program["connectionId"])
    with pytest.raises(RefusedError, match="Delete a rejected connection and request a new one"):
        driver.create(program)


@pytest.mark.usefixtures("pauses")
def test_an_absent_one_can_not_be_accepted(driver: Driver) -> None:
    """The error says whose credentials are needed."""
    with pytest.raises(
        ConnectionNotFoundError, match="Use credentials of the management account that it names"
    ):
        driver.create({"connectionId": ABSENT})


def test_a_change_of_nothing_at_aws_takes_no_call(driver: Driver, program: dict[str, Any]) -> None:
    """`on_delete` and `aws` are the stack's own affair; the outputs stay whole."""
    resource = driver.create(program)
    driver.forget_calls()
    updated = driver.update(resource, {**program, "onDelete": "reject"})
    assert (driver.calls(), driver.connected) == ([], 1)
    assert updated.outputs == {**resource.outputs, "onDelete": "reject"}


def test_one_that_is_pending_again_is_accepted_again(driver: Driver, program: dict[str, Any]) -> None:
    """An update accepts what a refresh found unaccepted."""
    resource = driver.create(program)
    driver.forget_calls()
    pending = Resource(resource.id, resource.inputs, {**resource.outputs, "status": "PENDING"})
    assert driver.update(pending, program).outputs["status"] == "CONNECTED"
    assert driver.calls() == [ACCEPT]


# Read


def test_a_refresh_asks_for_the_environments_name_alone(
    driver: Driver, somebody: Somebody, program: dict[str, Any]
) -> None:
    """One call, with the one view that AWS documents for the management account, narrowed as far as it can be."""
    resource = driver.create(program)
    somebody.request()
    somebody.request(environmentName="other")
    driver.forget_calls()
    assert driver.refreshed(resource) == resource
    assert driver.calls() == [LIST]
    sent = driver.aws.requests[-1].parameters
    assert sent == {"requestedBy": "MANAGEMENT_ACCOUNT", "environmentName": "prod"}


def test_a_refresh_shows_what_others_did(driver: Driver, somebody: Somebody, program: dict[str, Any]) -> None:
    """A connection that was rejected since shows its status; one that is gone is seen as deleted."""
    resource = driver.create(program)
    somebody.reject(resource.id)
    assert driver.refreshed(resource).outputs["status"] == "REJECTED"
    somebody.delete(resource.id)
    assert driver.refresh(resource) is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"access_key": OTHER_ACCOUNT}, WrongAccountError),
        ({"endpoint_url": "http://127.0.0.1:1", "max_attempts": 1}, EndpointUnreachableError),
    ],
)
@pytest.mark.parametrize("event", ["refresh", "delete"])
def test_what_can_not_be_seen_is_never_taken_for_gone(
    driver: Driver, program: dict[str, Any], changes: dict[str, Any], error: type[ProtonError], event: str
) -> None:
    """Other credentials or a dead endpoint are errors, in a refresh and in a rejection."""
    resource = driver.create({**program, "onDelete": "reject"})
    later = Driver(AccepterLifecycle(), driver.aws, settings_of(driver.aws, MANAGEMENT_ACCOUNT, **changes))
    with pytest.raises(error):
        getattr(later, event)(resource)


def test_a_first_look_needs_an_id_alone(driver: Driver, somebody: Somebody, connection_id: str) -> None:
    """A get finds the connection among all that the management account sees; an absent one is an error."""
    for number in range(100):
        somebody.request(environmentName=f"env-{number}")
    driver.forget_calls()
    last = somebody.request(environmentName="last")
    outputs = driver.get(last, connectionId=last)
    assert (outputs["environmentName"], outputs["status"], outputs["onDelete"]) == (
        "last",
        "PENDING",
        "retain",
    )
    assert driver.calls() == ["CreateEnvironmentAccountConnection", LIST, LIST]
    with pytest.raises(ConnectionNotFoundError, match=f"{ABSENT}.*{REGION}"):
        driver.get(ABSENT, connectionId=ABSENT)
    with pytest.raises(ConfigurationError, match=r"must be the id of .*8-4-4-4-12 lower-case"):
        driver.get(outputs["arn"], connectionId=outputs["arn"])


# Delete


def test_retain_leaves_the_connection_accepted(
    driver: Driver, somebody: Somebody, program: dict[str, Any]
) -> None:
    """Without a call, and without credentials, one line says what stays."""
    resource = driver.create(program)
    driver.forget_calls()
    driver.delete(resource)
    assert (driver.calls(), driver.connected) == ([], 1)
    assert somebody.status(resource.id) == "CONNECTED"
    ((severity, text),) = driver.log_lines
    assert severity == "info"
    assert "is not rejected (onDelete is retain). It stays CONNECTED, unless" in text


def test_reject_rejects(
    driver: Driver, somebody: Somebody, program: dict[str, Any], new_run: Callable[..., Driver]
) -> None:
    """One call, and nothing to say."""
    resource = driver.create({**program, "onDelete": "reject"})
    later = new_run()
    later.delete(resource)
    assert later.calls() == [REJECT]
    assert later.log_lines == []
    assert somebody.status(resource.id) == "REJECTED"


@pytest.mark.parametrize("others_did", ["reject", "delete"])
def test_rejecting_what_can_not_be_used_any_more_is_success(
    driver: Driver,
    somebody: Somebody,
    program: dict[str, Any],
    new_run: Callable[..., Driver],
    others_did: str,
) -> None:
    """A connection that was rejected or deleted by others needs nothing more."""
    resource = driver.create({**program, "onDelete": "reject"})
    getattr(somebody, others_did)(resource.id)
    new_run().delete(resource)


def test_a_refused_rejection_is_success_only_if_the_list_says_that_it_is_rejected(
    aws: LocalAws,
    driver: Driver,
    somebody: Somebody,
    program: dict[str, Any],
    new_run: Callable[..., Driver],
) -> None:
    """AWS does not document what it answers for a connection that is rejected already."""
    resource = driver.create({**program, "onDelete": "reject"})
    aws.fail_next(REJECT, "ConflictException")
    with pytest.raises(RefusedError):
        new_run().delete(resource)
    somebody.reject(resource.id)
    aws.fail_next(REJECT, "ConflictException")
    later = new_run()
    later.delete(resource)
    assert later.calls() == [REJECT, LIST]


def test_what_this_run_has_accepted_is_not_rejected(
    driver: Driver, somebody: Somebody, program: dict[str, Any], new_run: Callable[..., Driver]
) -> None:
    """The old one of a rename goes after the new one was made, and leaves the connection accepted."""
    old = driver.create({**program, "onDelete": "reject"})
    later = new_run()
    later.create(program)
    later.delete(old)
    assert somebody.status(old.id) == "CONNECTED"
    ((severity, text),) = later.log_lines
    assert (severity, "is not rejected" in text) == ("info", True)
