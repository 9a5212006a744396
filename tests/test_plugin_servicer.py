"""The native plugin's calls over its own port, against a local AWS: what the engine sends, and what it gets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import accounts
import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from proton_provider.local import LocalAws
from proton_provider.plugin import server
from proton_provider.plugin.config import MEMBERS, OF_PROVIDER, parse
from proton_provider.plugin.servicer import Provider
from proton_provider.plugin.values import UNKNOWN, decode, encode
from proton_provider.settings.resolve import resolve

ACCOUNT, MANAGEMENT = "222222222222", "111111111111"
TYPE = "proton:index:EnvironmentAccountConnection"
ABSENT = "11111111-1111-4111-8111-111111111111"


def arn(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def urn(kind: str = "Roles", parent: str = "") -> str:
    return f"urn:pulumi:test::test::{parent}{TYPE}{kind}::it"


class Calls:
    """The engine's side of one provider, in plain values."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub

    def configure(self, **config: Any) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))

    def check(
        self,
        news: Mapping[str, Any],
        olds: Mapping[str, Any] | None = None,
        *,
        kind: str = "Roles",
        secret: Any = (),
    ) -> Any:
        request = provider_pb2.CheckRequest(urn=urn(kind), olds=encode(olds or {}), news=encode(news, secret))
        return self.stub.Check(request)

    def up(
        self, news: Mapping[str, Any], *, kind: str = "Roles"
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The id, the outputs and the inputs of a resource that is made."""
        checked = self.check(news, kind=kind)
        assert list(checked.failures) == []
        made = self.stub.Create(provider_pb2.CreateRequest(urn=urn(kind), properties=checked.inputs))
        return made.id, decode(made.properties).values, decode(checked.inputs).values

    def diff(self, outputs: Any, inputs: Any, news: Any, *, kind: str = "Roles") -> Any:
        request = provider_pb2.DiffRequest(
            id=outputs["arn"].rpartition("/")[2],
            urn=urn(kind),
            olds=encode(outputs),
            old_inputs=encode(inputs),
            news=encode(news),
        )
        return self.stub.Diff(request)

    def fails(self, call: str, request: Any) -> grpc.RpcError:
        with pytest.raises(grpc.RpcError) as failed:
            getattr(self.stub, call)(request)
        return failed.value


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with LocalAws() as local:
        yield local


@contextmanager
def provider(aws: LocalAws) -> Iterator[Calls]:
    """A provider as new, configured for the local AWS."""
    running, port = server.start(Provider, server.Engine())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        made = Calls(provider_pb2_grpc.ResourceProviderStub(channel))
        made.configure(region="us-east-1", endpointUrl=aws.url)
        yield made
    running.stop(None).wait()


@pytest.fixture
def calls(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.url)
    with provider(aws) as made:
        yield made


@pytest.fixture
def connection_id(aws: LocalAws) -> str:
    made = accounts.client(aws, "proton", ACCOUNT).create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT, roleArn=arn("before")
    )
    connection_id: str = made["environmentAccountConnection"]["id"]
    return connection_id


def test_engines_attach_to_one_process_run_after_run(aws: LocalAws, calls: Calls, connection_id: str) -> None:
    """As with PULUMI_DEBUG_PROVIDERS: each run starts as in a new process, and a second provider in one is refused."""

    def configure(engine: str, provider: str) -> provider_pb2.ConfigureRequest:
        calls.stub.Attach(plugin_pb2.PluginAttach(address=engine))
        config = encode({"region": "us-east-1", "endpointUrl": aws.url})
        urn_of_provider = f"urn:pulumi:test::test::pulumi:providers:proton::{provider}"
        return provider_pb2.ConfigureRequest(urn=urn_of_provider, args=config)

    nobody, nobody_else = "127.0.0.1:1", "127.0.0.1:2"
    calls.stub.Configure(configure(nobody, "default"))
    made_id, outputs, _ = calls.up(
        {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"}
    )
    refused = calls.fails("Configure", configure(nobody, "other"))
    assert "The proton providers default and other cannot share the process" in str(refused.details())
    calls.stub.Cancel(empty_pb2.Empty())

    calls.stub.Configure(configure(nobody_else, "other"))
    # A destroy runs no program, so nothing that the run before declared keeps its roles; and no wait ends at once.
    calls.stub.Delete(provider_pb2.DeleteRequest(id=made_id, urn=urn(), properties=encode(outputs)))
    (live,) = accounts.client(aws, "proton", ACCOUNT).list_environment_account_connections(
        requestedBy="ENVIRONMENT_ACCOUNT"
    )["environmentAccountConnections"]
    assert live["roleArn"] == arn("before")


def test_pulumis_runner_of_python_plugins_starts_it(aws: LocalAws, calls: Calls, tmp_path: Path) -> None:
    """As `pulumi package add FOLDER` has it started: it prints its port, works, and ends with its engine."""
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        command = [sys.executable, "-m", "pulumi.run.plugin", "proton-provider", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
            assert process.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                run = Calls(provider_pb2_grpc.ResourceProviderStub(channel))
                assert (
                    json.loads(run.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)["name"] == "proton"
                )
                config = encode({"region": "us-east-1", "endpointUrl": aws.url})
                checked = run.stub.CheckConfig(provider_pb2.CheckRequest(news=config))
                assert (checked.inputs, list(checked.failures)) == (config, [])
                run.configure(region="us-east-1", endpointUrl=aws.url)
                given = {"environmentName": "prod", "managementAccountId": MANAGEMENT, "roleArn": arn("a")}
                assert run.up(given, kind="")[1]["status"] == "PENDING"
            engine.close()
            assert process.wait() == 0


def test_without_an_engine_the_module_says_what_starts_it() -> None:
    """Who types `python -m proton_provider` gets a sentence."""
    done = subprocess.run(
        [sys.executable, "-m", "proton_provider"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "pulumi package add" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_life(calls: Calls, aws: LocalAws, connection_id: str) -> None:
    """Check, create, diff, update, read and delete follow each other as the engine sends them."""
    given = {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"}
    made_id, outputs, inputs = calls.up(given)
    assert (made_id, outputs["managedRoleArns"], outputs["region"]) == (
        connection_id,
        {"roleArn": arn("a")},
        "us-east-1",
    )
    assert calls.diff(outputs, inputs, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE

    news = decode(calls.check({**given, "roleArn": arn("b")}, inputs).inputs).values
    different = calls.diff(outputs, inputs, news)
    assert different.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert (list(different.diffs), different.detailedDiff["roleArn"].kind) == (
        ["roleArn"],
        provider_pb2.PropertyDiff.UPDATE,
    )
    update = provider_pb2.UpdateRequest(id=made_id, urn=urn(), olds=encode(outputs), news=encode(news))
    updated = decode(calls.stub.Update(update).properties).values
    assert updated["liveRoleArns"] == {"roleArn": arn("b")}

    request = provider_pb2.ReadRequest(id=made_id, urn=urn(), properties=encode(updated), inputs=encode(news))
    read = calls.stub.Read(request)
    assert decode(read.properties).values == updated
    with provider(aws) as of_destroy:  # which runs no program
        of_destroy.stub.Delete(provider_pb2.DeleteRequest(id=made_id, urn=urn(), properties=encode(updated)))
    read = decode(calls.stub.Read(request).properties).values
    assert read["liveRoleArns"] == {"roleArn": arn("before")}


def test_a_preview_calls_nobody(calls: Calls, aws: LocalAws) -> None:
    """A preview of a create knows the inputs and what is recorded of them, with unknown inputs and without AWS."""
    checked = calls.check(
        {"connectionId": UNKNOWN, "roleArn": arn("a"), "aws": {"region": "eu-west-1", "profile": None}}
    )
    assert list(checked.failures) == []
    request = provider_pb2.CreateRequest(urn=urn(), properties=checked.inputs, preview=True)
    foreseen = decode(calls.stub.Create(request).properties)
    assert foreseen.values["managedRoleArns"] == {"roleArn": arn("a")}
    assert foreseen.values["region"] == "eu-west-1"
    assert {"connectionId", "arn", "status", "liveRoleArns", "previousRoleArns"} <= foreseen.unknown_names
    assert aws.requests == []


def test_an_import_takes_the_live_roles(calls: Calls, connection_id: str) -> None:
    """A read with nothing but an id is an import: what is live becomes the resource's own."""
    read = calls.stub.Read(provider_pb2.ReadRequest(id=connection_id, urn=urn()))
    assert decode(read.inputs).values["roleArn"] == arn("before")
    assert decode(read.properties).values["managedRoleArns"] == {"roleArn": arn("before")}
    by_arn = calls.stub.Read(provider_pb2.ReadRequest(id=decode(read.properties).values["arn"], urn=urn()))
    assert by_arn == read
    named = calls.fails("Read", provider_pb2.ReadRequest(id="prod", urn=urn()))
    assert "The id 'prod' must be the id of an environment account connection: 8-4-4" in (
        named.details() or ""
    )
    absent = calls.fails("Read", provider_pb2.ReadRequest(id=ABSENT, urn=urn()))
    assert absent.code() == grpc.StatusCode.FAILED_PRECONDITION


def test_what_is_gone_is_read_as_gone(calls: Calls, aws: LocalAws, connection_id: str) -> None:
    """A refresh of a connection that was deleted answers without an id."""
    made_id, outputs, inputs = calls.up({"connectionId": connection_id, "roleArn": arn("a")})
    accounts.client(aws, "proton", ACCOUNT).delete_environment_account_connection(id=connection_id)
    request = provider_pb2.ReadRequest(
        id=made_id, urn=urn(), properties=encode(outputs), inputs=encode(inputs)
    )
    assert calls.stub.Read(request).id == ""


def test_a_create_that_could_not_be_completed_keeps_the_connection_and_an_update_completes_it(
    calls: Calls, aws: LocalAws
) -> None:
    """The engine gets the id of the first attempt's connection, and what is certain of it: AWS refused another role."""
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT}
    first, _, _ = calls.up({**given, "roleArn": arn("a")}, kind="")
    inputs = calls.check({**given, "roleArn": arn("b")}, kind="").inputs
    words = "No.\x1b[2J " + "é" * 100_000  # gRPC carries errors in headers, which have limits
    aws.fail_next("UpdateEnvironmentAccountConnection", "ValidationException", message=words)
    failed = calls.fails("Create", provider_pb2.CreateRequest(urn=urn(""), properties=inputs))
    assert "ValidationException: No. [2J éé" in (failed.details() or "")
    metadata = {each.key: each.value for each in failed.trailing_metadata() or ()}
    status = metadata["grpc-status-details-bin"]
    kept = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(status).details[0].Unpack(kept)
    outputs = decode(kept.properties).values
    assert (kept.id, outputs["managedRoleArns"], outputs["liveRoleArns"]) == (
        first,
        {},
        {"roleArn": arn("a")},
    )
    update = provider_pb2.UpdateRequest(id=first, urn=urn(""), olds=kept.properties, news=inputs)
    updated = decode(calls.stub.Update(update).properties).values
    assert updated["managedRoleArns"] == updated["liveRoleArns"] == {"roleArn": arn("b")}


