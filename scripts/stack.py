"""The stack `local` of the main program: writes its config, runs the engine, clears the lock that a killed engine left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pulumi_engine
from clone import Clone
from environment import ENVIRONMENT_ACCOUNT, REGION, of_engine
from progress import StepError, say

STEP = "stack"
NAME = "local"
PROJECT = "one-stack"


def config(url: str, connection_id: str) -> str:
    """A config that points pulumi-aws and the Proton provider at the local AWS."""
    return f"""\
# Written by `make up`, deleted by `make down`. It points pulumi-aws and the Proton provider at the local AWS.
config:
  # The connection whose roles the program sets: requested and accepted in the local AWS.
  {PROJECT}:connectionId: {connection_id}
  # The Region of the connection.
  aws:region: {REGION}
  # The local AWS takes an access key of twelve digits as an account id, and ignores the secret.
  aws:accessKey: "{ENVIRONMENT_ACCOUNT}"
  aws:secretKey: local
  # pulumi-aws creates its roles at this address instead of at AWS.
  aws:endpoints:
    - iam: {url}
      sts: {url}
  # These credentials are not real, and this machine is no EC2 instance, so pulumi-aws skips these checks.
  aws:skipCredentialsValidation: "true"
  aws:skipMetadataApiCheck: "true"
  # The Proton provider calls Proton at this address.
  proton:endpointUrl: {url}
"""


def write_config(path: Path, url: str, connection_id: str) -> None:
    """Write the config, unless it has this address already. It may then have settings of the user too."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if url in old and connection_id in old:
        return
    # Pulumi adds a line for the stack's secrets, which belongs to its state.
    salt = [line for line in old.splitlines(keepends=True) if line.startswith("encryptionsalt:")]
    path.write_text("".join([config(url, connection_id), *salt]), encoding="utf-8")


def exists(clone: Clone) -> bool:
    """Whether the stack exists in the file backend."""
    stacks = clone.state / ".pulumi" / "stacks"
    return any(stacks.glob(f"*/{NAME}.json")) or any(stacks.glob(f"*/{NAME}.json.gz"))


def forget(clone: Clone) -> None:
    """Remove the stack without a call to its providers, because its resources are gone with the local AWS."""
    pulumi(clone, "stack", "rm", "--force", "--yes", "--stack", NAME)


def clear_locks(clone: Clone) -> None:
    """Remove the locks of the stack whose engine is gone. Raises StepError if an engine holds one, or may hold it."""
    for lock in (clone.state / ".pulumi" / "locks").glob(f"*/*/{NAME}/*.json"):
        holder = json.loads(lock.read_text(encoding="utf-8"))
        if holder["hostname"] == socket.gethostname() and not _is_running_engine(holder["pid"]):
            lock.unlink()
            say(STEP, f"removed the lock of an engine that was killed (process {holder['pid']})")
            continue
        raise StepError(
            STEP,
            f"process {holder['pid']} of {holder['username']} on {holder['hostname']} has held its lock since "
            f"{holder['timestamp']}. Wait until it ends; if it was killed, delete {lock}.",
        )


def _is_running_engine(pid: int) -> bool:
    """Whether this process may be a running engine: not if there is none, it has ended, or it has another name."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        pass
    try:
        ps = ["ps", "-o", "stat=", "-o", "comm=", "-p", str(pid)]
        answer = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # no `ps`, or it may not show that process
        return True
    state, _, name = answer.partition(" ")
    return "pulumi" in name and not state.startswith("Z")


def pulumi(clone: Clone, *arguments: str) -> None:
    """Run the engine in the clone's root, with its output on the terminal. It handles ^C itself, and saves its state.

    Raises StepError when it fails.
    """
    engine = pulumi_engine.existing(os.environ)
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
