"""The wheel with its extra `local`, far from the source; run by .ci/range."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import local_aws
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION

import proton_provider
from proton_provider.local import clients


def test_the_package_is_the_installed_one() -> None:
    """It lies in this Python's own packages, with the marker for type checkers, and nowhere else on the path."""
    package = Path(proton_provider.__file__).parent
    assert package.is_relative_to(sys.prefix)
    assert (package / "py.typed").exists()
    assert [path for path in sys.path if (Path(path) / "proton_provider").exists()] == [str(package.parent)]


def test_it_has_the_package_and_its_licence_and_no_other_code() -> None:
    """The installed files are the package's, its metadata, and its commands."""
    files = [file.as_posix() for file in importlib.metadata.files("proton-provider") or ()]
    others = [
        name
        for name in files
        if not name.startswith(("proton_provider/", "proton_provider-", "../../../bin/"))
    ]
    assert others == []
    assert {"proton_provider/py.typed", "proton_provider/plugin/schema.json"} < set(files)
    assert any(name.endswith("/licenses/LICENSE") for name in files)


def test_it_does_not_wait_for_boto3() -> None:
    """Importing the package imports neither boto3 nor pulumi-aws, with these versions of pulumi and of them."""
    program = "import sys, proton_provider; print({'boto3', 'botocore', 'pulumi_aws'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_the_metadata_say_what_it_is() -> None:
    """It names its licence and the lowest Python."""
    metadata = importlib.metadata.metadata("proton-provider")
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"


def test_the_command_starts_and_answers(tmp_path: Path, no_aws_in_shell: Path) -> None:
    """`proton-local` serves Proton to a plain client until it is ended."""
    command = Path(sys.executable).with_name("proton-local")
    url = local_aws.start(tmp_path, [str(command), "--port", "0"], os.environ)
    try:
        proton = clients.client(url, "proton", ENVIRONMENT_ACCOUNT, REGION)
        made = proton.create_environment_account_connection(
            environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT
        )
        assert made["environmentAccountConnection"]["environmentAccountId"] == ENVIRONMENT_ACCOUNT
    finally:
        assert local_aws.stop(tmp_path)
