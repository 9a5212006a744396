"""Runs the local AWS in a separate process, so that its time and memory are not counted."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.managers import BaseManager
from typing import Any, cast

from benchmarks.programs import roles
from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION

from proton_provider.local import LocalAws, clients

BARE_ACCOUNT = "333333333333"
"""Whose connections the bare calls and the AWS CLI change, so that the stacks' own are left as the stacks set them."""


class Endpoint:
    """A local AWS and what is known of the requests that it answered."""

    def __init__(self) -> None:
        self._aws = LocalAws().start()
        self._seen = 0

    def url(self) -> str:
        return self._aws.url

    def calls(self, account: str) -> dict[str, int]:
        """How often each Proton operation was called by `account` since this was last asked, for whichever account."""
        requests = self._aws.requests
        new, self._seen = requests[self._seen :], len(requests)
        return dict(
            Counter(
                request.operation
                for request in new
                if request.service == "proton" and request.account == account
            )
        )

    def delay(self, seconds: float) -> None:
        """Hold back every answer of Proton."""
        self._aws.delay(seconds)


class _Manager(BaseManager):
    """Has `Endpoint` live in another process."""


_Manager.register("Endpoint", Endpoint)


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """An endpoint in a process of its own, which ends with the block."""
    with _Manager(ctx=multiprocessing.get_context("spawn")) as manager:
        yield cast("Endpoint", manager.Endpoint())  # type: ignore[attr-defined]  # registered above


def client(url: str, service: str, account: str = ENVIRONMENT_ACCOUNT) -> Any:
    """A boto3 client of the local AWS at `url`."""
    return clients.client(url, service, account, REGION)


def request_connections(url: str, account: str, count: int) -> list[str]:
    """The ids of so many new connections, which have the roles of generation 0."""
    proton = client(url, "proton", account)
    return [
        proton.create_environment_account_connection(
            environmentName=f"environment-{number:04d}",
            managementAccountId=MANAGEMENT_ACCOUNT,
            **roles(0, account),
        )["environmentAccountConnection"]["id"]
        for number in range(count)
    ]
