"""Which account, Region, credentials and endpoint a resource talks to, from its arguments, the stack's config and the shell.

Nothing here calls AWS or imports boto3: what only boto3 can tell (a profile's Region, the default chain of
credentials) is left open in `Settings` for `api` to fill in.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from proton_provider import rules
from proton_provider.errors import ConfigurationError

if TYPE_CHECKING:
    from pulumi import Input


@dataclass(frozen=True, kw_only=True)
class AwsSettings:
    """Whom one resource or look-up talks to, where the stack's config does not say it.

    Every member is optional. One that is not given comes from `proton:…`, then from `aws:…` in the stack's
    config, then from the shell's environment and boto3's default chain. What is given here is stored in the
    stack's state in clear, so there is no member for keys: name a profile or a role instead.
    """

    region: Input[str] | None = None
    """The AWS Region, such as `us-east-1`. A change replaces the resource: a connection lives in one Region."""
    profile: Input[str] | None = None
    """The name of a profile of AWS's shared configuration files. It beats keys and roles in the stack's config."""
    assume_role_arn: Input[str] | None = None
    """The ARN of a role to assume for every call. It replaces the roles that the stack's config would assume."""
    external_id: Input[str] | None = None
    """The external id that the trust policy of `assume_role_arn` asks for."""
    session_name: Input[str] | None = None
    """The name of the assumed session, as CloudTrail shows it; `proton-provider` unless given."""
    session_tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the assumed session."""
    duration_seconds: Input[int] | None = None
    """How long assumed credentials live, in seconds (AWS takes 900 to 43,200); they are renewed before they end."""
    endpoint_url: Input[str] | None = None
    """The address of a Proton endpoint, such as the local AWS's `http://127.0.0.1:4600`."""
    allowed_account_ids: Input[Sequence[Input[str]]] | None = None
    """Account ids, as text. Calls with credentials of another account are refused before anything is sent to Proton."""
    max_attempts: Input[int] | None = None
    """How often a call is tried at most, the first time included; botocore's `standard` mode spaces the tries."""

    def to_properties(self) -> dict[str, Any]:
        """The members that are given, by their names on the wire; the tags as a list of `{key, value}`."""
        given = {wire_name(f.name): getattr(self, f.name) for f in fields(self)}
        given["sessionTags"] = tag_list(self.session_tags)
        return {name: value for name, value in given.items() if value is not None}


def tag_list(tags: Any) -> Any:
    """A map of tags as AWS's list of `{key, value}`, None as None, an `Output` of a map as an `Output` of the list.

    Anything else stays as it is, for `check` to say what is wrong with it. A map would have its keys renamed on the
    way: the SDK translates names of properties at every depth.
    """
    if tags is None:
        return None
    if isinstance(tags, Mapping):
        return [{"key": key, "value": value} for key, value in tags.items()]
    return tags.apply(tag_list) if hasattr(tags, "apply") else tags


@functools.cache
def wire_name(name: str) -> str:
    """A name of Python's as AWS and Pulumi spell it: `role_arn` as `roleArn`; one that is so already stays."""
    return re.sub(r"(?<=[a-z0-9])_([a-z])", lambda match: match[1].upper(), name)


_MEMBERS = frozenset(wire_name(f.name) for f in fields(AwsSettings))


@dataclass(frozen=True, kw_only=True)
class AssumedRole:
    """One role to assume: the arguments of STS's AssumeRole, by name; sequences and maps as tuples, so that it hashes."""

    role_arn: str
    session_name: str = "proton-provider"
    external_id: str | None = None
    duration_seconds: int | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    source_identity: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a call, resolved; equal settings share one client a process."""

    region: str | None = None
    """None: whatever Region the profile has."""
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    assume_roles: tuple[AssumedRole, ...] = ()
    endpoint_url: str | None = None
    """None: AWS's own endpoint, or the one that the environment names."""
    sts_endpoint_url: str | None = None
    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    max_attempts: int | None = None
    default_tags: tuple[tuple[str, str], ...] = ()

    @property
    def endpoint_is_given(self) -> bool:
        """Whether something other than AWS's own Proton endpoint answers, whose Regions are its own affair."""
        return bool(
            self.endpoint_url
            or os.environ.get("AWS_ENDPOINT_URL_PROTON")
            or os.environ.get("AWS_ENDPOINT_URL")
        )


