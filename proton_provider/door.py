"""What both doors of the engine do around a life cycle: settings, Regions, secrets and warnings, in plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from proton_provider import earlier_states, sealing, stack_config
from proton_provider.aws_settings import problem_with_settings, require_good
from proton_provider.errors import ConfigurationError
from proton_provider.lifecycle import Connections, Lifecycle, Log, Properties
from proton_provider.settings import Settings
from proton_provider.stack_config import Get

SDK_KEY: Final = "__provider"
"""What the SDK adds to the properties of a dynamic resource."""


@dataclass(frozen=True)
class Judged:
    """New inputs as a door hands them to the engine."""

    inputs: Properties
    """Those that are known."""
    unknown: frozenset[str]
    """Those that are there and not known."""
    problems: tuple[tuple[str, str], ...]
    """Names of properties, and what is wrong with each; empty for what is wrong elsewhere."""


class Door:
    """One configured provider; it remembers what one run of the program has shown."""

    def __init__(
        self,
        get: Get,
        contains_unknown: Callable[[Any], bool],
        defaults: Callable[[Properties | None], Properties | None] = lambda aws: aws,
    ) -> None:
        """`get` reads the stack's config; `defaults` fills in what a provider's own config says of a resource's `aws`."""
        self._get = get
        self._contains_unknown = contains_unknown
        self._defaults = defaults
        self._regions: dict[str, str] = {}
        self._warned: set[str] = set()

    def check(self, lifecycle: Lifecycle, olds: Properties, news: Properties, log: Log) -> Judged:
        """Judge the new inputs; what is not known among them is there with any value that `contains_unknown` knows."""
        olds, news = today(olds), today(news)  # what the program ignores comes from the state
        known, unknown = self.split(news)
        sealing.learn(known)
        problems: list[tuple[str, str]] = []
        resolved = Settings()
        added = set[str]()
        try:
            # A member of `aws` may be unknown; what is known of it still says which Region it is.
            resolved, region_is_known = self._checked_settings(news.get("aws"))
        except ConfigurationError as error:
            problems.append(_problem(error))
            unknown |= {"region"}
        else:
            if region_is_known:
                known["region"] = self._region(resolved, olds, news, log)
            else:
                added.add("region")
                unknown |= {"region"}
        checked = lifecycle.check(olds, known, unknown, resolved)
        problems += [(name, sealing.masked(why)) for name, why in checked.problems.items()]
        given = frozenset(name for name in unknown if name in news)
        if problems:
            # The engine looks at the inputs first, and an `up` without a preview allows no unknown one.
            return Judged(checked.inputs, given, tuple(problems))
        for warning in checked.warnings:
            if warning not in self._warned:  # the engine checks a replacement twice
                self._warned.add(warning)
                log("warning", warning)
        return Judged(checked.inputs, given | added | checked.unknown, ())

    def split(self, bag: Properties) -> tuple[Properties, frozenset[str]]:
        """The properties whose value is known, and the names of the others."""
        unknown = frozenset(name for name, value in bag.items() if self._contains_unknown(value))
        return {name: value for name, value in bag.items() if name not in unknown}, unknown

    def settings(self, props: Properties) -> Settings:
        """The settings of a resource, in the Region that its state has.

        Raises `ConfigurationError` for settings that do not read and an `aws` of a wrong shape: a first look is not
        checked.
        """
        aws = props.get("aws")
        require_good(aws)
        return stack_config.resolve(self._defaults(aws), self._get, region=props.get("region"))

    def connect(self, props: Properties) -> Callable[[], Connections]:
        """Reaches AWS as `props` and the config say, once an event asks for it: a retained destroy needs no settings."""

        def connect() -> Connections:
            from proton_provider.aws import client  # noqa: PLC0415  # boto3 is slow to import; most events need none

            resolved = self.settings(props)
            return client.connect(resolved)

        return connect

    def first_look(self, props: Properties) -> Properties:
        """The properties of what was not checked, with its Region."""
        return props if "region" in props else {**props, "region": self.settings(props).region}

    def _checked_settings(self, aws: Any) -> tuple[Settings, bool]:
        """The settings of a resource whose `aws` may hold unknowns, and whether its Region is known.

        Raises `ConfigurationError` for an `aws` of a wrong shape, and for settings that do not read.
        """
        if not isinstance(aws, Mapping) and self._contains_unknown(aws):
            return Settings(), False
        members, unknown = self.split(dict(aws)) if isinstance(aws, Mapping) else (aws, frozenset[str]())
        if "provider" in unknown:
            members["provider"] = {}  # whatever it says, the stack's config does not stand for it
        if members is not None and (problem := problem_with_settings(members, unknown)):
            raise ConfigurationError(f"{_OF_AWS}{problem}")
        resolved = stack_config.resolve(self._defaults(members), self._get)
        # The Region may be that of a profile which is not known yet.
        of_profile = not unknown.isdisjoint({"profile", "provider"}) and resolved.region_is_ambient
        return resolved, not (of_profile or "region" in unknown)

    def _region(self, resolved: Settings, olds: Properties, news: Properties, log: Log) -> str | None:
        """The Region of a resource: a Region that only the environment names never replaces the one in state.

        The engine checks a replacement twice, the second time without the inputs of last time; so what the first
        time has found is kept under the new inputs.
        """
        key = repr(sorted(news.items()))
        before = olds.get("region") or self._regions.get(key)
        if before is None or not resolved.region_is_ambient or resolved.region == before:
            return resolved.region
        if "region" in olds:
            self._regions[key] = before
            if resolved.region is not None:
                log(
                    "warning",
                    f"A resource stays in the Region {before}, as in its state, although {resolved.region_source} "
                    f"says {resolved.region}. To move it, set proton:region in the stack's config, or region in its aws "
                    "property.",
                )
        return str(before)


def today(bag: Mapping[str, Any]) -> Properties:
    """The properties without the SDK's `__provider` key, in today's form."""
    return {name: value for name, value in earlier_states.to_today(bag).items() if name != SDK_KEY}


_OF_AWS: Final = "aws "
"""How a fault in the shape of the `aws` property begins; one of a member's value begins with `aws.`."""


def _problem(error: ConfigurationError) -> tuple[str, str]:
    """The fault of the settings: one of a resource's own under its property `aws`, all others under none."""
    text = str(error)
    if text.startswith((_OF_AWS, "aws.")):
        return "aws", text.removeprefix(_OF_AWS)
    return "", text
