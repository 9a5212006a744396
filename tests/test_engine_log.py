"""Lines for the user: they reach the engine, and one that cannot be shown fails nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, client, role_arn, settings_of
from driver import Driver
from google.protobuf import empty_pb2
from log_engines import LogEngine, listening, silent
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime.proto import engine_pb2, provider_pb2

from proton_provider import engine_log
from proton_provider.dynamic import EnvironmentAccountConnectionRolesProvider
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws
from proton_provider.plugin.server import Engine
from proton_provider.plugin.servicer import Provider
from proton_provider.plugin.values import encode

URN = "urn:pulumi:test::test::proton:index:EnvironmentAccountConnectionRoles::roles"
BEFORE, SET = role_arn("before"), role_arn("set")


@pytest.fixture
def engine() -> Iterator[tuple[LogEngine, str]]:
    """An engine, and its address."""
    log = LogEngine()
    with listening(log) as address:
        yield log, address


def test_a_line_reaches_the_engine_with_its_severity_and_resource(engine: tuple[LogEngine, str]) -> None:
    """A warning is the engine's own."""
    log, address = engine
    engine_log.show(address, "info", "One.")
    engine_log.show(address, "warning", "Two.", URN)
    engine_log.show(address, "debug", "Three.")
    assert log.logged == [
        (engine_pb2.INFO, "One.", ""),
        (engine_pb2.WARNING, "Two.", URN),
        (engine_pb2.DEBUG, "Three.", ""),
    ]


def test_a_line_with_bytes_that_are_no_text_is_shown(engine: tuple[LogEngine, str]) -> None:
    """Such as the name of a file that is not UTF-8."""
    log, address = engine
    engine_log.show(address, "info", "The profile pr\udce9prod.")
    assert log.lines == [(engine_pb2.INFO, "The profile pr\\udce9prod.")]


def test_a_proxy_of_the_environment_is_not_asked(
    engine: tuple[LogEngine, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is on the same machine."""
    log, address = engine
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    engine_log.show(address, "info", "One.")
    assert len(log.lines) == 1


def _dynamic(address: str, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Deletes through the dynamic provider, whose host was started with options of logging and tracing."""
    monkeypatch.setattr(sys, "argv", ["host", "-v=9", "--tracing", "file:/tmp/t", address])
    provider = EnvironmentAccountConnectionRolesProvider()
    config = {
        "aws:region": REGION,
        "aws:accessKey": ENVIRONMENT_ACCOUNT,
        "aws:secretKey": "local",
        "proton:endpointUrl": aws.url,
    }
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider.delete


def _plugin(address: str, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Deletes through the plugin's own servicer."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ENVIRONMENT_ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    provider = Provider(Engine(address))
    provider.Configure(
        provider_pb2.ConfigureRequest(args=encode({"region": REGION, "endpointUrl": aws.url})), None
    )

    def delete(connection_id: str, outputs: dict[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(id=connection_id, urn=URN, properties=encode(outputs))
        assert provider.Delete(request, None) == empty_pb2.Empty()

    return delete


@pytest.mark.parametrize("variant", [_dynamic, _plugin])
@pytest.mark.parametrize(
    "at",
    [
        lambda: nullcontext(""),
        lambda: nullcontext("file:/tmp/t"),
        lambda: nullcontext("127.0.0.1:1"),
        silent,
    ],
    ids=["nowhere", "no address", "refused", "silent"],
)
def test_a_line_that_cannot_be_shown_fails_no_operation(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, at: Any, variant: Any
) -> None:
    """AWS was changed before the line: the operation succeeds, so that the state says so, too."""
    monkeypatch.setattr(engine_log, "_WITHIN", 0.2)
    made = client(aws, "proton").create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT, roleArn=BEFORE
    )
    program = {
        "connectionId": made["environmentAccountConnection"]["id"],
        "roleArn": SET,
        "onDelete": "restore",
    }
    resource = Driver(RolesLifecycle(), aws, settings_of(aws)).create(program)
    with at() as address:
        variant(address, aws, monkeypatch)(resource.id, resource.outputs)
    live = client(aws, "proton").get_environment_account_connection(id=resource.id)
    assert live["environmentAccountConnection"]["roleArn"] == BEFORE
