"""The clients of a process: equal settings share one. boto3, which is slow to import, is imported for the first one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from proton_provider.aws.endpoint import require_endpoint
from proton_provider.aws.shared_work import SharedWork
from proton_provider.errors import ConfigurationError
from proton_provider.rules import problem_with_region
from proton_provider.settings import Settings

if TYPE_CHECKING:
    from proton_provider.aws.client import Proton


class Clients:
    """The most recently used clients, at most `kept`. Safe to use from several threads."""

    def __init__(self, kept: int = 64) -> None:
        self._kept = kept
        self._entries: OrderedDict[Settings, _Entry] = OrderedDict()
        self._choosing = threading.Lock()

    def connect(self, settings: Settings) -> Proton:
        """The calls with these settings.

        Raises `ConfigurationError` if boto3 does not accept the settings, `CredentialsError` without credentials, and
        `EndpointGoneError` if the endpoint is gone and `delete_unreachable` is set. All who wait for the same client get
        the same error; the next call tries again.
        """
        require_endpoint(settings)
        if problem := problem_with_region(settings.region, settings.endpoint_is_given):
            raise ConfigurationError(f"The Region {problem}.")
        with self._choosing:
            entry = self._entries.setdefault(settings, _Entry(settings))
            self._entries.move_to_end(settings)
            dropped = [self._entries.popitem(last=False)[1] for _ in range(len(self._entries) - self._kept)]
        for old in dropped:
            old.close()
        return entry.client()


class _Entry:
    """The client of some settings. Making it may take long; only callers who need this client wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = SharedWork["Proton"]()
        self._client: Proton | None = None

    def client(self) -> Proton:
        return self._client or self._making.result(self._make, "credentials")

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _make(self) -> Proton:
        from proton_provider.aws.client import make  # noqa: PLC0415  # most events of a run need no client

        if self._client is None:
            self._client = make(self._settings)
        return self._client
