"""What the engine's tests share: one local AWS, stacks, connections to work on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import accounts
import pytest
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    ProtonCalls,
    Stack,
    local_config,
    project,
    quick_environment,
)
from engine.native import MakeNative, NativeStack, add_plugin, make_native_stack
from engine.plugins import install
from engine.programs import accepted_connection, arn
from engine.variants import MakeVariant, Variant

from proton_provider.local import LocalAws


@pytest.fixture(scope="session")
def _local_aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


@pytest.fixture
def aws(_local_aws: LocalAws) -> LocalAws:
    """A local AWS as good as new."""
    _local_aws.reset()
    return _local_aws


@pytest.fixture
def client(aws: LocalAws) -> Client:
    """A boto3 client of a service, by default as the environment account."""

    def make(service: str, account: str = ENVIRONMENT_ACCOUNT) -> Any:
        return accounts.client(aws, service, account)

    return make


@pytest.fixture
def proton_calls(aws: LocalAws) -> ProtonCalls:
    """Names the Proton operations that were called since it was last asked (or since the test began)."""
    seen = 0

    def new() -> list[str]:
        nonlocal seen
        calls = [request.operation for request in aws.requests if request.service == "proton"]
        seen, since = len(calls), seen
        return calls[since:]

    return new


@pytest.fixture
def make_stack(tmp_path: Path, aws: LocalAws) -> MakeStack:
    """Makes stacks at the local AWS."""
    numbers = count()

    def make(source: Path | str, config: dict[str, Any] | None = None) -> Stack:
        folder = tmp_path / f"stack-{next(numbers)}"
        folder.mkdir()
        stack = Stack(project(folder, source), quick_environment(folder))
        stack.configure({**local_config(aws.url), **(config or {})})
        return stack

    return make


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the engine's plugins with the native one, as the package's own command installs it."""
    return install(tmp_path_factory.mktemp("plugins"))


@pytest.fixture
def make_native(tmp_path: Path, aws: LocalAws, plugins: Path) -> MakeNative:
    """Makes stacks of the native plugin at the local AWS."""
    numbers = count()

    def make(
        source: Path | Mapping[str, Any], config: Mapping[str, Any] | None = None, **sections: Any
    ) -> NativeStack:
        folder = tmp_path / f"native-{next(numbers)}"
        folder.mkdir()
        return make_native_stack(folder, aws, plugins, source, config, **sections)

    return make


@pytest.fixture
def make_variant(make_stack: MakeStack, aws: LocalAws, plugins: Path) -> MakeVariant:
    """Makes stacks of one program for the dynamic resources or for the native plugin."""

    def make(variant: Variant, text: str) -> Stack:
        if variant == "dynamic":
            return make_stack(text)
        stack = make_stack(text, {"proton:region": REGION})
        add_plugin(stack.env, aws, plugins)
        return stack

    return make


@pytest.fixture
def connection_id(client: Client) -> str:
    """The id of an accepted connection whose provisioning role was set by somebody else."""
    return accepted_connection(client, roleArn=arn("before"))
