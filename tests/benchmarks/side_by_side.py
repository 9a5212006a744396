"""Times operations that need nothing of each other, against one of them: `python -m benchmarks.side_by_side`.

Reads a JSON object from standard input: url and ids of connections. The endpoint holds each answer back. Prints for each
row the seconds of many and the seconds of what they are compared with.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks.endpoint import BARE_ACCOUNT, Endpoint, request_connections
from benchmarks.programs import roles
from engine.harness import REGION
from pulumi.runtime.proto import provider_pb2

from proton_provider import AwsSettings, ProtonError, get_environment_account_connection_output
from proton_provider.aws.clients import Clients
from proton_provider.plugin.server import Engine
from proton_provider.plugin.servicer import Provider
from proton_provider.plugin.values import decode, encode
from proton_provider.settings import resolve

RESTORES, LOOK_UPS, FAILURES = 16, 10, 8
DELAY: Final = 0.3
"""Seconds for which the endpoint holds back each answer; a credential process fails after three times as many."""

ROWS: Final = {
    "restores": f"{RESTORES} restores at once, native plugin, over {RESTORES} creates",
    "look-ups": f"{LOOK_UPS} look-ups of outputs over one",
    "failures": f"{FAILURES} operations at once over one, when their credential process fails",
}

_URN: Final = "urn:pulumi:bench::bench::proton:index:EnvironmentAccountConnectionRoles::roles"


def time_side_by_side(endpoint: Endpoint) -> dict[str, float]:
    """The ratio of each row, in a fresh process."""
    job = {"url": endpoint.url(), "ids": request_connections(endpoint.url(), BARE_ACCOUNT, RESTORES)}
    command = [sys.executable, "-m", "benchmarks.side_by_side"]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        config.write_text(f"[profile failing]\ncredential_process = sh -c 'sleep {3 * DELAY}; exit 1'\n")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {
            **clean,
            "AWS_ACCESS_KEY_ID": BARE_ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": str(config),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        endpoint.delay(DELAY)
        try:
            done = subprocess.run(
                command, input=json.dumps(job), text=True, check=True, stdout=subprocess.PIPE, env=environment
            )
        finally:
            endpoint.delay(0)
    times: Mapping[str, tuple[float, float]] = json.loads(done.stdout)
    return {row: many / few for row, (many, few) in times.items()}


def main() -> None:
    job = json.load(sys.stdin)
    ids: list[str] = job["ids"]
    own = AwsSettings(region=REGION, endpoint_url=job["url"])
    _look_up(own, ids[:LOOK_UPS])  # imports boto3, makes the client and its connections
    print(
        json.dumps(
            {
                "restores": _restores_over_creates(job["url"], ids),
                "look-ups": (
                    _seconds(lambda: _look_up(own, ids[:LOOK_UPS])),
                    _seconds(lambda: _look_up(own, ids[:1])),
                ),
                "failures": (_seconds(lambda: _fail(FAILURES)), _seconds(lambda: _fail(1))),
            }
        )
    )


def _restores_over_creates(url: str, ids: list[str]) -> tuple[float, float]:
    """The deletions are those of a later run."""
    outputs: list[Any] = []

    def create() -> None:
        provider = _provider(url)
        inputs = [{"connectionId": one, "onDelete": "restore", **roles(1, BARE_ACCOUNT)} for one in ids]
        outputs.extend(_at_once(lambda news: _created(provider, news), inputs))

    def restore() -> None:
        provider = _provider(url)
        _at_once(
            lambda olds: provider.Delete(
                provider_pb2.DeleteRequest(id=decode(olds).values["connectionId"], urn=_URN, properties=olds),
                None,
            ),
            outputs,
        )

    creates = _seconds(create)
    return _seconds(restore), creates


def _provider(url: str) -> Any:
    provider = Provider(Engine())
    config = encode({"region": REGION, "endpointUrl": url})
    provider.Configure(provider_pb2.ConfigureRequest(args=config), None)
    return provider


def _created(provider: Any, news: Mapping[str, Any]) -> Any:
    checked = provider.Check(provider_pb2.CheckRequest(urn=_URN, news=encode(news)), None)
    return provider.Create(provider_pb2.CreateRequest(urn=_URN, properties=checked.inputs), None).properties


def _look_up(own: AwsSettings, ids: list[str]) -> None:
    async def look_up() -> None:
        await asyncio.gather(
            *(get_environment_account_connection_output(one, aws=own).future() for one in ids)
        )

    asyncio.run(look_up())


def _fail(number: int) -> None:
    settings = resolve.resolve(
        {"region": REGION, "profile": "failing", "endpointUrl": "http://127.0.0.1:9"}, lambda _: None
    )

    clients = Clients()

    def fail(_number: int) -> None:
        try:
            clients.connect(settings)
        except ProtonError:
            return
        raise RuntimeError("the credential process did not fail")

    _at_once(fail, range(number))


def _at_once(work: Callable[[Any], Any], over: Any) -> list[Any]:
    with ThreadPoolExecutor(RESTORES) as pool:
        return list(pool.map(work, over))


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
