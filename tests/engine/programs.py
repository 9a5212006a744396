"""Python programs for the tests on the engine, line by line, and what AWS holds after them."""

from __future__ import annotations

from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, Client, Printed, Stack

from proton_provider.local import LocalAws
from proton_provider.rules import ROLES as ROLE_NAMES

_HEAD = """\
import pulumi
from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
)
from pulumi import Alias, ResourceOptions
"""

ROLES = "EnvironmentAccountConnectionRoles"


class Source(str):
    """An argument that stands in a program as it is, not as a text."""

    __slots__ = ()
    __repr__ = str.__str__


def program(*lines: str) -> str:
    """A program of these lines."""
    return "\n".join([_HEAD, *lines, ""])


def connection(variable: str = "prod", **arguments: Any) -> str:
    """The line that requests a connection; its environment and its resource have the variable's name, unless given."""
    return declare(
        "EnvironmentAccountConnection",
        variable,
        **{"environment_name": variable, "management_account_id": MANAGEMENT_ACCOUNT, **arguments},
    )


def accepter(variable: str = "accepter", **arguments: Any) -> str:
    """The line that accepts a connection."""
    return declare("EnvironmentAccountConnectionAccepter", variable, **arguments)


def roles(variable: str = "roles", **arguments: Any) -> str:
    """The line that declares the roles of a connection."""
    return declare(ROLES, variable, **arguments)


def declare(kind: str, variable: str, **arguments: Any) -> str:
    """The line that declares a resource; the resource has the variable's name."""
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{variable} = {kind}({variable!r}, {given})"


def export(**outputs: str) -> str:
    """The lines that export these expressions."""
    return "\n".join(f"pulumi.export({name!r}, {expression})" for name, expression in outputs.items())


def arn(role: str, account: str = ENVIRONMENT_ACCOUNT) -> str:
    """The ARN of a role; nothing looks whether there is one."""
    return f"arn:aws:iam::{account}:role/{role}"


def assumed(account: str) -> Source:
    """The settings that reach `account` through a role of its own."""
    return Source(f"AwsSettings(assume_role_arn={arn('deployer', account)!r})")


def urn(variable: str, kind: str = "EnvironmentAccountConnection") -> str:
    """The URN of a resource in a test's stack."""
    return f"urn:pulumi:test::test::pulumi-python:dynamic/proton:{kind}::{variable}"


def requested(
    client: Client, environment: str = "prod", *, account: str = ENVIRONMENT_ACCOUNT, **members: Any
) -> str:
    """The id of a connection that somebody else has requested."""
    made = client("proton", account).create_environment_account_connection(
        environmentName=environment, managementAccountId=MANAGEMENT_ACCOUNT, **members
    )
    connection_id: str = made["environmentAccountConnection"]["id"]
    return connection_id


def accepted_connection(client: Client, account: str = ENVIRONMENT_ACCOUNT, **roles: str) -> str:
    """The id of a connection of an environment account that has been accepted, with these roles."""
    connection_id = requested(client, account=account, **roles)
    client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=connection_id)
    return connection_id


def live(client: Client, connection_id: str) -> dict[str, Any]:
    """The connection as the environment account gets it now."""
    answer = client("proton").get_environment_account_connection(id=connection_id)
    found: dict[str, Any] = answer["environmentAccountConnection"]
    return found


def live_roles(client: Client, connection_id: str) -> dict[str, str]:
    """The names of the roles that the connection has now, by AWS's member names."""
    found = live(client, connection_id)
    return {name: found[name].rpartition("/")[2] for name in ROLE_NAMES if name in found}


def live_ids(client: Client, account: str = ENVIRONMENT_ACCOUNT) -> list[str]:
    """The ids of all connections that the account has requested."""
    pages = client("proton", account).get_paginator("list_environment_account_connections")
    return [
        summary["id"]
        for page in pages.paginate(requestedBy="ENVIRONMENT_ACCOUNT")
        for summary in page["environmentAccountConnections"]
    ]


def live_tags(client: Client, connection_id: str) -> dict[str, str]:
    """The tags that the connection has now."""
    found = live(client, connection_id)
    tags = client("proton").list_tags_for_resource(resourceArn=found["arn"])["tags"]
    return {tag["key"]: tag["value"] for tag in tags}


def sent(aws: LocalAws, operation: str) -> list[dict[str, Any]]:
    """What every request of an operation has sent so far."""
    return [dict(request.parameters) for request in aws.requests if request.operation == operation]


def updates(aws: LocalAws) -> list[dict[str, Any]]:
    """What every update so far has sent."""
    return sent(aws, "UpdateEnvironmentAccountConnection")


DEAD_ADDRESS = "http://127.0.0.1:1"
"""Nothing listens there. A port that was just free may be anybody's a moment later."""


def warnings_of(printed: Printed) -> list[str]:
    """The warnings under `Diagnostics`; the engine prints each above them, too."""
    return [line.strip() for line in printed.lines if line.strip().startswith("warning:")]


def of_proton(stack: Stack) -> list[dict[str, Any]]:
    """What the stack has of this provider's."""
    return [resource for resource in stack.resources() if "dynamic/proton" in resource["type"]]


def error_of(printed: Printed, name: str = "roles", kind: str = ROLES) -> list[str]:
    """The lines that the engine prints under `Diagnostics` as the error of a resource."""
    lines = printed.text.partition("\nDiagnostics:\n")[2].splitlines()
    after = lines[lines.index(f"  pulumi-python:dynamic/proton:{kind} ({name}):") + 1 :]
    end = next((number for number, line in enumerate(after) if not line.strip()), len(after))
    return [line.strip() for line in after[:end]]
