"""The guides of the documentation, typed: each code block that needs a stack."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from accounts import calls
from engine.guides import (
    ACCEPT,
    ADDRESS,
    ADOPTED,
    AWS_CONFIG,
    BAD_INPUT,
    CONNECTED,
    FIND,
    HANDSHAKE,
    HANDSHAKE_CONFIG,
    LOCAL_CONFIG,
    LOOK,
    MANAGE,
    MANAGE_ROLES,
    OUT_OF_STATE,
    RECOVERY,
    ROLES_ONLY,
    TRACEBACK,
    WHOLE,
    WORKFLOW,
    actions,
)
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    ProtonCalls,
)
from engine.pages import lines, shell
from engine.programs import Source, connection, live, live_ids, program, roles, sent
from faults.kills import Point, killed_up
from http_servers import Handler, serving
from pulumi_engine import Release
from versions import formatted

from proton_provider.local import LocalAws


def deployer(client: Client) -> str:
    """The ARN of a role in the management account that a stack may assume."""
    made = client("iam", MANAGEMENT_ACCOUNT).create_role(
        RoleName="deployer", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    arn: str = made["Role"]["Arn"]
    return arn


def cli(env: dict[str, str], aws: LocalAws) -> dict[str, str]:
    """The environment with what points the AWS CLI at the local AWS, as the environment account."""
    return {
        **env,
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ENVIRONMENT_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_PAGER": "",
    }


def test_both_configs_point_the_same_program_where_they_say(
    make_stack: MakeStack, connection_id: str, aws: LocalAws, tmp_path: Path
) -> None:
    """The one reaches the local AWS, the other goes where its profile goes; bad input is an error as on the page on errors."""
    stack = make_stack(
        program(
            "i = pulumi.Config().require('connectionId')",
            roles(connection_id=Source("i"), role_arn="not-an-arn"),
        )
    )
    own = {"test:connectionId": connection_id}
    path = stack.folder / "Pulumi.test.yaml"
    local = yaml.safe_load(LOCAL_CONFIG.replace(ADDRESS, aws.url))
    path.write_text(yaml.safe_dump({"config": {**local["config"], **own}}))
    assert " ".join(BAD_INPUT.split()) in " ".join(stack.preview_error().text.split())

    stack.write(
        program(
            "i = pulumi.Config().require('connectionId')",
            "found = EnvironmentAccountConnectionRoles.get('found', i)",
            "pulumi.export('status', found.status)",
        )
    )
    connected = re.compile(r'status *: "CONNECTED"')
    assert connected.search(stack.preview().text)

    profile = yaml.safe_load(AWS_CONFIG)["config"]
    shared = tmp_path / "aws-config"
    shared.write_text(
        f"[profile {profile['aws:profile']}]\nendpoint_url = {aws.url}\n"
        f"aws_access_key_id = {ENVIRONMENT_ACCOUNT}\naws_secret_access_key = any\n"
    )
    stack.env["AWS_CONFIG_FILE"] = str(shared)
    path.write_text(yaml.safe_dump({"config": {**profile, **own}}))
    before = len(calls(aws))
    assert connected.search(stack.preview().text)
    assert len(calls(aws)) > before


def test_a_failed_call_prints_what_the_page_shows(make_stack: MakeStack) -> None:
    """The lines are those of the page, but for paths, line numbers and the marks below the code; the last is the message."""
    absent = TRACEBACK.partition("Connection of ")[2].partition(" ")[0]
    role = "arn:aws:iam::222222222222:role/proton"
    stack = make_stack(program(roles(connection_id=absent, role_arn=role)))
    printed = stack.up_error("--skip-preview").text
    assert _without_places(TRACEBACK) in _without_places(printed)

    imported = Source(f"ResourceOptions(import_={absent!r})")
    stack.write(program(roles(connection_id=absent, role_arn=role, opts=imported)))
    assert "KeyError: '__provider'\n" in stack.up_error("--skip-preview").text


def _without_places(text: str) -> str:
    text = re.sub(r'File ".*?([\w]+/[\w]+\.py)", line \d+', r"File \1", text)
    return re.sub(r"^[ ^~]+\n", "", text, flags=re.MULTILINE)


def test_the_handshake_runs_in_one_up_with_the_permissions_of_the_page(
    make_stack: MakeStack, aws: LocalAws
) -> None:
    """It requests, accepts and prints CONNECTED; each account calls only what its policy allows, to the end."""
    stack = make_stack(HANDSHAKE)
    shell(HANDSHAKE_CONFIG, stack.folder, stack.env)
    stack.up("--skip-preview")
    assert stack.run("stack", "output").text.split()[-2:] == CONNECTED.split()
    stack.write(HANDSHAKE.replace("platform", "payments"))
    stack.up("--skip-preview", "--refresh")
    stack.destroy("--skip-preview")
    made = {
        account: {
            request.operation
            for request in aws.requests
            if (request.service, request.account) == ("proton", account)
        }
        for account in (ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT)
    }
    assert made[ENVIRONMENT_ACCOUNT]
    assert made[MANAGEMENT_ACCOUNT]
    assert made[ENVIRONMENT_ACCOUNT] <= actions(MANAGE)
    assert made[MANAGEMENT_ACCOUNT] <= actions(ACCEPT)


def test_a_connection_of_any_origin_is_adopted(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """One that aws-native had in the state is taken out of it and adopted without a changing call, as is one by its roles."""
    stack = make_stack(
        WHOLE, {"test:managementAccountId": MANAGEMENT_ACCOUNT, "test:managementRoleArn": deployer(client)}
    )
    urn = lines(OUT_OF_STATE)[0].split("'")[1]
    native = urn.split("::")[2]
    provider = "urn:pulumi:test::test::pulumi:providers:aws-native::default"
    provider_id = str(uuid.uuid4())
    state = stack.state
    state["deployment"]["resources"] = [
        {"urn": provider, "custom": True, "id": provider_id, "type": "pulumi:providers:aws-native"},
        {
            "urn": urn,
            "custom": True,
            "id": connection_id,
            "type": native,
            "provider": f"{provider}::{provider_id}",
        },
    ]
    (stack.folder / "state.json").write_text(json.dumps(state))
    stack.run("stack", "import", "--file", "state.json")

    arn = live(client, connection_id)["arn"]
    look = re.sub(r"arn:aws:proton\S+", arn, LOOK)
    printed = shell(re.sub(r"--id \S+", f"--id {connection_id}", look), stack.folder, cli(stack.env, aws))
    assert printed.count(arn) == 2
    shell(OUT_OF_STATE, stack.folder, stack.env)
    proton_calls()
    printed = stack.up("--skip-preview").text
    assert re.sub(r"[0-9a-f-]{36}", connection_id, ADOPTED.strip()) in printed
    made = set(proton_calls())
    make_stack(ROLES_ONLY).up("--skip-preview")
    looked = set(proton_calls())
    changing = {"CreateEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection", "TagResource"}
    assert not changing & (made | looked)
    assert looked <= actions(MANAGE_ROLES) | actions(FIND)
    assert connection_id in live_ids(client)


def test_a_killed_up_is_recovered_with_the_commands(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """After a killed first `up` the commands unlock the stack, end what was begun, and silence the warning."""
    stack = make_stack(program(*(connection(f"c{number}") for number in range(4))))
    stack.env["PULUMI_OPTION_SKIP_PREVIEW"] = "true"
    aws.delay(60, "CreateEnvironmentAccountConnection")
    killed = Point(calls=2, seconds=0, victim="all")
    with killed_up(stack, killed, lambda: len(sent(aws, "CreateEnvironmentAccountConnection"))):
        aws.delay(0, "CreateEnvironmentAccountConnection")
        cancel, again, clear = lines(RECOVERY)
        assert "locked" in stack.up_error("--skip-preview").text
        assert "interrupted while creating" in shell(f"{cancel}\n{again}", stack.folder, stack.env)
        shell(clear, stack.folder, stack.env)
    printed = stack.up("--skip-preview").text
    assert "5 unchanged" in printed
    assert "interrupted" not in printed
    assert len(live_ids(client)) == 4


@contextmanager
def token_server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that gives out an identity token, as GitHub does in a job, and the requests that it got."""
    seen: list[dict[str, Any]] = []

    class Tokens(Handler):
        def do_GET(self) -> None:
            seen.append({"path": self.path, "authorization": self.headers["Authorization"]})
            self.answer(b'{"value": "a-token"}')

    with serving(Tokens) as url:
        yield f"{url}/token?version=1", seen


