"""`AwsSettings`: the `aws` argument of a resource, and the checks of its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from proton_provider import rules
from proton_provider.errors import ConfigurationError
from proton_provider.wire_names import wire_name

if TYPE_CHECKING:
    from pulumi import Input


@dataclass(frozen=True, kw_only=True)
class AwsSettings:
    """AWS settings for one resource or data source function. They override the stack's config.

    Every member is optional. A member that is not given comes from the `aws.Provider` of the resource or of its parent.
    Without such a provider it comes from the first of these that has it: `proton:…` in the stack's config, `aws:…` in
    the stack's config, the environment, AWS's shared files. The state saves these settings in clear. So there is no
    member for keys: name a profile or a role.
    """

    region: Input[str] | None = None
    """The AWS Region, such as `us-east-1`. A change replaces the resource: a connection lives in one Region."""
    profile: Input[str] | None = None
    """The name of a profile in AWS's shared files. It wins over the keys and roles in the stack's config."""
    assume_role_arn: Input[str] | None = None
    """The ARN of a role to assume for every call. It replaces the roles that the stack's config would assume."""
    external_id: Input[str] | None = None
    """The external id that the trust policy of `assume_role_arn` requires."""
    session_name: Input[str] | None = None
    """The name of the assumed session, which CloudTrail shows. The default is `proton-provider`."""
    session_tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the assumed session."""
    duration_seconds: Input[int] | None = None
    """The lifetime of assumed credentials, in seconds (AWS accepts 900 to 43,200). They are renewed before they expire."""
    endpoint_url: Input[str] | None = None
    """The address of a Proton endpoint, such as the local AWS's `http://127.0.0.1:4600`."""
    allowed_account_ids: Input[Sequence[Input[str]]] | None = None
    """Account ids, as strings. With credentials of another account nothing is sent to Proton."""
    max_attempts: Input[int] | None = None
    """The largest number of attempts of one call, the first included. botocore's `standard` mode spaces them."""

    def to_properties(self) -> dict[str, Any]:
        """The members that are given, by their property names."""
        members = {wire_name(f.name): getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in members.items() if value is not None}


_MEMBERS = frozenset(wire_name(f.name) for f in fields(AwsSettings))
_PROVIDER = "provider"
"""The settings of an explicit `aws.Provider`. The resource writes this member, not the user."""


def problem_with_settings(aws: Any, unknown: frozenset[str] = frozenset()) -> str | None:
    """The problem with the form of a resource's `aws` property, or None. Members in `unknown` are not checked."""
    if not isinstance(aws, Mapping):
        return "must be a map of settings, or AwsSettings(…) in Python"
    not_members = sorted(set(aws) - _MEMBERS - {_PROVIDER})
    if not_members:
        return f"has no member {', '.join(not_members)}; its members are {', '.join(sorted(_MEMBERS))}"
    for member, problem_with in _PROBLEMS.items():
        value = aws.get(member)
        if value is not None and (problem := problem_with(value)):
            return f"{member}{problem}" if problem.startswith("[") else f"{member} {problem}"
    if aws.get("assumeRoleArn") is None and "assumeRoleArn" not in unknown:
        need_role = [m for m in ("externalId", "sessionName", "sessionTags", "durationSeconds") if aws.get(m)]
        if need_role:
            return f"{', '.join(need_role)} {'needs' if len(need_role) == 1 else 'need'} assumeRoleArn"
    return None


def require_valid_settings(aws: Any) -> None:
    """Raise `ConfigurationError` for an invalid `aws`. Data source functions and `get` have no other check."""
    if aws is not None and (problem := problem_with_settings(aws)):
        raise ConfigurationError(f"aws {problem}.")


def _problem_with_provider(value: Any) -> str | None:
    if isinstance(value, Mapping) and all(
        isinstance(text, str) for name, text in value.items() if name != "keysOfConfig"
    ):
        return None
    return f"must be the settings of an aws.Provider, as a map of strings; this is {rules.kind_of(value)}"


def _problem_with_string(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"must be a string; this is {rules.kind_of(value)}"
    return rules.problem_with_text(value)


def _problem_with_digits(value: Any) -> str | None:
    """The same for a string that may be digits alone: from the stack's config it arrives as a number."""
    return None if rules.is_whole(value) else _problem_with_string(value)


def _problem_with_accounts(value: Any) -> str | None:
    if not isinstance(value, list | tuple):
        return f"must be a list of account ids; this is {rules.kind_of(value)}"
    for number, account in enumerate(value):
        problem = _problem_with_digits(account)
        text = str(account if isinstance(account, str) or problem else int(account))
        if problem := problem or rules.problem_with_account_id(text):
            hint = "" if isinstance(account, str) else " (quote it: a number loses its leading zeros)"
            return f"[{number}] {problem}{hint}"
    return None


_PROBLEMS: Mapping[str, Callable[[Any], str | None]] = {
    **dict.fromkeys(("region", "profile", "endpointUrl"), _problem_with_string),
    **dict.fromkeys(("externalId", "sessionName"), _problem_with_digits),
    _PROVIDER: _problem_with_provider,
    "assumeRoleArn": rules.problem_with_role_arn,
    "sessionTags": rules.problem_with_tag_map,
    "allowedAccountIds": _problem_with_accounts,
}
"""The check of each member. `config_values` checks the numbers."""
