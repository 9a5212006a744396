"""The local AWS answers any request rightly or with an error in AWS's form, never hangs, and limits its memory."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import (
    ABSENT,
    CREATE,
    ENVIRONMENT,
    FORM,
    GET,
    MALFORMED,
    MANAGEMENT,
    MODEL,
    ROLE,
    TARGET,
    TOO_LARGE,
    UNKNOWN,
    UNREADABLE,
    assert_aws_error,
    connect,
    head,
    headers,
    in_chunks,
    judge_answer,
    send,
    send_raw,
    signature,
    with_length,
)

from proton_provider.local import LocalAws, control, gateway, transport

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")

OPERATIONS = [
    name
    for name in MODEL.operation_names
    if "EnvironmentAccountConnection" in name or re.search("[Tt]ag", name)
]
LIMIT = gateway.PROTON_BODY_LIMIT


def memory(value: Any) -> int:
    """The bytes of memory that a value from JSON takes with all that is in it, what is in it twice counted once."""
    found: dict[int, Any] = {}
    waiting = [value]  # not recursive: a value may be nested as deeply as JSON is read
    while waiting:
        inner = waiting.pop()
        if id(inner) not in found:
            found[id(inner)] = inner
            waiting += [*inner, *inner.values()] if isinstance(inner, dict) else []
            waiting += inner if isinstance(inner, list) else []
    return sum(map(sys.getsizeof, found.values()))


@pytest.fixture(scope="module")
def storm_aws() -> Iterator[LocalAws]:
    """A local AWS whose log of requests is small, so that a storm reaches its bounds."""
    with pytest.MonkeyPatch.context() as patch, LocalAws() as aws:
        patch.setattr(control, "KEPT_REQUESTS", 100)
        patch.setattr(control, "KEPT_BYTES", 64 * 1024)
        yield aws


@pytest.fixture
def aws(storm_aws: LocalAws) -> Iterator[LocalAws]:
    """That local AWS with nothing in it. What it keeps of a test is bounded, and it met no mistake of its own."""
    storm_aws.reset()
    yield storm_aws
    assert storm_aws._unexpected == []
    assert len(storm_aws.requests) <= control.KEPT_REQUESTS
    assert sum(memory(dict(request.parameters)) for request in storm_aws.requests if request.parameters) <= (
        control.KEPT_BYTES
    )


# What is not HTTP

CHUNKED = head() + b"Transfer-Encoding: chunked\r\n\r\n"
GREETING = b"POST / HTTP/1.1\r\n"
NOT_HTTP = [
    ("no request line", b"NONSENSE\r\n\r\n", MALFORMED),
    ("an empty request line", b"\r\n\r\n", MALFORMED),
    ("no version", b"GET /\r\n\r\n", MALFORMED),
    ("another version", b"POST / HTTP/7.0\r\n\r\n", MALFORMED),
    ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", MALFORMED),
    ("another method", b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    ("a long target", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", TOO_LARGE),
    ("a target that is no URL", b"GET http://[bad/ HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
    ("many headers", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", TOO_LARGE),
    ("a long header", b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", TOO_LARGE),
    ("a header without a colon", GREETING + b"X-Amz-Target\r\nHost: x\r\n\r\n", MALFORMED),
    ("headers that end early", head(), MALFORMED),
    ("headers that end within a line", head()[:-5], MALFORMED),
    ("a length that is no number", head() + b"Content-Length: two\r\n\r\n{}", MALFORMED),
    ("a length below zero", head() + with_length(b"{}", -1), MALFORMED),
    ("two lengths", head() + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", MALFORMED),
    ("a length beyond every limit", head() + with_length(b"{}", 99999999999), TOO_LARGE),
    ("a length of 5,000 digits", head() + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", TOO_LARGE),
    ("another transfer coding", head() + b"Transfer-Encoding: gzip\r\n\r\n{}", MALFORMED),
    ("two transfer codings", head() + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", MALFORMED),
    ("a byte too many", head() + with_length(b" " * (LIMIT + 1)), TOO_LARGE),
    ("a byte too many in a chunk", head() + in_chunks(b" " * (LIMIT + 1)), TOO_LARGE),
    ("chunks without an end", CHUNKED + (b"1000\r\n" + b" " * 4096 + b"\r\n") * 600, TOO_LARGE),
    ("a chunk without a size", CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", MALFORMED),
    ("a chunk of less than nothing", CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n", MALFORMED),
    ("a chunk that claims more than any limit and ends early", CHUNKED + b"f" * 30 + b"\r\n{}\r\n0\r\n\r\n", MALFORMED),
    ("a chunk whose size has no end", CHUNKED + b"0" * 100_000, MALFORMED),
    ("a chunk longer than it says", CHUNKED + b"1\r\n{}\r\n0\r\n\r\n", MALFORMED),
    ("a chunk that ends early", CHUNKED + b"5\r\n{}", MALFORMED),
    ("a body that ends early", head() + with_length(b"{}", 5), MALFORMED),
    ("all that is allowed", head() + with_length(b" " * LIMIT), UNREADABLE),
    ("all that is allowed, in a chunk", head() + in_chunks(b" " * LIMIT), UNREADABLE),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code"), [row[1:] for row in NOT_HTTP], ids=[row[0] for row in NOT_HTTP])
def test_what_is_not_http_or_too_much_of_it_gets_an_aws_error(aws: LocalAws, data: bytes, code: str) -> None:
    """However a request is broken, the answer is a whole one in AWS's shape, and nothing more is read than the limit."""
    answer = send_raw(aws, data, end=True)
    assert assert_aws_error(answer) == code
    assert answer[0] == (413 if code == TOO_LARGE else 400)


