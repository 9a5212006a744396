"""Reads what no list has, for Proton's roles and stacks alone: owners and last use of roles, importers of exports.

- DescribeStackResources with a physical id returns the resources of the stack that it belongs to (documented). It is called
  once for each role in each Region that has stacks, until a stack is found. A ValidationError means that no stack made it.
- GetRole returns when a role was last used, ListRoles does not (documented).
- ListImports returns the stacks that import an export. A ValidationError means that none does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from . import belongs
from .calls import Calls, is_validation_error
from .found import IMPORTS, LAST_USE, ROLE_OWNERS, Project, Role, Stack


def with_owners_and_last_use(
    calls: Calls, roles: Sequence[Role], stacks: Sequence[Stack], projects: Iterable[Project], region: str
) -> list[Role]:
    """The roles, with what was read about those of Proton. `region` is only used to sign the calls of IAM."""
    run_by_builds = belongs.build_roles(projects)
    of_proton = [role for role in roles if belongs.is_role(role, run_by_builds)]
    owners: dict[str, str] = {}
    for each in dict.fromkeys(stack.region for stack in stacks):
        _read_owners(calls, of_proton, each, owners)
    last_used = _last_uses(calls, of_proton, region)
    return [replace(role, made_by=owners.get(role.arn), last_used=last_used.get(role.arn)) for role in roles]


def _read_owners(calls: Calls, roles: Iterable[Role], region: str, owners: dict[str, str]) -> None:
    """Add the ARNs of the stacks that made these roles to `owners`."""
    client = calls.client("cloudformation", region)

    def read() -> None:
        for role in roles:
            if role.arn not in owners and (owner := _owner(client, role.name)):
                owners[role.arn] = owner

    calls.attempt(read, ROLE_OWNERS, region, "cloudformation:DescribeStackResources")


def _owner(client: Any, role_name: str) -> str | None:
    """The ARN of the stack that made a role. A stack that gave the role up, or another kind of thing, does not count."""
    try:
        resources = client.describe_stack_resources(PhysicalResourceId=role_name)["StackResources"]
    except ClientError as error:
        if is_validation_error(error):
            return None
        raise
    return next(
        (
            str(each["StackId"])
            for each in resources
            if each.get("PhysicalResourceId") == role_name
            and each["ResourceType"] in {"AWS::IAM::Role", "AWS::IAM::ServiceLinkedRole"}
            and each["ResourceStatus"] not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
        ),
        None,
    )


def _last_uses(calls: Calls, roles: Iterable[Role], region: str) -> dict[str, datetime]:
    iam = calls.client("iam", region)
    found: dict[str, datetime] = {}

    def read() -> None:
        for role in roles:
            used = iam.get_role(RoleName=role.name)["Role"].get("RoleLastUsed") or {}
            if "LastUsedDate" in used:
                found[role.arn] = used["LastUsedDate"]

    calls.attempt(read, LAST_USE, None, "iam:GetRole")
    return found


def with_importers(calls: Calls, stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks, with the importers of the exports of those of Proton."""
    importers: dict[str, tuple[str, ...]] = {}
    exporting = [stack for stack in stacks if stack.exports and belongs.is_stack(stack)]
    for region in dict.fromkeys(stack.region for stack in exporting):
        by_name = {stack.name: stack.arn for stack in stacks if stack.region == region}
        _read_importers(calls, [stack for stack in exporting if stack.region == region], by_name, importers)
    return [replace(stack, imported_by=importers.get(stack.arn, ())) for stack in stacks]


def _read_importers(
    calls: Calls, stacks: Sequence[Stack], by_name: dict[str, str], importers: dict[str, tuple[str, ...]]
) -> None:
    """Add the ARNs of the stacks that import from these stacks of one Region to `importers`."""
    region = stacks[0].region
    client = calls.client("cloudformation", region)

    def read() -> None:
        for stack in stacks:
            names = [name for export in stack.exports for name in _imports(client, export)]
            importers[stack.arn] = tuple(dict.fromkeys(by_name.get(name, name) for name in names))

    calls.attempt(read, IMPORTS, region, "cloudformation:ListImports")


def _imports(client: Any, export: str) -> list[str]:
    """The names of the stacks that import an export."""
    pages = client.get_paginator("list_imports").paginate(ExportName=export)
    try:
        return [name for page in pages for name in page.get("Imports") or ()]
    except ClientError as error:
        if is_validation_error(error):
            return []
        raise
