"""Adds AWS's managed policies to moto's IAM when a request needs them.

moto can add all 1,500 policies to every account. That takes half a second and 5 MB for each account, and again after
each reset. Here a request adds only the policies that it names. A request that lists policies adds all.
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
"""The services whose requests can need a managed policy."""

_LISTINGS = frozenset({"ListPolicies", "GetAccountAuthorizationDetails"})
_ARN = re.compile(rb":iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")


def provide(operation: str, text: bytes, account: str, region: str) -> None:
    """Add the policies that a request needs to the account's IAM. ``text`` is its body or query string."""
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
