"""The wheel with a botocore that no longer has Proton, first on PYTHONPATH; run by .ci/range."""

from __future__ import annotations

import boto3
import botocore.session
import botocores
import pytest
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION
from botocore.exceptions import UnknownServiceError

from proton_provider import service_model
from proton_provider.local import LocalAws

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")


def test_this_botocore_has_no_proton() -> None:
    """Without this, the other tests would prove nothing."""
    assert not (botocores.DATA / "proton").exists()
    with pytest.raises(UnknownServiceError):
        boto3.client("proton", region_name=REGION)


def test_boto3_finds_the_model_that_the_wheel_brings() -> None:
    """A session that it was added to makes clients, at AWS's own address."""
    session = botocore.session.Session()
    service_model.add_to(session)
    proton = boto3.Session(botocore_session=session).client("proton", region_name=REGION)
    assert proton.meta.endpoint_url == f"https://proton.{REGION}.amazonaws.com"
    assert proton.meta.service_model.operation_names == service_model.model().operation_names


def test_two_accounts_make_a_connection() -> None:
    """The local AWS starts, and its clients request, accept and set a role."""
    with LocalAws() as aws:
        environment = aws.client("proton", account=ENVIRONMENT_ACCOUNT)
        management = aws.client("proton", account=MANAGEMENT_ACCOUNT)
        made = environment.create_environment_account_connection(
            environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT
        )["environmentAccountConnection"]
        management.accept_environment_account_connection(id=made["id"])
        role = f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:role/r"
        updated = environment.update_environment_account_connection(id=made["id"], roleArn=role)
        connection = updated["environmentAccountConnection"]
    assert (connection["status"], connection["roleArn"]) == ("CONNECTED", role)
