"""The door to AWS, against a local AWS over HTTP: every call, every error, who is calling, retries and waits."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime as dt
import functools
import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.credentials
import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    calls,
    client,
    resolved,
    role_arn,
    settings_of,
)
from botocore.loaders import Loader

from proton_provider import stopping
from proton_provider.aws import client as aws_client
from proton_provider.aws import session
from proton_provider.aws.client import Proton
from proton_provider.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConnectionNotFoundError,
    CredentialsError,
    EndpointUnreachableError,
    IdempotencyMismatchError,
    ProtonError,
    RefusedError,
    StoppedError,
    TryAgainLaterError,
    WrongAccountError,
)
from proton_provider.local import CONNECTION_RESET, LocalAws
from proton_provider.settings import AssumedRole, Settings

ROLE = role_arn("proton")
NOWHERE = "http://127.0.0.1:1"
"""Nobody listens on the first port, which is reserved."""

GET = "GetEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"
CREATE = "CreateEnvironmentAccountConnection"
DELETE = "DeleteEnvironmentAccountConnection"
REJECT = "RejectEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
WANTED = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT}


class LogLines(list[tuple[str, str]]):
    """What a user was told."""

    def __call__(self, severity: str, text: str) -> None:
        self.append((severity, text))


@pytest.fixture
def log_lines() -> LogLines:
    return LogLines()


@pytest.fixture
def environment(aws: LocalAws) -> Proton:
    """The environment account."""
    return aws_client.connect(settings_of(aws))


@pytest.fixture
def management(aws: LocalAws) -> Proton:
    """The management account."""
    return aws_client.connect(settings_of(aws, MANAGEMENT_ACCOUNT))


@pytest.fixture
def connection(environment: Proton, log_lines: LogLines) -> dict[str, Any]:
    """A connection that was requested."""
    return environment.request({**WANTED, "roleArn": ROLE}, log_lines)


@pytest.fixture
def assuming(aws: LocalAws, fresh_clients: None) -> Callable[..., Proton]:
    """A caller with roles to assume, the first by the environment account."""

    def make(*roles: AssumedRole, **changes: Any) -> Proton:
        return aws_client.connect(settings_of(aws, assume_roles=roles, **changes))

    return make


def sentence(kind: type[ProtonError], call: Callable[[], object], *parts: str) -> str:
    """The one line that a failing call says; it is a whole sentence and hides what botocore raised."""
    with pytest.raises(ProtonError) as caught:
        call()
    assert type(caught.value) is kind
    shown: BaseException | None = caught.value
    while shown is not None:
        assert isinstance(shown, ProtonError)
        shown = None if shown.__suppress_context__ else shown.__context__
    text = str(caught.value)
    assert re.fullmatch(r"[A-Zb].*[a-z0-9)']\.", text), text  # b as in boto3
    for part in parts:
        assert part in text
    return text


# Calls


def test_a_connection_is_requested_accepted_changed_and_deleted(
    aws: LocalAws, environment: Proton, management: Proton, log_lines: LogLines
) -> None:
    """Every call about a connection does what its name says, with one request each."""
    made = environment.request({**WANTED, "roleArn": ROLE, "tags": [{"key": "a", "value": "1"}]}, log_lines)
    connection_id = made["id"]
    assert made["status"] == "PENDING"
    assert environment.find(connection_id) == made
    assert management.accept(connection_id, log_lines)["status"] == "CONNECTED"
    changed = environment.set_roles(connection_id, {"codebuildRoleArn": ROLE}, log_lines)
    assert (changed["roleArn"], changed["codebuildRoleArn"]) == (ROLE, ROLE)
    environment.tag(made["arn"], {"b": "2", "c": "3"})
    environment.untag(made["arn"], ["a", "b"])
    assert environment.tags(made["arn"]) == {"c": "3"}
    (seen,) = management.list_connections("MANAGEMENT_ACCOUNT", environment_name="prod")
    assert seen["id"] == connection_id
    management.reject(connection_id, MANAGEMENT_ACCOUNT)
    environment.delete(connection_id, ENVIRONMENT_ACCOUNT)
    assert environment.list_connections("ENVIRONMENT_ACCOUNT") == []
    assert calls(aws) == [
        CREATE,
        GET,
        "AcceptEnvironmentAccountConnection",
        UPDATE,
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
        LIST,
        REJECT,
        DELETE,
        LIST,
    ]
    assert log_lines == []


def test_times_are_iso_8601_in_utc(environment: Proton, connection: dict[str, Any]) -> None:
    """Timestamps are text with milliseconds that ends in Z, in single answers as in lists."""
    for seen in (connection, *environment.list_connections("ENVIRONMENT_ACCOUNT")):
        for member in ("requestedAt", "lastModifiedAt"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", seen[member])
    moment = dt.datetime.fromisoformat(connection["requestedAt"].replace("Z", "+00:00"))
    assert abs(dt.datetime.now(dt.timezone.utc) - moment) < dt.timedelta(hours=1)


def test_roles_that_are_not_set_are_absent(environment: Proton, connection: dict[str, Any]) -> None:
    """An answer has no member for a role that is not set."""
    assert not {"componentRoleArn", "codebuildRoleArn"} & set(environment.find(connection["id"]))


def test_lists_have_all_pages(aws: LocalAws, environment: Proton, log_lines: LogLines) -> None:
    """More connections than fit into one page are all listed, once each."""
    made = {environment.request(WANTED, log_lines)["id"] for _ in range(101)}
    listed = [seen["id"] for seen in environment.list_connections("ENVIRONMENT_ACCOUNT")]
    assert len(listed) == 101
    assert set(listed) == made
    assert calls(aws)[-2:] == [LIST, LIST]


def test_a_list_is_narrowed_by_the_environments_name(
    aws: LocalAws, environment: Proton, connection: dict[str, Any], log_lines: LogLines
) -> None:
    """Where the name is known, AWS is asked for that name alone."""
    environment.request({**WANTED, "environmentName": "other"}, log_lines)
    (seen,) = environment.list_connections("ENVIRONMENT_ACCOUNT", environment_name="prod")
    assert seen["id"] == connection["id"]
    assert aws.requests[-1].parameters == {"requestedBy": "ENVIRONMENT_ACCOUNT", "environmentName": "prod"}


def test_a_repeated_client_token_gives_the_first_connection(environment: Proton, log_lines: LogLines) -> None:
    """A request with a token that was used gives the first answer; other parameters are told apart."""
    request = {**WANTED, "clientToken": "t", "roleArn": ROLE}
    assert environment.request(request, log_lines) == environment.request(request, log_lines)
    sentence(
        IdempotencyMismatchError,
        lambda: environment.request({**request, "roleArn": role_arn("other")}, log_lines),
        "ValidationException: IdempotentParameterMismatch",
    )


def test_what_is_gone_for_certain_is_no_error(environment: Proton, management: Proton) -> None:
    """With credentials of the right account, an absent connection is found absent, deleted and rejected."""
    assert environment.find_unless_gone(ABSENT, ENVIRONMENT_ACCOUNT) is None
    environment.delete(ABSENT, ENVIRONMENT_ACCOUNT)
    management.reject(ABSENT, MANAGEMENT_ACCOUNT)


@pytest.mark.parametrize(
    "call",
    [
        lambda proton: proton.find_unless_gone(ABSENT, OTHER_ACCOUNT),
        lambda proton: proton.delete(ABSENT, OTHER_ACCOUNT),
        lambda proton: proton.reject(ABSENT, OTHER_ACCOUNT),
    ],
    ids=["find_unless_gone", "delete", "reject"],
)
def test_not_found_with_credentials_of_another_account_says_nothing(
    environment: Proton, call: Callable[[Proton], object]
) -> None:
    """What another account can not find may well exist: that is an error which names both accounts."""
    sentence(WrongAccountError, lambda: call(environment), ABSENT, ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT)


# AWS's errors

ARN = f"arn:aws:proton:{REGION}:{ENVIRONMENT_ACCOUNT}:environment-account-connection/{ABSENT}"
OPERATIONS: Mapping[str, Callable[[Proton], object]] = {
    GET: lambda proton: proton.find(ABSENT),
    UPDATE: lambda proton: proton.set_roles(ABSENT, {"roleArn": ROLE}, LogLines()),
    CREATE: lambda proton: proton.request(WANTED, LogLines()),
    DELETE: lambda proton: proton.delete(ABSENT, ENVIRONMENT_ACCOUNT),
    "AcceptEnvironmentAccountConnection": lambda proton: proton.accept(ABSENT, LogLines()),
    REJECT: lambda proton: proton.reject(ABSENT, MANAGEMENT_ACCOUNT),
    LIST: lambda proton: proton.list_connections("ENVIRONMENT_ACCOUNT", environment_name="prod"),
    "ListTagsForResource": lambda proton: proton.tags(ARN),
    "TagResource": lambda proton: proton.tag(ARN, {"a": "b"}),
    "UntagResource": lambda proton: proton.untag(ARN, ["a"]),
}
REMEDIES: Mapping[str, tuple[type[ProtonError], str]] = {
    "AccessDeniedException": (AccessDeniedError, "The credentials need proton:"),
    "ConflictException": (RefusedError, "Delete a rejected connection and request a new one"),
    "InternalServerException": (TryAgainLaterError, "AWS kept failing"),
    "ResourceNotFoundException": (ConnectionNotFoundError, "Check the id"),
    "ServiceQuotaExceededException": (RefusedError, "Delete connections that are not used"),
    "ThrottlingException": (TryAgainLaterError, "AWS kept throttling"),
    "ValidationException": (RefusedError, "Correct what AWS names"),
    # The common errors, which any operation may give.
    "ExpiredTokenException": (CredentialsError, "Renew them"),
    "InternalFailure": (TryAgainLaterError, "AWS kept failing"),
    "InvalidSignatureException": (CredentialsError, "Renew them"),
    "OptInRequired": (RefusedError, "Correct what AWS names"),
    "ServiceUnavailable": (TryAgainLaterError, "AWS kept failing"),
    "UnrecognizedClientException": (CredentialsError, "Renew them"),
}
REMEDIES_OF_ONE: Mapping[tuple[str, str], tuple[type[ProtonError], str]] = {
    (REJECT, "ConflictException"): (RefusedError, "delete the environment in Proton first"),
}
COMMON = [
    "ExpiredTokenException",
    "InternalFailure",
    "InvalidSignatureException",
    "OptInRequired",
    "ServiceUnavailable",
    "UnrecognizedClientException",
]
MODEL: Any = Loader().load_service_model("proton", "service-2")
FAILURES = [
    (operation, code)
    for operation in OPERATIONS
    for code in (*(error["shape"] for error in MODEL["operations"][operation]["errors"]), *COMMON)
    # For these two, absent is what is wanted.
    if code != "ResourceNotFoundException" or operation not in {DELETE, REJECT}
]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("operation", "code"), FAILURES)
def test_every_error_of_aws_is_one_sentence_with_a_remedy(aws: LocalAws, operation: str, code: str) -> None:
    """Each code that the service model has for an operation says what failed, where, AWS's words, and what to do."""
    proton = aws_client.connect(settings_of(aws, max_attempts=1))
    aws.fail_next(operation, code, times=9, message="AWS says\nno.")
    kind, remedy = REMEDIES_OF_ONE.get((operation, code)) or REMEDIES[code]
    text = sentence(
        kind,
        lambda: OPERATIONS[operation](proton),
        f"{operation} of ",
        REGION,
        f"{code}: AWS says no. ",
        remedy,
    )
    assert text.index(code) < text.index(remedy)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_missing_permission_is_named(aws: LocalAws, operation: str) -> None:
    """Access denied names the IAM action of the operation, and iam:PassRole for those that hand over roles."""
    aws.fail_next(operation, "AccessDeniedException", message="")
    proton = aws_client.connect(settings_of(aws))
    text = sentence(AccessDeniedError, lambda: OPERATIONS[operation](proton), f"need proton:{operation}")
    assert ("iam:PassRole" in text) == (operation in {CREATE, UPDATE})


