"""What the tests of the provider's modules share: one local AWS, a shell that knows no AWS, examples to generate."""

from __future__ import annotations

import functools
import gc
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import accounts
import botocore
import hypothesis
import pytest
from botocore.loaders import JSONFileLoader
from http_servers import Handler, serving
from pulumi.runtime import set_all_config

from proton_provider import stopping
from proton_provider.aws.clients import Clients
from proton_provider.local import LocalAws

if "PYTEST_XDIST_WORKER" in os.environ:
    # This worker's coverage is measured. In the engine's processes it would cost more than the tests.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# Images of Python set it, and few users do: without it, what a process prints to a pipe waits for a flush.
os.environ.pop("PYTHONUNBUFFERED", None)

# What a shell starts in the background ignores SIGINT, and so would every program that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest --hypothesis-profile=thorough
hypothesis.settings.register_profile("quick", max_examples=100, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=20_000, deadline=None)
hypothesis.settings.load_profile("quick")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which not everybody who runs a part has
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many workers as processors: a test on the engine often waits for a process to start or to end."""
    return 2 * (os.cpu_count() or 1)


_load_file = JSONFileLoader.load_file
_DATA = str(Path(botocore.__file__).parent / "data")


@functools.cache
def _of_botocore(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


def _load_once(loader: JSONFileLoader, path: str) -> Any:
    """What botocore has of its services it reads once in a process, not for each session: two thirds of a client's time."""
    is_fixed = path.startswith(_DATA) and "proton" not in path  # some tests add to the model of Proton
    return _of_botocore(path) if is_fixed else _load_file(loader, path)


JSONFileLoader.load_file = _load_once


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shuffle", type=int, metavar="SEED", help="run the tests in a random order, the same for a seed"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that needs another one before it, or leaves something behind, fails in some order."""
    if (seed := config.getoption("--shuffle")) is not None:
        random.Random(seed).shuffle(items)  # noqa: S311  # no secret


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what was imported, and look at the rest seldom.

    Each botocore session reads a hundred thousand small objects. By its defaults, the collector would go through all
    that pytest, moto and Pulumi hold again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 5, 5)


@pytest.fixture
def no_aws_in_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A shell without a trace of the user's own AWS or proxies; the path is that of an absent config file."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    config = tmp_path / "aws-config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return config


@pytest.fixture(scope="session")
def running_aws() -> Iterator[LocalAws]:
    """One local AWS for all tests."""
    with LocalAws() as aws:
        yield aws


@pytest.fixture
def aws(running_aws: LocalAws, no_aws_in_shell: Path) -> Iterator[LocalAws]:
    """The local AWS with nothing in it."""
    running_aws.reset()
    yield running_aws
    running_aws.check_roles, running_aws.iam_delay, running_aws.connection_delay = False, 0.0, 0.0


@pytest.fixture
def stack_config() -> Iterator[Callable[..., None]]:
    """Sets the stack's config, and which of its keys are secret, for this test."""
    yield set_all_config
    set_all_config({}, [])


@pytest.fixture
def own_run() -> Iterator[None]:
    """A run that the test may cancel. Later tests run in another one."""
    yield
    stopping.start_again()


@pytest.fixture
def fresh_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client of an earlier test is used again: for tests of what a client takes from its surroundings."""
    monkeypatch.setattr(accounts, "CLIENTS", Clients())


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a retry was to wait, each time; nothing waits."""
    seconds: list[float] = []
    # botocore sleeps 0 seconds where the wait was ours.
    monkeypatch.setattr(
        "botocore.endpoint.time",
        SimpleNamespace(sleep=lambda pause: seconds.append(pause) if pause else None),
    )
    monkeypatch.setattr("proton_provider.stopping.pause", lambda pause, _purpose: seconds.append(pause))
    return seconds


@pytest.fixture
def web_server() -> Iterator[Callable[..., str]]:
    """Starts a server that gives one answer to whatever is asked; the address of it."""
    with ExitStack() as servers:

        def start(status: int, body: bytes, content_type: str | None = None) -> str:
            class OneAnswer(Handler):
                def do_POST(self) -> None:
                    self.read_body()
                    self.answer(body, status, content_type)

            return servers.enter_context(serving(OneAnswer))

        yield start
