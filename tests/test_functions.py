"""Data source functions with a local AWS: one connection, all connections, and the errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    calls,
    client,
    role_arn,
)
from mocks import EchoingMocks, awaited, run
from pulumi.runtime import set_all_config

from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnectionResult,
    get_environment_account_connection,
    get_environment_account_connection_output,
    get_environment_account_connections,
    get_environment_account_connections_output,
)
from proton_provider.errors import (
    ConfigurationError,
    ConnectionNotFoundError,
    NotOneConnectionError,
    ProtonError,
)
from proton_provider.local import LocalAws

ROLE = role_arn("proton")
GET, LIST = "GetEnvironmentAccountConnection", "ListEnvironmentAccountConnections"


@pytest.fixture
def config(aws: LocalAws) -> Iterator[Callable[..., None]]:
    """Sets the stack's config, `aws__region` for `aws:region`, None to take one out; the local AWS's is there."""

    def configure(*secret: str, **changes: Any) -> None:
        values = {
            "aws__region": REGION,
            "aws__accessKey": ENVIRONMENT_ACCOUNT,
            "aws__secretKey": "local",
            "aws__endpoints": [{"sts": aws.url}],
            "proton__endpointUrl": aws.url,
            **changes,
        }
        set_all_config(
            {
                name.replace("__", ":"): value if isinstance(value, str) else json.dumps(value)
                for name, value in values.items()
                if value is not None
            },
            list(secret),
        )

    configure()
    yield configure
    set_all_config({}, [])


@pytest.fixture
def request_connection(aws: LocalAws, config: Callable[..., None]) -> Callable[..., str]:
    """Requests a connection; its id."""
    environment, managing = client(aws, "proton"), client(aws, "proton", MANAGEMENT_ACCOUNT)

    def request(name: str = "prod", management: str = MANAGEMENT_ACCOUNT, *, accept: bool = False) -> str:
        made = environment.create_environment_account_connection(
            environmentName=name, managementAccountId=management, roleArn=ROLE, codebuildRoleArn=ROLE
        )
        connection_id = str(made["environmentAccountConnection"]["id"])
        if accept:
            managing.accept_environment_account_connection(id=connection_id)
        return connection_id

    return request


Request = Callable[..., str]


def test_a_connection_is_found_by_its_id(aws: LocalAws, request_connection: Request) -> None:
    """One call, and a typed result with every member; a role that is not set is None."""
    connection_id = request_connection()
    before = len(calls(aws))
    found = get_environment_account_connection(connection_id)
    assert calls(aws)[before:] == [GET]
    assert found == EnvironmentAccountConnectionResult(
        id=connection_id,
        arn=f"arn:aws:proton:{REGION}:{ENVIRONMENT_ACCOUNT}:environment-account-connection/{connection_id}",
        environment_account_id=ENVIRONMENT_ACCOUNT,
        environment_name="prod",
        management_account_id=MANAGEMENT_ACCOUNT,
        status="PENDING",
        requested_at=found.requested_at,
        last_modified_at=found.requested_at,
        role_arn=ROLE,
        component_role_arn=None,
        codebuild_role_arn=ROLE,
    )
    assert found.requested_at.endswith("Z")


@pytest.mark.parametrize(
    "conditions",
    [
        {"environment_name": "prod"},
        {"environment_name": "prod", "management_account_id": MANAGEMENT_ACCOUNT},
        {"management_account_id": OTHER_ACCOUNT, "environment_name": "other"},
        {"statuses": ["CONNECTED"]},
        {"statuses": ["CONNECTED", "REJECTED"], "management_account_id": MANAGEMENT_ACCOUNT},
    ],
)
def test_a_connection_is_found_by_what_it_connects(
    request_connection: Request, conditions: dict[str, Any]
) -> None:
    """Name, management account and statuses narrow it down; the result has the CodeBuild role, which lists lack."""
    wanted = request_connection(accept=True)
    other = request_connection("other", OTHER_ACCOUNT)
    request_connection("third")
    found = get_environment_account_connection(**conditions)
    assert found.id == (other if conditions.get("environment_name") == "other" else wanted)
    assert found.codebuild_role_arn == ROLE


@pytest.mark.parametrize("by", ["id", "name"])
def test_the_management_account_finds_a_connection_in_its_list(
    aws: LocalAws, config: Callable[..., None], request_connection: Request, by: str
) -> None:
    """It has no other view, so that the CodeBuild role is not known to it."""
    connection_id = request_connection()
    config(aws__accessKey=MANAGEMENT_ACCOUNT)
    before = len(calls(aws))
    conditions: dict[str, Any] = {"id": connection_id} if by == "id" else {"environment_name": "prod"}
    found = get_environment_account_connection(requested_by="MANAGEMENT_ACCOUNT", **conditions)
    assert (found.id, found.role_arn, found.codebuild_role_arn) == (connection_id, ROLE, None)
    assert calls(aws)[before:] == [LIST]


def test_several_are_listed(request_connection: Request) -> None:
    """Where several match, the error names the conditions and each with its status, ten of them at most."""
    ids = [request_connection() for _ in range(12)]
    with pytest.raises(NotOneConnectionError) as caught:
        get_environment_account_connection(environment_name="prod", statuses=["PENDING"])
    text = str(caught.value)
    assert "(environmentName prod, status PENDING), but 12 do" in text
    assert sum(connection_id in text for connection_id in ids) == 10
    assert "and 2 more" in text


@pytest.mark.parametrize(
    ("conditions", "part"),
    [
        (
            {"environment_name": "prod", "statuses": ["CONNECTED"]},
            "but none does. The account has: {id} (PENDING, ",
        ),
        ({"environment_name": "absent"}, "but none does. The account has no similar one"),
        ({"management_account_id": OTHER_ACCOUNT}, "The account has: {id}"),
        ({"statuses": []}, "The account has: {id}"),
    ],
)
def test_what_there_is_instead_is_listed(
    request_connection: Request, conditions: dict[str, Any], part: str
) -> None:
    """Where none matches, the error says what there is, in one whole sentence with where to look."""
    connection_id = request_connection()
    with pytest.raises(NotOneConnectionError) as caught:
        get_environment_account_connection(**conditions)
    text = str(caught.value)
    assert part.format(id=connection_id) in text
    assert text.endswith("Check the account and the Region.")
    assert "\n" not in text


def test_an_id_that_does_not_fit_the_conditions_is_an_error(request_connection: Request) -> None:
    """An id and conditions must all match."""
    with pytest.raises(NotOneConnectionError, match="environmentName other"):
        get_environment_account_connection(request_connection(), environment_name="other")


def test_an_absent_id_is_an_error(config: Callable[..., None]) -> None:
    """An id that is not there is an error of its own. Few lines stand between it and the program's."""
    with pytest.raises(ConnectionNotFoundError, match=ABSENT) as caught:
        get_environment_account_connection(ABSENT)
    below_the_program = [entry.name for entry in caught.traceback][1:]
    assert below_the_program == ["get_environment_account_connection", "call", "look_up"]


