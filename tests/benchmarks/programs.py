"""The two programs that are compared line by line: the provider's resource, and the floor's."""

from __future__ import annotations

from typing import Final

from engine.harness import ENVIRONMENT_ACCOUNT

PROVIDER: Final = "provider"
FLOOR: Final = "floor"

_SHARED = """
import json
import pathlib

ids = json.loads(pathlib.Path("connections.json").read_text())[:{resources}]
"""

_TEMPLATES: Final = {
    PROVIDER: _SHARED
    + """
from proton_provider import EnvironmentAccountConnectionRoles

for number, connection_id in enumerate(ids):
    EnvironmentAccountConnectionRoles(
        f"roles-{{number}}",
        connection_id=connection_id,
        role_arn="{roleArn}",
        component_role_arn="{componentRoleArn}",
        codebuild_role_arn="{codebuildRoleArn}",
    )
""",
    FLOOR: _SHARED
    + """
from benchmarks.floor import FloorRoles

for number, connection_id in enumerate(ids):
    FloorRoles(
        f"roles-{{number}}",
        dict(
            connectionId=connection_id,
            roleArn="{roleArn}",
            componentRoleArn="{componentRoleArn}",
            codebuildRoleArn="{codebuildRoleArn}",
        ),
    )
""",
}


def program(variant: str, resources: int, generation: int) -> str:
    """The program of `variant` that declares so many resources, all with the roles of `generation`."""
    return _TEMPLATES[variant].format(resources=resources, **roles(generation))


def roles(generation: int, account: str = ENVIRONMENT_ACCOUNT) -> dict[str, str]:
    """The three roles of a generation, by AWS's member names; other generations have other ones of the same length."""
    path = f"arn:aws:iam::{account}:role/generation-{generation:06d}"
    return {
        "roleArn": f"{path}/provisioning",
        "componentRoleArn": f"{path}/component",
        "codebuildRoleArn": f"{path}/codebuild",
    }
