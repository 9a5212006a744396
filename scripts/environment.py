"""Makes the environment variables for this clone's commands: the clone's own, without the user's Pulumi and AWS variables."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from clone import Clone

ENVIRONMENT_ACCOUNT = "222222222222"
MANAGEMENT_ACCOUNT = "111111111111"
REGION = "us-east-1"
LOCAL_SECRET = "local"  # noqa: S105 - SDKs need a secret key; the local AWS ignores it

FOREIGN = ("AWS_", "PULUMI_")
"""Prefixes of the variables with the user's own login, home and credentials."""

KEPT = frozenset({"AWS_CA_BUNDLE"})
"""A variable that is kept: it names the certificates that this machine trusts, and no credentials."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The names that a shell's variable can have."""

PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def is_foreign(name: str) -> bool:
    return name.startswith(FOREIGN) and name not in KEPT


def stripped(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the user's AWS and Pulumi variables."""
    return {name: value for name, value in environ.items() if not is_foreign(name)}


def own_folders(clone: Clone, engine: Path) -> list[str]:
    """The folders that come first on PATH: the one of .venv's Python, which runs programs, and the engine's."""
    return [str(clone.venv / "bin"), str(engine)]


def of_clone(environ: Mapping[str, str], clone: Clone) -> dict[str, str]:
    """The variables of every command: the clone's Pulumi home and backend, and no AWS profile of the user."""
    variables = {
        "PULUMI_HOME": str(clone.pulumi_home),
        # A URI, for `#`, `?`, `%` and blanks. A kill can leave the metadata beside the state empty, so there is none.
        "PULUMI_BACKEND_URL": f"{clone.state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Images of Python set it. Each command of Pulumi starts several, which would compile the SDKs every time.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    if any(name.lower() in PROXIES for name in environ):
        # boto3 and the AWS CLI would send requests for the loopback to the proxy.
        exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        hosts = ",".join(dict.fromkeys(["127.0.0.1", "localhost", *filter(None, exempt.split(","))]))
        variables |= {"no_proxy": hosts, "NO_PROXY": hosts}
    return variables


def of_local_aws(url: str, account: str = ENVIRONMENT_ACCOUNT) -> dict[str, str]:
    """The variables that point an AWS client at the local AWS. The access key is an account id; the secret is ignored."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,  # boto3 and the AWS CLI ignore AWS_REGION
    }


def of_engine(environ: Mapping[str, str], clone: Clone, engine: Path) -> dict[str, str]:
    """All environment variables of an engine that this clone starts."""
    path = os.pathsep.join([*own_folders(clone, engine), environ.get("PATH", os.defpath)])
    return {**stripped(environ), **of_clone(environ, clone), "PATH": path}


def shell_lines(environ: Mapping[str, str], folders: Sequence[str], variables: Mapping[str, str]) -> str:
    """Lines that set up a POSIX shell: `folders` come first on its PATH, and `variables` are exported.

    `environ` has the variables of this process. Its PATH is not used, because make or pyenv may have added to it: the
    lines extend the PATH of the shell itself.
    """
    # A shell runs what is in a name such as `AWS_$(...)`. It has no such variables itself.
    foreign = sorted(n for n in environ if is_foreign(n) and n not in variables and IDENTIFIER.fullmatch(n))
    unset = [f"unset {' '.join(foreign)}"] if foreign else []
    path = f'export PATH={shlex.quote(os.pathsep.join(folders))}:"$PATH"'
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([*unset, path, *exports])
