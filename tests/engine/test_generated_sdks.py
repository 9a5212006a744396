"""The programs in TypeScript and Go on the page for other languages, with the SDKs that Pulumi's generators make."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import language_hosts
import pytest
from engine.harness import MANAGEMENT_ACCOUNT, REGION, Client, Stack, local_config
from engine.hosts import add_host
from engine.native import native_environment
from engine.programs import arn, live_roles
from engine.test_other_languages import GO, TYPESCRIPT, TYPESCRIPT_ACCEPTER

from proton_provider.local import LocalAws
from proton_provider.plugin.servicer import SCHEMA

SDK = "sdks/proton"
"""Where `pulumi package add` puts it."""
GO_PACKAGE = "example.com/pulumi-proton/sdk/go"
ENGINE_MODULE = language_hosts.BUILT_FROM / "engine"
"""Its pins hold for the Go program too: one version of Pulumi, whose compiled packages Go takes from its build cache."""


def nodejs_program(folder: Path, program: str) -> None:
    """The program, its role a secret; the SDK is TypeScript that nobody has compiled, so it is imported by its path."""
    program = program.replace('"@pulumi/proton"', f'"./{SDK}"')
    (folder / "index.ts").write_text(program.replace('require("roleArn")', 'requireSecret("roleArn")'))


def nodejs_project(folder: Path) -> None:
    """The program in a project whose modules are the pinned ones."""
    nodejs_program(folder, TYPESCRIPT)
    (folder / "package.json").write_text('{"main": "index.ts"}')
    (folder / "node_modules").symlink_to(language_hosts.ensure_nodejs_packages(os.environ))


def go_project(folder: Path) -> None:
    """The program, its role a secret, in a module that requires what the engine's does and has the SDK in its folder."""
    plain = 'pulumi.String(config.Require(ctx, "roleArn"))'
    (folder / "main.go").write_text(GO.replace(plain, 'config.RequireSecret(ctx, "roleArn")'))
    requirements = (ENGINE_MODULE / "go.mod").read_text().partition("\n")[2]
    (folder / "go.mod").write_text(
        f"module test\n{requirements}\nrequire {GO_PACKAGE} v0.0.0\n\nreplace {GO_PACKAGE} => ./{SDK}\n"
    )
    shutil.copyfile(ENGINE_MODULE / "go.sum", folder / "go.sum")


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a language's own tool is not on PATH."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program} on PATH")


@pytest.fixture(
    params=[
        pytest.param(("nodejs", nodejs_project), id="typescript", marks=needs("npm")),
        pytest.param(("go", go_project), id="go", marks=needs("go")),
    ]
)
def stack(request: pytest.FixtureRequest, tmp_path: Path, aws: LocalAws, plugins: Path) -> Stack:
    """A stack of the page's program in one language."""
    runtime, write_project = request.param
    env = native_environment(tmp_path, aws, plugins)
    add_host(env, runtime)
    del env["GOGC"]  # the engine's, not the compiler's
    # Pulumi's SDK imports a little that the engine does not: go.sum is completed.
    env["GOFLAGS"] = f"{env.get('GOFLAGS', '')} -mod=mod".strip()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: test\nruntime: {runtime}\n")
    subprocess.run([language_hosts.sdk_generator(os.environ), runtime, SCHEMA, folder / SDK], check=True)
    write_project(folder)
    stack = Stack(folder, env)
    stack.configure({**local_config(aws.url), "proton:region": REGION})
    return stack


def test_the_program_of_the_page(stack: Stack, connection_id: str, client: Client) -> None:
    """Config, resources, functions and secrets work from preview to destroy, and the program's types are right.

    Go builds the program anew for a preview, so TypeScript alone has one.
    """
    stack.configure({"test:connectionId": connection_id})
    stack.run("config", "set", "--secret", "roleArn", arn("a"))
    stack.up(*([] if (stack.folder / "index.ts").exists() else ["--skip-preview"]))
    assert stack.outputs == {"live": "[secret]", "status": "CONNECTED"}
    stack.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "before"}
    if (stack.folder / "index.ts").exists():
        requests_and_accepts(stack, client)


def requests_and_accepts(stack: Stack, client: Client) -> None:
    """The page's other program, with the same SDK: the connection is requested in one account and accepted in the other."""
    nodejs_program(stack.folder, TYPESCRIPT_ACCEPTER)
    trust = '{"Version": "2012-10-17", "Statement": []}'
    role = client("iam", MANAGEMENT_ACCOUNT).create_role(RoleName="accept", AssumeRolePolicyDocument=trust)
    stack.configure(
        {
            "test:environmentName": "prod",
            "test:managementAccountId": MANAGEMENT_ACCOUNT,
            "test:managementRoleArn": role["Role"]["Arn"],
        }
    )
    stack.up("--skip-preview")
    assert stack.outputs == {"status": "CONNECTED"}
    stack.destroy("--skip-preview")
