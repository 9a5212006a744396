"""The floor: a dynamic resource with the properties of `EnvironmentAccountConnectionRoles`, which does nothing."""

from __future__ import annotations

from typing import Any, Final

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

ROLES: Final = ("roleArn", "componentRoleArn", "codebuildRoleArn")

_ADDED: Final = {"onDelete": "retain", "region": REGION}
"""Inputs that the measured resource's `check` adds."""

_ANSWERED: Final = {
    "environmentAccountId": ENVIRONMENT_ACCOUNT,
    "environmentName": "environment-0000",
    "managementAccountId": MANAGEMENT_ACCOUNT,
    "status": "PENDING",
    "requestedAt": "2026-01-01T00:00:00.000Z",
    "lastModifiedAt": "2026-01-01T00:00:00.000Z",
}
"""Outputs of the length that AWS's answers have."""

OUTPUTS: Final = ("arn", *_ADDED, *_ANSWERED, "managedRoleArns", "previousRoleArns", "liveRoleArns")
"""The outputs that a program declares beside its inputs."""


def _outputs(inputs: dict[str, Any]) -> dict[str, Any]:
    roles = {role: inputs[role] for role in ROLES}
    return {
        "connectionId": inputs["connectionId"],
        "arn": f"arn:aws:proton:{REGION}:{ENVIRONMENT_ACCOUNT}:environment-account-connection/{inputs['connectionId']}",
        **_ADDED,
        **_ANSWERED,
        **roles,
        **dict.fromkeys(("managedRoleArns", "previousRoleArns", "liveRoleArns"), roles),
        "__name": inputs["__name"],
        "__made": "0" * 32,
    }


class FloorProvider(ResourceProvider):
    """Answers every event at once. Stateless and importable, so that state holds it by its name."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({**news, **_ADDED}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult()

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["connectionId"], _outputs(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        inputs = {name: props[name] for name in ("connectionId", *_ADDED, *ROLES, "__name")}
        return ReadResult(id_, _outputs(props), inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_outputs(_news))


class FloorRoles(Resource, module="benchmark", name="FloorRoles"):
    """Declares as many inputs and outputs as `EnvironmentAccountConnectionRoles`."""

    def __init__(self, name: str, inputs: dict[str, Any]) -> None:
        super().__init__(FloorProvider(), name, {**dict.fromkeys(OUTPUTS), "__name": name, **inputs})
