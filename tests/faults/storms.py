"""Makes many calls fail, and checks what must be true after an `up` that met these failures."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack
from engine.programs import (
    Source,
    accepter,
    arn,
    assumed,
    connection,
    live,
    live_ids,
    live_tags,
    program,
    requested,
    roles,
    sent,
)

from proton_provider.aws.session import READ_TIMEOUT
from proton_provider.local import CONNECTION_RESET, LocalAws

UPDATE: Final = "UpdateEnvironmentAccountConnection"
CHANGING: Final = (
    "CreateEnvironmentAccountConnection",
    "AcceptEnvironmentAccountConnection",
    UPDATE,
    "TagResource",
    "RejectEnvironmentAccountConnection",
    "DeleteEnvironmentAccountConnection",
)

_POLL: Final = 0.05


Storm: TypeAlias = Callable[[LocalAws], AbstractContextManager[None]]


@dataclass(frozen=True)
class Survived:
    """What one `up` cost in a storm."""

    connections: int
    calls: int
    most: int
    """The calls for the connection that needed most."""
    seconds: float

    def __str__(self) -> str:
        return (
            f"one `up` of {self.seconds:.0f} s, all converged; {self.calls} changing calls for {self.connections} "
            f"connections, {self.most} at most for one"
        )


@contextmanager
def failing(
    aws: LocalAws, code: str, every: int, *, offset: int = 0, after_effect: bool = False
) -> Iterator[None]:
    """Every `every`-th update fails with `code`."""
    aws.fail_every(UPDATE, code, every, offset=offset, after_effect=after_effect)
    yield
    calm(aws)


@contextmanager
def lost(aws: LocalAws, every: int) -> Iterator[None]:
    """Every `every`-th update's connection is reset before the effect, and as many after it."""
    with (
        failing(aws, CONNECTION_RESET, every),
        failing(aws, CONNECTION_RESET, every, offset=every // 2, after_effect=True),
    ):
        yield


@contextmanager
def late(aws: LocalAws, times: Sequence[int]) -> Iterator[None]:
    """The next four updates after each number of `times` are answered when nobody listens any more.

    Four calls are under way at most, so that all stand still then.
    """
    before, over = len(sent(aws, UPDATE)), threading.Event()

    def hold_back() -> None:
        for done in times:
            while len(sent(aws, UPDATE)) - before < done and not over.wait(_POLL):
                pass
            aws.delay(READ_TIMEOUT + 5, UPDATE)
            held = len(sent(aws, UPDATE))
            while len(sent(aws, UPDATE)) < held + 4 and not over.wait(_POLL):
                pass
            over.wait(1)  # until the last of the four has read its delay
            aws.delay(0, UPDATE)

    watch = threading.Thread(target=hold_back)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()
        calm(aws)


@contextmanager
def everything(aws: LocalAws) -> Iterator[None]:
    """Calls are throttled, fail inside AWS and get lost on their way, all in one storm."""
    with failing(aws, "ThrottlingException", 4), failing(aws, "InternalServerException", 7), lost(aws, 9):
        yield


def calm(aws: LocalAws) -> None:
    """End all faults and delays; `LocalAws.reset` would take the connections away, too."""
    aws._faults.clear()


def update_in_storms(
    storms: Mapping[str, Storm], make_stack: MakeStack, aws: LocalAws, client: Client, *, connections: int
) -> dict[str, Survived]:
    """Update the roles of `connections` connections in each of the storms, each time with one `up`.

    Asserts that every connection has the wanted role, that every call for a connection said the same (AWS counts it
    as one change, however often it arrives), and that there are three calls a connection at most.
    """
    ids = {f"r{number}": requested(client) for number in range(connections)}

    def with_role(role: str) -> str:
        return program(*(roles(name, connection_id=ids[name], role_arn=arn(role)) for name in ids))

    stack = make_stack(with_role("before"))
    stack.up("--skip-preview")
    survived = {}
    for number, (name, storm) in enumerate(storms.items()):
        wanted = arn(f"storm-{number}")
        stack.write(with_role(f"storm-{number}"))
        earlier, began = len(sent(aws, UPDATE)), time.monotonic()
        with storm(aws):
            stack.up("--skip-preview")
        seconds = time.monotonic() - began
        for connection_id in ids.values():
            assert live(client, connection_id)["roleArn"] == wanted, name
        calls = sent(aws, UPDATE)[earlier:]
        assert all(call == {"id": call["id"], "roleArn": wanted} for call in calls), name
        assert len(calls) <= 3 * connections, name
        most = max(Counter(call["id"] for call in calls).values())
        survived[name] = Survived(connections, len(calls), most, seconds)
    return survived


def handshakes_in_a_storm(
    make_stack: MakeStack, aws: LocalAws, client: Client, *, connections: int, every: int
) -> Counter[str]:
    """Request, accept, change and take away connections while the answer to every `every`-th changing call is lost.

    The call takes effect, its connection is reset. Asserts that no connection is made twice, that the next `up` has
    nothing to do, and that all are gone at last. Returns the number of calls by operation.
    """

    def with_role(role: str, team: str) -> str:
        lines = []
        for number in range(connections):
            lines.append(connection(f"c{number}", role_arn=arn(role), tags={"team": team}))
            accepted = {"connection_id": Source(f"c{number}.id"), "aws": assumed(MANAGEMENT_ACCOUNT)}
            lines.append(accepter(f"a{number}", on_delete="reject", **accepted))
        return program(*lines)

    stack = make_stack(with_role("first", "a"))
    for operation in CHANGING:
        aws.fail_every(operation, CONNECTION_RESET, every, after_effect=True)
    stack.up("--skip-preview")
    assert len(live_ids(client)) == connections
    stack.write(with_role("second", "b"))
    stack.up("--skip-preview")
    for connection_id in live_ids(client):
        found = live(client, connection_id)
        assert (found["status"], found["roleArn"]) == ("CONNECTED", arn("second"))
        assert live_tags(client, connection_id) == {"team": "b"}
    assert f"{2 * connections + 1} unchanged" in stack.up("--skip-preview").text
    stack.destroy("--skip-preview")
    assert live_ids(client) == []
    calls = Counter(operation for operation in CHANGING for _ in sent(aws, operation))
    calm(aws)
    return calls
