"""`LocalAws.client` makes clients of every service and account, and ignores the user's environment."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT

from proton_provider.local import LocalAws

ELSEWHERE = "http://127.0.0.1:9"
"""Nobody listens there."""

SURROUNDINGS = {
    "a profile that does not exist": {"AWS_PROFILE": "nobody", "AWS_DEFAULT_PROFILE": "nobody"},
    "empty variables": dict.fromkeys(
        [
            *("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"),
            *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DATA_PATH"),
        ],
        "",
    ),
    "other endpoints": {
        "AWS_ENDPOINT_URL": ELSEWHERE,
        "AWS_ENDPOINT_URL_PROTON": ELSEWHERE,
        "AWS_ENDPOINT_URL_IAM": ELSEWHERE,
    },
    "switches of endpoints": {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "other keys": {
        "AWS_ACCESS_KEY_ID": "333333333333",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "x",
    },
    "another Region": {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_REGION": "eu-central-1"},
    "nonsense": {"AWS_MAX_ATTEMPTS": "many", "AWS_RETRY_MODE": "boldly", "AWS_DEFAULTS_MODE": "none"},
    "proxies": dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), ELSEWHERE),
    "files of certificates": {"AWS_CA_BUNDLE": "/nowhere", "REQUESTS_CA_BUNDLE": "/nowhere"},
}


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_a_client_takes_nothing_from_the_environment(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, surroundings: str
) -> None:
    """Whatever is set, its calls reach the local AWS, as the account and in the Region that were asked for."""
    for name, value in SURROUNDINGS[surroundings].items():
        monkeypatch.setenv(name, value)
    proton = aws.client("proton", account=ENVIRONMENT_ACCOUNT, region="eu-west-2")
    assert proton.list_environment_account_connections(requestedBy="ENVIRONMENT_ACCOUNT")
    iam = aws.client("iam", account=MANAGEMENT_ACCOUNT)
    assert iam.list_roles()["Roles"] == []
    assert [(each.service, each.account, each.region) for each in aws.requests] == [
        ("proton", ENVIRONMENT_ACCOUNT, "eu-west-2"),
        ("iam", MANAGEMENT_ACCOUNT, "us-east-1"),
    ]


@pytest.mark.parametrize("broken", [True, False])
def test_a_client_reads_no_file_of_the_users(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: bool
) -> None:
    """Neither the config nor the credentials file, whether or not they can be read."""
    text = (
        "not a file of AWS's [[[" if broken else f"[default]\nendpoint_url = {ELSEWHERE}\nmax_attempts = x\n"
    )
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv(name, str(path))
    assert (
        aws.client("sts", account=ENVIRONMENT_ACCOUNT).get_caller_identity()["Account"] == ENVIRONMENT_ACCOUNT
    )


def test_the_environment_of_a_new_process_does_not_matter_either(no_aws_in_shell: Path) -> None:
    """Variables that were set before boto3 was imported change nothing either."""
    program = (
        "import os\n"
        "os.environ.update(AWS_PROFILE='nobody', AWS_DEFAULT_REGION='', AWS_MAX_ATTEMPTS='x')\n"
        "from proton_provider.local import LocalAws\n"
        "with LocalAws() as aws:\n"
        "    aws.client('sqs').list_queues()\n"
        "    aws.client('codebuild').list_projects()\n"
        "    print(aws.client('sts').get_caller_identity()['Account'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("123456789012\n", 0), done.stderr


def test_every_service_is_at_the_address_itself(aws: LocalAws) -> None:
    """Services that put a bucket, an account or a word before the host are called without it."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"text")
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"text"
    discovery = aws.client("servicediscovery")
    with pytest.raises(discovery.exceptions.NamespaceNotFound):
        discovery.discover_instances(NamespaceName="absent", ServiceName="absent")


@pytest.mark.parametrize(
    "account", ["", "22222222222", "2222222222222", "22222222222x", "\uff12" * 12, "222222222222\n"]
)
def test_an_account_is_twelve_digits(aws: LocalAws, account: str) -> None:
    """Any other key would select account 123456789012."""
    with pytest.raises(ValueError, match="account must be twelve digits"):
        aws.client("proton", account=account)


def test_clients_can_be_made_by_many_threads(aws: LocalAws) -> None:
    """Each thread gets a client of its account."""
    accounts = [f"{number:012d}" for number in range(1, 17)]

    def identity(account: str) -> str:
        return str(aws.client("sts", account=account).get_caller_identity()["Account"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(identity, accounts)) == accounts


def test_a_local_aws_that_is_not_running_gives_none() -> None:
    """The error says what to do."""
    with pytest.raises(RuntimeError, match="use it in a with statement"):
        LocalAws().client("proton")
