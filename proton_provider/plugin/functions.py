"""The data source functions, for programs in every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from proton_provider.lifecycle import Connection, Connections, Properties, search
from proton_provider.masking import Secrets
from proton_provider.wire_names import python_name

CONDITIONS: Final = ("id", "environmentName", "managementAccountId", "statuses")

MEMBERS: Final = (
    "id",
    "arn",
    "environmentAccountId",
    "environmentName",
    "managementAccountId",
    "status",
    "requestedAt",
    "lastModifiedAt",
    "roleArn",
    "componentRoleArn",
    "codebuildRoleArn",
)
"""The outputs of a function for each connection."""


def get_one(arguments: Properties, connect: Callable[[], Connections]) -> Properties:
    """The connection that matches the arguments. Raises the errors of `search.find_one`."""
    wanted, requested_by = _wanted(arguments)
    return _outputs(search.find_one(connect(), wanted, requested_by))


def get_all(arguments: Properties, connect: Callable[[], Connections]) -> Properties:
    """All connections that match the arguments, as the output `connections`."""
    wanted, requested_by = _wanted(arguments)
    return {"connections": [_outputs(found) for found in search.find_all(connect(), wanted, requested_by)]}


FUNCTIONS: Final[Mapping[str, Callable[[Properties, Callable[[], Connections]], Properties]]] = {
    "proton:index:getEnvironmentAccountConnection": get_one,
    "proton:index:getEnvironmentAccountConnections": get_all,
}


def without_values(message: str, arguments: Properties) -> str:
    """The message with names of arguments in place of their values. The engine does not say which arguments are secret."""
    settings = arguments.get("aws") or {}
    hidden = Secrets()
    for name in ("id", "environmentName", "managementAccountId"):
        hidden.remember_values(arguments.get(name), label=f"[{name}]")
    for name in ("externalId", "sessionName", "sessionTags"):
        hidden.remember_values(settings.get(name), label=f"[aws.{name}]")
    return hidden.hide(message)


def _wanted(arguments: Properties) -> tuple[search.Conditions, str]:
    requested_by = arguments.get("requestedBy") or search.REQUESTERS[0]
    conditions = {python_name(name): arguments.get(name) for name in CONDITIONS}
    return search.conditions_of(requested_by, **conditions), requested_by


def _outputs(connection: Connection) -> Properties:
    return {name: connection[name] for name in MEMBERS if name in connection}
