"""Makes AWS refuse calls or be unreachable, and checks what must be true after each event of each resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeAlias

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, Client, MakeStack, Printed, Stack
from engine.programs import DEAD_ADDRESS, accepter, arn, assumed, connection, live, program, requested, roles
from faults.storms import calm

from proton_provider.local import LocalAws

Denial: TypeAlias = Callable[[LocalAws, Stack], AbstractContextManager[None]]

_OPERATIONS: Final = (
    *(
        f"{verb}EnvironmentAccountConnection"
        for verb in ("Accept", "Create", "Delete", "Get", "Reject", "Update")
    ),
    *("ListEnvironmentAccountConnections", "ListTagsForResource", "TagResource", "UntagResource"),
)


@contextmanager
def refused(
    aws: LocalAws, stack: Stack, *, code: str, operations: Sequence[str] = _OPERATIONS
) -> Iterator[None]:
    """AWS answers every call of `operations` with `code`."""
    for operation in operations:
        aws.fail_every(operation, code, 1)
    yield
    calm(aws)


@contextmanager
def gone(aws: LocalAws, stack: Stack) -> Iterator[None]:
    """Nothing listens at Proton's address; STS answers."""
    address, stack.env["AWS_ENDPOINT_URL_PROTON"] = stack.env["AWS_ENDPOINT_URL_PROTON"], DEAD_ADDRESS
    yield
    stack.env["AWS_ENDPOINT_URL_PROTON"] = address


def deny_every_event(
    denials: Sequence[tuple[Denial, str]], make_stack: MakeStack, aws: LocalAws, client: Client
) -> int:
    """Run create, refresh, update and destroy of all resources under each denial, whose error is the name beside it.

    The roles are restored, the connection deleted and the acceptance rejected on destroy. Asserts that each event
    fails with that error, that the state keeps what it held, that AWS does too, and that at last all of it works.
    Returns how many commands have failed.
    """
    held = {name: requested(client, name, roleArn=arn("before")) for name in ("roles", "accepted")}

    def with_role(role: str) -> str:
        in_environment = assumed(ENVIRONMENT_ACCOUNT)
        managed = {"connection_id": held["roles"], "role_arn": arn(role), "on_delete": "restore"}
        accepted = {"connection_id": held["accepted"], "on_delete": "reject"}
        return program(
            roles("roles", **managed, aws=in_environment),
            connection("made", role_arn=arn(role), tags={"role": role}, aws=in_environment),
            accepter("accepter", **accepted, aws=assumed(MANAGEMENT_ACCOUNT)),
        )

    stack = make_stack(with_role("first"), {"proton:endpointUrl": None})
    stack.env["AWS_ENDPOINT_URL_PROTON"] = aws.url
    failures = 0

    def fails(event: Callable[..., Printed], *arguments: str) -> None:
        nonlocal failures
        before = _held(stack), _live(client, held)
        for denial, error in denials:
            with denial(aws, stack):
                printed = event("--skip-preview", *arguments).text
            assert f"proton_provider.errors.{error}: " in printed
            assert "deleted" not in printed.partition("Diagnostics:")[0], printed
            assert (_held(stack), _live(client, held)) == before, printed
            failures += 1

    fails(stack.up_error, "--continue-on-error")
    stack.up("--skip-preview")
    held["made"] = _held(stack)["made"][0]
    fails(stack.refresh_error)
    stack.write(with_role("second"))
    fails(stack.up_error, "--continue-on-error")
    fails(stack.destroy_error, "--continue-on-error")
    stack.up("--skip-preview")
    assert [live(client, held[name])["roleArn"] for name in ("roles", "made")] == [arn("second")] * 2
    stack.destroy("--skip-preview")
    del held["made"]
    assert _live(client, held) == [
        ("roles", "PENDING", arn("before")),
        ("accepted", "REJECTED", arn("before")),
    ]
    return failures


def _held(stack: Stack) -> dict[str, tuple[str, Any, Any]]:
    """Ids, inputs and outputs of our resources in the state, by name."""
    return {
        resource["urn"].rpartition("::")[2]: (resource["id"], resource["inputs"], resource["outputs"])
        for resource in stack.resources()
        if "dynamic/proton" in resource["type"]
    }


def _live(client: Client, ids: dict[str, str]) -> list[tuple[str, str, str]]:
    """The status and the role that AWS has for each connection."""
    found = [(name, live(client, connection_id)) for name, connection_id in ids.items()]
    return [(name, connection["status"], connection["roleArn"]) for name, connection in found]
