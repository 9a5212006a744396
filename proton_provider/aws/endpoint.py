"""Checks whether an endpoint is gone, if the user has set `deleteUnreachable`."""

from __future__ import annotations

import errno
import socket
from typing import Final
from urllib.parse import urlsplit

from proton_provider import stopping
from proton_provider.aws.proxies import proxies_for
from proton_provider.errors import EndpointGoneError
from proton_provider.settings import DELETE_UNREACHABLE, ENDED, OTHER_ENDPOINT, Settings

CONNECT_WITHIN: Final = 3.0
"""The longest wait, in seconds, for each address of an endpoint to accept a connection."""


def require_endpoint(settings: Settings) -> None:
    """Raise `EndpointGoneError` if `delete_unreachable` is set and the endpoint is gone.

    AWS's own endpoint always counts as gone: AWS has ended the service. Another endpoint is tried once. It counts as gone
    if no connection to it can be made. If a connection can be made, the endpoint is not gone, whatever it answers.
    """
    if not settings.delete_unreachable:
        return
    if settings.endpoint_url is None or not settings.endpoint_is_given:
        reason: str | None = ENDED
    else:
        reason = _why_no_connection(settings, settings.endpoint_url)
    if reason:
        raise EndpointGoneError(
            reason,
            f"AWS Proton was not called: {reason}. While {DELETE_UNREACHABLE} or proton:deleteUnreachable is true, only "
            f"destroy and refresh work. For other commands, unset it. {OTHER_ENDPOINT}",
        )


def _why_no_connection(settings: Settings, url: str) -> str | None:
    """The reason why no connection can be made. None if one can be made, or if that is not known.

    With a proxy it is not known: the proxy makes the connection, and its error counts as an answer.
    """
    try:
        if proxies_for(settings, url):
            return None
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        stopping.interruptible(lambda: _connect(address), f"a connection to {url}")
    except ValueError:  # the call itself reports an invalid address
        return None
    except OSError as error:
        if (
            isinstance(error, (ConnectionRefusedError, socket.gaierror, TimeoutError))
            or error.errno in _NO_ROUTE
        ):
            return f"no connection to {url} can be made ({error.strerror or error})"
    return None


def _connect(address: tuple[str, int]) -> None:
    socket.create_connection(address, timeout=CONNECT_WITHIN).close()


_NO_ROUTE: Final = (errno.EHOSTUNREACH, errno.ENETUNREACH)
