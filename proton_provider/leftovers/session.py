"""Makes the session of the command: boto3's chain of credentials, whose every failure is one sentence.

The provider's sentences and its judgement of answers are used. A profile with an MFA device asks on the terminal, as in the
AWS CLI.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
import botocore.session
from botocore.credentials import Credentials, create_credential_resolver
from botocore.exceptions import ProfileNotFound

from proton_provider.aws import answers, credential_words
from proton_provider.aws.bodies import Parsers
from proton_provider.aws.credentials import WithOneErrorSentence

T = TypeVar("T")


def session(profile: str | None, region: str) -> boto3.Session:
    """A session with the credentials of this profile, or of boto3's default sources. A role is assumed in this Region.

    What fetches or renews credentials raises `CredentialsError`. An answer that is not from AWS raises botocore's
    `NotAnAnswerError`, or a `ClientError` without a code.
    """
    inner = botocore.session.Session(profile=profile)
    inner.register_component("credential_provider", _Chain(inner, region))
    inner.register_component("response_parser_factory", Parsers())
    return boto3.Session(botocore_session=inner)


class _Chain:
    """The credential provider of a botocore session."""

    def __init__(self, session: Any, region: str) -> None:
        self._session = session
        self._region = region

    def load_credentials(self) -> Credentials | None:
        chain = create_credential_resolver(self._session, region_name=self._region)
        found = self.fetch(chain.load_credentials)
        return None if found is None else WithOneErrorSentence(found, self.fetch, self.source)

    def fetch(self, fetch: Callable[[], T]) -> T:
        """The result of `fetch`, which may fail in whichever way the source of the credentials fails."""
        try:
            return fetch()
        except (EOFError, ProfileNotFound):  # no terminal to ask for the code of an MFA device; a wrong name
            raise
        except Exception as error:  # noqa: BLE001  # botocore's sources raise errors of files, programs and JSON
            raise answers.credentials_error(error, f"No credentials from {self.source()}") from None

    def source(self) -> str:
        """Where the credentials come from, in a user's words."""
        profiles = self._session.full_config.get("profiles", {})
        profile = self._session.get_config_variable("profile")
        if profile is None and "AWS_ACCESS_KEY_ID" in os.environ:
            return "the environment (AWS_ACCESS_KEY_ID)"
        return credential_words.source_in_words(profile, lambda name: profiles.get(name, {}), os.environ)
