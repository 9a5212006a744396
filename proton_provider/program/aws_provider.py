"""Reads the settings of an explicit `aws.Provider` for a resource, without saving its credentials in state."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

import pulumi
from pulumi import InvokeOptions, Output, ProviderResource, ResourceOptions
from pulumi.output import UNKNOWN, contains_unknowns
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

from proton_provider.errors import ConfigurationError

PACKAGE: Final = "aws"
HOST_PACKAGE: Final = "pulumi-python"
"""The package of the provider that hosts all dynamic resources."""

PROVIDER_SETTINGS: Final = (
    "allowedAccountIds",
    "assumeRoleWithWebIdentity",
    "assumeRoles",
    "customCaBundle",
    "defaultTags",
    "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode",
    "endpoints",
    "forbiddenAccountIds",
    "httpProxy",
    "httpsProxy",
    "ignoreTags",
    "insecure",
    "maxRetries",
    "noProxy",
    "profile",
    "region",
    "retryMode",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "skipMetadataApiCheck",
    "stsRegion",
    "useDualstackEndpoint",
    "useFipsEndpoint",
)
"""The settings of a provider that apply to calls to Proton and STS. The others are for services that are not called."""

_CREDENTIALS: Final = ("accessKey", "secretKey", "token")
_WEB_IDENTITY_TOKEN: Final = "webIdentityToken"  # noqa: S105  # a name
_NAMES: Final = {
    "accessKey": "access_key",
    "secretKey": "secret_key",
    "token": "token",
    _WEB_IDENTITY_TOKEN: "web_identity_token",
}
"""The names of pulumi-aws's credentials in Python."""


def find_provider(user: str, opts: ResourceOptions | InvokeOptions | None) -> ProviderResource | None:
    """The `aws.Provider` in the options of `user` or of its parent, found as pulumi-aws's resources find it.

    Raises `ValueError` if `provider` in the options is of another package.
    """
    if opts is None:
        return None
    if opts.provider is not None:
        package = getattr(opts.provider, "package", None)
        if package != PACKAGE:
            description = repr(opts.provider) if package is None else f"one of {package}"
            raise ValueError(
                f"{user} accepts only an aws.Provider; its provider is {description}. Remove provider from its options."
            )
        return opts.provider
    return _in_providers(PACKAGE, opts)


def require_default_host(user: str, opts: ResourceOptions | InvokeOptions | None) -> None:
    """Raise `ConfigurationError` if `user` would run in an explicit provider of all dynamic resources.

    The engine gives such a provider no stack config. Calls would use the account of the shell.
    """
    if opts is not None and (
        getattr(opts.provider, "package", None) == HOST_PACKAGE or _in_providers(HOST_PACKAGE, opts)
    ):
        raise ConfigurationError(
            f"{user} gets an explicit {HOST_PACKAGE} provider, from its options or from its parent. Pulumi gives that "
            "provider no stack config, so the calls could go to another account. Remove it. Where default providers are "
            "disabled (pulumi:disable-default-providers), use the native plugin with an explicit proton provider."
        )


def _in_providers(package: str, opts: ResourceOptions | InvokeOptions) -> ProviderResource | None:
    """The provider of this package in `providers` of the options, or of the parent."""
    providers = getattr(opts, "providers", None) or {}
    for provider in providers.values() if isinstance(providers, Mapping) else providers:
        if provider.package == package:
            found: ProviderResource = provider
            return found
    # `get_provider` finds a provider by the type of a resource; any type of the package will do.
    return None if opts.parent is None else opts.parent.get_provider(f"{package}:index/any:Any")


def with_provider(user: str, aws: Any, provider: ProviderResource) -> Any:
    """The settings `aws`, with the provider's settings for members that are not given.

    The Region is a member of its own: a preview may know it even if another setting of the provider is unknown.
    """
    if aws is not None and not isinstance(aws, Mapping):
        return (
            aws
            if not isinstance(aws, Output)
            else aws.apply(lambda known: with_provider(user, known, provider))
        )
    members = {name: value for name, value in (aws or {}).items() if value is not None}
    keys_are_needed = "profile" not in members
    settings = _settings(provider)
    region: Any = settings.region
    return {
        "region": region,
        **members,
        "provider": settings.others.apply(lambda known: _without_credentials(user, known, keys_are_needed)),
    }


def default_tags_are_secret(provider: ProviderResource) -> Output[bool]:
    """Whether the default tags of the provider are secret."""
    return _settings(provider).default_tags_are_secret


