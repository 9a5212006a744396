"""What the package aws tries again and waits for: retries, new roles, connections that are not seen yet."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    calls,
    client,
    connect,
    resolved,
    settings_of,
)
from aws.operations import CREATE, DELETE, GET, LIST, ROLE, UPDATE, WANTED, LogLines, sentence

from proton_provider import stopping
from proton_provider.aws import session
from proton_provider.aws.client import Log, Proton
from proton_provider.errors import (
    ConnectionNotFoundError,
    EndpointUnreachableError,
    ProtonError,
    RefusedError,
    StoppedError,
    TryAgainLaterError,
)
from proton_provider.local import CONNECTION_RESET, LocalAws


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException", CONNECTION_RESET])
def test_what_may_pass_is_tried_again(
    aws: LocalAws, environment: Proton, connection: dict[str, Any], pauses: list[float], code: str
) -> None:
    """Throttling, internal errors and lost connections are retried, and the call succeeds."""
    aws.fail_next(UPDATE, code, times=3)
    changed = environment.set_roles(connection["id"], {"componentRoleArn": ROLE}, LogLines())
    assert changed["componentRoleArn"] == ROLE
    assert calls(aws) == [CREATE, *[UPDATE] * 4]
    assert len(pauses) == 3


@pytest.mark.usefixtures("own_run")
def test_a_cancelled_run_tries_nothing_again(
    aws: LocalAws, environment: Proton, connection: dict[str, Any]
) -> None:
    """Cancel ends the pause before the second try already, and the call is not sent again."""
    stopping.stop()
    aws.fail_next(UPDATE, "ThrottlingException", times=3)
    with pytest.raises(StoppedError, match="the next attempt"):
        environment.set_roles(connection["id"], {"componentRoleArn": ROLE}, LogLines())
    assert calls(aws) == [CREATE, UPDATE]


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException", "AccessDeniedException"])
def test_what_will_not_pass_is_not_tried_again(
    aws: LocalAws, environment: Proton, connection: dict[str, Any], pauses: list[float], code: str
) -> None:
    """A refusal is an error at once."""
    aws.fail_next(UPDATE, code)
    with pytest.raises(ProtonError, match=code):
        environment.set_roles(connection["id"], {"componentRoleArn": ROLE}, LogLines())
    assert calls(aws) == [CREATE, UPDATE]
    assert pauses == []


@pytest.mark.parametrize(
    ("code", "tries"),
    [
        ("InternalServerException", session.TRIES),
        ("ThrottlingException", session.THROTTLED_TRIES),
        (CONNECTION_RESET, session.TRIES),
    ],
)
@pytest.mark.usefixtures("fresh_clients", "pauses")
def test_there_is_an_end_to_retries(aws: LocalAws, code: str, tries: int) -> None:
    """A call is given up after its number of tries, the sixth in a row like the first."""
    proton = connect(settings_of(aws))
    aws.fail_next(GET, code, times=6 * tries)
    for _ in range(6):
        with pytest.raises((TryAgainLaterError, EndpointUnreachableError)):
            proton.find(ABSENT)
    assert calls(aws) == [GET] * 6 * tries


@pytest.mark.parametrize(
    ("changes", "shell", "tries"),
    [
        ({}, {}, 8),
        ({"max_attempts": 1}, {}, 1),
        ({"max_attempts": 3}, {"AWS_MAX_ATTEMPTS": "5"}, 3),
        ({}, {"AWS_MAX_ATTEMPTS": "2"}, 2),
        ({}, {"AWS_RETRY_MODE": "legacy"}, 8),
    ],
)
@pytest.mark.usefixtures("fresh_clients", "pauses")
def test_the_number_of_tries_is_settable(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], shell: dict[str, str], tries: int
) -> None:
    """AwsSettings and `aws:maxRetries` say how often a call is tried, else the shell does."""
    for name, value in shell.items():
        monkeypatch.setenv(name, value)
    aws.fail_next(LIST, "InternalServerException", times=tries)
    found = resolved(aws, {"aws:accessKey": ENVIRONMENT_ACCOUNT, "aws:secretKey": "local"})
    proton = connect(dataclasses.replace(found, **changes))
    sentence(TryAgainLaterError, lambda: proton.list_connections("ENVIRONMENT_ACCOUNT"), "AWS kept failing")
    assert calls(aws) == [LIST] * tries


@pytest.mark.parametrize(
    ("shell", "profile", "mode"),
    [
        ("", "", "standard"),
        ("adaptive", "", "adaptive"),
        ("", "retry_mode = legacy", "legacy"),
    ],
)
@pytest.mark.usefixtures("fresh_clients")
def test_retries_are_spaced_as_the_user_says(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, shell: str, profile: str, mode: str
) -> None:
    """The mode is `standard` unless the shell or the profile asks for another, with every version of botocore."""
    if shell:
        monkeypatch.setenv("AWS_RETRY_MODE", shell)
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[default]\n{profile}\n", encoding="utf-8")
    found = resolved(aws, {"aws:accessKey": ENVIRONMENT_ACCOUNT, "aws:secretKey": "local"})
    assert connect(found)._client.meta.config.retries["mode"] == mode


LOST: Mapping[str, Callable[[Proton, str], object]] = {
    UPDATE: lambda proton, made: proton.set_roles(made, {"roleArn": ROLE}, LogLines()),
    CREATE: lambda proton, made: proton.request({**WANTED, "clientToken": "t"}, LogLines()),
    DELETE: lambda proton, made: proton.delete(made, ENVIRONMENT_ACCOUNT),
}


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("operation", LOST)
@pytest.mark.usefixtures("pauses")
def test_a_connection_reset_loses_nothing(
    aws: LocalAws, environment: Proton, log_lines: LogLines, operation: str, after_effect: bool
) -> None:
    """A call whose connection is reset, before or after it took effect, ends as if it had gone well."""
    made = environment.request({**WANTED, "environmentName": "made"}, log_lines)["id"]
    aws.fail_next(operation, CONNECTION_RESET, after_effect=after_effect)
    LOST[operation](environment, made)
    left = environment.list_connections("ENVIRONMENT_ACCOUNT")
    assert [(seen["environmentName"], seen.get("roleArn")) for seen in left] == {
        UPDATE: [("made", ROLE)],
        CREATE: [("made", None), ("prod", None)],
        DELETE: [],
    }[operation]
    assert calls(aws).count(operation) == 2 + (operation == CREATE)


# Roles that IAM made moments ago


@pytest.fixture
def new_role(aws: LocalAws) -> str:
    """A role that IAM has just made."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "proton.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made = client(aws, "iam").create_role(
        RoleName="new",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return str(made["Role"]["Arn"])


HANDING_OVER: Mapping[str, Callable[[Proton, str, str, Log], dict[str, Any]]] = {
    UPDATE: lambda proton, made, role, log_lines: proton.set_roles(
        made, {"componentRoleArn": role}, log_lines
    ),
    CREATE: lambda proton, made, role, log_lines: proton.request(
        {**WANTED, "componentRoleArn": role}, log_lines
    ),
}


@pytest.mark.parametrize("operation", HANDING_OVER)
def test_a_role_that_iam_made_moments_ago_is_waited_for(
    aws: LocalAws, connection: dict[str, Any], new_role: str, log_lines: LogLines, operation: str
) -> None:
    """A role that can not be assumed yet is tried again until it can, with one line that says so."""
    aws.iam_delay = 3600

    def log(severity: str, text: str) -> None:
        log_lines(severity, text)
        aws.iam_delay = 0

    got = HANDING_OVER[operation](connect(settings_of(aws)), connection["id"], new_role, log)
    assert got["componentRoleArn"] == new_role
    ((severity, text),) = log_lines
    assert severity == "info"
    assert "componentRoleArn" in text
    assert new_role not in text  # it may come from a secret of the program
    assert "up to 30 s" in text


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_either_refusal_that_names_the_role_is_waited_for(
    aws: LocalAws, environment: Proton, connection: dict[str, Any], log_lines: LogLines, code: str
) -> None:
    """Which of two answers AWS gives is not documented, so both are waited for."""
    aws.fail_next(UPDATE, code, message=f"Proton cannot assume {ROLE}.")
    assert environment.set_roles(connection["id"], {"roleArn": ROLE}, log_lines)["roleArn"] == ROLE
    assert len(log_lines) == 1


def test_waiting_has_an_end(
    aws: LocalAws,
    connection: dict[str, Any],
    new_role: str,
    log_lines: LogLines,
    pauses: list[float],
) -> None:
    """A role that never becomes assumable is an error after the bound, which says how long was waited and what to check."""
    aws.iam_delay = 3600
    sentence(
        RefusedError,
        lambda: connect(settings_of(aws)).set_roles(connection["id"], {"roleArn": new_role}, log_lines),
        new_role,
        "Waited 30 s",
        "Check its trust policy",
    )
    assert pauses == [1, 2, 4, 8, 15]
    assert calls(aws) == [CREATE, *[UPDATE] * 6]
    assert len(log_lines) == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "AccessDeniedException",
            f"User: arn:aws:iam::222222222222:user/x is not authorized to perform: iam:PassRole on resource: {ROLE}",
        ),
        (
            "AccessDeniedException",
            "User is not authorized to perform: proton:UpdateEnvironmentAccountConnection",
        ),
        ("ValidationException", "The id is wrong."),
        ("ConflictException", f"{ROLE} is in use."),
    ],
)
def test_other_refusals_are_not_waited_for(
    aws: LocalAws, connection: dict[str, Any], log_lines: LogLines, code: str, message: str
) -> None:
    """A missing permission, another status and refusals of something else are errors at once."""
    aws.fail_next(UPDATE, code, message=message)
    with pytest.raises(ProtonError, match=code):
        connect(settings_of(aws)).set_roles(connection["id"], {"roleArn": ROLE}, log_lines)
    assert log_lines == []
    assert calls(aws) == [CREATE, UPDATE]


