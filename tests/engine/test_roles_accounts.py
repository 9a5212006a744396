"""The roles resource as another account: by roles to assume or by a profile, as pulumi-aws, with no credential left behind."""

from __future__ import annotations

import json
from pathlib import Path

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, Client, MakeStack
from engine.programs import Source, accepted_connection, arn, program, roles

from proton_provider.local import LocalAws

_OTHER_ACCOUNT = "333333333333"


def test_assumed_roles_reach_two_accounts_and_no_credential_is_in_state(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """From a third account's keys, `aws:assumeRoles`, `proton:assumeRoleArn` and `AwsSettings` each lead to their account."""
    iam = client("iam", MANAGEMENT_ACCOUNT)
    iam.create_user(UserName="deployer")
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    other_id = accepted_connection(client, _OTHER_ACCOUNT)
    config_id = accepted_connection(client)
    of_resource = f"AwsSettings(assume_role_arn={arn('deployer', _OTHER_ACCOUNT)!r}, external_id='agreed')"
    roles_of_other = roles(
        "other",
        connection_id=other_id,
        role_arn=arn("b", _OTHER_ACCOUNT),
        on_delete="restore",
        aws=Source(of_resource),
    )
    stack = make_stack(
        program(roles(connection_id=connection_id, role_arn=arn("a")), roles_of_other),
        {
            "aws:accessKey": key["AccessKeyId"],
            "aws:secretKey": key["SecretAccessKey"],
            "aws:assumeRoles": [{"roleArn": arn("chain", MANAGEMENT_ACCOUNT)}, {"roleArn": arn("deployer")}],
        },
    )
    stack.up("--skip-preview")
    stack.configure({"aws:assumeRoles": None, "proton:assumeRoleArn": arn("configured")})
    stack.write(
        program(
            roles(connection_id=connection_id, role_arn=arn("a")),
            roles("configured", connection_id=config_id, role_arn=arn("c")),
            roles_of_other,
        )
    )
    before = len(aws.requests)
    stack.up("--skip-preview")
    assert {
        request.parameters["RoleArn"] for request in aws.requests[before:] if request.service == "sts"
    } == {arn("configured")}
    state = json.dumps(stack.resources("Roles"))
    assert len(stack.resources("Roles")) == 3
    for credential in (key["AccessKeyId"], key["SecretAccessKey"], "accessKey", "secretKey", "token"):
        assert credential.lower() not in state.lower()
    stack.destroy("--skip-preview")
    changed = {
        request.parameters["id"]: request.account
        for request in aws.requests
        if request.operation == "UpdateEnvironmentAccountConnection"
    }
    assert changed == {
        connection_id: ENVIRONMENT_ACCOUNT,
        config_id: ENVIRONMENT_ACCOUNT,
        other_id: _OTHER_ACCOUNT,
    }


def test_a_profile_gives_account_and_region(make_stack: MakeStack, aws: LocalAws, client: Client) -> None:
    """`aws:profile` alone says who calls and in which Region; the Region is known at preview."""
    connection_id = accepted_connection(client, _OTHER_ACCOUNT)
    stack = make_stack(
        program(
            roles(connection_id=connection_id, role_arn=arn("a", _OTHER_ACCOUNT)),
            "pulumi.export('region', roles.region)",
        ),
        {"aws:region": None, "aws:accessKey": None, "aws:secretKey": None, "aws:profile": "dev"},
    )
    Path(stack.env["AWS_CONFIG_FILE"]).write_text(f"[profile dev]\nregion = {REGION}\n")
    Path(stack.env["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        f"[dev]\naws_access_key_id = {_OTHER_ACCOUNT}\naws_secret_access_key = local\n"
    )
    before = len(aws.requests)
    assert f'region: "{REGION}"' in stack.up().text
    assert [(request.account, request.region) for request in aws.requests[before:]] == [
        (_OTHER_ACCOUNT, REGION)
    ] * 2