def test_a_client_that_stalls_is_not_waited_for(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a body it gets an error in bounded time, before that its connection ends."""
    monkeypatch.setattr(transport.RequestHandler, "timeout", 0.2)
    for body in (with_length(b"{}", 10), b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        assert assert_aws_error(send_raw(aws, head() + body)) == MALFORMED
    for data in (b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost:"):
        with connect(aws) as connection:
            connection.sendall(data)
            assert connection.recv(100) == b""


def test_a_client_that_sends_more_than_it_says_is_not_waited_for(aws: LocalAws) -> None:
    """The answer is to as much as was said, and the connection ends although the client leaves it open."""
    with connect(aws) as connection:
        connection.sendall(head() + with_length(b"{}" + b" " * 100_000, 2))
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.startswith(b"HTTP/1.1 400 ")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["__type"] == "ValidationException"


# Calls of Proton, derived from the service model

ARN = f"arn:aws:proton:eu-west-1:{ENVIRONMENT}:environment-account-connection/"
GOOD_TEXTS = {
    "EnvironmentAccountConnectionId": [ABSENT],
    "Arn": [ARN + ABSENT],
    "ClientToken": ["", "token"],
    "RoleArn": [ROLE],
    "ResourceName": ["production"],
    "AwsAccountId": [MANAGEMENT],
    "TagKey": ["team", "owner"],
    "TagValue": ["", "a"],
    "NextToken": ["AAAA"],
    "String": ["AAAA"],
}
"""Values of a text's shape, where it has no enumeration: a place for each in the model."""
WRONG_TYPES: dict[str, list[Any]] = {
    "string": [0, -1.5, True, [], {}, [""]],
    "integer": ["1", 1.5, True, [], {}],
    "list": ["", 1, True, {}],
    "structure": ["", 1, True, []],
}


def good(shape: Any) -> st.SearchStrategy[Any]:
    """Values that the service model takes."""
    if shape.type_name == "structure":
        members = {name: good(member) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)
    if shape.type_name == "list":
        return st.lists(good(shape.member), max_size=2)
    if shape.type_name == "integer":
        return st.integers(shape.metadata["min"], shape.metadata["max"])
    return st.sampled_from(shape.enum or GOOD_TEXTS[shape.name])


def whole(shape: Any) -> Any:
    """A value that has every member that the service model knows."""
    if shape.type_name == "structure":
        return {name: whole(member) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [whole(shape.member)]
    return (
        shape.metadata["max"] if shape.type_name == "integer" else (shape.enum or GOOD_TEXTS[shape.name])[0]
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of a value and of all that is in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def with_other(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with something else at a path."""
    if not path:
        return other
    changed = copy.deepcopy(value)
    at(changed, path[:-1])[path[-1]] = other
    return changed


def shape_at(shape: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        shape = shape.members[key] if shape.type_name == "structure" else shape.member
    return shape


def wrong_types() -> Iterator[Any]:
    """Every place in the input of every operation, with every type that does not belong there."""
    for operation in OPERATIONS:
        shape = MODEL.operation_model(operation).input_shape
        value = whole(shape)
        for path in places(value):
            for wrong in WRONG_TYPES[shape_at(shape, path).type_name]:
                name = ".".join(map(str, (operation, *path)))
                yield pytest.param(operation, with_other(value, path, wrong), id=f"{name}={wrong!r}")


@pytest.mark.parametrize(("operation", "parameters"), list(wrong_types()))
def test_a_wrong_type_in_any_place_can_not_be_read(aws: LocalAws, operation: str, parameters: Any) -> None:
    """Of every member of every operation, at every depth, each type but its own is a SerializationException."""
    answer = send(aws, body=json.dumps(parameters).encode(), given=headers(operation))
    assert assert_aws_error(answer) == UNREADABLE


JSON_TEXTS = st.one_of(
    st.sampled_from(
        [
            b"null", b"true", b"0", b"-1", b"1.0", b"1e2", b"1e999", b"-1e-999", b"NaN", b"Infinity", b"01", b"9" * 4000,
            b"9" * 5000, b'""', b'"\xff"', b'"\xc3"', b'"\\ud800"', b'"\\u0000"', b'"\n"', b'"\x00"', b"'x'", b"", b"{}", b"[]",
            b'{"key":"a","key":"b"}', b"[[]]", b"[null]", b'[""]', b'["PENDING",1]',
        ]
    ),
    st.builds(lambda text: json.dumps(text).encode(), st.text(max_size=5)),
    st.builds(
        lambda text, length: b'"' + text * length + b'"',
        st.sampled_from([b"a", b"-", "\N{GRINNING FACE}".encode()]),
        st.sampled_from([64, 65, 100, 101, 128, 129, 200, 201, 256, 257, 2048, 2049, 70_000, 1_100_000]),
    ),
    st.builds(
        lambda item, length: b"[" + b",".join([item] * length) + b"]",
        st.sampled_from([b"[]", b"{}", b'{"a":1}', b"9e9", b'"ab"', b'{"key":"a","value":"b"}', b'"PENDING"']),
        st.sampled_from([2, 50, 51, 1000, 9000, 400_000]),
    ),
    st.builds(
        lambda start, end, depth: start * depth + b"1" + end * depth,
        st.sampled_from([b"[", b'{"a":']),
        st.sampled_from([b"]", b"}", b""]),
        st.integers(1, 1100) | st.just(100_000),
    ),
)  # fmt: skip
"""Pieces of JSON, and what is nearly JSON: odd numbers and bytes, long texts, long lists, deep nesting."""
HERE = "\ufffe"


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, bytes, bool]:
    """An operation, the body of a call of it, and whether the model takes that body."""
    operation = draw(st.sampled_from(OPERATIONS))
    value = draw(good(MODEL.operation_model(operation).input_shape))
    if draw(st.integers(0, 9)) == 0:
        return operation, json.dumps(value).encode(), True
    path = draw(st.sampled_from(places(value)))
    if path and draw(st.integers(0, 5)) == 0:
        del at(value, path[:-1])[path[-1]]
        return operation, json.dumps(value).encode(), False
    body = json.dumps(with_other(value, path, HERE)).encode()
    return operation, body.replace(json.dumps(HERE).encode(), draw(JSON_TEXTS)), False


@st.composite
def framed(draw: st.DrawFn, body: bytes) -> tuple[bytes, bool]:
    """The rest of a request with that body, and whether it is framed as it should be."""
    way = draw(st.sampled_from(["length", "length", "chunks", "too long", "too short"]))
    if way == "chunks":
        cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
        pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        return in_chunks(*filter(None, pieces)), True
    if way == "too long":
        return with_length(body, len(body) + draw(st.integers(1, 100))), False
    if way == "too short":
        return with_length(body, draw(st.integers(0, max(0, len(body) - 1)))), False
    return with_length(body), True


storm = settings(
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


def assert_right(operation: str, body: bytes, parameters: Any) -> None:
    """Botocore, too, sees nothing wrong in the members that it knows of a call that was answered."""
    model = MODEL.operation_model(operation)
    assert isinstance(parameters, dict), body
    known = {name: value for name, value in parameters.items() if name in model.input_shape.members}
    report = ParamValidator().validate(_without_unknown(known, model.input_shape), model.input_shape)
    assert not report.has_errors(), report.generate_report()


def _without_unknown(value: Any, shape: Any) -> Any:
    """The value without members that nobody knows, and those that are null, which AWS's JSON protocol passes over."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: _without_unknown(item, shape.members[name])
            for name, item in value.items()
            if name in shape.members and item is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_without_unknown(item, shape.member) for item in value]
    return value


@storm
@given(call=calls(), data=st.data())
def test_mutated_calls_get_what_the_service_model_says(
    aws: LocalAws, call: tuple[str, bytes, bool], data: st.DataObject
) -> None:
    """A call that is mutated or oddly framed gets an answer that the model knows; a good one is understood."""
    operation, body, is_good = call
    rest, is_framed = data.draw(framed(body))
    status, found, answer = send_raw(aws, head(operation) + rest, end=True)
    code = found.get("x-amzn-errortype")
    if code in {MALFORMED, TOO_LARGE}:
        assert_aws_error((status, found, answer))
        assert not is_framed or len(body) > LIMIT
        return
    judge_answer(MODEL.operation_model(operation), {"headers": found, "status_code": status, "body": answer})
    assert status != 500
    if is_framed and status == 200:
        assert_right(operation, body, json.loads(body))
    if is_framed and is_good:
        assert code != UNREADABLE
        assert b"failed to satisfy constraint" not in answer


PIECES = st.binary(max_size=4) | st.sampled_from(
    [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b":", b" ", b"\x00", b"9", b"0", b"-", b"HTTP/1.1", b"chunked", b"%", b"/", b"?", b",", b"="]
)  # fmt: skip
REQUESTS = [
    head(GET) + with_length(b'{"id":"%b"}' % ABSENT.encode()),
    head(CREATE)
    + in_chunks(b'{"environmentName":"e",', b'"managementAccountId":"%b"}' % MANAGEMENT.encode()),
    b"POST / HTTP/1.1\r\nAuthorization: %b\r\nContent-Type: %b\r\n"
    % (signature("iam").encode(), FORM.encode())
    + with_length(b"Action=GetRole&RoleName=r&Version=2010-05-08"),
    b"GET /bucket/key?list-type=2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
]


@storm
@given(request=st.sampled_from(REQUESTS), data=st.data())
def test_mutated_bytes_get_an_answer(aws: LocalAws, request: bytes, data: st.DataObject) -> None:
    """A request with bytes put in, taken out, replaced or cut off gets a whole answer: AWS's error, or a success."""
    sent = request
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(sent)))
        end = data.draw(st.integers(start, min(len(sent), start + 4)) | st.just(len(sent)))
        sent = sent[:start] + data.draw(PIECES) + sent[end:]
    if not sent:
        return  # nothing was asked
    answer = send_raw(aws, sent, end=True)
    assert answer[1]["x-amzn-RequestId"]
    if answer[0] >= 400:
        assert_aws_error(answer)


# Any service

LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f\x85"), max_size=3)
MUTATED_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "X-Amz-Target": st.sampled_from(
            [TARGET + operation for operation in MODEL.operation_names]
            + [TARGET, "DynamoDB_20120810.ListTables", "AWSSecurityTokenService.GetCallerIdentity", "x", ""]
        ),
        "Authorization": st.one_of(
            st.sampled_from([signature(name) for name in ("proton", "iam", "sts", "s3", "dynamodb", "nope")]),
            st.builds(
                lambda place, text: signature()[:place] + text + signature()[place + 1 :],
                st.integers(0, len(signature())),
                LATIN,
            ),
            st.sampled_from(["AWS key:signature", "Bearer x", ""]),
        ),
        "Content-Type": st.sampled_from(
            ["application/x-amz-json-1.0", FORM, "application/json", "text/plain", "multipart/form-data", ""]
        ),
        "Host": LATIN,
        "X-Amz-Meta-a_b": LATIN,
        "Cookie": LATIN,
    },
)
FORMS = st.builds(
    lambda form, place, piece: form[:place] + piece + form[place:],
    st.sampled_from(
        [
            b"Action=ListRoles&Version=2010-05-08&MaxItems=1",
            b"Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a",
            b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::111111111111:role/r&RoleSessionName=s",
            b"Action=GetCallerIdentity&Version=2011-06-15",
        ]
    ),
    st.integers(0, 90),
    PIECES,
)
MEMBERS = ["id", "roleArn", "tags", "key", "value", "statuses", "requestedBy", "nextToken", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=10,
)


