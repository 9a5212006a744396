"""The stand-in's configuration: the keys as pulumi-aws names them, as typed values or one sentence a key."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from proton_provider.plugin.values import contains_unknown
from without_downloads.aws_stand_in.errors import unsupported

_Reader: TypeAlias = Callable[[Any], Any]
_MAPS = "a list of maps"


@dataclass(frozen=True)
class Settings:
    """Which account, Region, credentials and endpoints the provider talks to.

    `assume_roles` are the parameters of STS AssumeRole, to be called in this order, each with the credentials of the
    one before; `endpoints` are the addresses of services.
    """

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    token: str | None = None
    assume_roles: tuple[dict[str, Any], ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)
    default_tags: Mapping[str, str] = field(default_factory=dict)
    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    max_retries: int | None = None
    skip_credentials_validation: bool = False
    skip_metadata_api_check: bool = False


def parse(arguments: Mapping[str, Any]) -> tuple[Settings, dict[str, str]]:
    """The settings, and what is wrong: one sentence a key.

    Values are text or, where they are lists, maps or booleans, those or JSON text of them: the engine and the SDK pass
    both. Unknown values are left out.
    """
    values: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for key, value in arguments.items():
        if value in (None, "") or contains_unknown(value) or key in _NO_MATTER:
            continue
        if key == "assumeRole":
            # pulumi-aws 7 refuses the older key, so a stack must not learn to rely on it here.
            failures[key] = "invalid config key 'aws:assumeRole', should be 'aws:assumeRoles'"
        elif key in READERS:
            name, read = READERS[key]
            try:
                values[name] = read(value)
            except (ValueError, TypeError, AttributeError) as error:
                failures[key] = f"aws:{key} cannot be read: {error}"
        elif value not in (False, "false"):
            failures[key] = unsupported(f"The configuration aws:{key}")
    for key, partner in (("accessKey", "secretKey"), ("secretKey", "accessKey")):
        if arguments.get(key) and not arguments.get(partner):
            failures[partner] = f"aws:{partner} is required beside aws:{key}"
    return Settings(**values), failures


def _structured(kind: Any, words: str, convert: _Reader = lambda value: value) -> _Reader:
    def read(value: Any) -> Any:
        parsed: Any = json.loads(value) if isinstance(value, str) else value
        if not isinstance(parsed, kind) or (words == _MAPS and {type(item) for item in parsed} - {dict}):
            raise TypeError(f"it must be {words}")
        return convert(parsed)

    return read


def _texts(items: list[Any]) -> tuple[str, ...]:
    return tuple(str(item) for item in items)


def _endpoints(entries: list[Mapping[str, Any]]) -> dict[str, str]:
    return {service: address for entry in entries for service, address in entry.items() if address}


def _default_tags(value: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(tag) for key, tag in (value.get("tags") or {}).items()}


def _assume_roles(entries: list[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    known = {"roleArn": "RoleArn", "sessionName": "RoleSessionName", "externalId": "ExternalId"}
    requests = []
    for entry in entries:
        members = {key: str(value) for key, value in entry.items() if value}
        if others := sorted(members.keys() - known.keys()):
            hint = "in Python, write aws.ProviderAssumeRoleArgs(...)"
            raise ValueError(f"{others[0]} is no key of an assumed role that the stand-in knows; {hint}")
        if "roleArn" not in members:
            raise ValueError("roleArn is required")
        request = {known[key]: value for key, value in members.items()}
        requests.append({"RoleSessionName": "pulumi-aws", **request})
    return tuple(requests)


READERS: Mapping[str, tuple[str, _Reader]] = {
    "region": ("region", str),
    "profile": ("profile", str),
    "accessKey": ("access_key", str),
    "secretKey": ("secret_key", str),
    "token": ("token", str),
    "assumeRoles": ("assume_roles", _structured(list, _MAPS, _assume_roles)),
    "endpoints": ("endpoints", _structured(list, _MAPS, _endpoints)),
    "defaultTags": ("default_tags", _structured(dict, "a map with tags", _default_tags)),
    "allowedAccountIds": ("allowed_account_ids", _structured(list, "a list", _texts)),
    "forbiddenAccountIds": ("forbidden_account_ids", _structured(list, "a list", _texts)),
    "maxRetries": ("max_retries", int),
    "skipCredentialsValidation": ("skip_credentials_validation", _structured(bool, "true or false")),
    "skipMetadataApiCheck": ("skip_metadata_api_check", _structured(bool, "true or false")),
}
"""Keys of the configuration, each with its name in `Settings` and what reads it."""

_NO_MATTER = frozenset(
    [
        "version",
        "pluginDownloadURL",
        "__internal",
        "skipRequestingAccountId",
        "skipRegionValidation",
        "s3UsePathStyle",
    ]
)
"""What the engine and the SDK add themselves, and keys that make no difference to calls of IAM and STS."""
