"""Answers the engine's calls: turns each into an event of a life cycle, and each error into one sentence."""

from __future__ import annotations

import functools
import importlib.metadata
import traceback
from collections.abc import Callable
from pathlib import Path as File
from typing import Any, Final, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from proton_provider import stopping
from proton_provider.errors import ConfigurationError, IncompleteError, ProtonError
from proton_provider.lifecycle import Lifecycle, Log, Properties, previews, secrets
from proton_provider.lifecycle.names import NAME, full_name
from proton_provider.lifecycle.requesting import REQUESTER
from proton_provider.operations import SDK_KEY, Operations, Process, Sealed
from proton_provider.plugin import failures
from proton_provider.plugin.config import member_of, parse
from proton_provider.plugin.diffs import detailed
from proton_provider.plugin.functions import FUNCTIONS, without_values
from proton_provider.plugin.server import Engine
from proton_provider.plugin.values import (
    UNKNOWN,
    Path,
    PropertyMap,
    ValueOfWrongKindError,
    contains_unknown,
    decode,
    encode,
)

TOKENS: Final = "proton:index:"
"""The beginning of each resource's type token."""
CONNECTION: Final = f"{TOKENS}EnvironmentAccountConnection"
SCHEMA: Final = File(__file__).with_name("schema.json")

Answer = TypeVar("Answer")


