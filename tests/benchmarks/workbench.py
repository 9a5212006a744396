"""Where the measured stacks run: an endpoint with connections, and a project for each of the programs."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.conditions import Condition
from benchmarks.endpoint import BARE_ACCOUNT, Endpoint, request_connections
from benchmarks.programs import ACCOUNTS, DYNAMIC, FLOOR, NATIVE, program
from engine.harness import REGION, Stack, environment, local_config, project
from engine.plugins import credentials, install

_TESTS: Final = Path(__file__).parents[1]


def prepare_environment() -> None:
    """Have this process and all that it starts find the benchmarks, and keep bytecode as installed packages do.

    Processes that a shell starts in the background ignore SIGINT, by which the engine ends its plugins: it would wait
    five seconds for them in every run.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPATH"] = str(_TESTS)


class Workbench:
    """An endpoint that holds so many connections of each account, and the stacks that are measured on it."""

    def __init__(self, folder: Path, endpoint: Endpoint, connections: int) -> None:
        self.endpoint = endpoint
        self.url = endpoint.url()
        self.ids = {
            account: request_connections(self.url, account, connections)
            for account in (*sorted(set(ACCOUNTS.values())), BARE_ACCOUNT)
        }
        installed = folder / "installed"
        installed.mkdir()
        self._plugins = install(installed)
        self.environments = {
            variant: self._project(folder / variant, variant) for variant in (DYNAMIC, NATIVE, FLOOR)
        }
        self._folder = folder
        self._made = 0
        self._generation = 0

    def new_generation(self) -> int:
        """A generation of roles that no connection has yet."""
        self._generation += 1
        return self._generation

    @contextmanager
    def stack(self, variant: str, condition: Condition) -> Iterator[Stack]:
        """A new stack of this program, forgotten (not destroyed) at the end.

        Unless the condition has checkpoints, the engine writes the state once, at the end of each run. It would write
        the whole of it twice a resource, which grows with the square of their number and is the same for every
        provider.
        """
        self._made += 1
        env = {
            **self.environments[variant],
            "PULUMI_SKIP_CHECKPOINTS": str(not condition.checkpoints).lower(),
        }
        stack = Stack(self._folder / variant / "project", env, f"stack-{self._made}")
        stack.configure({**local_config(self.url, ACCOUNTS[variant]), "proton:region": REGION})
        try:
            yield stack
        finally:
            stack.run("stack", "rm", "--yes", "--force", stack.name)

    @contextmanager
    def endpoint_delayed(self, seconds: float) -> Iterator[None]:
        """Have the endpoint hold back every answer of Proton while the block lasts."""
        self.endpoint.delay(seconds)
        try:
            yield
        finally:
            self.endpoint.delay(0)

    def _project(self, folder: Path, variant: str) -> dict[str, str]:
        folder.mkdir()
        target = project(folder, program(variant, 0, 0))
        (target / "connections.json").write_text(json.dumps(self.ids[ACCOUNTS[variant]]))
        env = {**environment(folder), **credentials(ACCOUNTS[variant])}
        plugins = Path(env["PULUMI_HOME"]) / "plugins"
        plugins.unlink(missing_ok=True)
        plugins.symlink_to(self._plugins)
        # The installed plugin is measured, not the one that lies on this PATH.
        return {**env, "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}
