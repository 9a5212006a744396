"""The examples, each run as its README says: up, up again with nothing to change, destroy."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    Client,
    MakeStack,
    ProtonCalls,
    Stack,
    environment,
    project,
)

from proton_provider.local import LocalAws

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(
    path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml") if "runtime: yaml" not in path.read_text()
)
"""Those in Python; `test_native_yaml` runs the other."""
OWN_STACK_TEST = "unit_tests"
"""The example whose own tests bring its stack up on the engine."""
OTHER_ENVIRONMENT_ACCOUNT = "333333333333"
TOOLING_ACCOUNT = "444444444444"
BEFORE = f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:role/before"

GET = "GetEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
CREATE = "CreateEnvironmentAccountConnection"
ACCEPT = "AcceptEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"


def live(client: Client, name: str = "prod", account: str = ENVIRONMENT_ACCOUNT) -> dict[str, Any]:
    """The one connection of an environment, as AWS answers now."""
    proton = client("proton", account)
    (listed,) = proton.list_environment_account_connections(
        requestedBy="ENVIRONMENT_ACCOUNT", environmentName=name
    )["environmentAccountConnections"]
    connection: dict[str, Any] = proton.get_environment_account_connection(id=listed["id"])[
        "environmentAccountConnection"
    ]
    return connection


def role_arns(client: Client, account: str = ENVIRONMENT_ACCOUNT) -> set[str]:
    """The ARNs of all roles in the account's IAM."""
    return {role["Arn"] for role in client("iam", account).list_roles()["Roles"]}


def request(client: Client, **roles: str) -> str:
    """The id of a connection that somebody else has requested."""
    made = client("proton").create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT, **roles
    )
    connection_id: str = made["environmentAccountConnection"]["id"]
    return connection_id


def access_role(client: Client, account: str) -> str:
    """The ARN of a role in the account that a stack may assume."""
    trust = '{"Version": "2012-10-17", "Statement": []}'
    made = client("iam", account).create_role(RoleName="proton-access", AssumeRolePolicyDocument=trust)
    arn: str = made["Role"]["Arn"]
    return arn


def prepare_one_stack(client: Client) -> dict[str, Any]:
    return {"connectionId": request(client, roleArn=BEFORE)}


def check_one_stack(client: Client, outputs: dict[str, Any]) -> None:
    connection = live(client)
    set_roles = [connection[name] for name in ("roleArn", "componentRoleArn", "codebuildRoleArn")]
    assert set(set_roles) == role_arns(client)
    assert [outputs[name] for name in ("roleArn", "componentRoleArn", "codebuildRoleArn")] == set_roles


def prepare_handshake(client: Client) -> dict[str, Any]:
    return {
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "managementRoleArn": access_role(client, MANAGEMENT_ACCOUNT),
    }


def check_handshake(client: Client, outputs: dict[str, Any]) -> None:
    connection = live(client)
    assert (connection["status"], outputs["status"]) == ("CONNECTED", "CONNECTED")
    assert {connection["roleArn"], connection["codebuildRoleArn"]} == role_arns(client)
    assert "componentRoleArn" not in connection


def prepare_existing_connection(client: Client) -> dict[str, Any]:
    request(client, roleArn=BEFORE, codebuildRoleArn=BEFORE)
    return {"environmentName": "prod"}


def check_existing_connection(client: Client, outputs: dict[str, Any]) -> None:
    connection = live(client)
    assert {connection["codebuildRoleArn"]} == role_arns(client)
    assert (connection["roleArn"], outputs["roleArn"]) == (BEFORE, BEFORE)


def prepare_fleet(client: Client) -> dict[str, Any]:
    for account in (ENVIRONMENT_ACCOUNT, OTHER_ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT):
        access_role(client, account)
    return {
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "environments": {
            "payments-prod": ENVIRONMENT_ACCOUNT,
            "payments-dev": OTHER_ENVIRONMENT_ACCOUNT,
            "orders-prod": ENVIRONMENT_ACCOUNT,
        },
    }


def check_fleet(client: Client, outputs: dict[str, Any]) -> None:
    assert outputs["statuses"] == dict.fromkeys(["payments-prod", "payments-dev", "orders-prod"], "CONNECTED")
    payments, orders = live(client, "payments-prod"), live(client, "orders-prod")
    assert payments["roleArn"] == orders["roleArn"]
    dev = live(client, "payments-dev", OTHER_ENVIRONMENT_ACCOUNT)
    assert dev["roleArn"] in role_arns(client, OTHER_ENVIRONMENT_ACCOUNT)


def prepare_connection(_client: Client) -> dict[str, Any]:
    return {"managementAccountId": MANAGEMENT_ACCOUNT}


def check_connection(client: Client, outputs: dict[str, Any]) -> None:
    connection = live(client)
    assert connection["id"] == outputs["connectionId"]
    assert {connection["codebuildRoleArn"]} == role_arns(client)


@dataclass(frozen=True)
class Scenario:
    """What an example finds, and what becomes of it."""

    prepare: Callable[[Client], dict[str, Any]]
    """Makes at AWS what the example takes for granted; gives the example's own config."""
    check: Callable[[Client, dict[str, Any]], None]
    """Compares AWS and the stack's outputs after the first `up`."""
    first: dict[str, int]
    """How often the first `up` calls each of Proton's operations, without its preview."""
    unchanged: dict[str, int] = field(default_factory=dict)
    """The same for an `up` that has nothing to change, and for a preview: look-ups run with the program."""


