"""`pulumi package add FOLDER` in four languages, up to a connection in the local AWS.

The workflow alone runs it: it needs Pulumi's own release, whose Python language host starts plugins, and the registries
of each language. The host that the set-up builds where there is no release does not start them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from clone import HERE
from engine.harness import REGION, Client, Stack, environment, local_config
from engine.pages import shell
from engine.plugins import credentials
from engine.programs import arn, live_roles
from engine.test_other_languages import GO, PACKAGE_ADD, PROGRAM, TYPESCRIPT

from proton_provider.local import LocalAws

PYTHON = """
import pulumi
import pulumi_proton as proton

config = pulumi.Config()
roles = proton.EnvironmentAccountConnectionRoles(
    "roles", connection_id=config.require("connectionId"), role_arn=config.require("roleArn"), on_delete="restore"
)
pulumi.export("status", roles.status)
"""
YAML = f"""
name: test
runtime: yaml
config:
  connectionId: {{type: string}}
  roleArn: {{type: string}}
{PROGRAM}"""
NODE_PACKAGE = {
    "main": "index.ts",
    "dependencies": {"@pulumi/pulumi": "^3.0.0"},
    "devDependencies": {"@types/node": "^22.0.0", "typescript": "^5.0.0"},
}

PROJECTS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "yaml": ({"Pulumi.yaml": YAML}, ""),
    "nodejs": ({"index.ts": TYPESCRIPT, "package.json": json.dumps(NODE_PACKAGE)}, "npm install"),
    "go": ({"main.go": GO, "go.mod": "module test\n\ngo 1.24\n"}, "go mod tidy"),
    "python": ({"__main__.py": PYTHON, "requirements.txt": "pulumi>=3,<4\n"}, "pulumi install"),
}
"""The files of each language's project, and what gets the packages that its program needs."""


@pytest.mark.parametrize("runtime", PROJECTS)
def test_the_two_lines_of_the_page(
    tmp_path: Path, aws: LocalAws, client: Client, connection_id: str, runtime: str
) -> None:
    """From a project's folder and a folder of the package: the SDK, the plugin, and roles that are set and restored."""
    ignored = shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "*.egg-info")
    shutil.copytree(HERE.root, tmp_path / "proton-provider", ignore=ignored)
    project = tmp_path / "project"
    project.mkdir()
    # The program's Python is not the one of the tests: `package add` installs the SDK into it.
    options = ", options: {toolchain: pip, virtualenv: venv}" if runtime == "python" else ""
    declared = f"name: test\nruntime: {{name: {runtime}{options}}}\n"
    (project / "Pulumi.yaml").write_text(declared, encoding="utf-8")
    files, get_packages = PROJECTS[runtime]
    for file, text in files.items():
        (project / file).write_text(text, encoding="utf-8")
    env = {**environment(tmp_path), **credentials(), "AWS_ENDPOINT_URL_STS": aws.url}
    stack = Stack(project, env)
    stack.configure({**local_config(aws.url), "proton:region": REGION})
    stack.configure({"test:connectionId": connection_id, "test:roleArn": arn("a")})

    add, up = PACKAGE_ADD.splitlines()
    shell(add, project, stack.env)
    if get_packages:
        shell(get_packages, project, stack.env)
    shell(f"{up} --yes", project, stack.env)
    assert stack.outputs["status"] == "CONNECTED"
    assert live_roles(client, connection_id) == {"roleArn": "a"}
    stack.destroy("--skip-preview")