def test_a_difference_inside_a_map_is_that_of_its_members(calls: Calls) -> None:
    """A diff names each tag that is new, gone or another by its path, and a fixed input as a replacement."""
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT}
    _, outputs, inputs = calls.up({**given, "tags": {"same": "1", "other": "1", "gone": "1"}}, kind="")
    changed = {**given, "environmentName": "next", "tags": {"same": "1", "other": "2", "a new": "1"}}
    news = decode(calls.check(changed, inputs, kind="").inputs).values
    difference = provider_pb2.PropertyDiff
    found = {
        path: found.kind for path, found in calls.diff(outputs, inputs, news, kind="").detailedDiff.items()
    }
    assert {path: kind for path, kind in found.items() if not path.startswith("tagsAll")} == {
        "environmentName": difference.UPDATE_REPLACE,
        "tags.gone": difference.DELETE,
        "tags.other": difference.UPDATE,
        'tags["a new"]': difference.ADD,
    }


def test_problems_are_failures_of_properties(calls: Calls) -> None:
    """Each wrong input is a failure of its own; a map's unknown member is one of the map."""
    failures = calls.check(
        {"connectionId": "x", "roleArn": "y", "onDelete": "z", "aws": {"profil": "p"}}
    ).failures
    assert {failure.property for failure in failures} == {"connectionId", "roleArn", "onDelete", "aws"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"profile": "absent"}, "aws.profile"),
        ({"region": 3}, "aws.region"),
        ({"assumeRoleArn": "x"}, "aws.assumeRoleArn"),
        ({"externalId": "x", "sessionName": "me"}, "aws.externalId"),
        ({"allowedAccountIds": ["x"]}, "aws.allowedAccountIds"),
        ({"maxAttempts": "many"}, "aws.maxAttempts"),
        ({"endpointUrl": "nowhere"}, "aws.endpointUrl"),
        ("x", "aws"),
    ],
)
def test_a_problem_in_the_settings_has_its_path(calls: Calls, given: Any, path: str) -> None:
    """A wrong member of `aws` is a failure of its own path, whether its form is wrong or what it names is not there."""
    failures = calls.check({"connectionId": ABSENT, "roleArn": arn("a"), "aws": given}).failures
    assert [failure.property for failure in failures] == [path]


