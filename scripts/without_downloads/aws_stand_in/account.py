"""The AWS account that the stand-in calls: its configuration and clients."""

import functools
import json
import threading
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from proton_provider.plugin.values import Properties, contains_unknown

VERSION = version("pulumi-aws")
"""The version of the real plugin. The engine requires the version of the Python package."""

KEYS = (
    *("region", "profile", "accessKey", "secretKey", "token"),
    *("assumeRoles", "endpoints", "defaultTags", "allowedAccountIds"),
)
"""The supported keys of `aws:`."""
_IGNORED = ("maxRetries", "version", "pluginDownloadURL", "__internal")
_ASSUME_ROLE = {"roleArn": "RoleArn", "sessionName": "RoleSessionName", "externalId": "ExternalId"}


class StandInError(Exception):
    """A failure whose text is one sentence for the user."""


def unsupported(what: str) -> StandInError:
    """The error for what only the real plugin supports. The message begins with `what`."""
    return StandInError(
        f"{what} is not supported by the stand-in for the pulumi-aws plugin that is in use here; "
        f"the real plugin comes with `pulumi plugin install resource aws {VERSION} --reinstall`."
    )


def configuration(arguments: Mapping[str, Any]) -> Properties:
    """The known values of the configuration. Raises StandInError for an unsupported one."""
    values: Properties = {}
    for key, value in arguments.items():
        unset = value in (None, "", False, "false") or contains_unknown(value)
        if unset or key in _IGNORED or key.startswith("skip"):
            continue
        if key not in KEYS:
            raise unsupported(f"The configuration aws:{key}")
        is_json = isinstance(value, str) and value.startswith(
            ("[", "{")
        )  # lists and maps may come as strings
        values[key] = json.loads(value) if is_json else value
    for role in values.get("assumeRoles", []):
        if others := sorted(key for key in role if role[key] and key not in _ASSUME_ROLE):
            raise unsupported(f"The member {others[0]} of aws:assumeRoles")
    return values


class Account:
    """An AWS account. Each client is created once, at first use."""

    def __init__(self, config: Properties) -> None:
        self.config = config
        self.default_tags: dict[str, str] = config.get("defaultTags", {}).get("tags") or {}
        self._lock = threading.Lock()  # boto3's sessions are not thread-safe; its clients are
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of "iam" or "sts"."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(self._session, service)
            return self._clients[service]

    def identity(self) -> Mapping[str, str]:
        """The response of STS GetCallerIdentity."""
        return dict(self.client("sts").get_caller_identity())

    def check_allowed(self) -> None:
        allowed = self.config.get("allowedAccountIds")
        if allowed and (number := self.identity()["Account"]) not in map(str, allowed):
            raise StandInError(f"AWS account ID not allowed: {number}")

    @functools.cached_property
    def _session(self) -> Any:
        import boto3  # noqa: PLC0415 - a preview without AWS calls does not import boto3

        config = self.config
        keys = [config.get(name) for name in ("accessKey", "secretKey", "token")]
        session = boto3.Session(*keys, region_name=config.get("region"), profile_name=config.get("profile"))
        for role in config.get("assumeRoles", []):
            request = {_ASSUME_ROLE[key]: value for key, value in role.items() if value}
            sts = self._new_client(session, "sts")
            answer = sts.assume_role(**{"RoleSessionName": "pulumi-aws", **request})["Credentials"]
            keys = [answer[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
            session = boto3.Session(*keys, region_name=session.region_name)
        return session

    def _new_client(self, session: Any, service: str) -> Any:
        endpoints = {name: url for entry in self.config.get("endpoints", []) for name, url in entry.items()}
        return session.client(service, endpoint_url=endpoints.get(service) or None)