@pytest.mark.parametrize(
    ("call", "owner"),
    [
        (lambda proton: proton.find(ABSENT), "environment account that requested it"),
        (lambda proton: proton.accept(ABSENT, LogLines()), "management account that it names"),
    ],
)
def test_whose_credentials_are_needed_is_said(
    environment: Proton, call: Callable[[Proton], object], owner: str
) -> None:
    """A connection that is not found is looked for in the account that the operation belongs to."""
    sentence(ConnectionNotFoundError, lambda: call(environment), ABSENT, f"Use credentials of the {owner}")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_dead_endpoint_is_told_with_the_way_out(no_aws_in_shell: Path, operation: str) -> None:
    """An endpoint that can not be reached is told apart from a connection that is gone."""
    dead = Settings(
        region=REGION, access_key=ENVIRONMENT_ACCOUNT, secret_key="x", endpoint_url=NOWHERE, max_attempts=1
    )
    sentence(
        EndpointUnreachableError,
        lambda: OPERATIONS[operation](aws_client.connect(dead)),
        operation,
        NOWHERE,
        "The state was left as it was",
        "proton:endpointUrl",
        "PULUMI_PROTON_DELETE_UNREACHABLE=true pulumi destroy",
    )


@pytest.mark.parametrize(
    ("status", "body", "part"),
    [
        (404, b"<html>\nnot here\n</html>", "HTTP status 404"),
        (403, b"", "HTTP status 403"),
        (503, b"later", "HTTP status 503"),
        (200, b"<html>welcome</html>", "it is not AWS Proton's. Check that the endpoint runs"),
        (200, b"{}", "it is not AWS Proton's. Check that the endpoint runs"),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell", "pauses")
def test_an_endpoint_that_is_not_protons_is_told(
    web_server: Callable[[int, bytes], str], status: int, body: bytes, part: str
) -> None:
    """What answers in another way than Proton does is never read as an answer."""
    proton = aws_client.connect(
        Settings(
            region=REGION,
            access_key=ENVIRONMENT_ACCOUNT,
            secret_key="x",
            endpoint_url=web_server(status, body),
        )
    )
    for operation in (GET, UPDATE, CREATE, LIST, "ListTagsForResource"):
        sentence(EndpointUnreachableError, functools.partial(OPERATIONS[operation], proton), part)


def test_an_endpoint_without_tls_is_told(aws: LocalAws) -> None:
    """An address with the wrong scheme is told as a fault of TLS, and not as the end of Proton."""
    wrong = settings_of(aws, endpoint_url=aws.url.replace("http:", "https:"), max_attempts=1)
    text = sentence(
        EndpointUnreachableError,
        lambda: aws_client.connect(wrong).find(ABSENT),
        "SSL",
        "The TLS connection could not be made",
        "http instead of https",
    )
    assert "2026" not in text


def test_what_botocore_refuses_to_send_is_told_in_one_line(environment: Proton) -> None:
    """A parameter of a wrong type is refused before it is sent, in a sentence of one line like the others."""
    sentence(
        RefusedError,
        lambda: environment.find(5),  # type: ignore[arg-type]
        "Invalid type for parameter id",
    )


# What boto3 can not work with


@pytest.mark.parametrize(
    ("changes", "kind", "part"),
    [
        ({"region": None}, ConfigurationError, "set proton:region"),
        ({"region": "eu-west-3", "endpoint_url": None}, ConfigurationError, "this is eu-west-3"),
        ({"region": "US EAST"}, ConfigurationError, "'US EAST'"),
        ({"endpoint_url": "localhost:4600"}, ConfigurationError, "localhost:4600"),
        (
            {"access_key": None, "secret_key": None},
            CredentialsError,
            "no credentials were found. Set proton:profile",
        ),
        (
            {"access_key": None, "secret_key": None, "assume_roles": (AssumedRole(role_arn=ROLE),)},
            CredentialsError,
            f"Assuming the role {ROLE} failed: no credentials were found. Set proton:profile",
        ),
        (
            {"sts_endpoint_url": "localhost:1", "assume_roles": (AssumedRole(role_arn=ROLE),)},
            CredentialsError,
            "localhost:1",
        ),
        (
            {"sts_endpoint_url": "localhost:1", "allowed_account_ids": ("1" * 12,)},
            CredentialsError,
            "localhost:1",
        ),
        (
            {"assume_roles": (AssumedRole(role_arn=ROLE, session_name="x"),)},
            CredentialsError,
            "RoleSessionName",
        ),
        (
            {"assume_roles": (AssumedRole(role_arn=ROLE, duration_seconds=1),)},
            CredentialsError,
            "DurationSeconds",
        ),
    ],
)
def test_settings_that_do_not_work_are_told(
    aws: LocalAws, changes: dict[str, Any], kind: type[ProtonError], part: str
) -> None:
    """None of botocore's own errors gets through: each has a sentence that says what to correct."""
    sentence(kind, lambda: aws_client.connect(settings_of(aws, **changes)).find(ABSENT), part)
    assert calls(aws) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_MAX_ATTEMPTS", "many"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "long"),
        ("AWS_RETRY_MODE", "eager"),
        ("AWS_CA_BUNDLE", "/no/such/file"),
        ("AWS_USE_FIPS_ENDPOINT", "perhaps"),
    ],
)
@pytest.mark.usefixtures("fresh_clients")
def test_a_shell_that_does_not_work_is_told(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A variable that boto3 can not read is a sentence that names its value."""
    monkeypatch.setenv(name, value)
    sentence(ConfigurationError, lambda: aws_client.connect(resolved(aws)), value, name)


# Who is calling

PROFILES = f"""
[profile environment]
aws_access_key_id = {ENVIRONMENT_ACCOUNT}
aws_secret_access_key = local
region = {REGION}

[profile assuming]
role_arn = {role_arn("deployer", OTHER_ACCOUNT)}
source_profile = environment

[profile not-logged-in]
sso_start_url = https://nobody.invalid/start
sso_region = {REGION}
sso_account_id = {ENVIRONMENT_ACCOUNT}
sso_role_name = deployer

[profile failing]
credential_process = false
"""


@pytest.fixture
def profiles(no_aws_in_shell: Path, fresh_clients: None) -> None:
    no_aws_in_shell.write_text(PROFILES, encoding="utf-8")


@pytest.mark.usefixtures("profiles")
def test_a_profile_beats_the_keys_of_the_shell(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials are those of the named profile, also where the shell has keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER_ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    named = resolved(aws, {"aws:profile": "environment"})
    assert aws_client.connect(named).account() == ENVIRONMENT_ACCOUNT
    assert aws_client.connect(resolved(aws)).account() == OTHER_ACCOUNT


@pytest.mark.usefixtures("profiles")
def test_a_profile_may_assume_a_role_by_itself(aws: LocalAws) -> None:
    """A profile's own role is assumed at the STS of `aws:endpoints`, as all others are."""
    aws_client.connect(resolved(aws, {"aws:profile": "assuming"})).list_connections("ENVIRONMENT_ACCOUNT")
    assert [(request.operation, request.account) for request in aws.requests] == [
        ("AssumeRole", ENVIRONMENT_ACCOUNT),
        (LIST, OTHER_ACCOUNT),
    ]


@pytest.mark.usefixtures("profiles")
def test_a_profiles_role_that_may_not_be_assumed_is_told(aws: LocalAws) -> None:
    """A refusal of a profile's role names the profiles and the role, and is not taken for Proton's."""
    aws.fail_next("AssumeRole", "AccessDenied", message="you may not")
    sentence(
        CredentialsError,
        lambda: aws_client.connect(resolved(aws, {"aws:profile": "assuming"})).find(ABSENT),
        "No credentials from the profile assuming and its source profile environment",
        role_arn("deployer", OTHER_ACCOUNT),
        "AssumeRole: AccessDenied: you may not",
        "trust policy",
    )
    assert calls(aws) == []


@pytest.mark.usefixtures("profiles", "pauses")
def test_a_silent_sts_of_a_profile_is_told(aws: LocalAws) -> None:
    """An STS that does not answer for a profile's role is told as such, with where its address is set."""
    found = resolved(aws, {"aws:profile": "assuming", "aws:endpoints": [{"sts": NOWHERE}]})
    text = sentence(
        CredentialsError,
        lambda: aws_client.connect(found).find(ABSENT),
        NOWHERE,
        "AWS_ENDPOINT_URL_STS, aws:endpoints",
    )
    assert "2026" not in text


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("profile", "parts"),
    [
        ("not-logged-in", ("https://nobody.invalid/start", "aws sso login")),
        ("failing", ("credential_process false", "custom-process")),
    ],
)
def test_a_profile_without_credentials_is_told(aws: LocalAws, profile: str, parts: tuple[str, ...]) -> None:
    """A login that has ended, and a command for credentials that fails, each say what to do."""
    found = resolved(aws, {"aws:profile": profile})
    sentence(CredentialsError, lambda: aws_client.connect(found).find(ABSENT), f"profile {profile}", *parts)
    assert calls(aws) == []


