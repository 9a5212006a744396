"""How Pulumi drives the resources: one adapter, and one frozen class name a resource.

A user's state holds these classes by module and name, so neither can change. They are stateless when they are
pickled in the program's process; in the provider's process `configure` hands them the stack's config.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Concatenate, Final, Literal, ParamSpec, TypeVar

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

from proton_provider import earlier_states, sealing, stack_config
from proton_provider.aws_settings import problem_with_settings, require_good
from proton_provider.errors import ConfigurationError, ProtonError
from proton_provider.lifecycle import Connections, Lifecycle, Properties
from proton_provider.lifecycle.accepter import PROTECTED, AccepterLifecycle
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.declared import NAME, Declared
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.lifecycle.secrets import SECRETS, named_in
from proton_provider.settings import Settings

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
            error.args = (sealing.masked(str(error)),)
            raise error.with_traceback(None) from None

    return outermost


class _Adapter(ResourceProvider):
    serialize_as_secret_always = False
    lifecycle: ClassVar[Lifecycle]
    _config: Config

    def configure(self, req: ConfigureRequest) -> None:
        self._config = req.config
        self._regions: dict[str, str] = {}
        self._warned: set[str] = set()
        _stop_with_the_run()

    @_one_frame
    def check(self, _olds: Properties, _news: Properties) -> CheckResult:
        news = earlier_states.to_today(_news)  # what the program ignores comes from the state
        olds = earlier_states.to_today(_without_sdk_key(_olds))
        known, unknown = _split_unknown(news)
        sealing.learn(known)
        unknowns = {name: news[name] for name in unknown}
        failures = []
        resolved = Settings()
        try:
            # A member of `aws` may be unknown; what is known of it still says which Region it is.
            resolved, region_is_known = self._checked_settings(news.get("aws"))
        except ConfigurationError as error:
            failures.append(_failure(error))
            unknown |= {"region"}
        else:
            if region_is_known:
                known["region"] = self._region(resolved, olds, news)
            else:
                unknowns["region"] = UNKNOWN
                unknown |= {"region"}
        checked = self.lifecycle.check(olds, known, unknown, resolved)
        failures += [CheckFailure(name, sealing.masked(why)) for name, why in checked.problems.items()]
        if failures:
            # The engine looks at the inputs first, and an `up` without a preview allows no unknown one.
            return CheckResult(
                {**checked.inputs, **{name: news[name] for name in unknowns if name in news}}, failures
            )
        self._warn(checked.warnings)
        sealed = sealing.sealed(checked.inputs, named_in(checked.inputs))
        return CheckResult({**sealed, **unknowns, **dict.fromkeys(checked.unknown, UNKNOWN)}, failures)

    @_one_frame
    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        recorded = _without_sdk_key(_olds)
        olds = earlier_states.to_today(recorded)
        news, unknown = _split_unknown(_news)
        sealing.learn(olds, news)
        difference = self.lifecycle.diff(olds, news, unknown, _log)
        changes = None  # the engine compares the inputs by itself and shows each that differs
        if difference.differs or named_in(news) - named_in(olds):
            changes = True
        elif not (difference.replaces or unknown) and (
            earlier_states.is_earlier(recorded) or _differ_inside(olds, news)
        ):
            # The engine would show another form of the same values, or what is internal, as a change.
            changes = None if _differ(olds, news) else False
        return DiffResult(
            changes=changes,
            replaces=list(difference.replaces),
            delete_before_replace=difference.delete_before_replace,
        )

    @_one_frame
    def create(self, props: Properties) -> CreateResult:
        news = _without_sdk_key(props)
        sealing.learn(news)
        resource_id, outputs = self.lifecycle.create(news, self._connect(news), _log)
        return CreateResult(resource_id, sealing.outputs_with_secrets(outputs, news))

    @_one_frame
    def read(self, id_: str, props: Properties) -> ReadResult:
        recorded = _without_sdk_key(props)
        known = earlier_states.to_today(recorded)
        sealing.learn(known)
        if "region" not in known:  # a first look, which was not checked
            known["region"] = self._settings(known).region
        reading = self.lifecycle.read(id_, known, self._connect(known), _log)
        if reading is None:
            return ReadResult(id_="", outs={})
        inputs = {**reading.inputs, **{name: known[name] for name in (SECRETS,) if name in known}}
        outputs = reading.outputs
        if earlier_states.is_earlier(recorded):
            outputs, inputs = earlier_states.to_earlier(outputs), earlier_states.to_earlier(inputs)
        return ReadResult(
            id_, sealing.outputs_with_secrets(outputs, known), sealing.sealed(inputs, named_in(known))
        )

    @_one_frame
    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        olds = earlier_states.to_today(_without_sdk_key(_olds))
        news = _without_sdk_key(_news)
        sealing.learn(olds, news)
        outputs = self.lifecycle.update(_id, olds, news, self._connect(news), _log)
        return UpdateResult(sealing.outputs_with_secrets(outputs, olds, news))

    @_one_frame
    def delete(self, _id: str, _props: Properties) -> None:
        props = earlier_states.to_today(_without_sdk_key(_props))
        sealing.learn(props)
        self.lifecycle.delete(_id, props, self._connect(props), _log)

    def _warn(self, warnings: Iterable[str]) -> None:
        """Say each once: the engine checks a replacement twice."""
        for warning in warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                _log("warning", warning)

    def _checked_settings(self, aws: Any) -> tuple[Settings, bool]:
        """The settings of a resource whose `aws` may hold unknowns, and whether its Region is known.

        Raises `ConfigurationError` for an `aws` of a wrong shape, and for settings that do not read.
        """
        if isinstance(aws, Unknown):
            return Settings(), False
        members, unknown = _split_unknown(aws) if isinstance(aws, dict) else (aws, frozenset[str]())
        if "provider" in unknown:
            members["provider"] = {}  # whatever it says, the stack's config does not stand for it
        if members is not None and (problem := problem_with_settings(members, unknown)):
            raise ConfigurationError(f"{_OF_AWS}{problem}")
        resolved = stack_config.resolve(members, self._config.get)
        # The Region may be that of a profile which is not known yet.
        of_profile = not unknown.isdisjoint({"profile", "provider"}) and resolved.region_is_ambient
        return resolved, not (of_profile or "region" in unknown)

    def _region(self, resolved: Settings, olds: Properties, news: Properties) -> str | None:
        """The Region of a resource: a Region that only the environment names never replaces the one in state.

        The engine checks a replacement twice, the second time without the inputs of last time; so what the first
        time has found is kept under the new inputs.
        """
        before = olds.get("region") or self._regions.get(_key(news))
        if before is None or not resolved.region_is_ambient or resolved.region == before:
            return resolved.region
        if "region" in olds:
            self._regions[_key(news)] = before
            if resolved.region is not None:
                _log(
                    "warning",
                    f"A resource stays in the Region {before}, where its state has it, although {resolved.region_source} "
                    f"says {resolved.region}: set aws:region in the stack's config, or region in AwsSettings, to move it.",
                )
        return str(before)

    def _settings(self, props: Properties) -> Settings:
        """The settings of a resource, in the Region that its state has.

        Raises `ConfigurationError` for settings that do not read and an `aws` of a wrong shape: a first look is not
        checked.
        """
        aws = props.get("aws")
        require_good(aws)
        return stack_config.resolve(aws, self._config.get, region=props.get("region"))

    def _connect(self, props: Properties) -> Callable[[], Connections]:
        """Reaches AWS as `props` and the config say, once an event asks for it: a retained destroy needs no settings."""

        def connect() -> Connections:
            from proton_provider.aws import client  # noqa: PLC0415  # boto3 is slow to import; most events need none

            return client.connect(self._settings(props))

        return connect


_declared: Final = Declared()
"""All resources of a stack share one process, and so what this run's program declares."""


