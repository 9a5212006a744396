"""Protection, retention and strangers' changes: what a destroy must not lose without a word before."""

from __future__ import annotations

import json

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import Source, accepter, arn, assumed, connection, live, live_roles, program, roles

from proton_provider.local import LocalAws

AS_MANAGEMENT = assumed(MANAGEMENT_ACCOUNT)
DELETE = "DeleteEnvironmentAccountConnection"
REJECT = "RejectEnvironmentAccountConnection"
PROTECTED = Source("ResourceOptions(protect=True)")


def test_a_destroy_does_not_reject_what_the_program_protects(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """The accepter of a protected connection warns before, refuses in the destroy, and rejects once that is wanted."""

    def text(**opts: Source) -> str:
        return program(
            connection("conn", **opts),
            accepter("accepter", connection_id=Source("conn.id"), on_delete="reject", aws=AS_MANAGEMENT),
        )

    warning = "warning: accepter accepts the connection of conn and has onDelete reject. conn is protected or retained, "
    stack = make_stack(text(opts=Source("ResourceOptions(retain_on_delete=True)")))
    assert warning in stack.preview().text
    stack.write(text(opts=PROTECTED))
    assert warning in stack.up("--skip-preview").text
    made = next(resource["id"] for resource in stack.resources("Connection"))
    proton_calls()
    failed = stack.destroy_error("--skip-preview").text
    assert (
        "was not rejected: conn keeps it (protect or retainOnDelete), and a rejection is final. To keep the connection "
        "accepted, set onDelete of accepter to retain and run pulumi up." in failed
    )
    assert proton_calls() == []
    assert live(client, made)["status"] == "CONNECTED"
    stack.write(text())
    assert warning not in stack.up("--skip-preview").text
    proton_calls()
    stack.destroy("--skip-preview")
    assert stack.resources() == []
    assert proton_calls() == [REJECT, DELETE]


def test_a_role_that_a_stranger_set_stays_a_strangers(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Ignored, drifted, refreshed: an `up` has nothing to do, and a destroy with restore leaves it, with a line."""
    stack = make_stack(
        program(
            roles(
                connection_id=connection_id,
                role_arn=arn("ours"),
                on_delete="restore",
                opts=Source("ResourceOptions(ignore_changes=['role_arn'])"),
            )
        )
    )
    stack.up("--skip-preview")
    client("proton").update_environment_account_connection(id=connection_id, roleArn=arn("theirs"))
    stack.refresh("--skip-preview")
    stack.up("--skip-preview", "--expect-no-changes")
    printed = stack.destroy("--skip-preview").text
    assert "keeps its roleArn: it is not the one that this stack last set." in printed
    assert live_roles(client, connection_id) == {"roleArn": "theirs"}


def test_a_retained_destroy_needs_no_profile_credentials_region_or_network(
    make_stack: MakeStack, client: Client, aws: LocalAws, connection_id: str
) -> None:
    """An absent profile in the config and in AwsSettings, no Region anywhere, nobody at the address: it lets go."""
    text = program(
        roles(connection_id=connection_id, role_arn=arn("a")),
        roles(
            "of_profile",
            connection_id=connection_id,
            component_role_arn=arn("b"),
            aws=Source("AwsSettings()"),
        ),
        accepter("accepter", connection_id=connection_id, aws=AS_MANAGEMENT),
    )
    stack = make_stack(text)
    stack.up("--skip-preview")
    state = stack.state
    for resource in state["deployment"]["resources"]:
        for bag in (resource.get("inputs", {}), resource.get("outputs", {})):
            if resource["type"].startswith("pulumi:providers"):
                for key in [key for key in bag if ":" in key]:
                    del bag[key]
                bag |= {"proton:profile": "absent", "proton:endpointUrl": "http://127.0.0.1:1"}
            elif "connectionId" in bag:
                bag["aws"] = {"profile": "absent too"}
    file = stack.folder / "state.json"
    file.write_text(json.dumps(state))
    stack.run("stack", "import", "--file", str(file))
    stack.configure(
        {"aws:region": None, "aws:accessKey": None, "aws:secretKey": None, "proton:profile": "absent"}
    )
    asked = len(aws.requests)
    printed = stack.destroy("--skip-preview").text
    assert "- 4 deleted" in printed
    assert len(aws.requests) == asked
