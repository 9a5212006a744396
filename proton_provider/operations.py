"""The events of a resource for the dynamic resources and the native plugin: settings, Regions, secrets, warnings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar, cast

from proton_provider.aws.clients import Clients
from proton_provider.errors import ConfigurationError
from proton_provider.lifecycle import (
    Checked,
    Connections,
    Difference,
    Lifecycle,
    Log,
    Properties,
    secrets,
    state,
)
from proton_provider.lifecycle.accepter import AccepterLifecycle
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.declared import Declared
from proton_provider.lifecycle.properties import is_first_read
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.masking import Secrets
from proton_provider.settings import ENDED, OTHER_ENDPOINT, Settings
from proton_provider.settings.of_resource import ResourceSettings, property_and_problem
from proton_provider.settings.sources import Get

Event = TypeVar("Event", bound=Callable[..., Any])

SDK_KEY: Final = "__provider"
"""The key that the SDK adds to the properties of a dynamic resource."""


@dataclass(frozen=True)
class Sealed:
    """Plain properties, and the names of those that are secret."""

    values: Properties
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CheckedInputs(Sealed):
    """The result of a check, which the provider returns to the engine."""

    unknown: frozenset[str] = frozenset()
    """Names of inputs that are given but not known yet. They are not in `values`."""
    problems: tuple[tuple[str, str], ...] = ()
    """Pairs of a property's name and its problem. The name is empty for a problem outside of the properties."""


class Process:
    """What all resources of a provider process share: clients, secrets, warnings, the record of what the program declares.

    A secret of one resource may stand in the outputs of another.
    """

    def __init__(self, clients: Clients | None = None) -> None:
        declared = Declared()
        self.lifecycles: Mapping[str, Lifecycle] = {
            "EnvironmentAccountConnectionRoles": RolesLifecycle(declared),
            "EnvironmentAccountConnection": ConnectionLifecycle(declared),
            "EnvironmentAccountConnectionAccepter": AccepterLifecycle(declared),
        }
        self.hidden = Secrets()
        self.warned = set[str]()
        """The warnings of this run about what the program declares."""
        self.clients = clients or Clients()


def _event(method: Event) -> Event:
    """Give an event the properties without the SDK's key. Hide secrets in its errors and in what it logs.

    The last argument of an event is the function that logs.
    """

    @functools.wraps(method)
    def wrapped(self: Operations, *args: Any) -> Any:
        *others, log = args
        known = [without_sdk_key(each) if isinstance(each, dict) else each for each in others]

        def hiding_log(severity: Literal["info", "warning"], text: str) -> None:
            log(severity, self.hidden.hide(text))

        with self.hidden.in_no_error():
            return method(self, *known, hiding_log)

    return cast("Event", wrapped)


