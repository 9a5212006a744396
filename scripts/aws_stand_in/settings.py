"""The provider's configuration: every key as pulumi-aws names it, as typed values or one sentence a key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_stand_in.errors import unsupported
from aws_stand_in.wire import contains_unknown

_DURATION_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")
_SESSION_NAME = "pulumi-aws"


@dataclass(frozen=True)
class Settings:
    """Which account, Region, credentials and endpoints the provider talks to.

    `assume_roles` are the parameters of STS AssumeRole, to be called in this order, each with the credentials of the
    one before.
    """

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    token: str | None = None
    assume_roles: tuple[dict[str, Any], ...] = ()
    iam_endpoint: str | None = None
    sts_endpoint: str | None = None
    default_tags: Mapping[str, str] = field(default_factory=dict)
    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    max_retries: int | None = None
    retry_mode: str = "standard"
    skip_credentials_validation: bool = False
    skip_metadata_api_check: bool = False


def with_environment(inputs: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The configuration with the environment's Region where it has none, so that the state says which one it was.

    boto3 itself does not read AWS_REGION.
    """
    region = inputs.get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return {**inputs, "region": region} if region else dict(inputs)


def parse(arguments: Mapping[str, Any]) -> tuple[Settings, dict[str, str]]:
    """The settings, and what is wrong: one sentence a key.

    Values are text or, where they are lists, maps or booleans, those or JSON text of them: the engine and the SDK pass
    both. Unknown values are left out.
    """
    values: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for key, value in arguments.items():
        if value is None or value == "" or contains_unknown(value) or key in _NO_MATTER:
            continue
        if key == "assumeRole":
            # pulumi-aws 7 refuses the older key, so a stack must not learn to rely on it here.
            failures[key] = "invalid config key 'aws:assumeRole', should be 'aws:assumeRoles'"
        elif key in _READERS:
            try:
                values |= _READERS[key](value)
            except (ValueError, TypeError, AttributeError) as error:
                failures[key] = f"aws:{key} cannot be read: {error}"
        elif value not in (False, "false"):
            failures[key] = unsupported(f"The configuration aws:{key}")
    for key, partner in (("accessKey", "secretKey"), ("secretKey", "accessKey")):
        if arguments.get(key) and not arguments.get(partner):
            failures[partner] = f"aws:{partner} is required beside aws:{key}"
    return Settings(**values), failures


def _structured(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _text(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: str(value)}


def _flag(name: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        flag = _structured(value)
        if not isinstance(flag, bool):
            raise TypeError("it must be true or false")
        return {name: flag}

    return read


def _whole_number(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: int(value)}


def _texts(name: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        items = _structured(value)
        if not isinstance(items, list):
            raise TypeError("it must be a list")
        return {name: tuple(str(item) for item in items)}

    return read


def _endpoints(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in _list_of_maps(value):
        found |= {f"{service}_endpoint": entry[service] for service in ("iam", "sts") if entry.get(service)}
    return found


def _default_tags(value: Any) -> dict[str, Any]:
    return {"default_tags": {key: str(tag) for key, tag in (_structured(value).get("tags") or {}).items()}}


def _assume_roles(value: Any) -> dict[str, Any]:
    return {"assume_roles": tuple(_assume_role(entry) for entry in _list_of_maps(value))}


def _assume_role(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of STS AssumeRole for one entry of aws:assumeRoles.

    A plain dict in Python reaches the plugin with its keys in snake_case, which pulumi-aws does not understand either.
    """
    unknown = sorted(entry.keys() - _ASSUME_ROLE.keys())
    if unknown:
        raise ValueError(
            f"{unknown[0]} is no key of an assumed role; in Python, write aws.ProviderAssumeRoleArgs(...)"
        )
    if not entry.get("roleArn"):
        raise ValueError("roleArn is required")
    given = [(*_ASSUME_ROLE[key], item) for key, item in entry.items() if item not in (None, "", [], {})]
    return {"RoleSessionName": _SESSION_NAME} | {name: convert(item) for name, convert, item in given}


def _list_of_maps(value: Any) -> list[Mapping[str, Any]]:
    entries = _structured(value)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TypeError("it must be a list of maps")
    return entries


def _seconds(text: Any) -> int:
    """A duration such as 1h30m (Go's notation, which pulumi-aws takes) in seconds."""
    parts = _DURATION.findall(str(text))
    if "".join(number + unit for number, unit in parts) != str(text):
        raise ValueError(f"duration must look like 1h or 15m, not {text}")
    return round(sum(float(number) * _DURATION_UNITS[unit] for number, unit in parts))


_ASSUME_ROLE: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "roleArn": ("RoleArn", str),
    "sessionName": ("RoleSessionName", str),
    "externalId": ("ExternalId", str),
    "duration": ("DurationSeconds", _seconds),
    "policy": ("Policy", str),
    "policyArns": ("PolicyArns", lambda arns: [{"arn": arn} for arn in arns]),
    "sourceIdentity": ("SourceIdentity", str),
    "tags": ("Tags", lambda tags: [{"Key": key, "Value": tag} for key, tag in tags.items()]),
    "transitiveTagKeys": ("TransitiveTagKeys", list),
}

_READERS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "region": _text("region"),
    "profile": _text("profile"),
    "accessKey": _text("access_key"),
    "secretKey": _text("secret_key"),
    "token": _text("token"),
    "assumeRoles": _assume_roles,
    "endpoints": _endpoints,
    "defaultTags": _default_tags,
    "allowedAccountIds": _texts("allowed_account_ids"),
    "forbiddenAccountIds": _texts("forbidden_account_ids"),
    "maxRetries": _whole_number("max_retries"),
    "retryMode": _text("retry_mode"),
    "skipCredentialsValidation": _flag("skip_credentials_validation"),
    "skipMetadataApiCheck": _flag("skip_metadata_api_check"),
}

# What the engine and the SDK add themselves, and keys that make no difference to calls of IAM and STS.
_NO_MATTER = frozenset(
    {
        "version",
        "pluginDownloadURL",
        "__internal",
        "skipRequestingAccountId",
        "skipRegionValidation",
        "s3UsePathStyle",
        "s3UsEast1RegionalEndpoint",
        "tokenBucketRateLimiterCapacity",
        "userAgents",
    }
)
