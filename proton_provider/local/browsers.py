"""Refuses what a web page could send: a page in a browser on this machine reaches every address of the loopback."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from .errors import ServiceError

_HOST = re.compile(r"\[(?P<ipv6>[^\]]*)\](:\d+)?|(?P<name>[^:]*)(:\d+)?")
_NAMES = (".amazonaws.com", ".localhost")
"""The ends of the host names that AWS's SDKs send beside the address of the endpoint."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check(environ: Mapping[str, Any], *, any_host: bool) -> None:
    """Raise ``ServiceError`` for a request, given as a WSGI environment, that a web page could have sent.

    A browser adds ``Origin`` or ``Sec-Fetch-Site`` to the requests of a page. Without them, the page may have come from
    a name that now leads to the loopback. So the host must be a name or address of the loopback, or a name that AWS's
    SDKs send. With ``any_host`` every host is accepted.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE", "none")
    host = environ.get("HTTP_HOST", "")
    if "HTTP_ORIGIN" in environ:
        reason = "it has the header Origin"
    elif site != "none":
        reason = f"its header Sec-Fetch-Site is {site}"
    elif not any_host and not _is_expected(host):
        reason = (
            f"its host is '{host}'. Use localhost or 127.0.0.1, or start the local AWS with another --host"
        )
    else:
        return
    raise ServiceError(
        "AccessDenied", f"The local AWS serves no web pages, and this may be one's request: {reason}."
    )


def _is_expected(host: str) -> bool:
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return False
    name = found["name"] if found["ipv6"] is None else found["ipv6"]
    return is_loopback(name) or name.endswith(_NAMES)
