"""The data source functions, for programs in every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from proton_provider.lifecycle import Connections, Properties, search
from proton_provider.lifecycle.properties import pick
from proton_provider.masking import Secrets
from proton_provider.wire_names import python_name

CONDITIONS: Final = ("id", "environmentName", "managementAccountId", "statuses")


def get_one(arguments: Properties, connect: Callable[[], Connections]) -> Properties:
    """The connection that matches the arguments. Raises the errors of `search.find_one`."""
    wanted, requested_by = _wanted(arguments)
    return pick(search.find_one(connect(), wanted, requested_by), search.MEMBERS)


def get_all(arguments: Properties, connect: Callable[[], Connections]) -> Properties:
    """All connections that match the arguments, as the output `connections`."""
    wanted, requested_by = _wanted(arguments)
    found = search.find_all(connect(), wanted, requested_by)
    return {"connections": [pick(connection, search.MEMBERS) for connection in found]}


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
