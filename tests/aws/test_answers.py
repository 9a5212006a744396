"""What counts as an answer: everything else is one sentence, and nothing is taken as done."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
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
    OPERATIONS,
    REJECT,
    ROLE,
    UPDATE,
    WANTED,
    LogLines,
    sentence,
)
from fronts import ABSENT as NONE
from fronts import Answer, Front, before

from proton_provider.aws import client as aws_client
from proton_provider.aws.client import Proton
from proton_provider.errors import CredentialsError, EndpointUnreachableError, UnusableConnectionError
from proton_provider.local import LocalAws
from proton_provider.settings import AssumedRole, Settings

ACCEPT, TAGS = "AcceptEnvironmentAccountConnection", "ListTagsForResource"
NOT_PROTON = "so it is not one of AWS Proton. Check that the endpoint runs"
DEEP = b"[" * 100_000
PAGE = b"<!DOCTYPE html><html><body>Welcome! Please sign in.</body></html>"


@pytest.fixture(scope="module")
def one_front(running_aws: LocalAws) -> Iterator[Front]:
    """One server for all these tests: making a client takes long, and all share theirs."""
    with before(running_aws) as front:
        yield front


@pytest.fixture
def front(one_front: Front, aws: LocalAws) -> Front:
    one_front.changes.clear()
    return one_front


def settings_through(front: Front, aws: LocalAws, account: str = ENVIRONMENT_ACCOUNT) -> Settings:
    return settings_of(aws, account, endpoint_url=front.url, max_attempts=1)


@pytest.fixture
def through(front: Front, aws: LocalAws) -> Proton:
    """The environment account, which calls AWS through the front."""
    return connect(settings_through(front, aws))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, PAGE, "text/html"),
        Answer(200, PAGE),
        Answer(200, PAGE, None),
        Answer(200, b"{}", "text/html; charset=utf-8"),
        Answer(200, b"{}", "application/json"),
        Answer(200, b"{}", "application/x-amz-json-1.1"),
        Answer(200, b"{}", None),
        Answer(204, b""),
        Answer(202, b"{}"),
        *(Answer(200, body) for body in (b"", b"[]", b"null", b"5", b'"x"', b"\xff\xfe", b'{"a": ', DEEP)),
        Answer(200, b'{"a": ' + DEEP),
        Answer(200, b'{"a": [' + b"0," * 1_000_001 + b"0]}"),
    ],
)
def test_a_success_that_is_not_protons_is_none(
    front: Front, through: Proton, operation: str, answer: Answer
) -> None:
    """A portal's page, and any body that is no JSON object with Proton's content type, count for nothing."""
    front.changes[operation] = lambda _: answer
    sentence(EndpointUnreachableError, lambda: OPERATIONS[operation](through), f"{operation} of ", NOT_PROTON)


GONE = b'{"__type": "ResourceNotFoundException", "message": "gone"}'


@pytest.mark.parametrize("operation", [GET, DELETE, REJECT])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, GONE, "application/json"),
        Answer(404, GONE, None),
        Answer(404, GONE, "text/html"),
        Answer(302, b""),
        *(
            Answer(400, body)
            for body in (
                b"",
                b"[]",
                b'["ResourceNotFoundException"]',
                b"{}",
                b"\xff",
                DEEP,
                b'{"__type": 5, "message": "gone"}',
                b'{"__type": null}',
                b'{"__type": ["ResourceNotFoundException"]}',
                b'{"__type": {"a": 1}}',
                b'{"__type": "ResourceNotFoundException", "message": ["gone"]}',
                b'{"__type": "ResourceNotFoundException", "message": "\\ud800"}',
                b'{"__type": "Resource\\udfffNotFoundException"}',
            )
        ),
    ],
)
def test_an_error_that_is_not_protons_never_means_gone(
    front: Front, through: Proton, operation: str, answer: Answer
) -> None:
    """An error counts only with Proton's content type, and with a code and a message that are text."""
    call = {
        GET: lambda: through.find_unless_gone(ABSENT, ENVIRONMENT_ACCOUNT),
        DELETE: lambda: through.delete(ABSENT, ENVIRONMENT_ACCOUNT),
        REJECT: lambda: through.reject(ABSENT, MANAGEMENT_ACCOUNT),
    }[operation]
    front.changes[operation] = lambda _: answer
    part = f"HTTP status {answer.status}, and the answer is not one of AWS Proton"
    sentence(EndpointUnreachableError, call, part)


