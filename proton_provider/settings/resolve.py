"""Resolves the settings of a resource once, from its `AwsSettings`, the stack's config, the environment and AWS's files.

The first source that sets a value wins. If pulumi-aws reads a source too, this module reads it in the same way: both
make calls in the same `pulumi up`. The table of all settings is in `docs/configuration.md`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from proton_provider.settings import DELETE_UNREACHABLE, Settings
from proton_provider.settings import parsing as values
from proton_provider.settings.aws_settings import read_setting
from proton_provider.settings.credential_sources import named_profile, resolve_caller
from proton_provider.settings.sources import Get, Sources


def resolve(
    aws: Mapping[str, Any] | None,
    get: Get,
    *,
    region: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings for a resource whose `aws` property is `aws`. `region` is the Region in its state.

    Raises `ConfigurationError` for invalid values and for a profile that does not exist. The message names the setting.
    """
    own = aws or {}
    if (provider := own.get("provider")) is not None:
        get = _read_from_provider(provider, get)
    sources = Sources(own, get, os.environ if environment is None else environment)
    members = sources.files.profile(named_profile(sources)[1])
    found = Settings(
        shared_files=sources.files,
        environment=tuple(
            sorted((name, text) for name, text in sources.environment.items() if name.startswith("AWS_"))
        ),
        **_region(sources, region, members),
        **_endpoints(sources, members),
        **_metadata(sources, members),
        **_transport(sources, members),
        **_retries(sources, members),
        **_tags(sources),
    )
    if found.delete_unreachable and not found.endpoint_is_given:
        # AWS is not called, so missing credentials, profiles and roles do no harm.
        return found
    return replace(found, **resolve_caller(sources))


_OVERRIDDEN: Final = frozenset({"proton:region", "proton:profile", "proton:assumeRoleArn"})
"""Keys of the stack's config that an explicit provider replaces."""
_KEYS: Final = frozenset({"aws:accessKey", "aws:secretKey", "aws:token"})


def _read_from_provider(provider: Mapping[str, Any], get: Get) -> Get:
    """A `get` that reads the settings of an explicit `aws.Provider` instead of `aws:…` in the stack's config."""

    def read(key: str) -> str | None:
        if key in _OVERRIDDEN or (key in _KEYS and not provider.get("keysOfConfig")):
            return None
        if key in _KEYS or not key.startswith("aws:"):
            return get(key)
        value: str | None = provider.get(key.removeprefix("aws:"))
        return value

    return read


def _region(sources: Sources, in_state: str | None, members: Mapping[str, Any]) -> dict[str, Any]:
    """The Region, its source, and whether it is from neither the program nor the stack's config."""
    found = (
        ("the state", in_state, False),
        ("aws.region", read_setting(sources.aws, "region"), False),
        *((key, sources.config(key), False) for key in ("proton:region", "aws:region")),
        *((name, sources.variable(name), True) for name in ("AWS_REGION", "AWS_DEFAULT_REGION")),
        ("the profile", members.get("region"), True),
    )
    for source, region, ambient in found:
        if region:
            return {"region": region, "region_source": source, "region_is_from_environment": ambient}
    return {"region_is_from_environment": True}


def _endpoints(sources: Sources, members: Mapping[str, Any]) -> dict[str, Any]:
    """The endpoints of Proton and STS, and the variants (FIPS, dual-stack) of AWS's own."""
    entries = values.maps("aws:endpoints", sources.parsed_config("aws:endpoints"))
    configured_sts = next((entry["sts"] for entry in entries if entry.get("sts")), None)
    return {
        "endpoint_url": read_setting(sources.aws, "endpointUrl")
        or values.address("proton:endpointUrl", sources.config("proton:endpointUrl"))
        or _endpoint_from_environment(sources, "proton", members),
        "sts_endpoint_url": values.address("aws:endpoints sts", configured_sts)
        # The Terraform provider in pulumi-aws treats these three variables like `endpoints`.
        or _address_of_variable(sources, "AWS_ENDPOINT_URL_STS", "TF_AWS_STS_ENDPOINT", "AWS_STS_ENDPOINT")
        or _endpoint_from_environment(sources, "sts", members),
        # One of the two is enough: destroy and refresh see the config of the last up, but the current variable.
        "delete_unreachable": any(
            values.boolean(name, text)
            for name, text in (
                ("proton:deleteUnreachable", sources.config("proton:deleteUnreachable")),
                (DELETE_UNREACHABLE, sources.variable(DELETE_UNREACHABLE)),
            )
        ),
        "sts_region": sources.config("aws:stsRegion"),
        "use_fips": _boolean_setting(
            sources, "aws:useFipsEndpoint", "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", members
        ),
        "use_dualstack": _boolean_setting(
            sources,
            "aws:useDualstackEndpoint",
            "AWS_USE_DUALSTACK_ENDPOINT",
            "use_dualstack_endpoint",
            members,
        ),
    }