def prepare_component(client: Client) -> dict[str, Any]:
    return {
        "region": "us-east-1",
        "deployerRoleArn": access_role(client, ENVIRONMENT_ACCOUNT),
        "managementAccountId": MANAGEMENT_ACCOUNT,
    }


def check_component(client: Client, outputs: dict[str, Any]) -> None:
    connection = live(client, "payments-prod")
    assert connection["id"] == outputs["connectionId"]
    assert connection["codebuildRoleArn"] in role_arns(client)
    tags = client("proton").list_tags_for_resource(resourceArn=connection["arn"])["tags"]
    assert tags == [{"key": "cost-center", "value": "platform"}]


SCENARIOS = {
    "automation": Scenario(prepare_connection, check_connection, {CREATE: 1}),
    "component": Scenario(prepare_component, check_component, {CREATE: 1}),
    "existing_connection": Scenario(
        prepare_existing_connection,
        check_existing_connection,
        {LIST: 1, GET: 2, UPDATE: 1},
        unchanged={LIST: 1, GET: 1},
    ),
    "fleet": Scenario(prepare_fleet, check_fleet, {CREATE: 3, ACCEPT: 3}),
    "handshake": Scenario(prepare_handshake, check_handshake, {CREATE: 1, ACCEPT: 1}),
    "one_stack": Scenario(prepare_one_stack, check_one_stack, {GET: 1, UPDATE: 1}),
}


def configured(make_stack: MakeStack, client: Client, aws: LocalAws, folder: str) -> Stack:
    """A stack of a copy of the example, with the config that its README asks for."""
    own = SCENARIOS[folder].prepare(client)
    project = folder.replace("_", "-")
    stack = make_stack(EXAMPLES / folder, {f"{project}:{name}": value for name, value in own.items()})
    if folder in ("component", "fleet"):
        # Their providers are their own, and such do not read the stack's config: the shell says whom to talk to.
        stack.configure(
            dict.fromkeys(["aws:accessKey", "aws:secretKey", "aws:endpoints", "proton:endpointUrl"])
        )
        stack.env |= {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": TOOLING_ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
        }
    return stack


def run(command: list[str], folder: Path, env: dict[str, str]) -> str:
    """Run a command that must succeed; gives what it printed."""
    done = subprocess.run(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def automate(stack: Stack, action: str) -> str:
    """Run the example `automation` as a user does; gives what it printed."""
    return run([sys.executable, "__main__.py", action, "--stack", stack.name], stack.folder, stack.env)


def test_every_example_is_run_and_explained() -> None:
    """No folder of the examples goes without a run here, or without a README."""
    assert FOLDERS
    assert sorted([*SCENARIOS, OWN_STACK_TEST]) == FOLDERS
    assert all((EXAMPLES / folder / "README.md").read_text().startswith("# ") for folder in FOLDERS)


@pytest.mark.parametrize("folder", [folder for folder in SCENARIOS if folder != "automation"])
def test_example_comes_up_stays_and_goes(
    folder: str,
    make_stack: MakeStack,
    client: Client,
    aws: LocalAws,
    proton_calls: ProtonCalls,
) -> None:
    """The example does what it says with the fewest calls; a second `up` has nothing to change; destroy leaves no role."""
    scenario = SCENARIOS[folder]
    stack = configured(make_stack, client, aws, folder)
    before = role_arns(client)
    proton_calls()
    stack.up()
    calls_of_preview = scenario.unchanged
    assert Counter(proton_calls()) == Counter(calls_of_preview) + Counter(scenario.first)
    scenario.check(client, stack.outputs)
    proton_calls()
    stack.up("--skip-preview", "--expect-no-changes")
    assert Counter(proton_calls()) == scenario.unchanged
    stack.destroy("--skip-preview")
    assert stack.resources() == []
    assert role_arns(client) == before


def test_example_automation_shows_its_progress(
    make_stack: MakeStack, client: Client, aws: LocalAws, proton_calls: ProtonCalls
) -> None:
    """The program brings its stack up, line by line, finds nothing to change the second time, and takes it down."""
    scenario = SCENARIOS["automation"]
    stack = configured(make_stack, client, aws, "automation")
    proton_calls()
    printed = automate(stack, "up")
    assert "create: pulumi-python:dynamic/proton:EnvironmentAccountConnection connection\n" in printed
    assert "status = PENDING\n" in printed
    assert Counter(proton_calls()) == scenario.first
    scenario.check(client, stack.outputs)
    proton_calls()
    assert "changes: {'same': " in automate(stack, "up")
    assert Counter(proton_calls()) == scenario.unchanged
    assert "delete: pulumi-python:dynamic/proton:EnvironmentAccountConnection connection\n" in automate(
        stack, "destroy"
    )
    assert stack.resources() == []


def test_example_of_unit_tests_passes_its_own_tests(tmp_path: Path) -> None:
    """A user's pytest in a copy of the example passes: under mocks, and on the engine."""
    folder = project(tmp_path, EXAMPLES / OWN_STACK_TEST)
    done = run([sys.executable, "-m", "pytest", "-q"], folder, environment(tmp_path))
    assert "3 passed" in done


def test_example_component_passes_its_own_tests(tmp_path: Path) -> None:
    """The component's tests under mocks pass, where there is no engine to ask."""
    folder = project(tmp_path, EXAMPLES / "component")
    done = run([sys.executable, "-m", "pytest", "-q"], folder, environment(tmp_path))
    assert "1 passed" in done
