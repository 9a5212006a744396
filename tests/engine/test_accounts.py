"""Many accounts in one program: whom each resource talks to, that nobody else is talked to, that no credential is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import Source, accepter, arn, assumed, connection, live_ids, program, sent

from proton_provider.local import LocalAws

OTHER_ACCOUNT = "333333333333"
PROFILE_ACCOUNT = "444444444444"
PROFILED_ACCOUNT = "555555555555"
_ACCOUNTS = (ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT, PROFILED_ACCOUNT)
ACCEPT = "AcceptEnvironmentAccountConnection"
CREATE = "CreateEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"
DELETE = "DeleteEnvironmentAccountConnection"


def test_one_program_drives_many_accounts_and_mixes_nothing_up(
    make_stack: MakeStack, client: Client, aws: LocalAws, proton_calls: ProtonCalls
) -> None:
    """10 connections over 5 accounts are each in their own, with their own roles, accepted in a sixth."""
    accounts = [f"{number:012}" for number in range(500, 505)]
    numbers = range(10)

    def text(role: str) -> str:
        lines = []
        for number in numbers:
            account = accounts[number % 5]
            name = f"c{number}"
            roles = {
                "role_arn": arn(f"{role}-{number}", account),
                "codebuild_role_arn": arn(f"build-{number}", account),
            }
            lines += [
                connection(name, aws=assumed(account), **roles),
                accepter(f"a{number}", connection_id=Source(f"{name}.id")),
            ]
        return program(*lines)

    def held() -> dict[str, tuple[str, str, str, str]]:
        """Environment, roles and status of every connection, as its own account sees them."""
        found = {}
        for account in accounts:
            proton = client("proton", account)
            for connection_id in live_ids(client, account):
                seen = proton.get_environment_account_connection(id=connection_id)[
                    "environmentAccountConnection"
                ]
                found[seen["environmentName"]] = (
                    account,
                    seen["roleArn"],
                    seen["codebuildRoleArn"],
                    seen["status"],
                )
        return found

    def wanted(role: str) -> dict[str, tuple[str, str, str, str]]:
        return {
            f"c{number}": (
                accounts[number % 5],
                arn(f"{role}-{number}", accounts[number % 5]),
                arn(f"build-{number}", accounts[number % 5]),
                "CONNECTED",
            )
            for number in numbers
        }

    def assumptions() -> list[str]:
        return [request["RoleArn"] for request in sent(aws, "AssumeRole")]

    deployers = [arn("deployer", account) for account in accounts]
    stack = make_stack(text("first"), {"aws:accessKey": MANAGEMENT_ACCOUNT})
    stack.up("--skip-preview")
    calls = proton_calls()
    assert (len(calls), calls.count(CREATE), calls.count(ACCEPT)) == (20, 10, 10)
    assert sorted(assumptions()) == deployers
    assert held() == wanted("first")
    proton_calls()

    stack.write(text("second"))
    stack.up("--skip-preview")
    assert proton_calls() == [UPDATE] * 10
    assert sorted(assumptions()) == sorted(deployers * 2)
    assert held() == wanted("second")
    proton_calls()

    stack.destroy("--skip-preview")
    assert proton_calls() == [DELETE] * 10
    assert held() == {}


def test_settings_of_a_resource_reach_sts_and_no_credential_reaches_the_state(
    make_stack: MakeStack, client: Client, aws: LocalAws, tmp_path: Path
) -> None:
    """A session is assumed as the resource says, else as the config does, and no secret of it is in the state."""
    profiles = tmp_path / "credentials"
    profiles.write_text(
        f"[other]\naws_access_key_id = {PROFILE_ACCOUNT}\naws_secret_access_key = secret-of-the-profile\n"
    )
    stack = make_stack(
        program(
            connection(
                "own",
                aws=Source(
                    f"AwsSettings(assume_role_arn={arn('deployer', OTHER_ACCOUNT)!r}, external_id='a-partner', "
                    "session_name='own-session', session_tags={'role_arn': 'kept', 'team': 'red'}, "
                    "duration_seconds=1800)"
                ),
            ),
            connection("configured"),
            connection(
                "profiled",
                aws=Source(
                    f"AwsSettings(profile='other', assume_role_arn={arn('plain', PROFILED_ACCOUNT)!r})"
                ),
            ),
        ),
        {
            "aws:assumeRoles": [
                {
                    "roleArn": arn("configured"),
                    "externalId": "the-config",
                    "sessionName": "configured-session",
                    "duration": "1h",
                    "tags": {"stage": "test"},
                }
            ],
            "aws:accessKey": MANAGEMENT_ACCOUNT,
        },
    )
    stack.env["AWS_SHARED_CREDENTIALS_FILE"] = str(profiles)
    stack.run("config", "set", "--secret", "aws:secretKey", "secret-of-the-config")
    stack.up("--skip-preview")
    assert {account: len(live_ids(client, account)) for account in _ACCOUNTS} == dict.fromkeys(_ACCOUNTS, 1)
    assumptions = {
        request.parameters["RoleArn"]: {**_without_version(request.parameters), "by": request.account}
        for request in aws.requests
        if request.operation == "AssumeRole"
    }
    assert assumptions == {
        arn("plain", PROFILED_ACCOUNT): {
            "by": PROFILE_ACCOUNT,
            "RoleArn": arn("plain", PROFILED_ACCOUNT),
            "RoleSessionName": "proton-provider",
        },
        arn("deployer", OTHER_ACCOUNT): {
            "by": MANAGEMENT_ACCOUNT,
            "RoleArn": arn("deployer", OTHER_ACCOUNT),
            "RoleSessionName": "own-session",
            "ExternalId": "a-partner",
            "DurationSeconds": "1800",
            "Tags.member.1.Key": "role_arn",
            "Tags.member.1.Value": "kept",
            "Tags.member.2.Key": "team",
            "Tags.member.2.Value": "red",
        },
        arn("configured"): {
            "by": MANAGEMENT_ACCOUNT,
            "RoleArn": arn("configured"),
            "RoleSessionName": "configured-session",
            "ExternalId": "the-config",
            "DurationSeconds": "3600",
            "Tags.member.1.Key": "stage",
            "Tags.member.1.Value": "test",
        },
    }
    state = json.dumps(stack.state)
    assert "own-session" in state
    for secret in ("secret-of-the-config", "secret-of-the-profile", "ASIA", "SessionToken"):
        assert secret not in state
    for resource in stack.resources("EnvironmentAccountConnection"):
        assert not {"accessKey", "secretKey", "token"} & {*resource["inputs"], *resource["outputs"]}
        assert MANAGEMENT_ACCOUNT not in json.dumps(resource["outputs"].get("aws"))


def _without_version(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name != "Version"}
