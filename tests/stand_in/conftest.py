"""What the stand-in's tests share: one running plugin, and an account that it is configured for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stand_in.plugin import Account, Plugin, running

from proton_provider.local import LocalAws


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    """A plugin that no test needs configured."""
    with running() as started:
        yield started


@pytest.fixture
def account(plugin: Plugin, running_aws: LocalAws) -> Account:
    return Account(plugin, running_aws)