def test_all_that_match_are_found(aws: LocalAws, request_connection: Request) -> None:
    """Every page is read; where none matches the list is empty."""
    for number in range(100):
        request_connection(f"env-{number}")
    accepted = request_connection(accept=True)
    assert len(get_environment_account_connections()) == 101
    assert calls(aws)[-2:] == [LIST, LIST]
    assert [found.id for found in get_environment_account_connections(statuses=["CONNECTED"])] == [accepted]
    (one,) = get_environment_account_connections(
        environment_name="env-7", management_account_id=MANAGEMENT_ACCOUNT
    )
    assert (one.environment_name, one.codebuild_role_arn) == ("env-7", None)
    assert get_environment_account_connections(environment_name="absent") == []
    assert get_environment_account_connections(requested_by="MANAGEMENT_ACCOUNT") == []


# Settings


def test_settings_of_the_look_up_come_first(
    aws: LocalAws, config: Callable[..., None], request_connection: Request
) -> None:
    """AwsSettings beat the stack's config, as for resources."""
    config(aws__region="eu-west-1", proton__endpointUrl="http://127.0.0.1:1")
    connection_id = request_connection()
    own = AwsSettings(region=REGION, endpoint_url=aws.url, allowed_account_ids=(ENVIRONMENT_ACCOUNT,))
    assert get_environment_account_connection(connection_id, aws=own).id == connection_id


