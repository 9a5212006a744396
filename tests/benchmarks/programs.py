"""The programs that are compared line by line: the same resource, dynamic and of the native plugin, and the floor's."""

from __future__ import annotations

from typing import Final

from engine.harness import ENVIRONMENT_ACCOUNT

DYNAMIC: Final = "dynamic"
NATIVE: Final = "native"
FLOOR: Final = "floor"

ACCOUNTS: Final = {DYNAMIC: ENVIRONMENT_ACCOUNT, NATIVE: "444444444444", FLOOR: ENVIRONMENT_ACCOUNT}
"""Whose connections a program changes: each variant has its own, where nobody else has set the roles already."""

_SHARED = """
import json
import pathlib

ids = json.loads(pathlib.Path("connections.json").read_text())[:{resources}]
"""

_DYNAMIC = """
from proton_provider import EnvironmentAccountConnectionRoles

for number, connection_id in enumerate(ids):
    EnvironmentAccountConnectionRoles(
        f"roles-{{number}}",
        connection_id=connection_id,
        role_arn="{roleArn}",
        component_role_arn="{componentRoleArn}",
        codebuild_role_arn="{codebuildRoleArn}",
    )
"""

_PLAIN_PROPERTIES = """
for number, connection_id in enumerate(ids):
    Roles(
        f"roles-{{number}}",
        dict(
            connectionId=connection_id,
            roleArn="{roleArn}",
            componentRoleArn="{componentRoleArn}",
            codebuildRoleArn="{codebuildRoleArn}",
        ),
    )
"""

_TEMPLATES: Final = {
    DYNAMIC: _SHARED + _DYNAMIC,
    NATIVE: _SHARED + "from benchmarks.native import NativeRoles as Roles\n" + _PLAIN_PROPERTIES,
    FLOOR: _SHARED + "from benchmarks.floor import FloorRoles as Roles\n" + _PLAIN_PROPERTIES,
}


def program(variant: str, resources: int, generation: int) -> str:
    """The program of `variant` that declares so many resources, all with the roles of `generation`."""
    return _TEMPLATES[variant].format(resources=resources, **roles(generation, ACCOUNTS[variant]))


def roles(generation: int, account: str = ENVIRONMENT_ACCOUNT) -> dict[str, str]:
    """The three roles of a generation, by AWS's member names; other generations have other ones of the same length."""
    path = f"arn:aws:iam::{account}:role/generation-{generation:06d}"
    return {
        "roleArn": f"{path}/provisioning",
        "componentRoleArn": f"{path}/component",
        "codebuildRoleArn": f"{path}/codebuild",
    }
