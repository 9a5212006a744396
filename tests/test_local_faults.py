"""What a test asks of the local AWS: failures, delays, a reset, and the log of requests."""

import concurrent.futures
import json
import socket
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from local_client import UNSIGNED, assume, call, client, create, error, listed, make_role, outcomes
from wire import (
    ABSENT,
    CREATE,
    ENVIRONMENT,
    GET,
    MANAGEMENT,
    ROLE,
    UPDATE,
    assert_aws_error,
    head,
    headers,
    send,
)

from proton_provider.local import CONNECTION_RESET, LocalAws, Request, control

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")


@pytest.fixture
def environment(aws: LocalAws) -> Any:
    return client(aws, "proton")


def test_the_next_calls_fail_as_asked(aws: LocalAws, environment: Any) -> None:
    """The next calls of the operation fail with these codes and messages, in the order of `fail_next`."""
    connection_id = create(environment)["id"]
    aws.fail_next(UPDATE, "AccessDeniedException", message="no iam:PassRole")
    aws.fail_next(UPDATE, "ThrottlingException", times=2)
    call(environment, "get", id=connection_id)
    found = [error(call, environment, "update", id=connection_id, roleArn=ROLE) for _ in range(3)]
    assert [each["Code"] for each in found] == ["AccessDeniedException", *["ThrottlingException"] * 2]
    assert found[0]["Message"] == "no iam:PassRole"
    assert "roleArn" not in call(environment, "get", id=connection_id)
    call(environment, "update", id=connection_id, roleArn=ROLE)


def test_every_so_many_calls_fail_until_reset(aws: LocalAws, environment: Any) -> None:
    """Two recurring failures take turns, `fail_next` wins, and a reset ends them."""
    aws.fail_every(GET, "ThrottlingException", 3)
    aws.fail_every(GET, "InternalServerException", 4, offset=2)
    found = [error(call, environment, "get", id=ABSENT)["Code"].removesuffix("Exception") for _ in range(6)]
    absent, slow, broken = "ResourceNotFound", "Throttling", "InternalServer"
    assert found == [absent, broken, slow, absent, absent, slow]
    aws.fail_next(GET, "AccessDeniedException")
    found = [error(call, environment, "get", id=ABSENT)["Code"].removesuffix("Exception") for _ in range(4)]
    assert found == ["AccessDenied", absent, slow, broken]
    connection_id = create(environment)["id"]
    aws.fail_every(UPDATE, CONNECTION_RESET, 1, after_effect=True)
    for _ in range(2):
        with pytest.raises(ConnectionClosedError):
            call(environment, "update", id=connection_id, roleArn=ROLE)
    assert call(environment, "get", id=connection_id)["roleArn"] == ROLE
    aws.reset()
    assert error(call, environment, "update", id=ABSENT, roleArn=ROLE)["Code"] == "ResourceNotFoundException"


def test_a_client_retries_what_aws_lets_it_retry(aws: LocalAws) -> None:
    """Throttling, an internal error and resets are retried by botocore, which then gets its answer."""
    proton = client(aws, "proton", retries=3)
    connection_id = create(proton)["id"]
    wanted = []
    for status, code in (
        (400, "ThrottlingException"),
        (500, "InternalServerException"),
        (0, CONNECTION_RESET),
    ):
        aws.fail_next(GET, code)
        call(proton, "get", id=connection_id)
        wanted += [(status, code), (200, None)]
    assert outcomes(aws, GET) == wanted


def test_a_reset_is_one_on_the_wire(aws: LocalAws) -> None:
    """The caller's socket fails; it does not just end without an answer."""
    aws.fail_next(GET, CONNECTION_RESET)
    with socket.create_connection(("127.0.0.1", aws.port)) as connection:
        connection.sendall(head() + b"Content-Length: 2\r\n\r\n{}")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize("code", ["InternalServerException", CONNECTION_RESET])
@pytest.mark.parametrize("after_effect", [False, True])
def test_a_failure_can_come_before_or_after_the_effect(
    aws: LocalAws, environment: Any, code: str, after_effect: bool
) -> None:
    """``after_effect`` decides whether the operation was done; the caller can't tell."""
    connection_id = create(environment)["id"]
    aws.fail_next(UPDATE, code, after_effect=after_effect)
    with pytest.raises((ClientError, ConnectionClosedError)):
        call(environment, "update", id=connection_id, roleArn=ROLE)
    assert ("roleArn" in call(environment, "get", id=connection_id)) is after_effect


def test_a_lost_create_is_made_good_by_its_client_token(aws: LocalAws) -> None:
    """Botocore repeats the token when it retries, so that a lost answer makes no second connection."""
    proton = client(aws, "proton", retries=3)
    aws.fail_next(CREATE, CONNECTION_RESET, times=2, after_effect=True)
    made = create(proton)
    assert listed(proton) == [made["id"]]


def test_only_requests_that_can_be_read_use_up_a_fault(aws: LocalAws, environment: Any) -> None:
    """Bad JSON and missing signatures use up no fault. An operation that would fail anyway uses up one."""
    aws.fail_next(GET, "ThrottlingException", after_effect=True)
    assert assert_aws_error(send(aws, body=b"no json")) == "SerializationException"
    assert assert_aws_error(send(aws, given=headers(Authorization=None))) == UNSIGNED
    for code in ("ThrottlingException", "ResourceNotFoundException"):
        assert error(call, environment, "get", id=ABSENT)["Code"] == code


