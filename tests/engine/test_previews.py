"""Previews never say less than happens, and a mistake is told as what it is."""

from __future__ import annotations

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import (
    Source,
    accepted_connection,
    accepter,
    arn,
    assumed,
    connection,
    program,
    requested,
    roles,
)

AS_MANAGEMENT = assumed(MANAGEMENT_ACCOUNT)


def test_what_depends_on_a_replaced_connection_previews_as_replaced_and_a_saved_plan_passes(
    make_stack: MakeStack, client: Client
) -> None:
    """The accepter and the roles of a replaced connection are replaced in the preview as in the real `up`."""

    def text(environment: str) -> str:
        return program(
            connection("conn", environment_name=environment),
            accepter("accepter", connection_id=Source("conn.id"), on_delete="reject", aws=AS_MANAGEMENT),
            roles("roles", connection_id=Source("conn.id"), role_arn=arn("a")),
        )

    stack = make_stack(text("first"))
    stack.env["PULUMI_EXPERIMENTAL"] = "true"
    stack.up("--skip-preview")
    stack.write(text("second"))
    previewed = stack.preview("--save-plan", "plan.json").text
    assert "conn replace [diff: ~environmentName]" in previewed
    assert "accepter replace [diff: ~connectionId]" in previewed
    assert "roles replace [diff: ~connectionId]" in previewed
    printed = stack.up("--skip-preview", "--plan", "plan.json").text
    assert "+-3 replaced" in printed


def test_an_unknown_fixed_input_previews_as_a_replacement_and_does_nothing_where_it_turns_out_the_same(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """Each fixed input of each resource; a real `up` compares the values."""
    elsewhere, asked = accepted_connection(client), requested(client, "asked")

    def text(value: str) -> str:
        unknown = "unknown = EnvironmentAccountConnection('source', environment_name='source', "
        unknown += f"management_account_id={MANAGEMENT_ACCOUNT!r}, role_arn={arn(value)!r}).last_modified_at"

        def of(known: str) -> Source:
            return Source(f"unknown.apply(lambda _: {known!r})")

        return program(
            unknown,
            connection("named", environment_name=of("named")),
            connection("owned", management_account_id=of(MANAGEMENT_ACCOUNT)),
            connection("placed", aws=Source(f"AwsSettings(region={of('us-east-1')})")),
            roles("roles", connection_id=of(elsewhere), role_arn=arn("a")),
            accepter("accepter", connection_id=of(asked), aws=AS_MANAGEMENT),
        )

    stack = make_stack(text("first"))
    stack.up("--skip-preview")
    stack.write(text("second"))
    previewed = stack.preview().text
    for name, cause in (
        ("named", "environmentName"),
        ("owned", "managementAccountId"),
        ("placed", "region"),
        ("roles", "connectionId"),
        ("accepter", "connectionId"),
    ):
        assert f"{name} replace [diff: " in previewed
        assert cause in previewed.partition(f"{name} replace [diff: ")[2].partition("]")[0]
    proton_calls()
    printed = stack.up().text
    assert "~ 1 updated" in printed.partition("Updating")[2]
    assert proton_calls() == ["UpdateEnvironmentAccountConnection"]


def test_a_mistake_in_the_settings_is_told_as_one_without_a_preview_too(
    make_stack: MakeStack, connection_id: str
) -> None:
    """Half a key pair and an absent profile are sentences under `up --skip-preview`, for every resource."""
    declared = (
        connection("conn"),
        roles("roles", connection_id=connection_id, role_arn=arn("a")),
        accepter("accepter", connection_id=connection_id),
    )
    stack = make_stack(program(declared[0]), {"aws:secretKey": None})
    for resource in declared:
        stack.write(program(resource))
        half = stack.up_error("--skip-preview").text
        assert "has a problem: aws:accessKey and aws:secretKey must be set together" in half
        assert "unexpected unknown" not in half
    stack.configure({"aws:secretKey": "local", "proton:profile": "absent"})
    stack.write(program(declared[0]))
    absent = stack.up_error("--skip-preview").text
    assert "proton:profile absent is not in AWS's shared configuration files" in absent
    assert "unexpected unknown" not in absent


def test_a_refresh_that_runs_the_program_shows_no_difference_that_is_none(
    make_stack: MakeStack, connection_id: str
) -> None:
    """`refresh --run-program` right after an `up` finds everything as it was."""
    stack = make_stack(
        program(
            connection("conn", role_arn=arn("a"), tags={"stage": "prod"}),
            roles("roles", connection_id=connection_id, role_arn=arn("a")),
            accepter("accepter", connection_id=Source("conn.id"), aws=AS_MANAGEMENT),
        )
    )
    stack.up("--skip-preview")
    for arguments in ((), ("--skip-preview", "--diff")):
        printed = stack.refresh("--run-program", *arguments).text
        assert "[diff:" not in printed
        assert "4 unchanged" in printed


def test_everything_ignored_is_no_change_on_any_resource(make_stack: MakeStack, connection_id: str) -> None:
    """`ignore_changes=["*"]` keeps every resource as it is, whatever the program says by then."""
    opts = Source("ResourceOptions(ignore_changes=['*'])")

    def text(name: str) -> str:
        return program(
            connection("conn", environment_name=name, role_arn=arn(name), opts=opts),
            roles("roles", connection_id=connection_id, role_arn=arn(name), opts=opts),
            accepter(
                "accepter", connection_id=connection_id, on_delete="reject", aws=AS_MANAGEMENT, opts=opts
            ),
        )

    stack = make_stack(text("first"))
    stack.up("--skip-preview")
    stack.write(text("second"))
    assert "4 unchanged" in stack.preview("--expect-no-changes").text
    assert "4 unchanged" in stack.up("--skip-preview").text
