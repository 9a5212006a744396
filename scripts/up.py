"""Runs the main program on the local AWS: `make up`, after the tools are installed."""

from __future__ import annotations

import os
import sys

import connection
import local_aws
import stack
import stack_config
from clone import HERE, Clone
from environment import MANAGEMENT_ACCOUNT, of_clone, of_local_aws, stripped
from progress import exit_status, say

NEXT = """
Next, in this folder:
    eval "$(make -s env)"      # puts this shell into the set-up: engine, stack and local AWS
    pulumi preview             # change a role in examples/one_stack/__main__.py, and see what would happen
    aws proton list-environment-account-connections --requested-by ENVIRONMENT_ACCOUNT
`make down` takes all of it away."""


def up(clone: Clone) -> None:
    """Start the local AWS, request a connection in it, and run the stack. Skips what exists. Raises StepError."""
    stack.clear_locks(clone)
    url = running_aws(clone)
    # boto3 reads the environment of this process.
    environment = {**stripped(os.environ), **of_clone(os.environ, clone), **of_local_aws(url)}
    os.environ.clear()
    os.environ.update(environment)
    found = connection.find(url)
    usable = found or connection.request_and_accept(url)
    word = "is there" if found else f"requested, and accepted by account {MANAGEMENT_ACCOUNT}"
    say("connection", f"{usable['id']} for environment {usable['environmentName']}: {word}")
    stack_config.write(clone.stack_config, url, usable["id"])
    stack.pulumi(clone, "stack", "select", "--create", stack.NAME)
    say(stack.STEP, f"pulumi up --stack {stack.NAME}")
    stack.pulumi(clone, "up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack.NAME)
    print("\nOutputs of the stack:", flush=True)
    stack.pulumi(clone, "stack", "output", "--stack", stack.NAME)
    print(f"\nConnection {usable['id']}, as the local AWS answers:")
    print(connection.described(connection.get(url, usable["id"])))
    print(NEXT, flush=True)


def running_aws(clone: Clone) -> str:
    """The address of the clone's local AWS. Starts one if none runs, and removes the stack of one that has stopped."""
    url = local_aws.running(clone.aws)
    if url is not None:
        say(local_aws.STEP, f"runs at {url}")
        return url
    local_aws.stop(clone.aws)
    if stack.exists(clone):
        say(
            stack.STEP, "the local AWS has stopped, so the old stack's resources are gone: making a new stack"
        )
        stack.forget(clone)
    url = local_aws.start(clone.aws, local_aws.command(clone.python), os.environ)
    say(local_aws.STEP, f"started at {url}, its log in {(clone.aws / 'log').relative_to(clone.root)}")
    return url


def main() -> int:
    return exit_status(lambda: up(HERE))


if __name__ == "__main__":
    sys.exit(main())
