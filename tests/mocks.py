"""Runs programs with Pulumi's mocks, as Pulumi's guide to unit tests does: outputs are the inputs."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, Settings, configure, set_mocks


@dataclass
class EchoingMocks(Mocks):
    """Answers a resource with its inputs and `outputs`, and a function with `answers` by its token."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    made: list[MockResourceArgs] = field(default_factory=list)
    called: list[MockCallArgs] = field(default_factory=list)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        return f"{args.name}-id", {**args.inputs, **self.outputs}

    def call(self, args: MockCallArgs) -> Any:
        self.called.append(args)
        return self.answers.get(args.token, {})

    def inputs(self, name: str) -> dict[str, Any]:
        """The inputs of the resource with this name, on the wire, without what it needs for itself."""
        (found,) = [args.inputs for args in self.made if args.name == name]
        return {key: value for key, value in found.items() if not key.startswith("__")}


def awaited(value: Any) -> Any:
    """The value with a coroutine in place of each text and number in it, as `pulumi.Input` allows."""

    async def give() -> Any:
        return value

    if isinstance(value, dict):
        return {key: awaited(member) for key, member in value.items()}
    return [awaited(member) for member in value] if isinstance(value, list) else give()


def run(mocks: Mocks, program: Callable[[], Any], *, preview: bool = False) -> Any:
    """Run a program under mocks, and give what its output comes to."""
    asyncio.set_event_loop(_loop())
    set_mocks(mocks, preview=preview)
    results: list[Any] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's
    def test() -> pulumi.Output[None]:
        return pulumi.Output.from_input(program()).apply(results.append)

    try:
        test()
    finally:
        configure(Settings(project="project", stack="stack"))  # without mocks
    return results[0] if results else None


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """One for all: the mocks leave an event loop in each of its threads, and nobody closes these."""
    return asyncio.new_event_loop()