def test_the_workflow_deploys_as_the_identity_of_the_job(
    make_stack: MakeStack, aws: LocalAws, connection_id: str
) -> None:
    """Its steps fetch a token and bring the stack up in the role's account, with no key anywhere."""
    job = yaml.safe_load(WORKFLOW)["jobs"]["up"]
    *_, install, token, up = (step["run"] for step in job["steps"] if "run" in step)
    assert "pip install" in install  # it needs the network
    assert f"--version {formatted(Release().version).removeprefix('v')}\n" in install
    typed = f"{token}\n{up}"
    role = "arn:aws:iam::222222222222:role/set-in-ci"
    stack = make_stack(program(roles(connection_id=connection_id, role_arn=role)))
    stack.configure(dict.fromkeys(["aws:accessKey", "aws:secretKey"]))
    with token_server() as (url, seen):
        env = {
            **stack.env,
            **job["env"],
            "ACTIONS_ID_TOKEN_REQUEST_URL": url,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-job",
            "no_proxy": "127.0.0.1",
        }
        shell(typed, stack.folder, env)
    assert [(each["path"].rpartition("&")[2], each["authorization"]) for each in seen] == [
        ("audience=sts.amazonaws.com", "bearer of-the-job")
    ]
    assert "AssumeRoleWithWebIdentity" in calls(aws, "") + calls(aws, "sts")
    assert (
        aws.client("proton", account=ENVIRONMENT_ACCOUNT, region=REGION).get_environment_account_connection(
            id=connection_id
        )["environmentAccountConnection"]["roleArn"]
        == role
    )