@storm
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]),
    path=st.sampled_from(
        ["/", "/", "/", "//", "/a/b", "/?Action=ListRoles", "/%ff%00", "/moto-api/x", "/us-east-1_x/y"]
    ),
    given_headers=MUTATED_HEADERS,
    body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50) | FORMS,
)
def test_whatever_is_sent_the_answer_is_one_of_awss(
    aws: LocalAws, method: str, path: str, given_headers: dict[str, str], body: Any
) -> None:
    """Mutated methods, paths, headers and bodies get a right answer or an error in AWS's shape, of any service."""
    encoded = {name: value.encode("latin-1") for name, value in given_headers.items()}
    answer = send(aws, method, path, body, encoded)
    assert answer[1]["x-amzn-RequestId"]
    if answer[0] >= 400 and method != "HEAD":
        assert_aws_error(answer)


def test_an_error_that_repeats_what_was_sent_can_be_read(aws: LocalAws) -> None:
    """XML holds no control characters, so those of a request do not come back in it."""
    assert assert_aws_error(send_raw(aws, b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n")) == "NoSuchBucket"


# What is kept

DENSE = [b"[]", b"{}", b'{"a":1}', b"9e9", b"999", b'"ab"', b'"\\u1234"', '"a\N{GRINNING FACE}"'.encode()]


@pytest.mark.parametrize("item", DENSE)
def test_the_log_counts_the_memory_that_it_takes(aws: LocalAws, item: bytes) -> None:
    """Parameters that take many times the memory of their text are forgotten the sooner."""
    for length in (1, 10, 100, 1000):
        body = b'{"id":[' + b",".join([item] * length) + b"]}"
        send(aws, body=body)
        kept = [request for request in aws.requests if request.parameters]
        assert sum(memory(dict(request.parameters)) for request in kept) <= aws._log._bytes
        assert aws._log._bytes <= control.KEPT_BYTES


def test_nothing_is_kept_of_what_was_deleted_or_refused(aws: LocalAws) -> None:
    """Connections that come and go, their tokens, and calls that fail leave the store as it was."""
    aws.check_roles = True
    members = {"environmentName": "e", "managementAccountId": MANAGEMENT}
    for number in range(3):
        body = json.dumps({**members, "clientToken": f"t{number}"}).encode()
        made = json.loads(send(aws, body=body, given=headers(CREATE))[2])["environmentAccountConnection"]
        gone = json.dumps({"id": made["id"]}).encode()
        assert send(aws, body=gone, given=headers("DeleteEnvironmentAccountConnection"))[0] == 200
    assert_aws_error(send(aws, body=json.dumps({**members, "roleArn": ROLE}).encode(), given=headers(CREATE)))
    aws.check_roles = False
    assert (len(aws._store._connections), len(aws._store._tokens)) == (0, 0)
