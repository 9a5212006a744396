"""What a user's state holds: frozen names, and short references to the provider."""

from __future__ import annotations

import base64

from engine.harness import MANAGEMENT_ACCOUNT, MakeStack
from engine.programs import arn, program, roles

_CONNECTION_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

_LONGEST_REFERENCE = 120
"""Characters. Pickled with its code, a provider takes thousands, and a stack of some 980 ends in a RecursionError."""


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