def _answering(call: Callable[[Provider, Any], Answer]) -> Callable[[Provider, Any, Any], Answer]:
    """Turn every error of the call into one sentence for the engine."""

    @functools.wraps(call)
    def answer(self: Provider, request: Any, context: grpc.ServicerContext) -> Answer:
        try:
            with stopping.deadline(getattr(request, "timeout", 0)):
                return call(self, request)
        except IncompleteError as error:
            self._fail_incomplete(context, error, request)
        except (ProtonError, ValueOfWrongKindError) as error:
            failures.fail(context, self.hidden.hide(str(error)))
        except Exception as error:  # noqa: BLE001  # a bug in the plugin; `pulumi --debug` shows the trace
            self.engine.log("debug", self.hidden.hide(traceback.format_exc()))
            reason = self.hidden.hide(f"{type(error).__name__}: {error}")
            failures.fail_internal(context, f"pulumi-resource-proton failed in {call.__name__}: {reason}")

    return answer


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider. The engine starts a process for each.

    With PULUMI_DEBUG_PROVIDERS, the engine of each run attaches to the same process.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._configured_by = ("", "")
        """The address of the engine that last configured this provider, and the provider's URN."""
        self._configure(PropertyMap({}))

    def _configure(self, config: PropertyMap) -> None:
        """Start again with this config, as a new process would."""
        process = Process()
        self.hidden = process.hidden
        self._lifecycles = {f"{TOKENS}{name}": each for name, each in process.lifecycles.items()}
        self._config = parse(config.known)
        self._secret_tags = {secrets.DEFAULT_TAGS} & {f"aws:{name}" for name in config.secret_names}
        self.hidden.remember_values(*(config.values[name] for name in config.secret_names))
        self.operations = Operations(self._config.get, contains_unknown, process, self._config.fill_in)

    @_answering
    def Attach(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        if request.address != self.engine.address:
            self.engine.address = request.address
            stopping.start_again()
        return empty_pb2.Empty()

    @_answering
    def GetPluginInfo(self, _request: Any) -> Any:  # noqa: N802  # the protocol's name
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("proton-provider"))

    @_answering
    def GetSchema(self, _request: Any) -> Any:  # noqa: N802  # the protocol's name
        return provider_pb2.GetSchemaResponse(schema=SCHEMA.read_text(encoding="utf-8"))

    @_answering
    def CheckConfig(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        news = decode(request.news)
        self.hidden.remember_values(*(news.values[name] for name in news.secret_names))
        problems = parse(news.known).problems(news.unknown_names)
        shown = [(name, self.hidden.hide(why)) for name, why in problems]
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(shown))

    @_answering
    def DiffConfig(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        """Never replaces the provider. Each resource compares its own Region, and is replaced if that changes."""
        response = provider_pb2.DiffResponse
        same = decode(request.olds).values == decode(request.news).values
        return response(changes=response.DIFF_NONE if same else response.DIFF_SOME)

    @_answering
    def Configure(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        engine, before = self._configured_by
        if before and before != request.urn and engine == self.engine.address:
            names = " and ".join(urn.rpartition("::")[2] for urn in (before, request.urn))
            raise ConfigurationError(
                f"The proton providers {names} cannot share the process that PULUMI_DEBUG_PROVIDERS names. "
                "Unset PULUMI_DEBUG_PROVIDERS, or use only one proton provider in the program."
            )
        self._configured_by = (self.engine.address, request.urn)
        self._configure(decode(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_answering
    def Invoke(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        function = FUNCTIONS.get(request.tok)
        if function is None:
            raise ConfigurationError(
                f"There is no function {request.tok}. Use one of: {', '.join(FUNCTIONS)}."
            )
        arguments = decode(request.args).values
        props = {"aws": arguments["aws"]} if arguments.get("aws") is not None else {}
        response = provider_pb2.InvokeResponse()
        try:
            result = encode(function(arguments, self.operations.connector(props)))
        except ProtonError as error:
            error.args = (without_values(str(error), arguments),)
            raise
        getattr(response, "return").CopyFrom(result)  # `return` is a keyword of Python
        return response

    @_answering
    def Check(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        olds, news = decode(request.olds), _without_none(decode(request.news))
        secret_names = news.secret_names | self._secret_tags
        named = {**news.values, NAME: _name(request.urn)}
        if secret_names:
            named[secrets.SECRETS] = sorted(secret_names)
        if _token(request.urn) == CONNECTION:
            named[REQUESTER] = request.urn
        lifecycle, log = self._of(request.urn)
        checked = self.operations.check(lifecycle, olds.values, named, log)
        inputs = {**checked.values, **{name: named.get(name, UNKNOWN) for name in checked.unknown}}
        inputs.pop(REQUESTER, None)
        return provider_pb2.CheckResponse(
            inputs=encode(inputs, news.secret | _paths(checked.secret)), failures=_failures(checked.problems)
        )

    @_answering
    def Diff(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        recorded, inputs = decode(request.olds).values, decode(request.old_inputs).values
        news = decode(request.news).values
        lifecycle, log = self._of(request.urn)
        difference = self.operations.diff(lifecycle, request.id, recorded, news, log)
        diffs = detailed(inputs or recorded, news, difference.replaces)
        # The state of a dynamic resource is rewritten for the native plugin.
        some = bool(diffs or difference.differs or SDK_KEY in recorded)
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if some else response.DIFF_NONE,
            diffs=sorted({path.partition(".")[0].partition("[")[0] for path in diffs}),
            replaces=list(difference.replaces),
            deleteBeforeReplace=difference.delete_before_replace,
            detailedDiff=diffs,
            hasDetailedDiff=True,
        )

    @_answering
    def Create(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        news = decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=self._preview_outputs(request, {}, news))
        lifecycle, log = self._of(request.urn)
        resource_id, outputs = self.operations.create(lifecycle, news.values, log)
        return provider_pb2.CreateResponse(id=resource_id, properties=_encoded(outputs, news))

    @_answering
    def Read(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        recorded, inputs = decode(request.properties), decode(request.inputs)
        known = {name: value for name, value in recorded.values.items() if value is not None}
        is_import = not known
        resource_id = request.id.rpartition("/")[2] if is_import else request.id  # an ARN's last part
        known["connectionId"] = known.get("connectionId", resource_id)
        if names := secrets.secret_inputs(known, inputs.values):
            known[secrets.SECRETS] = sorted(names)
        lifecycle, log = self._of(request.urn)
        found = self.operations.read(lifecycle, resource_id, known, log)
        if found is None:
            return provider_pb2.ReadResponse()
        read_outputs, read_inputs = found
        if is_import:
            read_outputs, read_inputs = map(
                Sealed, previews.for_import(read_outputs.values, read_inputs.values)
            )
        return provider_pb2.ReadResponse(
            id=resource_id,
            properties=_encoded(read_outputs, inputs),
            inputs=_encoded(read_inputs, inputs),
        )

    @_answering
    def Update(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        olds, news = decode(request.olds).values, decode(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=self._preview_outputs(request, olds, news))
        lifecycle, log = self._of(request.urn)
        outputs = self.operations.update(lifecycle, request.id, olds, news.values, log)
        return provider_pb2.UpdateResponse(properties=_encoded(outputs, news))

    @_answering
    def Delete(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        lifecycle, log = self._of(request.urn)
        self.operations.delete(lifecycle, request.id, decode(request.properties).values, log)
        return empty_pb2.Empty()

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802  # the protocol's name
        stopping.stop()
        return empty_pb2.Empty()

    def _fail_incomplete(
        self, context: grpc.ServicerContext, error: IncompleteError, request: Any
    ) -> NoReturn:
        """Fail a create that created the resource but could not complete it."""
        news = decode(request.properties)
        failures.fail_incomplete(
            context,
            self.hidden.hide(str(error)),
            resource_id=error.resource_id,
            outputs=_encoded(self.operations.with_secrets(error.outputs, news.values), news),
            inputs=request.properties,
        )

    def _preview_outputs(self, request: Any, olds: Properties, news: PropertyMap) -> Any:
        """The outputs that a preview shows. `olds` is empty before a create."""
        lifecycle, _ = self._of(request.urn)
        known = self.operations.preview_outputs(lifecycle, getattr(request, "id", ""), olds, news.values)
        unknown = dict.fromkeys(lifecycle.outputs, UNKNOWN)
        return _encoded(Sealed({**unknown, **known.values}, known.secret), news)

    def _of(self, urn: str) -> tuple[Lifecycle, Log]:
        """The life cycle of a resource, and a function that shows a line on its row."""
        token = _token(urn)
        if token not in self._lifecycles:
            raise ConfigurationError(
                f"There is no resource type {token}. Use one of: {', '.join(self._lifecycles)}."
            )
        return self._lifecycles[token], functools.partial(self.engine.log, urn=urn)


def _encoded(outputs: Sealed, news: PropertyMap) -> Any:
    """The outputs for the engine. Values that the program marks as secret stay secret, at any depth."""
    return encode(outputs.values, news.secret | _paths(outputs.secret))


def _token(urn: str) -> str:
    """The type in a URN (urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME)."""
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    """The name of the resource, unique in its stack."""
    _, _, types, name = urn.split("::", 3)
    return full_name(types.rpartition("$")[0], name)


def _without_none(news: PropertyMap) -> PropertyMap:
    """The properties without those that are None. They count as not given."""
    values = {name: value for name, value in news.values.items() if value is not None}
    return PropertyMap(values, news.unknown, frozenset(path for path in news.secret if path[0] in values))


def _paths(names: frozenset[str]) -> frozenset[Path]:
    return frozenset((name,) for name in names)


def _failures(problems: Any) -> list[Any]:
    return [provider_pb2.CheckFailure(property=_path(name, why), reason=why) for name, why in problems]


def _path(name: str, why: str) -> str:
    """The path of a property with a problem. For `aws`, the path includes the member that `why` begins with."""
    member = member_of(why) if name == "aws" else ""
    return f"{name}.{member}" if member else name
