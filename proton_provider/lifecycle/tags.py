"""Tags of a connection: the difference between live and wanted tags, and AWS's own form of tags."""

from __future__ import annotations

from proton_provider.lifecycle import Connections


def retag(connections: Connections, arn: str, live: dict[str, str], wanted: dict[str, str]) -> None:
    """Set and remove only the tags that differ."""
    add, drop = difference(live, wanted)
    if add:
        connections.tag(arn, add)
    if drop:
        connections.untag(arn, drop)


def difference(live: dict[str, str], wanted: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove. AWS's own tags cannot be removed."""
    add = {key: wanted[key] for key in sorted(wanted) if live.get(key) != wanted[key]}
    return add, [key for key in sorted(live) if key not in wanted and not is_aws_own(key)]


def is_aws_own(key: str) -> bool:
    """Whether AWS itself set the tag, as CloudFormation does (documented by AWS: `aws:` is reserved)."""
    return key.startswith("aws:")


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """The tags in AWS's own form, sorted by key: a repeated request must be identical."""
    return [{"key": key, "value": tags[key]} for key in sorted(tags, key=str)]
