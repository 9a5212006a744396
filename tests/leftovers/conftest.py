"""What the tests of the command `proton-leftovers` share: an account, what moto does not know of it, and the command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from before_moto import Facts, answering
from left_behind import Account, Command

from proton_provider.leftovers import progress
from proton_provider.local import LocalAws


@pytest.fixture
def account(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account of the local AWS, which the shell has credentials of."""
    found = Account(aws)
    found.sign_in(monkeypatch)
    monkeypatch.setattr(progress, "INTERVAL", 3600.0)  # a busy machine may be slow
    return found


@pytest.fixture
def facts(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Facts]:
    """What AWS says of the account and moto does not know; the shell has the endpoint that says both."""
    with answering(account.aws) as (url, known):
        account.sign_in(monkeypatch, url)
        yield known


@pytest.fixture
def leftovers(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process."""
    return Command(capsys)
