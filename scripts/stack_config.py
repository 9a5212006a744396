"""The config of the stack `local`: what points pulumi-aws and the Proton provider at the local AWS."""

from __future__ import annotations

from pathlib import Path

from environment import ENVIRONMENT_ACCOUNT, REGION

PROJECT = "one-stack"

SALT = "encryptionsalt:"
"""Pulumi's own line, with which the stack's secrets are told apart; it belongs to the stack's state."""


def text(url: str, connection_id: str) -> str:
    return f"""\
# Written by `make up`, deleted by `make down`. It points pulumi-aws and the Proton provider at the local AWS.
config:
  # The connection whose roles the program sets: requested and accepted in the local AWS.
  {PROJECT}:connectionId: {connection_id}
  # The Region of the connection.
  aws:region: {REGION}
  # To the local AWS an access key of twelve digits is the account of that number; it does not look at the secret.
  aws:accessKey: "{ENVIRONMENT_ACCOUNT}"
  aws:secretKey: local
  # pulumi-aws makes its roles at this address instead of at AWS.
  aws:endpoints:
    - iam: {url}
      sts: {url}
  # These credentials are no real ones, and this machine is no EC2 instance: pulumi-aws need not ask.
  aws:skipCredentialsValidation: "true"
  aws:skipMetadataApiCheck: "true"
  # The Proton provider calls Proton at this address.
  proton:endpointUrl: {url}
"""


def write(path: Path, url: str, connection_id: str) -> None:
    """Write it anew unless it names this address already (then it may hold the user's own settings too)."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if url in old and connection_id in old:
        return
    salt = [line for line in old.splitlines() if line.startswith(SALT)]
    path.write_text("\n".join([text(url, connection_id).rstrip(), *salt, ""]), encoding="utf-8")