@pytest.mark.usefixtures("pauses")
def test_a_connection_that_is_not_seen_yet_is_accepted_a_moment_later(
    aws: LocalAws, management: Proton, connection: dict[str, Any], log_lines: LogLines
) -> None:
    """A request that the management account does not see at once is waited for, with one line."""
    accept = "AcceptEnvironmentAccountConnection"
    aws.fail_next(accept, "ResourceNotFoundException", times=2)
    assert management.accept(connection["id"], log_lines)["status"] == "CONNECTED"
    assert calls(aws) == [CREATE, accept, accept, accept]
    ((severity, text),) = log_lines
    assert severity == "info"
    assert "This account does not see " in text


def test_a_connection_that_aws_hides_for_a_moment_is_accepted(
    aws: LocalAws, environment: Proton, management: Proton, log_lines: LogLines
) -> None:
    """The management account of a local AWS that hides new connections, as real clouds do, accepts a new one."""
    aws.connection_delay = 3600

    def log(severity: str, text: str) -> None:
        log_lines(severity, text)
        aws.connection_delay = 0

    made = environment.request(WANTED, log_lines)
    assert management.accept(made["id"], log)["status"] == "CONNECTED"
    assert len(log_lines) == 1


def test_the_wait_for_a_connection_has_an_end(
    management: Proton, pauses: list[float], log_lines: LogLines
) -> None:
    """An absent connection is an error after ten seconds, which says how long was waited."""
    sentence(
        ConnectionNotFoundError, lambda: management.accept(ABSENT, log_lines), "It did not appear within 10 s"
    )
    assert sum(pauses) == 10
    assert len(log_lines) == 1