def test_roles_are_assumed_one_after_the_other(aws: LocalAws, assuming: Callable[..., Proton]) -> None:
    """Each role of a chain is assumed with the credentials of the one before; the last one calls Proton."""
    first, second = role_arn("first", OTHER_ACCOUNT), role_arn("second", MANAGEMENT_ACCOUNT)
    proton = assuming(AssumedRole(role_arn=first), AssumedRole(role_arn=second))
    proton.list_connections("MANAGEMENT_ACCOUNT")
    proton.list_connections("MANAGEMENT_ACCOUNT")
    assert [(request.operation, request.account) for request in aws.requests] == [
        ("AssumeRole", ENVIRONMENT_ACCOUNT),
        ("AssumeRole", OTHER_ACCOUNT),
        (LIST, MANAGEMENT_ACCOUNT),
        (LIST, MANAGEMENT_ACCOUNT),
    ]
    assert [request.parameters["RoleArn"] for request in aws.requests[:2]] == [first, second]


def test_sts_gets_all_that_the_settings_say_of_a_role(aws: LocalAws, assuming: Callable[..., Proton]) -> None:
    """External id, session name, tags, duration, policies and the source identity arrive at STS."""
    role = AssumedRole(
        role_arn=ROLE,
        session_name="deploy-42",
        external_id="external",
        duration_seconds=1800,
        policy='{"Version": "2012-10-17", "Statement": []}',
        policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
        source_identity="someone",
        tags=(("team", "a"), ("cost", "b")),
        transitive_tag_keys=("team",),
    )
    assuming(role).list_connections("ENVIRONMENT_ACCOUNT")
    sent = {name: text for name, text in aws.requests[0].parameters.items() if name != "Version"}
    assert sent == {
        "RoleArn": ROLE,
        "RoleSessionName": "deploy-42",
        "ExternalId": "external",
        "DurationSeconds": "1800",
        "Policy": '{"Version": "2012-10-17", "Statement": []}',
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "SourceIdentity": "someone",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "a",
        "Tags.member.2.Key": "cost",
        "Tags.member.2.Value": "b",
        "TransitiveTagKeys.member.1": "team",
    }


