"""Which account the stand-in talks to: Region, credentials, endpoints, roles to assume, and who it is there."""

from __future__ import annotations

import json

import pytest
from stand_in.plugin import (
    ACCOUNTS,
    INPUTS,
    ROLE,
    TRUST,
    UNKNOWN,
    Account,
    Plugin,
    Properties,
    refused,
    running,
)

from proton_provider.local import LocalAws


class TestConfiguration:
    """Which account, Region, credentials and endpoints."""

    @pytest.mark.parametrize(
        ("config", "key", "words"),
        [
            ({"assumeRole": '{"roleArn": "x"}'}, "assumeRole", "should be 'aws:assumeRoles'"),
            ({"assumeRoles": '[{"sessionName": "x"}]'}, "assumeRoles", "roleArn is required"),
            ({"assumeRoles": '[{"role_arn": "x"}]'}, "assumeRoles", "write aws.ProviderAssumeRoleArgs(...)"),
            ({"assumeRoles": '[{"roleArn": "x", "policy": "y"}]'}, "assumeRoles", "policy is no key"),
            ({"assumeRoles": '{"roleArn": "x"}'}, "assumeRoles", "must be a list of maps"),
            ({"endpoints": "["}, "endpoints", "cannot be read"),
            ({"endpoints": '["x"]'}, "endpoints", "must be a list of maps"),
            ({"skipCredentialsValidation": '"x"'}, "skipCredentialsValidation", "must be true or false"),
            ({"allowedAccountIds": '"1"'}, "allowedAccountIds", "must be a list"),
            ({"maxRetries": "many"}, "maxRetries", "cannot be read"),
            ({"accessKey": "a"}, "secretKey", "is required beside aws:accessKey"),
            ({"secretKey": "a"}, "accessKey", "is required beside aws:secretKey"),
        ],
    )
    def test_what_cannot_be_read_is_told_by_key(
        self, plugin: Plugin, config: Properties, key: str, words: str
    ) -> None:
        """A wrong value fails its key, and nothing is configured with it."""
        _inputs, failures = plugin.check_config(config)
        assert failures.keys() == {key}
        assert words in failures[key]
        with refused() as sentence:
            plugin.configure(config)
        assert sentence() == failures[key]

    def test_an_endpoint_that_is_no_address_is_told(self, account: Account) -> None:
        """The sentence names the service and the address."""
        with refused() as sentence:
            account.plugin.configure(
                {**account.config, "endpoints": '[{"sts": "x"}]', "skipCredentialsValidation": "false"}
            )
        assert "no client for sts can be made: Invalid endpoint: x" in sentence()

    def test_unknown_values_pass(self, plugin: Plugin) -> None:
        """A provider whose role is made in the same program can be previewed."""
        config = {"region": "us-east-1", "assumeRoles": UNKNOWN}
        assert plugin.check_config(config) == (config, {})

    def test_the_region_of_the_environment_is_written_down(self) -> None:
        """The state says which Region the environment had; AWS_REGION is taken as well."""
        with running(AWS_REGION="eu-west-1") as started:
            assert started.check_config({})[0] == {"region": "eu-west-1"}
            assert started.check_config({"region": "us-east-1"})[0] == {"region": "us-east-1"}

    def test_no_region_and_no_credentials_are_told(self) -> None:
        """Without a Region, or without credentials, the configuration fails with what to do."""
        with running() as started:
            with refused() as sentence:
                started.configure({"accessKey": "a", "secretKey": "b"})
            assert sentence().startswith("no AWS Region is set; run `pulumi config set aws:region us-west-2`")
            with refused() as sentence:
                started.configure({"region": "us-east-1"})
            assert "no AWS credentials were found; set aws:profile" in sentence()

    def test_a_profile_that_does_not_exist_is_told(self, account: Account) -> None:
        """The name of the profile is in the sentence."""
        config = {"region": "us-east-1", "profile": "nobody", "endpoints": account.config["endpoints"]}
        with refused() as sentence:
            account.plugin.configure(config)
        assert "nobody" in sentence()

    def test_the_environments_endpoint_and_keys_are_used(self, running_aws: LocalAws) -> None:
        """What boto3 reads from the environment holds where the configuration says nothing."""
        keys = {"AWS_ACCESS_KEY_ID": "499999999999", "AWS_SECRET_ACCESS_KEY": "local"}
        with running(AWS_ENDPOINT_URL=running_aws.url, **keys) as started:
            started.configure({"region": "us-east-1"})
            identity = started.invoke("aws:index/getCallerIdentity:getCallerIdentity")
        assert identity["accountId"] == "499999999999"

    @pytest.mark.parametrize("spelling", ["text", "structure"])
    def test_roles_are_assumed_one_after_the_other(self, account: Account, spelling: str) -> None:
        """The account is that of the last role, each assumed with the credentials of the one before."""
        first, second = str(next(ACCOUNTS)), str(next(ACCOUNTS))
        for number in (first, second):
            account.client("iam", number).create_role(RoleName="deployer", AssumeRolePolicyDocument=TRUST)
        roles: list[Properties] = [
            {"roleArn": f"arn:aws:iam::{first}:role/deployer", "sessionName": "one"},
            {"roleArn": f"arn:aws:iam::{second}:role/deployer", "externalId": "two"},
        ]
        text = roles if spelling == "structure" else json.dumps(roles)
        account.plugin.configure(
            {**account.config, "assumeRoles": text, "skipCredentialsValidation": "false"}
        )
        assert account.plugin.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == second
        account.plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        assert (
            account.client("iam", second)
            .get_role(RoleName="web")["Role"]["Arn"]
            .startswith(f"arn:aws:iam::{second}:")
        )

    @pytest.mark.parametrize("key", ["allowedAccountIds", "forbiddenAccountIds"])
    def test_a_wrong_account_is_refused(self, account: Account, key: str) -> None:
        """The account is looked at before anything is done, even where credentials are not validated."""
        ids = {"allowedAccountIds": "999999999999", "forbiddenAccountIds": account.number}
        with refused() as sentence:
            account.plugin.configure({**account.config, key: json.dumps([ids[key]])})
        assert sentence() == f"AWS account ID not allowed: {account.number}"


class TestFunctions:
    """What a program can ask."""

    def test_who_and_where(self, account: Account) -> None:
        """The caller is STS's answer, the partition is that of the configured Region; China is one of its own."""
        ask = account.plugin.invoke
        identity = ask("aws:index/getCallerIdentity:getCallerIdentity")
        assert identity["accountId"] == identity["id"] == account.number
        assert identity.keys() == {"accountId", "arn", "id", "userId"}
        assert ask("aws:index/getPartition:getPartition") == {
            "dnsSuffix": "amazonaws.com",
            "id": "aws",
            "partition": "aws",
            "reverseDnsPrefix": "com.amazonaws",
        }
        account.plugin.configure({**account.config, "region": "cn-north-1"})
        assert ask("aws:index/getPartition:getPartition")["reverseDnsPrefix"] == "cn.com.amazonaws"
