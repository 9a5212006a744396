"""The plugin protocol: each call of the engine in plain values, and each failure as one sentence."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf import empty_pb2

from aws_stand_in import preview, wire
from aws_stand_in.account import Account
from aws_stand_in.check import check
from aws_stand_in.diff import Change, Diff, diff, ignoring
from aws_stand_in.errors import VERSION, PartlyCreatedError, StandInError, UnknownOutcomeError, unsupported
from aws_stand_in.functions import FUNCTIONS
from aws_stand_in.naming import Naming
from aws_stand_in.policy import Policy
from aws_stand_in.protocol import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from aws_stand_in.role import Role
from aws_stand_in.role_policy import RolePolicy
from aws_stand_in.role_policy_attachment import RolePolicyAttachment
from aws_stand_in.settings import Settings, parse, with_environment

if TYPE_CHECKING:
    from aws_stand_in.resource import Resource
    from aws_stand_in.wire import Properties

RESOURCES: dict[str, Resource] = {
    item.resource_type: item for item in (Role(), RolePolicy(), RolePolicyAttachment(), Policy())
}

_KINDS = {
    (Change.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Change.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Change.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Change.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Change.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}

# What the engine makes of a status: with UNKNOWN it takes the outcome for unknown, with the other for "nothing was done".
_STATUS = {True: grpc.StatusCode.UNKNOWN, False: grpc.StatusCode.FAILED_PRECONDITION}

_Answer = TypeVar("_Answer")


def _answering(call: Callable[[Provider, Any], _Answer]) -> Callable[[Provider, Any, Any], _Answer]:
    """Turns every failure of the call into a status whose text is one sentence."""

    @wraps(call)
    def answer(self: Provider, request: Any, context: grpc.ServicerContext) -> _Answer:
        try:
            return call(self, request)
        except PartlyCreatedError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", _init_failed(error)),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except StandInError as error:
            context.abort(_STATUS[isinstance(error, UnknownOutcomeError)], str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours: the trace is for `pulumi --debug`, the sentence for all
            self.log(traceback.format_exc())
            name = type(error).__name__
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"the stand-in for pulumi-aws failed in {call.__name__}: {name}: {error}",
            )
        raise AssertionError("abort always raises")

    return answer


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider: the engine starts a process for each."""

    def __init__(self, engine_address: str) -> None:
        self.engine_address = engine_address
        self.account = Account(Settings())

    def log(self, message: str) -> None:
        """Shows the message to those who run Pulumi with --debug."""
        request = engine_pb2.LogRequest(severity=engine_pb2.DEBUG, message=message)
        # With no engine at the address there is nobody to tell.
        with grpc.insecure_channel(self.engine_address) as channel, suppress(grpc.RpcError):
            engine_pb2_grpc.EngineStub(channel).Log(request)

    @_answering
    def Handshake(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        self.engine_address = request.engine_address or self.engine_address
        # Without secrets of its own the plugin gets plain values, and the engine marks outputs named like a secret input.
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    @_answering
    def Attach(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        self.engine_address = request.address
        return empty_pb2.Empty()

    @_answering
    def GetPluginInfo(self, _request: Any) -> Any:  # noqa: N802 - the protocol's name
        return plugin_pb2.PluginInfo(version=VERSION)

    @_answering
    def GetSchema(self, _request: Any) -> Any:  # noqa: N802 - the protocol's name
        raise StandInError(unsupported("The package's schema, of which `pulumi import` writes code,"))

    @_answering
    def CheckConfig(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        inputs = with_environment(wire.decode(request.news), os.environ)
        _settings, failures = parse(inputs)
        return _checked(inputs, failures)

    @_answering
    def DiffConfig(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        # Older engines send the last outputs only, which are the same.
        olds = wire.decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
        news = wire.decode(request.news)
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        return _diffed(Diff(dict.fromkeys(changed, Change.UPDATE), frozenset(), deleted_first=False), ())

    @_answering
    def Configure(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        settings, failures = parse(wire.decode(request.args))
        if failures:
            raise StandInError("; ".join(failures.values()))
        self.account = Account(settings)
        self.account.verify()
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @_answering
    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.tok not in FUNCTIONS:
            raise StandInError(unsupported(f"The function {request.tok}"))
        result = FUNCTIONS[request.tok](self.account, wire.decode(request.args))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(wire.encode(result))  # the field's name is a word of Python
        return response

    @_answering
    def Call(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        raise StandInError(unsupported(f"The method {request.tok}"))

    @_answering
    def Check(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        token, name = _type(request.urn), _name(request.urn)
        news = wire.decode(request.news)
        if token not in RESOURCES:
            return _checked(news, {"": unsupported(f"The resource type {token}")})
        options = request.autonaming
        disabled = options.mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE
        naming = Naming(name, request.randomSeed, options.proposed_name, disabled)
        defaults = self.account.settings.default_tags
        return _checked(*check(RESOURCES[token], wire.decode(request.olds), news, naming, defaults))

    @_answering
    def Diff(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource = _resource(request.urn)
        state = wire.decode(request.olds)
        inputs = ignoring(resource, state, wire.decode(request.news), request.ignoreChanges)
        fixed = [item.name for item in resource.properties if item.replaces]
        return _diffed(diff(resource, state, inputs), fixed)

    @_answering
    def Create(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource = _resource(request.urn)
        inputs = wire.decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=wire.encode(preview.created(resource, inputs)))
        resource_id, outputs = resource.create(self.account, inputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=_state(resource_id, outputs))

    @_answering
    def Read(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource = _resource(request.urn)
        state, inputs = wire.decode(request.properties), wire.decode(request.inputs)
        outputs = resource.read(self.account, request.id, {**state, **inputs})
        if outputs is None:
            return provider_pb2.ReadResponse()
        known = (
            preview.refreshed(resource, inputs, outputs) if inputs else preview.imported(resource, outputs)
        )
        return provider_pb2.ReadResponse(
            id=request.id, properties=_state(request.id, outputs), inputs=wire.encode(known)
        )

    @_answering
    def Update(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource = _resource(request.urn)
        state = wire.decode(request.olds)
        inputs = ignoring(resource, state, wire.decode(request.news), request.ignoreChanges)
        changed = diff(resource, state, inputs).changes.keys()
        if request.preview:
            outputs = preview.updated(resource, state, changed, inputs)
            return provider_pb2.UpdateResponse(properties=wire.encode(outputs))
        resource.update(self.account, request.id, changed, state, inputs)
        live = resource.read(self.account, request.id, {**state, **inputs})
        if live is None:
            raise StandInError(f"{request.id} was deleted at AWS; run `pulumi refresh` and try again")
        return provider_pb2.UpdateResponse(properties=_state(request.id, live))

    @_answering
    def Delete(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        _resource(request.urn).delete(self.account, request.id, wire.decode(request.properties))
        return empty_pb2.Empty()

    @_answering
    def Cancel(self, _request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Calls of IAM take no time worth cutting short, so those under way end as they would."""
        return empty_pb2.Empty()


def _type(urn: str) -> str:
    """The type in a URN (urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME)."""
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _resource(urn: str) -> Resource:
    token = _type(urn)
    if token not in RESOURCES:
        raise StandInError(unsupported(f"The resource type {token}"))
    return RESOURCES[token]


def _checked(inputs: Properties, failures: dict[str, str]) -> Any:
    listed = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures.items()]
    return provider_pb2.CheckResponse(inputs=wire.encode(inputs), failures=listed)


def _diffed(found: Diff, fixed: list[str] | tuple[()]) -> Any:
    """`fixed` are the properties that AWS cannot change: those that did not change are stable."""
    some = provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE
    detailed = {
        # The difference is between the last outputs and the inputs, which is what shows drift.
        name: provider_pb2.PropertyDiff(kind=_KINDS[change, name in found.replaces], inputDiff=False)
        for name, change in found.changes.items()
    }
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted(found.changes),
        replaces=sorted(found.replaces),
        stables=[name for name in fixed if name not in found.changes],
        deleteBeforeReplace=found.deleted_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _state(resource_id: str, outputs: Properties) -> Any:
    return wire.encode({**outputs, "id": resource_id})


def _init_failed(error: PartlyCreatedError) -> bytes:
    """The status by which the engine keeps a resource that was made but is not complete."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id, properties=_state(error.resource_id, error.outputs), reasons=[str(error)]
        )
    )
    details: bytes = status.SerializeToString()
    return details
