"""The plugin protocol: each call of the engine in plain values, and each failure as one sentence."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from proton_provider.plugin import failures
from proton_provider.plugin.server import Engine
from proton_provider.plugin.values import Properties, decode, encode
from without_downloads.aws_stand_in import errors, plan
from without_downloads.aws_stand_in.account import Account
from without_downloads.aws_stand_in.managed_policies import Policy
from without_downloads.aws_stand_in.resource import Resource, new_name
from without_downloads.aws_stand_in.roles import Role, RolePolicy, RolePolicyAttachment
from without_downloads.aws_stand_in.schema import schema
from without_downloads.aws_stand_in.settings import Settings, parse

RESOURCES: dict[str, Resource] = {
    item.resource_type: item for item in (Role(), RolePolicy(), RolePolicyAttachment(), Policy())
}

_Answer = TypeVar("_Answer")


def _answering(call: Callable[[Provider, Any], _Answer]) -> Callable[[Provider, Any, Any], _Answer]:
    """Turns every failure of the call into one sentence."""

    @wraps(call)
    def answer(self: Provider, request: Any, context: grpc.ServicerContext) -> _Answer:
        try:
            return call(self, request)
        except errors.UnknownOutcomeError as error:
            failures.lose(context, str(error))
        except errors.StandInError as error:
            failures.refuse(context, str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours: the trace is for `pulumi --debug`, the sentence for all
            self.engine.log("debug", traceback.format_exc())
            reason = f"{type(error).__name__}: {error}"
            failures.defect(context, f"the stand-in for pulumi-aws failed in {call.__name__}: {reason}")

    return answer


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider: the engine starts a process for each.

    It is not asked to keep secrets, so it gets plain values, and the engine marks outputs named like a secret input.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.account = Account(Settings())

    @_answering
    def GetPluginInfo(self, _request: Any) -> Any:  # noqa: N802 - the protocol's name
        return plugin_pb2.PluginInfo(version=errors.VERSION)

    @_answering
    def GetSchema(self, _request: Any) -> Any:  # noqa: N802 - the protocol's name
        return provider_pb2.GetSchemaResponse(schema=schema(RESOURCES.values()))

    @_answering
    def CheckConfig(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        inputs = _plain(request.news)
        # boto3 itself does not read AWS_REGION, and the state is to say which Region it was.
        region = inputs.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        inputs |= {"region": region} if region else {}
        return _checked(inputs, parse(inputs)[1])

    @_answering
    def Configure(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        settings, problems = parse(_plain(request.args))
        if problems:
            raise errors.StandInError("; ".join(problems.values()))
        self.account = Account(settings)
        self.account.verify()
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_answering
    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.tok == "aws:index/getCallerIdentity:getCallerIdentity":
            identity = self.account.identity
            number = identity["Account"]
            result = {"accountId": number, "arn": identity["Arn"], "id": number, "userId": identity["UserId"]}
        elif request.tok == "aws:index/getPartition:getPartition":
            name = self.account.iam.meta.partition
            suffix = "amazonaws.com.cn" if name == "aws-cn" else "amazonaws.com"
            reverse = ".".join(reversed(suffix.split(".")))
            result = {"dnsSuffix": suffix, "id": name, "partition": name, "reverseDnsPrefix": reverse}
        else:
            raise errors.StandInError(errors.unsupported(f"The function {request.tok}"))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(result))  # the field's name is a word of Python
        return response

    @_answering
    def Check(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        olds, news, name = _plain(request.olds), _plain(request.news), request.urn.split("::", 3)[3]
        try:
            resource = _resource(request.urn)
        except errors.StandInError as error:
            return _checked(news, {"": str(error)})
        defaults, seed = self.account.settings.default_tags, request.randomSeed
        return _checked(*plan.check(resource, olds, news, name=name, seed=seed, default_tags=defaults))

    @_answering
    def Diff(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, state = _resource(request.urn), _plain(request.olds)
        inputs = plan.ignoring(resource, state, _plain(request.news), request.ignoreChanges)
        kinds, deleted_first = plan.diff(resource, state, inputs)
        replaces = sorted(name for name, change in kinds.items() if change.endswith("REPLACE"))
        response, kind = provider_pb2.DiffResponse, provider_pb2.PropertyDiff
        return response(
            changes=response.DIFF_SOME if kinds else response.DIFF_NONE,
            diffs=sorted(kinds),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and deleted_first,
            # The difference is between the last outputs and the inputs, which is what shows drift.
            detailedDiff={name: kind(kind=kind.Kind.Value(change)) for name, change in kinds.items()},
            hasDetailedDiff=True,
        )

    @_answering
    def Create(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, inputs = _resource(request.urn), _plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(plan.created(resource, inputs)))
        if resource.longest_name:
            inputs["name"] = new_name(inputs)
        with errors.doing(f"creating {resource.called} {inputs.get('name') or inputs['role']}"):
            resource_id, outputs = resource.create(self.account, inputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=encode({**outputs, "id": resource_id}))

    @_answering
    def Read(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, inputs = _resource(request.urn), _plain(request.inputs)
        outputs = self._read(resource, {**_plain(request.properties), **inputs, "id": request.id})
        if outputs is None:
            return provider_pb2.ReadResponse()
        known = plan.refreshed(resource, inputs, outputs) if inputs else plan.imported(resource, outputs)
        return provider_pb2.ReadResponse(id=request.id, properties=encode(outputs), inputs=encode(known))

    @_answering
    def Update(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, state = _resource(request.urn), {**_plain(request.olds), "id": request.id}
        inputs = plan.ignoring(resource, state, _plain(request.news), request.ignoreChanges)
        changed = set(plan.diff(resource, state, inputs)[0])
        if request.preview:
            outputs = plan.updated(resource, state, changed, inputs)
            return provider_pb2.UpdateResponse(properties=encode(outputs))
        with errors.doing(f"updating {resource.called} {request.id}"):
            resource.update(self.account, state, inputs, changed)
        live = self._read(resource, {**state, **inputs})
        if live is None:
            raise errors.StandInError(f"{request.id} was deleted at AWS; run `pulumi refresh` and try again")
        return provider_pb2.UpdateResponse(properties=encode(live))

    @_answering
    def Delete(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, state = _resource(request.urn), {**_plain(request.properties), "id": request.id}
        with suppress(errors.GoneError), errors.doing(f"deleting {resource.called} {request.id}"):
            resource.delete(self.account, state)
        return empty_pb2.Empty()

    def _read(self, resource: Resource, known: Properties) -> Properties | None:
        with suppress(errors.GoneError), errors.doing(f"reading {resource.called} {known['id']}"):
            outputs = resource.read(self.account, known)
            return outputs and {**outputs, "id": known["id"]}
        return None


def _plain(struct: struct_pb2.Struct) -> Properties:
    return {name: plan.without_bookkeeping(value) for name, value in decode(struct).values.items()}


def _resource(urn: str) -> Resource:
    """The resource of a URN (urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME)."""
    token = urn.split("::")[2].rpartition("$")[2]
    if token not in RESOURCES:
        raise errors.StandInError(errors.unsupported(f"The resource type {token}"))
    return RESOURCES[token]


def _checked(inputs: Properties, problems: dict[str, str]) -> Any:
    listed = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in problems.items()]
    return provider_pb2.CheckResponse(inputs=encode(inputs), failures=listed)
