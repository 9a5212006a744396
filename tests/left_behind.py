"""Makes accounts in a local AWS with what Proton leaves behind, and runs `proton-leftovers` on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from accounts import ENVIRONMENT_ACCOUNT
from moto.cloudformation.models import cloudformation_backends

from proton_provider.leftovers.__main__ import main
from proton_provider.local import LocalAws

HOME, AWAY = "eu-west-1", "us-east-1"
"""Two Regions in which Proton was."""

CODEBUILD_POLICY = "arn:aws:iam::aws:policy/AWSProtonCodeBuildProvisioningBasicAccess"
PROTON, CODEBUILD, CLOUDFORMATION = (
    f"{service}.amazonaws.com" for service in ("proton", "codebuild", "cloudformation")
)
TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
"""What is in every stack."""


def trust(principal: Any, **changes: Any) -> dict[str, Any]:
    """A trust policy of one statement; None takes a member out of it."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **changes}
    return policy({name: value for name, value in statement.items() if value is not None})


def policy(*statements: Any) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


class Account:
    """An account of a local AWS, for what was done in it while Proton was alive."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws

    def sign_in(self, monkeypatch: pytest.MonkeyPatch, url: str | None = None) -> None:
        """Give the shell its credentials and its endpoint, or that of a server before it, and a wide terminal."""
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setenv("AWS_ENDPOINT_URL", url or self.aws.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ENVIRONMENT_ACCOUNT)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")

    def client(self, service: str, region: str = HOME) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.aws.url,
            region_name=region,
            aws_access_key_id=ENVIRONMENT_ACCOUNT,
            aws_secret_access_key="local",
        )

    def role(self, name: str, trusted: Any = PROTON, *, attached: str | None = None) -> str:
        """Make a role that trusts these services, or has this whole trust policy; gives its ARN."""
        document = trusted if isinstance(trusted, dict) else trust({"Service": trusted})
        iam = self.client("iam")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        if attached:
            iam.attach_role_policy(RoleName=name, PolicyArn=attached)
        return str(made["Role"]["Arn"])

    def service_linked_role(self, name: str, service: str) -> str:
        """Make a service-linked role of AWS's name; moto would give it another."""
        iam = self.client("iam")
        made = iam.create_role(
            RoleName=name,
            Path=f"/aws-service-role/{service}/",
            AssumeRolePolicyDocument=json.dumps(trust({"Service": service})),
        )
        return str(made["Role"]["Arn"])

    def stack(
        self, name: str, region: str = HOME, *, status: str = "", parent: str | None = None, **more: Any
    ) -> str:
        """Make a stack; gives its ARN. `status` and `parent` go into moto's table: it can't come to them by itself."""
        cloudformation = self.client("cloudformation", region)
        arn = str(
            cloudformation.create_stack(**{"StackName": name, "TemplateBody": TEMPLATE, **more})["StackId"]
        )
        stack = cloudformation_backends[ENVIRONMENT_ACCOUNT][region].stacks[arn]
        stack.status = status or stack.status
        stack.parent_id = parent  # type: ignore[attr-defined]  # moto knows no nested stacks, and answers with it
        return arn

    def project(self, name: str, region: str = HOME, *, role: str, stack: str | None = None) -> str:
        """Make a CodeBuild project; gives its ARN."""
        made = self.client("codebuild", region).create_project(
            name=name,
            source={"type": "S3", "location": "bucket/key"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=role,
            tags=[{"key": "aws:cloudformation:stack-id", "value": stack}] if stack else [],
        )
        return str(made["project"]["arn"])

    def fill(self) -> None:
        """Put one of each into it."""
        provisioning = self.role("proton-provisioning", [PROTON, CLOUDFORMATION])
        runs_as = self.role("proton-codebuild", CODEBUILD, attached=CODEBUILD_POLICY)
        self.service_linked_role(
            "AWSServiceRoleForProtonCodeBuildProvisioning", "codebuild.proton.amazonaws.com"
        )
        self.stack("AWSProton-prod", RoleARN=provisioning)
        maker = self.stack("AWSProton-CodeBuild-prod", AWAY)
        self.project("AWSProton-prod-build", AWAY, role=runs_as, stack=maker)
        self.project("AWSProtonAlone", role=runs_as)


@dataclass(frozen=True)
class Ended:
    """How the command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def found(self) -> list[dict[str, Any]]:
        """The JSON it printed."""
        found: list[dict[str, Any]] = json.loads(self.out)
        return found

    @property
    def by_name(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.found}

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.found]


class Command:
    """The command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ended:
        self._capsys.readouterr()
        status = main(arguments)
        out, err = self._capsys.readouterr()
        return Ended(status, out, err)

    def json(self, *arguments: str, regions: Sequence[str] = (HOME, AWAY)) -> Ended:
        """With `--json`, in two Regions by default."""
        return self("--json", "--region", *regions, *arguments)

    def usage_error(self, *arguments: str) -> str:
        """What it says of arguments that it does not take."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        return self._capsys.readouterr().err
