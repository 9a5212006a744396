"""Times what happens to a stack (create, unchanged, update all, refresh), and the same calls without Pulumi."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import mean
from typing import Any, Final

from benchmarks.bare_calls import THREADS
from benchmarks.conditions import CONDITIONS, PLAIN
from benchmarks.endpoint import BARE_ACCOUNT
from benchmarks.programs import ACCOUNTS, DYNAMIC, program, roles
from benchmarks.provider_memory import peak_memory
from benchmarks.samples import Sample, timed
from benchmarks.starts import PROCESSES
from benchmarks.workbench import Workbench
from engine.harness import REGION, Stack

BARE: Final = "bare calls"
AWS_CLI: Final = "aws CLI"

GET: Final = "GetEnvironmentAccountConnection"
UPDATE: Final = "UpdateEnvironmentAccountConnection"

_BOTO3: Final = {GET: "get_environment_account_connection", UPDATE: "update_environment_account_connection"}


@dataclass(frozen=True)
class Event:
    """One of the engine's runs."""

    name: str
    command: tuple[str, ...]
    operations: tuple[str, ...]
    """Proton's operations that it costs, each once a resource."""
    changes_roles: bool
    """Whether the program has new roles for all connections."""


_UP: Final = ("up", "--yes", "--skip-preview")

EVENTS: Final = (
    Event("create", _UP, (GET, UPDATE), changes_roles=True),
    Event("unchanged", _UP, (), changes_roles=False),
    Event("update", _UP, (UPDATE,), changes_roles=True),
    Event("refresh", ("refresh", "--yes", "--skip-preview"), (GET,), changes_roles=False),
)


def one_round(
    bench: Workbench, condition: str, resources: int, number: int, *, watched: bool = False
) -> Iterator[Sample]:
    """Every event of a new stack of each program, one program after the other, then the bare calls; or in reverse.

    `watched`: with the provider's memory and the size of the state.
    """
    conditions = CONDITIONS[condition]
    order = (*conditions.variants, BARE)[:: 1 if number % 2 == 0 else -1]
    with ExitStack() as ending:
        stacks = {
            variant: ending.enter_context(bench.stack(variant, conditions)) for variant in conditions.variants
        }
        ending.enter_context(bench.endpoint_delayed(conditions.delay))
        for event in EVENTS:
            generation = bench.new_generation()
            command = (*event.command, "--parallel", str(conditions.parallel))
            for variant in order:
                known: dict[str, Any] = {"condition": condition, "event": event.name, "variant": variant}
                known |= {"resources": resources, "round": number}
                if variant in stacks:
                    if event.changes_roles:
                        stacks[variant].write(program(variant, resources, generation))
                    # The floor is a dynamic resource.
                    process = PROCESSES.get(variant, PROCESSES[DYNAMIC]) if watched else None
                    yield Sample(**known, **_run(bench, variant, stacks[variant], command, process))
                elif event.operations and condition == PLAIN:
                    yield Sample(**known, **_bare(bench, event, resources, generation))


def aws_cli_updates(bench: Workbench, resources: int, number: int) -> Sample:
    """So many updates as processes of the AWS CLI, as many at a time as Pulumi runs operations."""
    generation = bench.new_generation()
    environment = {
        **bench.environments[DYNAMIC],
        "AWS_ACCESS_KEY_ID": BARE_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
    }
    new = roles(generation, BARE_ACCOUNT)

    def update(connection_id: str) -> None:
        command = ["aws", "--endpoint-url", bench.url, "proton", "update-environment-account-connection"]
        command += ["--id", connection_id, "--role-arn", new["roleArn"]]
        command += [
            "--component-role-arn",
            new["componentRoleArn"],
            "--codebuild-role-arn",
            new["codebuildRoleArn"],
        ]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    def all_of_them() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(update, bench.ids[BARE_ACCOUNT][:resources]))

    bench.endpoint.calls(BARE_ACCOUNT)
    took = timed(all_of_them)
    calls = bench.endpoint.calls(BARE_ACCOUNT)
    return Sample(
        condition=PLAIN,
        event="update",
        variant=AWS_CLI,
        resources=resources,
        round=number,
        calls=calls,
        **took,
    )


def _run(
    bench: Workbench, variant: str, stack: Stack, command: Sequence[str], watched_process: str | None
) -> dict[str, Any]:
    bench.endpoint.calls(ACCOUNTS[variant])
    more = {}
    if watched_process:
        with peak_memory(watched_process, stack.env["PULUMI_HOME"]) as peak:
            took = timed(lambda: stack.run(*command))
        more = {"peak_kib": peak.kib, "state_bytes": _state_bytes(stack)}
    else:
        took = timed(lambda: stack.run(*command))
    return {**took, "calls": bench.endpoint.calls(ACCOUNTS[variant]), **more}


def _bare(bench: Workbench, event: Event, resources: int, generation: int) -> dict[str, Any]:
    job = {
        "url": bench.url,
        "region": REGION,
        "account": BARE_ACCOUNT,
        "ids": bench.ids[BARE_ACCOUNT][:resources],
        "operations": [_BOTO3[operation] for operation in event.operations],
        "roles": roles(generation, BARE_ACCOUNT),
    }
    command = [sys.executable, "-m", "benchmarks.bare_calls"]
    printed = []

    def run() -> None:
        done = subprocess.run(command, input=json.dumps(job), text=True, check=True, stdout=subprocess.PIPE)
        printed.append(done.stdout)

    bench.endpoint.calls(BARE_ACCOUNT)
    took = timed(run)
    return {**took, "seconds": float(printed[0]), "calls": bench.endpoint.calls(BARE_ACCOUNT)}


def _state_bytes(stack: Stack) -> int:
    sizes = [len(json.dumps(resource, separators=(",", ":"))) for resource in stack.resources("Roles")]
    return round(mean(sizes))
