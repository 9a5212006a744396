"""IAM policy documents of Proton's roles, as AWS documents them: trust policies and permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BASIC_ACCESS: Final = "AWSProtonCodeBuildProvisioningBasicAccess"
"""AWS's managed policy for the CodeBuild role (documented by AWS)."""


@dataclass(frozen=True)
class RoleScope:
    """The partition (`aws`, `aws-cn`, `aws-us-gov`) and the two account ids that the documents name."""

    partition: str
    environment_account: str
    management_account: str


def trust_in_proton(scope: RoleScope) -> str:
    """Lets Proton assume the role, on behalf of an environment of one of the two accounts."""
    accounts = sorted({scope.environment_account, scope.management_account})
    return _trust(
        "proton.amazonaws.com",
        {
            "StringEquals": {"aws:SourceAccount": accounts},
            "ArnLike": {
                "aws:SourceArn": [
                    f"arn:{scope.partition}:proton:*:{account}:environment/*" for account in accounts
                ]
            },
        },
    )


def trust_in_codebuild() -> str:
    """Lets CodeBuild assume the role; AWS documents no condition for it."""
    return _trust("codebuild.amazonaws.com")


def stack_access(scope: RoleScope) -> str:
    """Allows Proton's work with its own CloudFormation stacks."""
    return _document(_stack_access(scope))


def administrator_through_cloudformation(scope: RoleScope) -> str:
    """Allows Proton's own CloudFormation stacks, and nearly every action that CloudFormation does for their templates."""
    return _document(_stack_access(scope), *_ADMINISTRATOR_THROUGH_CLOUDFORMATION)


def basic_access(scope: RoleScope) -> str:
    """The ARN of `BASIC_ACCESS`."""
    return f"arn:{scope.partition}:iam::aws:policy/{BASIC_ACCESS}"


def _trust(service: str, condition: Mapping[str, Any] | None = None) -> str:
    """A trust policy that lets an AWS service assume the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return _document({**statement, "Condition": condition} if condition else statement)


def _stack_access(scope: RoleScope) -> Mapping[str, Any]:
    """The statement that AWS documents for Proton's own CloudFormation stacks."""
    return {
        "Effect": "Allow",
        "Action": [f"cloudformation:{action}" for action in _STACK_ACTIONS],
        "Resource": f"arn:{scope.partition}:cloudformation:*:{scope.environment_account}:stack/AWSProton-*",
    }


_STACK_ACTIONS: Final = (
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "DescribeChangeSet",
    "DescribeStackDriftDetectionStatus",
    "DescribeStackEvents",
    "DescribeStackResourceDrifts",
    "DescribeStacks",
    "DetectStackResourceDrift",
    "ExecuteChangeSet",
    "ListChangeSets",
    "ListStackResources",
    "UpdateStack",
)
"""Actions of Proton on its own stacks (documented by AWS)."""

_CALLED_VIA_CLOUDFORMATION: Final = {
    "ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}
}
_ADMINISTRATOR_THROUGH_CLOUDFORMATION: Final = (
    {
        "Effect": "Allow",
        "NotAction": ["organizations:*", "account:*"],
        "Resource": "*",
        "Condition": _CALLED_VIA_CLOUDFORMATION,
    },
    {
        "Effect": "Allow",
        "Action": ["organizations:DescribeOrganization", "account:ListRegions"],
        "Resource": "*",
        "Condition": _CALLED_VIA_CLOUDFORMATION,
    },
)
"""The statements that AWS documents for the resources in the templates of Proton's stacks."""


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
