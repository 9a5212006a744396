"""What a user's state holds: frozen names, and many resources."""

from __future__ import annotations

import base64

from engine.harness import MANAGEMENT_ACCOUNT, MakeStack
from engine.programs import arn, program, roles

_CONNECTION_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

_LONGEST_REFERENCE = 120
"""Characters. A provider that is pickled with its code, not by its name, takes thousands."""

_MANY = 1000
"""More than the 980 or so at which providers with a state of their own end in the SDK's RecursionError."""


def test_names_in_state_are_frozen(make_stack: MakeStack) -> None:
    """The type tokens and the pickled references, which the state of every user holds, are those of the first release."""
    stack = make_stack(
        program(
            "from proton_provider import EnvironmentAccountConnection, EnvironmentAccountConnectionAccepter",
            roles(connection_id=_CONNECTION_ID, role_arn=arn("a")),
            "EnvironmentAccountConnection('connection', environment_name='prod', "
            f"management_account_id={MANAGEMENT_ACCOUNT!r})",
            f"EnvironmentAccountConnectionAccepter('accepter', connection_id={_CONNECTION_ID!r})",
        )
    )
    states = [step["newState"] for step in stack.preview_steps()]
    references = {
        state["type"]: state["inputs"]["__provider"]
        for state in states
        if state["type"].startswith("pulumi-python:")
    }
    assert sorted(references) == [
        "pulumi-python:dynamic/proton:EnvironmentAccountConnection",
        "pulumi-python:dynamic/proton:EnvironmentAccountConnectionAccepter",
        "pulumi-python:dynamic/proton:EnvironmentAccountConnectionRoles",
    ]
    for type_, reference in references.items():
        name = type_.rpartition(":")[2]
        assert len(reference) <= _LONGEST_REFERENCE
        pickled = base64.b64decode(reference)
        assert b"proton_provider.dynamic\x94" in pickled
        assert f"{name}Provider\x94".encode("latin-1") in pickled


def test_a_stack_may_have_many_of_them(make_stack: MakeStack) -> None:
    """A program that declares 1,000 resources previews: each carries the same short reference to its provider."""
    stack = make_stack(
        program(
            f"for number in range({_MANY}):",
            "    EnvironmentAccountConnectionRoles(",
            f"        f'roles-{{number}}', connection_id={_CONNECTION_ID[:-4]!r} + f'{{number:04}}', role_arn={arn('a')!r}",
            "    )",
        )
    )
    assert f"+ {_MANY + 1} to create" in stack.preview().text