class Operations:
    """The events of one configured provider."""

    def __init__(
        self,
        get: Get,
        contains_unknown: Callable[[Any], bool],
        process: Process,
        with_provider_config: Callable[[Properties | None], Properties | None] = lambda aws: aws,
    ) -> None:
        """`get` reads the stack's config. `with_provider_config` adds the provider's own config to a resource's `aws`."""
        self._get = get
        self._clients = process.clients
        self.hidden = process.hidden
        self._warned = process.warned
        self._contains_unknown = contains_unknown
        self._settings = ResourceSettings(get, self.split, with_provider_config)

    @_event
    def check(self, lifecycle: Lifecycle, olds: Properties, news: Properties, log: Log) -> CheckedInputs:
        """Check the new inputs. Inputs that are not known have a value for which `contains_unknown` is true."""
        log = self._warning_once(log)
        # With ignore_changes, the new inputs have values from the state.
        known, unknown = self.split(news)
        unknown_inputs = unknown
        self.remember(news)
        problems: list[tuple[str, str]] = []
        if olds and "region" not in olds:  # `check` adds it to the inputs of each of our resources
            problems.append(("", _OF_ANOTHER_TYPE))
        resolved = Settings()
        added = set[str]()
        try:
            # Even if a member of `aws` is unknown, the other members may determine the Region.
            resolved, region_is_known = self._settings.checked(news.get("aws"))
        except ConfigurationError as error:
            problems.append(property_and_problem(error))
            unknown |= {"region"}
        else:
            if region_is_known:
                known["region"] = self._settings.region(
                    resolved, olds, news, functools.partial(log, "warning")
                )
            else:
                added.add("region")
                unknown |= {"region"}
            if secrets.DEFAULT_TAGS in secrets.secret_inputs(news):
                self.hidden.remember_values(*(value for _, value in resolved.default_tags or ()))
        checked = lifecycle.check(olds, known, unknown, resolved)
        problems += checked.problems.items()
        if problems:
            # The engine checks the inputs before the problems. An `up` without a preview refuses added unknown inputs.
            hidden = tuple((name, self.hidden.hide(why)) for name, why in problems)
            return CheckedInputs(checked.inputs, _derived(checked.inputs), unknown_inputs, hidden)
        warnings = list(checked.warnings)
        if "aws" not in unknown and not resolved.endpoint_is_given and _calls_proton(olds, checked, unknown):
            warnings.append(_WILL_FAIL)
        for warning in warnings:
            log("warning", warning)
        unknown_inputs |= added | checked.unknown
        return CheckedInputs(checked.inputs, _derived(checked.inputs), unknown_inputs, ())

    @_event
    def diff(
        self, lifecycle: Lifecycle, resource_id: str, olds: Properties, news: Properties, log: Log
    ) -> Difference:
        """Compare the outputs in the state with the new inputs, of which some may be unknown."""
        self.remember(olds, news)
        if not state.is_whole(resource_id, olds, lifecycle):
            # A refusal here would end the whole deployment. The update repairs the state, or refuses it.
            return Difference(differs=True)
        known, unknown = self.split(news)
        found = lifecycle.diff(olds, known, unknown, self._warning_once(log))
        return replace(found, differs=found.differs or bool(secrets.newly_secret(known, olds)))

    def preview_outputs(
        self, lifecycle: Lifecycle, resource_id: str, olds: Properties, news: Properties
    ) -> Sealed:
        """The inputs, and the outputs that a preview knows. `olds` is empty before a create."""
        known, unknown = self.split(news)
        before = olds if olds and state.is_whole(resource_id, olds, lifecycle) else None
        outputs = lifecycle.preview_outputs(before, known, unknown)
        return self.with_secrets({**outputs, **news}, news, olds)

    @_event
    def create(self, lifecycle: Lifecycle, news: Properties, log: Log) -> tuple[str, Sealed]:
        """Create the resource. Returns its id and its outputs."""
        self.remember(news)
        resource_id, outputs = lifecycle.create(news, self.connector(news), self._warning_once(log))
        return resource_id, self.with_secrets(outputs, news)

    @_event
    def read(
        self, lifecycle: Lifecycle, resource_id: str, props: Properties, log: Log
    ) -> tuple[Sealed, Sealed] | None:
        """Read the resource. Returns its outputs and its inputs, or None if it no longer exists."""
        self.remember(props)
        known = self.with_region(props)
        if not is_first_read(known):
            state.require_own_part(resource_id, known, lifecycle)
            if not state.knows_connection(resource_id, known, lifecycle):
                known = state.without_connection(resource_id, known)
        reading = lifecycle.read(resource_id, known, self.connector(known), log)
        if reading is None:
            return None
        kept = {secrets.SECRETS: known[secrets.SECRETS]} if secrets.SECRETS in known else {}
        inputs = Sealed({**reading.inputs, **kept}, _derived(known))
        return self.with_secrets(reading.outputs, known), inputs

    @_event
    def update(
        self, lifecycle: Lifecycle, resource_id: str, olds: Properties, news: Properties, log: Log
    ) -> Sealed:
        """Update the resource. Returns its outputs."""
        self.remember(olds, news)
        state.require_own_part(resource_id, olds, lifecycle)
        connect = self.connector(news)
        if not state.knows_connection(resource_id, olds, lifecycle):
            reading = lifecycle.read(resource_id, state.without_connection(resource_id, olds), connect, log)
            olds = {**olds, **(reading.outputs if reading else {})}
        return self.with_secrets(lifecycle.update(resource_id, olds, news, connect, log), news, olds)

    @_event
    def delete(self, lifecycle: Lifecycle, resource_id: str, olds: Properties, log: Log) -> None:
        """Delete the resource."""
        self.remember(olds)
        state.require_whole(resource_id, olds, lifecycle)
        lifecycle.delete(resource_id, olds, self.connector(olds), log)

    def _warning_once(self, log: Log) -> Log:
        """Log each warning once in a run.

        The engine compares a resource again after a refresh, and checks a replacement twice. Some warnings are true of all
        resources.
        """

        def once(severity: Literal["info", "warning"], text: str) -> None:
            if severity == "warning":
                if text in self._warned:
                    return
                self._warned.add(text)
            log(severity, text)

        return once

    def with_secrets(self, outputs: Properties, *properties: Properties) -> Sealed:
        """The outputs. What comes from a secret in these properties is secret, and stays so in later updates."""
        names = self.hidden.names(self.split(outputs)[0], *properties)
        recorded = {**outputs, secrets.SECRETS: sorted(names)} if names else outputs
        return Sealed(recorded, secrets.derived_from(names))

    def remember(self, *properties: Properties) -> None:
        """Remember the secrets in these properties, and the secrets of the stack's config that they name."""
        self.hidden.remember(*properties)
        for key in secrets.secret_inputs(*properties):
            if ":" in key:
                self.hidden.remember_values(self._get(key))

    def split(self, properties: Properties) -> tuple[Properties, frozenset[str]]:
        """The known properties, and the names of the unknown ones."""
        unknown = frozenset(name for name, value in properties.items() if self._contains_unknown(value))
        return {name: value for name, value in properties.items() if name not in unknown}, unknown

    def connector(self, props: Properties) -> Callable[[], Connections]:
        """A function that connects to AWS. Settings are resolved when it is called: a retained destroy needs none."""
        return lambda: self._clients.connect(self._settings.resolved(props))

    def with_region(self, props: Properties) -> Properties:
        """The properties with their Region. At a first read (`get` or import) no `check` has added it."""
        return props if "region" in props else {**props, "region": self._settings.resolved(props).region}


def without_sdk_key(properties: Mapping[str, Any]) -> Properties:
    """The properties without the SDK's `__provider` key."""
    return {name: value for name, value in properties.items() if name != SDK_KEY}


def _derived(properties: Properties) -> frozenset[str]:
    """The names of the properties that come from secret inputs."""
    return secrets.derived_from(secrets.secret_inputs(properties))


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
