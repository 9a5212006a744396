"""A program in TypeScript on the native plugin, with the SDK that Pulumi's own generator makes from the schema."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import language_hosts
import pytest
import sdk_generator
from engine.harness import Client, Stack, local_config
from engine.hosts import add_host
from engine.native import native_environment
from engine.programs import arn, live_roles

from proton_provider.local import LocalAws
from proton_provider.plugin.servicer import SCHEMA

PROGRAM = """
import * as pulumi from "@pulumi/pulumi";
import * as proton from "./proton/index";

const config = new pulumi.Config();
const roles = new proton.EnvironmentAccountConnectionRoles("roles", {
    connectionId: config.require("connectionId"),
    roleArn: config.require("roleArn"),
    onDelete: "restore",
});
export const live = roles.liveRoleArns.roleArn;
export const status = proton.getEnvironmentAccountConnectionOutput({ id: roles.id }).status;
"""


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js on PATH")
def test_typescript(tmp_path: Path, aws: LocalAws, plugins: Path, connection_id: str, client: Client) -> None:
    """Resources and functions of the generated SDK work from preview to destroy, types checked."""
    env = native_environment(tmp_path, aws, plugins)
    add_host(env, "nodejs")
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: test\nruntime: nodejs\n")
    (project / "package.json").write_text('{"main": "index.ts"}')
    (project / "index.ts").write_text(PROGRAM)
    (project / "node_modules").symlink_to(language_hosts.ensure_nodejs_packages(os.environ))
    sdk_generator.generate(os.environ, SCHEMA, project / "proton")
    stack = Stack(project, env)
    stack.configure(
        {
            **local_config(aws.url),
            "proton:region": "us-east-1",
            "test:connectionId": connection_id,
            "test:roleArn": arn("a"),
        }
    )
    stack.preview()
    stack.up("--skip-preview")
    assert stack.outputs == {"live": arn("a"), "status": "CONNECTED"}
    stack.preview("--expect-no-changes")
    stack.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "before"}