def test_a_content_type_may_have_parameters(front: Front, through: Proton) -> None:
    """As HTTP allows it: in any case, and with a character set."""
    front.changes[LIST] = lambda answer: replace(
        answer, content_type="Application/X-Amz-Json-1.0; charset=utf-8"
    )
    assert through.list_connections("ENVIRONMENT_ACCOUNT") == []


MEMBERS = ["arn", "environmentAccountId", "environmentName", "id", "managementAccountId", "status"]
TIMES = ["requestedAt", "lastModifiedAt"]
NO_TEXTS = [NONE, None, 5, True, [], {}, ["x"], {"a": "x"}, "\ud800"]
NO_TIMES = [NONE, None, True, "", "today", "9" * 400, [], {}, math.nan, math.inf, 1e30, -1e30]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *((member, value) for member in MEMBERS for value in NO_TEXTS),
        *((member, value) for member in TIMES for value in NO_TIMES),
        *(("roleArn", value) for value in NO_TEXTS if value not in (NONE, None)),
    ],
)
def test_a_connection_has_all_members_and_each_its_type(
    front: Front, through: Proton, connection: dict[str, Any], member: str, value: Any
) -> None:
    """What is absent, null or of another type is an error where it arrives, in single answers as in lists."""
    front.changes[GET] = front.changes[LIST] = lambda answer: answer.with_members(**{member: value})
    sentence(EndpointUnreachableError, lambda: through.find(connection["id"]), NOT_PROTON)
    sentence(EndpointUnreachableError, lambda: through.list_connections("ENVIRONMENT_ACCOUNT"), NOT_PROTON)


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (5, "1970-01-01T00:00:05.000Z"),
        (1.25, "1970-01-01T00:00:01.250Z"),
        ("2026-10-07T12:00:00", "2026-10-07T12:00:00.000Z"),
        ("2026-10-07T12:00:00+02:00", "2026-10-07T10:00:00.000Z"),
    ],
)
def test_a_time_is_a_number_or_a_text_with_or_without_its_zone(
    front: Front, through: Proton, connection: dict[str, Any], sent: Any, seen: str
) -> None:
    """Without a zone it is UTC, wherever this machine is."""
    front.changes[GET] = lambda answer: answer.with_members(requestedAt=sent)
    assert through.find(connection["id"])["requestedAt"] == seen


@pytest.mark.parametrize("role", [NONE, None])
def test_a_role_may_be_absent(front: Front, through: Proton, connection: dict[str, Any], role: Any) -> None:
    """The service model requires a role in answers, and not in requests."""
    front.changes[GET] = lambda answer: answer.with_members(roleArn=role)
    assert "roleArn" not in through.find(connection["id"])


@pytest.mark.parametrize(
    "tags",
    [None, 5, "x", {"a": "b"}, ["a"], [None], [{"key": "a"}], [{"key": "a", "value": 5}], [{"value": "b"}]],
)
def test_tags_have_all_members_and_each_its_type(
    front: Front, through: Proton, connection: dict[str, Any], tags: Any
) -> None:
    """A tag has a key and a value."""
    front.changes[TAGS] = lambda answer: answer.with_body(json.dumps({"tags": tags}).encode())
    sentence(EndpointUnreachableError, lambda: through.tags(connection["arn"]), NOT_PROTON)


@pytest.mark.parametrize("operation", [LIST, TAGS])
@pytest.mark.parametrize("token", [lambda seen: "same", lambda seen: f"token{seen}"], ids=["same", "new"])
def test_a_list_has_an_end(
    front: Front,
    through: Proton,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    token: Callable[[int], str],
) -> None:
    """A page that always names a next one does not keep the run."""
    monkeypatch.setattr(aws_client, "_MOST_PAGES", 5)
    seen: list[Answer] = []

    def endless(answer: Answer) -> Answer:
        seen.append(answer)
        empty = {"environmentAccountConnections": [], "tags": [], "nextToken": token(len(seen))}
        return Answer(200, json.dumps(empty).encode())

    front.changes[operation] = endless
    sentence(EndpointUnreachableError, lambda: OPERATIONS[operation](through), "is a list without an end")
    assert len(seen) in {2, 6}


