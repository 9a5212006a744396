"""Creates or deletes a connection with Pulumi's Automation API, and prints each step as it happens."""

import argparse
import sys
from pathlib import Path

import pulumi
from pulumi import automation

from proton_provider import EnvironmentAccountConnection, ServiceRoles


def program() -> None:
    """The program of the stack. In another project, `pulumi up` would run it."""
    config = pulumi.Config()
    management_account_id = config.require("managementAccountId")
    roles = ServiceRoles(
        "roles", management_account_id=management_account_id, role=False, component_role=False
    )
    connection = EnvironmentAccountConnection(
        "connection",
        environment_name=config.require("environmentName"),
        management_account_id=management_account_id,
        codebuild_role_arn=roles.codebuild_role_arn,
    )
    pulumi.export("connectionId", connection.id)
    pulumi.export("status", connection.status)


def show(event: automation.EngineEvent) -> None:
    """Print what happened to a resource, and the messages of its provider."""
    if event.res_outputs_event and event.res_outputs_event.metadata.op != automation.OpType.SAME:
        step = event.res_outputs_event.metadata
        print(f"{step.op.value}: {step.type} {step.urn.rpartition('::')[2]}", flush=True)
    if event.diagnostic_event and event.diagnostic_event.severity != "debug":
        print(event.diagnostic_event.message.rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["up", "destroy"])
    parser.add_argument("--stack", default="dev", help="the name of the stack (default: dev)")
    arguments = parser.parse_args()

    stack = automation.create_or_select_stack(
        arguments.stack,
        project_name="automation",
        program=program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(Path(__file__).parent),
            env_vars={"PULUMI_PYTHON_CMD": sys.executable},  # providers run in this environment, too
        ),
    )
    if arguments.action == "destroy":
        stack.destroy(on_event=show)
        return
    result = stack.up(on_event=show)
    print(f"changes: {result.summary.resource_changes}")
    for name, output in result.outputs.items():
        print(f"{name} = {output.value}")


if __name__ == "__main__":
    main()
