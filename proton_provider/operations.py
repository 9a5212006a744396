"""The code that the dynamic provider and the native plugin share around a life cycle: settings, Regions, warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from proton_provider.errors import ConfigurationError
from proton_provider.lifecycle import (
    Checked,
    Connections,
    Difference,
    Lifecycle,
    Log,
    Properties,
    Reading,
    secrets,
    state,
)
from proton_provider.lifecycle.properties import is_first_read
from proton_provider.masking import Secrets
from proton_provider.settings import ENDED, OTHER_ENDPOINT, Settings, resolve
from proton_provider.settings.aws_settings import problem_with_settings, require_valid_settings
from proton_provider.settings.resolve import Get

SDK_KEY: Final = "__provider"
"""The key that the SDK adds to the properties of a dynamic resource."""


@dataclass(frozen=True)
class CheckedInputs:
    """The result of a check, which the provider returns to the engine."""

    inputs: Properties
    """The inputs that are known."""
    unknown: frozenset[str]
    """Names of inputs that are given but not known yet."""
    problems: tuple[tuple[str, str], ...]
    """Pairs of a property's name and its problem. The name is empty for a problem outside of the properties."""


class Door:
    """One configured provider. It remembers the Regions and the warnings of one run."""

    def __init__(
        self,
        get: Get,
        contains_unknown: Callable[[Any], bool],
        hidden: Secrets,
        defaults: Callable[[Properties | None], Properties | None] = lambda aws: aws,
    ) -> None:
        """`get` reads the stack's config. `defaults` adds the provider's own config to a resource's `aws`.

        `hidden` is shared by all providers of the process: a secret of one may stand in the outputs of another.
        """
        self._get = get
        self.hidden = hidden
        self._contains_unknown = contains_unknown
        self._defaults = defaults
        self._regions: dict[str, str] = {}
        self._warned: set[str] = set()

    def check(self, lifecycle: Lifecycle, olds: Properties, news: Properties, log: Log) -> CheckedInputs:
        """Check the new inputs. Inputs that are not known have a value for which `contains_unknown` is true."""
        # With ignore_changes, the new inputs have values from the state.
        olds, news = without_sdk_key(olds), without_sdk_key(news)
        known, unknown = self.split(news)
        self.remember(news)
        problems: list[tuple[str, str]] = []
        if olds and "region" not in olds:  # `check` adds it to the inputs of each of our resources
            problems.append(("", _OF_ANOTHER_TYPE))
        resolved = Settings()
        added = set[str]()
        try:
            # Even if a member of `aws` is unknown, the other members may determine the Region.
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
            if secrets.DEFAULT_TAGS in secrets.secret_inputs(news):
                self.hidden.remember_values(*(value for _, value in resolved.default_tags or ()))
        checked = lifecycle.check(olds, known, unknown, resolved)
        problems += checked.problems.items()
        unknown_inputs = frozenset(name for name in unknown if name in news)
        if problems:
            # The engine checks the inputs before the problems. An `up` without a preview refuses added unknown inputs.
            hidden = tuple((name, self.hidden.hide(why)) for name, why in problems)
            return CheckedInputs(checked.inputs, unknown_inputs, hidden)
        warnings = list(checked.warnings)
        if "aws" not in unknown and not resolved.endpoint_is_given and _calls_proton(olds, checked, unknown):
            warnings.append(_WILL_FAIL)
        for warning in warnings:
            if warning not in self._warned:  # the engine checks a replacement twice
                self._warned.add(warning)
                log("warning", warning)
        return CheckedInputs(checked.inputs, unknown_inputs | added | checked.unknown, ())

    def diff(
        self,
        lifecycle: Lifecycle,
        resource_id: str,
        olds: Properties,
        news: Properties,
        log: Log,
    ) -> Difference:
        """Compare the outputs in the state with the new inputs, of which some may be unknown."""
        olds, news = without_sdk_key(olds), without_sdk_key(news)
        self.remember(olds, news)
        if not state.is_whole(resource_id, olds, lifecycle):
            # A refusal here would end the whole deployment. The update repairs the state, or refuses it.
            return Difference(differs=True)
        known, unknown = self.split(news)
        found = lifecycle.diff(olds, known, unknown, log)
        return replace(found, differs=found.differs or bool(secrets.newly_secret(known, olds)))

    def preview_outputs(
        self, lifecycle: Lifecycle, resource_id: str, olds: Properties, news: Properties
    ) -> Properties:
        """The outputs that a preview knows, without the inputs. `olds` is empty before a create."""
        known, unknown = self.split(news)
        before = olds if olds and state.is_whole(resource_id, olds, lifecycle) else None
        return lifecycle.preview_outputs(before, known, unknown)

    def create(self, lifecycle: Lifecycle, news: Properties, log: Log) -> tuple[str, Properties]:
        """Create the resource. Returns its id and its outputs."""
        news = without_sdk_key(news)
        self.remember(news)
        return lifecycle.create(news, self.connect(news), log)

    def read(self, lifecycle: Lifecycle, resource_id: str, props: Properties, log: Log) -> Reading | None:
        """Read the resource, or return None if it no longer exists."""
        known = without_sdk_key(props)
        self.remember(known)
        known = self.with_region(known)
        if not is_first_read(known):
            state.require_own_part(resource_id, known, lifecycle)
            if not state.knows_connection(resource_id, known, lifecycle):
                known = state.without_connection(resource_id, known)
        reading = lifecycle.read(resource_id, known, self.connect(known), log)
        if reading is None:
            return None
        kept = {secrets.SECRETS: known[secrets.SECRETS]} if secrets.SECRETS in known else {}
        return Reading(reading.outputs, {**reading.inputs, **kept})

    def update(
        self, lifecycle: Lifecycle, resource_id: str, olds: Properties, news: Properties, log: Log
    ) -> Properties:
        """Update the resource. Returns its outputs."""
        olds, news = without_sdk_key(olds), without_sdk_key(news)
        self.remember(olds, news)
        state.require_own_part(resource_id, olds, lifecycle)
        connect = self.connect(news)
        if not state.knows_connection(resource_id, olds, lifecycle):
            reading = lifecycle.read(resource_id, state.without_connection(resource_id, olds), connect, log)
            olds = {**olds, **(reading.outputs if reading else {})}
        return lifecycle.update(resource_id, olds, news, connect, log)

    def delete(self, lifecycle: Lifecycle, resource_id: str, olds: Properties, log: Log) -> None:
        """Delete the resource."""
        olds = without_sdk_key(olds)
        self.remember(olds)
        state.require_whole(resource_id, olds, lifecycle)
        lifecycle.delete(resource_id, olds, self.connect(olds), log)

    def remember(self, *bags: Properties) -> None:
        """Remember the secrets in these bags, and the secrets of the stack's config that they name."""
        self.hidden.remember(*bags)
        for key in secrets.secret_inputs(*bags):
            if ":" in key:
                self.hidden.remember_values(self._get(key))

    def split(self, bag: Properties) -> tuple[Properties, frozenset[str]]:
        """The known properties, and the names of the unknown ones."""
        unknown = frozenset(name for name, value in bag.items() if self._contains_unknown(value))
        return {name: value for name, value in bag.items() if name not in unknown}, unknown

    def settings(self, props: Properties) -> Settings:
        """The settings of a resource, with the Region in its state.

        Raises `ConfigurationError` for invalid settings. A first read (`get` or import) has no `check` before it.
        """
        aws = props.get("aws")
        require_valid_settings(aws)
        return resolve.resolve(self._defaults(aws), self._get, region=props.get("region"))

    def connect(self, props: Properties) -> Callable[[], Connections]:
        """A function that connects to AWS. Settings are resolved when it is called: a retained destroy needs none."""

        def connect() -> Connections:
            from proton_provider.aws import client  # noqa: PLC0415  # boto3 is slow to import; most events need none

            resolved = self.settings(props)
            return client.connect(resolved)

        return connect

    def with_region(self, props: Properties) -> Properties:
        """The properties with their Region. At a first read (`get` or import) no `check` has added it."""
        return props if "region" in props else {**props, "region": self.settings(props).region}

    def _checked_settings(self, aws: Any) -> tuple[Settings, bool]:
        """The settings of a resource whose `aws` may have unknown members, and whether its Region is known.

        Raises `ConfigurationError` for invalid settings.
        """
        if not isinstance(aws, Mapping) and self._contains_unknown(aws):
            return Settings(default_tags=None), False
        members, unknown = self.split(dict(aws)) if isinstance(aws, Mapping) else (aws, frozenset[str]())
        if "provider" in unknown:
            # An explicit provider replaces the stack's config, even while its settings are unknown.
            members["provider"] = {}
        if members is not None and (problem := problem_with_settings(members, unknown)):
            raise ConfigurationError(f"{_ABOUT_AWS}{problem}")
        resolved = resolve.resolve(self._defaults(members), self._get)
        if "provider" in unknown:
            resolved = replace(resolved, default_tags=None)
        # The Region may come from a profile that is not known yet.
        may_come_from_profile = (
            not unknown.isdisjoint({"profile", "provider"}) and resolved.region_is_from_environment
        )
        return resolved, not (may_come_from_profile or "region" in unknown)

    def _region(self, resolved: Settings, olds: Properties, news: Properties, log: Log) -> str | None:
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
                log(
                    "warning",
                    f"A resource stays in the Region {before}, as in its state, although {resolved.region_source} "
                    f"says {resolved.region}. To move it, set proton:region in the stack's config, or region in its aws "
                    "property.",
                )
        return str(before)


