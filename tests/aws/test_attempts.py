"""How long an attempt of a call may take, and how large its answer may be, at servers that keep to neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial

import pytest
from accounts import ENVIRONMENT_ACCOUNT, REGION, connect
from aws.operations import GET, OPERATIONS, sentence
from fronts import JSON_1_0
from http_servers import Handler, serving

from proton_provider import stopping
from proton_provider.aws import attempts
from proton_provider.aws.client import Proton
from proton_provider.errors import (
    CredentialsError,
    EndpointUnreachableError,
    OutOfTimeError,
    ProtonError,
    StoppedError,
)
from proton_provider.settings import AssumedRole, Settings

TAG = "TagResource"
MEGABYTE = b" " * 1024 * 1024


class Slow(Handler):
    """Answers piece by piece until the test ends."""

    asked: list[str]
    ended: threading.Event
    first: bytes

    def do_POST(self) -> None:
        self.asked.append(self.headers.get("X-Amz-Target", "").rpartition(".")[2])
        self.read_body()
        self.wfile.write(self.first)
        with suppress(OSError):  # nobody listens any more
            while not self.ended.wait(0.02):
                self.wfile.write(b"x")


HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON_1_0}\r\n"
TRICKLES = {
    "body": f"{HEAD}Content-Length: 100000\r\n\r\n".encode(),
    "body without a length": f"{HEAD}\r\n".encode(),
    "header": f"{HEAD}X-Long: ".encode(),
    "status": b"HTTP/1.1 200 ",
}


class Trickling:
    """A server that trickles; what it was asked."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self.asked = asked
        self.settings = Settings(
            region=REGION,
            access_key=ENVIRONMENT_ACCOUNT,
            secret_key="x",
            endpoint_url=url,
            sts_endpoint_url=url,
        )

    @property
    def proton(self) -> Proton:
        return connect(self.settings)


@pytest.fixture
def trickling() -> Iterator[Callable[[str], Trickling]]:
    with ExitStack() as servers:

        def start(kind: str) -> Trickling:
            ended = threading.Event()
            members = {"asked": [], "ended": ended, "first": TRICKLES[kind]}
            url = servers.enter_context(serving(type("_Slow", (Slow,), members)))
            servers.callback(ended.set)
            return Trickling(url, members["asked"])  # type: ignore[arg-type]

        yield start


@pytest.mark.parametrize("kind", TRICKLES)
@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
@pytest.mark.usefixtures("no_aws_in_shell")
def test_a_trickling_answer_ends_and_is_not_tried_again(
    trickling: Callable[[str], Trickling], monkeypatch: pytest.MonkeyPatch, kind: str, mode: str
) -> None:
    """However slowly it comes, header or body, of a call that reads as of one that changes."""
    monkeypatch.setattr(attempts, "LONGEST", 0.3)
    slow = trickling(kind)
    proton = connect(replace(slow.settings, retry_mode=mode))
    part = "sent no whole answer within "
    for operation in (GET, TAG):
        sentence(EndpointUnreachableError, partial(OPERATIONS[operation], proton), part, "state was left")
    # A thread of the server may note the first call after the second.
    assert sorted(slow.asked) == sorted((GET, TAG))


def test_an_attempt_has_a_minute() -> None:
    """The limit that the tests make shorter."""
    assert attempts.LONGEST == 60
    assert attempts.LARGEST == 32 * 1024 * 1024


@pytest.mark.parametrize("roles", [(), (AssumedRole(role_arn="arn:aws:iam::222222222222:role/a"),)])
@pytest.mark.usefixtures("no_aws_in_shell", "fresh_clients")
def test_a_trickling_sts_ends(
    trickling: Callable[[str], Trickling], monkeypatch: pytest.MonkeyPatch, roles: tuple[AssumedRole, ...]
) -> None:
    """STS's answers have the same limits."""
    monkeypatch.setattr(attempts, "LONGEST", 0.3)
    slow = trickling("body")
    settings = replace(slow.settings, assume_roles=roles)
    sentence(CredentialsError, lambda: connect(settings).account(), "sent no whole answer within ")
    assert len(slow.asked) == 1


