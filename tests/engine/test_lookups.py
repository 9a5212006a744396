"""Look-ups on the real engine: connections found by id and by name, at preview too, from either account."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import Source, arn, assumed, export, live, program, requested, roles

from proton_provider.local import LocalAws

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
        f"{twins[0]} (REJECTED, {described}), {twins[1]} (PENDING, {described}). Give more conditions, or the id."
    )
    assert "but 101 do: " in found["too_many"]
    assert " and 91 more. Give more conditions" in found["too_many"]
    assert found["none_here"] == (
        "NotOneConnectionError: Exactly one connection must match (environmentName nowhere), but none does. The "
        "account has no similar one. Check the account and the Region."
    )
    assert f"but none does. The account has: {prod} (CONNECTED, environment prod, " in found["none_so"]
    assert "management account 111111111111)" in found["none_of_it"]
    assert found["absent"].startswith(f"ConnectionNotFoundError: {GET} of {absent} in us-east-1 failed: ")
    assert found["elsewhere"].startswith(f"ConnectionNotFoundError: {GET} of {prod} in eu-west-1 failed: ")


def test_output_form_waits_for_what_is_not_known_yet(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """A function calls nothing at preview while an argument is unknown or a resource that it depends on is not made yet.

    In the same `up` it finds what is made before it; a second preview, when all is made, asks and finds it.
    """
    stack = make_stack(
        program(
            _LOOK,
            "made = EnvironmentAccountConnection('made', environment_name='prod', "
            f"management_account_id={MANAGEMENT_ACCOUNT!r})",
            "by_id = get_environment_account_connection_output(made.id)",
            "by_name = made.environment_name  # known at preview, when the connection is not made yet",
            "found = get_environment_account_connection_output(environment_name=by_name, statuses=['PENDING'])",
            "listed = get_environment_account_connections_output(environment_name='prod', "
            f"requested_by='MANAGEMENT_ACCOUNT', aws={assumed(MANAGEMENT_ACCOUNT)}, "
            "opts=pulumi.InvokeOutputOptions(depends_on=[made]))",
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
    stack.preview("--expect-no-changes")
    assert proton_calls().count(LIST) == 2


_INLINE = """
import asyncio, json, sys
from concurrent.futures import ThreadPoolExecutor
import pulumi
from pulumi import automation
from proton_provider import (
    AwsSettings, ProtonError, get_environment_account_connections, get_environment_account_connections_output,
)

def look(aws=None):
    try:
        return [one.environment_name for one in get_environment_account_connections(aws=aws)]
    except ProtonError as error:
        return str(error)

outside = ThreadPoolExecutor(1)
outside.submit(int).result()  # its thread has started
given = AwsSettings(region="us-east-1", profile="workspace")

def program():
    with ThreadPoolExecutor() as pool:
        found = {
            "direct": look(),
            "to_thread": asyncio.to_thread(look),
            "submit": pool.submit(look).result(),
            "map": list(pool.map(look, [None]))[0],
            "outside": outside.submit(look).result(),
            "submit, given": pool.submit(look, given).result(),
        }
    if found["direct"] == ["prod"]:
        listed = get_environment_account_connections_output()
        found["output"] = listed.apply(lambda all: [one.environment_name for one in all])
    pulumi.export("found", found)

stack = automation.select_stack(
    "test", project_name="test", program=program,
    opts=automation.LocalWorkspaceOptions(work_dir=".", env_vars=json.loads(sys.argv[1])),
)
print(json.dumps({**stack.up().outputs["found"].value, "afterwards": outside.submit(look).result()}))
"""


def test_an_inline_program_asks_as_its_resources_do_or_not_at_all(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """It never sees the workspace's `env_vars`: what config names is used, and what only an environment could say is refused.

    While it runs, the same goes for each thread of the process. A thread without the program's context sees no config.
    """
    requested(client)
    requested(client, "elsewhere", account=OTHER_ACCOUNT)
    stack = make_stack(program())
    (stack.folder / "inline.py").write_text(_INLINE)
    config = stack.folder / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        f"[profile workspace]\naws_access_key_id = {ENVIRONMENT_ACCOUNT}\naws_secret_access_key = local\n"
    )
    # The process that calls the Automation API is at home in another account than the workspace.
    own = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": OTHER_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": str(config),
        "HOME": str(stack.folder),
        "AWS_ENDPOINT_URL": aws.url,
    }
    env_vars = {**own, "AWS_ACCESS_KEY_ID": ENVIRONMENT_ACCOUNT, "PULUMI_PYTHON_CMD": sys.executable}

    def inline() -> dict[str, Any]:
        command = [sys.executable, "inline.py", json.dumps(env_vars)]
        done = subprocess.run(
            command, cwd=stack.folder, env={**stack.env, **own}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert found.pop("afterwards") == ["elsewhere"]
        assert found.pop("submit, given") == ["prod"]
        return found

    def refused(found: dict[str, Any]) -> set[str]:
        sentence = "An inline program of the Automation API cannot know the Region and the credentials of its"
        return {how for how, answer in found.items() if str(answer).startswith(sentence)}

    found = inline()
    seeing_config = {"direct", "to_thread", "output"}
    assert {how: found[how] for how in seeing_config} == {how: ["prod"] for how in seeing_config}
    assert refused(found) == {"submit", "map", "outside"}
    stack.configure(dict.fromkeys(["aws:region", "aws:accessKey", "aws:secretKey"]))
    proton_calls()
    assert refused(inline()) == {"direct", "to_thread", "submit", "map", "outside"}
    assert proton_calls() == [LIST, LIST]  # with the given settings, and afterwards