OTHER = "11111111-1111-4111-8111-111111111111"


def other_arn(account: str = ENVIRONMENT_ACCOUNT, connection_id: str = ABSENT, region: str = REGION) -> str:
    return f"arn:aws:proton:{region}:{account}:environment-account-connection/{connection_id}"


ABOUT: dict[str, Callable[[Proton, Proton, dict[str, Any]], object]] = {
    GET: lambda proton, _, made: proton.find_unless_gone(made["id"], ENVIRONMENT_ACCOUNT),
    UPDATE: lambda proton, _, made: proton.set_roles(made["id"], {"roleArn": ROLE}, LogLines()),
    CREATE: lambda proton, _, made: proton.request({**WANTED, "roleArn": ROLE}, LogLines()),
    DELETE: lambda proton, _, made: proton.delete(made["id"], ENVIRONMENT_ACCOUNT),
    ACCEPT: lambda _, management, made: management.accept(made["id"], LogLines()),
    REJECT: lambda _, management, made: management.reject(made["id"], MANAGEMENT_ACCOUNT),
    LIST: lambda proton, _, made: proton.list_connections("ENVIRONMENT_ACCOUNT", environment_name="prod"),
}
"""Each call whose answer has a connection, in the environment account or the management account."""

ARN = re.compile("[0-9a-f-]{36}$")


@pytest.mark.parametrize(
    "change",
    [
        *((operation, {"id": OTHER}) for operation in ABOUT),
        *((operation, {"arn": other_arn(connection_id=OTHER)}) for operation in ABOUT),
        *((operation, {"arn": "x"}) for operation in ABOUT),
        *(
            (operation, {"id": OTHER, "arn": other_arn(connection_id=OTHER)})
            for operation in ABOUT
            if operation not in {CREATE, LIST}
        ),
        *(
            (operation, {"environmentAccountId": OTHER_ACCOUNT, "arn": other_arn(OTHER_ACCOUNT)})
            for operation in (GET, UPDATE, CREATE, DELETE)
        ),
        (CREATE, {"managementAccountId": OTHER_ACCOUNT}),
        (CREATE, {"environmentName": "other"}),
        (REJECT, {"managementAccountId": OTHER_ACCOUNT}),
        (LIST, {"environmentName": "other"}),
        *((ACCEPT, {"status": status}) for status in ("PENDING", "REJECTED", "connected", "ACCEPTING")),
        *((REJECT, {"status": status}) for status in ("PENDING", "CONNECTED")),
    ],
)
def test_an_answer_is_about_what_was_asked_for(
    front: Front,
    aws: LocalAws,
    through: Proton,
    connection: dict[str, Any],
    change: tuple[str, dict[str, str]],
) -> None:
    """Another connection, another account, another status than the one that the call leads to: none of it is taken."""
    management = connect(settings_through(front, aws, MANAGEMENT_ACCOUNT))
    operation, members = change
    if members.get("arn", "").endswith(ABSENT):
        members = {**members, "arn": ARN.sub(connection["id"], members["arn"])}
    front.changes[operation] = lambda answer: answer.with_members(**members)
    sentence(EndpointUnreachableError, lambda: ABOUT[operation](through, management, connection), NOT_PROTON)


@pytest.mark.parametrize("operation", ABOUT)
def test_unchanged_answers_are_taken(
    front: Front, aws: LocalAws, through: Proton, connection: dict[str, Any], operation: str
) -> None:
    """The server of these tests changes nothing by itself."""
    management = connect(settings_through(front, aws, MANAGEMENT_ACCOUNT))
    ABOUT[operation](through, management, connection)


