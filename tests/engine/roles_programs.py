"""What the tests of `EnvironmentAccountConnectionRoles` share: programs, connections, and where errors are printed."""

from __future__ import annotations

import socket
from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, Client, Printed

from proton_provider.local import LocalAws

TYPE = "pulumi-python:dynamic/proton:EnvironmentAccountConnectionRoles"

_HEAD = """\
import pulumi
from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
)
from pulumi import Alias, ResourceOptions
"""


class Source(str):
    """An argument that stands in a program as it is, not as a text."""

    __slots__ = ()
    __repr__ = str.__str__


def program(*lines: str) -> str:
    """A program of these lines."""
    return "\n".join([_HEAD, *lines, ""])


def declare(name: str = "roles", **arguments: Any) -> str:
    """The line that declares the roles `name` of a connection; the variable has the same name."""
    given = ", ".join(f"{argument}={value!r}" for argument, value in arguments.items())
    return f"{name} = EnvironmentAccountConnectionRoles({name!r}, {given})"


def arn(role: str, account: str = ENVIRONMENT_ACCOUNT) -> str:
    """The ARN of a role; nothing looks whether there is one."""
    return f"arn:aws:iam::{account}:role/{role}"


def urn(name: str = "roles") -> str:
    """The URN of the roles `name` in a test's stack."""
    return f"urn:pulumi:test::test::{TYPE}::{name}"


def accepted_connection(client: Client, account: str = ENVIRONMENT_ACCOUNT, **roles: str) -> str:
    """The id of another accepted connection of an environment account, with these roles."""
    made = client("proton", account).create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT, **roles
    )
    connection_id: str = made["environmentAccountConnection"]["id"]
    client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=connection_id)
    return connection_id


def live_roles(client: Client, connection_id: str) -> dict[str, str]:
    """The names of the roles that the connection has now, by AWS's member names."""
    answer = client("proton").get_environment_account_connection(id=connection_id)
    connection = answer["environmentAccountConnection"]
    names = ("roleArn", "componentRoleArn", "codebuildRoleArn")
    return {name: connection[name].rpartition("/")[2] for name in names if name in connection}


def updates(aws: LocalAws) -> list[dict[str, Any]]:
    """What every update so far has sent."""
    return [
        dict(request.parameters)
        for request in aws.requests
        if request.operation == "UpdateEnvironmentAccountConnection"
    ]


def dead_address() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def error_of(printed: Printed, name: str = "roles") -> list[str]:
    """The lines that the engine prints under `Diagnostics` as the error of the roles `name`."""
    lines = printed.text.partition("\nDiagnostics:\n")[2].splitlines()
    after = lines[lines.index(f"  {TYPE} ({name}):") + 1 :]
    end = next((number for number, line in enumerate(after) if not line.strip()), len(after))
    return [line.strip() for line in after[:end]]