def test_sts_and_iam_can_fail_too(aws: LocalAws) -> None:
    """``fail_next`` knows operations of every service, connection resets included."""
    sts, iam = client(aws, "sts"), client(aws, "iam")
    aws.fail_next("AssumeRole", "AccessDenied", message="not you")
    aws.fail_next("AssumeRole", CONNECTION_RESET)
    assert error(assume, sts, ROLE) == {"Type": "Sender", "Code": "AccessDenied", "Message": "not you"}
    with pytest.raises(ConnectionClosedError):
        assume(sts, ROLE)
    assume(sts, ROLE)
    aws.fail_next("CreateRole", "ServiceFailure", after_effect=True)
    assert error(iam.create_role, RoleName="r", AssumeRolePolicyDocument="{}")["Code"] == "ServiceFailure"
    assert iam.get_role(RoleName="r")["Role"]["RoleName"] == "r"


def test_faults_for_no_request_are_a_mistake(aws: LocalAws) -> None:
    """``times`` and ``every`` are at least one, seconds are not negative."""
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="times must be at least 1"):
            aws.fail_next(GET, "ThrottlingException", times=wrong)
        with pytest.raises(ValueError, match="every must be at least 1"):
            aws.fail_every(GET, "ThrottlingException", wrong)
    with pytest.raises(ValueError, match="negative"):
        aws.delay(-1)


def test_answers_of_proton_can_be_held_back(aws: LocalAws, environment: Any) -> None:
    """The operation takes effect at once, its answer comes later, and nobody else has to wait."""
    connection_id = create(environment)["id"]
    slow = client(aws, "proton", read_timeout=0.3)
    aws.delay(3600)
    with pytest.raises(ReadTimeoutError):
        call(slow, "update", id=connection_id, roleArn=ROLE)
    client(aws, "iam").list_roles()
    while not outcomes(aws, UPDATE):
        time.sleep(0.01)
    aws.delay(0)
    assert call(environment, "get", id=connection_id)["roleArn"] == ROLE


def test_one_operation_can_be_held_back(aws: LocalAws, environment: Any) -> None:
    """A delay may be for a single operation, of any service."""
    aws.delay(3600, UPDATE)
    aws.delay(3600, "ListRoles")
    call(environment, "get", id=create(environment)["id"])
    with pytest.raises(ReadTimeoutError):
        client(aws, "iam", read_timeout=0.2).list_roles()


def test_a_reset_ends_a_delay_that_runs(aws: LocalAws, environment: Any) -> None:
    """Requests that wait are answered when ``reset`` is called."""
    aws.delay(3600)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(listed, environment)
        while not aws.requests:
            time.sleep(0.01)
        aws.reset()
        assert waiting.result() == []


def test_the_log_has_every_request(aws: LocalAws, environment: Any) -> None:
    """Service, operation, account, Region, parameters, status and error of each, oldest first."""
    connection_id = create(environment, clientToken="t")["id"]
    error(call, client(aws, "proton", MANAGEMENT, region="us-east-1"), "accept", id=connection_id)
    client(aws, "sts").get_caller_identity()
    members = {"environmentName": "production", "managementAccountId": MANAGEMENT, "clientToken": "t"}
    assert aws.requests == [
        Request("proton", CREATE, ENVIRONMENT, "eu-west-1", members, 200, None),
        Request(
            "proton", "AcceptEnvironmentAccountConnection", MANAGEMENT, "us-east-1", {"id": connection_id}, 400,
            "ResourceNotFoundException",
        ),
        Request("sts", "GetCallerIdentity", ENVIRONMENT, "eu-west-1", {"Version": "2011-06-15"}, 200, None),
    ]  # fmt: skip


def test_a_request_is_one_line_of_the_log(aws: LocalAws) -> None:
    """Also if its path has a line feed."""
    send(aws, "GET", "/a%0Ab", b"", {})
    assert aws.requests[-1].operation == "GET /a\nb"
    assert aws.requests[-1].line.isprintable()


def test_the_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest requests are dropped."""
    monkeypatch.setattr("proton_provider.local.server.KEPT_REQUESTS", 3)
    with LocalAws() as aws:
        for number in range(5):
            send(aws, given=headers(f"Operation{number}"))
        assert [request.operation for request in aws.requests] == ["Operation2", "Operation3", "Operation4"]


def test_parameters_of_large_requests_are_not_kept(aws: LocalAws) -> None:
    """The log stays small, whatever is sent."""
    body = json.dumps({"id": ABSENT, "unknown": "x" * control.LOGGED_BODY})
    assert assert_aws_error(send(aws, body=body)) == "ResourceNotFoundException"
    assert aws.requests[-1].parameters == {}


def test_reset_forgets_everything(aws: LocalAws, environment: Any) -> None:
    """Connections, roles, faults and the log are deleted."""
    create(environment)
    make_role(aws, "r", "{}")
    aws.fail_next("ListRoles", "AccessDenied")
    aws.reset()
    assert aws.requests == []
    assert client(aws, "iam").list_roles()["Roles"] == []
    assert listed(environment) == []
