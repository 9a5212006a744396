"""Data source functions on the real engine: what they wait for, and whom an inline program asks; others are in `test_functions`."""

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

_IMPORTS = """
from proton_provider import (
    get_environment_account_connection_output,
    get_environment_account_connections_output,
)
"""


def test_output_form_waits_for_what_is_not_known_yet(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """A function calls nothing at preview while an argument is unknown or a resource that it depends on is not made yet.

    In the same `up` it finds what is made before it; a second preview, when all is made, asks and finds it.
    """
    stack = make_stack(
        program(
            _IMPORTS,
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
