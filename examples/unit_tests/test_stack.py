"""Runs the stack in this folder on a local AWS and tests the result: `python -m pytest`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation

from proton_provider.local import LocalAws

ENVIRONMENT_ACCOUNT = "222222222222"
MANAGEMENT_ACCOUNT = "111111111111"
REGION = "us-east-1"


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="module")
def connection_id(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real `pulumi up` on the local AWS. Its state is deleted after the tests."""
    env = {
        "AWS_ENDPOINT_URL": local_aws.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ENVIRONMENT_ACCOUNT,  # to the local AWS, the key is the account
        "AWS_SECRET_ACCESS_KEY": "local",
        "PULUMI_BACKEND_URL": tmp_path_factory.mktemp("state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
    }
    stack = automation.create_stack(
        "test",
        work_dir=str(Path(__file__).parent),
        opts=automation.LocalWorkspaceOptions(env_vars=env),
    )
    stack.set_config("managementAccountId", automation.ConfigValue(MANAGEMENT_ACCOUNT))
    yield stack.up().outputs["connectionId"].value
    stack.destroy(remove=True)


def test_management_account_can_accept(local_aws: LocalAws, connection_id: str) -> None:
    """The management account finds the connection, and accepts it."""
    proton = local_aws.client("proton", account=MANAGEMENT_ACCOUNT, region=REGION)
    accepted = proton.accept_environment_account_connection(id=connection_id)
    assert accepted["environmentAccountConnection"]["environmentName"] == "prod"


def test_builds_may_write_logs(local_aws: LocalAws, connection_id: str) -> None:
    """The connection's CodeBuild role has the access that Proton's builds need."""
    proton = local_aws.client("proton", account=ENVIRONMENT_ACCOUNT, region=REGION)
    connection = proton.get_environment_account_connection(id=connection_id)["environmentAccountConnection"]
    role_name = connection["codebuildRoleArn"].rpartition("/")[2]
    iam = local_aws.client("iam", account=ENVIRONMENT_ACCOUNT)
    policies = iam.list_attached_role_policies(RoleName=role_name)
    names = [policy["PolicyName"] for policy in policies["AttachedPolicies"]]
    assert names == ["AWSProtonCodeBuildProvisioningBasicAccess"]