def without_sdk_key(bag: Mapping[str, Any]) -> Properties:
    """The properties without the SDK's `__provider` key."""
    return {name: value for name, value in bag.items() if name != SDK_KEY}


def _calls_proton(olds: Properties, checked: Checked, unknown: frozenset[str]) -> bool:
    """Whether a create or an update would call AWS Proton: something new or different is sent there."""
    sent = checked.inputs.keys() - _NOT_SENT
    return bool(
        unknown
        or checked.unknown
        or any(olds.get(name) != checked.inputs[name] for name in sent if not name.startswith("__"))
    )


_NOT_SENT: Final = frozenset({"adoptExisting", "aws", "onDelete"})


_WILL_FAIL: Final = (
    f"{ENDED}, and this stack calls AWS's own endpoint: creating or changing connections there will fail. Stop before "
    f"anything else is made. {OTHER_ENDPOINT}"
)


_OF_ANOTHER_TYPE: Final = (
    "The state of this resource is that of another type, and an alias cannot convert it. Remove the alias, and adopt the "
    "connection as docs/adopt-what-exists.md says."
)
_ABOUT_AWS: Final = "aws "
"""An error in the form of the `aws` property begins with this. An error in a member's value begins with `aws.`."""


def _problem(error: ConfigurationError) -> tuple[str, str]:
    """The property that an error in the settings belongs to (`aws` or none), and the problem."""
    text = str(error)
    if text.startswith((_ABOUT_AWS, "aws.")):
        return "aws", text.removeprefix(_ABOUT_AWS)
    return "", text
