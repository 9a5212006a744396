"""Callers of the local AWS for the tests of the package that calls AWS, each with the lines that its user saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from accounts import MANAGEMENT_ACCOUNT, connect, settings_of
from aws.operations import ROLE, WANTED, LogLines

from proton_provider.aws.client import Proton
from proton_provider.local import LocalAws
from proton_provider.settings import AssumedRole


@pytest.fixture
def log_lines() -> LogLines:
    return LogLines()


@pytest.fixture
def environment(aws: LocalAws) -> Proton:
    """The environment account."""
    return connect(settings_of(aws))


@pytest.fixture
def management(aws: LocalAws) -> Proton:
    """The management account."""
    return connect(settings_of(aws, MANAGEMENT_ACCOUNT))


@pytest.fixture
def connection(environment: Proton, log_lines: LogLines) -> dict[str, Any]:
    """A connection that was requested."""
    return environment.request({**WANTED, "roleArn": ROLE}, log_lines)


@pytest.fixture
def assuming(aws: LocalAws, fresh_clients: None) -> Callable[..., Proton]:
    """A caller with roles to assume, the first by the environment account."""

    def make(*roles: AssumedRole, **changes: Any) -> Proton:
        return connect(settings_of(aws, assume_roles=roles, **changes))

    return make
