"""Runs a data source function in the program's process: with mocks, after its dependencies, off the event loop."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, Final, TypeVar

import pulumi
from pulumi import InvokeOptions, InvokeOutputOptions, Output
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from proton_provider.errors import ConfigurationError
from proton_provider.settings import resolve
from proton_provider.wire_names import wire_name

T = TypeVar("T")


def has_mocks() -> bool:
    """Whether the program runs in a unit test with `pulumi.runtime.set_mocks`."""
    return isinstance(get_monitor(), MockMonitor)


def call_mocks(function: str, arguments: Mapping[str, Any], aws: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answer of `Mocks.call` to the function. The mock gets the arguments by Pulumi's names."""
    return dict(pulumi.runtime.invoke(_token(function), _arguments(arguments, aws)).value or {})


def call_mocks_output(
    function: str,
    arguments: Mapping[str, Any],
    aws: Mapping[str, Any] | None,
    opts: InvokeOptions | InvokeOutputOptions | None,
) -> Output[dict[str, Any]]:
    """`call_mocks` for arguments that are outputs. The result is unknown when `dependencies_exist` is unknown."""
    result = pulumi.runtime.invoke_output(
        _token(function), _arguments(arguments, aws), _dependency_options(opts)
    )
    return result.apply(lambda answer: dict(answer or {}))


def _token(function: str) -> str:
    return f"proton:index:{function}"


def _arguments(arguments: Mapping[str, Any], aws: Mapping[str, Any] | None) -> dict[str, Any]:
    members = {wire_name(name): value for name, value in arguments.items() if value is not None}
    return members if aws is None else {**members, "aws": aws}


def dependencies_exist(arguments: Any, opts: InvokeOptions | InvokeOutputOptions | None) -> Output[bool]:
    """True, or unknown if the arguments or options depend on a resource that does not exist yet.

    The engine decides that, as for every Pulumi function: this calls a function that always succeeds, with the same
    dependencies.
    """
    root = pulumi.runtime.get_root_resource()
    if get_monitor() is None or root is None:  # outside of a Pulumi program
        return Output.from_input(True)
    result = pulumi.runtime.invoke_output(
        "pulumi:pulumi:getResource", {"urn": root.urn, "dependencies": arguments}, _dependency_options(opts)
    )
    return result.apply(lambda _: True)


def _dependency_options(opts: InvokeOptions | InvokeOutputOptions | None) -> InvokeOutputOptions:
    return InvokeOutputOptions(depends_on=opts.depends_on if isinstance(opts, InvokeOutputOptions) else None)


_AT_ONCE: Final = 32
"""The most look-ups that run at once: so many connections to AWS are kept."""


def off_the_loop(look_up: Callable[[], T]) -> Awaitable[T]:
    """Run a look-up in a thread. The program's event loop goes on, and look-ups run side by side."""
    return asyncio.get_running_loop().run_in_executor(_threads(), look_up)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    """Not the event loop's own threads, in which the SDK registers resources."""
    return ThreadPoolExecutor(_AT_ONCE)


_INLINE: Final = "pulumi.automation._server"
"""The module that runs inline programs. The SDK has no other sign of one.

A program that another module runs would no longer be recognized: the test of inline programs on the engine would fail.
"""


def require_known_environment(aws: Mapping[str, Any] | None, get: Callable[[str], str | None]) -> None:
    """Raise `ConfigurationError` if an inline program would use another environment than its resources.

    The Automation API passes the workspace's `env_vars` to the engine and its providers. An inline program runs in the
    process that called the Automation API, and does not see them. While it runs, every thread of the process counts as
    its own.
    """
    if not _is_inline():
        return
    named = resolve.resolve(aws, get, environment={})
    missing = []
    if named.region is None:
        missing.append("the Region")
    if not (named.access_key or named.web_identity or named.profile):
        missing.append("the credentials")
    if missing:
        raise ConfigurationError(
            f"An inline program of the Automation API cannot know {' and '.join(missing)} of its resources: they see the "
            "workspace's env_vars, the program does not. Set them in the stack's config (aws:region, and aws:profile "
            "or aws:accessKey and aws:secretKey), or give the function aws=AwsSettings(region=..., profile=...). A thread "
            "of an executor does not see that config; asyncio.to_thread does."
        )


def _is_inline() -> bool:
    """Whether an inline program runs in this process. A thread that it starts has no frame of its own to show that."""
    return any(map(_runs_inline, sys._current_frames().values()))  # noqa: SLF001  # nothing else says who runs a program


def _runs_inline(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == _INLINE:
            return True
        frame = frame.f_back
    return False
