"""Deletes and reads resources whose endpoint is gone, if the user has set `deleteUnreachable`."""

from __future__ import annotations

from proton_provider.errors import EndpointGoneError
from proton_provider.lifecycle import Connect, Connections, Log, Properties
from proton_provider.lifecycle.properties import is_first_read, label


def connect_to_delete(connect: Connect, olds: Properties, log: Log, *, undone: str) -> Connections | None:
    """The calls to AWS, or None if the endpoint is gone. `undone` is part of the warning, such as `was not deleted`."""
    try:
        return connect()
    except EndpointGoneError as gone:
        log("warning", f"{label(olds)} {undone}: {gone.reason}. It is only removed from the state.")
        return None


def connect_to_read(connect: Connect, props: Properties, log: Log) -> Connections | None:
    """The calls to AWS, or None if the endpoint is gone: the resource counts as deleted.

    The first read (`get`) raises `EndpointGoneError`: a program cannot use a connection that was not read.
    """
    if is_first_read(props):
        return connect()
    try:
        return connect()
    except EndpointGoneError as gone:
        log("warning", f"{label(props)} was not read and counts as deleted: {gone.reason}.")
        return None