class EnvironmentAccountConnectionRolesProvider(_Adapter):
    """Drives `EnvironmentAccountConnectionRoles`; its name is in every user's state."""

    lifecycle = RolesLifecycle(_declared)


class EnvironmentAccountConnectionProvider(_Adapter):
    """Drives `EnvironmentAccountConnection`; its name is in every user's state."""

    lifecycle = ConnectionLifecycle(_declared)


class EnvironmentAccountConnectionAccepterProvider(_Adapter):
    """Drives `EnvironmentAccountConnectionAccepter`; its name is in every user's state."""

    lifecycle = AccepterLifecycle(_declared)


def log(severity: Literal["info", "warning"], text: str) -> None:
    """Show the user one line, through the engine's own log: a warning is shown as one, parallel lines stay whole."""
    level = engine_pb2.WARNING if severity == "warning" else engine_pb2.INFO
    _engine().Log(engine_pb2.LogRequest(severity=level, message=text))


@functools.cache
def _engine() -> EngineStub:
    """The engine that started this process; every plugin gets its address as the first argument."""
    return EngineStub(grpc.insecure_channel(sys.argv[1]))


_OF_AWS: Final = "aws "
"""How a fault in the shape of the `aws` property begins; one of a member's value begins with `aws.`."""


def _failure(error: ConfigurationError) -> CheckFailure:
    """The fault of the settings: one of a resource's own under its property `aws`, all others under none."""
    text = str(error)
    if text.startswith((_OF_AWS, "aws.")):
        return CheckFailure("aws", text.removeprefix(_OF_AWS))
    return CheckFailure("", text)


