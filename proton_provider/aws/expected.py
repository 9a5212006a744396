"""Whether an answer is about the expected connection, and what is known of the connection if the answer cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeAlias

from proton_provider.aws import answers
from proton_provider.aws.bodies import json_object
from proton_provider.rules import problem_with_connection_id

Expected: TypeAlias = Mapping[str, str | None]
"""Members of a connection that are known before the answer. One that is None may have any value."""


def checked(connection: Mapping[str, Any], expected: Expected, call: answers.Call) -> dict[str, Any]:
    """A connection of an answer, with its timestamps as ISO 8601 in UTC.

    Raises `EndpointUnreachableError` for another connection than the expected one.
    """
    own = _arn_without_partition(call.region, connection["environmentAccountId"], connection["id"])
    if connection["arn"].removesuffix(own) not in _PARTITIONS:
        raise answers.wrong_answer_error("has an arn that is not the connection's", call)
    for name, value in expected.items():
        if value is not None and connection[name] != value:
            raise answers.wrong_answer_error(f"does not have the {name} {value}", call)
    return {name: _iso(value) if isinstance(value, datetime) else value for name, value in connection.items()}


def as_far_as_known(unusable: bytes, expected: Expected, region: str | None) -> dict[str, Any] | None:
    """The connection that was requested, if the answer about it has its id. None without the id or the account."""
    seen = json_object(unusable).get("environmentAccountConnection")
    account = expected["environmentAccountId"]
    if not isinstance(seen, dict) or problem_with_connection_id(seen.get("id")) or account is None:
        return None
    now = _iso(datetime.now(timezone.utc))
    return {
        **expected,
        "id": seen["id"],
        "arn": f"arn:aws{_arn_without_partition(region, account, seen['id'])}",
        "status": "PENDING",
        "requestedAt": now,
        "lastModifiedAt": now,
    }


def is_older(answer: Mapping[str, Any], seconds: float) -> bool:
    """Whether the connection was requested more than `seconds` before the answer, by the server's clock.

    The server's time is the HTTP header Date, in whole seconds, rounded down. Without it the result is False.
    """
    requested: datetime = answer["environmentAccountConnection"]["requestedAt"]
    try:
        answered = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"].get("date"))
    except (TypeError, ValueError, OverflowError):
        return False
    if answered.tzinfo is None:  # no zone, or one that says nothing (-0000)
        answered = answered.replace(tzinfo=timezone.utc)
    return (answered - requested).total_seconds() > seconds


def _arn_without_partition(region: str | None, account_id: str, connection_id: str) -> str:
    """The end of a connection's ARN (its form is documented by AWS)."""
    return f":proton:{region}:{account_id}:environment-account-connection/{connection_id}"


_PARTITIONS: Final = ("arn:aws", "arn:aws-cn", "arn:aws-us-gov")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
