"""What a test sees of a local AWS and how it steers it: the log of requests, faults and delays."""

import itertools
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONNECTION_RESET = "ConnectionReset"
"""As the code of a fault: the connection is reset, the caller gets no answer."""

KEPT_REQUESTS = 100_000
KEPT_BYTES = 128 * 1024 * 1024
"""The log forgets its oldest requests beyond so many, or beyond so many bytes of memory for their parameters."""

LOGGED_BODY = 64 * 1024
"""The parameters of a request with more bytes are left out of the log."""


_LEAST, _PIECE, _WIDEST = 512, 80, 4


def memory_of(text: bytes) -> int:
    """About the most bytes of memory that what a JSON text or a form says can take, which may be many times its own."""
    # One such character widens all others of its string.
    wide = not text.isascii() or b"\\u" in text or b"%" in text
    pieces = sum(map(text.count, (b"[", b"{", b",", b":", b"&", b"=")))
    return _LEAST + len(text) * (_WIDEST if wide else 1) + _PIECE * pieces


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered.

    ``service`` is the signing name (``proton``, ``iam``, ``sts``; empty if unsigned), ``operation`` AWS's name, or
    method and path for services that have no names on the wire. ``parameters`` are those sent, empty when they
    could not be read or are more than 64 KiB. ``status`` is that of the answer and 0 for a reset connection,
    ``error`` the code sent, or None.
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
        """The request in a line, without its parameters, which may be secret."""
        words = (self.service, self.operation, self.account, self.region, str(self.status), self.error)
        return " ".join(word if word.isprintable() else repr(word) for word in words if word)


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure to answer with: a code, AWS's or ``CONNECTION_RESET``, before or after the effect."""

    code: str
    message: str
    after_effect: bool


class RequestLog:
    """The latest requests, oldest first, within the bounds above."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[tuple[Request, int]] = deque()
        self._bytes = 0

    def add(self, request: Request, size: int) -> None:
        """Keep a request whose parameters take ``size`` bytes of memory."""
        with self._lock:
            self._requests.append((request, size))
            self._bytes += size
            while len(self._requests) > KEPT_REQUESTS or self._bytes > KEPT_BYTES:
                self._bytes -= self._requests.popleft()[1]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._requests.clear()
            self._bytes = 0

    def snapshot(self) -> list[Request]:
        """A copy that later requests do not change."""
        with self._lock:
            return [request for request, _ in self._requests]


class Faults:
    """Failures and delays to come. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, deque[Fault]] = {}
        self._recurring: dict[str, list[Iterator[Fault | None]]] = {}
        self._delays: dict[str | None, float] = {}
        self._over = threading.Event()

    def fail_next(self, operation: str, fault: Fault, times: int) -> None:
        """Queue a fault for the next ``times`` requests of an operation."""
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        with self._lock:
            self._faults.setdefault(operation, deque()).extend([fault] * times)

    def fail_every(self, operation: str, fault: Fault, every: int, offset: int) -> None:
        """Have every so many requests of an operation suffer a fault, the count beginning at ``offset``."""
        if every < 1:
            raise ValueError(f"every must be at least 1, not {every}")
        numbers = itertools.count(offset + 1)
        with self._lock:
            recurring = self._recurring.setdefault(operation, [])
            recurring.append(None if number % every else fault for number in numbers)

    def take(self, operation: str) -> Fault | None:
        """The fault that the request at hand must suffer, if any. What was queued is used up first."""
        if not self._faults and not self._recurring:
            return None
        with self._lock:
            due = [next(faults) for faults in self._recurring.get(operation, [])]  # all of them count
            if operation in self._faults:
                due.insert(0, self._faults[operation].popleft())
                if not self._faults[operation]:
                    del self._faults[operation]
        return next((fault for fault in due if fault is not None), None)

    def delay(self, seconds: float, operation: str | None) -> None:
        """Hold back answers from now on: those of one operation, or all of Proton's for None; 0 ends it."""
        if seconds < 0:
            raise ValueError(f"seconds must not be negative, not {seconds}")
        with self._lock:
            self._delays.pop(operation, None)
            if seconds > 0:
                self._delays[operation] = seconds

    def wait(self, operation: str, *, proton: bool) -> None:
        """Sit out the delay of an operation; ``clear`` ends it at once."""
        if not self._delays:
            return
        with self._lock:
            seconds = self._delays.get(operation, self._delays.get(None, 0.0) if proton else 0.0)
            over = self._over
        if seconds:
            over.wait(seconds)

    def clear(self) -> None:
        """Forget all faults and delays and wake the requests that wait."""
        with self._lock:
            self._faults.clear()
            self._recurring.clear()
            self._delays.clear()
            self._over.set()
            self._over = threading.Event()
