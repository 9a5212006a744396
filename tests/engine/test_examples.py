"""The README of each example, typed on a local AWS: up, up again with nothing to change, destroy."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine.harness import ENVIRONMENT_ACCOUNT, WITHOUT_COLLECTION, Client, ProtonCalls, environment
from engine.hosts import add_host
from engine.native import add_plugin
from engine.pages import Page, shell
from environment import of_local_aws

from proton_provider.local import LocalAws

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml"))
PAGES = {folder: Page(f"examples/{folder}/README.md") for folder in FOLDERS}
OWN_STACK_TEST = "unit_tests"
"""The example whose own tests bring its stack up on the engine."""
OTHER_ENVIRONMENT_ACCOUNT = "333333333333"
THEIRS = f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:role/theirs"

START = """\
make up
eval "$(make -s env)"
"""
"""What every README begins with; test_make_up.py types it in a clone."""

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


def check_three_roles(client: Client, outputs: dict[str, Any], name: str) -> None:
    connection = live(client, name)
    set_roles = [connection[role] for role in ("roleArn", "componentRoleArn", "codebuildRoleArn")]
    assert set(set_roles) == role_arns(client)
    assert (connection["status"], connection["roleArn"]) == (outputs["status"], outputs["roleArn"])


def check_one_stack(client: Client, outputs: dict[str, Any], _printed: str) -> None:
    check_three_roles(client, outputs, "staging")


def check_yaml(client: Client, outputs: dict[str, Any], _printed: str) -> None:
    check_three_roles(client, outputs, "prod")
    assert outputs["status"] == "CONNECTED"


def check_handshake(client: Client, outputs: dict[str, Any], _printed: str) -> None:
    connection = live(client)
    assert (connection["status"], outputs["status"]) == ("CONNECTED", "CONNECTED")
    assert {connection["roleArn"], connection["codebuildRoleArn"]} == role_arns(client)
    assert "componentRoleArn" not in connection


def check_existing_connection(client: Client, outputs: dict[str, Any], _printed: str) -> None:
    connection = live(client, "shared")
    assert {connection["codebuildRoleArn"]} == role_arns(client)
    assert (connection["roleArn"], outputs["roleArn"]) == (THEIRS, THEIRS)


def check_fleet(client: Client, outputs: dict[str, Any], _printed: str) -> None:
    assert outputs["statuses"] == dict.fromkeys(["payments-prod", "payments-dev", "orders-prod"], "CONNECTED")
    payments, orders = live(client, "payments-prod"), live(client, "orders-prod")
    assert payments["roleArn"] == orders["roleArn"]
    dev = live(client, "payments-dev", OTHER_ENVIRONMENT_ACCOUNT)
    assert dev["roleArn"] in role_arns(client, OTHER_ENVIRONMENT_ACCOUNT)


def check_automation(client: Client, outputs: dict[str, Any], printed: str) -> None:
    connection = live(client)
    assert connection["id"] == outputs["connectionId"]
    assert {connection["codebuildRoleArn"]} == role_arns(client)
    assert "create: pulumi-python:dynamic/proton:EnvironmentAccountConnection connection\n" in printed
    assert "status = PENDING\n" in printed


def check_component(client: Client, outputs: dict[str, Any], printed: str) -> None:
    connection = live(client, "payments-prod")
    assert connection["id"] == outputs["connectionId"]
    assert connection["codebuildRoleArn"] in role_arns(client)
    tags = client("proton").list_tags_for_resource(resourceArn=connection["arn"])["tags"]
    assert tags == [{"key": "cost-center", "value": "platform"}]
    assert "1 passed" in printed


@dataclass(frozen=True)
class Scenario:
    """What becomes of an example."""

    check: Callable[[Client, dict[str, Any], str], None]
    """Compares AWS, the stack's outputs and what was printed after the README's `up`."""
    calls: dict[str, int]
    """How often the README's commands until `up` call each of Proton's operations."""
    unchanged: dict[str, int] = field(default_factory=dict)
    """The same for an `up` that has nothing to change: look-ups run with the program."""


SCENARIOS = {
    "automation": Scenario(check_automation, {CREATE: 1}),
    "component": Scenario(check_component, {CREATE: 1}),
    "existing_connection": Scenario(
        check_existing_connection,
        {CREATE: 1, LIST: 2, GET: 3, UPDATE: 1},
        unchanged={LIST: 1, GET: 1},
    ),
    "fleet": Scenario(check_fleet, {CREATE: 3, ACCEPT: 3}),
    "handshake": Scenario(check_handshake, {CREATE: 1, ACCEPT: 1}),
    "one_stack": Scenario(check_one_stack, {CREATE: 1, GET: 1, UPDATE: 1}),
    "yaml": Scenario(check_yaml, {CREATE: 1, ACCEPT: 1, GET: 2, UPDATE: 1}, unchanged={GET: 1}),
}
AGAIN = "pulumi up --yes --skip-preview --expect-no-changes"


@pytest.fixture
def env(tmp_path: Path, aws: LocalAws, plugins: Path) -> dict[str, str]:
    """The shell that `make up` and `make env` give, with a copy of the examples in its folder."""
    ignored = shutil.ignore_patterns("Pulumi.*.yaml", "__pycache__")
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=ignored)
    shell_of_clone = {**environment(tmp_path), **of_local_aws(aws.url), **WITHOUT_COLLECTION}
    add_plugin(shell_of_clone, aws, plugins)
    return shell_of_clone


def test_every_readme_is_typed_from_its_first_line() -> None:
    """Each example's README begins with `make up`, and every other block of it is in a test below."""
    assert sorted([*SCENARIOS, OWN_STACK_TEST]) == FOLDERS
    for folder, page in PAGES.items():
        assert page.block("bash", "make up") == START
        assert page.block("bash", "cd examples/").startswith(f"cd examples/{folder}\n")
        if folder in SCENARIOS:
            page.block("bash", "destroy")
    PAGES["fleet"].block("yaml", "fleet:environments")
    assert [text for page in PAGES.values() for text in page.left_out()] == []


