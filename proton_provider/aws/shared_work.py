"""Does work that several threads need at once in one of them. The others get its result, or its error."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from proton_provider import stopping
from proton_provider.errors import OutOfTimeError, ProtonError

T = TypeVar("T")


class SharedWork(Generic[T]):
    """One piece of work, such as fetching certain credentials. Once it has ended, the next call does it again."""

    def __init__(self) -> None:
        self._choosing = threading.Lock()
        self._under_way: Future[T] | None = None

    def result(self, work: Callable[[], T], purpose: str) -> T:
        """The result of `work`, or of another thread's call that is under way. `purpose` is that of `stopping.wait`."""
        while True:
            with self._choosing:
                under_way = self._under_way
                if under_way is None:
                    own = self._under_way = Future()
            if under_way is None:
                return self._do(work, own)
            stopping.wait(under_way, purpose)
            error = under_way.exception()
            if error is None:
                return under_way.result()
            # The time limit of another thread's resource is not ours.
            if isinstance(error, ProtonError) and not isinstance(error, OutOfTimeError):
                raise copy.copy(error)  # each thread adds its own traceback

    def _do(self, work: Callable[[], T], outcome: Future[T]) -> T:
        try:
            result = work()
        except BaseException as error:
            self._end()
            outcome.set_exception(error)
            raise
        self._end()
        outcome.set_result(result)
        return result

    def _end(self) -> None:
        with self._choosing:
            self._under_way = None
