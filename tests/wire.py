"""Requests to a local AWS as bytes and headers, and answers held against the service model."""

import http.client
import json
import re
import socket
from email.message import Message
from typing import Any
from xml.etree import ElementTree as ET

from proton_provider import service_model
from proton_provider.local import LocalAws

MODEL = service_model.model()
ENVIRONMENT, MANAGEMENT, OTHER = "111111111111", "222222222222", "333333333333"
ROLE = f"arn:aws:iam::{ENVIRONMENT}:role/proton"
ABSENT = "00000000-0000-4000-8000-000000000000"
TARGET = "AwsProton20200720."
GET = "GetEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"
CREATE = "CreateEnvironmentAccountConnection"
FORM = "application/x-www-form-urlencoded"
UNKNOWN, UNREADABLE = "UnknownOperationException", "SerializationException"

PATIENCE = 30.0
"""Seconds without a byte after which a client takes the server to hang, and fails."""

# The model says that every connection in an answer has a roleArn, and that Create needs none: so it must be absent at
# times, and botocore reads such answers.
NOT_ALWAYS_THERE = {
    ("EnvironmentAccountConnection", "roleArn"),
    ("EnvironmentAccountConnectionSummary", "roleArn"),
}
COMMON_ERRORS = {
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "UnknownOperationException",
}
PYTHON_TYPES = {"string": str, "list": list, "structure": dict, "integer": int, "timestamp": float}


def judge(shape: Any, value: Any, path: str = "") -> None:
    """Hold a piece of an answer's raw JSON against its shape in botocore's service model."""
    sort: type = type(value)  # not isinstance: a bool is no integer
    assert sort is PYTHON_TYPES[shape.type_name], f"{path} is {value!r}"
    if shape.type_name == "structure":
        required = {m for m in shape.required_members if (shape.name, m) not in NOT_ALWAYS_THERE}
        assert required <= set(value) <= set(shape.members), f"{path} has {sorted(value)}"
        for member, item in value.items():
            judge(shape.members[member], item, f"{path}.{member}")
        return
    if shape.type_name == "list":
        for number, item in enumerate(value):
            judge(shape.member, item, f"{path}[{number}]")
    if shape.type_name == "string":
        assert not shape.enum or value in shape.enum, path
        assert re.fullmatch(shape.metadata.get("pattern", "(?s:.*)"), value, re.ASCII), f"{path} is {value!r}"
    if shape.type_name in {"string", "list"}:
        assert shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)), path


def judge_answer(operation_model: Any, response_dict: Any, **_: object) -> None:
    """Hold a whole answer of Proton against the service model: success or one of the errors it may give."""
    headers, status = response_dict["headers"], response_dict["status_code"]
    body = json.loads(response_dict["body"])
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-amzn-RequestId"])
    if status == 200:
        judge(operation_model.output_shape, body)
        return
    code = body["__type"]
    assert code in {shape.name for shape in operation_model.error_shapes} | COMMON_ERRORS
    assert headers["x-amzn-errortype"] == code
    assert status == (500 if code == "InternalServerException" else 400)
    assert body["message"]
    assert set(body) == {"__type", "message"}


def signature(service: str = "proton", key: str = ENVIRONMENT, region: str = "eu-west-1") -> str:
    """An Authorization header, with a signature that nobody verifies."""
    return f"AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


def headers(operation: str = GET, **changes: str | None) -> dict[str, str]:
    """The headers of a request to Proton; None takes one away."""
    found = {
        "X-Amz-Target": TARGET + operation,
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": signature(),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in found.items() if value is not None}


def send(
    aws: LocalAws,
    method: str = "POST",
    path: str = "/",
    body: Any = b"{}",
    given: dict[str, Any] | None = None,
) -> tuple[int, Message, bytes]:
    """One request as it is, and status, headers and body of its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers() if given is None else given)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def head(operation: str = GET, **changes: str | None) -> bytes:
    """The beginning of a request to Proton, up to the headers that say where its body ends."""
    lines = [f"{name}: {value}\r\n" for name, value in headers(operation, **changes).items()]
    return f"POST / HTTP/1.1\r\nHost: localhost\r\n{''.join(lines)}".encode()


def send_raw(aws: LocalAws, data: bytes) -> tuple[int, Message, bytes]:
    """Bytes on a socket, the last ones of its client, and status, headers and body of what comes back."""
    with socket.create_connection(("127.0.0.1", aws.port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def assert_aws_error(answer: tuple[int, Message, bytes]) -> str:
    """The answer is an error in one of AWS's shapes, with a request id; returns its code."""
    status, found, body = answer
    assert status >= 400
    assert status != 500
    assert found["x-amzn-RequestId"]
    assert b"Traceback" not in body
    if body.lstrip().startswith(b"<"):
        elements = ET.fromstring(body).iter()  # noqa: S314  # our own server's answer
        return next(element.text or "" for element in elements if element.tag.rpartition("}")[2] == "Code")
    return str(json.loads(body)["__type"])
