"""Chooses the proxies for an address, by the rules of Go: pulumi-aws is written in Go."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from proton_provider.settings import Settings


def proxies_for(settings: Settings, url: str) -> dict[str, str]:
    """The proxies for this address, by scheme. There are none for an address of this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_loopback(host) or _is_exempt(host, parts.port, settings.no_proxy or ""):
        return {}
    known = {"http": settings.http_proxy, "https": settings.https_proxy}
    return {scheme: proxy for scheme, proxy in known.items() if proxy}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether `no_proxy` has the host: as `*`, a name (with its subdomains), `.name` (only subdomains), IP or network."""
    for entry in no_proxy.lower().replace(",", " ").split():
        name, _, only_port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
        if only_port and only_port != str(port):
            continue
        if name in ("*", host) or host.endswith("." + name.removeprefix("*").removeprefix(".")):
            return True
        if _is_in_network(host, name):
            return True
    return False


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
