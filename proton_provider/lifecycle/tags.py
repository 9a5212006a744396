"""Tags of a connection: their check, the difference between live and wanted tags, and AWS's own form of tags."""

from __future__ import annotations

from proton_provider import rules
from proton_provider.lifecycle import CheckSettings, Connections, Properties


def check(
    inputs: Properties, unknown: frozenset[str], settings: CheckSettings, problems: dict[str, str]
) -> set[str]:
    """Check the tags, and add all tags to the inputs, or return their name if they are not known yet.

    As for pulumi-aws, a request has the ignored tags too, but they are not part of all tags: no update sets or removes
    them (read off the Terraform provider).
    """
    inputs.pop("tagsAll", None)
    if "tags" in unknown:
        del inputs["tags"]
        return {"tagsAll"}
    if problem := rules.problem_with_tag_map(inputs["tags"]):
        problems["tags"] = problem
        return set()
    own = inputs["tags"] = rules.as_tags(inputs["tags"])
    if settings.default_tags is None:
        return {"tagsAll"}
    requested = {**dict(settings.default_tags), **own}
    if problem := rules.problem_with_tags(requested):
        problems["tags"] = f"default tags: {problem}"
    inputs["tagsAll"] = {key: value for key, value in requested.items() if not settings.ignores_tag(key)}
    return set()


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
