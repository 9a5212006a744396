"""Writes the config of the stack `local`, which points pulumi-aws and the Proton provider at the local AWS."""

from __future__ import annotations

from pathlib import Path

from environment import ENVIRONMENT_ACCOUNT, REGION

PROJECT = "one-stack"

SALT = "encryptionsalt:"
"""A line that Pulumi adds for the stack's secrets. It belongs to the stack's state, so it is kept."""


def text(url: str, connection_id: str) -> str:
    return f"""\
# Written by `make up`, deleted by `make down`. It points pulumi-aws and the Proton provider at the local AWS.
config:
  # The connection whose roles the program sets: requested and accepted in the local AWS.
  {PROJECT}:connectionId: {connection_id}
  # The Region of the connection.
  aws:region: {REGION}
  # The local AWS takes an access key of twelve digits as an account id, and ignores the secret.
  aws:accessKey: "{ENVIRONMENT_ACCOUNT}"
  aws:secretKey: local
  # pulumi-aws creates its roles at this address instead of at AWS.
  aws:endpoints:
    - iam: {url}
      sts: {url}
  # These credentials are not real, and this machine is no EC2 instance, so pulumi-aws skips these checks.
  aws:skipCredentialsValidation: "true"
  aws:skipMetadataApiCheck: "true"
  # The Proton provider calls Proton at this address.
  proton:endpointUrl: {url}
"""


def write(path: Path, url: str, connection_id: str) -> None:
    """Write the config, unless it has this address already. It may then have settings of the user too."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if url in old and connection_id in old:
        return
    salt = [line for line in old.splitlines() if line.startswith(SALT)]
    path.write_text("\n".join([text(url, connection_id).rstrip(), *salt, ""]), encoding="utf-8")
