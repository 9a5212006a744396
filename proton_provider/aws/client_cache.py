"""Keeps one client for equal settings: bounded, safe for many threads, and closing what it drops."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Client(Protocol):
    """What can be closed."""

    def close(self) -> None: ...


K = TypeVar("K", bound=Hashable)
C = TypeVar("C", bound=Client)


class _Place(Generic[C]):
    """The place of one client. Making it may take long: that holds up only those who want this one."""

    def __init__(self) -> None:
        self.making = threading.Lock()
        self.client: C | None = None

    def close(self) -> None:
        if self.client is not None:
            self.client.close()


class ClientCache(Generic[K, C]):
    """The clients that were used last, `kept` of them at most."""

    def __init__(self, make: Callable[[K], C], kept: int) -> None:
        self._make = make
        self._kept = kept
        self._places: OrderedDict[K, _Place[C]] = OrderedDict()
        self._choosing = threading.Lock()

    def get(self, key: K) -> C:
        """The client of this key. Raises what making it raises; it is then made anew the next time."""
        with self._choosing:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            dropped = [self._places.popitem(last=False)[1] for _ in range(len(self._places) - self._kept)]
        for old in dropped:
            old.close()
        with place.making:
            if place.client is None:
                place.client = self._make(key)
            return place.client

    def close_all(self) -> None:
        """Close every client that is kept."""
        with self._choosing:
            while self._places:
                self._places.popitem()[1].close()
