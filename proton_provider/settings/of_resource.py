"""The settings of one resource, of which a preview may not know all, and the Region that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from proton_provider.errors import ConfigurationError
from proton_provider.settings import Settings, resolve
from proton_provider.settings.aws_settings import require_valid_settings
from proton_provider.settings.sources import Get

Properties: TypeAlias = dict[str, Any]


class ResourceSettings:
    """The settings of the resources of one configured provider. It remembers the Regions of one run."""

    def __init__(
        self,
        get: Get,
        split: Callable[[Properties], tuple[Properties, frozenset[str]]],
        with_provider_config: Callable[[Properties | None], Properties | None],
    ) -> None:
        """`split` gives the known members of a map, and the names of the unknown ones."""
        self._get = get
        self._split = split
        self._with_provider_config = with_provider_config
        self._regions: dict[str, str] = {}

    def resolved(self, props: Properties) -> Settings:
        """The settings of a resource, with the Region in its state.

        Raises `ConfigurationError` for invalid settings. A first read (`get` or import) has no `check` before it.
        """
        settings = props.get("aws")
        require_valid_settings(settings)
        return resolve.resolve(self._with_provider_config(settings), self._get, region=props.get("region"))

    def checked(self, aws: Any) -> tuple[Settings, bool]:
        """The settings of a resource whose `aws` may have unknown members, and whether its Region is known.

        Raises `ConfigurationError` for invalid settings.
        """
        if self._split({"aws": aws})[1] and not isinstance(aws, Mapping):
            return Settings(default_tags=None), False
        members, unknown = self._split(dict(aws)) if isinstance(aws, Mapping) else (aws, frozenset[str]())
        if "provider" in unknown:
            # An explicit provider replaces the stack's config, even while its settings are unknown.
            members["provider"] = {}
        require_valid_settings(members, unknown)
        resolved = resolve.resolve(self._with_provider_config(members), self._get)
        if "provider" in unknown:
            resolved = replace(resolved, default_tags=None)
        # The Region may come from a profile that is not known yet.
        may_come_from_profile = (
            not unknown.isdisjoint({"profile", "provider"}) and resolved.region_is_from_environment
        )
        return resolved, not (may_come_from_profile or "region" in unknown)

    def region(
        self,
        resolved: Settings,
        olds: Properties,
        news: Properties,
        warn: Callable[[str], None],
    ) -> str | None:
        """The Region of a resource. A Region that only the environment names never replaces the one in state.

        The engine checks a replacement twice, the second time without the old inputs. So the Region of the first check
        is kept under the new inputs.
        """
        key = repr(sorted(news.items()))
        before = olds.get("region") or self._regions.get(key)
        if not isinstance(before, str):
            return resolved.region
        if not resolved.region_is_from_environment or resolved.region == before:
            return resolved.region
        if "region" in olds:
            self._regions[key] = before
            if resolved.region is not None:
                warn(
                    f"A resource stays in the Region {before}, as in its state, although {resolved.region_source} "
                    f"says {resolved.region}. To move it, set proton:region in the stack's config, or region in its aws "
                    "property.",
                )
        return str(before)


def property_and_problem(error: ConfigurationError) -> tuple[str, str]:
    """The property that an error in the settings belongs to (`aws` or none), and the problem."""
    text = str(error)
    return ("aws" if text.startswith(("aws ", "aws.")) else ""), text.removeprefix("aws ")
