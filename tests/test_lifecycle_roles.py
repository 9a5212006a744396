"""The life cycle of a connection's roles with a local AWS. Every call is counted."""

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

from proton_provider import rules
from proton_provider.errors import (
    ConfigurationError,
    ConnectionNotFoundError,
    EndpointUnreachableError,
    WrongAccountError,
)
from proton_provider.lifecycle.properties import CONNECTION_OUTPUTS
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws

GET, UPDATE = "GetEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"
BEFORE, OURS, NEWER, FOREIGN = (role_arn(name) for name in ("before", "ours", "newer", "foreign"))
Connection = dict[str, Any]


class Environment:
    """The environment account's own hands."""

    def __init__(self, aws: LocalAws) -> None:
        self._proton = client(aws, "proton")

    def request(self, **roles: str) -> str:
        made = self._proton.create_environment_account_connection(
            environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT, **roles
        )
        return str(made["environmentAccountConnection"]["id"])

    def set_roles(self, connection_id: str, **roles: str) -> None:
        self._proton.update_environment_account_connection(id=connection_id, **roles)

    def delete(self, connection_id: str) -> None:
        self._proton.delete_environment_account_connection(id=connection_id)

    def roles(self, connection_id: str) -> dict[str, str]:
        found = self._proton.get_environment_account_connection(id=connection_id)[
            "environmentAccountConnection"
        ]
        return {name: arn for name, arn in found.items() if name.endswith("oleArn")}


@pytest.fixture
def environment(aws: LocalAws) -> Environment:
    return Environment(aws)


@pytest.fixture
def connection_id(environment: Environment) -> str:
    """A connection with a provisioning role from before."""
    return environment.request(roleArn=BEFORE)


@pytest.fixture
def new_run(aws: LocalAws, connection_id: str) -> Callable[[], Driver]:
    """Begins a run of the engine, in a process of its own."""
    return lambda: Driver(RolesLifecycle(), aws, settings_of(aws))


@pytest.fixture
def driver(new_run: Callable[[], Driver]) -> Driver:
    return new_run()


@pytest.fixture
def program(connection_id: str) -> dict[str, Any]:
    """What a program declares."""
    return {"connectionId": connection_id, "roleArn": OURS}


# Check

BAD = {
    "connectionId": "ABC",
    "roleArn": "admin",
    "componentRoleArn": "arn:aws:iam::1:role/x",
    "codebuildRoleArn": 5.0,
    "onDelete": "drop",
    "region": "",
}


def test_all_problems_are_listed_at_once(driver: Driver) -> None:
    """Every wrong input has its own problem, in one line."""
    problems = driver.check(BAD).problems
    assert set(problems) == set(BAD) - {"region"}
    assert all(problem and "\n" not in problem for problem in problems.values())


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_known_yet_is_not_judged(driver: Driver, name: str) -> None:
    """An unknown input passes, whatever else is wrong."""
    assert set(driver.check(BAD, unknown=[name]).problems) == set(BAD) - {name, "region"}


def test_inputs_that_are_not_given_are_left_out(driver: Driver, program: dict[str, Any]) -> None:
    """None is the same as not given, and `on_delete` is retain."""
    inputs = driver.inputs({**program, "componentRoleArn": None, "onDelete": None, "aws": None})
    assert public(inputs) == {**program, "onDelete": "retain", "region": REGION}


def test_roles_are_in_the_partition_of_the_region(driver: Driver, program: dict[str, Any]) -> None:
    """All of another partition are refused before any change, at every up; of an unknown Region they only agree."""
    other = OURS.replace("aws", "aws-us-gov", 1)
    assert set(driver.check({**program, "roleArn": other}).problems) == {"roleArn"}
    assert driver.check({**program, "roleArn": other}, unknown=["region"]).problems == {}
    problems = driver.check({**program, "codebuildRoleArn": other}, unknown=["region"]).problems
    assert "must be in the partition aws, as roleArn is" in problems["codebuildRoleArn"]
    of_china = {**program, "roleArn": OURS.replace("aws", "aws-cn", 1), "region": "cn-north-1"}
    assert "roleArn" not in driver.check(of_china).problems


def test_one_role_must_be_given(driver: Driver, program: dict[str, Any]) -> None:
    """Without any role there is nothing to do, unless one is on its way."""
    del program["roleArn"]
    assert set(driver.check(program).problems) == {"roleArn"}
    assert driver.check(program, unknown=["codebuildRoleArn"]).problems == {}


