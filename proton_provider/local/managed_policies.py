"""AWS's managed policies in moto's IAM, each from the first request on that needs it.

moto can give all 1,500 of them to every account, which takes half a second and 5 MB an account, again after each
reset. Here an account gets those that a request names, or all when a request lists policies.
"""

import functools
import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.utilities.utils import get_partition

SERVICES = frozenset({"iam", "cloudformation"})
"""Whose requests can need a managed policy."""

_LISTINGS = frozenset({"ListPolicies", "GetAccountAuthorizationDetails"})
_ARN = re.compile(rb":iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")


def provide(operation: str, text: bytes, account: str, region: str) -> None:
    """Put what a request needs (its text is the body or the query string) into the account's IAM."""
    if operation in _LISTINGS:
        names = set(_documents())
    elif b"policy" in text:
        names = {name.decode() for name in _ARN.findall(unquote_to_bytes(text))} & _documents().keys()
    else:
        return
    partition = get_partition(region)
    backend = iam_backends[account][partition]
    for name in names - {policy.name for policy in backend.aws_managed_policies}:
        policy = AWSManagedPolicy.from_data(name, account, partition, _documents()[name])
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


@functools.cache
def _documents() -> dict[str, Any]:
    documents: dict[str, Any] = json.loads(aws_managed_policies_data)
    return documents
