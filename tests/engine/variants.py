"""Python programs with components, whose resources are the dynamic ones or the native plugin's: one text for both."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

from engine.harness import MANAGEMENT_ACCOUNT, Stack
from engine.programs import Source, arn

Variant: TypeAlias = Literal["dynamic", "native"]
VARIANTS: tuple[Variant, ...] = ("dynamic", "native")

MANAGEMENT = {"assumeRoleArn": arn("deployer", MANAGEMENT_ACCOUNT)}
"""The settings that reach the management account: one form for both."""

_HEAD = """\
import pulumi
from pulumi import ComponentResource, Output, ResourceOptions
"""
_PROTON = {
    "dynamic": """\
import proton_provider


def proton(kind, name, opts=None, **inputs):
    return getattr(proton_provider, f"EnvironmentAccountConnection{kind}")(name, opts=opts, **inputs)
""",
    "native": """\
from proton_provider.wire_names import wire_name


def proton(kind, name, opts=None, **inputs):
    properties = {wire_name(key): value for key, value in inputs.items()}
    return pulumi.CustomResource(f"proton:index:EnvironmentAccountConnection{kind}", name, properties, opts)
""",
}


def source(variant: Variant, *lines: str) -> str:
    """A program of these lines. They declare resources as `declared` does."""
    return "\n".join([_HEAD, _PROTON[variant], *lines, ""])


def declared(kind: str, name: str, *, opts: str = "", **inputs: Any) -> str:
    """The line that declares a resource: `kind` is "", "Roles" or "Accepter", `opts` are options as in a program."""
    given = {**({"opts": Source(f"ResourceOptions({opts})")} if opts else {}), **inputs}
    return f"{name} = proton({kind!r}, {name!r}, {', '.join(f'{key}={value!r}' for key, value in given.items())})"


def component(kind: str, variable: str, *, name: str = "", opts: str = "") -> str:
    """The line that declares a component of the type `test:index:KIND`."""
    return f"{variable} = ComponentResource('test:index:{kind}', {name or variable!r}, None, ResourceOptions({opts}))"


class MakeVariant(Protocol):
    """Makes a stack of a program that `source` has made."""

    def __call__(self, variant: Variant, text: str) -> Stack: ...


def urn(variant: Variant, kind: str, name: str, *parents: str) -> str:
    """The URN of a resource in a test's stack; `parents` are the kinds of its components, the outermost first."""
    module = {"dynamic": "pulumi-python:dynamic/proton", "native": "proton:index"}[variant]
    chain = "".join(f"test:index:{parent}$" for parent in parents)
    return f"urn:pulumi:test::test::{chain}{module}:EnvironmentAccountConnection{kind}::{name}"
