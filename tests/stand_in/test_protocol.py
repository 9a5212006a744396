"""How the engine meets the stand-in: its version, what it does not serve, its failures as sentences."""

from __future__ import annotations

import importlib.metadata

import grpc
import pytest
from google.protobuf import empty_pb2
from log_engines import LogEngine, listening
from pulumi.runtime.proto import engine_pb2, provider_pb2
from stand_in.plugin import INPUTS, POLICY, ROLE, Plugin, refused, running


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
        engine = LogEngine()
        with listening(engine) as address, running(address) as started, refused() as sentence:
            started.stub.Read(provider_pb2.ReadRequest(urn="no URN"))
        assert sentence() == "the stand-in for pulumi-aws failed in Read: IndexError: list index out of range"
        ((severity, text),) = engine.lines
        assert severity == engine_pb2.DEBUG
        assert text.startswith("Traceback")


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