def test_a_role_that_says_nothing_more_is_a_session_of_this_provider(
    aws: LocalAws, assuming: Callable[..., Proton]
) -> None:
    """CloudTrail shows the provider's name where no session name is given; nothing else is sent."""
    assuming(AssumedRole(role_arn=ROLE)).list_connections("ENVIRONMENT_ACCOUNT")
    sent = {name: text for name, text in aws.requests[0].parameters.items() if name != "Version"}
    assert sent == {"RoleArn": ROLE, "RoleSessionName": "proton-provider"}


def test_a_role_that_may_not_be_assumed_is_named(aws: LocalAws, assuming: Callable[..., Proton]) -> None:
    """A refusal of STS names the role, what STS said, and what is missing; Proton is not asked."""
    aws.fail_next("AssumeRole", "AccessDenied", message="you may not")
    sentence(
        CredentialsError,
        lambda: assuming(AssumedRole(role_arn=ROLE)).find(ABSENT),
        f"Assuming the role {ROLE} failed: AccessDenied: you may not. ",
        "trust policy",
        "sts:AssumeRole",
    )
    assert calls(aws) == []


def test_the_role_of_a_chain_that_fails_is_the_one_that_is_named(assuming: Callable[..., Proton]) -> None:
    """Where the second role of a chain can not be assumed, the first is not blamed."""
    second = role_arn("second", OTHER_ACCOUNT)
    chain = AssumedRole(role_arn=ROLE), AssumedRole(role_arn=second, session_name="x")
    text = sentence(
        CredentialsError, lambda: assuming(*chain).find(ABSENT), f"Assuming the role {second} failed"
    )
    assert ROLE not in text


