"""The resources `Role`, `RolePolicy` (inline) and `RolePolicyAttachment` (managed), with their IAM calls."""

import json
from typing import Any

from proton_provider.plugin.values import Properties
from without_downloads.aws_stand_in import documents, kinds, plan
from without_downloads.aws_stand_in.account import Account
from without_downloads.aws_stand_in.errors import StandInError
from without_downloads.aws_stand_in.managed_policies import LONGEST_POLICY_NAME
from without_downloads.aws_stand_in.resource import TAGS, Property, Resource, listed, live_tags, names, retag

_LONGEST = 64  # service model, roleNameType
_ROLE = Property("role", kinds.name(longest=_LONGEST), required=True, replaces=True)


class Role(Resource):
    """A role. Its policies are resources of their own; its outputs say which there are. Its id is its name."""

    resource_type = "aws:iam/role:Role"
    called = "IAM role"
    properties = (
        Property("assumeRolePolicy", kinds.DOCUMENT, required=True),
        Property("description", kinds.DESCRIPTION),
        Property("maxSessionDuration", kinds.number(3600, 43200), default=3600),  # seconds
        *names(_LONGEST),
        Property("path", kinds.PATH, default="/", replaces=True),
        Property("permissionsBoundary", kinds.ARN),
        *TAGS,
    )
    outputs = ("arn", "createDate", "inlinePolicies", "managedPolicyArns", "uniqueId")
    longest_name = _LONGEST

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        request: Properties = {
            "RoleName": inputs["name"],
            "AssumeRolePolicyDocument": documents.normal(inputs["assumeRolePolicy"]),
            "Path": inputs["path"],
            "MaxSessionDuration": inputs["maxSessionDuration"],
            "Description": inputs.get("description"),
            "PermissionsBoundary": inputs.get("permissionsBoundary"),
            "Tags": listed(inputs["tagsAll"]),
        }
        role = account.iam.create_role(**{key: value for key, value in request.items() if value})["Role"]
        planned = plan.created(self, {"namePrefix": "", **inputs})
        made = {"forceDetachPolicies": False, "inlinePolicies": [], "managedPolicyArns": []}
        trust = request["AssumeRolePolicyDocument"]
        return inputs["name"], {**planned, **made, **_identity(role), "assumeRolePolicy": trust}

    def read(self, account: Account, known: Properties) -> Properties | None:
        iam, name = account.iam, known["id"]
        role = iam.get_role(RoleName=name)["Role"]
        inline = [iam.get_role_policy(RoleName=name, PolicyName=policy) for policy in _inline(iam, name)]
        trust = documents.worded(known.get("assumeRolePolicy"), role["AssumeRolePolicyDocument"])
        return {
            **_identity(role),
            "assumeRolePolicy": documents.normal(trust),
            "description": role.get("Description", ""),
            "forceDetachPolicies": False,
            "inlinePolicies": [
                {"name": item["PolicyName"], "policy": json.dumps(item["PolicyDocument"])} for item in inline
            ],
            "managedPolicyArns": _attached(iam, name),
            "maxSessionDuration": role["MaxSessionDuration"],
            "namePrefix": known.get("namePrefix", ""),
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            **live_tags(account, role, known),
        }

    def update(self, account: Account, state: Properties, inputs: Properties, changed: set[str]) -> None:
        iam, name = account.iam, state["id"]
        if "assumeRolePolicy" in changed:
            document = documents.normal(inputs["assumeRolePolicy"])
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        # The two calls of pulumi-aws; AWS keeps a description that UpdateRole does not name.
        if "maxSessionDuration" in changed:
            iam.update_role(RoleName=name, MaxSessionDuration=inputs["maxSessionDuration"])
        if "description" in changed:
            iam.update_role_description(RoleName=name, Description=inputs.get("description", ""))
        if "permissionsBoundary" in changed and inputs.get("permissionsBoundary"):
            boundary = inputs["permissionsBoundary"]
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        elif "permissionsBoundary" in changed:
            iam.delete_role_permissions_boundary(RoleName=name)
        retag(iam, "role", state, inputs, RoleName=name)

    def delete(self, account: Account, state: Properties) -> None:
        iam, name = account.iam, state["id"]
        # As pulumi-aws: what the state knows of goes along; what others attached since then is in the way.
        for arn in _attached(iam, name) if state.get("managedPolicyArns") else ():
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        for policy in _inline(iam, name) if state.get("inlinePolicies") else ():
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


class RolePolicy(Resource):
    """One inline policy of one role. Its id is ROLE:NAME."""

    resource_type = "aws:iam/rolePolicy:RolePolicy"
    called = "IAM role policy"
    properties = (*names(LONGEST_POLICY_NAME), Property("policy", kinds.DOCUMENT, required=True), _ROLE)
    longest_name = LONGEST_POLICY_NAME

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        role, name, document = inputs["role"], inputs["name"], documents.normal(inputs["policy"])
        account.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        prefix = inputs.get("namePrefix", "")
        return f"{role}:{name}", {"name": name, "namePrefix": prefix, "policy": document, "role": role}

    def read(self, account: Account, known: Properties) -> Properties | None:
        role, name = _parts(known["id"], ":", "the id of a role policy is <role name>:<policy name>")
        live = account.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        document = documents.normal(documents.worded(known.get("policy"), live))
        return {"name": name, "namePrefix": known.get("namePrefix", ""), "policy": document, "role": role}

    def update(self, account: Account, state: Properties, inputs: Properties, changed: set[str]) -> None:
        if "policy" in changed:
            self.create(account, {**inputs, "role": state["role"], "name": state["name"]})

    def delete(self, account: Account, state: Properties) -> None:
        account.iam.delete_role_policy(RoleName=state["role"], PolicyName=state["name"])


class RolePolicyAttachment(Resource):
    """One managed policy on one role. Its id is ROLE/POLICY_ARN.

    It is always deleted before its replacement is made: the two may be the same attachment, which the deletion of the old
    one would undo.
    """

    resource_type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    called = "IAM role policy attachment"
    properties = (Property("policyArn", kinds.ARN, required=True, replaces=True), _ROLE)
    deleted_first = True

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        role, arn = inputs["role"], inputs["policyArn"]
        account.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        return f"{role}/{arn}", {"policyArn": arn, "role": role}

    def read(self, account: Account, known: Properties) -> Properties | None:
        # Ids of older plugins say nothing; only an import has nothing else.
        role, arn = known.get("role"), known.get("policyArn")
        if not (role and arn):
            form = "the id of a role policy attachment is <role name>/<policy ARN>"
            role, arn = _parts(known["id"], "/", form)
        return {"policyArn": arn, "role": role} if arn in _attached(account.iam, role) else None

    def update(self, account: Account, state: Properties, inputs: Properties, changed: set[str]) -> None:
        """There is nothing that could change: both properties replace."""

    def delete(self, account: Account, state: Properties) -> None:
        account.iam.detach_role_policy(RoleName=state["role"], PolicyArn=state["policyArn"])


def _parts(resource_id: str, separator: str, form: str) -> tuple[str, str]:
    first, found, second = resource_id.partition(separator)
    if not (first and found and second):
        raise StandInError(f"{form}, not {resource_id}")
    return first, second


def _attached(iam: Any, name: str) -> list[str]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _inline(iam: Any, name: str) -> list[str]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=name)
    return [policy for page in pages for policy in page["PolicyNames"]]


def _identity(role: Any) -> Properties:
    return {
        "arn": role["Arn"],
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": role["RoleName"],
        "uniqueId": role["RoleId"],
    }
