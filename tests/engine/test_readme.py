"""Every code block of the README is run, or is what something that runs prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    Client,
    MakeStack,
    ProtonCalls,
    environment,
)
from engine.pages import ROOT, Page, lines, shell
from engine.programs import connection, live_ids, program, sent
from faults.kills import Point, killed_up

from proton_provider.local import LocalAws

README = Page("README.md")
block = README.block
ADDRESS = "http://127.0.0.1:4600"

PROGRAM = block("python", "import pulumi_aws as aws")
HANDSHAKE = block("python", "ServiceRoles(")
OWN_TEST = block("python", "with LocalAws() as aws")
PREVIEW = block("text", "(update)")
OUTPUTS = block("text", "status   CONNECTED")
ADOPTION = block("python", "adopt_existing=True")
TAKEN_OVER = block("text", "taken over as it is")
ROLES_ONLY = block("python", "role_arn=found.role_arn")
LOCAL_CONFIG = block("yaml", "proton:endpointUrl")
AWS_CONFIG = block("yaml", "aws:profile")
INSTALL = block("bash", "pip install ./proton-provider\n")
START = block("bash", "proton-local")
CLI = block("bash", "aws proton create")
TWO = block("bash", "make up")
CHECK = block("bash", "make check")
RECOVERY = block("bash", "pulumi cancel")


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


def test_the_lines_that_matter_do_what_is_printed_below_them(
    make_stack: MakeStack, connection_id: str
) -> None:
    """The first program runs as it stands; its preview of a changed role and its outputs are as printed."""
    program = PROGRAM
    stack = make_stack(program, {"test:connectionId": connection_id})
    stack.up("--skip-preview")
    printed = lines(OUTPUTS)
    outputs = {line.split()[0]: line.split()[1] for line in map(_anonymous, printed)}
    assert {name: _anonymous(value) for name, value in stack.outputs.items()} == outputs

    other = 'role_arn="arn:aws:iam::222222222222:role/provisioning-b51c2f0"'
    stack.write(program.replace("role_arn=provisioning.arn", other))
    preview = _anonymous(stack.preview("--diff").text)
    for line in lines(PREVIEW):
        assert _anonymous(line.strip()) in preview


def test_the_handshake_runs_in_one_up(make_stack: MakeStack, client: Client) -> None:
    """The program of the handshake requests, accepts and prints CONNECTED in one `up`."""
    role = client("iam", MANAGEMENT_ACCOUNT).create_role(
        RoleName="deployer", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )["Role"]["Arn"]
    config = {"test:managementAccountId": MANAGEMENT_ACCOUNT, "test:managementRoleArn": role}
    stack = make_stack(HANDSHAKE, config)
    stack.up("--skip-preview")
    assert stack.outputs["status"] == "CONNECTED"


def test_moving_in_changes_nothing_at_aws(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Both programs take an existing connection over without a changing call, and the first says so as printed."""
    role = client("iam", MANAGEMENT_ACCOUNT).create_role(
        RoleName="deployer", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )["Role"]["Arn"]
    config = {"test:managementAccountId": MANAGEMENT_ACCOUNT, "test:managementRoleArn": role}
    proton_calls()
    printed = make_stack(ADOPTION, config).up("--skip-preview").text
    sentence = re.sub(r"[0-9a-f-]{36}", connection_id, TAKEN_OVER.strip())
    assert sentence in printed
    make_stack(ROLES_ONLY).up("--skip-preview")
    changing = {"CreateEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection", "TagResource"}
    assert not changing.intersection(proton_calls())


def test_the_configs_point_the_same_program_at_the_local_aws_and_at_a_profile(
    make_stack: MakeStack, connection_id: str, aws: LocalAws, tmp_path: Path
) -> None:
    """The first config alone reaches the local AWS; the second one goes wherever the profile it names goes."""
    stack = make_stack(PROGRAM)
    own = {"test:connectionId": connection_id}
    path = stack.folder / "Pulumi.test.yaml"

    local = yaml.safe_load(LOCAL_CONFIG.replace(ADDRESS, aws.url))
    path.write_text(yaml.safe_dump({"config": {**local["config"], **own}}))
    stack.up("--skip-preview")
    assert stack.outputs["status"] == "CONNECTED"

    profile = yaml.safe_load(AWS_CONFIG)["config"]
    shared = tmp_path / "aws-config"
    shared.write_text(
        f"[profile {profile['aws:profile']}]\nendpoint_url = {aws.url}\n"
        f"aws_access_key_id = {ENVIRONMENT_ACCOUNT}\naws_secret_access_key = any\n"
    )
    stack.env["AWS_CONFIG_FILE"] = str(shared)
    path.write_text(yaml.safe_dump({"config": {**profile, **own}}))
    stack.write(
        "import pulumi\nfrom proton_provider import EnvironmentAccountConnectionRoles as Roles\n"
        'i = pulumi.Config().require("connectionId")\n'
        'pulumi.export("status", Roles.get("roles", i).status)\n'
    )
    stack.up("--skip-preview")
    assert stack.outputs["status"] == "CONNECTED"


def test_a_killed_up_is_recovered_with_the_commands(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """After a killed first `up` the commands unlock the stack, end what was begun, and silence the warning."""
    stack = make_stack(program(*(connection(f"c{number}") for number in range(4))))
    aws.delay(2, "CreateEnvironmentAccountConnection")
    killed = Point(calls=2, seconds=0.5, victim="all")
    with killed_up(stack, killed, lambda: len(sent(aws, "CreateEnvironmentAccountConnection"))):
        cancel, again, clear = lines(RECOVERY)
        assert "locked" in stack.up_error("--skip-preview").text
        shell(f"{cancel}\n{again}", stack.folder, stack.env)
        assert "interrupted while creating" in stack.up("--skip-preview").text
        shell(clear, stack.folder, stack.env)
    printed = stack.up("--skip-preview").text
    assert "5 unchanged" in printed
    assert "interrupted" not in printed
    assert len(live_ids(client)) == 4


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
    shell(install, tmp_path, env)
    program = start.replace("4600", "0").split()
    with subprocess.Popen(
        program,
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        executable=own_environment / program[0],
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        try:
            printed = shell(CLI.replace(ADDRESS, first.split()[-1]), tmp_path, env)
        finally:
            server.terminate()
    assert first.startswith("listening on http://127.0.0.1:")
    assert printed.count('"environmentName": "prod"') == 2


def test_the_local_aws_serves_a_test_of_ones_own() -> None:
    """The example of `LocalAws` runs as it stands; its own assertion holds."""
    program = OWN_TEST
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_of_make_are_targets() -> None:
    """Each `make` command in the README is a target of the Makefile; what they do is tested where they live."""
    makefile = (ROOT / "Makefile").read_text()
    commands = [*lines(TWO), *lines(CHECK)]
    for command in commands:
        assert re.search(rf"^{command.removeprefix('make ')}:", makefile, flags=re.MULTILINE)


def test_no_block_is_left_out() -> None:
    """Every code block of the README is in one of the tests above."""
    assert README.left_out() == []


def _anonymous(text: str) -> str:
    """Without what the engine makes up: the seven hexadecimal digits of automatic names, and the spacing."""
    return re.sub(r" +", " ", re.sub(r"-[0-9a-f]{7}\b", "-1234567", text))