@pytest.mark.parametrize(
    "use",
    [
        lambda aws: settings_of(aws, assume_roles=(AssumedRole(role_arn=ROLE),), sts_endpoint_url=NOWHERE),
        lambda aws: settings_of(aws, allowed_account_ids=("1" * 12,), sts_endpoint_url=NOWHERE),
    ],
    ids=["AssumeRole", "GetCallerIdentity"],
)
def test_a_silent_sts_is_not_taken_for_the_end_of_proton(
    aws: LocalAws, pauses: list[float], use: Callable[[LocalAws], Settings]
) -> None:
    """An STS that does not answer is told as such, with where its address is set; Proton is not asked."""
    text = sentence(
        CredentialsError,
        lambda: aws_client.connect(use(aws)).find(ABSENT),
        "STS",
        NOWHERE,
        "aws:endpoints",
        "AWS_ENDPOINT_URL_STS",
    )
    assert "2026" not in text
    assert calls(aws) == []


@pytest.mark.parametrize(
    ("code", "kind", "part"),
    [
        ("AccessDenied", CredentialsError, "VPC endpoint"),
        ("ExpiredToken", CredentialsError, "Renew them"),
        ("InvalidClientTokenId", CredentialsError, "Renew them"),
    ],
)
def test_an_sts_that_refuses_to_say_the_account_is_told(
    aws: LocalAws, fresh_clients: None, code: str, kind: type[ProtonError], part: str
) -> None:
    """Where the account must be known and STS does not say it, the sentence is about GetCallerIdentity."""
    aws.fail_next("GetCallerIdentity", code)
    sentence(kind, lambda: aws_client.connect(settings_of(aws)).account(), "GetCallerIdentity", code, part)


