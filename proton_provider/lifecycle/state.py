"""Checks the outputs in a state before they are used: somebody may have edited the state.

Nothing is sent to AWS before this check. What AWS knows is read again by a refresh or an update. What only the state
knows is refused, in a sentence that names the property and says how to repair the state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from proton_provider import rules
from proton_provider.errors import EditedStateError
from proton_provider.lifecycle import Lifecycle, Properties
from proton_provider.lifecycle.properties import CONNECTION_OUTPUTS

_REGION: Final = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value else "must be a string"


def _region(value: object) -> str | None:
    return None if isinstance(value, str) and _REGION.fullmatch(value) else "must be the name of a Region"


def _map(value: object) -> str | None:
    return None if isinstance(value, Mapping) else "must be a map"


def _on_delete(value: object) -> str | None:
    return None if value in ("retain", "restore", "reject") else "must be retain, restore or reject"


def _role_map(value: object) -> str | None:
    """The problem with a map of role ARNs, or None."""
    if not isinstance(value, Mapping):
        return "must be a map of role ARNs"
    if wrong := sorted(str(name) for name in value if name not in rules.ROLES):
        return f"has {wrong[0]}, but its members are {', '.join(rules.ROLES)}"
    problems = (
        f"has {role}, which {problem}"
        for role in value
        if (problem := rules.problem_with_role_arn(value[role]))
    )
    return next(problems, None)


Check = Callable[[object], "str | None"]

_ONLY_IN_STATE: Final[Mapping[str, Check]] = {
    "region": _region,
    "onDelete": _on_delete,
    "managedRoleArns": _role_map,
    "previousRoleArns": _role_map,
    "adoptExisting": rules.problem_with_boolean,
    "aws": _map,
}
"""The outputs that only the state has."""

_KNOWN_TO_AWS: Final[Mapping[str, Check]] = {
    "arn": _text,
    "connectionId": rules.problem_with_connection_id,
    "environmentAccountId": rules.problem_with_account_id,
    "environmentName": rules.problem_with_environment_name,
    "lastModifiedAt": _text,
    "liveRoleArns": _role_map,
    "managementAccountId": rules.problem_with_account_id,
    "requestedAt": _text,
    "status": _text,
    "tags": rules.problem_with_tag_map,
    "tagsAll": rules.problem_with_tag_map,
    **dict.fromkeys(rules.ROLES, rules.problem_with_role_arn),
}
"""The outputs that AWS returns, too. A test compares both tables with the outputs of all resources."""


def require_own_part(resource_id: str, outputs: Properties, lifecycle: Lifecycle) -> None:
    """Raise `EditedStateError` if an output that only the state has was edited or removed."""
    for name, problem in _problems_of_state(outputs, lifecycle):
        raise EditedStateError(
            f"{name} of connection {resource_id} in the state {problem}: it was edited, and only the state has it. Nothing "
            "was done. Correct it: run pulumi stack export --file state.json, edit the file, and run pulumi stack import "
            "--file state.json."
        )


def require_whole(resource_id: str, outputs: Properties, lifecycle: Lifecycle) -> None:
    """Raise `EditedStateError` if any output was edited or removed. A deletion needs them all."""
    require_own_part(resource_id, outputs, lifecycle)
    for name, problem in _problems_of_connection(resource_id, outputs, lifecycle):
        raise EditedStateError(
            f"{name} of connection {resource_id} in the state {problem}: it was edited. Nothing was done. To read it "
            "again, run pulumi refresh."
        )


def knows_connection(resource_id: str, outputs: Properties, lifecycle: Lifecycle) -> bool:
    """Whether the outputs that AWS returns, too, are as this package writes them."""
    return not [*_problems_of_connection(resource_id, outputs, lifecycle)]


def is_whole(resource_id: str, outputs: Properties, lifecycle: Lifecycle) -> bool:
    """Whether all outputs are as this package writes them."""
    return knows_connection(resource_id, outputs, lifecycle) and not [*_problems_of_state(outputs, lifecycle)]


def without_connection(resource_id: str, outputs: Properties) -> Properties:
    """The outputs as before the first read, so that the connection is read again."""
    wrong = {name for name, _ in _problems(_KNOWN_TO_AWS, outputs)}
    kept = {name: value for name, value in outputs.items() if name not in {*CONNECTION_OUTPUTS, *wrong}}
    return {**kept, "connectionId": resource_id}


def _problems_of_state(outputs: Properties, lifecycle: Lifecycle) -> Iterator[tuple[str, str]]:
    yield from ((name, "is missing") for name in lifecycle.only_in_state if name not in outputs)
    yield from _problems(_ONLY_IN_STATE, outputs)


def _problems_of_connection(
    resource_id: str, outputs: Properties, lifecycle: Lifecycle
) -> Iterator[tuple[str, str]]:
    required = [name for name in lifecycle.outputs if name not in lifecycle.only_in_state]
    yield from ((name, "is missing") for name in required if name not in outputs)
    yield from _problems(_KNOWN_TO_AWS, outputs)
    if outputs.get("connectionId", resource_id) != resource_id:
        yield "connectionId", "must be the id of the resource"
    # Calls name the connection by its ARN, which the id, the Region and the account determine.
    arn_end = f"{outputs.get('region')}:{outputs.get('environmentAccountId')}:environment-account-connection/{resource_id}"
    if not str(outputs.get("arn")).endswith(f":proton:{arn_end}"):
        yield "arn", f"must end with :proton:{arn_end}"


def _problems(table: Mapping[str, Check], outputs: Properties) -> Iterator[tuple[str, str]]:
    for name, problem_with in table.items():
        if name in outputs and (problem := problem_with(outputs[name])):
            yield name, problem
