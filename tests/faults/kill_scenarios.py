"""What must be true after a killed `up` and the next one: changes are complete, and nothing is created twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.harness import Client, MakeStack, Stack, local_config
from engine.programs import arn, connection, live, live_ids, live_tags, program, requested, roles, sent
from faults.kills import Killed, Point, killed_up

from proton_provider.local import LocalAws
from proton_provider.rules import ROLES

CREATE: Final = "CreateEnvironmentAccountConnection"
UPDATE: Final = "UpdateEnvironmentAccountConnection"


@dataclass
class Tally:
    """What came of the kills of one kind of `up`."""

    in_time: Counter[str] = field(default_factory=Counter)
    """Kills that met a run alive, by who died."""
    interrupted: int = 0
    """Operations that Pulumi knew as pending after the kills."""
    unrecorded: int = 0
    """Roles that were set before they could be recorded in Pulumi's state, so that those from before are unknown."""

    def __str__(self) -> str:
        kills = ", ".join(f"{count} of {victim}" for victim, count in sorted(self.in_time.items()))
        return (
            f"{sum(self.in_time.values())} kills in time ({kills}), {self.interrupted} operations interrupted"
        )


def kill_changes(
    make_stack: MakeStack,
    aws: LocalAws,
    client: Client,
    kills: Sequence[Point],
    *,
    connections: int,
    held_back: float,
) -> Tally:
    """Kill an `up` that changes the roles of `connections` connections, once at each point, and run it again.

    Every second one takes a second role under management, so that its roles from before are recorded by the run that
    dies; after some of the others the state is refreshed first, as Pulumi's warning advises. Asserts after each that
    every connection has the wanted roles and the state those from before the killed run; at last that destroying the
    stack puts the roles from before back. What a refresh has seen of a killed update looks like a stranger's
    change: it is not recorded as ours, and a destroy leaves it.
    """
    ids = {
        f"r{number}": requested(client, roleArn=arn("before"), componentRoleArn=arn("before"))
        for number in range(connections)
    }

    def with_roles(**arns: str) -> str:
        return program(*(roles(name, connection_id=ids[name], on_delete="restore", **arns) for name in ids))

    tally = Tally()
    stack = make_stack(with_roles(role_arn=arn("first")))
    stack.up("--skip-preview")
    aws.delay(held_back, UPDATE)
    component = arn("before")
    for number, point in enumerate(kills):
        managed, before = {"roleArn": arn(f"role-{number}")}, {"roleArn": arn("before")}
        if number % 2 == 0:
            before["componentRoleArn"] = component
            component = managed["componentRoleArn"] = arn(f"component-{number}")
            stack.write(with_roles(role_arn=managed["roleArn"], component_role_arn=component))
        else:
            stack.write(with_roles(role_arn=managed["roleArn"]))
        with killed_up(stack, point, lambda: _changes(aws)) as killed:
            tally.interrupted += len(_pending(stack.state))
            _repeat(stack, point, killed, tally, refresh=number % 4 == 1)
        unproved = set()
        state = stack.state
        assert _pending(state) == []
        held = _outputs(state)
        for name, connection_id in ids.items():
            where = f"{name} after {point}: {killed.printed}"
            assert _roles(client, connection_id) == {"componentRoleArn": component, **managed}, where
            if number % 4 == 1 and held[name]["managedRoleArns"] == {"roleArn": arn(f"role-{number - 1}")}:
                unproved.add(connection_id)
            else:
                assert held[name]["managedRoleArns"] == managed, where
            assert held[name]["previousRoleArns"] == before, where
    aws.delay(0, UPDATE)
    stack.destroy("--skip-preview")
    restored = {"roleArn": arn("before"), "componentRoleArn": component, **before}
    for connection_id in ids.values():
        left = managed if connection_id in unproved else {}
        assert _roles(client, connection_id) == {**restored, **left}
    return tally


def kill_creations(
    make_stack: MakeStack,
    aws: LocalAws,
    client: Client,
    kills: Sequence[Point],
    *,
    connections: int,
    held_back: float,
) -> Tally:
    """Kill a first `up`, once at each point, and run it again; half of its resources are roles, half connections.

    Asserts that every connection was made once, with the wanted roles and tags, and that roles from before are recorded
    for all that Pulumi's state held when the run died. The others may find their own roles there: those are counted.
    """
    tally = Tally()
    empty = make_stack(program())
    names = range(connections // 2)
    for number, point in enumerate(kills):
        aws.reset()
        ids = {f"r{name}": requested(client, f"existing-{name}", roleArn=arn("before")) for name in names}
        stack = Stack(empty.folder, empty.env, f"killed-{number}")
        stack.configure(local_config(aws.url))
        stack.write(
            program(
                *(roles(name, connection_id=ids[name], role_arn=arn("new")) for name in ids),
                *(connection(f"c{name}", role_arn=arn("new"), tags={"team": "a"}) for name in names),
            )
        )
        aws.delay(held_back, UPDATE)
        aws.delay(held_back, CREATE)
        with killed_up(stack, point, lambda: _changes(aws)) as killed:
            state = stack.state
            tally.interrupted += len(_pending(state))
            in_time = set(_outputs(state))
            _repeat(stack, point, killed, tally)
        aws.delay(0, UPDATE)
        aws.delay(0, CREATE)
        held = _outputs(stack.state)
        where = f"after {point}: {killed.printed}"
        assert len(live_ids(client)) == 2 * len(names), where
        for name in names:
            requested_id = held[f"c{name}"]["arn"].rpartition("/")[2]
            assert live(client, requested_id)["environmentName"] == f"c{name}", where
            assert _roles(client, requested_id) == {"roleArn": arn("new")}, where
            assert live_tags(client, requested_id) == {"team": "a"}, where
            assert _roles(client, ids[f"r{name}"]) == {"roleArn": arn("new")}, where
            previous = held[f"r{name}"]["previousRoleArns"]
            if previous != {"roleArn": arn("before")}:
                assert previous == {"roleArn": arn("new")}, where
                assert f"r{name}" not in in_time, where
                tally.unrecorded += 1
    return tally


def _repeat(stack: Stack, point: Point, killed: Killed, tally: Tally, *, refresh: bool = False) -> None:
    """Run it again, as a user does: an engine that was killed leaves its lock, a failed `up` does not."""
    if killed.in_time:
        tally.in_time[point.victim] += 1
        if point.victim != "provider":
            stack.run("cancel", "--yes")
    if refresh:
        stack.refresh("--skip-preview")
    stack.up("--skip-preview")


def _changes(aws: LocalAws) -> int:
    """How many changing calls have taken effect so far."""
    return len(sent(aws, UPDATE)) + len(sent(aws, CREATE))


def _pending(state: dict[str, Any]) -> list[Any]:
    return state["deployment"].get("pending_operations") or []


def _outputs(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The outputs of our resources in the state, by name."""
    return {
        resource["urn"].rpartition("::")[2]: resource["outputs"]
        for resource in state["deployment"].get("resources") or []
        if "dynamic/proton" in resource["type"]
    }


def _roles(client: Client, connection_id: str) -> dict[str, str]:
    answer = live(client, connection_id)
    return {role: answer[role] for role in ROLES if role in answer}
