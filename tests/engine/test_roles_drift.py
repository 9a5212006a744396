"""Changes made elsewhere: what a refresh finds, and what the next `up` does about it."""

from __future__ import annotations

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import arn, error_of, live_roles, program, roles


def test_drift_of_a_managed_role_is_shown_by_refresh_and_healed_by_up(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """A refresh shows a managed role's drift as `old => new` and no other's; the next `up` sets the role again."""
    stack = make_stack(
        program(
            roles(connection_id=connection_id, role_arn=arn("a")),
            "pulumi.export('component', roles.component_role_arn)",
        )
    )
    stack.up("--skip-preview")
    client("proton").update_environment_account_connection(
        id=connection_id, roleArn=arn("drift"), componentRoleArn=arn("another")
    )
    proton_calls()
    refresh = stack.refresh("--diff").text
    assert proton_calls() == ["GetEnvironmentAccountConnection"] * 2  # the preview's and its own
    assert f'~ roleArn: "{arn("a")}" => "{arn("drift")}"' in refresh
    assert "componentRoleArn" not in refresh
    outputs = stack.resources("Roles")[0]["outputs"]
    assert outputs["managedRoleArns"] == {"roleArn": arn("a")}
    assert outputs["liveRoleArns"] == {"roleArn": arn("drift"), "componentRoleArn": arn("another")}
    printed = stack.up("--skip-preview", "--diff").text
    assert f'~ roleArn: "{arn("drift")}" => "{arn("a")}"' in printed
    assert proton_calls() == ["UpdateEnvironmentAccountConnection"]
    assert live_roles(client, connection_id) == {"roleArn": "a", "componentRoleArn": "another"}
    assert stack.outputs["component"] == arn("another")


def test_a_connection_that_is_gone_is_deleted_by_refresh_and_an_error_of_the_next_up(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """A refresh of a deleted connection reports "deleted"; the next `up` says that there is none."""
    stack = make_stack(program(roles(connection_id=connection_id, role_arn=arn("a"))))
    stack.up("--skip-preview")
    client("proton").delete_environment_account_connection(id=connection_id)
    proton_calls()
    assert "- 1 deleted" in stack.refresh("--skip-preview").text
    assert proton_calls() == ["GetEnvironmentAccountConnection"]
    assert stack.resources("Roles") == []
    error = error_of(stack.up_error("--skip-preview"))
    assert f"GetEnvironmentAccountConnection of {connection_id} in us-east-1 failed" in error[-1]
    assert error[-1].endswith("Use credentials of the environment account that requested it.")
    assert stack.resources("Roles") == []
