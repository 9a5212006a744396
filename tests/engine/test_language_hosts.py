"""Language hosts beside Python's: a program in each language on the real engine, from preview to destroy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import language_hosts
import pytest
from engine.harness import Stack, environment
from engine.hosts import add_host

GO_MODULE = """
module greeting

go 1.25

require github.com/pulumi/pulumi/sdk/v3 v3.259.0
"""

GO_PROGRAM = """
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		name := config.Require(ctx, "name")
		ctx.Export("greeting", pulumi.String("hello "+name))
		ctx.Export("secret", pulumi.ToSecret(pulumi.String("told "+name)))
		return nil
	})
}
"""

NODEJS_PROGRAM = """
import * as pulumi from "@pulumi/pulumi";

const name: string = new pulumi.Config().require("name");
export const greeting: string = `hello ${name}`;
export const secret = pulumi.secret(`told ${name}`);
"""

YAML_PROGRAM = """
name: test
runtime: yaml
config:
  name:
    type: string
outputs:
  greeting: hello ${name}
  secret:
    fn::secret: told ${name}
"""

StackOf: TypeAlias = Callable[[str, Mapping[str, str]], Stack]


@pytest.fixture
def stack_of(tmp_path: Path) -> StackOf:
    """Makes a stack of a program in another language, its host got first where it is not there."""

    def make(runtime: str, files: Mapping[str, str]) -> Stack:
        env = environment(tmp_path)
        add_host(env, runtime)
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text(f"name: test\nruntime: {runtime}\n")
        for name, text in files.items():
            (folder / name).write_text(text)
        stack = Stack(folder, env)
        stack.configure({"test:name": "world"})
        return stack

    return make


def brings_up_and_down(stack: Stack) -> None:
    """The program's outputs are previewed, made, seen as they are, and gone."""
    stack.preview()
    stack.up("--skip-preview")
    assert stack.outputs == {"greeting": "hello world", "secret": "[secret]"}
    stack.preview("--expect-no-changes")
    stack.destroy("--skip-preview")
    assert stack.resources() == []


def test_yaml(stack_of: StackOf) -> None:
    """A YAML program runs from config to outputs, secrets kept."""
    brings_up_and_down(stack_of("yaml", {"Pulumi.yaml": YAML_PROGRAM}))


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js on PATH")
def test_typescript(stack_of: StackOf) -> None:
    """A TypeScript program runs from config to outputs, secrets kept."""
    modules = language_hosts.ensure_nodejs_packages(os.environ)
    stack = stack_of("nodejs", {"index.ts": NODEJS_PROGRAM, "package.json": '{"main": "index.ts"}'})
    (stack.folder / "node_modules").symlink_to(modules)
    brings_up_and_down(stack)


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go on PATH")
def test_go(stack_of: StackOf) -> None:
    """A Go program runs from config to outputs, secrets kept."""
    stack = stack_of("go", {"main.go": GO_PROGRAM, "go.mod": GO_MODULE})
    stack.env["GOFLAGS"] = f"{stack.env.get('GOFLAGS', '')} -mod=mod".strip()
    brings_up_and_down(stack)
