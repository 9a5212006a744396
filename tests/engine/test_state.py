"""What a user's state holds: frozen names, a state recorded on an earlier day, and stacks of many resources."""

from __future__ import annotations

import base64
from pathlib import Path

from engine.harness import MANAGEMENT_ACCOUNT, REGION, Client, MakeStack, ProtonCalls
from engine.programs import Source, arn, live_roles, program, roles

from proton_provider.local import LocalAws

_RECORDED = Path(__file__).parent / "recorded" / "roles.json"
_RECORDED_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
_RECORDED_ADDRESS = "http://local-aws.test"

_LONGEST_REFERENCE = 120
"""Characters. A provider that is pickled with its code, not by its name, takes thousands."""

_MANY = 1000
"""More than the 980 or so at which providers with a state of their own end in the SDK's RecursionError."""


def test_names_in_state_are_frozen(make_stack: MakeStack) -> None:
    """The type tokens and the pickled references, which the state of every user holds, are those of the first release."""
    stack = make_stack(
        program(
            "from proton_provider import EnvironmentAccountConnection, EnvironmentAccountConnectionAccepter",
            roles(connection_id=_RECORDED_ID, role_arn=arn("a")),
            "EnvironmentAccountConnection('connection', environment_name='prod', "
            f"management_account_id={MANAGEMENT_ACCOUNT!r})",
            f"EnvironmentAccountConnectionAccepter('accepter', connection_id={_RECORDED_ID!r})",
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


def test_a_recorded_state_previews_as_no_changes_and_can_be_destroyed(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """The state that the first release left behind is still the program's, and destroying it still restores.

    It was written by `pulumi stack export` after an `up` of this program, without what differs at every run.
    """
    client("proton").update_environment_account_connection(
        id=connection_id, roleArn=arn("a"), codebuildRoleArn=arn("b")
    )
    stack = make_stack(
        program(
            roles(
                connection_id=connection_id,
                role_arn=arn("a"),
                codebuild_role_arn=arn("b"),
                on_delete="restore",
                aws=Source(f"AwsSettings(region={REGION!r}, max_attempts=3)"),
            )
        )
    )
    state = stack.folder / "state.json"
    state.write_text(
        _RECORDED.read_text().replace(_RECORDED_ID, connection_id).replace(_RECORDED_ADDRESS, aws.url)
    )
    stack.run("stack", "import", "--file", str(state))
    proton_calls()
    assert "2 unchanged" in stack.preview("--expect-no-changes").text
    assert proton_calls() == []
    assert "2 unchanged" in stack.refresh("--skip-preview").text
    stack.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "before", "codebuildRoleArn": "b"}


def test_a_stack_may_have_many_of_them(make_stack: MakeStack) -> None:
    """A program that declares 1,000 resources previews: each carries the same short reference to its provider."""
    stack = make_stack(
        program(
            f"for number in range({_MANY}):",
            "    EnvironmentAccountConnectionRoles(",
            f"        f'roles-{{number}}', connection_id={_RECORDED_ID[:-4]!r} + f'{{number:04}}', role_arn={arn('a')!r}",
            "    )",
        )
    )
    assert f"+ {_MANY + 1} to create" in stack.preview().text