def _endpoint_from_environment(sources: Sources, service: str, members: Mapping[str, Any]) -> str | None:
    """The endpoint of a service from the environment or the profile, unless a setting says to ignore these."""
    ignored = _first_boolean(
        sources, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", members
    )
    if ignored:
        return None
    services = sources.files.content.get("services", {}).get(members.get("services"), {})
    service_section = services.get(service) if isinstance(services, Mapping) else None
    return (
        _address_of_variable(sources, f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL")
        or values.address(
            "endpoint_url of the profile's services section",
            service_section.get("endpoint_url") if isinstance(service_section, Mapping) else None,
        )
        or values.address("endpoint_url of the profile", members.get("endpoint_url"))
    )


def _address_of_variable(sources: Sources, *names: str) -> str | None:
    return next((url for name in names if (url := values.address(name, sources.variable(name)))), None)


def _metadata(sources: Sources, members: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the metadata service of EC2 may be called, and its address."""
    skips = [
        values.boolean(name, text)
        for name, text in (
            ("aws:skipMetadataApiCheck", sources.config("aws:skipMetadataApiCheck")),
            *(
                (name, sources.variable(name))
                for name in ("AWS_SKIP_METADATA_API_CHECK", "AWS_EC2_METADATA_DISABLED")
            ),
        )
    ]
    return {
        "ask_instance_metadata": not next((skip for skip in skips if skip is not None), False),
        "metadata_endpoint": sources.config("aws:ec2MetadataServiceEndpoint")
        or sources.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_METADATA_URL")
        or members.get("ec2_metadata_service_endpoint"),
        "metadata_endpoint_mode": sources.config("aws:ec2MetadataServiceEndpointMode")
        or sources.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
        or members.get("ec2_metadata_service_endpoint_mode"),
        "metadata_v1_is_disabled": _first_boolean(
            sources, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", members
        )
        or False,
    }


def _transport(sources: Sources, members: Mapping[str, Any]) -> dict[str, Any]:
    """Certificates and proxies."""
    http_proxy = sources.config("aws:httpProxy")
    return {
        "ca_bundle": values.readable_file("aws:customCaBundle", sources.config("aws:customCaBundle"))
        or values.readable_file("AWS_CA_BUNDLE", sources.variable("AWS_CA_BUNDLE"))
        or values.readable_file("ca_bundle of the profile", members.get("ca_bundle")),
        "insecure": bool(values.boolean("aws:insecure", sources.config("aws:insecure"))),
        "http_proxy": http_proxy or sources.variable("HTTP_PROXY", "http_proxy"),
        # pulumi-aws uses aws:httpProxy for HTTPS too, if no setting names an HTTPS proxy.
        "https_proxy": sources.config("aws:httpsProxy")
        or sources.variable("HTTPS_PROXY", "https_proxy")
        or http_proxy,
        "no_proxy": sources.config("aws:noProxy") or sources.variable("NO_PROXY", "no_proxy"),
    }


def _retries(sources: Sources, members: Mapping[str, Any]) -> dict[str, Any]:
    """The number of attempts of a call, and the retry mode. 0 means not set, as for pulumi-aws."""
    return {
        "max_attempts": read_setting(sources.aws, "maxAttempts")
        or values.integer("aws:maxRetries", sources.config("aws:maxRetries"), least=0)
        or values.integer("AWS_MAX_ATTEMPTS", sources.variable("AWS_MAX_ATTEMPTS"), least=0)
        or values.integer("max_attempts of the profile", members.get("max_attempts"), least=0)
        or None,
        "retry_mode": values.choice("aws:retryMode", sources.config("aws:retryMode"), _RETRY_MODES[1:])
        or values.choice("AWS_RETRY_MODE", sources.variable("AWS_RETRY_MODE"), _RETRY_MODES)
        or values.choice("retry_mode of the profile", members.get("retry_mode"), _RETRY_MODES),
    }


_RETRY_MODES: Final = ("legacy", "standard", "adaptive")
_DEFAULT_TAG: Final = "TF_AWS_DEFAULT_TAGS_"


def _tags(sources: Sources) -> dict[str, Any]:
    """The default tags and the ignored tags. The variables are those of the Terraform provider."""
    defaults = values.members("aws:defaultTags", sources.parsed_config("aws:defaultTags"), ("tags",))
    ignored = values.members(
        "aws:ignoreTags", sources.parsed_config("aws:ignoreTags"), ("keyPrefixes", "keys")
    )
    from_environment = {
        name.removeprefix(_DEFAULT_TAG): text
        for name, text in sources.environment.items()
        if name.startswith(_DEFAULT_TAG)
    }
    from_config = dict(values.default_tags("aws:defaultTags tags", defaults.get("tags")))
    return {
        "default_tags": tuple(sorted({**from_environment, **from_config}.items())),
        "ignored_tag_keys": (
            *values.strings("aws:ignoreTags keys", ignored.get("keys")),
            *values.split_list(sources.variable("TF_AWS_IGNORE_TAGS_KEYS")),
        ),
        "ignored_tag_prefixes": (
            *values.strings("aws:ignoreTags keyPrefixes", ignored.get("keyPrefixes")),
            *values.split_list(sources.variable("TF_AWS_IGNORE_TAGS_KEY_PREFIXES")),
        ),
    }


def _boolean_setting(sources: Sources, key: str, name: str, member: str, members: Mapping[str, Any]) -> bool:
    """A boolean setting. False in the stack's config counts as not set, as for pulumi-aws."""
    return values.boolean(key, sources.config(key)) or _first_boolean(sources, name, member, members) or False


def _first_boolean(sources: Sources, name: str, member: str, members: Mapping[str, Any]) -> bool | None:
    known = values.boolean(name, sources.variable(name))
    return known if known is not None else values.boolean(f"{member} of the profile", members.get(member))
