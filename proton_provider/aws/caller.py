"""The account of the credentials, for which STS is called once, and the checks that need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from proton_provider.aws import answers
from proton_provider.aws.bodies import NotAnAnswerError
from proton_provider.aws.shared_work import SharedWork
from proton_provider.errors import WrongAccountError
from proton_provider.rules import account_of, problem_with_account_id
from proton_provider.settings import Settings


class Caller:
    """The owner of a session's credentials."""

    def __init__(self, settings: Settings, session: boto3.Session) -> None:
        self._settings = settings
        self._session = session
        self._asking = SharedWork[str]()
        self._account: str | None = None

    def account(self) -> str:
        """The account of the credentials. STS is called once."""
        return self._account or self._asking.result(self._ask, "the caller's account")

    def _ask(self) -> str:
        if self._account is None:
            failed = "GetCallerIdentity of the caller's account failed"
            try:
                sts = self._session.client("sts")
                account = _account_in(sts.get_caller_identity())
            except (BotoCoreError, ClientError, ValueError) as error:
                raise answers.credentials_error(error, failed) from None
            self._account = account
        return self._account

    @property
    def known_account(self) -> str | None:
        """The account of the credentials, if STS was asked for it before."""
        return self._account

    def require_account(self, account_id: str, connection_id: str) -> None:
        """Raise `WrongAccountError` if the caller's account is not `account_id`, in which the connection must be."""
        caller = self.account()
        if caller != account_id:
            raise WrongAccountError(
                f"Connection {connection_id} was not found in {self._settings.region}. The credentials are those of "
                f"account {caller}, not {account_id}, so it may still exist there.{self._source} Use credentials of account "
                f"{account_id}: change that, or set profile or assumeRoleArn in the resource's aws property (AwsSettings in "
                "Python)."
            )

    def require_allowed_account(self) -> None:
        """Raise `WrongAccountError` if the settings forbid the caller's account or do not allow it."""
        allowed, forbidden = self._settings.allowed_account_ids, self._settings.forbidden_account_ids
        if not (allowed or forbidden):
            return
        caller = self.account()
        if caller in forbidden or (allowed and caller not in allowed):
            wanted = (
                "another one (aws:forbiddenAccountIds)"
                if caller in forbidden
                else f"one of {', '.join(allowed)} (allowedAccountIds)"
            )
            raise WrongAccountError(
                f"The credentials are those of account {caller}, but the account must be {wanted}. Nothing was changed."
                f"{self._source} Use credentials of the right account."
            )

    def require_own_roles(self, roles: Mapping[str, str]) -> None:
        """Raise `WrongAccountError` for roles of another account than the caller's. `check` has compared their partitions.

        Nothing is checked if a Proton endpoint is given without an STS endpoint: AWS's own STS may not know the keys.
        """
        settings = self._settings
        if settings.endpoint_is_given and not settings.sts_endpoint_url:
            return
        for name, arn in roles.items():
            if account_of(arn) != self.account():
                raise WrongAccountError(
                    "The roles of a connection must be in the account that requests it: account "
                    f"{self.account()}. {name} is in account {account_of(arn)}. Nothing was requested.{self._source} Use "
                    "roles of the environment account, or credentials of the account of these roles."
                )

    @property
    def _source(self) -> str:
        """The setting that decides whose credentials these are, as a sentence."""
        source = self._settings.credentials_source
        return f" The credentials come from {source}." if source else ""


def _account_in(answer: Mapping[str, Any]) -> str:
    account: str = answer["Account"]
    if problem_with_account_id(account):
        raise NotAnAnswerError("has an account that is no account id")
    return account