def _key(news: Properties) -> str:
    return repr(sorted(_without_sdk_key(news).items()))


def _stop_with_the_run() -> None:
    """Have the engine's Cancel end what waits.

    The host of dynamic providers answers Cancel by itself and has no hook for it. It has handed its method to the
    server already, so the method's code is all that can be exchanged. Cancel gets a thread of its own: the host's
    four may all be busy with what waits. Elsewhere (in tests) there is no such host.
    """
    servicer = getattr(sys.modules["__main__"], "DynamicResourceProviderServicer", None)
    if servicer is not None:
        servicer.Cancel.__code__ = _cancel.__code__
        servicer.Cancel.experimental_thread_pool = _of_cancel()


@functools.cache
def _of_cancel() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1)


def _cancel(_self: Any, _request: Any, _context: Any) -> Any:
    """The host's Cancel. Its globals are the host's, so it imports what it needs."""
    from google.protobuf import empty_pb2  # noqa: PLC0415

    from proton_provider import stopping  # noqa: PLC0415

    stopping.stop()
    return empty_pb2.Empty()


def _log(severity: Literal["info", "warning"], text: str) -> None:
    log(severity, sealing.masked(text))


def _differ_inside(olds: Properties, news: Properties) -> bool:
    """Whether internal inputs differ, which alone is no change to a user."""
    return any(olds.get(name) != news.get(name) for name in (NAME, PROTECTED, SECRETS))


def _differ(olds: Properties, news: Properties) -> bool:
    """Whether the outputs of last time hold other inputs than `news`."""
    names = {name for name in news if not name.startswith("__")}
    taken_out = {"aws", *olds.get("managedRoleArns", ())} & olds.keys()
    return any(olds.get(name) != news.get(name) for name in names | taken_out)


def _without_sdk_key(bag: Properties) -> Properties:
    """The properties without the SDK's `__provider` key."""
    return {name: value for name, value in bag.items() if name != _SDK_KEY}


def _split_unknown(bag: Properties) -> tuple[Properties, frozenset[str]]:
    """The properties whose value is known, and the names of the others; without the SDK's own."""
    unknown = frozenset(name for name, value in bag.items() if contains_unknowns(value))
    return {name: value for name, value in _without_sdk_key(bag).items() if name not in unknown}, unknown
