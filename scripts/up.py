"""Runs the main program on the local AWS: `make up`, after the tools are installed."""

from __future__ import annotations

import os
import sys

import local_aws
import stack
from clone import HERE, Clone
from environment import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION
from progress import exit_status, say

from proton_provider.local import clients

ENVIRONMENT = "prod"
SHOWN = (
    *("status", "environmentName", "environmentAccountId", "managementAccountId"),
    *("roleArn", "componentRoleArn", "codebuildRoleArn"),
)
"""The members of the connection that are printed."""
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
    connection_id = connection(url)
    stack.write_config(clone.stack_config, url, connection_id)
    stack.pulumi(clone, "stack", "select", "--create", stack.NAME)
    say(stack.STEP, f"pulumi up --stack {stack.NAME}")
    stack.pulumi(clone, "up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack.NAME)
    print("\nOutputs of the stack:", flush=True)
    stack.pulumi(clone, "stack", "output", "--stack", stack.NAME)
    print(f"\nConnection {connection_id}, as the local AWS answers:")
    proton = clients.client(url, "proton", ENVIRONMENT_ACCOUNT, REGION)
    answer = proton.get_environment_account_connection(id=connection_id)["environmentAccountConnection"]
    for member in SHOWN:
        print(f"    {member:<22}{answer.get(member, '(not set)')}")
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


def connection(url: str) -> str:
    """The id of an accepted connection for `ENVIRONMENT`. Requests and accepts one if there is none."""
    requester = clients.client(url, "proton", ENVIRONMENT_ACCOUNT, REGION)
    found = requester.list_environment_account_connections(
        requestedBy="ENVIRONMENT_ACCOUNT", environmentName=ENVIRONMENT, statuses=["CONNECTED"]
    )["environmentAccountConnections"]
    if found:
        connection_id = str(found[0]["id"])
        say("connection", f"{connection_id} for environment {ENVIRONMENT}: is there")
        return connection_id
    made = requester.create_environment_account_connection(
        environmentName=ENVIRONMENT, managementAccountId=MANAGEMENT_ACCOUNT
    )
    connection_id = str(made["environmentAccountConnection"]["id"])
    accepter = clients.client(url, "proton", MANAGEMENT_ACCOUNT, REGION)
    accepter.accept_environment_account_connection(id=connection_id)
    words = f"requested, and accepted by account {MANAGEMENT_ACCOUNT}"
    say("connection", f"{connection_id} for environment {ENVIRONMENT}: {words}")
    return connection_id


def main() -> int:
    return exit_status(lambda: up(HERE))


if __name__ == "__main__":
    sys.exit(main())
