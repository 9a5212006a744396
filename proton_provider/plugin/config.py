"""The provider's own config: what `proton:…` holds, or an explicit provider, as settings of every resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from proton_provider.errors import ConfigurationError
from proton_provider.lifecycle import Properties
from proton_provider.settings import resolve
from proton_provider.settings.aws_settings import AwsSettings, problem_with_settings
from proton_provider.wire_names import wire_name

MEMBERS: Final = tuple(wire_name(field.name) for field in fields(AwsSettings))
"""What may be set, by its name on the wire; the same names as in a resource's `aws`."""

OF_PROVIDER: Final = ("defaultTags", "deleteUnreachable")
"""What may be set for the whole provider alone."""

_READ_BY_KEY: Final = ("region", "profile", "endpointUrl", "deleteUnreachable")
"""What `stack_config` itself reads as `proton:…`."""
_OF_ROLE: Final = ("assumeRoleArn", "externalId", "sessionName", "sessionTags", "durationSeconds")
_STRUCTURED: Final = ("defaultTags", "sessionTags", "allowedAccountIds", "durationSeconds", "maxAttempts")


@dataclass(frozen=True)
class ProviderConfig:
    """The config of one provider."""

    values: Mapping[str, Any]

    def get(self, key: str) -> str | None:
        """One key of the stack's config; a native plugin sees those of its own package alone."""
        if key == "aws:defaultTags" and "defaultTags" in self.values:
            return json.dumps({"tags": self.values["defaultTags"]})
        name = key.removeprefix("proton:")
        return str(self.values[name]) if name in _READ_BY_KEY and name in self.values else None

    def fill_in(self, aws: Properties | None) -> Properties | None:
        """The `aws` of a resource, with what this config says where it is silent.

        A role goes with what belongs to it, and a profile of the resource's own is used without the config's role.
        """
        own = aws or {}
        names = [name for name in ("allowedAccountIds", "maxAttempts") if name in self.values]
        if not (own.get("assumeRoleArn") or own.get("profile")):
            names += [name for name in _OF_ROLE if name in self.values]
        return {**{name: self.values[name] for name in names}, **own} if names else aws

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with it: a setting, or nothing, and why."""
        settings = {name: value for name, value in self.values.items() if name in MEMBERS}
        if problem := problem_with_settings(settings):
            return [(member_of(problem), f"proton:{problem}")]
        try:
            resolve.resolve(self.fill_in(None), self.get)
        except ConfigurationError as error:
            return [("", str(error))]
        return []


def member_of(problem: str) -> str:
    """The setting that a sentence about settings begins with; empty where it begins otherwise."""
    found = re.match(r"(?:aws\.)?(\w+)", problem)
    return found[1] if found and found[1] in MEMBERS else ""


def parse(raw: Mapping[str, Any]) -> ProviderConfig:
    """The config from what the engine hands over: numbers, lists and maps as they are, or as JSON text."""
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
