"""How Pulumi drives the resources: one adapter, and one frozen class name a resource.

A user's state holds these classes by module and name, so neither can change. They are stateless when they are
pickled in the program's process; in the provider's process `configure` hands them the stack's config.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, Literal, ParamSpec, TypeVar

import grpc
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    Config,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import UNKNOWN, Unknown, contains_unknowns
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from proton_provider import settings
from proton_provider.errors import ConfigurationError, ProtonError
from proton_provider.lifecycle import Connections, Lifecycle, Properties
from proton_provider.lifecycle.accepter import AccepterLifecycle
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.roles import RolesLifecycle

P = ParamSpec("P")
R = TypeVar("R")
Self = TypeVar("Self", bound="_Adapter")

_SDK_KEY = "__provider"


def _one_frame(event: Callable[Concatenate[Self, P], R]) -> Callable[Concatenate[Self, P], R]:
    """Keep our part of the traceback that the host prints around an error to this one frame."""

    @functools.wraps(event)
    def outermost(self: Self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return event(self, *args, **kwargs)
        except ProtonError as error:
            raise error.with_traceback(None) from None

    return outermost


class _Adapter(ResourceProvider):
    serialize_as_secret_always = False
    lifecycle: ClassVar[Lifecycle]
    _config: Config

    def configure(self, req: ConfigureRequest) -> None:
        self._config = req.config

    @_one_frame
    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        olds = _own(_olds)
        known, unknown = _known(news)
        unknowns = {name: news[name] for name in unknown}
        failures = []
        resolved = settings.Settings()
        try:
            # A member of `aws` may be unknown; what is known of it still says which Region it is.
            resolved, region_is_known = self._checked_settings(news.get("aws"))
        except ConfigurationError as error:
            failures.append(CheckFailure("aws", str(error)))
            unknown |= {"region"}
        else:
            if region_is_known:
                known["region"] = resolved.region
            else:
                unknowns["region"] = UNKNOWN
                unknown |= {"region"}
        checked = self.lifecycle.check(olds, known, unknown, resolved)
        unknowns |= dict.fromkeys(checked.unknown, UNKNOWN)
        failures += [CheckFailure(name, why) for name, why in checked.problems.items()]
        return CheckResult({**checked.inputs, **unknowns}, failures)

    @_one_frame
    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        olds = _own(_olds)
        news, unknown = _known(_news)
        difference = self.lifecycle.diff(olds, news, unknown, tell)
        return DiffResult(
            # None lets the engine compare the inputs by itself and show each that differs.
            changes=True if difference.differs else None,
            replaces=list(difference.replaces),
            delete_before_replace=difference.delete_before_replace,
        )

    @_one_frame
    def create(self, props: Properties) -> CreateResult:
        news = _own(props)
        resource_id, outputs = self.lifecycle.create(news, self._connect(news), tell)
        return CreateResult(resource_id, outputs)

    @_one_frame
    def read(self, id_: str, props: Properties) -> ReadResult:
        known = _own(props)
        connect = self._connect(known)
        reading = self.lifecycle.read(id_, known, connect)
        if reading is None:
            return ReadResult(id_="", outs={})
        return ReadResult(id_, reading.outputs, reading.inputs)

    @_one_frame
    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        olds, news = _own(_olds), _own(_news)
        return UpdateResult(self.lifecycle.update(_id, olds, news, self._connect(news), tell))

    @_one_frame
    def delete(self, _id: str, _props: Properties) -> None:
        props = _own(_props)
        self.lifecycle.delete(_id, props, self._connect(props), tell)

    def _checked_settings(self, aws: Any) -> tuple[settings.Settings, bool]:
        """The settings of a resource whose `aws` may hold unknowns, and whether its Region is known.

        Raises `ConfigurationError` as `_settings` does, and for an `aws` of a wrong shape.
        """
        if isinstance(aws, Unknown):
            return settings.Settings(), False
        members, unknown = _known(aws) if isinstance(aws, dict) else (aws, frozenset[str]())
        if members is not None and (problem := settings.problems(members, unknown)):
            raise ConfigurationError(problem)
        resolved = self._settings(members, region=None)
        # The Region may be that of a profile which is not known yet.
        of_profile = "profile" in unknown and settings.resolve(members, self._config.get).region is None
        return resolved, not (of_profile or "region" in unknown)

    def _settings(self, aws: Properties | None, region: str | None) -> settings.Settings:
        """The settings, with the Region that a profile gives where nothing else names one.

        Raises `ConfigurationError` where the settings do not read or name a profile that does not exist.
        """
        resolved = settings.resolve(aws, self._config.get, region=region)
        if resolved.profile or not resolved.region:
            from proton_provider import api  # noqa: PLC0415  # boto3 is slow to import, and most events need none

            resolved = api.with_region(resolved)
        return resolved

    def _connect(self, props: Properties) -> Callable[[], Connections]:
        """Reach AWS as `props` and the config say; a first look has no Region in `props` yet and gets it here.

        Raises `ConfigurationError` as `_settings` does, and for an `aws` of a wrong shape: a first look is not checked.
        """
        aws = props.get("aws")
        settings.require_good(aws)
        resolved = self._settings(aws, props.get("region"))
        if "region" not in props:
            props["region"] = resolved.region

        def connect() -> Connections:
            from proton_provider import api  # noqa: PLC0415  # as above: a retained destroy needs no boto3

            return api.proton(resolved)

        return connect


class EnvironmentAccountConnectionRolesProvider(_Adapter):
    """Drives `EnvironmentAccountConnectionRoles`; its name is in every user's state."""

    lifecycle = RolesLifecycle()


class EnvironmentAccountConnectionProvider(_Adapter):
    """Drives `EnvironmentAccountConnection`; its name is in every user's state."""

    lifecycle = ConnectionLifecycle()


class EnvironmentAccountConnectionAccepterProvider(_Adapter):
    """Drives `EnvironmentAccountConnectionAccepter`; its name is in every user's state."""

    lifecycle = AccepterLifecycle()


def tell(severity: Literal["info", "warning"], text: str) -> None:
    """Show the user one line, through the engine's own log: a warning is shown as one, parallel lines stay whole."""
    level = engine_pb2.WARNING if severity == "warning" else engine_pb2.INFO
    _engine().Log(engine_pb2.LogRequest(severity=level, message=text))


@functools.cache
def _engine() -> EngineStub:
    """The engine that started this process; every plugin gets its address as the first argument."""
    return EngineStub(grpc.insecure_channel(sys.argv[1]))


def _own(bag: Properties) -> Properties:
    """The properties without the SDK's own, where none can be unknown: those in state, and all but a preview's."""
    return {name: value for name, value in bag.items() if name != _SDK_KEY}


def _known(bag: Properties) -> tuple[Properties, frozenset[str]]:
    """The properties whose value is known, and the names of the others; without the SDK's own."""
    unknown = frozenset(name for name, value in bag.items() if contains_unknowns(value))
    return {name: value for name, value in _own(bag).items() if name not in unknown}, unknown