def resolve(
    aws: Mapping[str, Any] | None,
    get: Callable[[str], str | None],
    *,
    region: str | None = None,
) -> Settings:
    """The settings for a resource whose `aws` property is `aws`, where `get("aws:region")` reads the stack's config.

    Each value comes from the first that has it: `region` (the one kept in state), `aws`, `proton:…`, `aws:…`,
    the environment. A profile beats keys of the same or a later level, and roles to assume of a later level: it
    stands for its own account, not for one that may be reached from there. A role of ours replaces the chain in
    `aws:assumeRoles`. `aws:allowedAccountIds` and `aws:forbiddenAccountIds` speak of the credentials that `aws:…`
    describes, so they hold only where no profile or role of ours replaces these.

    Raises `ConfigurationError` for values that do not read, with the name of the setting.
    """
    own = dict(aws or {})
    profile = own.get("profile") or get("proton:profile")
    assumed = _own_role(own) or (None if own.get("profile") else _role_of_config(get))
    configured = not (profile or assumed)
    profile = profile or get("aws:profile")
    access_key, secret_key, token = (None, None, None) if profile else _keys(get)
    return Settings(
        region=region
        or own.get("region")
        or get("proton:region")
        or get("aws:region")
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION"),
        profile=profile,
        access_key=access_key,
        secret_key=secret_key,
        token=token,
        assume_roles=(assumed,) if assumed else _configured_roles(get) if configured else (),
        endpoint_url=_address("aws.endpointUrl", own.get("endpointUrl"))
        or _address("proton:endpointUrl", get("proton:endpointUrl")),
        sts_endpoint_url=_sts_endpoint(get),
        allowed_account_ids=_texts("aws.allowedAccountIds", own.get("allowedAccountIds"))
        or (_texts("aws:allowedAccountIds", _parsed(get, "aws:allowedAccountIds")) if configured else ()),
        forbidden_account_ids=_texts("aws:forbiddenAccountIds", _parsed(get, "aws:forbiddenAccountIds"))
        if configured
        else (),
        max_attempts=_whole("aws.maxAttempts", own.get("maxAttempts"))
        or _whole("aws:maxRetries", get("aws:maxRetries"), least=0)
        or None,  # pulumi-aws reads 0 as not given
        default_tags=_default_tags(get),
    )


def problems(aws: Any, unknown: frozenset[str] = frozenset()) -> str | None:
    """What is wrong with the `aws` property of a resource, by its shape alone, or None; `unknown` members pass."""
    if not isinstance(aws, Mapping):
        return "must be AwsSettings(…) or a map of its members"
    strange = sorted(set(aws) - _MEMBERS)
    if strange:
        return f"has no member {', '.join(strange)}; there are {', '.join(sorted(_MEMBERS))}"
    for member, problem_with in _PROBLEMS.items():
        value = aws.get(member)
        if value is not None and (problem := problem_with(value)):
            return f"{member} {problem}"
    if aws.get("assumeRoleArn") is None and "assumeRoleArn" not in unknown:
        alone = [m for m in ("externalId", "sessionName", "sessionTags", "durationSeconds") if aws.get(m)]
        if alone:
            return (
                f"{', '.join(alone)} {'means' if len(alone) == 1 else 'mean'} nothing without assumeRoleArn"
            )
    return None


def require_good(aws: Any) -> None:
    """Raise `ConfigurationError` where something is wrong with the `aws` of what is not checked before it calls."""
    if aws is not None and (problem := problems(aws)):
        raise ConfigurationError(f"aws {problem}.")


def _problem_with_text(value: Any) -> str | None:
    return None if isinstance(value, str) else f"must be text; it is {value!r}"


def _problem_with_accounts(value: Any) -> str | None:
    if not isinstance(value, list | tuple):
        return f"must be a list of account ids; it is {value!r}"
    for account in value:
        if problem := rules.problem_with_account_id(account):
            return f"holds {account!r}, which {problem}"
    return None


_PROBLEMS: Mapping[str, Callable[[Any], str | None]] = {
    **dict.fromkeys(("region", "profile", "externalId", "sessionName", "endpointUrl"), _problem_with_text),
    "assumeRoleArn": rules.problem_with_role_arn,
    "sessionTags": rules.problem_with_tag_list,
    "allowedAccountIds": _problem_with_accounts,
}
"""What is wrong with the value of a member; numbers are judged where they are read."""


def _own_role(own: Mapping[str, Any]) -> AssumedRole | None:
    if not own.get("assumeRoleArn"):
        return None
    return AssumedRole(
        role_arn=own["assumeRoleArn"],
        session_name=own.get("sessionName") or AssumedRole.session_name,
        external_id=own.get("externalId"),
        duration_seconds=_whole("aws.durationSeconds", own.get("durationSeconds")),
        tags=tuple((tag["key"], tag["value"]) for tag in own.get("sessionTags") or ()),
    )


def _role_of_config(get: Callable[[str], str | None]) -> AssumedRole | None:
    role_arn = get("proton:assumeRoleArn")
    return AssumedRole(role_arn=_role_arn("proton:assumeRoleArn", role_arn)) if role_arn else None


def _keys(get: Callable[[str], str | None]) -> tuple[str | None, str | None, str | None]:
    """Access key, secret key and token of `aws:...`; boto3 would take the shell's in place of half a pair."""
    access_key, secret_key, token = get("aws:accessKey"), get("aws:secretKey"), get("aws:token")
    if bool(access_key) != bool(secret_key) or (token and not access_key):
        raise ConfigurationError(
            "aws:accessKey and aws:secretKey must be set together, and aws:token only with them."
        )
    return access_key or None, secret_key or None, token or None


