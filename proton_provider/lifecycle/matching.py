"""Finds the connection that the environment account has requested for one environment and management account."""

from __future__ import annotations

from proton_provider.errors import NotOneConnectionError
from proton_provider.lifecycle import Connection, Connections, Properties


def find_existing(connections: Connections, news: Properties) -> Connection | None:
    """The connection that matches the fixed inputs and is not rejected, or None.

    Raises `NotOneConnectionError` if several match.
    """
    matching = [summary for summary in _matching(connections, news) if summary["status"] != "REJECTED"]
    if not matching:
        return None
    return _exactly_one(connections, matching, "adoptExisting adopts exactly one connection", news)


def find_first_attempt(connections: Connections, news: Properties) -> Connection:
    """The connection of an earlier attempt with the same token. AWS remembers the token while the connection exists."""
    return _exactly_one(
        connections,
        _matching(connections, news),
        "An earlier attempt requested a connection with other roles or tags",
        news,
    )


def _matching(connections: Connections, news: Properties) -> list[Connection]:
    summaries = connections.list_connections("ENVIRONMENT_ACCOUNT", environment_name=news["environmentName"])
    return [summary for summary in summaries if summary["managementAccountId"] == news["managementAccountId"]]


def _exactly_one(
    connections: Connections, matching: list[Connection], why: str, news: Properties
) -> Connection:
    if len(matching) == 1:
        return connections.find(matching[0]["id"])
    listed = ", ".join(f"{summary['id']} ({summary['status']})" for summary in matching) or "none"
    raise NotOneConnectionError(
        f"{why}, but {len(matching)} match the environment {news['environmentName']} and the management "
        f"account {news['managementAccountId']} in {news['region']}: {listed}. Delete those that are not used "
        "(aws proton delete-environment-account-connection --id ...), and run the command again."
    )
