"""The provider's config, from `proton:…` or an explicit provider: settings for all of its resources."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from proton_provider.errors import ConfigurationError
from proton_provider.lifecycle import Properties
from proton_provider.settings import parsing, resolve
from proton_provider.settings.aws_settings import AwsSettings, problem_with_settings
from proton_provider.wire_names import wire_name

MEMBERS: Final = tuple(wire_name(field.name) for field in fields(AwsSettings))
"""Wire names of the settings; the same as in a resource's `aws`."""

_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "defaultTags": parsing.default_tags,
    "deleteUnreachable": parsing.boolean,
}
OF_PROVIDER: Final = tuple(_READERS)
"""Settings that only the provider has."""

_READ_BY_KEY: Final = ("region", "profile", "endpointUrl", "assumeRoleArn", "deleteUnreachable")
"""Settings that `settings.resolve` reads as `proton:…`."""
_OF_ROLE: Final = ("assumeRoleArn", "externalId", "sessionName", "sessionTags", "durationSeconds")
_STRUCTURED: Final = ("defaultTags", "sessionTags", "allowedAccountIds", "durationSeconds", "maxAttempts")


@dataclass(frozen=True)
class ProviderConfig:
    """The config of one provider."""

    values: Mapping[str, Any]

    def get(self, key: str) -> str | None:
        """The value of one config key. A native plugin gets only the keys of its own package."""
        if key == "aws:defaultTags" and "defaultTags" in self.values:
            return json.dumps({"tags": self.values["defaultTags"]})
        name = key.removeprefix("proton:")
        return str(self.values[name]) if name in _READ_BY_KEY and name in self.values else None

    def fill_in(self, aws: Properties | None) -> Properties | None:
        """The `aws` of a resource, with this config's values for settings that the resource does not set.

        If the resource sets a role or a profile, this config's role and its settings are not used.
        """
        own = {name: value for name, value in (aws or {}).items() if value not in (None, "")}
        names = [name for name in ("allowedAccountIds", "maxAttempts") if name in self.values]
        if not (own.get("assumeRoleArn") or own.get("profile")):
            names += [name for name in _OF_ROLE if name in self.values]
        return {**{name: self.values[name] for name in names}, **own} if names else aws

    def problems(self, unknown: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
        """Pairs of a setting's name and its problem. The name is empty if the problem belongs to no single setting.

        Settings in `unknown` are given, but not known yet.
        """
        settings = {name: value for name, value in self.values.items() if name in MEMBERS}
        if problem := problem_with_settings(settings, unknown):
            return [(member_of(problem), f"proton:{problem}")]
        name = ""
        try:
            for name, read in _READERS.items():
                read(f"proton:{name}", self.values.get(name))
            name = ""
            if not unknown:
                resolve.resolve(self.fill_in(None), self.get)
        except ConfigurationError as error:
            return [(name, str(error))]
        return []


def member_of(problem: str) -> str:
    """The name of the setting at the start of `problem`, or an empty string."""
    found = re.match(r"(?:aws\.)?(\w+)", problem)
    return found[1] if found and found[1] in MEMBERS else ""


def parse(raw: Mapping[str, Any]) -> ProviderConfig:
    """The config that the engine sends. Numbers, lists and maps may come as values or as JSON strings."""
    known = (*MEMBERS, *OF_PROVIDER)
    values = {name: _plain(name, raw[name]) for name in known if raw.get(name) not in (None, "")}
    return ProviderConfig(values)


def _plain(name: str, value: Any) -> Any:
    if name not in _STRUCTURED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
