"""Runs the engine on the stack `local` of the main program."""

from __future__ import annotations

import os
import signal
import subprocess

import pulumi_engine
from clone import Clone
from environment import of_engine
from progress import StepError

STEP = "stack"
NAME = "local"


def exists(clone: Clone) -> bool:
    """Whether the stack exists in the file backend."""
    stacks = clone.state / ".pulumi" / "stacks"
    return any(stacks.glob(f"*/{NAME}.json")) or any(stacks.glob(f"*/{NAME}.json.gz"))


def forget(clone: Clone) -> None:
    """Remove the stack without a call to its providers, because its resources are gone with the local AWS."""
    pulumi(clone, "stack", "rm", "--force", "--yes", "--stack", NAME)


def pulumi(clone: Clone, *arguments: str) -> None:
    """Run the engine in the clone's root, with its output on the terminal. It handles ^C itself, and saves its state.

    Raises StepError when it fails.
    """
    engine = pulumi_engine.find(os.environ)
    if engine is None:
        raise StepError(STEP, "no Pulumi engine is set up yet; `make up` gets one.")
    clone.state.mkdir(parents=True, exist_ok=True)
    env = of_engine(os.environ, clone, engine.folder)
    with subprocess.Popen([engine.folder / "pulumi", *arguments], cwd=clone.root, env=env) as process:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            status = process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
    if status != 0:
        raise StepError(
            STEP, f"`pulumi {' '.join(arguments)}` ended with exit status {status}; its output is above."
        )
