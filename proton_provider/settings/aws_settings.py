"""`AwsSettings`: the `aws` argument of a resource, and how each member is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from proton_provider import rules
from proton_provider.errors import ConfigurationError
from proton_provider.settings import parsing as values
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


def read_setting(settings: Mapping[str, Any], member: str) -> Any:
    """A member of a resource's `aws`, in the form of `Settings`. Raises `ConfigurationError` for an invalid one."""
    return _READERS[member](f"aws.{member}", settings.get(member))


def problem_with_settings(aws: Any, unknown: frozenset[str] = frozenset()) -> str | None:
    """The problem with a resource's `aws` property, or None. Members in `unknown` are not checked."""
    if not isinstance(aws, Mapping):
        return "must be a map of settings, or AwsSettings(…) in Python"
    if not_members := sorted(set(aws) - _READERS.keys()):
        return f"has no member {', '.join(not_members)}; its members are {', '.join(sorted(_MEMBERS))}"
    try:
        for member, read in _READERS.items():
            if aws.get(member) is not None:
                read(member, aws[member])
    except ConfigurationError as error:
        return str(error).removesuffix(".")
    if aws.get("assumeRoleArn") is None and "assumeRoleArn" not in unknown:
        need_role = [m for m in ("externalId", "sessionName", "sessionTags", "durationSeconds") if aws.get(m)]
        if need_role:
            return f"{', '.join(need_role)} {'needs' if len(need_role) == 1 else 'need'} assumeRoleArn"
    return None


def require_valid_settings(aws: Any, unknown: frozenset[str] = frozenset()) -> None:
    """Raise `ConfigurationError` for an invalid `aws`. Members in `unknown` are not checked."""
    if aws is not None and (problem := problem_with_settings(aws, unknown)):
        is_of_member = any(problem.startswith(member) for member in _READERS)
        raise ConfigurationError(f"aws{'.' if is_of_member else ' '}{problem}.")


def _of_provider(name: str, value: Any) -> Mapping[str, Any]:
    """The settings of an explicit `aws.Provider`, which the resource writes, not the user."""
    if isinstance(value, Mapping) and all(
        isinstance(text, str) for name, text in value.items() if name != "keysOfConfig"
    ):
        return value
    raise ConfigurationError(
        f"{name} must be the settings of an aws.Provider, as a map of strings; this is {rules.kind_of(value)}."
    )


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "region": values.word,
    "profile": values.word,
    "assumeRoleArn": values.role_arn,
    "externalId": values.string,
    "sessionName": values.string,
    "sessionTags": values.tags,
    "durationSeconds": values.integer,
    "endpointUrl": values.address,
    "allowedAccountIds": values.account_ids,
    "maxAttempts": values.integer,
    "provider": _of_provider,
}
"""What reads each member."""