def test_no_call_is_added_to_know_the_account(
    front: Front, aws: LocalAws, fresh_clients: None, connection: dict[str, Any]
) -> None:
    """STS is not asked for an account to compare answers with; where it was asked, answers are compared."""
    through = connect(settings_of(aws, endpoint_url=front.url))
    elsewhere = {"environmentAccountId": OTHER_ACCOUNT, "arn": other_arn(OTHER_ACCOUNT, connection["id"])}
    front.changes[LIST] = lambda answer: answer.with_members(**elsewhere)
    through.list_connections("ENVIRONMENT_ACCOUNT")
    assert calls(aws, "sts") == ["GetCallerIdentity"]  # that of the fixture's request, by another client
    through.account()
    sentence(EndpointUnreachableError, lambda: through.list_connections("ENVIRONMENT_ACCOUNT"), NOT_PROTON)


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 30 Nov 2026 09:00:00",
        "Mon, 30 Nov 2026 09:00:00 -0000",
        "Mon, 30 Nov 99999 09:00:00 GMT",
        "",
        "yesterday",
    ],
)
def test_a_strange_date_of_the_answer_fails_nothing(front: Front, through: Proton, date: str) -> None:
    """Only how old a connection is follows from it."""
    front.changes[CREATE] = lambda answer: replace(answer, headers={"Date": date})
    assert through.request({**WANTED, "roleArn": ROLE}, LogLines())["environmentName"] == "prod"


@pytest.mark.parametrize("member", [*MEMBERS, *TIMES])
def test_a_request_whose_answer_lacks_something_is_known_by_its_id(
    front: Front, aws: LocalAws, through: Proton, member: str
) -> None:
    """The error has the connection that AWS made, as far as it is certain, and the same request finds it again."""
    front.changes[CREATE] = lambda answer: answer.with_members(**{member: None})
    request = {**WANTED, "roleArn": ROLE, "clientToken": "t"}
    with pytest.raises(EndpointUnreachableError) as caught:
        through.request(request, LogLines())
    front.changes.clear()
    (made,) = through.list_connections("ENVIRONMENT_ACCOUNT")
    if member == "id":
        assert type(caught.value) is EndpointUnreachableError
    else:
        assert isinstance(caught.value, UnusableConnectionError)
        known = caught.value.connection
        assert {name: known[name] for name in MEMBERS} == {name: made[name] for name in MEMBERS}
    assert through.request(request, LogLines())["id"] == made["id"]


# STS: by the body alone, as proxies and moto send other content types

STS = {"keys": "GetCallerIdentity", "role": "AssumeRole"}


def sts_body(operation: str, result: str) -> bytes:
    return (
        f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>".encode()
    )


CREDENTIALS = (
    "<Credentials><AccessKeyId>AKIAAAAAAAAAAAAAAAAA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken>{}</Credentials>"
)


@pytest.mark.parametrize(
    ("caller", "status", "body"),
    [
        *(
            (caller, status, body)
            for caller in STS
            for status in (200, 400)
            for body in (PAGE, b"", b"{}", b"\xff\xfe", b"<html/>", b"<a>" * 100_000, b"<SomeResponse/>")
        ),
        ("keys", 200, sts_body("GetCallerIdentity", "")),
        ("keys", 200, sts_body("GetCallerIdentity", "<Account>12</Account><Arn>a</Arn>")),
        ("keys", 200, sts_body("GetCallerIdentity", "<Account><a/></Account><Arn>a</Arn>")),
        ("role", 200, sts_body("AssumeRole", "")),
        ("role", 200, sts_body("AssumeRole", "<Credentials/>")),
        ("role", 200, sts_body("AssumeRole", CREDENTIALS.format(""))),
        ("role", 200, sts_body("AssumeRole", CREDENTIALS.format("<Expiration>soon</Expiration>"))),
    ],
)
@pytest.mark.usefixtures("fresh_clients")
def test_an_answer_that_is_not_of_sts_is_none(
    front: Front, aws: LocalAws, caller: str, status: int, body: bytes
) -> None:
    """Whatever stands at the address of STS, an account or credentials come from STS's own answer alone."""
    front.changes[STS[caller]] = lambda _: Answer(status, body, "text/xml")
    roles = (AssumedRole(role_arn=role_arn("assumed")),) if caller == "role" else ()
    wrong = settings_of(aws, sts_endpoint_url=front.url, max_attempts=1, assume_roles=roles)
    sentence(CredentialsError, lambda: connect(wrong).account(), "the answer is not from STS")


def test_sts_may_have_any_content_type(front: Front, aws: LocalAws, fresh_clients: None) -> None:
    """A proxy may call XML something else."""
    front.changes["GetCallerIdentity"] = lambda answer: replace(answer, content_type="text/html")
    assert connect(settings_of(aws, sts_endpoint_url=front.url)).account() == ENVIRONMENT_ACCOUNT