@pytest.mark.parametrize("body", [b"no", b"<html/>", b""])
@pytest.mark.parametrize(
    "changes", [{}, {"assume_roles": (AssumedRole(role_arn=ROLE),)}], ids=["keys", "role"]
)
def test_an_sts_that_is_another_server_is_told(
    aws: LocalAws, web_server: Callable[[int, bytes], str], changes: dict[str, Any], body: bytes
) -> None:
    """An address of STS that something else answers at is told as STS's."""
    wrong = settings_of(aws, sts_endpoint_url=web_server(404, body), **changes)
    sentence(
        CredentialsError, lambda: aws_client.connect(wrong).account(), "is not from STS", "aws:endpoints"
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Proton, float], None]:
    """Puts the clock by which credentials grow old so many seconds ahead, for a caller and its STS."""

    def set_ahead(proton: Proton, seconds: float) -> None:
        def now() -> dt.datetime:
            return dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds)

        monkeypatch.setattr(botocore.credentials, "_local_now", now)
        monkeypatch.setattr(proton._session.get_credentials(), "_time_fetcher", now)

    return set_ahead


@pytest.mark.parametrize("duration", [900, 3600])
def test_assumed_credentials_renew_themselves(
    aws: LocalAws, assuming: Callable[..., Proton], clock: Callable[[Proton, float], None], duration: int
) -> None:
    """Credentials of any length are used until their last minutes, then new ones are had without a word."""
    proton = assuming(AssumedRole(role_arn=ROLE, duration_seconds=duration))
    for ahead in (0, duration - 400, duration - 60):
        clock(proton, ahead)
        proton.list_connections("ENVIRONMENT_ACCOUNT")
    assert [request.operation for request in aws.requests] == ["AssumeRole", LIST, LIST, "AssumeRole", LIST]


