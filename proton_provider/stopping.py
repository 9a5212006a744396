"""Ends what waits when a run is cancelled: pauses, and work that may hang, such as fetching credentials."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from typing import TypeVar

from proton_provider.errors import StoppedError

T = TypeVar("T")

_stopped = threading.Event()
_lock = threading.Lock()
_on_stop: set[Callable[[], None]] = set()


def stop() -> None:
    """Have every pause and every `interruptible` work raise `StoppedError`, now and from now on."""
    with _lock:
        _stopped.set()
        callbacks = list(_on_stop)
    for callback in callbacks:
        callback()


def pause(seconds: float, purpose: str) -> None:
    """Wait. Raises `StoppedError` at once when the run is cancelled; `purpose` says what was waited for."""
    if _stopped.wait(seconds):
        raise _error(purpose)


def interruptible(work: Callable[[], T], purpose: str) -> T:
    """What `work` returns or raises. Raises `StoppedError` at once when the run is cancelled.

    `work` runs in a thread of its own, which is left to itself then: use it for what may be given up at any point.
    """
    outcome: Future[T] = Future()

    def give_up() -> None:
        with suppress(InvalidStateError):  # the work ended at the same moment
            outcome.set_exception(_error(purpose))

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001  # it is raised where the work is waited for
            with suppress(InvalidStateError):  # given up
                outcome.set_exception(error)
        else:
            with suppress(InvalidStateError):
                outcome.set_result(result)

    context = contextvars.copy_context()
    with called_on_stop(give_up):
        threading.Thread(target=run, daemon=True).start()
        return outcome.result()


@contextmanager
def called_on_stop(callback: Callable[[], None]) -> Iterator[None]:
    """Have `callback` called when the run is cancelled meanwhile, or at once where it is cancelled already."""
    with _lock:
        _on_stop.add(callback)
        stopped = _stopped.is_set()
    try:
        if stopped:
            callback()
        yield
    finally:
        with _lock:
            _on_stop.discard(callback)


def _error(purpose: str) -> StoppedError:
    return StoppedError(
        f"The run was cancelled while this waited for {purpose}. Run the command again to go on."
    )
