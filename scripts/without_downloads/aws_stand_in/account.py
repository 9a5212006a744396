"""The AWS account that the provider talks to: its clients, and who it is there."""

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from proton_provider.plugin.server import OPERATIONS
from without_downloads.aws_stand_in.errors import StandInError, doing
from without_downloads.aws_stand_in.settings import Settings


class Account:
    """Everything is made at first use and once, so that a preview that asks AWS nothing never imports boto3.

    Roles are assumed once: no command of Pulumi lasts longer than their hour. All methods raise StandInError.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()  # boto3's sessions are not thread-safe, its clients are
        self._clients: dict[str, Any] = {}

    @property
    def iam(self) -> Any:
        """The IAM client; it is thread-safe."""
        return self._client("iam")

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Who the credentials belong to: STS's `Account`, `Arn`, `UserId`."""
        with doing("asking STS for the caller's identity"):
            return dict(self._client("sts").get_caller_identity())

    def verify(self) -> None:
        """Fails where the configuration asks for a check of the credentials or of their account, and it fails."""
        allowed, forbidden = self.settings.allowed_account_ids, self.settings.forbidden_account_ids
        if self.settings.skip_credentials_validation and not (allowed or forbidden):
            return
        _ = self.iam  # what is wrong with the configuration itself is no matter of credentials
        try:
            account = self.identity["Account"]
        except StandInError as error:
            raise StandInError(f"unable to validate AWS credentials: {error}") from error
        if account in forbidden or (allowed and account not in allowed):
            raise StandInError(f"AWS account ID not allowed: {account}")

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(self._session, service)
            return self._clients[service]

    @cached_property
    def _session(self) -> Any:
        import boto3  # noqa: PLC0415 - lazy, see the class
        import botocore.session  # noqa: PLC0415

        with doing("reading the AWS configuration"):
            core = botocore.session.get_session()
            session = boto3.Session(
                aws_access_key_id=self.settings.access_key,
                aws_secret_access_key=self.settings.secret_key,
                aws_session_token=self.settings.token,
                region_name=self.settings.region,
                profile_name=self.settings.profile,
                botocore_session=core,
            )
            if self.settings.skip_metadata_api_check:
                core.get_component("credential_provider").remove("iam-role")
        if not session.region_name:
            raise StandInError(
                "no AWS Region is set; run `pulumi config set aws:region us-west-2`, or set AWS_REGION in the environment"
            )
        for request in self.settings.assume_roles:
            with doing(f"assuming role {request['RoleArn']}"):
                keys = self._new_client(session, "sts").assume_role(**request)["Credentials"]
            names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
            session = boto3.Session(*(keys[name] for name in names), region_name=session.region_name)
        return session

    def _new_client(self, session: Any, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - lazy, see the class

        retries: dict[str, Any] = {"mode": "standard"}
        if self.settings.max_retries is not None:
            retries["total_max_attempts"] = max(1, self.settings.max_retries)
        try:
            return session.client(
                service,
                endpoint_url=self.settings.endpoints.get(service),
                config=Config(max_pool_connections=OPERATIONS, retries=retries),
            )
        except ValueError as error:  # the endpoint is no URL
            raise StandInError(f"no client for {service} can be made: {error}") from error