def test_secrets_come_back_as_secrets(calls: Calls, connection_id: str) -> None:
    """A secret input stays one, and so does all that is derived from it, in inputs, outputs and previews."""
    checked = calls.check({"connectionId": connection_id, "roleArn": arn("hidden")}, secret=[("roleArn",)])
    assert decode(checked.inputs).secret_names == {"roleArn"}
    derived = {"roleArn", "managedRoleArns", "previousRoleArns", "liveRoleArns"}
    for preview in (True, False):
        request = provider_pb2.CreateRequest(urn=urn(), properties=checked.inputs, preview=preview)
        assert decode(calls.stub.Create(request).properties).secret_names == derived


def test_one_name_below_two_chains_of_parents_is_two_resources(calls: Calls) -> None:
    """The whole chain counts, not the direct parent: two such connections are two requests."""
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT}
    checked = []
    for parent in ("t:i:Prod$t:i:Env$", "t:i:Staging$t:i:Env$", "t:i:Env$", ""):
        request = provider_pb2.CheckRequest(urn=urn("", parent), olds=encode({}), news=encode(given))
        checked.append(decode(calls.stub.Check(request).inputs).known)
    names = [inputs["__name"] for inputs in checked]
    assert names == ["t:i:Prod$t:i:Env$::it", "t:i:Staging$t:i:Env$::it", "t:i:Env$::it", "it"]
    assert len({inputs["__clientToken"] for inputs in checked}) == 4