def test_credentials_that_can_not_be_renewed_yet_are_used_to_their_end(
    aws: LocalAws, assuming: Callable[..., Proton], clock: Callable[[Proton, float], None]
) -> None:
    """STS failing once minutes before the end does no harm; at the end it is told."""
    proton = assuming(AssumedRole(role_arn=ROLE))
    proton.list_connections("ENVIRONMENT_ACCOUNT")
    aws.fail_next("AssumeRole", "AccessDenied", times=2)
    clock(proton, 3600 - 200)
    proton.list_connections("ENVIRONMENT_ACCOUNT")
    clock(proton, 3600 - 30)
    sentence(CredentialsError, lambda: proton.find(ABSENT), f"Assuming the role {ROLE} failed")
    proton.list_connections("ENVIRONMENT_ACCOUNT")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"allowed_account_ids": (OTHER_ACCOUNT,)}, f"must be one of {OTHER_ACCOUNT} (allowedAccountIds"),
        ({"forbidden_account_ids": (ENVIRONMENT_ACCOUNT,)}, "must be another one (aws:forbiddenAccountIds)"),
        (
            {
                "allowed_account_ids": (ENVIRONMENT_ACCOUNT,),
                "forbidden_account_ids": (ENVIRONMENT_ACCOUNT,),
            },
            "must be another one (aws:forbiddenAccountIds)",
        ),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_wrong_account_is_refused_before_anything_is_sent(
    aws: LocalAws, operation: str, changes: dict[str, Any], part: str
) -> None:
    """With credentials of an account that is not allowed, no call reaches Proton."""
    proton = aws_client.connect(settings_of(aws, **changes))
    sentence(WrongAccountError, lambda: OPERATIONS[operation](proton), ENVIRONMENT_ACCOUNT, part)
    assert calls(aws) == []


def test_sts_is_asked_for_the_account_once(aws: LocalAws, fresh_clients: None) -> None:
    """However many calls are made with the same settings, also at once, their account is asked for once."""
    found = settings_of(
        aws, allowed_account_ids=(ENVIRONMENT_ACCOUNT,), forbidden_account_ids=(OTHER_ACCOUNT,)
    )
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: aws_client.connect(found).list_connections("ENVIRONMENT_ACCOUNT"), range(16)))
    assert calls(aws, "sts") == ["GetCallerIdentity"]
    assert calls(aws) == [LIST] * 16


def test_no_account_is_asked_for_where_nobody_minds(aws: LocalAws, environment: Proton) -> None:
    """Without allowed or forbidden accounts STS is not asked at all."""
    environment.list_connections("ENVIRONMENT_ACCOUNT")
    assert calls(aws, "sts") == []


# Clients