def _configured_roles(get: Callable[[str], str | None]) -> tuple[AssumedRole, ...]:
    """The chain of `aws:assumeRoles`, first to last, or the one role of the older `aws:assumeRole`."""
    chain = _parsed(get, "aws:assumeRoles")
    if chain is None:
        one = _parsed(get, "aws:assumeRole")
        chain = [] if one is None else [one]
    if not _is_list_of_maps(chain):
        raise ConfigurationError("aws:assumeRoles must be a list of maps, each with a roleArn.")
    return tuple(_configured_role(entry) for entry in chain if entry.get("roleArn"))


def _configured_role(entry: Mapping[str, Any]) -> AssumedRole:
    return AssumedRole(
        role_arn=_role_arn("aws:assumeRoles roleArn", entry["roleArn"]),
        session_name=_text("aws:assumeRoles sessionName", entry.get("sessionName"))
        or AssumedRole.session_name,
        external_id=_text("aws:assumeRoles externalId", entry.get("externalId")),
        duration_seconds=_seconds(entry.get("duration")),
        policy=_text("aws:assumeRoles policy", entry.get("policy")),
        policy_arns=_texts("aws:assumeRoles policyArns", entry.get("policyArns")),
        source_identity=_text("aws:assumeRoles sourceIdentity", entry.get("sourceIdentity")),
        tags=_tags("aws:assumeRoles tags", entry.get("tags")),
        transitive_tag_keys=_texts("aws:assumeRoles transitiveTagKeys", entry.get("transitiveTagKeys")),
    )


def _sts_endpoint(get: Callable[[str], str | None]) -> str | None:
    """The STS address in `aws:endpoints`, a list of maps from service to address."""
    endpoints = _parsed(get, "aws:endpoints") or []
    if not _is_list_of_maps(endpoints):
        raise ConfigurationError("aws:endpoints must be a list of maps, each from a service to its address.")
    return _address(
        "aws:endpoints sts", next((entry["sts"] for entry in endpoints if entry.get("sts")), None)
    )


def _default_tags(get: Callable[[str], str | None]) -> tuple[tuple[str, str], ...]:
    """The tags of `aws:defaultTags`, a map with a member `tags`."""
    defaults = _parsed(get, "aws:defaultTags") or {}
    if not isinstance(defaults, dict):
        raise ConfigurationError("aws:defaultTags must be a map with a member tags.")
    return _tags("aws:defaultTags tags", defaults.get("tags"))


def _tags(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """Tags in the order of their keys; config may hold a number or a boolean where AWS wants text."""
    if value is not None and not isinstance(value, dict):
        raise ConfigurationError(f"{name} must be a map; it is {value!r}.")
    return tuple(
        sorted(
            (key, text if isinstance(text, str) else json.dumps(text)) for key, text in (value or {}).items()
        )
    )


def _role_arn(name: str, value: Any) -> str:
    if problem := rules.problem_with_role_arn(value):
        raise ConfigurationError(f"{name} {problem}.")
    return str(value)


def _is_list_of_maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _parsed(get: Callable[[str], str | None], key: str) -> Any:
    """The list or map at `key`, which reaches a provider's config as JSON text."""
    text = get(key)
    if text is None or text == "":
        return None
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        raise ConfigurationError(
            f"{key} in the stack's config does not read as JSON: {text[:80]!r}."
        ) from None


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(f"{name} must be text; it is {value!r}.")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{name} must be a list of texts; it is {value!r}.")
    return tuple(value)


_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")


def _address(name: str, value: Any) -> str | None:
    if not value:
        return None
    if not _ADDRESS.fullmatch(str(value)):
        raise ConfigurationError(f"{name} must be an address such as http://127.0.0.1:4600; it is {value!r}.")
    return str(value)


def _whole(name: str, value: Any, *, least: int = 1) -> int | None:
    """A whole number; property bags carry numbers as floats, config as text."""
    if value is None:
        return None
    try:
        number = -1 if isinstance(value, bool) else int(value)
        is_whole = float(value) == number
    except (OverflowError, TypeError, ValueError):
        is_whole = False
    if not is_whole or number < least:
        raise ConfigurationError(f"{name} must be a whole number of at least {least}; it is {value!r}.")
    return number


_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)


def _seconds(duration: Any) -> int | None:
    """Seconds of a duration as pulumi-aws writes it, such as `1h30m` or `900s`."""
    if not duration:
        return None
    match = _DURATION.fullmatch(str(duration))
    if match is None:
        raise ConfigurationError(
            f"aws:assumeRoles duration must be such as 1h, 30m or 900s; it is {duration!r}."
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
