"""A cache with one client for equal settings. It is bounded, safe for threads, and closes the clients that it drops."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from proton_provider.aws.shared_work import SharedWork


class Client(Protocol):
    """An object that can be closed."""

    def close(self) -> None: ...


K = TypeVar("K", bound=Hashable)
C = TypeVar("C", bound=Client)


class _Entry(Generic[C]):
    """The cache entry of one client. Making a client may take long; only callers who need this client wait."""

    def __init__(self) -> None:
        self.making = SharedWork[C]()
        self.client: C | None = None

    def close(self) -> None:
        if self.client is not None:
            self.client.close()


class ClientCache(Generic[K, C]):
    """The most recently used clients, at most `kept`."""

    def __init__(self, make: Callable[[K], C], kept: int) -> None:
        self._make = make
        self._kept = kept
        self._entries: OrderedDict[K, _Entry[C]] = OrderedDict()
        self._choosing = threading.Lock()

    def get(self, key: K) -> C:
        """The client for this key. If making it raises an error, all who wait get it, and the next call tries again."""
        with self._choosing:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            dropped = [self._entries.popitem(last=False)[1] for _ in range(len(self._entries) - self._kept)]
        for old in dropped:
            old.close()

        def make() -> C:
            if entry.client is None:
                entry.client = self._make(key)
            return entry.client

        return entry.making.result(make, "credentials") if entry.client is None else entry.client
