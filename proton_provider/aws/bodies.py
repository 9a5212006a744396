"""What counts as an answer of AWS: botocore's parsers, with a check of what they are given and of what they give.

botocore takes every answer with HTTP status 200 for a success, and a wrong body makes it raise errors of Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserFactory
from botocore.utils import parse_timestamp

PROTON_CONTENT_TYPE: Final = {"json": "application/x-amz-json-1.0"}
"""The content type of every answer of AWS Proton (documented by AWS for its protocol, AWS JSON 1.0)."""


class NotAnAnswerError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """An answer is not one of the AWS service that was called. `body` is a JSON object, if it is one."""

    fmt = "the answer {problem}"

    def __init__(self, problem: str, body: bytes = b"{}") -> None:
        super().__init__(problem=problem)
        self.problem = problem
        self.body = body


class Parsers(ResponseParserFactory):  # type: ignore[misc]  # botocore has no types
    """Parsers that refuse what is no answer of AWS. Register it as a session's `response_parser_factory`.

    They raise `NotAnAnswerError` for a success that is none. An error that AWS did not send has no error code.
    """

    def __init__(self, content_types: Mapping[str, str] | None = None) -> None:
        """`content_types` has the content type that a protocol's answers must have; others may have any."""
        super().__init__()
        self._content_types = content_types or {}
        self.set_parser_defaults(timestamp_parser=_moment)

    def create_parser(self, protocol_name: str) -> Any:
        return _Parser(
            super().create_parser(protocol_name), protocol_name, self._content_types.get(protocol_name)
        )


class _Parser:
    def __init__(self, parser: Any, protocol: str, content_type: str | None) -> None:
        self._parser = parser
        self._protocol = protocol
        self._content_type = content_type

    def parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        """What botocore's parser makes of the response."""
        status = response["status_code"]
        try:
            self._check_body(response)
            return self._parsed(response, shape, status)
        except NotAnAnswerError:
            if status < _FIRST_OTHER:
                raise
        if _is_of_an_error(shape):
            return {}
        headers = {str(name).lower(): value for name, value in response["headers"].items()}
        return {
            "Error": {"Code": "", "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
        }

    def _check_body(self, response: Mapping[str, Any]) -> None:
        sent, _, _ = str(response["headers"].get("content-type", "")).partition(";")
        if self._content_type and sent.strip().lower() != self._content_type:
            raise NotAnAnswerError(f"has {_named(sent.strip())}, not {self._content_type}")
        body = response["body"]
        if sum(body.count(sign) for sign in (b"{", b"[", b",", b"<")) > _MOST_VALUES:
            raise NotAnAnswerError(f"has more than {_MOST_VALUES:,} values")
        if "json" in self._protocol:
            json_object(body)
        elif not _XML_RESPONSE.match(body):
            raise NotAnAnswerError("is no XML response of AWS")

    def _parsed(self, response: Mapping[str, Any], shape: Any, status: int) -> dict[str, Any]:
        body = response["body"] if "json" in self._protocol else b"{}"
        try:
            parsed: dict[str, Any] = self._parser.parse(response, shape)
        except Exception as error:
            # Which errors of Python a wrong body causes depends on the body and on botocore's version.
            raise NotAnAnswerError("has values of the wrong kind", body) from error
        if status >= _FIRST_OTHER:
            if not _is_of_an_error(shape):
                said = parsed.get("Error", {})
                _require_text(said.get("Code"), "Code")
                _require_text(said.get("Message", ""), "Message")
        elif status != _SUCCESS:
            raise NotAnAnswerError(f"has the HTTP status {status}")
        elif shape is not None and (problem := problem_with(shape, parsed)):
            raise NotAnAnswerError(problem, body)
        return parsed


def problem_with(shape: Any, value: Any, name: str = "") -> str | None:
    """The problem with a parsed value of this shape of the service model, or None.

    Members that the model requires must be there, and all members must have the model's types.
    """
    if shape.type_name == "structure":
        return _problem_with_structure(shape, value, name)
    if shape.type_name == "list":
        return _first(problem_with(shape.member, item, name) for item in value)
    if shape.type_name == "map":
        return _first(problem_with(shape.value, item, name) for item in value.values())
    if shape.type_name == "string" and not (_is_text(value) and len(value) >= shape.metadata.get("min", 0)):
        return f"has a {name} that is no text"
    if shape.type_name in _NUMBERS and not isinstance(value, int):
        return f"has a {name} that is no number"
    return None


def _problem_with_structure(shape: Any, value: Any, name: str) -> str | None:
    if not isinstance(value, dict):
        return f"has no {name}"
    paths = {member: f"{name}.{member}".lstrip(".") for member in shape.members}
    needed = {*shape.required_members, *_NEEDED.get(shape.name, ())} - _OPTIONAL.get(shape.name, frozenset())
    for member in sorted(needed):
        if value.get(member) is None:
            return f"has no {paths[member]}"
    return _first(
        problem_with(shape.members[member], value[member], path)
        for member, path in paths.items()
        if value.get(member) is not None
    )


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that is the body of an answer. Raises `NotAnAnswerError` for any other body."""
    try:
        answer = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise NotAnAnswerError("is no JSON object")
    return answer


def _moment(value: Any) -> datetime:
    """A timestamp of an answer in UTC. A text without a time zone is in UTC, too."""
    if isinstance(value, bool):
        raise TypeError("a time that is a boolean")
    moment: datetime = parse_timestamp(value)
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _is_of_an_error(shape: Any) -> bool:
    return shape is not None and bool(shape.metadata.get("exception"))


def _require_text(value: Any, name: str) -> None:
    if not _is_text(value):
        raise NotAnAnswerError(f"has a {name} that is no text")


def _is_text(value: Any) -> bool:
    """Whether this is a string that can be sent on: JSON can have half of a surrogate pair."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _named(content_type: str) -> str:
    known = _CONTENT_TYPE.fullmatch(content_type)
    return f"the content type {content_type}" if known else "no valid content type"


_SUCCESS: Final = 200
"""The HTTP status of every success of the services that are called here (service models)."""

_FIRST_OTHER: Final = 301
"""The lowest HTTP status that botocore does not take for a success."""

_MOST_VALUES: Final = 1_000_000
"""The most values in an answer, so that its objects do not fill the memory. AWS's pages have far fewer."""

_LONGEST_TEXT: Final = 2 * 1024 * 1024
"""The most characters of a text. The longest text of AWS's is a template of CloudFormation, of 1 MB (documented)."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "AssumeRoleResponse": ("Credentials",),
    "AssumeRoleWithWebIdentityResponse": ("Credentials",),
    "GetCallerIdentityResponse": ("Account", "Arn"),
    "GetRoleCredentialsResponse": ("roleCredentials",),
}
"""Members of answers that are always used, although the service models do not require them, by the shape's name."""

_OPTIONAL: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(
    ("EnvironmentAccountConnection", "EnvironmentAccountConnectionSummary"), frozenset({"roleArn"})
)
"""Members that are optional in requests, and so may be absent in answers, although the service model requires them."""

_NUMBERS: Final = ("integer", "long")

_XML_RESPONSE: Final = re.compile(rb"\s*(<\?xml[^>]*\?>\s*)?<(\w+:)?\w*Response[\s>]")
"""The beginning of every XML answer of AWS's query protocol: `<ListRolesResponse ...>`, `<ErrorResponse ...>`."""

_CONTENT_TYPE: Final = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,40}", re.ASCII)
