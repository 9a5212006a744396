"""The stand-in for pulumi-aws's plugin, run as the engine runs it: a method a call, and an empty account for each test."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from proton_provider.local import LocalAws

PROGRAM = Path(__file__).parents[2] / "scripts" / "without_downloads" / "aws_stand_in" / "pulumi-resource-aws"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the protocol writes a value that is not known yet."""

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
POLICY = "aws:iam/policy:Policy"

Properties: TypeAlias = dict[str, Any]


def document(action: str | list[str] = "s3:GetObject", **more: Any) -> str:
    """A policy document that allows one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "proton.amazonaws.com"}}
        ],
    }
)

OTHER_TRUST = TRUST.replace("proton", "codebuild")

INPUTS: dict[str, Properties] = {
    ROLE: {"assumeRolePolicy": TRUST},
    ROLE_POLICY: {"policy": document(), "role": "web"},
    ATTACHMENT: {"policyArn": "arn:aws:iam::123456789012:policy/shared", "role": "web"},
    POLICY: {"policy": document()},
}
"""What each resource needs at the least."""


def role_state(**changes: Any) -> Properties:
    """The last outputs of a role with an automatic name."""
    state = {
        "arn": "arn:aws:iam::123456789012:role/web-1234567",
        "assumeRolePolicy": TRUST,
        "description": "",
        "forceDetachPolicies": False,
        "inlinePolicies": [],
        "managedPolicyArns": [],
        "maxSessionDuration": 3600,
        "name": "web-1234567",
        "namePrefix": "",
        "path": "/",
        "permissionsBoundary": "",
        "tags": None,
        "tagsAll": {},
    }
    return {**state, **changes}


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    result = struct_pb2.Struct()
    result.update(values)
    return result


def plain(bag: struct_pb2.Struct) -> Properties:
    return json_format.MessageToDict(bag)


def urn(token: str, name: str = "web") -> str:
    return f"urn:pulumi:dev::shop::{token}::{name}"


class Plugin:
    """A running plugin, with one method a call of the protocol on plain values."""

    def __init__(self, process: subprocess.Popen[str], channel: grpc.Channel) -> None:
        self.process = process
        self.stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def configure(self, config: Mapping[str, Any]) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(config), acceptSecrets=True))

    def check_config(self, config: Mapping[str, Any]) -> tuple[Properties, dict[str, str]]:
        answer = self.stub.CheckConfig(
            provider_pb2.CheckRequest(urn=urn("pulumi:providers:aws"), news=struct(config))
        )
        return plain(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def check(
        self, token: str, news: Properties, olds: Properties | None = None, name: str = "web", **more: Any
    ) -> tuple[Properties, dict[str, str]]:
        answer = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(token, name), olds=struct(olds or {}), news=struct(news), randomSeed=b"seed", **more
            )
        )
        failures = [(failure.property, failure.reason) for failure in answer.failures]
        assert len(dict(failures)) == len(failures), "one failure a property"
        return plain(answer.inputs), dict(failures)

    def inputs(
        self, token: str, news: Properties, olds: Properties | None = None, name: str = "web"
    ) -> Properties:
        """Checked inputs of a program that is right."""
        inputs, failures = self.check(token, news, olds, name)
        assert failures == {}
        return inputs

    def diff(
        self, token: str, state: Properties, inputs: Properties, ignored: list[str] | None = None
    ) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                urn=urn(token), id="web", olds=struct(state), news=struct(inputs), ignoreChanges=ignored or []
            )
        )

    def changes(
        self, token: str, state: Properties, inputs: Properties, ignored: list[str] | None = None
    ) -> set[str]:
        return set(self.diff(token, state, inputs, ignored).diffs)

    def create(self, token: str, inputs: Properties, *, preview: bool = False) -> tuple[str, Properties]:
        answer = self.stub.Create(
            provider_pb2.CreateRequest(urn=urn(token), properties=struct(inputs), preview=preview)
        )
        return answer.id, plain(answer.properties)

    def make(self, token: str, news: Properties, name: str = "web") -> tuple[str, Properties, Properties]:
        """Checks and creates; gives id, state and inputs."""
        inputs = self.inputs(token, news, name=name)
        return *self.create(token, inputs), inputs

    def read(
        self, token: str, resource_id: str, state: Properties | None = None, inputs: Properties | None = None
    ) -> tuple[str, Properties, Properties]:
        answer = self.stub.Read(
            provider_pb2.ReadRequest(
                urn=urn(token), id=resource_id, properties=struct(state or {}), inputs=struct(inputs or {})
            )
        )
        return answer.id, plain(answer.properties), plain(answer.inputs)

    def update(
        self,
        token: str,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        *,
        preview: bool = False,
        ignored: list[str] | None = None,
    ) -> Properties:
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(
                urn=urn(token),
                id=resource_id,
                olds=struct(state),
                news=struct(inputs),
                preview=preview,
                ignoreChanges=ignored or [],
            )
        )
        return plain(answer.properties)

    def delete(self, token: str, resource_id: str, state: Properties) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn(token), id=resource_id, properties=struct(state)))

    def invoke(self, token: str, arguments: Properties | None = None) -> Properties:
        request = provider_pb2.InvokeRequest(tok=token, args=struct(arguments or {}))
        return plain(getattr(self.stub.Invoke(request), "return"))


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[Plugin]:
    """A plugin of its own, started with the engine's arguments, or none, in a shell with these AWS variables only."""
    nobodys = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), *arguments],
        env={**nobodys, **files, "AWS_EC2_METADATA_DISABLED": "true", **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield Plugin(process, channel)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def refused() -> Iterator[Callable[[], str]]:
    """A block that the plugin refuses; gives its sentence, which has to be one line without a trace."""
    sentence = ""
    with pytest.raises(grpc.RpcError) as caught:
        yield lambda: sentence
    sentence = caught.value.details() or ""
    assert "\n" not in sentence
    assert "Traceback" not in sentence


ACCOUNTS = itertools.count(400000000000)
SERVICES = boto3.Session(region_name="us-east-1")


class Account:
    """An empty account at the local AWS: the plugin configured for it, and IAM as somebody else uses it."""

    def __init__(self, plugin: Plugin, aws: LocalAws) -> None:
        self.number = str(next(ACCOUNTS))
        self.plugin = plugin
        self.aws = aws
        self.config: Properties = {
            "region": "us-east-1",
            "accessKey": self.number,
            "secretKey": "local",
            "skipCredentialsValidation": "true",
            "endpoints": json.dumps([{"iam": aws.url, "sts": aws.url}]),
        }
        self.iam = self.client("iam", self.number)
        plugin.configure(self.config)

    def client(self, service: str, account: str) -> Any:
        return SERVICES.client(
            service,
            endpoint_url=self.aws.url,
            aws_access_key_id=account,
            aws_secret_access_key="local",
        )

    def policy(self, name: str) -> str:
        """A managed policy that somebody else made; gives its ARN."""
        arn: str = self.iam.create_policy(PolicyName=name, PolicyDocument=document())["Policy"]["Arn"]
        return arn

    def attached(self, role: str) -> set[str]:
        return {
            item["PolicyArn"]
            for item in self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        }

    def inline(self, role: str) -> set[str]:
        return set(self.iam.list_role_policies(RoleName=role)["PolicyNames"])

    def role(self, name: str = "web") -> Any:
        return self.iam.get_role(RoleName=name)["Role"]
