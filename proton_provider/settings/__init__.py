"""`Settings`: the resolved settings of all calls of one resource: credentials, Region, endpoints, proxies, retries.

This module reads no environment, file or config. `resolve` reads them once and makes this value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

DELETE_UNREACHABLE: Final = "PULUMI_PROTON_DELETE_UNREACHABLE"
"""The environment variable for the setting `deleteUnreachable`: resources at an endpoint that is gone count as deleted."""

ENDED: Final = "AWS ended Proton on 7 October 2026"
OTHER_ENDPOINT: Final = (
    "To use another endpoint that has the connections, run pulumi config set proton:endpointUrl ADDRESS, and "
    "then pulumi up or pulumi refresh --run-program (other commands use the config of the last up)."
)


@dataclass(frozen=True, kw_only=True)
class SessionRole:
    """A role to assume in either way. Lists and maps are tuples, so that it can be hashed."""

    role_arn: str
    session_name: str = "proton-provider"
    duration_seconds: int | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AssumedRole(SessionRole):
    """More arguments of STS's AssumeRole."""

    external_id: str | None = None
    source_identity: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WebIdentityRole(SessionRole):
    """More arguments of STS's AssumeRoleWithWebIdentity: the web identity token, or its file."""

    token_file: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class SharedFiles:
    """The merged content of AWS's shared configuration and credentials files. Unchanged files give the same object."""

    content: Mapping[str, Any] = field(default_factory=lambda: {"profiles": {}}, repr=False)
    """In botocore's form: `profiles` and `services`, each a map from a name to its members."""

    def profile(self, name: str | None) -> Mapping[str, Any]:
        """The members of a profile; None means `default`. Empty if there is no such profile."""
        members: Mapping[str, Any] = self.content["profiles"].get(name or "default", {})
        return members

    def has_profile(self, name: str) -> bool:
        return name in self.content["profiles"]


NO_FILES = SharedFiles()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a call. Equal settings share one client in a process."""

    region: str | None = None
    """None if no source has a Region."""
    region_source: str = field(default="", compare=False)
    """The source of the Region, in a user's words, such as `AWS_REGION`."""
    region_is_from_environment: bool = field(default=False, compare=False)
    """Whether the Region is not from the program or the stack's config. Another shell may have another Region then."""

    credentials_source: str = field(default="", compare=False)
    """What names the credentials, in a user's words, such as `aws:profile dev`."""
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    web_identity: WebIdentityRole | None = None
    profile: str | None = None
    """The profile of the credentials, used if there are no keys and no web identity. None means `default`."""
    assume_roles: tuple[AssumedRole, ...] = ()
    """Roles to assume one after the other, starting with the credentials above."""
    ask_instance_metadata: bool = True
    """Whether credentials may come from the metadata service of EC2."""
    metadata_endpoint: str | None = None
    metadata_endpoint_mode: str | None = None
    metadata_v1_is_disabled: bool = False
    shared_files: SharedFiles = NO_FILES
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The environment's `AWS_` variables that are not empty. Credential sources may read them."""

    endpoint_url: str | None = None
    """The address of Proton. None means AWS's own endpoint."""
    sts_endpoint_url: str | None = None
    """The address of STS. None means AWS's own endpoint."""
    sts_region: str | None = None
    delete_unreachable: bool = False
    """Whether resources at an endpoint that is gone count as deleted (`DELETE_UNREACHABLE`)."""
    use_fips: bool = False
    use_dualstack: bool = False

    ca_bundle: str | None = None
    insecure: bool = False
    http_proxy: str | None = None
    """The proxy for addresses that begin with `http:`. Addresses of this machine are called without a proxy."""
    https_proxy: str | None = None
    no_proxy: str | None = None
    max_attempts: int | None = None
    retry_mode: str | None = None

    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    default_tags: tuple[tuple[str, str], ...] | None = ()
    """None if a preview does not know them yet."""
    ignored_tag_keys: tuple[str, ...] = ()
    ignored_tag_prefixes: tuple[str, ...] = ()

    def ignores_tag(self, key: str) -> bool:
        """Whether tags with this key are only set by a request, and then left alone."""
        return key in self.ignored_tag_keys or key.startswith(self.ignored_tag_prefixes)

    @property
    def endpoint_is_given(self) -> bool:
        """Whether the endpoint is another one than AWS's own. Any Region is accepted for it."""
        try:
            return self.endpoint_url is not None and not _AWS_HOST.fullmatch(
                urlsplit(self.endpoint_url).netloc
            )
        except ValueError:  # such as http://[ ; boto3 refuses it before a call
            return True


# With VPC endpoints, FIPS and IPv6 (the forms are documented by AWS).
_AWS_HOST: Final = re.compile(
    r"([\w-]+\.)*proton(-fips)?\.[\w-]+\.(vpce\.)?(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?",
    re.ASCII | re.IGNORECASE,
)
