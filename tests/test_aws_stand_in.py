"""The stand-in for pulumi-aws's plugin, as the engine talks to it: gRPC on one side, IAM over HTTP on the other."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from proton_provider.local import LocalAws

PROGRAM = Path(__file__).parents[1] / "scripts" / "without_downloads" / "aws_stand_in" / "pulumi-resource-aws"
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


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    """A plugin that no test needs configured."""
    with running() as started:
        yield started


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


@pytest.fixture
def account(plugin: Plugin, running_aws: LocalAws) -> Account:
    return Account(plugin, running_aws)


class TestProcess:
    """How the engine knows it, and what it does not serve. Its start and end are those of every plugin."""

    def test_it_is_the_version_that_the_python_package_asks_for(self, plugin: Plugin) -> None:
        """The engine takes the stand-in for the plugin of the installed pulumi-aws."""
        info = plugin.stub.GetPluginInfo(empty_pb2.Empty())
        assert info.version == importlib.metadata.version("pulumi-aws")

    def test_what_it_does_not_serve_is_unimplemented(self, plugin: Plugin) -> None:
        """The engine is told in the protocol's own way which calls there are not."""
        for call, request in (
            (plugin.stub.Parameterize, provider_pb2.ParameterizeRequest()),
            (plugin.stub.Construct, provider_pb2.ConstructRequest()),
            (plugin.stub.GetMapping, provider_pb2.GetMappingRequest()),
            (plugin.stub.Handshake, provider_pb2.ProviderHandshakeRequest()),
            (plugin.stub.DiffConfig, provider_pb2.DiffRequest()),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                call(request)
            assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED

    def test_a_defect_of_its_own_is_a_sentence_too(self) -> None:
        """What nobody foresaw is named with the call that met it; the trace goes to the engine's debug log."""
        logged = []

        class Engine(engine_pb2_grpc.EngineServicer):
            def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
                logged.append((request.severity, request.message))
                return empty_pb2.Empty()

        engine = grpc.server(ThreadPoolExecutor())
        engine_pb2_grpc.add_EngineServicer_to_server(Engine(), engine)
        port = engine.add_insecure_port("127.0.0.1:0")
        engine.start()
        with running(f"127.0.0.1:{port}") as started, refused() as sentence:
            started.stub.Read(provider_pb2.ReadRequest(urn="no URN"))
        engine.stop(None).wait()
        assert sentence() == "the stand-in for pulumi-aws failed in Read: IndexError: list index out of range"
        assert [severity for severity, _message in logged] == [engine_pb2.DEBUG]
        assert logged[0][1].startswith("Traceback")


class TestUnsupported:
    """What only the real plugin can do says so in one sentence, and how to get it."""

    HINT = f"`pulumi plugin install resource aws {importlib.metadata.version('pulumi-aws')} --reinstall`"

    def test_other_resources(self, plugin: Plugin) -> None:
        """A bucket fails when it is checked, in a preview as in an update."""
        _inputs, failures = plugin.check("aws:s3/bucket:Bucket", {})
        assert failures.keys() == {""}
        assert failures[""].startswith(
            "The resource type aws:s3/bucket:Bucket is not supported by the stand-in"
        )
        assert self.HINT in failures[""]

    def test_other_resources_that_are_read(self, plugin: Plugin) -> None:
        """So does one that a program only reads, or that an older state holds."""
        with refused() as sentence:
            plugin.read("aws:s3/bucket:Bucket", "shop")
        assert self.HINT in sentence()

    @pytest.mark.parametrize(
        ("token", "name"),
        [
            (POLICY, "delayAfterPolicyCreationInMs"),
            (ROLE, "forceDetachPolicies"),
            (ROLE, "inlinePolicies"),
            (ROLE, "managedPolicyArns"),
        ],
    )
    def test_other_inputs(self, plugin: Plugin, token: str, name: str) -> None:
        """An input that the stand-in would not act on is no input."""
        _inputs, failures = plugin.check(token, {**INPUTS[token], name: []})
        assert failures.keys() == {name}
        assert self.HINT in failures[name]

    def test_other_functions(self, plugin: Plugin) -> None:
        """So is a function that no example calls."""
        with refused() as sentence:
            plugin.invoke("aws:iam/getRole:getRole", {"name": "web"})
        assert self.HINT in sentence()

    def test_configuration_that_would_matter(self, plugin: Plugin) -> None:
        """A key that changes what the real plugin does is refused, one that does not is ignored."""
        _inputs, failures = plugin.check_config(
            {
                "region": "us-east-1",
                "ignoreTags": '{"keys": ["a"]}',
                "s3UsePathStyle": "true",
                "insecure": "false",
            }
        )
        assert failures.keys() == {"ignoreTags"}
        assert self.HINT in failures["ignoreTags"]


LONG = "x" * 65


class TestCheck:
    """Inputs before anything happens."""

    @pytest.mark.parametrize(
        ("token", "change", "name", "words"),
        [
            (ROLE, {"assumeRolePolicy": None}, "assumeRolePolicy", "is required"),
            (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "contains invalid JSON"),
            (ROLE, {"assumeRolePolicy": "[]"}, "assumeRolePolicy", "must be a JSON object"),
            (ROLE, {"assumeRolePolicy": 5}, "assumeRolePolicy", "must be a string of JSON or an object"),
            (ROLE, {"description": "x" * 1001}, "description", "0 to 1000 characters"),
            (ROLE, {"maxSessionDuration": 60}, "maxSessionDuration", "from 3600 to 43200"),
            (ROLE, {"maxSessionDuration": True}, "maxSessionDuration", "a whole number"),
            (ROLE, {"name": LONG}, "name", "1 to 64 characters"),
            (ROLE, {"name": "a b"}, "name", "letters, digits and"),
            (ROLE, {"name": "a\n"}, "name", "letters, digits and"),
            (ROLE, {"name": "a", "namePrefix": "b"}, "namePrefix", "cannot be set together with name"),
            (ROLE, {"namePrefix": "x" * 39}, "namePrefix", "1 to 38 characters"),
            (ROLE, {"path": "team"}, "path", "begin and end with a slash"),
            (ROLE, {"permissionsBoundary": "x"}, "permissionsBoundary", "must be an ARN"),
            (ROLE, {"tags": {"a": ["b"]}}, "tags", "must be a map of strings, and a is none"),
            (ROLE_POLICY, {"role": None}, "role", "is required"),
            (ROLE_POLICY, {"policy": "{"}, "policy", "contains invalid JSON"),
            (ROLE_POLICY, {"role": "arn:aws:iam::123456789012:role/web"}, "role", "letters, digits and"),
            (ATTACHMENT, {"policyArn": None}, "policyArn", "is required"),
            (ATTACHMENT, {"policyArn": "shared"}, "policyArn", "must be an ARN"),
            (POLICY, {"policy": None}, "policy", "is required"),
            (POLICY, {"name": "x" * 129}, "name", "1 to 128 characters"),
        ],
    )
    def test_what_is_wrong_is_one_failure_of_its_property(
        self, plugin: Plugin, token: str, change: Properties, name: str, words: str
    ) -> None:
        """Each rule that IAM or pulumi-aws has is told where it is broken."""
        _inputs, failures = plugin.check(token, {**INPUTS[token], **change})
        assert failures.keys() == {name}
        assert words in failures[name]

    def test_everything_that_is_wrong_is_told_at_once(self, plugin: Plugin) -> None:
        """A program with three mistakes needs one preview to find them."""
        _inputs, failures = plugin.check(ROLE, {"path": "x", "maxSessionDuration": 1})
        assert failures.keys() == {"assumeRolePolicy", "path", "maxSessionDuration"}

    @pytest.mark.parametrize("token", INPUTS)
    def test_unknown_values_are_never_wrong(self, plugin: Plugin, token: str) -> None:
        """A preview whose inputs are all unknown passes check, diff, creation and update, and stays unknown."""
        state = plugin.create(token, plugin.inputs(token, INPUTS[token]), preview=True)[1]
        names = [
            name
            for name in state
            if name not in ("arn", "createDate", "uniqueId", "attachmentCount", "policyId", "tagsAll")
        ]
        names = [name for name in names if name not in ("namePrefix", "inlinePolicies", "managedPolicyArns")]
        inputs = plugin.inputs(token, dict.fromkeys(names, UNKNOWN))
        assert {inputs[name] for name in names} == {UNKNOWN}
        assert set(names) <= plugin.changes(token, state, inputs)
        created = plugin.create(token, inputs, preview=True)[1]
        updated = plugin.update(token, "web", state, inputs, preview=True)
        assert all(bag[name] == UNKNOWN for bag in (created, updated) for name in names)

    def test_defaults_are_filled_in_and_marked(self, plugin: Plugin) -> None:
        """The defaults of pulumi-aws show in inputs, and `__defaults` tells them from the program's own."""
        inputs = plugin.inputs(ROLE, INPUTS[ROLE])
        assert inputs.pop("name").startswith("web-")
        assert inputs == {
            **INPUTS[ROLE],
            "maxSessionDuration": 3600,
            "path": "/",
            "tagsAll": {},
            "__defaults": ["maxSessionDuration", "name", "path"],
        }

    def test_an_automatic_name_stays_until_a_replacement(self, plugin: Plugin) -> None:
        """The name is NAME-7 hex digits, the same in every update, and new where there are no old inputs."""
        first = plugin.inputs(ROLE, INPUTS[ROLE])
        assert plugin.inputs(ROLE, INPUTS[ROLE], {**first, "name": "web-0000000"})["name"] == "web-0000000"
        name, digits = first["name"].rsplit("-")
        assert (name, len(digits)) == ("web", 7)
        assert set(digits) <= set("0123456789abcdef")

    def test_a_name_that_the_program_gave_up_is_kept(self, plugin: Plugin) -> None:
        """A name that was the program's own stays when it is taken out, as a default: nothing is replaced."""
        olds = plugin.inputs(ROLE, {**INPUTS[ROLE], "name": "mine"})
        inputs = plugin.inputs(ROLE, INPUTS[ROLE], olds)
        assert inputs["name"] == "mine"
        assert "name" in inputs["__defaults"]
        assert plugin.changes(ROLE, role_state(name="mine"), inputs) == set()
        later = plugin.inputs(ROLE, {**INPUTS[ROLE], "path": "/team/"}, inputs)
        assert not plugin.diff(ROLE, role_state(name="mine"), later).deleteBeforeReplace
        assert plugin.inputs(ROLE, INPUTS[ROLE], {})["name"].startswith("web-")

    def test_a_resource_whose_name_is_too_long_is_told_so(self, plugin: Plugin) -> None:
        """An automatic name that IAM would refuse fails at preview."""
        _inputs, failures = plugin.check(ROLE, INPUTS[ROLE], name="x" * 60)
        assert "longer than 64 characters" in failures["name"]

    def test_documents_may_be_objects(self, plugin: Plugin) -> None:
        """They become text, as in pulumi-aws; an object with an unknown in it is unknown."""
        inputs = plugin.inputs(ROLE, {"assumeRolePolicy": json.loads(TRUST)})
        assert json.loads(inputs["assumeRolePolicy"]) == json.loads(TRUST)
        unknown = plugin.inputs(ROLE, {"assumeRolePolicy": {"Statement": UNKNOWN}})
        assert unknown["assumeRolePolicy"] == UNKNOWN

    def test_wrapped_values_are_taken_as_what_they_hold(self, plugin: Plugin) -> None:
        """Secrets, outputs and resources of the wire are their values; an output without one is unknown."""
        signature = "4dabf18193072939515e22adb298388d"
        secret = {signature: "1b47061264138c4ac30d75fd1eb44270", "value": document()}
        output = {signature: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
        resource = {signature: "5cf8f73096256a8f31e491e813e4eb8e", "urn": urn(ROLE), "id": "web"}
        inputs = plugin.inputs(ROLE_POLICY, {"policy": secret, "role": resource, "name": output})
        assert (inputs["policy"], inputs["role"], inputs["name"]) == (document(), "web", UNKNOWN)


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


BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
SHARED = "arn:aws:iam::123456789012:policy/shared"
AUTOMATIC = {"name": "web-1234567", "__defaults": ["name"]}


class TestDiff:
    """What a change of the program, or drift, comes to."""

    @pytest.mark.parametrize(
        ("state", "change", "found", "replaces"),
        [
            ({}, {}, set(), set()),
            ({}, {"assumeRolePolicy": document()}, {"assumeRolePolicy"}, set()),
            ({}, {"description": "x"}, {"description"}, set()),
            ({"description": "x"}, {}, {"description"}, set()),
            ({}, {"maxSessionDuration": 7200}, {"maxSessionDuration"}, set()),
            ({"maxSessionDuration": 7200}, {}, {"maxSessionDuration"}, set()),
            ({}, {"permissionsBoundary": BOUNDARY}, {"permissionsBoundary"}, set()),
            ({"permissionsBoundary": BOUNDARY}, {}, {"permissionsBoundary"}, set()),
            ({}, {"path": "/team/"}, {"path"}, {"path"}),
            ({}, {"name": "other"}, {"name"}, {"name"}),
            ({}, {"name": None, "namePrefix": "x-"}, {"namePrefix"}, {"namePrefix"}),
            ({}, {"tags": {"a": "b"}}, {"tags", "tagsAll"}, set()),
            ({"tags": {"a": "b"}, "tagsAll": {"a": "b"}}, {}, {"tags", "tagsAll"}, set()),
        ],
    )
    def test_of_a_role(
        self, plugin: Plugin, state: Properties, change: Properties, found: set[str], replaces: set[str]
    ) -> None:
        """Name and path of a role replace it, all else changes in place."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], **change}, AUTOMATIC)
        answer = plugin.diff(ROLE, role_state(**state), inputs)
        assert set(answer.diffs) == found
        assert set(answer.replaces) == replaces
        assert set(answer.detailedDiff) == found
        assert answer.changes == (answer.DIFF_SOME if found else answer.DIFF_NONE)

    @pytest.mark.parametrize(
        ("token", "change", "replaces"),
        [
            (ROLE_POLICY, {"policy": document("a:b")}, set()),
            (ROLE_POLICY, {"role": "other"}, {"role"}),
            (ROLE_POLICY, {"name": "other"}, {"name"}),
            (ATTACHMENT, {"role": "other"}, {"role"}),
            (ATTACHMENT, {"policyArn": SHARED + "2"}, {"policyArn"}),
            (POLICY, {"policy": document("a:b")}, set()),
            (POLICY, {"description": "x"}, {"description"}),
            (POLICY, {"path": "/team/"}, {"path"}),
            (POLICY, {"name": "other"}, {"name"}),
        ],
    )
    def test_of_the_others(self, plugin: Plugin, token: str, change: Properties, replaces: set[str]) -> None:
        """Whose properties AWS cannot change is replaced."""
        old = plugin.inputs(token, INPUTS[token])
        state = plugin.create(token, old, preview=True)[1]
        answer = plugin.diff(token, state, plugin.inputs(token, {**INPUTS[token], **change}, old))
        assert set(answer.diffs) == change.keys()
        assert set(answer.replaces) == replaces
        unchanged = plugin.inputs(token, INPUTS[token], old)
        assert plugin.changes(token, {**state, **unchanged}, unchanged) == set()

    @pytest.mark.parametrize(
        ("token", "own", "deleted_first"),
        [
            (ROLE, {"name": "mine", "path": "/team/"}, True),
            (ROLE, {"path": "/team/"}, False),
            (POLICY, {"name": "mine", "path": "/team/"}, True),
            (POLICY, {"path": "/team/"}, False),
            (ROLE_POLICY, {"name": "mine", "role": "other"}, True),
            (ROLE_POLICY, {"role": "other"}, False),
            (ATTACHMENT, {"role": "other"}, True),
        ],
    )
    def test_a_fixed_name_is_free_before_the_replacement_is_made(
        self, plugin: Plugin, token: str, own: Properties, deleted_first: bool
    ) -> None:
        """The old one goes first where both would have one name, and where its deletion would undo the new one."""
        name = {key: value for key, value in own.items() if key == "name"}
        old = plugin.inputs(token, {**INPUTS[token], **name})
        state = plugin.create(token, old, preview=True)[1]
        answer = plugin.diff(token, state, plugin.inputs(token, {**INPUTS[token], **own}, old))
        assert answer.deleteBeforeReplace is deleted_first

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ('{"Version":"1","Statement":[]}', '{ "Statement": [], "Version": "1" }', True),
            (document(["a:b", "c:d"]), document(["c:d", "a:b"]), True),
            (document(["a:b"]), document("a:b"), True),
            (document("a:b"), document("a:c"), False),
            (document(Principal={"AWS": "*"}), document(Principal="*"), True),
            (
                document(Principal={"AWS": "123456789012"}),
                document(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
                True,
            ),
            (document(Principal={"AWS": "123456789012"}), document(Principal={"AWS": "123456789013"}), False),
            (
                document(Condition={"Bool": {"aws:X": True}}),
                document(Condition={"Bool": {"aws:X": ["true"]}}),
                True,
            ),
            (
                document(Condition={"Bool": {"aws:X": "true"}}),
                document(Condition={"Bool": {"aws:X": "false"}}),
                False,
            ),
            ('{"Statement":{"Action":"a:b"}}', '{"Statement":[{"Action":["a:b"]}]}', True),
            ('{"Statement":[{"Sid":"a"},{"Sid":"b"}]}', '{"Statement":[{"Sid":"b"},{"Sid":"a"}]}', True),
            ('{"Statement":[{"Sid":"a"}]}', '{"Statement":[{"Sid":"a"},{"Sid":"a"}]}', False),
            ('{"Statement":["odd"]}', '{"Statement":[{"Principal":7,"Condition":7}]}', False),
        ],
    )
    def test_documents_that_mean_the_same_are_no_change(
        self, plugin: Plugin, one: str, other: str, same: bool
    ) -> None:
        """White space, order and IAM's other notations do not count; what IAM tells apart does."""
        state = {"name": "inline", "policy": one, "role": "web"}
        inputs = {"name": "inline", "policy": other, "role": "web"}
        assert plugin.changes(ROLE_POLICY, state, inputs) == (set() if same else {"policy"})

    @pytest.mark.parametrize(
        ("ignored", "found"),
        [
            (["description"], {"tags", "tagsAll"}),
            (["tags"], {"description"}),
            (["tags.owner"], {"description"}),
            (['tags["owner"]', "description"], set()),
            (["*"], set()),
            (["path"], {"description", "tags", "tagsAll"}),
        ],
    )
    def test_ignored_drift_is_no_change(self, plugin: Plugin, ignored: list[str], found: set[str]) -> None:
        """What `ignoreChanges` names is left as it is, a single tag too."""
        state = role_state(description="by hand", tags={"owner": "x"}, tagsAll={"owner": "x"})
        inputs = plugin.inputs(ROLE, INPUTS[ROLE], AUTOMATIC)
        assert plugin.changes(ROLE, state, inputs, ignored) == found

    def test_state_of_the_real_plugin_is_read(self, plugin: Plugin) -> None:
        """The bookkeeping that the real plugin nests in its state is no difference."""
        own = {"name": "a", "policy": "{}"}
        state = role_state(
            inlinePolicies=[{**own, "__defaults": []}], tags={"a": "b", "__defaults": []}, __meta="{}"
        )
        inputs = {**INPUTS[ROLE], **AUTOMATIC, "path": "/", "maxSessionDuration": 3600}
        assert plugin.changes(ROLE, state, {**inputs, "tags": {"a": "b"}}) == set()


class TestPreview:
    """Outputs before AWS was asked."""

    def test_of_a_new_role(self, plugin: Plugin) -> None:
        """What the program says is known, what AWS will say is not."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], "tags": {"a": "b"}})
        resource_id, outputs = plugin.create(ROLE, inputs, preview=True)
        assert resource_id == ""
        unknown = {name for name, value in outputs.items() if value == UNKNOWN}
        assert unknown == {
            "arn",
            "createDate",
            "uniqueId",
            "inlinePolicies",
            "managedPolicyArns",
            "namePrefix",
        }
        assert (outputs["name"], outputs["path"], outputs["tagsAll"]) == (inputs["name"], "/", {"a": "b"})

    def test_of_a_role_with_a_prefix(self, plugin: Plugin) -> None:
        """A name that is only made at creation is unknown until then."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], "namePrefix": "web-"})
        outputs = plugin.create(ROLE, inputs, preview=True)[1]
        assert (outputs["name"], outputs["namePrefix"]) == (UNKNOWN, "web-")

    def test_of_a_changed_role(self, plugin: Plugin) -> None:
        """A change in place keeps the ARN known, so nothing that depends on it looks changed."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], "description": "new"}, AUTOMATIC)
        outputs = plugin.update(ROLE, "web-1234567", role_state(), inputs, preview=True)
        assert outputs == {**role_state(description="new"), "id": "web-1234567"}


class TestRole:
    """A role in IAM."""

    def test_is_made_as_the_program_says(self, account: Account) -> None:
        """Every property of the program is a property of the role, and the outputs say what IAM has."""
        boundary = account.policy("boundary")
        role_id, state, _inputs = account.plugin.make(
            ROLE,
            {
                "assumeRolePolicy": TRUST,
                "description": "for Proton",
                "maxSessionDuration": 7200,
                "name": "web",
                "path": "/team/",
                "permissionsBoundary": boundary,
                "tags": {"a": "b"},
            },
        )
        role = account.role()
        assert role_id == state["id"] == state["name"] == "web"
        assert (state["arn"], state["uniqueId"]) == (role["Arn"], role["RoleId"])
        assert state["createDate"] == role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert (role["Description"], role["MaxSessionDuration"], role["Path"]) == (
            "for Proton",
            7200,
            "/team/",
        )
        assert (
            role["PermissionsBoundary"]["PermissionsBoundaryArn"] == state["permissionsBoundary"] == boundary
        )
        assert role["Tags"] == [{"Key": "a", "Value": "b"}]
        assert role["AssumeRolePolicyDocument"] == json.loads(state["assumeRolePolicy"]) == json.loads(TRUST)

    def test_leaves_no_output_out(self, account: Account) -> None:
        """Every declared output is in state: a missing one would be unknown in every preview."""
        _id, state, _inputs = account.plugin.make(ROLE, INPUTS[ROLE])
        assert state.keys() == {*role_state(), "createDate", "uniqueId", "id"}
        assert [name for name, value in state.items() if value is None] == ["tags"]

    def test_gets_a_unique_name_from_a_prefix(self, account: Account) -> None:
        """Two roles of one prefix have two names, each of which begins with it."""
        names = {account.plugin.make(ROLE, {**INPUTS[ROLE], "namePrefix": "web-"})[0] for _ in range(2)}
        assert len(names) == 2
        assert all(name.startswith("web-") and len(name) == 30 for name in names)

    def test_is_unchanged_by_the_same_program(self, account: Account) -> None:
        """What was just made differs from its program in nothing, after a refresh as well."""
        news = {**INPUTS[ROLE], "tags": {"a": "b"}}
        role_id, state, inputs = account.plugin.make(ROLE, news)
        assert account.plugin.changes(ROLE, state, account.plugin.inputs(ROLE, news, inputs)) == set()
        assert account.plugin.read(ROLE, role_id, state, inputs) == (role_id, state, inputs)

    @pytest.mark.parametrize(
        "change",
        [
            {"assumeRolePolicy": OTHER_TRUST},
            {"description": "changed"},
            {"maxSessionDuration": 43200},
            {"permissionsBoundary": None},
            {"tags": {"a": "changed", "c": "new"}},
            {"tags": None, "description": None},
        ],
        ids="-".join,
    )
    def test_is_changed_in_place(self, account: Account, change: Properties) -> None:
        """Each property takes its new value in IAM, alone, and then there is nothing left to change."""
        plugin = account.plugin
        shared = account.policy("shared")
        news = {
            **INPUTS[ROLE],
            "description": "first",
            "maxSessionDuration": 7200,
            "permissionsBoundary": shared,
            "tags": {"a": "b", "b": "c"},
        }
        role_id, state, inputs = plugin.make(ROLE, news)
        wanted = plugin.inputs(ROLE, {**news, **change}, inputs)
        updated = plugin.update(ROLE, role_id, state, wanted)
        assert plugin.changes(ROLE, updated, wanted) == set()
        assert plugin.read(ROLE, role_id, updated, wanted)[1] == updated
        changed = {name for name in updated if updated[name] != state[name]}
        assert changed - {"tagsAll"} == change.keys()

    @pytest.mark.parametrize(
        ("drift", "properties"),
        [
            (
                lambda it: it.iam.update_assume_role_policy(RoleName="web", PolicyDocument=OTHER_TRUST),
                {"assumeRolePolicy"},
            ),
            (
                lambda it: it.iam.update_role(RoleName="web", Description="x", MaxSessionDuration=3600),
                {"description"},
            ),
            (
                lambda it: it.iam.update_role(RoleName="web", Description="", MaxSessionDuration=7200),
                {"maxSessionDuration"},
            ),
            (
                lambda it: it.iam.put_role_permissions_boundary(
                    RoleName="web", PermissionsBoundary=it.policy("x")
                ),
                {"permissionsBoundary"},
            ),
            (
                lambda it: it.iam.tag_role(RoleName="web", Tags=[{"Key": "x", "Value": "y"}]),
                {"tags", "tagsAll"},
            ),
            (lambda it: it.iam.untag_role(RoleName="web", TagKeys=["a"]), {"tags", "tagsAll"}),
        ],
    )
    def test_drift_is_seen_and_healed(
        self, account: Account, drift: Callable[[Account], object], properties: set[str]
    ) -> None:
        """A refresh shows each property that somebody changed; the next update makes it the program's again."""
        plugin = account.plugin
        news = {**INPUTS[ROLE], "name": "web", "tags": {"a": "b"}}
        role_id, state, inputs = plugin.make(ROLE, news)
        drift(account)
        _id, drifted, live = plugin.read(ROLE, role_id, state, inputs)
        assert plugin.changes(ROLE, drifted, inputs) == properties
        assert {name for name in live if live[name] != inputs[name]} == properties & inputs.keys()
        assert plugin.update(ROLE, role_id, drifted, inputs) == state

    def test_is_not_torn_from_what_others_attached(self, account: Account) -> None:
        """IAM's refusal is the answer, and the role stays."""
        plugin = account.plugin
        role_id, state, _inputs = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        account.iam.attach_role_policy(RoleName="web", PolicyArn=account.policy("shared"))
        with refused() as sentence:
            plugin.delete(ROLE, role_id, state)
        assert sentence().startswith("deleting IAM role web: DeleteConflict: ")
        assert account.attached("web")

    def test_takes_along_what_a_refresh_has_seen(self, account: Account) -> None:
        """Policies that an import or a refresh found on it are in its outputs, and go when it goes, as in pulumi-aws."""
        plugin = account.plugin
        role_id, state, inputs = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        shared = account.policy("shared")
        account.iam.attach_role_policy(RoleName="web", PolicyArn=shared)
        account.iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=document())
        _id, state, live = plugin.read(ROLE, role_id, state, inputs)
        assert live == inputs
        assert state["managedPolicyArns"] == [shared]
        assert [(item["name"], json.loads(item["policy"])) for item in state["inlinePolicies"]] == [
            ("own", json.loads(document()))
        ]
        assert plugin.changes(ROLE, state, inputs) == set()
        plugin.delete(ROLE, role_id, state)
        assert account.iam.list_roles()["Roles"] == []

    @pytest.mark.parametrize(
        ("change", "calls"),
        [
            ({"description": "new"}, ["UpdateRoleDescription"]),
            ({"description": None}, ["UpdateRoleDescription"]),
            ({"maxSessionDuration": 7200}, ["UpdateRole"]),
            ({"description": "new", "maxSessionDuration": 7200}, ["UpdateRole", "UpdateRoleDescription"]),
        ],
    )
    def test_descriptions_change_by_the_calls_of_the_real_plugin(
        self, account: Account, change: Properties, calls: list[str]
    ) -> None:
        """A description has a call of its own; UpdateRole never names one, so that AWS keeps what there is."""
        plugin = account.plugin
        news = {**INPUTS[ROLE], "name": "web", "description": "old"}
        role_id, state, inputs = plugin.make(ROLE, news)
        before = len(account.aws.requests)
        plugin.update(ROLE, role_id, state, plugin.inputs(ROLE, {**news, **change}, inputs))
        made = [
            request for request in account.aws.requests[before:] if request.operation.startswith("Update")
        ]
        assert [request.operation for request in made] == calls
        assert all(
            "Description" not in request.parameters for request in made if request.operation == "UpdateRole"
        )


class TestRolePolicy:
    """An inline policy of its own."""

    def test_lives_in_its_role(self, account: Account) -> None:
        """It is made, changed, found after drift and deleted; its id is ROLE:NAME."""
        plugin = account.plugin
        account.iam.create_role(RoleName="web", AssumeRolePolicyDocument=TRUST)
        policy_id, state, inputs = plugin.make(ROLE_POLICY, {**INPUTS[ROLE_POLICY], "name": "s3"})
        assert policy_id == "web:s3"
        assert state == {
            "id": "web:s3",
            "name": "s3",
            "namePrefix": "",
            "policy": state["policy"],
            "role": "web",
        }
        assert state["policy"].startswith('{"Statement":[{"Action":')
        assert plugin.read(ROLE_POLICY, policy_id, state, inputs) == (policy_id, state, inputs)
        wanted = {**inputs, "policy": document("a:b")}
        state = plugin.update(ROLE_POLICY, policy_id, state, wanted)
        assert plugin.changes(ROLE_POLICY, state, wanted) == set()
        account.iam.put_role_policy(RoleName="web", PolicyName="s3", PolicyDocument=document("c:d"))
        _id, drifted, live = plugin.read(ROLE_POLICY, policy_id, state, wanted)
        assert json.loads(drifted["policy"]) == json.loads(live["policy"]) == json.loads(document("c:d"))
        plugin.delete(ROLE_POLICY, policy_id, state)
        assert account.inline("web") == set()


class TestRolePolicyAttachment:
    """A managed policy on a role."""

    def test_is_one_attachment(self, account: Account) -> None:
        """It is made, found, seen as gone when somebody detached it, and deleted; its id is ROLE/ARN."""
        plugin = account.plugin
        account.iam.create_role(RoleName="web", AssumeRolePolicyDocument=TRUST)
        arn = account.policy("shared")
        attachment_id, state, inputs = plugin.make(ATTACHMENT, {"role": "web", "policyArn": arn})
        assert attachment_id == f"web/{arn}"
        assert plugin.read(ATTACHMENT, attachment_id, state, inputs) == (attachment_id, state, inputs)
        plugin.delete(ATTACHMENT, attachment_id, state)
        assert account.attached("web") == set()
        assert plugin.read(ATTACHMENT, attachment_id, state, inputs) == ("", {}, {})


class TestPolicy:
    """A managed policy."""

    def test_is_made_as_the_program_says(self, account: Account) -> None:
        """Every property of the program is a property of the policy, and the outputs say what IAM has."""
        news = {**INPUTS[POLICY], "name": "shared", "path": "/team/", "description": "d", "tags": {"a": "b"}}
        policy_id, state, inputs = account.plugin.make(POLICY, news)
        live = account.iam.get_policy(PolicyArn=policy_id)["Policy"]
        assert policy_id == state["arn"] == f"arn:aws:iam::{account.number}:policy/team/shared"
        assert (live["Description"], live["Tags"]) == ("d", [{"Key": "a", "Value": "b"}])
        assert (state["policyId"], state["attachmentCount"]) == (live["PolicyId"], 0)
        assert account.plugin.read(POLICY, policy_id, state, inputs) == (policy_id, state, inputs)

    def test_gets_new_versions_for_ever(self, account: Account) -> None:
        """Each changed document is the new default version; the oldest one makes room where IAM allows no more."""
        plugin = account.plugin
        policy_id, state, inputs = plugin.make(POLICY, {**INPUTS[POLICY], "tags": {"a": "b"}})
        for number in range(7):
            inputs = {
                **inputs,
                "policy": document(f"a:{number}"),
                "tags": {"n": str(number)},
                "tagsAll": {"n": str(number)},
            }
            state = plugin.update(POLICY, policy_id, state, inputs)
            assert plugin.changes(POLICY, state, inputs) == set()
        versions = account.iam.list_policy_versions(PolicyArn=policy_id)["Versions"]
        assert {version["VersionId"] for version in versions} == {"v4", "v5", "v6", "v7", "v8"}
        assert account.iam.list_policy_tags(PolicyArn=policy_id)["Tags"] == [{"Key": "n", "Value": "6"}]
        plugin.delete(POLICY, policy_id, state)
        assert account.iam.list_policies(Scope="Local")["Policies"] == []


class TestEvery:
    """What holds for all four."""

    @pytest.fixture
    def made(self, account: Account) -> dict[str, tuple[str, Properties, Properties]]:
        """One of each: id, state and inputs."""
        plugin = account.plugin
        role = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web", "tags": {"a": "b"}})
        policy = plugin.make(POLICY, {**INPUTS[POLICY], "name": "shared"})
        inline = plugin.make(ROLE_POLICY, {**INPUTS[ROLE_POLICY], "name": "inline"})
        attachment = plugin.make(ATTACHMENT, {"role": "web", "policyArn": policy[0]})
        return {ATTACHMENT: attachment, ROLE_POLICY: inline, POLICY: policy, ROLE: role}

    def test_gone_is_told_and_no_failure_to_delete(
        self, account: Account, made: dict[str, tuple[str, Properties, Properties]]
    ) -> None:
        """What somebody deleted is read as gone, and deleting it again succeeds."""
        for token, (resource_id, state, inputs) in made.items():
            account.plugin.delete(token, resource_id, state)
            assert account.plugin.read(token, resource_id, state, inputs) == ("", {}, {})
            account.plugin.delete(token, resource_id, state)

    def test_an_import_gives_the_inputs_of_a_program(
        self, account: Account, made: dict[str, tuple[str, Properties, Properties]]
    ) -> None:
        """What is read by its id alone has outputs, and inputs with which nothing is left to change."""
        for token, (resource_id, state, _inputs) in made.items():
            found, outputs, inputs = account.plugin.read(token, resource_id)
            assert (found, outputs.keys()) == (resource_id, state.keys())
            assert inputs.pop("__defaults") == []
            assert account.plugin.changes(token, outputs, account.plugin.inputs(token, inputs)) == set()

    def test_ids_that_cannot_be_are_told_apart(self, account: Account) -> None:
        """An import with an id of the wrong form says which form is right."""
        for token, form in (
            (ROLE_POLICY, "<role name>:<policy name>"),
            (ATTACHMENT, "<role name>/<policy ARN>"),
        ):
            with refused() as sentence:
                account.plugin.read(token, "web")
            assert form in sentence()

    def test_an_unchanged_resource_costs_no_call(
        self, account: Account, made: dict[str, tuple[str, Properties, Properties]]
    ) -> None:
        """Check and diff ask AWS nothing."""
        before = len(account.aws.requests)
        for token, (_id, state, inputs) in made.items():
            again = {name: value for name, value in inputs.items() if name not in ("tagsAll", "__defaults")}
            assert account.plugin.changes(token, state, account.plugin.inputs(token, again, inputs)) == set()
        assert len(account.aws.requests) == before

    def test_a_refusal_of_aws_is_one_sentence(self, account: Account) -> None:
        """What failed, AWS's code and AWS's words; the engine is told that nothing was done."""
        account.plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        inputs = account.plugin.inputs(ROLE, {**INPUTS[ROLE], "name": "web"})
        with pytest.raises(grpc.RpcError) as caught:
            account.plugin.create(ROLE, inputs)
        assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert (caught.value.details() or "").startswith("creating IAM role web: EntityAlreadyExists: ")

    def test_an_endpoint_that_is_not_there_is_one_sentence(self, account: Account) -> None:
        """A dead endpoint is named, and never read as "gone"."""
        account.plugin.configure(
            {**account.config, "endpoints": [{"iam": "http://127.0.0.1:1"}], "maxRetries": 1}
        )
        with refused() as sentence:
            account.plugin.read(ROLE, "web")
        assert (
            sentence() == 'reading IAM role web: Could not connect to the endpoint URL: "http://127.0.0.1:1/"'
        )


class TestTags:
    """Default tags of the provider, and a resource's own."""

    @pytest.mark.parametrize("token", [ROLE, POLICY])
    def test_default_tags_are_on_everything_and_not_the_resources_own(
        self, account: Account, token: str
    ) -> None:
        """They show in `tagsAll` at preview and in AWS, not in `tags`; the resource's own win."""
        plugin = account.plugin
        plugin.configure({**account.config, "defaultTags": '{"tags": {"team": "x", "owner": "y"}}'})
        resource_id, state, inputs = plugin.make(token, {**INPUTS[token], "tags": {"owner": "me"}})
        assert inputs["tagsAll"] == state["tagsAll"] == {"team": "x", "owner": "me"}
        assert plugin.read(token, resource_id, state, inputs)[1]["tags"] == {"owner": "me"}

    def test_a_changed_default_tag_changes_its_resources(self, account: Account) -> None:
        """A default tag taken away is taken off the role, though the role's own program did not change."""
        plugin = account.plugin
        plugin.configure({**account.config, "defaultTags": {"tags": {"team": "x", "old": "y"}}})
        role_id, state, inputs = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        plugin.configure({**account.config, "defaultTags": {"tags": {"team": "z"}}})
        wanted = plugin.inputs(ROLE, {**INPUTS[ROLE], "name": "web"}, inputs)
        assert plugin.changes(ROLE, state, wanted) == {"tagsAll"}
        plugin.update(ROLE, role_id, state, wanted)
        assert account.role()["Tags"] == [{"Key": "team", "Value": "z"}]

    def test_a_tag_that_repeats_a_default_is_no_change(self, account: Account) -> None:
        """The same tag in the program and in the defaults does not come and go with each refresh."""
        plugin = account.plugin
        plugin.configure({**account.config, "defaultTags": {"tags": {"team": "x"}}})
        role_id, state, inputs = plugin.make(ROLE, {**INPUTS[ROLE], "tags": {"team": "x"}})
        assert plugin.read(ROLE, role_id, state, inputs) == (role_id, state, inputs)

    def test_any_key_may_be_a_tag(self, account: Account) -> None:
        """A tag whose key looks like a name of the plugin's own, or of Pulumi's, is a tag."""
        wanted = {"__team": "x", "roleArn": "y", "a.b": "z"}
        account.plugin.make(ROLE, {**INPUTS[ROLE], "name": "web", "tags": wanted})
        assert {tag["Key"]: tag["Value"] for tag in account.role()["Tags"]} == wanted


class TestConfiguration:
    """Which account, Region, credentials and endpoints."""

    @pytest.mark.parametrize(
        ("config", "key", "words"),
        [
            ({"assumeRole": '{"roleArn": "x"}'}, "assumeRole", "should be 'aws:assumeRoles'"),
            ({"assumeRoles": '[{"sessionName": "x"}]'}, "assumeRoles", "roleArn is required"),
            ({"assumeRoles": '[{"role_arn": "x"}]'}, "assumeRoles", "write aws.ProviderAssumeRoleArgs(...)"),
            ({"assumeRoles": '[{"roleArn": "x", "policy": "y"}]'}, "assumeRoles", "policy is no key"),
            ({"assumeRoles": '{"roleArn": "x"}'}, "assumeRoles", "must be a list of maps"),
            ({"endpoints": "["}, "endpoints", "cannot be read"),
            ({"endpoints": '["x"]'}, "endpoints", "must be a list of maps"),
            ({"skipCredentialsValidation": '"x"'}, "skipCredentialsValidation", "must be true or false"),
            ({"allowedAccountIds": '"1"'}, "allowedAccountIds", "must be a list"),
            ({"maxRetries": "many"}, "maxRetries", "cannot be read"),
            ({"accessKey": "a"}, "secretKey", "is required beside aws:accessKey"),
            ({"secretKey": "a"}, "accessKey", "is required beside aws:secretKey"),
        ],
    )
    def test_what_cannot_be_read_is_told_by_key(
        self, plugin: Plugin, config: Properties, key: str, words: str
    ) -> None:
        """A wrong value fails its key, and nothing is configured with it."""
        _inputs, failures = plugin.check_config(config)
        assert failures.keys() == {key}
        assert words in failures[key]
        with refused() as sentence:
            plugin.configure(config)
        assert sentence() == failures[key]

    def test_an_endpoint_that_is_no_address_is_told(self, account: Account) -> None:
        """The sentence names the service and the address."""
        with refused() as sentence:
            account.plugin.configure(
                {**account.config, "endpoints": '[{"sts": "x"}]', "skipCredentialsValidation": "false"}
            )
        assert "no client for sts can be made: Invalid endpoint: x" in sentence()

    def test_unknown_values_pass(self, plugin: Plugin) -> None:
        """A provider whose role is made in the same program can be previewed."""
        config = {"region": "us-east-1", "assumeRoles": UNKNOWN}
        assert plugin.check_config(config) == (config, {})

    def test_the_region_of_the_environment_is_written_down(self) -> None:
        """The state says which Region the environment had; AWS_REGION is taken as well."""
        with running(AWS_REGION="eu-west-1") as started:
            assert started.check_config({})[0] == {"region": "eu-west-1"}
            assert started.check_config({"region": "us-east-1"})[0] == {"region": "us-east-1"}

    def test_no_region_and_no_credentials_are_told(self) -> None:
        """Without a Region, or without credentials, the configuration fails with what to do."""
        with running() as started:
            with refused() as sentence:
                started.configure({"accessKey": "a", "secretKey": "b"})
            assert sentence().startswith("no AWS Region is set; run `pulumi config set aws:region us-west-2`")
            with refused() as sentence:
                started.configure({"region": "us-east-1"})
            assert "no AWS credentials were found; set aws:profile" in sentence()

    def test_a_profile_that_does_not_exist_is_told(self, account: Account) -> None:
        """The name of the profile is in the sentence."""
        config = {"region": "us-east-1", "profile": "nobody", "endpoints": account.config["endpoints"]}
        with refused() as sentence:
            account.plugin.configure(config)
        assert "nobody" in sentence()

    def test_the_environments_endpoint_and_keys_are_used(self, running_aws: LocalAws) -> None:
        """What boto3 reads from the environment holds where the configuration says nothing."""
        keys = {"AWS_ACCESS_KEY_ID": "499999999999", "AWS_SECRET_ACCESS_KEY": "local"}
        with running(AWS_ENDPOINT_URL=running_aws.url, **keys) as started:
            started.configure({"region": "us-east-1"})
            identity = started.invoke("aws:index/getCallerIdentity:getCallerIdentity")
        assert identity["accountId"] == "499999999999"

    @pytest.mark.parametrize("spelling", ["text", "structure"])
    def test_roles_are_assumed_one_after_the_other(self, account: Account, spelling: str) -> None:
        """The account is that of the last role, each assumed with the credentials of the one before."""
        first, second = str(next(ACCOUNTS)), str(next(ACCOUNTS))
        for number in (first, second):
            account.client("iam", number).create_role(RoleName="deployer", AssumeRolePolicyDocument=TRUST)
        roles: list[Properties] = [
            {"roleArn": f"arn:aws:iam::{first}:role/deployer", "sessionName": "one"},
            {"roleArn": f"arn:aws:iam::{second}:role/deployer", "externalId": "two"},
        ]
        text = roles if spelling == "structure" else json.dumps(roles)
        account.plugin.configure(
            {**account.config, "assumeRoles": text, "skipCredentialsValidation": "false"}
        )
        assert account.plugin.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == second
        account.plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        assert (
            account.client("iam", second)
            .get_role(RoleName="web")["Role"]["Arn"]
            .startswith(f"arn:aws:iam::{second}:")
        )

    @pytest.mark.parametrize("key", ["allowedAccountIds", "forbiddenAccountIds"])
    def test_a_wrong_account_is_refused(self, account: Account, key: str) -> None:
        """The account is looked at before anything is done, even where credentials are not validated."""
        ids = {"allowedAccountIds": "999999999999", "forbiddenAccountIds": account.number}
        with refused() as sentence:
            account.plugin.configure({**account.config, key: json.dumps([ids[key]])})
        assert sentence() == f"AWS account ID not allowed: {account.number}"


class TestFunctions:
    """What a program can ask."""

    def test_who_and_where(self, account: Account) -> None:
        """The caller is STS's answer, the partition is that of the configured Region; China is one of its own."""
        ask = account.plugin.invoke
        identity = ask("aws:index/getCallerIdentity:getCallerIdentity")
        assert identity["accountId"] == identity["id"] == account.number
        assert identity.keys() == {"accountId", "arn", "id", "userId"}
        assert ask("aws:index/getPartition:getPartition") == {
            "dnsSuffix": "amazonaws.com",
            "id": "aws",
            "partition": "aws",
            "reverseDnsPrefix": "com.amazonaws",
        }
        account.plugin.configure({**account.config, "region": "cn-north-1"})
        assert ask("aws:index/getPartition:getPartition")["reverseDnsPrefix"] == "cn.com.amazonaws"
