"""`EnvironmentAccountConnectionAccepter` on the real engine: accepting, seeing what became of it, letting go."""

from __future__ import annotations

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import accepter, live, program, requested, sent

from proton_provider.local import LocalAws

ACCEPT = "AcceptEnvironmentAccountConnection"
REJECT = "RejectEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
KIND = "EnvironmentAccountConnectionAccepter"
AS_MANAGEMENT = {"aws:accessKey": MANAGEMENT_ACCOUNT}


def test_each_event_costs_the_calls_that_it_needs(
    make_stack: MakeStack, client: Client, aws: LocalAws, proton_calls: ProtonCalls
) -> None:
    """One call accepts, one narrow list reads, one rejects where asked for, if AWS lets it; a new choice calls nothing."""
    waiting = [requested(client, f"waiting-{number}") for number in range(2)]
    accepted = requested(client, "accepted")
    client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=accepted)
    declared = {f"a{number}": connection_id for number, connection_id in enumerate([*waiting, accepted])}

    def text(last: str, **choices: str) -> str:
        return program(
            *(
                accepter(name, connection_id=connection_id, **choices)
                for name, connection_id in declared.items()
            ),
            accepter("last", connection_id=last, on_delete="reject"),
        )

    first, second = requested(client, "last"), requested(client, "last")
    stack = make_stack(text(first, on_delete="reject"), AS_MANAGEMENT)
    proton_calls()
    stack.up("--skip-preview")
    assert proton_calls() == [ACCEPT] * 4
    assert {resource["outputs"]["status"] for resource in stack.resources(KIND)} == {"CONNECTED"}

    stack.refresh("--skip-preview")
    assert proton_calls() == [LIST] * 4
    assert sorted(sent(aws, LIST), key=lambda request: str(request["environmentName"])) == [
        {"requestedBy": "MANAGEMENT_ACCOUNT", "environmentName": name}
        for name in ("accepted", "last", "waiting-0", "waiting-1")
    ]

    stack.write(text(second))
    assert "3 updated" in stack.up("--skip-preview").text
    assert proton_calls() == [ACCEPT, REJECT]
    assert (live(client, first)["status"], live(client, second)["status"]) == ("REJECTED", "CONNECTED")

    aws.fail_next(REJECT, "ConflictException", message="The connection is attached to an environment.")
    proton_calls()
    failed = stack.destroy_error("--skip-preview", "--continue-on-error").text
    assert f"{accepted} is not rejected (onDelete is retain). It stays CONNECTED" in failed
    assert f"RefusedError: {REJECT} of {second} in us-east-1 failed: " in failed
    assert "ConflictException: The connection is attached to an environment." in failed
    assert [resource["id"] for resource in stack.resources(KIND)] == [second]
    stack.destroy("--skip-preview")
    assert proton_calls() == [REJECT, LIST, REJECT]  # the list says whether it is rejected already
    assert live(client, second)["status"] == "REJECTED"


def test_connection_rejected_or_gone_since_shows_as_drift(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """A refresh shows what was rejected or deleted since."""
    kept, rejected, gone = (requested(client, name) for name in ("kept", "rejected", "gone"))
    stack = make_stack(
        program(
            accepter("kept", connection_id=kept),
            accepter("refused", connection_id=rejected),
            accepter("gone", connection_id=gone),
        ),
        AS_MANAGEMENT,
    )
    stack.up("--skip-preview")
    client("proton", MANAGEMENT_ACCOUNT).reject_environment_account_connection(id=rejected)
    client("proton").delete_environment_account_connection(id=gone)
    proton_calls()
    drift = stack.refresh("--skip-preview", "--diff").text
    assert proton_calls() == [LIST] * 3
    assert '~ status              : "CONNECTED" => "REJECTED"' in drift
    assert f"- pulumi-python:dynamic/proton:{KIND}: (delete)\n        [id={gone}]" in drift
