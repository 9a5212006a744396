"""Waits that end when the run is cancelled: pauses, and work that may hang, such as fetching credentials."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from proton_provider.errors import OutOfTimeError, StoppedError

T = TypeVar("T")

_stopped = threading.Event()
_lock = threading.Lock()
_on_stop: set[Callable[[], None]] = set()
_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("_deadline", default=None)


def stop() -> None:
    """Make every `pause` and every `interruptible` raise `StoppedError`, now and later."""
    with _lock:
        _stopped.set()
        callbacks = list(_on_stop)
    for callback in callbacks:
        callback()


def start_again() -> None:
    """Forget an earlier `stop`: a process that was started by hand serves one run after the other."""
    _stopped.clear()


def pause(seconds: float, purpose: str) -> None:
    """Wait for these seconds. `purpose` names the reason of the wait in the errors.

    Raises `StoppedError` as soon as the run is cancelled. Raises `OutOfTimeError` at the deadline, if it is earlier.
    """
    remaining = _remaining()
    if _stopped.wait(seconds if remaining is None else min(seconds, remaining)):
        raise _stopped_error(purpose)
    if remaining is not None and remaining < seconds:
        raise _deadline_error(purpose)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Make the waits of this thread inside the block raise `OutOfTimeError` after these seconds. 0 means no limit."""
    token = _deadline.set(time.monotonic() + seconds if seconds else None)
    try:
        yield
    finally:
        _deadline.reset(token)


def interruptible(
    work: Callable[[], T], purpose: str, *, within: float | None = None, ends_with_run: bool = True
) -> T:
    """Run `work` in its own thread. Returns its result or raises its error.

    Raises the errors of `wait`. The thread then goes on by itself, so `work` must be safe to abandon at any point.
    """
    if ends_with_run and _stopped.is_set():
        raise _stopped_error(purpose)
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001  # it is raised where the work is waited for
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    context = contextvars.copy_context()
    threading.Thread(target=run, daemon=True).start()
    wait(outcome, purpose, within=within, ends_with_run=ends_with_run)
    return outcome.result()


def wait(
    outcome: Future[Any], purpose: str, *, within: float | None = None, ends_with_run: bool = True
) -> None:
    """Wait until the future is done.

    Raises `StoppedError` as soon as the run is cancelled, unless `ends_with_run` is False. Raises `OutOfTimeError` at the
    deadline, and `TimeoutError` after `within` seconds.
    """
    over = threading.Event()
    outcome.add_done_callback(lambda _: over.set())
    remaining = _remaining()
    limits = [limit for limit in (remaining, within) if limit is not None]
    with called_on_stop(over.set) if ends_with_run else nullcontext():
        in_time = over.wait(min(limits, default=None))
    if outcome.done():
        return
    if in_time:
        raise _stopped_error(purpose)
    if remaining == min(limits):
        raise _deadline_error(purpose)
    raise TimeoutError(f"no end of the wait for {purpose}")


@contextmanager
def called_on_stop(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` if the run is cancelled inside the block, or at once if it is already cancelled."""
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


def _stopped_error(purpose: str) -> StoppedError:
    return StoppedError(
        f"The run was cancelled during the wait for {purpose}. To continue, run the command again."
    )


def _remaining() -> float | None:
    """Seconds until the deadline, or None without a deadline."""
    end = _deadline.get()
    return None if end is None else max(0.0, end - time.monotonic())


def _deadline_error(purpose: str) -> OutOfTimeError:
    return OutOfTimeError(
        f"The resource's customTimeouts ended the wait for {purpose}. Raise customTimeouts, or run the command again."
    )
