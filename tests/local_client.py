"""Real boto3 clients of the local AWS, every answer of Proton's judged by the service model, and what tests ask of them."""

import json
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from wire import ENVIRONMENT, MANAGEMENT, judge_answer

from proton_provider.local import LocalAws, clients

PROTON, CODEBUILD = "proton.amazonaws.com", "codebuild.amazonaws.com"
UNSIGNED = "MissingAuthenticationTokenException"


def client(
    aws: LocalAws,
    service: str,
    key: str = ENVIRONMENT,
    *,
    region: str = "eu-west-1",
    retries: int = 0,
    **more: Any,
) -> Any:
    """A real client; every answer it gets from Proton is judged."""
    secret, token = more.pop("secret", "any"), more.pop("token", None)
    mode = "standard" if retries else "legacy"
    made = clients.session().client(
        service,
        endpoint_url=aws.url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": retries, "mode": mode}, **more),
    )
    made.meta.events.register("before-parse.proton", judge_answer)
    return made


def call(proton: Any, operation: str, **members: Any) -> dict[str, Any]:
    """The connection that an operation on connections answers with."""
    answer = getattr(proton, f"{operation}_environment_account_connection")(**members)
    connection: dict[str, Any] = answer["environmentAccountConnection"]
    return connection


def create(proton: Any, **members: Any) -> dict[str, Any]:
    """A new connection."""
    return call(
        proton, "create", **{"environmentName": "production", "managementAccountId": MANAGEMENT, **members}
    )


def listed(proton: Any, requested_by: str = "ENVIRONMENT_ACCOUNT") -> list[str]:
    """The ids of all connections of a caller."""
    pages = proton.get_paginator("list_environment_account_connections").paginate(requestedBy=requested_by)
    return [item["id"] for page in pages for item in page["environmentAccountConnections"]]


def error(operation: Any, *arguments: Any, **members: Any) -> dict[str, str]:
    """The error of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        operation(*arguments, **members)
    found: dict[str, str] = caught.value.response["Error"]
    return found


def assume(sts: Any, role_arn: str) -> dict[str, Any]:
    """The credentials of an assumed role, as ``client`` takes them."""
    given = sts.assume_role(RoleArn=role_arn, RoleSessionName="ann")["Credentials"]
    return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}


def trust(*services: str, effect: str = "Allow", action: Any = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy for services."""
    statement = {"Effect": effect, "Principal": {"Service": list(services)}, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(aws: LocalAws, name: str, policy: str, account: str = ENVIRONMENT) -> str:
    """The ARN of a new role."""
    iam = client(aws, "iam", account)
    role = iam.create_role(RoleName=name, Path="/service/", AssumeRolePolicyDocument=policy)["Role"]
    return str(role["Arn"])


def outcomes(aws: LocalAws, operation: str) -> list[tuple[int, str | None]]:
    """Status and error of each request of an operation so far."""
    return [(request.status, request.error) for request in aws.requests if request.operation == operation]