class _ProviderSettings:
    """The settings of one provider, read once for all resources that use it."""

    def __init__(self, provider: ProviderResource) -> None:
        state: Output[_ProviderInputs] = provider.urn.apply(_read_inputs)
        self.others: Output[dict[str, Any]] = state.apply(_used_settings)
        self.default_tags_are_secret: Output[bool] = state.apply(
            lambda inputs: inputs.default_tags_are_secret
        )
        # Not the output of its class: a provider that takes its Region from a profile has none in state.
        self.region: Output[str | None] = state.apply(lambda inputs: inputs.region)


_settings_by_provider: WeakKeyDictionary[ProviderResource, _ProviderSettings] = WeakKeyDictionary()


def _settings(provider: ProviderResource) -> _ProviderSettings:
    if provider not in _settings_by_provider:
        _settings_by_provider[provider] = _ProviderSettings(provider)
    return _settings_by_provider[provider]


@dataclass(frozen=True)
class _ProviderInputs:
    """The inputs of a provider, as the engine has them."""

    members: Mapping[str, Any]
    region: Output[str | None]
    """None if the provider takes it from its profile or the environment."""
    secret: bool
    """Whether one of the settings in `PROVIDER_SETTINGS` is secret. Then all of them stay secret."""
    default_tags_are_secret: bool = False


async def _read_inputs(urn: str) -> _ProviderInputs:
    """Read the provider's inputs from the engine. Its Python class has no outputs for lists, maps and booleans."""
    monitor: Any = get_monitor()
    request = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:getResource")
    request.args["urn"] = urn
    answer = await asyncio.to_thread(monitor.Invoke, request)
    # The members are unwrapped one by one: otherwise the SDK makes all of them secret if one is.
    members = rpc.deserialize_properties(getattr(answer, "return")["state"], keep_unknowns=True)
    region = members.get("region")
    return _ProviderInputs(
        {name: rpc.unwrap_rpc_secret(value) for name, value in members.items()},
        Output.secret(rpc.unwrap_rpc_secret(region))
        if rpc.is_rpc_secret(region)
        else Output.from_input(region),
        any(rpc.is_rpc_secret(members.get(name)) for name in PROVIDER_SETTINGS),
        rpc.is_rpc_secret(members.get("defaultTags")),
    )


def _used_settings(state: _ProviderInputs) -> Output[dict[str, Any]]:
    """The settings in `PROVIDER_SETTINGS`, and where the provider's keys come from. Unknown if one of them is unknown."""
    members = {name: value for name, value in state.members.items() if value is not None}
    followed = {name: members[name] for name in PROVIDER_SETTINGS if name in members}
    keys = {name: members[name] for name in _CREDENTIALS if name in members}
    if contains_unknowns([*followed.values(), *keys.values()]):
        return Output.from_input(cast("dict[str, Any]", UNKNOWN))
    texts: dict[str, Any] = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in followed.items()
    }
    web_identity = json.loads(texts.get("assumeRoleWithWebIdentity") or "{}")
    if web_identity.get(_WEB_IDENTITY_TOKEN):
        texts["keys"] = [_WEB_IDENTITY_TOKEN]
    elif keys:
        config = pulumi.Config(PACKAGE)
        same = all(config.get(name) == keys.get(name) for name in _CREDENTIALS)
        texts["keys"] = "config" if same else sorted(keys)
    return Output.secret(texts) if state.secret else Output.from_input(texts)


def _without_credentials(user: str, known: dict[str, Any], keys_are_needed: bool) -> dict[str, Any]:
    """The settings that are saved in state, which is not encrypted. They say where the keys come from, and have no keys.

    Raises `ConfigurationError` if the resource cannot work without the provider's keys.
    """
    settings = {name: value for name, value in known.items() if name not in ("keys", "region")}
    keys = known.get("keys")
    if keys == "config":
        settings["keysOfConfig"] = True
    elif keys and keys_are_needed:
        names = " and ".join(_NAMES[name] for name in keys)
        raise ConfigurationError(
            f"{user} cannot use its aws.Provider, which has {names}: the state of a dynamic resource would save these "
            "credentials in clear. Set aws=AwsSettings(profile=...) on the resource; or set profile or assume_roles on the "
            "provider; or take its keys from aws:accessKey and aws:secretKey in the stack's config."
        )
    elif keys:
        settings.pop("assumeRoleWithWebIdentity", None)
    return settings