def test_a_connection_is_known_by_its_urn(calls: Calls) -> None:
    """Two resources that want the same request two connections; the same one that tries again gets its own."""
    tags = {"my team": "x", "cost": 42, "left out": None}
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT, "tags": tags}
    first, _, _ = calls.up(given, kind="")
    again, outputs, inputs = calls.up(given, kind="")
    assert first == again
    assert outputs["tags"] == {"my team": "x", "cost": "42"}
    assert not any(name.startswith("__requester") for name in inputs)


def test_functions(calls: Calls, connection_id: str) -> None:
    """The data source functions answer with AWS's member names; an error about a wrong name lists the right ones."""

    def ask(name: str, **arguments: Any) -> Any:
        answer = calls.stub.Invoke(
            provider_pb2.InvokeRequest(tok=f"proton:index:{name}", args=encode(arguments))
        )
        return decode(getattr(answer, "return")).values

    found = ask("getEnvironmentAccountConnection", environmentName="prod")
    assert (found["id"], found["roleArn"], found["status"]) == (connection_id, arn("before"), "PENDING")
    (listed,) = ask("getEnvironmentAccountConnections", statuses=["PENDING"])["connections"]
    assert listed["id"] == connection_id
    assert ask("getEnvironmentAccountConnections", statuses=["CONNECTED"]) == {"connections": []}
    wrong = calls.fails("Invoke", provider_pb2.InvokeRequest(tok="proton:index:getConnection"))
    assert "Use one of: proton:index:getEnvironmentAccountConnection," in (wrong.details() or "")
    strange = provider_pb2.CheckRequest(urn=urn("Thing"), news=encode({}))
    assert "There is no resource" in (calls.fails("Check", strange).details() or "")


