"""What becomes of a resource whose endpoint is gone, where the user has said that it counts as deleted then."""

from __future__ import annotations

from proton_provider.errors import EndpointGoneError
from proton_provider.lifecycle import Connect, Connections, Log, Properties
from proton_provider.lifecycle.properties import is_first_look, label


def connect_to_delete(connect: Connect, olds: Properties, log: Log, *, undone: str) -> Connections | None:
    """The calls, or None where the endpoint is gone; the warning says what is `undone`, such as `was not deleted`."""
    try:
        return connect()
    except EndpointGoneError as gone:
        log("warning", f"{label(olds)} {undone}: {gone.reason}. It is only removed from the state.")
        return None


def connect_to_read(connect: Connect, props: Properties, log: Log) -> Connections | None:
    """The calls, or None where the endpoint is gone, so that the resource counts as deleted.

    A first look (`get`) raises `EndpointGoneError`: a program cannot go on with a connection that nobody read.
    """
    if is_first_look(props):
        return connect()
    try:
        return connect()
    except EndpointGoneError as gone:
        log("warning", f"{label(props)} was not read and counts as deleted: {gone.reason}.")
        return None
