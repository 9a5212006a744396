"""Judges whether an endpoint is gone, where the user has said that what is there counts as deleted then."""

from __future__ import annotations

import errno
import socket
from typing import Final
from urllib.parse import urlsplit

from proton_provider import stopping
from proton_provider.aws import answers
from proton_provider.aws.proxies import proxies_for
from proton_provider.errors import EndpointGoneError
from proton_provider.settings import DELETE_UNREACHABLE, Settings

CONNECT_WITHIN: Final = 3.0
"""Seconds that each address of an endpoint is given to accept a connection."""


def require_endpoint(settings: Settings) -> None:
    """Raise `EndpointGoneError` where the settings ask for this judgement and the endpoint is gone.

    AWS's own endpoint is gone by definition: AWS has ended the service. Another one is tried once, and is gone where no
    connection can be made. Whatever is sent over a connection is an answer, and leaves the judgement to the call itself.
    """
    if not settings.delete_unreachable:
        return
    if settings.endpoint_url is None or not settings.endpoint_is_given:
        reason: str | None = answers.ENDED
    else:
        reason = _why_no_connection(settings, settings.endpoint_url)
    if reason:
        raise EndpointGoneError(
            reason,
            f"AWS Proton was not called: {reason}. While {DELETE_UNREACHABLE} or proton:deleteUnreachable is true, only "
            f"destroy and refresh work. For other commands, unset it. {answers.GO_ON}",
        )


def _why_no_connection(settings: Settings, url: str) -> str | None:
    """Why no connection can be made, or None where one can, or where that cannot be told.

    Behind a proxy it cannot: the proxy makes the connection, and what it says about it is an answer.
    """
    if proxies_for(settings, url):
        return None
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        stopping.interruptible(lambda: _connect(address), f"a connection to {url}")
    except ValueError:  # an address that does not read is the call's own error
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
