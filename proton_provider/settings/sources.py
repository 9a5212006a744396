"""Reads the sources of settings: a resource's `aws`, the stack's config, the environment and AWS's shared files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from proton_provider.errors import ConfigurationError
from proton_provider.settings import parsing as values
from proton_provider.settings import shared_files

Get: TypeAlias = Callable[[str], str | None]
"""Reads one key of the stack's config, such as `aws:region`. Lists and maps are JSON strings."""


class Sources:
    """The sources of one resource's settings."""

    def __init__(self, aws: Mapping[str, Any], get: Get, environment: Mapping[str, str]) -> None:
        self.aws = aws
        self._get = get
        # An empty variable counts as unset, as for pulumi-aws.
        self.environment = {name: value for name, value in environment.items() if value}
        self.files = shared_files.read(
            self._paths("aws:sharedConfigFiles", "AWS_CONFIG_FILE", "~/.aws/config"),
            self._paths("aws:sharedCredentialsFiles", "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        )

    def config(self, key: str) -> str | None:
        """A value of the stack's config; None if it is empty."""
        return values.text(key, self._get(key) or "") or None

    def parsed_config(self, key: str) -> Any:
        """A list, map or boolean of the stack's config."""
        return values.parse_json(key, self._get(key))

    def variable(self, *names: str) -> str | None:
        """The value of the first of these environment variables that is set and not empty."""
        return next(
            (values.text(name, self.environment[name]) for name in names if name in self.environment), None
        )

    def profile_members(self, profile: str | None, named_by: str) -> Mapping[str, Any]:
        """The members of a profile; None means `default`. Raises `ConfigurationError` if the profile does not exist."""
        if profile and not self.files.has_profile(profile):
            raise ConfigurationError(
                f"{named_by} {profile} is not in AWS's shared configuration files. To list the profiles, run aws configure "
                "list-profiles."
            )
        return self.files.profile(profile)

    def _paths(self, key: str, name: str, default: str) -> tuple[str, ...]:
        paths = values.strings(key, self.parsed_config(key)) or (self.variable(name) or default,)
        return tuple(values.expand_path(path) for path in paths)
