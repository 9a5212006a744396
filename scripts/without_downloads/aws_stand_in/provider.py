"""Answers the calls of the engine. gRPC hands it the text of each error."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from proton_provider.plugin.server import Engine
from proton_provider.plugin.values import Properties, decode, encode
from without_downloads.aws_stand_in import plan
from without_downloads.aws_stand_in.account import (
    KEYS,
    VERSION,
    Account,
    configuration,
    unsupported,
)
from without_downloads.aws_stand_in.resources import RESOURCES, Resource

_CALLER, _PARTITION = "aws:index/getCallerIdentity:getCallerIdentity", "aws:index/getPartition:getPartition"

# It would print a trace beside each error that the engine shows.
logging.getLogger("grpc._server").disabled = True


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider. The engine starts a process for each, and sends secrets as plain values."""

    def __init__(self, _engine: Engine) -> None:
        self.account = Account({})

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        return provider_pb2.GetSchemaResponse(schema=json.dumps(_schema()))

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        inputs = decode(request.news).values
        # boto3 does not read AWS_REGION, and the Region must be in state.
        region = inputs.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        inputs |= {"region": region} if region else {}
        configuration(inputs)
        return provider_pb2.CheckResponse(inputs=encode(inputs))

    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        self.account = Account(configuration(decode(request.args).values))
        self.account.check_allowed()
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.tok == _CALLER:
            it = self.account.identity()
            account = it["Account"]
            result = {"accountId": account, "arn": it["Arn"], "id": account, "userId": it["UserId"]}
        elif request.tok == _PARTITION:
            name = self.account.client("iam").meta.partition
            suffix = "amazonaws.com.cn" if name == "aws-cn" else "amazonaws.com"
            reverse = ".".join(reversed(suffix.split(".")))
            result = {"dnsSuffix": suffix, "id": name, "partition": name, "reverseDnsPrefix": reverse}
        else:
            raise unsupported(f"The function {request.tok}")
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(result))  # `return` is a keyword of Python
        return response

    def Check(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        olds, news = decode(request.olds).values, decode(request.news).values
        name = f"{request.urn.split('::', 3)[3]}-{hashlib.sha256(request.randomSeed).hexdigest()[:7]}"
        inputs, failures = plan.check(_resource(request), olds, news, name, self.account.default_tags)
        failure = provider_pb2.CheckFailure
        problems = [failure(property=key, reason=reason) for key, reason in failures.items()]
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=problems)

    def Diff(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, state = _resource(request), decode(request.olds).values
        changes, deleted_first = plan.diff(resource, state, decode(request.news).values)
        replaces = [name for name, change in changes.items() if change.endswith("REPLACE")]
        response, kind = provider_pb2.DiffResponse, provider_pb2.PropertyDiff
        return response(
            changes=response.DIFF_SOME if changes else response.DIFF_NONE,
            diffs=list(changes),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and deleted_first,
            # The old outputs are compared with the inputs, so drift shows too.
            detailedDiff={name: kind(kind=kind.Kind.Value(change)) for name, change in changes.items()},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, inputs = _resource(request), decode(request.properties).values
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(plan.created(resource, inputs)))
        if "name" in resource.properties:
            inputs["name"] = inputs.get("name") or inputs["namePrefix"] + secrets.token_hex(13)
        resource_id = resource.create(self.account, inputs)
        outputs = self._read(resource, {**inputs, "id": resource_id})
        return provider_pb2.CreateResponse(id=resource_id, properties=encode(outputs or inputs))

    def Read(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, inputs = _resource(request), decode(request.inputs).values
        outputs = self._read(resource, {**decode(request.properties).values, **inputs, "id": request.id})
        if outputs is None:
            return provider_pb2.ReadResponse()
        live = plan.refreshed(resource, inputs, outputs)
        return provider_pb2.ReadResponse(id=request.id, properties=encode(outputs), inputs=encode(live))

    def Update(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, state = _resource(request), {**decode(request.olds).values, "id": request.id}
        inputs = decode(request.news).values
        if request.preview:
            outputs = plan.updated(resource, state, inputs)
            return provider_pb2.UpdateResponse(properties=encode(outputs))
        resource.update(self.account, state, inputs)
        live = self._read(resource, {**state, **inputs})
        return provider_pb2.UpdateResponse(properties=encode(live or state))

    def Delete(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        resource, state = _resource(request), {**decode(request.properties).values, "id": request.id}
        with _unless_gone():
            resource.delete(self.account, state)
        return empty_pb2.Empty()

    def _read(self, resource: Resource, known: Properties) -> Properties | None:
        with _unless_gone():
            outputs = resource.read(self.account, known)
            return outputs and {**outputs, "id": known["id"]}
        return None


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Ends the block where IAM does not find something. A client's own exceptions differ while threads make them."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - a preview without AWS calls does not import it

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise


def _resource(request: Any) -> Resource:
    """The resource of the request's URN (urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME)."""
    token = request.urn.split("::")[2].rpartition("$")[2]
    if token not in RESOURCES:
        raise unsupported(f"The resource type {token}")
    return RESOURCES[token]


def _schema() -> dict[str, Any]:
    """The schema. With it, Pulumi checks YAML programs and finds the full names of resources and functions."""
    anything, text = {"$ref": "pulumi.json#/Any"}, {"type": "string"}
    types = {
        "document": anything,
        "integer": {"type": "integer"},
        "object": {"type": "object", "additionalProperties": text},
        "string": text,
    }

    def resource(it: Resource) -> dict[str, Any]:
        properties = {name: types[item.type] for name, item in it.properties.items()}
        return {
            "inputProperties": {name: kind for name, kind in properties.items() if name != "tagsAll"},
            "requiredInputs": [name for name, item in it.properties.items() if item.required],
            "properties": {**properties, **dict.fromkeys(it.outputs, anything)},
        }

    def function(*outputs: str) -> dict[str, Any]:
        return {"outputs": {"properties": dict.fromkeys(outputs, text)}}

    return {
        "name": "aws",
        "version": VERSION,
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},  # aws:iam/role:Role is aws:iam:Role in a program
        "provider": {"inputProperties": dict.fromkeys(KEYS, anything)},
        "resources": {token: resource(it) for token, it in RESOURCES.items()},
        "functions": {
            _CALLER: function("accountId", "arn", "id", "userId"),
            _PARTITION: function("dnsSuffix", "id", "partition", "reverseDnsPrefix"),
        },
    }
