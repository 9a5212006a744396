"""What the documentation shows beside stacks, typed: installing, the local AWS, policies; and that no block is left out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from engine import guides
from engine.guides import (
    ACCEPT,
    ADDRESS,
    CLI,
    FIND,
    GUIDES,
    INSTALL,
    INSTALL_LOCAL,
    LEFTOVERS,
    LISTENING,
    MANAGE,
    MANAGE_ROLES,
    OWN_TEST,
    RETAINED,
    START,
    THOROUGH,
    actions,
)
from engine.harness import (
    MANAGEMENT_ACCOUNT,
    Client,
    environment,
)
from engine.pages import ROOT, lines, shell
from near_misses import MODEL

from proton_provider.leftovers.find import PERMISSIONS


@pytest.fixture
def own_environment(tmp_path: Path) -> Path:
    """A Python environment that has what this one has, but not this package; its bin folder."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    packages = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    ours = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    (packages / "ours.pth").write_text(f"{ours}\n")
    pip = tmp_path / "venv" / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec "{tmp_path}/venv/bin/python" -m pip "$@"\n')
    pip.chmod(0o755)
    source = tmp_path / "proton-provider"
    ignored = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignored)
    return tmp_path / "venv" / "bin"


def test_the_policies_allow_all_that_there_is_and_nothing_unknown(client: Client) -> None:
    """IAM takes each policy; together they name Proton's ten operations; the command's is what the command needs."""
    policies = (MANAGE, MANAGE_ROLES, ACCEPT, FIND, LEFTOVERS)
    for number, policy in enumerate(policies):
        client("iam").create_policy(PolicyName=f"p{number}", PolicyDocument=policy)
    assert set().union(*map(actions, policies)) == set(MODEL["operations"])
    assert {
        action for statement in json.loads(LEFTOVERS)["Statement"] for action in statement["Action"]
    } == set(PERMISSIONS)


@pytest.mark.filterwarnings("ignore:Tried to parse AWS.*Proton:UserWarning")
def test_cloudformation_takes_the_policies_of_the_page(client: Client) -> None:
    """The update is taken. moto's CloudFormation does not know Proton's type, so nothing is retained here."""
    properties = {"EnvironmentName": "prod", "ManagementAccountId": MANAGEMENT_ACCOUNT}
    retained = yaml.safe_load(RETAINED)["Connection"] | {"Properties": properties}
    plain = {"Type": retained["Type"], "Properties": properties}
    cloudformation = client("cloudformation")
    for make, resource in ((cloudformation.create_stack, plain), (cloudformation.update_stack, retained)):
        resources = {"Queue": {"Type": "AWS::SQS::Queue"}, "Connection": resource}
        make(StackName="proton", TemplateBody=json.dumps({"Resources": resources}))
    template = cloudformation.get_template(StackName="proton")["TemplateBody"]
    assert json.dumps(template).count("Retain") == 2


def test_the_package_installs_and_its_local_aws_answers_the_aws_cli(
    own_environment: Path, tmp_path: Path
) -> None:
    """The commands install the package from a clone, start the local AWS and use it with the AWS CLI."""
    env = environment(tmp_path)
    ours = Path(sys.executable).parent
    env["PATH"] = f"{own_environment}:{ours}:{env['PATH']}"
    shell(INSTALL, tmp_path, env)
    assert str(own_environment.parent) in shell(
        "python -c 'import proton_provider; print(proton_provider)'", tmp_path, env
    )

    install, start = lines(START)
    assert lines(INSTALL_LOCAL) == [f"{install} pytest"]
    shell(install, tmp_path, env)
    command = start.replace("4600", "0").split()
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        executable=own_environment / command[0],
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        try:
            printed = shell(CLI.replace(ADDRESS, first.split()[-1]), tmp_path, env)
        finally:
            server.terminate()
    assert re.sub(r":\d+$", ":4600", first.strip()) == LISTENING.strip()
    assert printed.count('"environmentName": "prod"') == 2


def test_the_local_aws_serves_a_test_of_ones_own() -> None:
    """The example of `LocalAws` runs as it stands; its own assertion holds."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", OWN_TEST], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_command_of_make_is_a_target() -> None:
    """`make test` hands ARGS to pytest, and the profile that the page names is one of hypothesis's here."""
    target = re.search(r"^test:.*\n(.*)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert target is not None
    assert "$(ARGS)" in target[1]
    profile = textwrap.dedent(THOROUGH).strip().rpartition("=")[2]
    assert f'register_profile("{profile}"' in (ROOT / "tests" / "conftest.py").read_text()


def test_no_block_is_left_out() -> None:
    """Every code block of these pages has a name, and a test calls it by that name."""
    assert [text for page in GUIDES for text in page.left_out()] == []
    here = Path(__file__)
    tests = "".join(path.read_text() for path in here.parent.glob("test_*.py"))
    named = [name for name, value in vars(guides).items() if name.isupper() and isinstance(value, str)]
    assert named
    assert [name for name in named if not re.search(rf"\b{name}\b(?!,$)", tests, flags=re.MULTILINE)] == []