@pytest.mark.parametrize("folder", SCENARIOS)
def test_example_comes_up_stays_and_goes(
    folder: str, env: dict[str, str], tmp_path: Path, client: Client, proton_calls: ProtonCalls
) -> None:
    """The README's commands do what it says with the fewest calls; a second `up` changes nothing; nothing is left."""
    if folder == "yaml":
        add_host(env, "yaml")
    page, scenario, project = PAGES[folder], SCENARIOS[folder], tmp_path / "examples" / folder
    proton_calls()
    printed = shell(page.block("bash", "cd examples/"), tmp_path, env)
    assert Counter(proton_calls()) == scenario.calls
    scenario.check(client, json.loads(shell("pulumi stack output --json", project, env)), printed)
    if folder == "fleet":
        table = yaml.safe_load(page.block("yaml", "fleet:environments"))["config"]
        written = yaml.safe_load((project / "Pulumi.dev.yaml").read_text())["config"]
        assert table.items() <= written.items()

    proton_calls()
    if folder == "automation":
        assert "changes: {'same': " in shell("python __main__.py up", project, env)
    else:
        shell(AGAIN, project, env)
    assert Counter(proton_calls()) == scenario.unchanged

    printed = shell(page.block("bash", "destroy"), project, {**env, "PULUMI_OPTION_SKIP_PREVIEW": "true"})
    assert ("role/theirs" in printed) is (folder == "existing_connection")
    for account in (ENVIRONMENT_ACCOUNT, OTHER_ENVIRONMENT_ACCOUNT):
        assert role_arns(client, account) == set()
        left = client("proton", account).list_environment_account_connections(
            requestedBy="ENVIRONMENT_ACCOUNT"
        )
        assert left["environmentAccountConnections"] == []
    assert not (project / "Pulumi.dev.yaml").exists()


def test_example_of_unit_tests_passes_its_own_tests(env: dict[str, str], tmp_path: Path) -> None:
    """A user's pytest in the example passes: under mocks, and on the engine."""
    assert "3 passed" in shell(PAGES[OWN_STACK_TEST].block("bash", "cd examples/"), tmp_path, env)
