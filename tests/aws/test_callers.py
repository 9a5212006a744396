"""Who calls AWS: settings that do not work, profiles, assumed roles, STS, and accounts that are refused."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import hashlib
import json
from collections.abc import Callable
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
    connect,
    resolved,
    role_arn,
    settings_of,
)
from aws.operations import CREATE, LIST, NOWHERE, OPERATIONS, ROLE, WANTED, LogLines, sentence
from botocore.tokens import SSOTokenProvider

from proton_provider.aws.client import Proton
from proton_provider.errors import (
    ConfigurationError,
    CredentialsError,
    ProtonError,
    WrongAccountError,
)
from proton_provider.local import LocalAws
from proton_provider.settings import AssumedRole, Settings


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
def test_settings_that_do_not_work_are_errors(
    aws: LocalAws, changes: dict[str, Any], kind: type[ProtonError], part: str
) -> None:
    """None of botocore's own errors gets through: each has a sentence that says what to correct."""
    sentence(kind, lambda: connect(settings_of(aws, **changes)).find(ABSENT), part)
    assert calls(aws) == []


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("AWS_MAX_ATTEMPTS", "many", "this is a string"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "long", "long"),
        ("AWS_RETRY_MODE", "eager", "this is a string"),
        ("AWS_CA_BUNDLE", "/no/such/file", "/no/such/file"),
        ("AWS_USE_FIPS_ENDPOINT", "perhaps", "this is a string"),
    ],
)
@pytest.mark.usefixtures("fresh_clients")
def test_a_shell_that_does_not_work_is_an_error(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    """A variable that boto3 can not read is a sentence that names it, and the file or the kind of its value."""
    monkeypatch.setenv(name, value)
    sentence(ConfigurationError, lambda: connect(resolved(aws)), part, name)


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

[profile expired]
sso_session = corp
sso_account_id = {ENVIRONMENT_ACCOUNT}
sso_role_name = deployer

[sso-session corp]
sso_start_url = https://nobody.invalid/start
sso_region = {REGION}

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
    assert connect(named).account() == ENVIRONMENT_ACCOUNT
    assert connect(resolved(aws)).account() == OTHER_ACCOUNT


@pytest.mark.usefixtures("profiles")
def test_a_profile_may_assume_a_role_by_itself(aws: LocalAws) -> None:
    """A profile's own role is assumed at the STS of `aws:endpoints`, as all others are."""
    connect(resolved(aws, {"aws:profile": "assuming"})).list_connections("ENVIRONMENT_ACCOUNT")
    assert [(request.operation, request.account) for request in aws.requests] == [
        ("AssumeRole", ENVIRONMENT_ACCOUNT),
        (LIST, OTHER_ACCOUNT),
    ]


@pytest.mark.usefixtures("profiles")
def test_a_profiles_role_that_may_not_be_assumed_is_an_error(aws: LocalAws) -> None:
    """A refusal of a profile's role names the profiles and the role, and is not taken for Proton's."""
    aws.fail_next("AssumeRole", "AccessDenied", message="you may not")
    sentence(
        CredentialsError,
        lambda: connect(resolved(aws, {"aws:profile": "assuming"})).find(ABSENT),
        "No credentials from the profile assuming and its source profile environment",
        role_arn("deployer", OTHER_ACCOUNT),
        "AssumeRole: AccessDenied: you may not",
        "trust policy",
    )
    assert calls(aws) == []


@pytest.mark.usefixtures("profiles", "pauses")
def test_a_silent_sts_of_a_profile_is_an_error(aws: LocalAws) -> None:
    """An STS that does not answer for a profile's role is named, with the setting of its address."""
    found = resolved(aws, {"aws:profile": "assuming", "aws:endpoints": [{"sts": NOWHERE}]})
    text = sentence(
        CredentialsError,
        lambda: connect(found).find(ABSENT),
        NOWHERE,
        "AWS_ENDPOINT_URL_STS, aws:endpoints",
    )
    assert "2026" not in text


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("profile", "parts"),
    [
        ("not-logged-in", ("https://nobody.invalid/start", "aws sso login")),
        ("expired", ("sso_session corp", "Token has expired", "aws sso login")),
        ("failing", ("credential_process false", "custom-process")),
    ],
)
def test_a_profile_without_credentials_is_an_error(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, parts: tuple[str, ...]
) -> None:
    """A login that is missing or has ended, and a command for credentials that fails, each say what to do."""
    monkeypatch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path))
    token = {"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z"}
    (tmp_path / f"{hashlib.sha1(b'corp').hexdigest()}.json").write_text(json.dumps(token))  # noqa: S324  # botocore's name
    found = resolved(aws, {"aws:profile": profile})
    sentence(CredentialsError, lambda: connect(found).find(ABSENT), f"profile {profile}", *parts)
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
    """An STS that does not answer is named, with the setting of its address; Proton is not called."""
    text = sentence(
        CredentialsError,
        lambda: connect(use(aws)).find(ABSENT),
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
def test_an_sts_that_refuses_to_say_the_account_is_an_error(
    aws: LocalAws, fresh_clients: None, code: str, kind: type[ProtonError], part: str
) -> None:
    """Where the account must be known and STS does not say it, the sentence is about GetCallerIdentity."""
    aws.fail_next("GetCallerIdentity", code)
    sentence(kind, lambda: connect(settings_of(aws)).account(), "GetCallerIdentity", code, part)


@pytest.mark.parametrize("body", [b"no", b"<html/>", b""])
@pytest.mark.parametrize(
    "changes", [{}, {"assume_roles": (AssumedRole(role_arn=ROLE),)}], ids=["keys", "role"]
)
def test_an_sts_that_is_another_server_is_an_error(
    aws: LocalAws, web_server: Callable[[int, bytes], str], changes: dict[str, Any], body: bytes
) -> None:
    """Where something else answers at the address of STS, the error names STS."""
    wrong = settings_of(aws, sts_endpoint_url=web_server(404, body), **changes)
    sentence(CredentialsError, lambda: connect(wrong).account(), "is not from STS", "aws:endpoints")


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
    """Credentials of any length are used until their last minutes, then new ones are fetched."""
    proton = assuming(AssumedRole(role_arn=ROLE, duration_seconds=duration))
    for ahead in (0, duration - 400, duration - 60):
        clock(proton, ahead)
        proton.list_connections("ENVIRONMENT_ACCOUNT")
    assert [request.operation for request in aws.requests] == ["AssumeRole", LIST, LIST, "AssumeRole", LIST]


def test_credentials_that_can_not_be_renewed_yet_are_used_to_their_end(
    aws: LocalAws, assuming: Callable[..., Proton], clock: Callable[[Proton, float], None]
) -> None:
    """STS failing once minutes before the end does no harm; at the end it is an error."""
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
    proton = connect(settings_of(aws, credentials_source="aws:profile dev", **changes))
    parts = (ENVIRONMENT_ACCOUNT, part, "The credentials come from aws:profile dev.")
    sentence(WrongAccountError, lambda: OPERATIONS[operation](proton), *parts)
    assert calls(aws) == []


def test_sts_is_asked_for_the_account_once(aws: LocalAws, fresh_clients: None) -> None:
    """However many calls are made with the same settings, also at once, their account is asked for once."""
    found = settings_of(
        aws, allowed_account_ids=(ENVIRONMENT_ACCOUNT,), forbidden_account_ids=(OTHER_ACCOUNT,)
    )
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: connect(found).list_connections("ENVIRONMENT_ACCOUNT"), range(16)))
    assert calls(aws, "sts") == ["GetCallerIdentity"]
    assert calls(aws) == [LIST] * 16


