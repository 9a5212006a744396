"""Resolves the credential settings: keys, web identity or profile, roles to assume, and allowed accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from proton_provider.errors import ConfigurationError
from proton_provider.settings import AssumedRole, SessionRole, WebIdentityRole
from proton_provider.settings import parsing as values
from proton_provider.settings.aws_settings import read_setting
from proton_provider.settings.sources import Sources

_SESSION_MEMBERS: Final = ("duration", "policy", "policyArns", "roleArn", "sessionName")
_ROLE_MEMBERS: Final = (*_SESSION_MEMBERS, "externalId", "sourceIdentity", "tags", "transitiveTagKeys")
_WEB_IDENTITY_MEMBERS: Final = (*_SESSION_MEMBERS, "webIdentityToken", "webIdentityTokenFile")
"""The members of pulumi-aws's settings for an assumed role."""


def named_profile(sources: Sources) -> tuple[str, str | None]:
    """The setting that names the profile, and the profile's name. The name is None if no setting names one."""
    named = {
        "aws.profile": read_setting(sources.aws, "profile"),
        **{key: sources.config(key) for key in ("proton:profile", "aws:profile")},
        **{name: sources.variable(name) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")},
    }
    return next(((by, name) for by, name in named.items() if name), ("", None))


def resolve_caller(sources: Sources) -> dict[str, Any]:
    """The credential settings, as arguments of `Settings`.

    Raises `ConfigurationError` for invalid values and for a profile that does not exist.
    """
    settings = sources.aws
    named_by, profile = named_profile(sources)
    has_own_profile = named_by in ("aws.profile", "proton:profile")
    is_from_environment = named_by.startswith("AWS_")
    role = _role_from_settings(settings) or (
        None if named_by == "aws.profile" else _role_from_config(sources)
    )
    configured = None if has_own_profile else _configured_keys(sources)
    if configured and is_from_environment:
        profile = None  # pulumi-aws ignores the shell's profile then
    members = sources.profile_members(profile, named_by)
    credentials = (
        configured
        or (None if has_own_profile else _configured_web_identity(sources))
        or (_credentials_from_environment(sources) if is_from_environment or not profile else None)
        or _keys_from_profile(members)
        or {"profile": profile}
    )
    # Roles and accounts in `aws:…` are used only if no setting of this provider replaces them.
    replaced = has_own_profile or role is not None
    roles = (role,) if role else () if replaced else _configured_roles(sources)
    source = _source(sources, credentials, is_configured=credentials is configured)
    return {
        **credentials,
        "credentials_source": _role_source(sources) if roles else source,
        "assume_roles": roles,
        "allowed_account_ids": read_setting(settings, "allowedAccountIds")
        or (() if replaced else _accounts(sources, "aws:allowedAccountIds")),
        "forbidden_account_ids": () if replaced else _accounts(sources, "aws:forbiddenAccountIds"),
    }


def _source(sources: Sources, credentials: Mapping[str, Any], *, is_configured: bool) -> str:
    """What names the credentials that a role may be assumed with."""
    named_by, profile = named_profile(sources)
    if is_configured:
        return _in_config(sources, "aws:accessKey")
    if "web_identity" in credentials:
        configured = sources.config("aws:assumeRoleWithWebIdentity")
        name = "aws:assumeRoleWithWebIdentity" if configured else "AWS_WEB_IDENTITY_TOKEN_FILE"
        return _in_config(sources, name)
    if "access_key" in credentials and credentials == _keys_from_environment(sources):
        return "AWS_ACCESS_KEY_ID"
    return f"{_in_config(sources, named_by)} {profile}" if profile else "AWS's default sources"


def _role_source(sources: Sources) -> str:
    own, configured = sources.aws.get("assumeRoleArn"), sources.config("proton:assumeRoleArn")
    if own and own != configured:  # the native plugin adds the role of its config to a resource's settings
        return "aws.assumeRoleArn"
    return "proton:assumeRoleArn" if configured else _in_config(sources, "aws:assumeRoles")


def _in_config(sources: Sources, key: str) -> str:
    """A key of `aws:…`, which an explicit provider has in place of the stack's config."""
    is_of_provider = key.startswith("aws:") and sources.aws.get("provider") is not None
    return f"{key.removeprefix('aws:')} of the explicit aws.Provider" if is_of_provider else key


def _role_from_settings(settings: Mapping[str, Any]) -> AssumedRole | None:
    if not settings.get("assumeRoleArn"):
        return None
    return AssumedRole(
        role_arn=read_setting(settings, "assumeRoleArn"),
        session_name=read_setting(settings, "sessionName") or AssumedRole.session_name,
        external_id=read_setting(settings, "externalId"),
        duration_seconds=read_setting(settings, "durationSeconds"),
        tags=read_setting(settings, "sessionTags"),
    )


def _role_from_config(sources: Sources) -> AssumedRole | None:
    arn = sources.config("proton:assumeRoleArn")
    return AssumedRole(role_arn=values.role_arn("proton:assumeRoleArn", arn)) if arn else None


def _configured_keys(sources: Sources) -> dict[str, Any] | None:
    """The keys in `aws:…`. They win over `aws:profile`, as for pulumi-aws. One key without the other is an error."""
    access_key, secret_key = sources.config("aws:accessKey"), sources.config("aws:secretKey")
    token = sources.config("aws:token")
    if bool(access_key) != bool(secret_key) or (token and not access_key):
        raise ConfigurationError(
            "aws:accessKey and aws:secretKey must be set together, and aws:token only with them."
        )
    return _keys(access_key, secret_key, token)


def _credentials_from_environment(sources: Sources) -> dict[str, Any] | None:
    return _keys_from_environment(sources) or _web_identity_from_environment(sources)


def _keys_from_environment(sources: Sources) -> dict[str, Any] | None:
    """The keys in the environment, by new or old names. One key without the other is ignored, as in AWS's SDK for Go."""
    return _keys(
        sources.variable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"),
        sources.variable("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"),
        sources.variable("AWS_SESSION_TOKEN"),
    )


def _keys_from_profile(members: Mapping[str, Any]) -> dict[str, Any] | None:
    """The keys of a profile that has no role. botocore would read them from one credentials file only."""
    if members.get("role_arn"):
        return None
    return _keys(
        members.get("aws_access_key_id"),
        members.get("aws_secret_access_key"),
        members.get("aws_session_token"),
    )


def _keys(access_key: str | None, secret_key: str | None, token: str | None) -> dict[str, Any] | None:
    if not (access_key and secret_key):
        return None
    return {"access_key": access_key, "secret_key": secret_key, "token": token}


def _configured_web_identity(sources: Sources) -> dict[str, Any] | None:
    key = "aws:assumeRoleWithWebIdentity"
    entry = values.members(key, sources.parsed_config(key), _WEB_IDENTITY_MEMBERS)
    if not entry:
        return None
    token = values.string(f"{key} webIdentityToken", entry.get("webIdentityToken"))
    token_file = entry.get("webIdentityTokenFile") or sources.variable("AWS_WEB_IDENTITY_TOKEN_FILE")
    if not (token or token_file):
        raise ConfigurationError(f"{key} must have a webIdentityToken or a webIdentityTokenFile.")
    from_environment = {
        "roleArn": sources.variable("AWS_ROLE_ARN"),
        "sessionName": sources.variable("AWS_ROLE_SESSION_NAME"),
    }
    given = {name: value for name, value in entry.items() if value not in (None, "")}
    role = WebIdentityRole(
        **_session(key, {**from_environment, **given}),
        token_file=None if token else values.string(f"{key} webIdentityTokenFile", token_file),
        token=token,
    )
    return {"web_identity": role}


def _web_identity_from_environment(sources: Sources) -> dict[str, Any] | None:
    token_file = sources.variable("AWS_WEB_IDENTITY_TOKEN_FILE")
    if not token_file:
        return None
    role = WebIdentityRole(
        role_arn=values.role_arn("AWS_ROLE_ARN", sources.variable("AWS_ROLE_ARN")),
        token_file=token_file,
        session_name=sources.variable("AWS_ROLE_SESSION_NAME") or WebIdentityRole.session_name,
    )
    return {"web_identity": role}


def _configured_roles(sources: Sources) -> tuple[AssumedRole, ...]:
    """The roles of `aws:assumeRoles`, in order. `aws:assumeRole` is refused, as by pulumi-aws 7."""
    if sources.config("aws:assumeRole"):
        raise ConfigurationError(
            "aws:assumeRole is not read any more, nor by pulumi-aws 7. Set aws:assumeRoles, a list of such roles, and run "
            "pulumi config rm aws:assumeRole."
        )
    key = "aws:assumeRoles"
    entries = values.maps(key, sources.parsed_config(key), _ROLE_MEMBERS)
    return tuple(_configured_role(key, entry) for entry in entries if entry.get("roleArn"))


def _configured_role(key: str, entry: Mapping[str, Any]) -> AssumedRole:
    return AssumedRole(
        **_session(key, entry),
        external_id=values.string(f"{key} externalId", entry.get("externalId")),
        source_identity=values.string(f"{key} sourceIdentity", entry.get("sourceIdentity")),
        tags=values.tags(f"{key} tags", entry.get("tags")),
        transitive_tag_keys=values.strings(f"{key} transitiveTagKeys", entry.get("transitiveTagKeys")),
    )


def _session(key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `SessionRole`."""
    return {
        "role_arn": values.role_arn(f"{key} roleArn", entry["roleArn"]),
        "session_name": values.string(f"{key} sessionName", entry.get("sessionName"))
        or SessionRole.session_name,
        "duration_seconds": values.seconds(f"{key} duration", entry.get("duration")),
        "policy": values.string(f"{key} policy", entry.get("policy")),
        "policy_arns": values.strings(f"{key} policyArns", entry.get("policyArns")),
    }


def _accounts(sources: Sources, key: str) -> tuple[str, ...]:
    return values.account_ids(key, sources.parsed_config(key))