def test_errors_of_functions_and_config_have_no_value_that_may_be_secret(calls: Calls, aws: LocalAws) -> None:
    """The engine hands arguments of functions over without marks, so each is named in place of its value."""
    hidden = {"environmentName": "hidden-name", "managementAccountId": "999999999999"}
    settings = {"assumeRoleArn": arn("deployer"), "externalId": "hidden-id"}
    aws.fail_next("AssumeRole", "AccessDenied", message="hidden-id is wrong")
    for arguments, words in (
        (hidden, "environmentName [environmentName], managementAccountId [managementAccountId]"),
        ({"id": ABSENT}, "[id]"),
        ({"id": "hidden-name"}, "id must be the id"),
        ({**hidden, "aws": settings}, "[aws.externalId] is wrong"),
    ):
        asked = provider_pb2.InvokeRequest(
            tok="proton:index:getEnvironmentAccountConnection", args=encode(arguments)
        )
        said = calls.fails("Invoke", asked).details() or ""
        assert words in said
        assert not any(value in said for value in (*hidden.values(), ABSENT, "hidden-id"))
    wrong = encode(
        {"assumeRoleArn": "hidden-role", "profile": "hidden-profile"}, [("profile",), ("assumeRoleArn",)]
    )
    (failure,) = calls.stub.CheckConfig(provider_pb2.CheckRequest(news=wrong)).failures
    assert "hidden" not in failure.reason


def test_secret_default_tags_of_the_config_are_secret_in_outputs(calls: Calls) -> None:
    """Configure gets what is secret; what is made of it is marked."""
    config = encode({"region": "us-east-1", "defaultTags": {"cost": "hidden"}}, [("defaultTags",)])
    calls.stub.Configure(provider_pb2.ConfigureRequest(args=config))
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT}
    checked = calls.check(given, kind="")
    assert decode(checked.inputs).secret_names == {"tagsAll"}


def test_a_moved_state_is_written_anew(calls: Calls, connection_id: str) -> None:
    """A state of the dynamic resources has something to do, and no property that differs."""
    _, outputs, inputs = calls.up({"connectionId": connection_id, "roleArn": arn("a")})
    different = calls.diff({**outputs, "__provider": "x"}, {**inputs, "__provider": "x"}, inputs)
    assert different.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert (list(different.diffs), list(different.replaces)) == ([], [])


def test_a_state_of_another_type_is_an_error_before_any_change(calls: Calls) -> None:
    """An alias from aws-native fails the check of a preview, in a sentence that says how to adopt instead."""
    foreign = {"environmentName": "prod", "managementAccountId": MANAGEMENT}
    (failure,) = calls.check(foreign, foreign, kind="").failures
    assert (failure.property, "docs/adopt-what-exists.md" in failure.reason) == ("", True)


