"""Counts Proton's calls in every event that a stack of `EnvironmentAccountConnectionRoles` can meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.conditions import CONDITIONS, PLAIN
from benchmarks.events import GET, UPDATE
from benchmarks.programs import DYNAMIC, roles
from benchmarks.workbench import Workbench
from engine.harness import ENVIRONMENT_ACCOUNT, Stack

_PROGRAM: Final = """
import json
import pathlib
import sys

import pulumi
from proton_provider import EnvironmentAccountConnectionRoles

ids = json.loads(pathlib.Path("connections.json").read_text())[{first}:{last}]
made = [
    EnvironmentAccountConnectionRoles(
        f"roles-{{number}}", connection_id=connection_id, on_delete="{on_delete}", **{roles}
    )
    for number, connection_id in enumerate(ids)
]
statuses = pulumi.Output.all(*(resource.status for resource in made))
pulumi.export("boto3 in the program", statuses.apply(lambda _: "boto3" in sys.modules))
"""

_ARGUMENTS: Final = {
    "roleArn": "role_arn",
    "componentRoleArn": "component_role_arn",
    "codebuildRoleArn": "codebuild_role_arn",
}


@dataclass(frozen=True)
class Counted:
    """The calls of one event: how many were wanted a resource, and how many were made for all."""

    event: str
    resources: int
    wanted: Mapping[str, int]
    calls: Mapping[str, int]


class _Scenario:
    """One stack, and what its program says now."""

    def __init__(self, bench: Workbench, stack: Stack, resources: int) -> None:
        self._stack = stack
        self._count = resources
        self._wanted = roles(bench.new_generation())
        self._other = roles(bench.new_generation())
        self._first = 0
        self._on_delete = "retain"

    def new_roles(self) -> None:
        self._write(self._wanted)

    def one_role(self) -> None:
        self._write({**self._wanted, "componentRoleArn": self._other["componentRoleArn"]})

    def fewer_roles(self) -> None:
        self._write({"roleArn": self._wanted["roleArn"]})

    def other_connections(self) -> None:
        self._first = self._count
        self._write(self._wanted)

    def restoring(self) -> None:
        self._on_delete = "restore"
        self._write(self._wanted)

    def same(self) -> None:
        """The program as it is."""

    def _write(self, wanted: Mapping[str, str]) -> None:
        text = _PROGRAM.format(
            first=self._first,
            last=self._first + self._count,
            on_delete=self._on_delete,
            roles={_ARGUMENTS[role]: arn for role, arn in wanted.items()},
        )
        self._stack.write(text)


_Prepare = Callable[[_Scenario], None]

_UP: Final = ("up", "--yes", "--skip-preview")
_DESTROY: Final = ("destroy", "--yes", "--skip-preview")

_STEPS: Final[tuple[tuple[str, _Prepare, tuple[str, ...], dict[str, int]], ...]] = (
    ("preview of a creation", _Scenario.new_roles, ("preview",), {}),
    ("create", _Scenario.same, _UP, {GET: 1, UPDATE: 1}),
    ("no change", _Scenario.same, _UP, {}),
    ("preview of a changed role", _Scenario.one_role, ("preview",), {}),
    ("one role changed", _Scenario.same, _UP, {UPDATE: 1}),
    ("all roles changed", _Scenario.new_roles, _UP, {UPDATE: 1}),
    ("two roles taken out of the program", _Scenario.fewer_roles, _UP, {}),
    ("refresh", _Scenario.same, ("refresh", "--yes"), {GET: 2}),
    ("refresh --skip-preview", _Scenario.same, ("refresh", "--yes", "--skip-preview"), {GET: 1}),
    ("other connection ids", _Scenario.other_connections, _UP, {GET: 1, UPDATE: 1}),
    ("destroy, retain", _Scenario.same, _DESTROY, {}),
    ("create where the roles match", _Scenario.restoring, _UP, {GET: 1}),
    ("destroy, restore of nothing", _Scenario.same, _DESTROY, {GET: 1}),
    ("create over other roles", _Scenario.one_role, _UP, {GET: 1, UPDATE: 1}),
    ("destroy, restore", _Scenario.same, _DESTROY, {GET: 1, UPDATE: 1}),
)
"""Each event, what the program is made to say before it, the command, and the calls that a resource should cost."""


def count_calls(bench: Workbench, resources: int) -> Iterator[tuple[Counted, bool | None]]:
    """The calls of every event, and after a creation whether the program's process had imported boto3."""
    with bench.stack(DYNAMIC, CONDITIONS[PLAIN]) as stack:
        scenario = _Scenario(bench, stack, resources)
        for event, prepare, command, wanted in _STEPS:
            prepare(scenario)
            bench.endpoint.calls(ENVIRONMENT_ACCOUNT)
            stack.run(*command)
            calls = bench.endpoint.calls(ENVIRONMENT_ACCOUNT)
            outputs: dict[str, Any] = stack.outputs if event == "create" else {}
            yield Counted(event, resources, wanted, calls), outputs.get("boto3 in the program")
