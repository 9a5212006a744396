"""Inline policies of roles: aws:iam/rolePolicy:RolePolicy."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aws_stand_in import documents, kinds, naming
from aws_stand_in.errors import StandInError, doing
from aws_stand_in.resource import Property, Resource

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_stand_in.account import Account
    from aws_stand_in.wire import Properties

_LONGEST_NAME = 128  # service model, policyNameType


class RolePolicy(Resource):
    """One inline policy of one role. Its id is ROLE:NAME."""

    resource_type = "aws:iam/rolePolicy:RolePolicy"
    properties = (
        Property("name", kinds.POLICY_NAME, replaces=True, computed=True),
        Property("namePrefix", naming.prefix(_LONGEST_NAME), replaces=True, computed=True),
        Property("policy", kinds.DOCUMENT, required=True),
        Property("role", kinds.name(longest=64), required=True, replaces=True),
    )
    longest_name = _LONGEST_NAME

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        role, name = inputs["role"], naming.of(inputs)
        document = documents.version_first(inputs["policy"])
        with doing(f"creating IAM role policy {role}:{name}"):
            account.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        prefix = inputs.get("namePrefix", "")
        return f"{role}:{name}", {"name": name, "namePrefix": prefix, "policy": document, "role": role}

    def read(self, account: Account, resource_id: str, known: Properties) -> Properties | None:
        iam = account.iam
        role, name = _parts(resource_id)
        with doing(f"reading IAM role policy {resource_id}"):
            try:
                live = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            except iam.exceptions.NoSuchEntityException:
                return None
        document = documents.version_first(documents.worded(known.get("policy"), live))
        return {"name": name, "namePrefix": known.get("namePrefix", ""), "policy": document, "role": role}

    def update(
        self,
        account: Account,
        resource_id: str,
        changed: Collection[str],
        state: Properties,
        inputs: Properties,
    ) -> None:
        del state
        role, name = _parts(resource_id)
        if "policy" in changed:
            document = documents.version_first(inputs["policy"])
            with doing(f"updating IAM role policy {resource_id}"):
                account.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

    def delete(self, account: Account, resource_id: str, state: Properties) -> None:
        del state
        iam = account.iam
        role, name = _parts(resource_id)
        with doing(f"deleting IAM role policy {resource_id}"), suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_role_policy(RoleName=role, PolicyName=name)


def _parts(resource_id: str) -> tuple[str, str]:
    role, colon, name = resource_id.partition(":")
    if not (role and colon and name):
        raise StandInError(f"the id of a role policy is <role name>:<policy name>, not {resource_id}")
    return role, name
