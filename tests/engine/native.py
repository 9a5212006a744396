"""Stacks of the native plugin for the engine's tests: programs in YAML, and what points the plugin at the local AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from engine.harness import REGION, Stack, local_config, project, quick_environment
from engine.hosts import add_host
from engine.plugins import credentials

from proton_provider.local import LocalAws

TYPE = "proton:index:EnvironmentAccountConnection"


class NativeStack(Stack):
    """One stack of a YAML program, whose resources are the native plugin's."""

    def declare(self, resources: Mapping[str, Any], **sections: Any) -> None:
        """Replace the program: its resources by name, and other sections such as `outputs`."""
        document = {"name": "test", "runtime": "yaml", "resources": dict(resources), **sections}
        (self.folder / "Pulumi.yaml").write_text(json.dumps(document, indent=2))

    def preview_steps(self, *arguments: str) -> list[dict[str, Any]]:
        """The steps of a preview; a line before them says where the language host comes from."""
        printed = self.run("preview", "--json", *arguments).text
        steps: list[dict[str, Any]] = json.loads(printed[printed.index("{") :])["steps"]
        return steps


def resource(
    kind: str = "Roles", *, options: Mapping[str, Any] | None = None, **properties: Any
) -> dict[str, Any]:
    """A resource of a YAML program: `kind` is "", "Roles" or "Accepter"."""
    declared: dict[str, Any] = {
        "type": f"proton:EnvironmentAccountConnection{kind}",
        "properties": properties,
    }
    return {**declared, **({"options": dict(options)} if options else {})}


def native_environment(folder: Path, aws: LocalAws, plugins: Path) -> dict[str, str]:
    """A shell's environment whose engine knows the installed plugin."""
    env = quick_environment(folder)
    add_plugin(env, aws, plugins)
    add_host(env, "yaml")
    return env


def add_plugin(env: dict[str, str], aws: LocalAws, plugins: Path) -> None:
    """Let an engine with this environment find the installed plugin, which calls the local AWS."""
    env.update({**credentials(), "AWS_ENDPOINT_URL_STS": aws.url})
    own = Path(env["PULUMI_HOME"]) / "plugins"
    own.unlink(missing_ok=True)
    own.symlink_to(plugins)


class MakeNative(Protocol):
    """Makes a stack of a YAML program: a project's folder, or resources by name; `sections` are what else is in it."""

    def __call__(
        self, source: Path | Mapping[str, Any], config: Mapping[str, Any] | None = None, **sections: Any
    ) -> NativeStack: ...


def make_native_stack(
    folder: Path,
    aws: LocalAws,
    plugins: Path,
    source: Path | Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    **sections: Any,
) -> NativeStack:
    """The stack, in `folder`, pointed at the local AWS."""
    env = native_environment(folder, aws, plugins)
    target = project(folder, source) if isinstance(source, Path) else folder / "project"
    if not isinstance(source, Path):
        target.mkdir()
        (target / "Pulumi.yaml").write_text("name: test\nruntime: yaml\n")
    stack = NativeStack(target, env)
    stack.configure({**local_config(aws.url), "proton:region": REGION, **(config or {})})
    if not isinstance(source, Path):
        stack.declare(source, **sections)
    return stack


def urn(name: str, kind: str = "Roles") -> str:
    """The URN of a resource in a test's stack."""
    return f"urn:pulumi:test::test::{TYPE}{kind}::{name}"
