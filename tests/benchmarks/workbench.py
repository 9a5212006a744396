"""Where the measured stacks run: an endpoint with connections, and a project for each of the two programs."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.endpoint import BARE_ACCOUNT, Endpoint, request_connections
from benchmarks.programs import FLOOR, PROVIDER, program
from engine.harness import ENVIRONMENT_ACCOUNT, Stack, environment, local_config, project

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
    """An endpoint that holds so many connections of each of two accounts, and the stacks that are measured on it."""

    def __init__(self, folder: Path, endpoint: Endpoint, connections: int) -> None:
        self.endpoint = endpoint
        self.url = endpoint.url()
        self.ids = request_connections(self.url, ENVIRONMENT_ACCOUNT, connections)
        self.bare_ids = request_connections(self.url, BARE_ACCOUNT, connections)
        self.environments = {
            variant: self._project(folder / variant, variant) for variant in (PROVIDER, FLOOR)
        }
        self._folder = folder
        self._made = 0
        self._generation = 0

    def new_generation(self) -> int:
        """A generation of roles that no connection has yet."""
        self._generation += 1
        return self._generation

    @contextmanager
    def stack(self, variant: str, *, checkpoints: bool = False) -> Iterator[Stack]:
        """A new stack of this program, forgotten (not destroyed) at the end.

        Unless `checkpoints`, the engine writes the state once, at the end of each run. It would write the whole of it
        twice a resource, which grows with the square of their number and is the same for every provider.
        """
        self._made += 1
        env = {**self.environments[variant], "PULUMI_SKIP_CHECKPOINTS": "false" if checkpoints else "true"}
        stack = Stack(self._folder / variant / "project", env, f"stack-{self._made}")
        stack.configure(local_config(self.url))
        try:
            yield stack
        finally:
            stack.run("stack", "rm", "--yes", "--force", stack.name)

    def _project(self, folder: Path, variant: str) -> dict[str, str]:
        folder.mkdir()
        target = project(folder, program(variant, 0, 0))
        (target / "connections.json").write_text(json.dumps(self.ids))
        return environment(folder)
