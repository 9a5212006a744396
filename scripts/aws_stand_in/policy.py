"""Managed policies: aws:iam/policy:Policy."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aws_stand_in import documents, kinds, naming, tags
from aws_stand_in.errors import doing
from aws_stand_in.resource import TAGS, Property, Resource

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_stand_in.account import Account
    from aws_stand_in.wire import Properties

_LONGEST_NAME = 128  # service model, policyNameType
_MOST_VERSIONS = 5  # IAM's quota of versions of a managed policy


class Policy(Resource):
    """A managed policy of the customer. Its id is its ARN; a changed document is a new default version."""

    resource_type = "aws:iam/policy:Policy"
    properties = (
        Property("description", kinds.text(longest=1000), replaces=True),
        Property("name", kinds.POLICY_NAME, replaces=True, computed=True),
        Property("namePrefix", naming.prefix(_LONGEST_NAME), replaces=True, computed=True),
        Property("path", kinds.PATH, default="/", replaces=True),
        Property("policy", kinds.DOCUMENT, required=True),
        *TAGS,
    )
    outputs = ("arn", "attachmentCount", "policyId")
    longest_name = _LONGEST_NAME

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        name = naming.of(inputs)
        request: Properties = {
            "PolicyName": name,
            "Path": inputs["path"],
            "PolicyDocument": documents.normal(inputs["policy"]),
            "Description": inputs.get("description", ""),
        }
        if inputs["tagsAll"]:
            request["Tags"] = tags.listed(inputs["tagsAll"])
        with doing(f"creating IAM policy {name}"):
            policy = account.iam.create_policy(**request)["Policy"]
        # The answer is as good as a read, except that it may leave out what was only just said.
        return policy["Arn"], _outputs({**policy, **request}, json.loads(inputs["policy"]), inputs, account)

    def read(self, account: Account, resource_id: str, known: Properties) -> Properties | None:
        iam = account.iam
        with doing(f"reading IAM policy {resource_id}"):
            try:
                policy = iam.get_policy(PolicyArn=resource_id)["Policy"]
            except iam.exceptions.NoSuchEntityException:
                return None
            version = iam.get_policy_version(PolicyArn=resource_id, VersionId=policy["DefaultVersionId"])
        return _outputs(policy, version["PolicyVersion"]["Document"], known, account)

    def update(
        self,
        account: Account,
        resource_id: str,
        changed: Collection[str],
        state: Properties,
        inputs: Properties,
    ) -> None:
        iam = account.iam
        with doing(f"updating IAM policy {resource_id}"):
            if "policy" in changed:
                _make_room(iam, resource_id)
                document = documents.normal(inputs["policy"])
                iam.create_policy_version(PolicyArn=resource_id, PolicyDocument=document, SetAsDefault=True)
            removed, added = tags.difference(state.get("tagsAll") or {}, inputs["tagsAll"])
            if removed:
                iam.untag_policy(PolicyArn=resource_id, TagKeys=removed)
            if added:
                iam.tag_policy(PolicyArn=resource_id, Tags=added)

    def delete(self, account: Account, resource_id: str, state: Properties) -> None:
        del state
        iam = account.iam
        with doing(f"deleting IAM policy {resource_id}"):
            try:
                spare = [
                    item["VersionId"] for item in _versions(iam, resource_id) if not item["IsDefaultVersion"]
                ]
                for version in spare:
                    with suppress(iam.exceptions.NoSuchEntityException):
                        iam.delete_policy_version(PolicyArn=resource_id, VersionId=version)
                iam.delete_policy(PolicyArn=resource_id)
            except iam.exceptions.NoSuchEntityException:
                return


def _outputs(policy: Any, document: Any, known: Properties, account: Account) -> Properties:
    every = tags.live(policy.get("Tags", []))
    return {
        "arn": policy["Arn"],
        "attachmentCount": policy.get("AttachmentCount", 0),
        "description": policy.get("Description", ""),
        "name": policy["PolicyName"],
        "namePrefix": known.get("namePrefix", ""),
        "path": policy["Path"],
        "policy": documents.normal(documents.worded(known.get("policy"), document)),
        "policyId": policy["PolicyId"],
        "tags": tags.own(every, account.settings.default_tags, known.get("tags") or {}),
        "tagsAll": every,
    }


def _versions(iam: Any, arn: str) -> list[Any]:
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
    return [version for page in pages for version in page["Versions"]]


def _make_room(iam: Any, arn: str) -> None:
    """Deletes the oldest version that is not in use where the quota leaves no room for another."""
    versions = _versions(iam, arn)
    if len(versions) >= _MOST_VERSIONS:
        spare = [version for version in versions if not version["IsDefaultVersion"]]
        oldest = min(spare, key=lambda version: int(version["VersionId"].removeprefix("v")))
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
