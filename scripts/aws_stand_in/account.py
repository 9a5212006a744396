"""The AWS account that the provider talks to: its clients, who it is there, and its Region and partition."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_stand_in.errors import StandInError, doing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_stand_in.settings import Settings

CONCURRENCY = 32
"""How many calls may be under way at once: the engine's own default is four for each core."""


class Account:
    """Everything is made at first use and once, so that a preview that asks AWS nothing never imports boto3.

    Roles are assumed once: no command of Pulumi lasts longer than their hour. All methods raise StandInError.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()  # boto3's sessions are not thread-safe, its clients are
        self._made: Any = None
        self._clients: dict[str, Any] = {}

    @property
    def iam(self) -> Any:
        """The IAM client; it is thread-safe."""
        return self._client("iam")

    @property
    def region(self) -> str:
        """The configured Region."""
        return str(self._session().region_name)

    @cached_property
    def partition(self) -> Mapping[str, Any]:
        """The Region's partition as botocore describes it: `partition`, `dnsSuffix`, `regions`."""
        with doing(f"finding the partition of Region {self.region}"):
            name = self._session().get_partition_for_region(self.region)
        return next(entry for entry in self.partitions if entry["partition"] == name)

    @cached_property
    def partitions(self) -> list[Mapping[str, Any]]:
        """All partitions that botocore knows."""
        import botocore.session  # noqa: PLC0415 - lazy, see the class

        return list(botocore.session.get_session().get_data("endpoints")["partitions"])

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Who the credentials belong to: STS's `Account`, `Arn`, `UserId`."""
        with doing("asking STS for the caller's identity"):
            answer: Mapping[str, str] = self._client("sts").get_caller_identity()
        return answer

    def verify(self) -> None:
        """Fails where the configuration asks for a check of the credentials or of their account, and it fails."""
        allowed, forbidden = self.settings.allowed_account_ids, self.settings.forbidden_account_ids
        if self.settings.skip_credentials_validation and not (allowed or forbidden):
            return
        self._session()  # what is wrong with the configuration itself is no matter of credentials
        try:
            account = self.identity["Account"]
        except StandInError as error:
            raise StandInError(f"unable to validate AWS credentials: {error}") from error
        if account in forbidden or (allowed and account not in allowed):
            raise StandInError(f"AWS account ID not allowed: {account}")

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(self._session(), service)
            return self._clients[service]

    def _session(self) -> Any:
        with self._lock:
            if self._made is None:
                session = self._configured()
                for request in self.settings.assume_roles:
                    session = self._assumed(session, request)
                self._made = session
            return self._made

    def _configured(self) -> Any:
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
        return session

    def _assumed(self, session: Any, request: Mapping[str, Any]) -> Any:
        import boto3  # noqa: PLC0415 - lazy, see the class

        with doing(f"assuming role {request['RoleArn']}"):
            keys = self._new_client(session, "sts").assume_role(**request)["Credentials"]
        return boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=session.region_name,
        )

    def _new_client(self, session: Any, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - lazy, see the class
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        endpoints = {"iam": self.settings.iam_endpoint, "sts": self.settings.sts_endpoint}
        retries: dict[str, Any] = {"mode": self.settings.retry_mode}
        if self.settings.max_retries is not None:
            retries["total_max_attempts"] = max(1, self.settings.max_retries)
        try:
            return session.client(
                service,
                endpoint_url=endpoints[service],
                config=Config(max_pool_connections=CONCURRENCY, retries=retries),
            )
        except (BotoCoreError, ValueError) as error:  # the latter for an endpoint that is no URL
            raise StandInError(f"no client for {service} can be made: {error}") from error