def test_roles_stay_in_the_account_of_their_connection(driver: Driver, program: dict[str, Any]) -> None:
    """Where the same connection was managed before, roles of another account are refused at preview."""
    olds = driver.inputs(program)
    elsewhere = {**program, "roleArn": role_arn("ours", OTHER_ACCOUNT)}
    assert set(driver.check(elsewhere, olds).problems) == {"roleArn"}
    assert driver.check({**elsewhere, "connectionId": ABSENT}, olds).problems == {}


@pytest.mark.parametrize("endpoint_is_given", [True, False])
def test_the_region_must_have_proton(
    driver: Driver, program: dict[str, Any], endpoint_is_given: bool
) -> None:
    """AWS's own endpoint exists in some Regions only; an endpoint of the user's own may have any."""
    given = driver.settings if endpoint_is_given else settings_of(driver.aws, endpoint_url=None)
    checked = driver.lifecycle.check({}, {**program, "region": "eu-west-3"}, frozenset(), given)
    assert set(checked.problems) == (set() if endpoint_is_given else {"region"})


# Diff


@pytest.mark.parametrize("change", [{"connectionId": ABSENT}, {"region": "eu-west-1"}])
def test_another_connection_replaces(driver: Driver, program: dict[str, Any], change: dict[str, str]) -> None:
    """Another id or Region is another resource, made before the old one goes; so may an unknown one be."""
    resource = driver.create(program)
    planned = driver.diff(resource, {**program, **change})
    assert (planned.replaces, planned.delete_before_replace, planned.differs) == ([*change], False, False)
    assert driver.diff(resource, program, unknown=[*change]).replaces == [*change]
    assert driver.log_lines == []


@pytest.mark.parametrize(
    "change",
    [{}, {"roleArn": NEWER}, {"codebuildRoleArn": NEWER}, {"onDelete": "restore"}, {"aws": {"profile": "p"}}],
)
def test_everything_else_is_done_in_place(
    driver: Driver, program: dict[str, Any], change: dict[str, Any]
) -> None:
    """Nothing else replaces, and where the user demands it the old one goes first."""
    planned = driver.diff(driver.create(program), {**program, **change})
    assert (planned.replaces, planned.delete_before_replace, planned.differs) == ((), True, False)
    assert driver.log_lines == []


def test_a_role_taken_out_of_the_program_is_warned_of(driver: Driver, program: dict[str, Any]) -> None:
    """A preview says that the connection keeps a role that is no longer managed; an unknown one is still given."""
    resource = driver.create({**program, "codebuildRoleArn": OURS})
    driver.diff(resource, program, unknown=["codebuildRoleArn"])
    assert driver.log_lines == []
    driver.diff(resource, program)
    ((severity, text),) = driver.log_lines
    assert severity == "warning"
    assert resource.outputs["arn"] in text
    assert "codebuildRoleArn" in text
    assert (
        "If this stack also deletes that IAM role, the connection names a role that no longer exists." in text
    )


# Create


def test_creating_sets_the_roles(driver: Driver, environment: Environment, program: dict[str, Any]) -> None:
    """Two calls: what was there is read and kept, then the roles are set."""
    resource = driver.create({**program, "codebuildRoleArn": OURS, "aws": {"maxAttempts": 3}})
    assert driver.calls() == [GET, UPDATE]
    assert environment.roles(resource.id) == {"roleArn": OURS, "codebuildRoleArn": OURS}
    outputs = public(resource.outputs)
    assert set(CONNECTION_OUTPUTS) <= set(outputs)
    assert {name: outputs[name] for name in outputs if name not in CONNECTION_OUTPUTS} == {
        "connectionId": program["connectionId"],
        "onDelete": "retain",
        "region": REGION,
        "aws": {"maxAttempts": 3},
        "roleArn": OURS,
        "codebuildRoleArn": OURS,
        "managedRoleArns": {"roleArn": OURS, "codebuildRoleArn": OURS},
        "previousRoleArns": {"roleArn": BEFORE},
        "liveRoleArns": {"roleArn": OURS, "codebuildRoleArn": OURS},
    }