@pytest.mark.parametrize(
    ("changes", "own", "part"),
    [
        ({"aws__region": None}, None, "The Region is not known: set proton:region"),
        (
            {"aws__region": "eu-west-3", "proton__endpointUrl": None},
            None,
            "The Region must be a Region where AWS offered Proton",
        ),
        ({"aws__profile": "absent"}, None, "absent"),
        ({"aws__assumeRoles": "[{"}, None, "aws:assumeRoles"),
        ({}, AwsSettings(assume_role_arn="admin"), "aws.assumeRoleArn must be the ARN of an IAM role"),
        ({}, AwsSettings(session_name="x"), "aws.sessionName needs assumeRoleArn"),
        ({}, AwsSettings(max_attempts=0), "aws.maxAttempts must be a whole number"),
    ],
)
def test_settings_that_do_not_work_are_errors(
    aws: LocalAws, config: Callable[..., None], changes: dict[str, Any], own: AwsSettings | None, part: str
) -> None:
    """Wrong settings are one sentence, before anything is sent."""
    config(**changes)
    with pytest.raises(ConfigurationError) as caught:
        get_environment_account_connections(aws=own)
    assert part in str(caught.value)
    assert str(caught.value).endswith(".")
    assert calls(aws) == []


# The forms for outputs


def resolved(make: Callable[[], pulumi.Output[Any]]) -> Any:
    """What an output comes to."""

    async def wait() -> Any:
        return await make().future()

    return asyncio.run(wait())


def unknown() -> pulumi.Output[str]:
    """An output that is not known yet."""

    async def later(value: Any) -> Any:
        return value

    return pulumi.Output(
        asyncio.ensure_future(later(set())),
        asyncio.ensure_future(later(None)),
        asyncio.ensure_future(later(False)),
    )


def test_the_output_form_takes_outputs(aws: LocalAws, request_connection: Request) -> None:
    """Outputs as conditions and in the settings come to the same result as their values."""
    connection_id = request_connection()

    def look_up() -> pulumi.Output[EnvironmentAccountConnectionResult]:
        name = pulumi.Output.from_input("prod")
        own = AwsSettings(region=pulumi.Output.from_input(REGION))
        return get_environment_account_connection_output(environment_name=name, statuses=["PENDING"], aws=own)

    assert resolved(look_up) == get_environment_account_connection(connection_id)
    listed = resolved(lambda: get_environment_account_connections_output(statuses=["PENDING"]))
    assert [found.id for found in listed] == [connection_id]


def test_the_output_form_takes_coroutines(aws: LocalAws, request_connection: Request) -> None:
    """A coroutine is awaited once, whoever needs its value: the search, its settings, and what it depends on."""
    connection_id = request_connection()
    conditions: dict[str, Any] = {"environment_name": "prod", "statuses": ["PENDING"]}

    def look_up() -> pulumi.Output[Any]:
        own = AwsSettings(**awaited({"region": REGION, "allowed_account_ids": [ENVIRONMENT_ACCOUNT]}))
        return get_environment_account_connection_output(**awaited(conditions), aws=own)

    assert resolved(look_up) == get_environment_account_connection(connection_id)
    token = "proton:index:getEnvironmentAccountConnection"
    mocks = EchoingMocks(answers={token: {"id": "id"}})
    assert run(mocks, lambda: get_environment_account_connection_output(**awaited(conditions))).id == "id"


