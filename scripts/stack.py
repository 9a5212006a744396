"""The stack `local` of the main program, through the engine."""

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
    """Whether the file backend holds the stack."""
    stacks = clone.state / ".pulumi" / "stacks"
    return any(stacks.glob(f"*/{NAME}.json")) or any(stacks.glob(f"*/{NAME}.json.gz"))


def forget(clone: Clone) -> None:
    """Remove the stack without asking its providers: for resources that are gone with the local AWS."""
    pulumi(clone, "stack", "rm", "--force", "--yes", "--stack", NAME)


def pulumi(clone: Clone, *arguments: str) -> None:
    """Run the engine in the clone's root with its words on the terminal. ^C is its own affair: it saves its state first.

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
            STEP, f"`pulumi {' '.join(arguments)}` ended with exit status {status}; its own words are above."
        )