def test_roles_that_are_right_already_are_not_set(driver: Driver, program: dict[str, Any]) -> None:
    """One call where there is nothing to change."""
    resource = driver.create({**program, "roleArn": BEFORE})
    assert driver.calls() == [GET]
    assert resource.outputs["previousRoleArns"] == {"roleArn": BEFORE}


def test_a_create_that_is_tried_again_ends_the_same(driver: Driver, program: dict[str, Any]) -> None:
    """After a create whose result was lost, the next one finds the roles set."""
    driver.create(program)
    assert driver.calls() == [GET, UPDATE]
    assert driver.create(program).outputs["liveRoleArns"] == {"roleArn": OURS}
    assert driver.calls() == [GET]


def test_an_absent_connection_can_not_be_managed(driver: Driver, program: dict[str, Any]) -> None:
    """A connection that is not there is an error, and nothing is set."""
    with pytest.raises(ConnectionNotFoundError, match=ABSENT):
        driver.create({**program, "connectionId": ABSENT})
    assert driver.calls() == [GET]


def test_roles_of_another_account_than_the_connections_are_refused(
    driver: Driver, program: dict[str, Any]
) -> None:
    """The account of the roles must be the connection's: the error names both, and nothing is set."""
    with pytest.raises(WrongAccountError, match=f"{ENVIRONMENT_ACCOUNT}.*{OTHER_ACCOUNT}"):
        driver.create({**program, "roleArn": role_arn("ours", OTHER_ACCOUNT)})
    assert driver.calls() == [GET]


# Update


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({}, []),
        ({"onDelete": "restore"}, []),
        ({"roleArn": NEWER}, [UPDATE]),
        ({"componentRoleArn": OURS}, [UPDATE]),
        ({"roleArn": NEWER, "componentRoleArn": NEWER, "codebuildRoleArn": NEWER}, [UPDATE]),
    ],
)
def test_updates_take_one_call_at_most(
    driver: Driver, environment: Environment, program: dict[str, Any], change: dict[str, str], made: list[str]
) -> None:
    """However many roles change, there is one call, and none where no role changes."""
    resource = driver.create(program)
    driver.forget_calls()
    updated = driver.update(resource, {**program, **change})
    assert driver.calls() == made
    assert updated.outputs["liveRoleArns"] == environment.roles(resource.id)
    wanted = {name: arn for name, arn in {**program, **change}.items() if name in rules.ROLES}
    assert updated.outputs["managedRoleArns"] == wanted


