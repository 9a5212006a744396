"""Previews never say less than happens, and a mistake in the settings is one sentence."""

from __future__ import annotations

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import (
    Source,
    accepter,
    arn,
    assumed,
    connection,
    program,
    roles,
)

AS_MANAGEMENT = assumed(MANAGEMENT_ACCOUNT)
OF_CONN = Source("conn.id")


def test_a_preview_shows_what_an_up_does_and_nothing_that_is_no_change(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """After an `up` a refresh finds no difference; what is ignored is no change; what depends on a replaced one is replaced."""

    def text(environment: str, role: str, opts: Source) -> str:
        return program(
            connection(
                "conn", environment_name=environment, role_arn=arn(role), tags={"in": role}, opts=opts
            ),
            accepter("accepter", connection_id=OF_CONN, on_delete="reject", aws=AS_MANAGEMENT, opts=opts),
            roles("roles", connection_id=OF_CONN, codebuild_role_arn=arn(role), opts=opts),
        )

    nothing, ignored = (Source(f"ResourceOptions(ignore_changes={paths!r})") for paths in ([], ["*"]))
    stack = make_stack(text("first", "a", nothing))
    stack.up("--skip-preview")
    printed = stack.refresh("--run-program", "--skip-preview").text
    assert "[diff:" not in printed
    assert "4 unchanged" in printed

    stack.write(text("second", "b", ignored))
    proton_calls()
    assert "4 unchanged" in stack.up("--skip-preview", "--expect-no-changes").text
    assert proton_calls() == []

    stack.write(text("second", "a", nothing))
    stack.env["PULUMI_EXPERIMENTAL"] = "true"
    previewed = stack.preview("--save-plan", "plan.json").text
    assert "conn replace [diff: ~environmentName]" in previewed
    assert "accepter replace [diff: ~connectionId]" in previewed
    assert "roles replace [diff: ~connectionId]" in previewed
    assert "+-3 replaced" in stack.up("--skip-preview", "--plan", "plan.json").text


def test_a_mistake_in_the_settings_is_one_sentence_without_a_preview_too(
    make_stack: MakeStack, connection_id: str
) -> None:
    """Half a key pair is a sentence under `up --skip-preview`, where the engine allows no unknown input."""
    stack = make_stack(
        program(roles("roles", connection_id=connection_id, role_arn=arn("a"))), {"aws:secretKey": None}
    )
    printed = stack.up_error("--skip-preview").text
    assert (
        "has a problem: aws:accessKey and aws:secretKey must be set together, and aws:token only with them."
        in printed
    )
    assert "unexpected unknown" not in printed