@pytest.mark.parametrize("operation", [GET, TAG])
@pytest.mark.usefixtures("no_aws_in_shell")
def test_custom_timeouts_end_a_call(trickling: Callable[[str], Trickling], operation: str) -> None:
    """The operation ends within the resource's own limit, also while AWS is changing something."""
    slow = trickling("body")
    proton = slow.proton
    with (
        stopping.deadline(0.3),
        pytest.raises(OutOfTimeError, match=f"customTimeouts ended .* to {operation}"),
    ):
        OPERATIONS[operation](proton)
    assert slow.asked == [operation]


@pytest.mark.usefixtures("no_aws_in_shell", "own_run")
def test_cancel_abandons_a_reading_call_and_waits_for_a_changing_one(
    trickling: Callable[[str], Trickling], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads is abandoned at once; what changes something ends with its answer, or at its limit."""
    monkeypatch.setattr(attempts, "LONGEST", 2.0)
    slow = trickling("body")
    proton = slow.proton
    ends: dict[str, ProtonError] = {}
    order: list[str] = []

    def run(operation: str) -> None:
        try:
            OPERATIONS[operation](proton)
        except ProtonError as error:
            ends[operation] = error
            order.append(operation)

    threads = [threading.Thread(target=run, args=(operation,)) for operation in (TAG, GET)]
    for thread in threads:
        thread.start()
    while len(slow.asked) < 2:
        time.sleep(0.01)
    stopping.stop()
    for thread in threads:
        thread.join()
    assert order == [GET, TAG]
    assert isinstance(ends[GET], StoppedError)
    assert isinstance(ends[TAG], EndpointUnreachableError)


class Large(Handler):
    """Sends more than anybody holds: without a length, with one, or in chunks."""

    form: str
    sent: list[int]

    def do_POST(self) -> None:
        self.read_body()
        self.send_response(200)
        self.send_header("Content-Type", JSON_1_0)
        if self.form == "length":
            self.send_header("Content-Length", str(1500 * len(MEGABYTE)))
        elif self.form == "chunks":
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        piece = MEGABYTE if self.form != "chunks" else b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE)
        with suppress(OSError):  # nobody listens any more
            for number in range(1500):
                self.wfile.write(piece)
                self.sent[:] = [number]


@pytest.mark.parametrize("form", ["", "length", "chunks"])
@pytest.mark.parametrize("operation", [GET, TAG])
@pytest.mark.usefixtures("no_aws_in_shell")
def test_an_answer_that_is_too_large_is_refused_before_it_is_held(form: str, operation: str) -> None:
    """Of 1.5 GB no more than the first part is read, once."""
    sent: list[int] = []
    with serving(type("_Large", (Large,), {"form": form, "sent": sent})) as url:
        proton = Trickling(url, []).proton
        part = "sent an answer of more than 32 MB"
        sentence(EndpointUnreachableError, lambda: OPERATIONS[operation](proton), part)
    assert max(sent) < 100


class Short(Handler):
    """Breaks off in the middle of its first answer, and gives the whole one the next time."""

    asked: list[str]

    def do_POST(self) -> None:
        self.read_body()
        self.asked.append("")
        body = b'{"environmentAccountConnections": []}'
        self.send_response(200)
        self.send_header("Content-Type", JSON_1_0)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if len(self.asked) > 1 else body[:5])


@pytest.mark.usefixtures("no_aws_in_shell", "pauses")
def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    """As a connection that is reset."""
    asked: list[str] = []
    with serving(type("_Short", (Short,), {"asked": asked})) as url:
        assert Trickling(url, []).proton.list_connections("ENVIRONMENT_ACCOUNT") == []
    assert len(asked) == 2
