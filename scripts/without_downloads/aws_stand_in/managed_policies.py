"""The resource `Policy`, a managed policy, with its IAM calls."""

import json
from typing import Any

from proton_provider.plugin.values import Properties
from without_downloads.aws_stand_in import documents, kinds
from without_downloads.aws_stand_in.account import Account
from without_downloads.aws_stand_in.resource import TAGS, Property, Resource, listed, live_tags, names, retag

LONGEST_POLICY_NAME = 128  # service model, policyNameType
_MOST_VERSIONS = 5  # IAM's quota of versions of a managed policy


class Policy(Resource):
    """A managed policy. Its id is its ARN; a changed document is a new default version."""

    resource_type = "aws:iam/policy:Policy"
    called = "IAM policy"
    properties = (
        Property("description", kinds.DESCRIPTION, replaces=True),
        *names(LONGEST_POLICY_NAME),
        Property("path", kinds.PATH, default="/", replaces=True),
        Property("policy", kinds.DOCUMENT, required=True),
        *TAGS,
    )
    outputs = ("arn", "attachmentCount", "policyId")
    longest_name = LONGEST_POLICY_NAME

    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        request: Properties = {
            "PolicyName": inputs["name"],
            "Path": inputs["path"],
            "PolicyDocument": documents.normal(inputs["policy"]),
            "Description": inputs.get("description", ""),
            "Tags": listed(inputs["tagsAll"]),
        }
        policy = account.iam.create_policy(**request)["Policy"]
        # The answer is as good as a read, except that it may leave out what was only just said.
        return policy["Arn"], _outputs({**policy, **request}, json.loads(inputs["policy"]), inputs, account)

    def read(self, account: Account, known: Properties) -> Properties | None:
        arn = known["id"]
        policy = account.iam.get_policy(PolicyArn=arn)["Policy"]
        version = account.iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        return _outputs(policy, version["PolicyVersion"]["Document"], known, account)

    def update(self, account: Account, state: Properties, inputs: Properties, changed: set[str]) -> None:
        iam, arn = account.iam, state["id"]
        if "policy" in changed:
            spare = _spare_versions(iam, arn)
            if len(spare) + 1 >= _MOST_VERSIONS:
                oldest = min(spare, key=lambda version: int(version.removeprefix("v")))
                iam.delete_policy_version(PolicyArn=arn, VersionId=oldest)
            document = documents.normal(inputs["policy"])
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
        retag(iam, "policy", state, inputs, PolicyArn=arn)

    def delete(self, account: Account, state: Properties) -> None:
        for version in _spare_versions(account.iam, state["id"]):
            account.iam.delete_policy_version(PolicyArn=state["id"], VersionId=version)
        account.iam.delete_policy(PolicyArn=state["id"])


def _outputs(policy: Any, document: Any, known: Properties, account: Account) -> Properties:
    return {
        "arn": policy["Arn"],
        "attachmentCount": policy.get("AttachmentCount", 0),
        "description": policy.get("Description", ""),
        "name": policy["PolicyName"],
        "namePrefix": known.get("namePrefix", ""),
        "path": policy["Path"],
        "policy": documents.normal(documents.worded(known.get("policy"), document)),
        "policyId": policy["PolicyId"],
        **live_tags(account, policy, known),
    }


def _spare_versions(iam: Any, arn: str) -> list[str]:
    """The versions that are not in use."""
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
    versions = [version for page in pages for version in page["Versions"]]
    return [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
