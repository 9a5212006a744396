"""Resolves the settings of a resource, once, from its `AwsSettings`, the stack's config, the environment and AWS's files.

The first source that sets a value wins. Where pulumi-aws reads a source, this reads it as pulumi-aws does: both make
calls in the same `pulumi up`. The table of all settings is in `docs/configuration.md`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from proton_provider import config_values as values
from proton_provider.aws import shared_files
from proton_provider.config_values import parsed
from proton_provider.errors import ConfigurationError
from proton_provider.settings import DELETE_UNREACHABLE, AssumedRole, Settings, WebIdentityRole

Get: TypeAlias = Callable[[str], str | None]
"""Reads one key of the stack's config, such as `aws:region`; lists and maps as JSON text."""


def resolve(
    aws: Mapping[str, Any] | None,
    get: Get,
    *,
    region: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings for a resource whose `aws` property is `aws`; `region` is the one kept in its state.

    Raises `ConfigurationError` for values that do not read and for a profile that does not exist. It names the setting.
    """
    return _Sources(aws or {}, get, os.environ if environment is None else environment).settings(region)


class _Sources:
    """The sources of one resource's settings."""

    def __init__(self, aws: Mapping[str, Any], get: Get, environment: Mapping[str, str]) -> None:
        self._aws = aws
        self._get = get
        # An empty variable is an unset one, as for pulumi-aws.
        self._environment = {name: value for name, value in environment.items() if value}
        self._files = shared_files.read(
            self._paths("aws:sharedConfigFiles", "AWS_CONFIG_FILE", "~/.aws/config"),
            self._paths("aws:sharedCredentialsFiles", "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        )

    def settings(self, region_in_state: str | None) -> Settings:
        """Everything that is resolved in one go; the credentials, Region and endpoints come on top."""
        own_profile = values.string("aws.profile", self._aws.get("profile")) or self._get("proton:profile")
        role = self._own_role() or (None if self._aws.get("profile") else self._role_of_config())
        # What `aws:…` says of credentials, roles and accounts holds only where nothing of ours replaces it.
        configured = not (own_profile or role)
        profile = own_profile or self._get("aws:profile") or None
        wanted = profile or self._first("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        members = self._files.profile(wanted)
        found = self._calls(members, own_profile=bool(own_profile))
        if found.delete_unreachable and not found.endpoint_is_given:
            # Nobody is called, so that credentials, profiles and roles which are gone harm nothing.
            return replace(found, **self._region(region_in_state, members))
        self._require_profile(wanted)
        found = replace(found, **self._credentials(own_profile, profile, members))
        return replace(
            found,
            **self._region(region_in_state, members),
            assume_roles=(role,) if role else self._configured_roles() if configured else (),
            allowed_account_ids=values.account_ids(
                "aws.allowedAccountIds", self._aws.get("allowedAccountIds")
            )
            or (self._accounts("aws:allowedAccountIds") if configured else ()),
            forbidden_account_ids=self._accounts("aws:forbiddenAccountIds") if configured else (),
        )

    def _require_profile(self, profile: str | None) -> None:
        if profile and not self._files.has_profile(profile):
            raise ConfigurationError(
                f"The profile {profile} is not in AWS's shared configuration files (aws configure list-profiles shows "
                "those that are)."
            )

    def _region(self, in_state: str | None, members: Mapping[str, Any]) -> dict[str, Any]:
        """The Region, what named it, and whether the program and the stack's config are silent about it."""
        sources = (
            ("the state", in_state, False),
            ("aws.region", values.string("aws.region", self._aws.get("region")), False),
            *((key, self._get(key), False) for key in ("proton:region", "aws:region")),
            *((name, self._environment.get(name), True) for name in ("AWS_REGION", "AWS_DEFAULT_REGION")),
            ("the profile", members.get("region"), True),
        )
        for source, region, ambient in sources:
            if region:
                return {"region": region, "region_source": source, "region_is_ambient": ambient}
        return {"region": None, "region_source": "", "region_is_ambient": True}

    def _credentials(
        self, own_profile: str | None, profile: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Where the credentials come from: keys, a web identity, or a profile and what stands behind it."""
        if not own_profile:
            if keys := self._configured_keys():
                return keys
            if identity := self._configured_web_identity():
                return {"web_identity": identity}
        if not profile:
            if keys := self._keys_of_environment():
                return keys
            if identity := self._web_identity_of_environment():
                return {"web_identity": identity}
        access_key, secret_key = members.get("aws_access_key_id"), members.get("aws_secret_access_key")
        if access_key and secret_key and not members.get("role_arn"):
            return {
                "access_key": access_key,
                "secret_key": secret_key,
                "token": members.get("aws_session_token"),
            }
        return {"profile": profile or self._first("AWS_PROFILE", "AWS_DEFAULT_PROFILE")}

    def _calls(self, members: Mapping[str, Any], *, own_profile: bool) -> Settings:
        """Where and how calls are made."""
        skips_metadata = values.boolean("aws:skipMetadataApiCheck", self._get("aws:skipMetadataApiCheck"))
        if skips_metadata is None or own_profile:
            skips_metadata = values.boolean(
                "AWS_EC2_METADATA_DISABLED", self._environment.get("AWS_EC2_METADATA_DISABLED")
            )
        ignored = values.members("aws:ignoreTags", self._json("aws:ignoreTags"))
        defaults = values.members("aws:defaultTags", self._json("aws:defaultTags"))
        return Settings(
            ask_instance_metadata=not skips_metadata,
            metadata_endpoint=self._get("aws:ec2MetadataServiceEndpoint")
            or self._first("AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_METADATA_URL"),
            metadata_endpoint_mode=self._get("aws:ec2MetadataServiceEndpointMode") or None,
            shared_files=self._files,
            environment=tuple(
                sorted(
                    (name, value)
                    for name, value in self._environment.items()
                    if name.startswith("AWS_") or name.lower().endswith("_proxy")
                )
            ),
            endpoint_url=values.address("aws.endpointUrl", self._aws.get("endpointUrl"))
            or values.address("proton:endpointUrl", self._get("proton:endpointUrl"))
            or self._endpoint("proton", ("AWS_ENDPOINT_URL_PROTON",), members),
            sts_endpoint_url=self._configured_sts()
            or self._endpoint(
                "sts", ("TF_AWS_STS_ENDPOINT", "AWS_STS_ENDPOINT", "AWS_ENDPOINT_URL_STS"), members
            ),
            sts_region=self._get("aws:stsRegion") or None,
            # Each alone is enough: destroy and refresh see the config of the last up, and the variable of now.
            delete_unreachable=any(
                values.boolean(name, value)
                for name, value in (
                    ("proton:deleteUnreachable", self._get("proton:deleteUnreachable")),
                    (DELETE_UNREACHABLE, self._first(DELETE_UNREACHABLE)),
                )
            ),
            use_fips=self._switch(
                "aws:useFipsEndpoint", "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", members
            ),
            use_dualstack=self._switch(
                "aws:useDualstackEndpoint", "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", members
            ),
            ca_bundle=self._get("aws:customCaBundle")
            or self._first("AWS_CA_BUNDLE")
            or members.get("ca_bundle"),
            insecure=bool(values.boolean("aws:insecure", self._get("aws:insecure"))),
            http_proxy=self._get("aws:httpProxy") or None,
            https_proxy=self._get("aws:httpsProxy") or None,
            no_proxy=self._get("aws:noProxy") or None,
            max_attempts=values.whole("aws.maxAttempts", self._aws.get("maxAttempts"))
            or values.whole("aws:maxRetries", self._get("aws:maxRetries"), least=0)  # 0: not set (pulumi-aws)
            or values.whole("AWS_MAX_ATTEMPTS", self._first("AWS_MAX_ATTEMPTS"), least=0)
            or values.whole("max_attempts of the profile", members.get("max_attempts"), least=0)
            or None,
            retry_mode=values.choice("aws:retryMode", self._get("aws:retryMode"), _RETRY_MODES[1:])
            or values.choice("AWS_RETRY_MODE", self._first("AWS_RETRY_MODE"), _RETRY_MODES)
            or values.choice("retry_mode of the profile", members.get("retry_mode"), _RETRY_MODES),
            default_tags=values.tags("aws:defaultTags tags", defaults.get("tags")),
            ignored_tag_keys=values.strings("aws:ignoreTags keys", ignored.get("keys")),
            ignored_tag_prefixes=values.strings("aws:ignoreTags keyPrefixes", ignored.get("keyPrefixes")),
        )

    def _own_role(self) -> AssumedRole | None:
        if not self._aws.get("assumeRoleArn"):
            return None
        return AssumedRole(
            role_arn=values.role_arn("aws.assumeRoleArn", self._aws["assumeRoleArn"]),
            session_name=values.string("aws.sessionName", self._aws.get("sessionName"))
            or AssumedRole.session_name,
            external_id=values.string("aws.externalId", self._aws.get("externalId")),
            duration_seconds=values.whole("aws.durationSeconds", self._aws.get("durationSeconds")),
            tags=_session_tags(self._aws.get("sessionTags")),
        )

    def _role_of_config(self) -> AssumedRole | None:
        arn = self._get("proton:assumeRoleArn")
        return AssumedRole(role_arn=values.role_arn("proton:assumeRoleArn", arn)) if arn else None

    def _configured_keys(self) -> dict[str, Any] | None:
        """The keys of `aws:…`; they beat `aws:profile`, as for pulumi-aws. Half a pair would be read as none."""
        access_key, secret_key = self._get("aws:accessKey"), self._get("aws:secretKey")
        token = self._get("aws:token")
        if bool(access_key) != bool(secret_key) or (token and not access_key):
            raise ConfigurationError(
                "aws:accessKey and aws:secretKey must be set together, and aws:token only with them."
            )
        return (
            {"access_key": access_key, "secret_key": secret_key, "token": token or None}
            if access_key
            else None
        )

    def _keys_of_environment(self) -> dict[str, Any] | None:
        access_key = self._first("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")
        secret_key = self._first("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
        if not (access_key and secret_key):
            return None
        return {
            "access_key": access_key,
            "secret_key": secret_key,
            "token": self._first("AWS_SESSION_TOKEN"),
        }

    def _configured_web_identity(self) -> WebIdentityRole | None:
        key = "aws:assumeRoleWithWebIdentity"
        entry = values.members(key, self._json(key))
        if not entry:
            return None
        role_arn = entry.get("roleArn") or self._first("AWS_ROLE_ARN")
        token = values.string(f"{key} webIdentityToken", entry.get("webIdentityToken"))
        token_file = entry.get("webIdentityTokenFile") or self._first("AWS_WEB_IDENTITY_TOKEN_FILE")
        if not (token or token_file):
            raise ConfigurationError(f"{key} must have a webIdentityToken or a webIdentityTokenFile.")
        return WebIdentityRole(
            role_arn=values.role_arn(f"{key} roleArn", role_arn),
            token_file=None if token else values.string(f"{key} webIdentityTokenFile", token_file),
            token=token,
            session_name=values.string(f"{key} sessionName", entry.get("sessionName"))
            or self._first("AWS_ROLE_SESSION_NAME")
            or WebIdentityRole.session_name,
            duration_seconds=values.seconds(f"{key} duration", entry.get("duration")),
            policy=values.string(f"{key} policy", entry.get("policy")),
            policy_arns=values.strings(f"{key} policyArns", entry.get("policyArns")),
        )

    def _web_identity_of_environment(self) -> WebIdentityRole | None:
        token_file = self._first("AWS_WEB_IDENTITY_TOKEN_FILE")
        if not token_file:
            return None
        return WebIdentityRole(
            role_arn=values.role_arn("AWS_ROLE_ARN", self._first("AWS_ROLE_ARN")),
            token_file=token_file,
            session_name=self._first("AWS_ROLE_SESSION_NAME") or WebIdentityRole.session_name,
        )

    def _configured_roles(self) -> tuple[AssumedRole, ...]:
        """The chain of `aws:assumeRoles`, first to last, or the one role of the older `aws:assumeRole`."""
        chain = self._json("aws:assumeRoles")
        if chain is None:
            one = self._json("aws:assumeRole")
            chain = [] if one is None else [one]
        entries = values.maps("aws:assumeRoles", chain)
        return tuple(_configured_role(entry) for entry in entries if entry.get("roleArn"))

    def _configured_sts(self) -> str | None:
        """The STS address in `aws:endpoints`, a list of maps from a service to its address."""
        entries = values.maps("aws:endpoints", self._json("aws:endpoints"))
        return values.address(
            "aws:endpoints sts", next((entry["sts"] for entry in entries if entry.get("sts")), None)
        )

    def _endpoint(self, service: str, names: tuple[str, ...], members: Mapping[str, Any]) -> str | None:
        """The address of a service that the environment or the profile names."""
        ignores = values.boolean(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", self._first("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        )
        if ignores is None:
            ignores = values.boolean(
                "ignore_configured_endpoint_urls of the profile",
                members.get("ignore_configured_endpoint_urls"),
            )
        if ignores:
            return None
        for name in (*names, "AWS_ENDPOINT_URL"):
            if url := values.address(name, self._environment.get(name)):
                return url
        services = self._files.content.get("services", {}).get(members.get("services"), {})
        of_service = services.get(service, {}) if isinstance(services, Mapping) else {}
        of_service = of_service.get("endpoint_url") if isinstance(of_service, Mapping) else None
        return values.address("endpoint_url of the profile's services section", of_service) or values.address(
            "endpoint_url of the profile", members.get("endpoint_url")
        )

    def _switch(self, key: str, name: str, member: str, members: Mapping[str, Any]) -> bool:
        for source, value in (
            (key, self._get(key)),
            (name, self._first(name)),
            (f"{member} of the profile", members.get(member)),
        ):
            if (known := values.boolean(source, value)) is not None:
                return known
        return False

    def _paths(self, key: str, name: str, default: str) -> tuple[str, ...]:
        """The paths of shared files; `~` and variables in them are resolved."""
        paths = values.strings(key, self._json(key)) or (self._first(name) or default,)
        return tuple(os.path.expandvars(os.path.expanduser(path)) for path in paths)  # noqa: PTH111

    def _accounts(self, key: str) -> tuple[str, ...]:
        return values.account_ids(key, self._json(key))

    def _json(self, key: str) -> Any:
        return parsed(key, self._get(key))

    def _first(self, *names: str) -> str | None:
        return next((self._environment[name] for name in names if name in self._environment), None)


_RETRY_MODES: Final = ("legacy", "standard", "adaptive")


def _session_tags(tags: Any) -> tuple[tuple[str, str], ...]:
    """Session tags of `AwsSettings`: a map, or the list of `{key, value}` that states of version 0.1.0 hold."""
    if isinstance(tags, list):
        return tuple((tag["key"], tag["value"]) for tag in tags)
    return tuple(sorted((tags or {}).items()))


def _configured_role(entry: Mapping[str, Any]) -> AssumedRole:
    name = "aws:assumeRoles"
    return AssumedRole(
        role_arn=values.role_arn(f"{name} roleArn", entry["roleArn"]),
        session_name=values.string(f"{name} sessionName", entry.get("sessionName"))
        or AssumedRole.session_name,
        external_id=values.string(f"{name} externalId", entry.get("externalId")),
        duration_seconds=values.seconds(f"{name} duration", entry.get("duration")),
        policy=values.string(f"{name} policy", entry.get("policy")),
        policy_arns=values.strings(f"{name} policyArns", entry.get("policyArns")),
        source_identity=values.string(f"{name} sourceIdentity", entry.get("sourceIdentity")),
        tags=values.tags(f"{name} tags", entry.get("tags")),
        transitive_tag_keys=values.strings(f"{name} transitiveTagKeys", entry.get("transitiveTagKeys")),
    )