def test_an_update_carries_all_managed_roles(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """A change of one role puts back the others that this resource manages, and leaves those it does not."""
    resource = driver.create({**program, "componentRoleArn": OURS})
    environment.set_roles(resource.id, roleArn=FOREIGN, codebuildRoleArn=FOREIGN)
    updated = driver.update(resource, {**program, "componentRoleArn": NEWER})
    expected = {"roleArn": OURS, "componentRoleArn": NEWER, "codebuildRoleArn": FOREIGN}
    assert environment.roles(resource.id) == expected
    assert updated.outputs["liveRoleArns"] == expected


def test_previous_roles_are_those_from_before_the_first_change(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """Later changes keep what was recorded; a role that is managed later has its last known value recorded then."""
    environment.set_roles(program["connectionId"], codebuildRoleArn=BEFORE)
    resource = driver.create(program)
    resource = driver.update(resource, {**program, "roleArn": NEWER})
    resource = driver.update(
        resource, {**program, "roleArn": NEWER, "codebuildRoleArn": OURS, "componentRoleArn": OURS}
    )
    assert resource.outputs["previousRoleArns"] == {"roleArn": BEFORE, "codebuildRoleArn": BEFORE}


def test_a_role_taken_out_is_let_go_without_a_call(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """Only the bookkeeping changes: the connection keeps the role, and the resource forgets it."""
    resource = driver.create({**program, "codebuildRoleArn": OURS})
    driver.forget_calls()
    updated = driver.update(resource, program)
    assert driver.calls() == []
    assert driver.connected == 1
    assert environment.roles(resource.id)["codebuildRoleArn"] == OURS
    outputs = updated.outputs
    assert (outputs["managedRoleArns"], outputs["previousRoleArns"]) == (
        {"roleArn": OURS},
        {"roleArn": BEFORE},
    )
    assert outputs["liveRoleArns"] == {"roleArn": OURS, "codebuildRoleArn": OURS}
    assert "codebuildRoleArn" not in outputs


# Read


def test_a_refresh_shows_what_others_changed(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """One call: managed roles become the live ones in inputs and outputs, and what is ours stays recorded."""
    resource = driver.create(program)
    environment.set_roles(resource.id, roleArn=FOREIGN, codebuildRoleArn=FOREIGN)
    driver.forget_calls()
    refreshed = driver.refreshed(resource)
    assert driver.calls() == [GET]
    assert refreshed.inputs == {**resource.inputs, "roleArn": FOREIGN}
    outputs = refreshed.outputs
    assert (outputs["roleArn"], outputs["liveRoleArns"]) == (
        FOREIGN,
        {"roleArn": FOREIGN, "codebuildRoleArn": FOREIGN},
    )
    assert "codebuildRoleArn" not in outputs
    bookkeeping = ("managedRoleArns", "previousRoleArns")
    assert [outputs[name] for name in bookkeeping] == [resource.outputs[name] for name in bookkeeping]


def test_an_up_after_a_refresh_puts_the_roles_back(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """Drift that a refresh has seen is mended by the next up, with one call."""
    resource = driver.create(program)
    environment.set_roles(resource.id, roleArn=FOREIGN)
    refreshed = driver.refreshed(resource)
    driver.forget_calls()
    driver.update(refreshed, program)
    assert driver.calls() == [UPDATE]
    assert environment.roles(resource.id) == {"roleArn": OURS}


def test_a_refresh_changes_nothing_where_nothing_changed(driver: Driver, program: dict[str, Any]) -> None:
    """Inputs and outputs stay the same, so that nothing is shown."""
    resource = driver.create(program)
    assert driver.refreshed(resource) == resource


def test_a_connection_that_is_gone_is_seen(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """A refresh finds an absent connection deleted."""
    resource = driver.create(program)
    environment.delete(resource.id)
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
    new_run: Callable[[], Driver],
    program: dict[str, Any],
    changes: dict[str, Any],
    error: type[Exception],
    event: str,
) -> None:
    """Other credentials or a dead endpoint are errors, in a refresh and before anything is restored."""
    resource = new_run().create({**program, "onDelete": "restore"})
    driver = new_run()
    driver.settings = settings_of(driver.aws, **changes)
    with pytest.raises(error):
        getattr(driver, event)(resource)


def test_a_first_look_needs_an_id_alone(driver: Driver, connection_id: str) -> None:
    """A get reads the connection and manages none of its roles; an absent one is an error."""
    outputs = driver.get(connection_id, connectionId=connection_id)
    assert outputs["liveRoleArns"] == {"roleArn": BEFORE}
    assert (outputs["managedRoleArns"], outputs["previousRoleArns"], outputs["onDelete"]) == (
        {},
        {},
        "retain",
    )
    assert not {"roleArn", "aws"} & set(outputs)
    with pytest.raises(ConnectionNotFoundError):
        driver.get(ABSENT, connectionId=ABSENT)
    driver.forget_calls()
    for wrong in (outputs["arn"], "prod", connection_id.upper()):
        with pytest.raises(ConfigurationError, match=r"^The id .* must be the id of .*8-4-4-4-12 lower-case"):
            driver.get(wrong, connectionId=wrong)
    assert driver.calls() == []


# Delete


def test_retain_leaves_the_connection_alone(
    driver: Driver, environment: Environment, program: dict[str, Any]
) -> None:
    """Without a call, and without credentials, one line says that the roles stay and what they may point at."""
    resource = driver.create(program)
    driver.forget_calls()
    driver.connected = 0
    driver.delete(resource)
    assert (driver.calls(), driver.connected) == ([], 0)
    ((severity, text),) = driver.log_lines
    assert severity == "info"
    assert "keeps its roles (onDelete is retain)" in text
    assert environment.roles(resource.id) == {"roleArn": OURS}


@pytest.fixture
def restoring(
    new_run: Callable[[], Driver], program: dict[str, Any]
) -> Callable[..., tuple[Driver, Resource]]:
    """A resource that restores, made in one run, and a later run to destroy it in."""

    def make(**roles: str) -> tuple[Driver, Resource]:
        resource = new_run().create({**program, **roles, "onDelete": "restore"})
        return new_run(), resource

    return make


Restoring = Callable[..., tuple[Driver, Resource]]


def test_restore_puts_the_earlier_roles_back(restoring: Restoring, environment: Environment) -> None:
    """Two calls: the live roles are read, those from before are set; a role that had none stays, with a line."""
    driver, resource = restoring(codebuildRoleArn=OURS)
    driver.delete(resource)
    assert driver.calls() == [GET, UPDATE]
    assert environment.roles(resource.id) == {"roleArn": BEFORE, "codebuildRoleArn": OURS}
    kept, restored = (text for _, text in driver.log_lines)
    assert "keeps its codebuildRoleArn: the connection had none before" in kept
    assert "has its previous roleArn again" in restored


def test_restore_of_what_had_no_role_takes_one_call(restoring: Restoring) -> None:
    """Where nothing can be put back, nothing is set."""
    driver, resource = restoring(roleArn=BEFORE, componentRoleArn=OURS)
    driver.delete(resource)
    assert driver.calls() == [GET]
    ((_, text),) = driver.log_lines
    assert "keeps its componentRoleArn: the connection had none before" in text
    assert (
        "If this run deletes that IAM role and not the connection, the connection names a role that" in text
    )


@pytest.mark.parametrize("refreshed", [False, True], ids=["unseen", "refreshed"])
def test_somebody_elses_change_is_left_alone(
    restoring: Restoring, environment: Environment, refreshed: bool
) -> None:
    """A role that was changed since is not put back, also where a refresh has seen the change, and is named."""
    driver, resource = restoring(componentRoleArn=OURS)
    environment.set_roles(resource.id, roleArn=FOREIGN)
    if refreshed:
        resource = driver.refreshed(resource)
    driver.forget_calls()
    driver.delete(resource)
    assert driver.calls() == [GET]
    assert environment.roles(resource.id)["roleArn"] == FOREIGN
    assert any("keeps its roleArn: it is not the one that this stack" in text for _, text in driver.log_lines)
    assert not any(FOREIGN in text or OURS in text for _, text in driver.log_lines), "an ARN may be a secret"


def test_restoring_what_is_gone_is_success(restoring: Restoring, environment: Environment) -> None:
    """A connection that is gone has nothing to restore."""
    driver, resource = restoring()
    environment.delete(resource.id)
    driver.forget_calls()
    driver.delete(resource)
    assert driver.calls() == [GET]
    ((_, text),) = driver.log_lines
    assert "no longer exists" in text


@pytest.mark.parametrize("newer", [OURS, NEWER], ids=["same role", "newer role"])
def test_roles_that_this_run_has_set_are_not_restored(
    restoring: Restoring, environment: Environment, program: dict[str, Any], newer: str
) -> None:
    """The old one of a rename or a forced replacement goes after the new one was made, and leaves its roles alone."""
    driver, resource = restoring(componentRoleArn=OURS)
    driver.create({**program, "roleArn": newer, "__name": "renamed"})
    driver.forget_calls()
    driver.delete(resource)
    assert environment.roles(resource.id) == {"roleArn": newer, "componentRoleArn": OURS}
    assert driver.calls()[:1] == [GET]
    assert any("renamed manages it now instead of one" in text for _, text in driver.log_lines)


def test_roles_that_this_run_has_updated_are_not_restored_either(
    restoring: Restoring, environment: Environment, program: dict[str, Any]
) -> None:
    """An update in the same run counts as a create does."""
    driver, resource = restoring()
    updated = driver.update(resource, program)
    driver.delete(resource)
    assert environment.roles(updated.id) == {"roleArn": OURS}


def test_another_region_is_another_connection(
    restoring: Restoring, environment: Environment, program: dict[str, Any]
) -> None:
    """What this run has set in another Region does not keep a role from being restored."""
    driver, resource = restoring()
    driver.lifecycle.update(
        resource.id, resource.outputs, {**resource.inputs, "region": "eu-west-1"}, driver.connect, driver.log
    )
    driver.delete(resource)
    assert environment.roles(resource.id) == {"roleArn": BEFORE}


def test_a_replacement_on_the_same_connection_keeps_what_was_there_before(
    restoring: Restoring, program: dict[str, Any]
) -> None:
    """Deleted first and created again, the resource still knows the roles from before it."""
    driver, resource = restoring()
    driver.delete(resource)
    again = driver.create({**program, "onDelete": "restore"})
    assert again.outputs["previousRoleArns"] == {"roleArn": BEFORE}