def test_equal_settings_share_one_client_also_from_many_threads(
    aws: LocalAws, fresh_clients: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients are made once for equal settings, and many threads may use one at once."""
    made: list[Settings] = []
    make = Proton.__init__

    def counted(self: Proton, settings: Settings) -> None:
        made.append(settings)
        make(self, settings)

    monkeypatch.setattr(Proton, "__init__", counted)

    def work(number: int) -> str:
        account = (ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT)[number % 2]
        request = {**WANTED, "environmentName": f"env-{number}"}
        made = aws_client.connect(settings_of(aws, account)).request(request, LogLines())
        assert made["environmentAccountId"] == account
        return str(made["environmentName"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        names = list(pool.map(work, range(40)))
    assert names == [f"env-{number}" for number in range(40)]
    assert sorted(settings.access_key or "" for settings in made) == [ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT]


def test_requests_name_the_provider(environment: Proton) -> None:
    """The user agent says which program calls, for CloudTrail."""
    agents: list[str] = []
    events = environment._client.meta.events
    events.register(
        "before-send.proton", lambda request, **_: agents.append(request.headers["User-Agent"].decode())
    )
    environment.list_connections("ENVIRONMENT_ACCOUNT")
    (agent,) = agents
    assert re.search(r" proton-provider/\d", agent)


# Retries


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


def test_a_cancelled_run_tries_nothing_again(
    aws: LocalAws, environment: Proton, connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancel ends the pause before the second try already, and the call is not sent again."""
    monkeypatch.setattr(stopping, "_stopped", threading.Event())
    stopping.stop()
    aws.fail_next(UPDATE, "ThrottlingException", times=3)
    with pytest.raises(StoppedError, match="another try"):
        environment.set_roles(connection["id"], {"componentRoleArn": ROLE}, Told())
    assert calls(aws) == [CREATE, UPDATE]


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException", "AccessDeniedException"])
def test_what_will_not_pass_is_not_tried_again(
    aws: LocalAws, environment: Proton, connection: dict[str, Any], pauses: list[float], code: str
) -> None:
    """A refusal is told at once."""
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
    proton = aws_client.connect(settings_of(aws))
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
    proton = aws_client.connect(dataclasses.replace(found, **changes))
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
    assert aws_client.connect(found)._client.meta.config.retries["mode"] == mode


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


HANDING_OVER: Mapping[str, Callable[[Proton, str, str, LogLines], dict[str, Any]]] = {
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
    aws.iam_delay = 0.5
    got = HANDING_OVER[operation](aws_client.connect(settings_of(aws)), connection["id"], new_role, log_lines)
    assert got["componentRoleArn"] == new_role
    ((severity, text),) = log_lines
    assert severity == "info"
    assert "componentRoleArn" in text
    assert new_role not in text  # it may come from a secret of the program
    assert "up to 30 s" in text


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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A role that never becomes assumable is told after the bound, with how long was waited and what to check."""
    monkeypatch.setattr(aws_client, "ASSUMABLE_WITHIN", 1.5)
    aws.iam_delay = 3600
    sentence(
        RefusedError,
        lambda: aws_client.connect(settings_of(aws)).set_roles(
            connection["id"], {"roleArn": new_role}, log_lines
        ),
        new_role,
        "Waited 2 s",
        "Check its trust policy",
    )
    assert calls(aws) == [CREATE, *[UPDATE] * 3]
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
    """A missing permission, another status and refusals of something else are told at once."""
    aws.fail_next(UPDATE, code, message=message)
    with pytest.raises(ProtonError, match=code):
        aws_client.connect(settings_of(aws)).set_roles(connection["id"], {"roleArn": ROLE}, log_lines)
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
    aws.connection_delay = 0.5
    made = environment.request(WANTED, log_lines)
    assert management.accept(made["id"], log_lines)["status"] == "CONNECTED"
    assert len(log_lines) == 1


def test_the_wait_for_a_connection_has_an_end(
    management: Proton, pauses: list[float], log_lines: LogLines
) -> None:
    """An absent connection is told after ten seconds, with how long was waited."""
    sentence(
        ConnectionNotFoundError, lambda: management.accept(ABSENT, log_lines), "It did not appear within 10 s"
    )
    assert sum(pauses) == 10
    assert len(log_lines) == 1


# The account of roles


@pytest.mark.parametrize(
    ("arn", "where"),
    [
        (role_arn("r", OTHER_ACCOUNT), f"{OTHER_ACCOUNT} in the partition aws"),
        (ROLE.replace("aws", "aws-cn", 1), f"{ENVIRONMENT_ACCOUNT} in the partition aws-cn"),
    ],
)
def test_roles_of_another_account_or_partition_are_refused_before_anything_is_requested(
    aws: LocalAws, environment: Proton, log_lines: LogLines, arn: str, where: str
) -> None:
    """A connection takes roles of its own account alone; STS is asked once for whose it is, however many are made."""
    sentence(
        WrongAccountError,
        lambda: environment.request({**WANTED, "codebuildRoleArn": arn}, log_lines),
        f"codebuildRoleArn is in account {where}",
        "Nothing was requested",
    )
    assert calls(aws) == []


def test_sts_is_asked_once_for_the_account_of_roles(
    aws: LocalAws, fresh_clients: None, log_lines: LogLines
) -> None:
    """The account of the credentials is asked once a client, and not at all for a connection without roles."""
    proton = aws_client.connect(settings_of(aws))
    proton.request(WANTED, log_lines)
    assert calls(aws, "sts") == []
    for number in range(3):
        proton.request({**WANTED, "environmentName": f"e{number}", "roleArn": ROLE}, log_lines)
    assert calls(aws, "sts") == ["GetCallerIdentity"]


def test_an_sts_that_may_not_know_the_keys_is_not_asked_for_the_account_of_roles(
    aws: LocalAws, fresh_clients: None, log_lines: LogLines
) -> None:
    """Where only Proton's address is given, the keys are those of that address: AWS's own STS is left alone."""
    proton = aws_client.connect(settings_of(aws, sts_endpoint_url=None))
    proton.request({**WANTED, "roleArn": ROLE}, log_lines)
    assert calls(aws) == [CREATE]
