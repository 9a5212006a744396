"""Look-ups on the real engine: connections found by id and by name, at preview too, from either account."""

from __future__ import annotations

from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import Source, arn, assumed, export, live, program, requested, roles

OTHER_ACCOUNT = "333333333333"
GET = "GetEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"

_LOOK = """
from dataclasses import asdict
from proton_provider import (
    ProtonError,
    get_environment_account_connection,
    get_environment_account_connection_output,
    get_environment_account_connections,
    get_environment_account_connections_output,
)


def look(name, look_up, **arguments):
    try:
        found = look_up(**arguments)
    except ProtonError as error:
        pulumi.export(name, f"{type(error).__name__}: {error}")
    else:
        pulumi.export(name, [asdict(one) for one in found] if isinstance(found, list) else asdict(found))
"""


def one(name: str, **arguments: Any) -> str:
    """The line that looks one connection up and exports it, or the error."""
    return _line(name, "get_environment_account_connection", arguments)


def many(name: str, **arguments: Any) -> str:
    """The line that looks connections up and exports them, or the error."""
    return _line(name, "get_environment_account_connections", arguments)


def _line(name: str, look_up: str, arguments: dict[str, Any]) -> str:
    given = "".join(f", {argument}={value!r}" for argument, value in arguments.items())
    return f"look({name!r}, {look_up}{given})"


def test_one_connection_is_found_or_all_that_was_found_is_listed(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """A look-up gives the one connection that matches, typed and whole, or an error that lists what there is."""
    prod = requested(client, roleArn=arn("role"), codebuildRoleArn=arn("build"))
    client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=prod)
    twins = [requested(client, "twin"), requested(client, "twin")]
    client("proton", MANAGEMENT_ACCOUNT).reject_environment_account_connection(id=twins[0])
    crowd = [requested(client, "crowd") for _ in range(101)]
    absent = "00000000-0000-4000-8000-000000000000"
    as_management = {"aws": assumed(MANAGEMENT_ACCOUNT), "requested_by": "MANAGEMENT_ACCOUNT"}
    stack = make_stack(
        program(
            _LOOK,
            one("by_id", id=prod),
            one("by_name", environment_name="prod", management_account_id=MANAGEMENT_ACCOUNT),
            one("by_status", environment_name="twin", statuses=["PENDING", "CONNECTED"]),
            one("seen_by_manager", environment_name="prod", **as_management),
            one("seen_by_manager_by_id", id=prod, **as_management),
            one("several", environment_name="twin"),
            one("too_many", environment_name="crowd"),
            one("none_here", environment_name="nowhere"),
            one("none_so", environment_name="prod", statuses=["PENDING"]),
            one("none_of_it", environment_name="prod", management_account_id=OTHER_ACCOUNT),
            one("absent", id=absent),
            one("elsewhere", id=prod, aws=Source("AwsSettings(region='eu-west-1')")),
            many("crowd", environment_name="crowd", statuses=["PENDING"]),
            many("nobody", management_account_id=OTHER_ACCOUNT),
            many("seen", environment_name="prod", **as_management),
        )
    )
    proton_calls()
    stack.up("--skip-preview")
    calls = proton_calls()
    # Three by id as requester, and by_name and by_status again by the id that a list gave: lists lack a role.
    assert calls.count(GET) == 3 + 2
    # One each, and a second page for the crowd, twice, and for all of an account, from either side.
    assert calls.count(LIST) == 8 + 4 * 2
    assert len(calls) == calls.count(GET) + calls.count(LIST)

    found = stack.outputs
    connection = live(client, prod)
    assert found["by_id"] == found["by_name"]
    assert {
        name: found["by_id"][name] for name in ("id", "arn", "status", "role_arn", "codebuild_role_arn")
    } == {
        "id": prod,
        "arn": connection["arn"],
        "status": "CONNECTED",
        "role_arn": arn("role"),
        "codebuild_role_arn": arn("build"),
    }
    assert found["by_id"]["requested_at"].endswith("Z")
    assert found["by_id"]["component_role_arn"] is None
    assert found["by_status"]["id"] == twins[1]
    assert (
        found["seen_by_manager"]
        == found["seen_by_manager_by_id"]
        == found["by_id"] | {"codebuild_role_arn": None}
    )
    assert found["seen"] == [found["seen_by_manager"]]
    assert [connection["id"] for connection in found["crowd"]] == crowd
    assert found["nobody"] == []

    described = "environment twin, management account 111111111111"
    assert found["several"] == (
        "NotOneConnectionError: Exactly one connection must match (environmentName twin), but 2 do: "
        f"{twins[0]} (REJECTED, {described}), {twins[1]} (PENDING, {described}). Say more of it, or give its id."
    )
    assert "but 101 do: " in found["too_many"]
    assert " and 91 more. Say more of it" in found["too_many"]
    assert found["none_here"] == (
        "NotOneConnectionError: Exactly one connection must match (environmentName nowhere), but none does; the "
        "account has none like it. Check the account and the Region."
    )
    assert f"but none does; there are: {prod} (CONNECTED, environment prod, " in found["none_so"]
    assert "management account 111111111111)" in found["none_of_it"]
    assert found["absent"].startswith(f"ConnectionNotFoundError: {GET} of {absent} in us-east-1 failed: ")
    assert found["elsewhere"].startswith(f"ConnectionNotFoundError: {GET} of {prod} in eu-west-1 failed: ")


def test_output_form_waits_for_what_is_not_known_yet(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """With an unknown argument a look-up calls nothing at preview, and in the same `up` finds what is made before it."""
    stack = make_stack(
        program(
            _LOOK,
            "made = EnvironmentAccountConnection('made', environment_name='prod', "
            f"management_account_id={MANAGEMENT_ACCOUNT!r})",
            "by_id = get_environment_account_connection_output(made.id)",
            "by_name = made.arn.apply(lambda _: 'prod')",
            "found = get_environment_account_connection_output(environment_name=by_name, statuses=['PENDING'])",
            f"listed = get_environment_account_connections_output(environment_name=by_name, "
            f"requested_by='MANAGEMENT_ACCOUNT', aws={assumed(MANAGEMENT_ACCOUNT)})",
            roles(
                "roles",
                connection_id=Source("found.id"),
                role_arn=arn("role"),
            ),
            export(
                made="made.id",
                by_id="by_id.id",
                found="found.environment_account_id",
                listed="listed.apply(lambda all: [one.id for one in all])",
                role="roles.role_arn",
            ),
        )
    )
    assert [step["op"] for step in stack.preview_steps()] == ["create"] * 3
    assert proton_calls() == []
    stack.up("--skip-preview")
    assert sorted(proton_calls()) == sorted(
        [
            "CreateEnvironmentAccountConnection",
            GET,
            LIST,
            GET,
            LIST,
            GET,
            "UpdateEnvironmentAccountConnection",
        ]
    )
    outputs = stack.outputs
    assert outputs["by_id"] == outputs["made"]
    assert outputs["listed"] == [outputs["made"]]
    assert outputs["found"] == "222222222222"
    assert live(client, outputs["made"])["roleArn"] == arn("role")
