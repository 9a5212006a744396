"""Calls of `aws` over HTTP to the local AWS: what they give, and each error as one sentence with a remedy."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    calls,
    connect,
    role_arn,
    settings_of,
)
from aws.operations import (
    CREATE,
    DELETE,
    GET,
    LIST,
    NOWHERE,
    OPERATIONS,
    REJECT,
    ROLE,
    UPDATE,
    WANTED,
    LogLines,
    sentence,
)
from botocore.loaders import Loader

from proton_provider.aws.client import Proton
from proton_provider.errors import (
    AccessDeniedError,
    ConnectionNotFoundError,
    CredentialsError,
    EndpointUnreachableError,
    IdempotencyMismatchError,
    ProtonError,
    RefusedError,
    TryAgainLaterError,
    WrongAccountError,
)
from proton_provider.local import LocalAws
from proton_provider.settings import Settings


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
    """A request with a token that was used gives the first answer; other parameters are a conflict."""
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


def test_what_a_wrong_endpoint_says_is_cleaned_and_cut(aws: LocalAws, environment: Proton) -> None:
    """Escape sequences and pages of text are not printed as they come."""
    aws.fail_next(GET, "\x1b[31m" + "C" * 5000, message="\x1b[2Jred\x00 " + "w" * 5000)
    with pytest.raises(ProtonError, match=r"\[31mC+…: \[2Jred w+…\. ") as caught:
        environment.find(ABSENT)
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 2000


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("operation", "code"), FAILURES)
def test_every_error_of_aws_is_one_sentence_with_a_remedy(aws: LocalAws, operation: str, code: str) -> None:
    """Each code that the service model has for an operation says what failed, where, AWS's words, and what to do."""
    proton = connect(settings_of(aws, max_attempts=1))
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


@pytest.mark.parametrize("words", ["Signature expired: 1 is now earlier", "Signature not yet current: 3 is"])
def test_a_wrong_clock_is_an_error(aws: LocalAws, environment: Proton, words: str) -> None:
    """A signature of another time is not a matter of the credentials."""
    aws.fail_next(GET, "InvalidSignatureException", message=words)
    sentence(CredentialsError, lambda: environment.find(ABSENT), words, "The clock of this machine is wrong")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_missing_permission_is_named(aws: LocalAws, operation: str) -> None:
    """Access denied names the IAM action of the operation, and iam:PassRole for those that hand over roles."""
    aws.fail_next(operation, "AccessDeniedException", message="")
    proton = connect(settings_of(aws))
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
    environment: Proton, call: Callable[[Proton], object], owner: str, pauses: list[float]
) -> None:
    """A connection that is not found is looked for in the account that the operation belongs to."""
    sentence(ConnectionNotFoundError, lambda: call(environment), ABSENT, f"Use credentials of the {owner}")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_dead_endpoint_is_an_error_with_the_way_out(no_aws_in_shell: Path, operation: str) -> None:
    """An endpoint that can not be reached is another error than a connection that is gone."""
    dead = Settings(
        region=REGION, access_key=ENVIRONMENT_ACCOUNT, secret_key="x", endpoint_url=NOWHERE, max_attempts=1
    )
    sentence(
        EndpointUnreachableError,
        lambda: OPERATIONS[operation](connect(dead)),
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
        (200, b"<html>welcome</html>", "so it is not one of AWS Proton. Check that the endpoint runs"),
        (200, b"{}", "so it is not one of AWS Proton. Check that the endpoint runs"),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell", "pauses")
def test_an_endpoint_that_is_not_protons_is_an_error(
    web_server: Callable[[int, bytes], str], status: int, body: bytes, part: str
) -> None:
    """What answers in another way than Proton does is never read as an answer."""
    proton = connect(
        Settings(
            region=REGION,
            access_key=ENVIRONMENT_ACCOUNT,
            secret_key="x",
            endpoint_url=web_server(status, body),
        )
    )
    for operation in (GET, UPDATE, CREATE, LIST, "ListTagsForResource"):
        sentence(EndpointUnreachableError, functools.partial(OPERATIONS[operation], proton), part)


def test_an_endpoint_without_tls_is_an_error(aws: LocalAws) -> None:
    """An address with the wrong scheme is called a fault of TLS, not the end of Proton."""
    wrong = settings_of(aws, endpoint_url=aws.url.replace("http:", "https:"), max_attempts=1)
    text = sentence(
        EndpointUnreachableError,
        lambda: connect(wrong).find(ABSENT),
        "SSL",
        "The TLS connection could not be made",
        "http instead of https",
    )
    assert "2026" not in text


def test_what_botocore_refuses_to_send_is_an_error_of_one_line(environment: Proton) -> None:
    """A parameter of a wrong type is refused before it is sent, in a sentence of one line like the others."""
    sentence(
        RefusedError,
        lambda: environment.find(5),  # type: ignore[arg-type]
        "Invalid type for parameter id",
    )


# What boto3 can not work with


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
        made = connect(settings_of(aws, account)).request(request, LogLines())
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
