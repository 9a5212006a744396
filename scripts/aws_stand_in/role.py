"""IAM roles: aws:iam/role:Role."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aws_stand_in import documents, kinds, naming, preview, tags
from aws_stand_in.errors import PartlyCreatedError, StandInError, doing
from aws_stand_in.resource import TAGS, Property, Resource

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_stand_in.account import Account
    from aws_stand_in.wire import Properties

_LONGEST_NAME = 64  # service model, roleNameType


class Role(Resource):
    """A role, its inline policies and its managed policies.

    The two lists of policies are exclusive where the program sets them: what others added is removed. Where it does not,
    they are left alone, and the outputs say what there is.
    """

    resource_type = "aws:iam/role:Role"
    properties = (
        Property("assumeRolePolicy", kinds.DOCUMENT, required=True),
        Property("description", kinds.text(longest=1000)),
        Property("forceDetachPolicies", kinds.FLAG, default=False),
        Property("inlinePolicies", kinds.INLINE_POLICIES, computed=True),
        Property("managedPolicyArns", kinds.ARNS, computed=True),
        Property("maxSessionDuration", kinds.number(3600, 43200), default=3600),  # seconds
        Property("name", kinds.name(longest=_LONGEST_NAME), replaces=True, computed=True),
        Property("namePrefix", naming.prefix(_LONGEST_NAME), replaces=True, computed=True),
        Property("path", kinds.PATH, default="/", replaces=True),
        Property("permissionsBoundary", kinds.ARN),
        *TAGS,
    )
    outputs = ("arn", "createDate", "uniqueId")
    longest_name = _LONGEST_NAME

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        iam = account.iam
        name = naming.of(inputs)
        request: Properties = {
            "RoleName": name,
            "AssumeRolePolicyDocument": documents.normal(inputs["assumeRolePolicy"]),
            "Path": inputs["path"],
            "MaxSessionDuration": inputs["maxSessionDuration"],
        }
        if inputs.get("description"):
            request["Description"] = inputs["description"]
        if inputs["tagsAll"]:
            request["Tags"] = tags.listed(inputs["tagsAll"])
        if inputs.get("permissionsBoundary"):
            request["PermissionsBoundary"] = inputs["permissionsBoundary"]
        with doing(f"creating IAM role {name}"):
            role = iam.create_role(**request)["Role"]
        made = preview.created(self, inputs) | {
            **_identity(role),
            "inlinePolicies": [],
            "managedPolicyArns": [],
            "namePrefix": inputs.get("namePrefix", ""),
        }
        try:
            self.update(account, name, {"inlinePolicies", "managedPolicyArns"} & inputs.keys(), made, inputs)
            outputs = self.read(account, name, inputs)
        except StandInError as error:
            raise PartlyCreatedError(str(error), name, made) from error
        return name, outputs or made

    def read(self, account: Account, resource_id: str, known: Properties) -> Properties | None:
        iam = account.iam
        with doing(f"reading IAM role {resource_id}"):
            try:
                role = iam.get_role(RoleName=resource_id)["Role"]
            except iam.exceptions.NoSuchEntityException:
                return None
            attached = _attached(iam, resource_id)
            inline = {name: _inline(iam, resource_id, name) for name in _inline_names(iam, resource_id)}
        trust = documents.worded(known.get("assumeRolePolicy"), role["AssumeRolePolicyDocument"])
        every = tags.live(role.get("Tags", []))
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        return {
            **_identity(role),
            "assumeRolePolicy": documents.normal(trust),
            "description": role.get("Description", ""),
            "forceDetachPolicies": known.get("forceDetachPolicies", False),
            "inlinePolicies": _worded_inline(known.get("inlinePolicies") or [], inline),
            "managedPolicyArns": _ordered(known.get("managedPolicyArns") or [], attached),
            "maxSessionDuration": role["MaxSessionDuration"],
            "namePrefix": known.get("namePrefix", ""),
            "path": role["Path"],
            "permissionsBoundary": boundary,
            "tags": tags.own(every, account.settings.default_tags, known.get("tags") or {}),
            "tagsAll": every,
        }

    def update(
        self,
        account: Account,
        resource_id: str,
        changed: Collection[str],
        state: Properties,
        inputs: Properties,
    ) -> None:
        iam = account.iam
        name = resource_id
        with doing(f"updating IAM role {name}"):
            if "assumeRolePolicy" in changed:
                document = documents.normal(inputs["assumeRolePolicy"])
                iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
            if {"description", "maxSessionDuration"} & set(changed):
                seconds = inputs["maxSessionDuration"]
                iam.update_role(
                    RoleName=name, Description=inputs.get("description", ""), MaxSessionDuration=seconds
                )
            if "permissionsBoundary" in changed:
                _set_boundary(iam, name, inputs.get("permissionsBoundary"))
            if "inlinePolicies" in changed:
                old, new = (
                    kinds.inline_documents(bag.get("inlinePolicies") or []) for bag in (state, inputs)
                )
                _set_inline(iam, name, old, new)
            if "managedPolicyArns" in changed:
                _set_attached(iam, name, state.get("managedPolicyArns") or [], inputs["managedPolicyArns"])
            removed, added = tags.difference(state.get("tagsAll") or {}, inputs["tagsAll"])
            if removed:
                iam.untag_role(RoleName=name, TagKeys=removed)
            if added:
                iam.tag_role(RoleName=name, Tags=added)

    def delete(self, account: Account, resource_id: str, state: Properties) -> None:
        iam = account.iam
        name = resource_id
        force = state.get("forceDetachPolicies")
        with doing(f"deleting IAM role {name}"):
            try:
                profiles = iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=name)
                for profile in [
                    item["InstanceProfileName"] for page in profiles for item in page["InstanceProfiles"]
                ]:
                    with suppress(iam.exceptions.NoSuchEntityException):
                        iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=name)
                # As pulumi-aws: what the state knows of is this stack's; what others attached since then is in the way.
                if force or state.get("managedPolicyArns"):
                    _set_attached(iam, name, _attached(iam, name), [])
                if force or state.get("inlinePolicies"):
                    _set_inline(iam, name, dict.fromkeys(_inline_names(iam, name), ""), {})
                iam.delete_role(RoleName=name)
            except iam.exceptions.NoSuchEntityException:
                return


def _identity(role: Any) -> Properties:
    return {
        "arn": role["Arn"],
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": role["RoleName"],
        "uniqueId": role["RoleId"],
    }


def _attached(iam: Any, name: str) -> list[str]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _inline_names(iam: Any, name: str) -> list[str]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=name)
    return [policy for page in pages for policy in page["PolicyNames"]]


def _inline(iam: Any, name: str, policy: str) -> Any:
    return iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]


def _worded_inline(known: list[Properties], live: dict[str, Any]) -> list[Properties]:
    """The live policies: those that are known in their order and wording, then the others by name."""
    wordings = kinds.inline_documents(known)
    names = [name for name in wordings if name in live] + sorted(live.keys() - wordings.keys())
    return [{"name": name, "policy": documents.worded(wordings.get(name), live[name])} for name in names]


def _ordered(known: list[str], live: list[str]) -> list[str]:
    return [arn for arn in known if arn in live] + sorted(set(live) - set(known))


def _set_boundary(iam: Any, name: str, arn: str | None) -> None:
    if arn:
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    else:
        iam.delete_role_permissions_boundary(RoleName=name)


def _set_inline(iam: Any, name: str, old: dict[str, str], new: dict[str, str]) -> None:
    for policy in old.keys() - new.keys():
        with suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy, document in new.items():
        if policy not in old or not documents.same(old[policy], document):
            iam.put_role_policy(
                RoleName=name, PolicyName=policy, PolicyDocument=documents.version_first(document)
            )


def _set_attached(iam: Any, name: str, old: list[str], new: list[str]) -> None:
    for arn in set(old) - set(new):
        with suppress(iam.exceptions.NoSuchEntityException):
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in set(new) - set(old):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
