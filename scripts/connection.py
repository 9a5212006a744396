"""Requests and accepts an environment account connection in the local AWS, and reads it, with boto3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from environment import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION

from proton_provider.local import clients

ENVIRONMENT = "prod"

Connection = dict[str, Any]
"""A connection in AWS's own words, as GetEnvironmentAccountConnection answers."""


def _proton(url: str, account: str) -> Any:
    return clients.client(url, "proton", account, REGION)


def find(url: str) -> Connection | None:
    """The environment account's oldest accepted connection for `ENVIRONMENT`."""
    proton = _proton(url, ENVIRONMENT_ACCOUNT)
    pages = proton.get_paginator("list_environment_account_connections").paginate(
        requestedBy="ENVIRONMENT_ACCOUNT", environmentName=ENVIRONMENT, statuses=["CONNECTED"]
    )
    found = [summary for page in pages for summary in page["environmentAccountConnections"]]
    oldest = min(found, key=lambda summary: summary["requestedAt"], default=None)
    return get(url, oldest["id"]) if oldest else None


def request_and_accept(url: str) -> Connection:
    """Request a connection in the environment account, and accept it in the management account."""
    requested = _proton(url, ENVIRONMENT_ACCOUNT).create_environment_account_connection(
        environmentName=ENVIRONMENT, managementAccountId=MANAGEMENT_ACCOUNT
    )["environmentAccountConnection"]
    _proton(url, MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=requested["id"])
    return get(url, requested["id"])


def get(url: str, connection_id: str) -> Connection:
    answer = _proton(url, ENVIRONMENT_ACCOUNT).get_environment_account_connection(id=connection_id)
    connection: Connection = answer["environmentAccountConnection"]
    return connection


def described(connection: Mapping[str, Any]) -> str:
    """The connection as a text with one property in each line."""
    shown = (
        "status",
        "environmentName",
        "environmentAccountId",
        "managementAccountId",
        "roleArn",
        "componentRoleArn",
        "codebuildRoleArn",
    )
    return "\n".join(f"    {name:<22}{connection.get(name, '(not set)')}" for name in shown)
