"""Managed policies attached to roles: aws:iam/rolePolicyAttachment:RolePolicyAttachment."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aws_stand_in import kinds
from aws_stand_in.errors import StandInError, doing
from aws_stand_in.resource import Property, Resource

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_stand_in.account import Account
    from aws_stand_in.wire import Properties


class RolePolicyAttachment(Resource):
    """One managed policy on one role. Its id is ROLE/POLICY_ARN.

    It is always deleted before its replacement is made: the two may be the same attachment, which the deletion of the old
    one would undo.
    """

    resource_type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    properties = (
        Property("policyArn", kinds.ARN, required=True, replaces=True),
        Property("role", kinds.name(longest=64), required=True, replaces=True),
    )
    deleted_first = True

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        role, arn = inputs["role"], inputs["policyArn"]
        with doing(f"attaching policy {arn} to IAM role {role}"):
            account.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        return f"{role}/{arn}", {"policyArn": arn, "role": role}

    def read(self, account: Account, resource_id: str, known: Properties) -> Properties | None:
        iam = account.iam
        role, arn = _parts(resource_id, known)
        with doing(f"reading the policies attached to IAM role {role}"):
            try:
                pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
                attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
            except iam.exceptions.NoSuchEntityException:
                return None
        return {"policyArn": arn, "role": role} if arn in attached else None

    def update(
        self,
        account: Account,
        resource_id: str,
        changed: Collection[str],
        state: Properties,
        inputs: Properties,
    ) -> None:
        """There is nothing that could change: both properties replace."""

    def delete(self, account: Account, resource_id: str, state: Properties) -> None:
        iam = account.iam
        role, arn = _parts(resource_id, state)
        with (
            doing(f"detaching policy {arn} from IAM role {role}"),
            suppress(iam.exceptions.NoSuchEntityException),
        ):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)


def _parts(resource_id: str, known: Properties) -> tuple[str, str]:
    """Role and ARN: the properties, since ids of older plugins say nothing, or the id at an import."""
    if known.get("role") and known.get("policyArn"):
        return known["role"], known["policyArn"]
    role, slash, arn = resource_id.partition("/")
    if not (role and slash and arn):
        raise StandInError(
            f"the id of a role policy attachment is <role name>/<policy ARN>, not {resource_id}"
        )
    return role, arn
