"""The tags of a connection: what differs from the wanted ones, and AWS's own form of them."""

from __future__ import annotations

from proton_provider.lifecycle import Connections


def retag(connections: Connections, arn: str, live: dict[str, str], wanted: dict[str, str]) -> None:
    """Set and take away only what differs."""
    add, drop = difference(live, wanted)
    if add:
        connections.tag(arn, add)
    if drop:
        connections.untag(arn, drop)


def difference(live: dict[str, str], wanted: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to take away; AWS's own tags cannot be touched."""
    add = {key: wanted[key] for key in sorted(wanted) if live.get(key) != wanted[key]}
    return add, [key for key in sorted(live) if key not in wanted and not is_aws_own(key)]


def is_aws_own(key: str) -> bool:
    """Whether AWS itself set the tag, as CloudFormation does (documented by AWS: `aws:` is reserved)."""
    return key.startswith("aws:")


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """AWS's own shape. A repeated request must be the same one, so the order is that of the keys."""
    return [{"key": key, "value": tags[key]} for key in sorted(tags, key=str)]
