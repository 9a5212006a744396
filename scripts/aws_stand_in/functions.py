"""The functions that a program can call: who and where it is, and policy documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_stand_in.errors import StandInError
from aws_stand_in.policy_document import get_policy_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_stand_in.account import Account
    from aws_stand_in.wire import Properties


def _caller_identity(account: Account, _arguments: Properties) -> Properties:
    identity = account.identity
    number = identity["Account"]
    return {"accountId": number, "arn": identity["Arn"], "id": number, "userId": identity["UserId"]}


def _partition(account: Account, _arguments: Properties) -> Properties:
    name, suffix = account.partition["partition"], account.partition["dnsSuffix"]
    reverse = ".".join(reversed(suffix.split(".")))
    return {"dnsSuffix": suffix, "id": name, "partition": name, "reverseDnsPrefix": reverse}


def _region(account: Account, arguments: Properties) -> Properties:
    """A Region by name or by its EC2 endpoint, or the configured one."""
    wanted = arguments.get("region") or arguments.get("name")
    endpoint = arguments.get("endpoint")
    if not wanted and not endpoint:
        wanted = account.region
    for partition in account.partitions:
        for region, described in partition["regions"].items():
            address = f"ec2.{region}.{partition['dnsSuffix']}"
            if wanted in (None, region) and endpoint in (None, address):
                description = described["description"]
                return {
                    "description": description,
                    "endpoint": address,
                    "id": region,
                    "name": region,
                    "region": region,
                }
    raise StandInError(f"no AWS Region is called {wanted or endpoint}")


FUNCTIONS: Mapping[str, Callable[[Account, Properties], Properties]] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": lambda _account, arguments: get_policy_document(arguments),
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
"""Token to function; each takes the account and the arguments and may raise StandInError."""