WRONG_CONFIG: list[tuple[dict[str, Any], str]] = [
    ({"region": 3}, "region"),
    ({"sessionTags": json.dumps({"a": [1]}), "assumeRoleArn": arn("x")}, "sessionTags"),
    ({"allowedAccountIds": "[12]"}, "allowedAccountIds"),
    ({"allowedAccountIds": "no JSON"}, "allowedAccountIds"),
    ({"externalId": "x"}, "externalId"),
    ({"profile": 1}, "profile"),
    ({"assumeRoleArn": "admin"}, "assumeRoleArn"),
    ({"sessionName": "a\0", "assumeRoleArn": arn("x")}, "sessionName"),
    ({"durationSeconds": "x", "assumeRoleArn": arn("x")}, "durationSeconds"),
    ({"endpointUrl": "here"}, "endpointUrl"),
    ({"maxAttempts": 0}, "maxAttempts"),
    ({"maxAttempts": 0, "region": UNKNOWN}, "maxAttempts"),
    ({"defaultTags": "no JSON"}, "defaultTags"),
    ({"defaultTags": {"a": [1]}}, "defaultTags"),
    ({"deleteUnreachable": "perhaps"}, "deleteUnreachable"),
    ({"profile": "absent"}, ""),
]
"""A config, and the setting that is wrong in it."""


@pytest.mark.parametrize(("config", "property_name"), WRONG_CONFIG)
def test_the_provider_says_what_is_wrong_with_its_config(
    calls: Calls, config: dict[str, Any], property_name: str
) -> None:
    """A setting that does not read is a failure of the provider's check, under its name."""
    checked = calls.stub.CheckConfig(provider_pb2.CheckRequest(news=encode(config)))
    assert [failure.property for failure in checked.failures] == [property_name]
    assert checked.failures[0].reason.startswith(f"proton:{property_name or 'profile'}")


def test_every_setting_of_the_provider_can_be_wrong() -> None:
    """The table has a row for each."""
    assert {name for _, name in WRONG_CONFIG} == {*MEMBERS, *OF_PROVIDER, ""}


def test_a_new_config_replaces_no_provider(calls: Calls) -> None:
    """Resources hold their Region themselves, so no change of the provider's config replaces them all."""
    response = provider_pb2.DiffResponse
    for olds, news, changes in (
        ({"region": "a"}, {"region": "b"}, response.DIFF_SOME),
        ({"region": "a"}, {"region": "a"}, response.DIFF_NONE),
    ):
        different = calls.stub.DiffConfig(provider_pb2.DiffRequest(olds=encode(olds), news=encode(news)))
        assert (different.changes, list(different.replaces)) == (changes, [])


def test_the_providers_config_fills_in_what_a_resource_does_not_say() -> None:
    """A resource's own settings win; a role goes with what belongs to it, and yields to a profile of the resource's own."""
    config = parse(
        {
            "assumeRoleArn": arn("role"),
            "externalId": "x",
            "maxAttempts": "3",
            "defaultTags": '{"team": "x"}',
            "region": "us-east-1",
            "deleteUnreachable": "false",
        }
    )
    assert config.fill_in(None) == {"assumeRoleArn": arn("role"), "externalId": "x", "maxAttempts": 3}
    assert config.fill_in({"assumeRoleArn": "", "profile": None}) == config.fill_in(None)
    assert config.fill_in({"profile": "p", "maxAttempts": 1}) == {"profile": "p", "maxAttempts": 1}
    other_role = {"assumeRoleArn": arn("x")}
    assert config.fill_in(other_role) == {**other_role, "maxAttempts": 3}
    for own, source in ((None, "proton:assumeRoleArn"), (other_role, "aws.assumeRoleArn")):
        found = resolve(config.fill_in(own), config.get)
        assert found.credentials_source == source
    assert config.get("proton:region") == "us-east-1"
    assert config.get("aws:region") is None
    assert json.loads(config.get("aws:defaultTags") or "") == {"tags": {"team": "x"}}
    assert parse({}).fill_in(None) is None


def test_it_says_its_version_and_its_schema(calls: Calls) -> None:
    """Both work without any config."""
    schema = json.loads(calls.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert schema["version"] == calls.stub.GetPluginInfo(empty_pb2.Empty()).version