def test_no_account_is_asked_for_where_nobody_minds(aws: LocalAws, environment: Proton) -> None:
    """Without allowed or forbidden accounts STS is not asked at all."""
    environment.list_connections("ENVIRONMENT_ACCOUNT")
    assert calls(aws, "sts") == []


def test_roles_of_another_account_are_refused_before_anything_is_requested(
    aws: LocalAws, environment: Proton, log_lines: LogLines
) -> None:
    """A connection takes roles of its own account alone; STS is asked once for whose it is, however many are made."""
    wanted = {**WANTED, "codebuildRoleArn": role_arn("r", OTHER_ACCOUNT)}
    sentence(
        WrongAccountError,
        lambda: environment.request(wanted, log_lines),
        f"codebuildRoleArn is in account {OTHER_ACCOUNT}",
        "Nothing was requested",
    )
    assert calls(aws) == []


def test_sts_is_asked_once_for_the_account_of_roles(
    aws: LocalAws, fresh_clients: None, log_lines: LogLines
) -> None:
    """The account of the credentials is asked once a client, and not at all for a connection without roles."""
    proton = connect(settings_of(aws))
    proton.request(WANTED, log_lines)
    assert calls(aws, "sts") == []
    for number in range(3):
        proton.request({**WANTED, "environmentName": f"e{number}", "roleArn": ROLE}, log_lines)
    assert calls(aws, "sts") == ["GetCallerIdentity"]


def test_an_sts_that_may_not_know_the_keys_is_not_asked_for_the_account_of_roles(
    aws: LocalAws, fresh_clients: None, log_lines: LogLines
) -> None:
    """Where only Proton's address is given, the keys are those of that address: AWS's own STS is left alone."""
    proton = connect(settings_of(aws, sts_endpoint_url=None))
    proton.request({**WANTED, "roleArn": ROLE}, log_lines)
    assert calls(aws) == [CREATE]