@pytest.mark.parametrize("where", ["condition", "settings"])
def test_the_output_form_waits_for_the_unknown(
    aws: LocalAws, config: Callable[..., None], where: str
) -> None:
    """While an argument is unknown, so is the result, and nothing is asked."""

    async def is_known() -> bool:
        if where == "condition":
            found = get_environment_account_connection_output(unknown())
        else:
            found = get_environment_account_connection_output("id", aws=AwsSettings(region=unknown()))
        return bool(await found.is_known())

    assert asyncio.run(is_known()) is False
    assert calls(aws) == []


def test_errors_come_through_an_output(config: Callable[..., None]) -> None:
    """A look-up that fails fails the output, with its own error."""
    with pytest.raises(ConnectionNotFoundError):
        resolved(lambda: get_environment_account_connection_output(ABSENT))


@pytest.mark.parametrize("secret", [True, False])
def test_a_secret_argument_is_in_no_error(config: Callable[..., None], secret: bool) -> None:
    """An error names what does not match, and shows its value only if it is no secret."""
    value = pulumi.Output.secret if secret else pulumi.Output.from_input
    for name, condition in (("hidden-name", NotOneConnectionError), ("hidden name", ConfigurationError)):

        def look_up(name: str = name) -> pulumi.Output[Any]:
            return get_environment_account_connection_output(environment_name=value(name))

        with pytest.raises(condition, match=r"nvironment.?[nN]ame") as caught:
            resolved(look_up)
        assert (name in str(caught.value)) is not secret


def test_secret_config_is_in_no_error(aws: LocalAws, config: Callable[..., None]) -> None:
    """The role of a secret list in the stack's config is in an error of STS, and hidden there."""
    config("aws:assumeRoles", aws__assumeRoles=[{"roleArn": ROLE, "externalId": "hidden-id"}])
    aws.fail_next("AssumeRole", "AccessDenied", message=f"Not authorized: {ROLE} with hidden-id")
    with pytest.raises(
        ProtonError, match=r"Assuming the role \[secret\].*Not authorized: \[secret\] with \[secret\]"
    ):
        get_environment_account_connections()


# Under mocks


def test_mocks_answer_the_functions_by_pulumis_names() -> None:
    """All four forms go to `Mocks.call`, with Pulumi's names for the arguments, and give back what it returns."""
    connection = {"id": "id", "arn": "arn", "environmentName": "prod", "codebuildRoleArn": ROLE}
    one, several = (f"proton:index:getEnvironmentAccountConnection{plural}" for plural in ("", "s"))
    mocks = EchoingMocks(answers={one: connection, several: {"environmentAccountConnections": [connection]}})
    arguments: dict[str, Any] = {
        "environment_name": "prod",
        "statuses": ["PENDING"],
        "requested_by": "MANAGEMENT_ACCOUNT",
        "aws": AwsSettings(max_attempts=2),
    }

    def program() -> Any:
        name = pulumi.Output.from_input("prod")
        return pulumi.Output.all(
            get_environment_account_connection(**arguments),
            get_environment_account_connections(**arguments),
            get_environment_account_connection_output(**{**arguments, "environment_name": name}),
            get_environment_account_connections_output(**{**arguments, "environment_name": name}),
        )

    found = run(mocks, program)
    assert found == [found[0], [found[0]], found[0], [found[0]]]
    assert (found[0].id, found[0].codebuild_role_arn, found[0].role_arn) == ("id", ROLE, None)
    asked = [call for call in mocks.called if call.token.startswith("proton:")]
    assert sorted(call.token for call in asked) == [one, one, several, several]
    assert all(
        call.args
        == {
            "environmentName": "prod",
            "statuses": ["PENDING"],
            "requestedBy": "MANAGEMENT_ACCOUNT",
            "aws": {"maxAttempts": 2},
        }
        for call in asked
    )


def test_mocks_are_asked_about_conditions_that_can_be_met() -> None:
    """A condition that no connection can meet is an error in a unit test, too."""
    with pytest.raises(ConfigurationError, match="management_account_id must be an account id"):
        run(EchoingMocks(), lambda: get_environment_account_connection(management_account_id="1"))
