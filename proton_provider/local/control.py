"""Keeps the log of requests, and the failures and delays that a test asks for."""

import itertools
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONNECTION_RESET = "ConnectionReset"
"""Use this as the code of a failure: the connection is reset and the caller gets no response."""

KEPT_REQUESTS = 100_000
"""The log's limit. The oldest requests are dropped."""

LOGGED_BODY = 64 * 1024
"""Bytes of a request body. The log leaves out the parameters of a larger request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered.

    - ``service``: the signing name (``proton``, ``iam``, ``sts``). It is empty for an unsigned request.
    - ``operation``: AWS's name of the operation. For a service that sends no operation name: method and path.
    - ``account`` and ``region``: those of the caller.
    - ``parameters``: the parameters of the request. They are empty if they can not be read or exceed 64 KiB.
    - ``status``: the HTTP status of the response, or 0 for a reset connection.
    - ``error``: the error code in the response, or None.
    """

    service: str
    operation: str
    account: str
    region: str
    parameters: Mapping[str, Any]
    status: int
    error: str | None

    @property
    def line(self) -> str:
        """The request as one line. It leaves out the parameters, because they may be secret."""
        words = (self.service, self.operation, self.account, self.region, str(self.status), self.error)
        return " ".join(word if word.isprintable() else repr(word) for word in words if word)


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure that a test asks for. ``code`` is an error code of AWS, or ``CONNECTION_RESET``."""

    code: str
    message: str
    after_effect: bool


class Faults:
    """The failures and delays of future requests. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._recurring: defaultdict[str, list[Iterator[Fault | None]]] = defaultdict(list)
        self._delays: dict[str | None, float] = {}
        self._over = threading.Event()

    def fail_next(self, operation: str, fault: Fault, times: int) -> None:
        """Queue a fault for the next ``times`` requests of an operation."""
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        with self._lock:
            self._next[operation].extend([fault] * times)

    def fail_every(self, operation: str, fault: Fault, every: int, offset: int) -> None:
        """Make every ``every``-th request of an operation fail. Counting begins at ``offset``."""
        if every < 1:
            raise ValueError(f"every must be at least 1, not {every}")
        numbers = itertools.count(offset + 1)
        with self._lock:
            self._recurring[operation].append(None if number % every else fault for number in numbers)

    def next_fault(self, operation: str) -> Fault | None:
        """The failure of the current request, or None. Queued failures come first."""
        with self._lock:
            due = [next(faults) for faults in self._recurring.get(operation, [])]  # each counts this request
            if queued := self._next.get(operation):
                due.insert(0, queued.popleft())
        return next(filter(None, due), None)

    def delay(self, seconds: float, operation: str | None) -> None:
        """Delay every response of an operation, or of all Proton operations for None. 0 ends the delay."""
        if seconds < 0:
            raise ValueError(f"seconds must not be negative, not {seconds}")
        with self._lock:
            self._delays.pop(operation, None)
            if seconds > 0:
                self._delays[operation] = seconds

    def wait(self, operation: str, *, proton: bool) -> None:
        """Wait for the delay of an operation. ``clear`` ends the wait at once."""
        with self._lock:
            seconds = self._delays.get(operation, self._delays.get(None, 0.0) if proton else 0.0)
            over = self._over
        if seconds:
            over.wait(seconds)

    def clear(self) -> None:
        """Remove all failures and delays, and wake the requests that wait."""
        with self._lock:
            self._next.clear()
            self._recurring.clear()
            self._delays.clear()
            self._over.set()
            self._over = threading.Event()
