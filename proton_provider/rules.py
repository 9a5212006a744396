r"""AWS's rules for the values of a connection: patterns, lengths and Regions, read off the service model.

Source of every constant: the service model `proton/2020-07-20` (a test compares each with ours), unless its comment
says otherwise. AWS's patterns are meant for the whole value and for ASCII, so they are compiled with
`re.ASCII` and used with `fullmatch`: in Python `$` would also accept a final newline, and `\d` any digit there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

CONNECTION_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
ROLE_ARN: Final = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role/([\w+=,.@-]{1,512}[/:])*([\w+=,.@-]{1,64})", re.ASCII
)
ROLE_ARN_LENGTH: Final = 2048
ACCOUNT_ID: Final = re.compile(r"\d{12}", re.ASCII)
ENVIRONMENT_NAME: Final = re.compile(r"[0-9A-Za-z]+[0-9A-Za-z_\-]*", re.ASCII)
ENVIRONMENT_NAME_LENGTH: Final = 100

ROLES: Final = ("roleArn", "componentRoleArn", "codebuildRoleArn")
"""The three roles of a connection, by AWS's member names."""

STATUSES: Final = ("PENDING", "CONNECTED", "REJECTED")

REQUESTED_EARLIER: Final = "requestedEarlier"
"""A member that our client adds, not AWS: the requested connection is older than the request."""

TAGS_MOST: Final = 50
TAG_KEY_LENGTH: Final = 128
TAG_VALUE_LENGTH: Final = 256

REGIONS: Final = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "us-east-1",
    "us-east-2",
    "us-west-2",
)
"""The Regions in which AWS offered Proton (botocore's endpoint data; documented by AWS)."""


def account_of(role_arn: str) -> str:
    """The account id in a role's ARN that `ROLE_ARN` accepts."""
    return role_arn.split(":")[4]


def partition_of(role_arn: str) -> str:
    """The partition (`aws`, `aws-cn`, `aws-us-gov`) in a role's ARN that `ROLE_ARN` accepts."""
    return role_arn.split(":")[1]


def partition_of_region(region: str) -> str:
    """The partition of a Region. A Region with a name of the user's own, at an endpoint of their own, is in `aws`."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((partition for prefix, partition in prefixes.items() if region.startswith(prefix)), "aws")


def problem_with_role_arn(value: object) -> str | None:
    """The problem with `value` as a role's ARN, or None."""
    if not isinstance(value, str):
        return f"must be the ARN of an IAM role, as a string; this is {kind_of(value)}"
    if len(value) > ROLE_ARN_LENGTH:
        return f"must have at most {ROLE_ARN_LENGTH} characters; this has {len(value)}"
    if not ROLE_ARN.fullmatch(value):
        return "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/name"
    return None


def problem_with_connection_id(value: object) -> str | None:
    """The problem with `value` as a connection's id, or None."""
    if not isinstance(value, str):
        return f"must be the id of a connection, as a string; this is {kind_of(value)}"
    if not CONNECTION_ID.fullmatch(value):
        return (
            "must be the id of an environment account connection: 8-4-4-4-12 lower-case hexadecimal digits, "
            "such as 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 (the part of its ARN after the last /)"
        )
    return None


def problem_with_account_id(value: object) -> str | None:
    """The problem with `value` as an account id, or None."""
    if not isinstance(value, str):
        return f"must be an account id, as a string (quote it: a number loses its leading zeros); this is {kind_of(value)}"
    if not ACCOUNT_ID.fullmatch(value):
        return "must be an account id: twelve digits"
    return None


def problem_with_environment_name(value: object) -> str | None:
    """The problem with `value` as an environment's name, or None."""
    if not isinstance(value, str):
        return f"must be the name of an environment, as a string; this is {kind_of(value)}"
    if len(value) > ENVIRONMENT_NAME_LENGTH:
        return f"must have at most {ENVIRONMENT_NAME_LENGTH} characters; this has {len(value)}"
    if not ENVIRONMENT_NAME.fullmatch(value):
        return "must be the name of an environment: letters, digits, - and _, the first a letter or a digit"
    return None


def problem_with_boolean(value: object) -> str | None:
    """The problem with `value` as a boolean, or None."""
    return None if isinstance(value, bool) else "must be true or false"


def as_tags(tags: Any) -> Any:
    """A map of tags as AWS takes it. Numbers and booleans become the text that JSON writes, and None is left out.

    Any other value is returned unchanged.
    """
    if not isinstance(tags, Mapping):
        return tags
    return {key: _tag_text(value) for key, value in tags.items() if value is not None}


def _tag_text(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():  # a dynamic provider gets every number as a float
        value = int(value)
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def problem_with_tags(tags: Mapping[Any, str]) -> str | None:
    """The problem that AWS has with `tags` (the stack's default tags included), or None."""
    if len(tags) > TAGS_MOST:
        return f"must be at most {TAGS_MOST}, default tags included; these are {len(tags)}"
    for key, value in tags.items():
        if not isinstance(key, str) or not 1 <= len(key) <= TAG_KEY_LENGTH:
            return f"the key {key!r} must be a string of 1 to {TAG_KEY_LENGTH} characters"
        if key.lower().startswith("aws:"):
            return f"the key {key!r} must not begin with aws:, which AWS reserves"
        if len(value) > TAG_VALUE_LENGTH:
            return f"the value of {key!r} must have at most {TAG_VALUE_LENGTH} characters"
    return None


def problem_with_tag_form(tags: object) -> str | None:
    """The problem with `tags` of any type as a map of strings, or None."""
    if not isinstance(tags, Mapping):
        return "must be a map of strings"
    for key, value in as_tags(tags).items():
        if not isinstance(value, str):
            return f"the value of {key!r} must be a string; this is {kind_of(value)}"
    return None


def problem_with_tag_map(tags: object) -> str | None:
    """The problem with `tags` of any type, or None."""
    return problem_with_tag_form(tags) or problem_with_tags(as_tags(tags))


def problem_with_region(value: object, endpoint_is_given: bool) -> str | None:
    """The problem with `value` as the Region, or None. With an endpoint of the user's own, any Region is accepted."""
    if value is None:
        return (
            "is not known: set proton:region in the stack's config (pulumi config set proton:region us-east-1), "
            "AWS_REGION in the environment, or region in the aws property (AwsSettings in Python)"
        )
    if value not in REGIONS and not endpoint_is_given:
        return f"must be a Region where AWS offered Proton: {', '.join(REGIONS)}; this is {value}"
    return None


def is_whole(value: object) -> bool:
    """Whether `value` is a whole number. All numbers of a dynamic provider are floats, NaN and infinity too."""
    return not isinstance(value, bool) and (
        isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    )


def problem_with_text(value: str) -> str | None:
    """The problem with a string that nothing can be done with, or None. It does not have the value, which may be a secret."""
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "has a character that no text can have (NUL, or half of a surrogate pair)"
    return None


def kind_of(value: object) -> str:
    """The type of an invalid value, in a user's words. Messages have the type in place of the value, which may be a secret."""
    if value is None:
        return "missing"
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, float | int):
        return "a number"
    if isinstance(value, list | tuple):
        return "a list"
    return "a map" if isinstance(value, Mapping) else f"a Python {type(value).__name__}"
