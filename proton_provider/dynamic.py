"""The dynamic provider: one adapter, and one class with a fixed name for each resource.

A user's state has the module and the name of these classes, so neither can change. The program's process pickles them
without state. In the provider process `configure` gives them the stack's config.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Concatenate, Literal, ParamSpec, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import UNKNOWN, contains_unknowns
from pulumi.runtime import rpc

from proton_provider import engine_log
from proton_provider.errors import ProtonError
from proton_provider.lifecycle import Lifecycle, Properties
from proton_provider.operations import SDK_KEY, Operations, Process, Sealed

P = ParamSpec("P")
R = TypeVar("R")
Self = TypeVar("Self", bound="_Adapter")


def _short_traceback(event: Callable[Concatenate[Self, P], R]) -> Callable[Concatenate[Self, P], R]:
    """Limit our part of the traceback that the host prints for an error to this one frame."""

    @functools.wraps(event)
    def wrapped(self: Self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return event(self, *args, **kwargs)
        except ProtonError as error:
            raise error.with_traceback(None) from None

    return wrapped


class _Adapter(ResourceProvider):
    serialize_as_secret_always = False
    kind: ClassVar[str]
    process: ClassVar = Process()
    """All resources of a stack share one provider process."""
    _operations: Operations

    @property
    def lifecycle(self) -> Lifecycle:
        return self.process.lifecycles[self.kind]

    def configure(self, req: ConfigureRequest) -> None:
        self._operations = Operations(req.config.get, contains_unknowns, self.process)
        _stop_on_cancel()

    @_short_traceback
    def check(self, _olds: Properties, _news: Properties) -> CheckResult:
        checked = self._operations.check(self.lifecycle, _olds, _news, _log)
        # The program may have added a value that `check` does not know, such as all tags of an unknown provider.
        unknown = {
            name: _news[name] if contains_unknowns(_news.get(name)) else UNKNOWN for name in checked.unknown
        }
        return CheckResult(
            {**_marked(checked), **unknown}, [CheckFailure(*problem) for problem in checked.problems]
        )

    @_short_traceback
    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        difference = self._operations.diff(self.lifecycle, _id, _olds, _news, _log)
        changes = None  # the engine compares the inputs by itself and shows each that differs
        if difference.differs:
            changes = True
        elif _olds.get(SDK_KEY) == _news.get(SDK_KEY) and not (
            difference.replaces or contains_unknowns(_news) or _inputs_differ(_olds, _news)
        ):
            # Without this, the engine would show internal inputs, or another form of equal values, as a change. A state of
            # the native plugin has no such key, and is written anew.
            changes = False
        return DiffResult(
            changes=changes,
            replaces=list(difference.replaces),
            delete_before_replace=difference.delete_before_replace,
        )

    @_short_traceback
    def create(self, props: Properties) -> CreateResult:
        resource_id, outputs = self._operations.create(self.lifecycle, props, _log)
        return CreateResult(resource_id, _marked(outputs))

    @_short_traceback
    def read(self, id_: str, props: Properties) -> ReadResult:
        reading = self._operations.read(self.lifecycle, id_, props, _log)
        if reading is None:
            return ReadResult(id_="", outs={})
        outputs, inputs = reading
        return ReadResult(id_, _marked(outputs), _marked(inputs))

    @_short_traceback
    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        outputs = self._operations.update(self.lifecycle, _id, _olds, _news, _log)
        return UpdateResult(_marked(outputs))

    @_short_traceback
    def delete(self, _id: str, _props: Properties) -> None:
        self._operations.delete(self.lifecycle, _id, _props, _log)


def _log(severity: Literal["info", "warning"], text: str) -> None:
    """Show the user one line. The engine's address is the last argument; options of logging come before it."""
    engine_log.show(sys.argv[-1], severity, text)


def _marked(sealed: Sealed) -> Properties:
    """The properties, the secret ones marked for the engine."""
    return {
        name: rpc.wrap_rpc_secret(value) if name in sealed.secret else value
        for name, value in sealed.values.items()
    }


class EnvironmentAccountConnectionRolesProvider(_Adapter):
    """The provider of `EnvironmentAccountConnectionRoles`. Its name is in every user's state."""

    kind = "EnvironmentAccountConnectionRoles"


class EnvironmentAccountConnectionProvider(_Adapter):
    """The provider of `EnvironmentAccountConnection`. Its name is in every user's state."""

    kind = "EnvironmentAccountConnection"


class EnvironmentAccountConnectionAccepterProvider(_Adapter):
    """The provider of `EnvironmentAccountConnectionAccepter`. Its name is in every user's state."""

    kind = "EnvironmentAccountConnectionAccepter"


@functools.cache  # each of the three classes is configured
def _stop_on_cancel() -> None:
    """Make the engine's Cancel call end all waits.

    The host of dynamic providers answers Cancel itself and has no hook. The server already has the host's method, so
    only the code of that method can be replaced. Cancel gets its own thread, because the host's four threads may all be
    waiting.

    A host with another name for the class or the method breaks this, and so does a method that is wrapped. A warning says so
    then. In tests there may be no such host.
    """
    host: Any = sys.modules["__main__"]
    try:
        method = host.DynamicResourceProviderServicer.Cancel
        method.__code__ = _cancel.__code__  # ValueError: the method has variables of a function around it
        method.experimental_thread_pool = ThreadPoolExecutor(max_workers=1)
    except (AttributeError, ValueError):
        if getattr(host.__spec__, "name", "").startswith("pulumi.dynamic"):
            _log(
                "warning",
                "A cancelled run will not end the waits of proton-provider: it does not know the installed version of "
                "pulumi. Install another version of pulumi or of proton-provider.",
            )


def _cancel(_self: Any, _request: Any, _context: Any) -> Any:
    """The code for the host's Cancel. It runs with the host's globals, so it imports what it needs."""
    from google.protobuf import empty_pb2  # noqa: PLC0415

    from proton_provider import stopping  # noqa: PLC0415

    stopping.stop()
    return empty_pb2.Empty()


def _inputs_differ(olds: Properties, news: Properties) -> bool:
    """Whether the inputs in the previous outputs differ from `news`."""
    names = {name for name in news if not name.startswith("__")}
    removed = {"aws", *olds.get("managedRoleArns", ())} & olds.keys()
    return any(olds.get(name) != news.get(name) for name in names | removed)
