"""Explicit providers with Pulumi's mocks: which are used, which are refused, and what the error suggests to write."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from mocks import EchoingMocks, run
from pulumi import InvokeOptions, InvokeOutputOptions, ResourceOptions
from pulumi.runtime import set_all_config

from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnection,
    get_environment_account_connection,
    get_environment_account_connection_output,
    get_environment_account_connections,
    get_environment_account_connections_output,
)
from proton_provider.errors import ConfigurationError
from proton_provider.program import aws_provider
from proton_provider.program.aws_provider import PROVIDER_SETTINGS
from proton_provider.settings import Settings, resolve
from proton_provider.settings.aws_settings import problem_with_settings
from proton_provider.wire_names import wire_name

ROLE = "arn:aws:iam::222222222222:role/deployer"


def declare(opts: ResourceOptions | None = None, **named: Any) -> EnvironmentAccountConnection:
    return EnvironmentAccountConnection(
        "name", opts, environment_name="prod", management_account_id="1", **named
    )


def settings(program: Callable[[], Any]) -> Any:
    """The `aws` property that a resource sends."""
    mocks = EchoingMocks()
    run(mocks, program)
    return mocks.inputs("name").get("aws")


def test_every_setting_of_a_provider_that_counts_is_followed() -> None:
    """What says who is talking to what is followed, as pulumi-aws has it; what is about other services is not."""
    given: dict[str, Any] = {
        "region": "us-west-2",
        "profile": "other",
        "allowed_account_ids": ["222222222222"],
        "assume_roles": [aws.ProviderAssumeRoleArgs(role_arn=ROLE, external_id="x", tags={"a_b": "c"})] * 2,
        "default_tags": aws.ProviderDefaultTagsArgs(tags={"cost_center": "x"}),
        "endpoints": [aws.ProviderEndpointArgs(sts="http://sts.test", s3="http://s3.test")],
        "max_retries": 3,
        "shared_config_files": ["~/other"],
        "skip_metadata_api_check": True,
        "s3_use_path_style": True,
    }
    sent = settings(lambda: declare(ResourceOptions(provider=aws.Provider("other", **given))).urn)
    assert sent["region"] == "us-west-2"
    followed = {
        name: text if name == "profile" else json.loads(text) for name, text in sent["provider"].items()
    }
    assert followed == {
        "profile": "other",
        "allowedAccountIds": ["222222222222"],
        "assumeRoles": [{"externalId": "x", "roleArn": ROLE, "tags": {"a_b": "c"}}] * 2,
        "defaultTags": {"tags": {"cost_center": "x"}},
        "endpoints": [{"s3": "http://s3.test", "sts": "http://sts.test"}],
        "maxRetries": 3,
        "sharedConfigFiles": ["~/other"],
        "skipMetadataApiCheck": True,
    }


def test_each_followed_setting_is_one_of_pulumi_awss() -> None:
    """The table names settings that its provider has."""
    members = vars(aws.ProviderArgs).items()
    names = {wire_name(name) for name, member in members if isinstance(member, property)}
    assert set(PROVIDER_SETTINGS) <= names


@pytest.mark.parametrize("preview", [True, False])
def test_keys_are_refused_unless_the_config_has_the_same(preview: bool) -> None:
    """Keys go into no state: those of the stack's config are named there, others are refused with what to write."""
    keys: dict[str, Any] = {"access_key": "222222222222", "secret_key": "s"}

    def program() -> Any:
        return declare(ResourceOptions(provider=aws.Provider("other", region="us-west-2", **keys))).urn

    with pytest.raises(ConfigurationError, match=r"has access_key and secret_key: .*AwsSettings\(profile="):
        run(EchoingMocks(), program, preview=preview)
    set_all_config({"aws:accessKey": "222222222222", "aws:secretKey": "s"})
    try:
        assert settings(program) == {"region": "us-west-2", "provider": {"keysOfConfig": True}}
    finally:
        set_all_config({})
    by_profile = AwsSettings(profile="other")

    def with_profile() -> Any:
        provider = aws.Provider("other", region="us-west-2", **keys)
        return declare(ResourceOptions(provider=provider), aws=by_profile).urn

    assert settings(with_profile) == {"region": "us-west-2", "profile": "other", "provider": {}}


def test_a_web_identity_token_is_refused_and_a_file_of_one_is_followed() -> None:
    """The token is a credential, the path of its file is not."""

    def program(**identity: str) -> Any:
        args = aws.ProviderAssumeRoleWithWebIdentityArgs(role_arn=ROLE, **identity)
        provider = aws.Provider("other", region="us-west-2", assume_role_with_web_identity=args)
        return declare(ResourceOptions(provider=provider)).urn

    with pytest.raises(ConfigurationError, match="has web_identity_token"):
        run(EchoingMocks(), lambda: program(web_identity_token="token"))
    sent = settings(lambda: program(web_identity_token_file="/token"))
    assert json.loads(sent["provider"]["assumeRoleWithWebIdentity"])["webIdentityTokenFile"] == "/token"


@pytest.mark.parametrize("secret", [True, False])
def test_a_secret_setting_stays_a_secret(secret: bool) -> None:
    """If one setting of a provider is secret, all of them are."""

    def program() -> Any:
        none = pulumi.Output.from_input(None)
        found = aws_provider._used_settings(aws_provider._ProviderInputs({"profile": "other"}, none, secret))
        return pulumi.Output.from_input(found.is_secret())

    assert run(EchoingMocks(), program) is secret


def test_a_provider_of_another_package_is_refused() -> None:
    """One that is given to the resource itself is a mistake; one that a component carries for others is none."""

    def other() -> pulumi.ProviderResource:
        return pulumi.ProviderResource("random", "random", {})

    with pytest.raises(
        ValueError, match=r"'name' accepts only an aws.Provider; its provider is one of random"
    ):
        run(EchoingMocks(), lambda: declare(ResourceOptions(provider=other())).urn)

    def in_component() -> Any:
        house = pulumi.ComponentResource(
            "house:index:House", "house", None, ResourceOptions(providers=[other()])
        )
        return declare(ResourceOptions(parent=house)).urn

    assert settings(in_component) is None


@pytest.mark.parametrize("preview", [True, False])
def test_the_region_is_that_of_the_providers_inputs(preview: bool) -> None:
    """A provider that takes its Region from a profile has none, in a preview and at `up`; a secret one stays secret."""

    def program() -> Any:
        unknown: Any = pulumi.Output.from_input(pulumi.UNKNOWN)
        by_profile = declare(ResourceOptions(provider=aws.Provider("by-profile", profile="other")))
        secret = aws.Provider("secret", region=pulumi.Output.secret("us-west-2"))
        later = aws.Provider("later", region=unknown, profile="other")
        regions = [aws_provider._settings(provider).region for provider in (secret, later)]
        return [by_profile.urn, *(found.is_secret() for found in regions), regions[1].is_known()]

    mocks = EchoingMocks()
    _, *rest = run(mocks, program, preview=preview)
    assert rest == [True, False, not preview]
    assert mocks.inputs("name")["aws"] == {"provider": {"profile": "other"}}


@pytest.mark.parametrize("by", ["provider", "providers", "parent"])
def test_an_explicit_provider_of_all_dynamic_resources_is_refused(by: str) -> None:
    """The engine gives it no stack config, so the calls would go to the account of the shell."""

    def program() -> Any:
        host = pulumi.ProviderResource("pulumi-python", "host", {})
        if by == "parent":
            given = ResourceOptions(providers=[host])
            house = pulumi.ComponentResource("house:index:House", "house", None, given)
            return declare(ResourceOptions(parent=house)).urn
        return declare(
            ResourceOptions(provider=host) if by == "provider" else ResourceOptions(providers=[host])
        ).urn

    with pytest.raises(ConfigurationError, match=r"no stack config, .* use the native plugin"):
        run(EchoingMocks(), program)


@pytest.mark.parametrize("of_stack", [True, False])
def test_a_provider_that_a_transformation_gives_is_followed(of_stack: bool) -> None:
    """The resource looks for its provider after all transformations."""

    def program() -> Any:
        provider = aws.Provider("other", region="us-west-2")

        def give(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
            if args.resource is provider:
                return None
            opts = ResourceOptions.merge(args.opts, ResourceOptions(provider=provider))
            return pulumi.ResourceTransformationResult(args.props, opts)

        if not of_stack:
            return declare(ResourceOptions(transformations=[give])).urn
        house = pulumi.ComponentResource(
            "house:index:House", "house", None, ResourceOptions(transformations=[give])
        )
        return declare(ResourceOptions(parent=house)).urn

    assert settings(program) == {"region": "us-west-2", "provider": {}}


@pytest.mark.parametrize("secret", [True, False])
def test_secret_default_tags_of_a_provider_are_noted(stack_config: Callable[..., None], secret: bool) -> None:
    """The engine has the provider's tags in clear for the resource; what is made of them must be secret."""
    stack_config({"aws:defaultTags": "{}"}, ["aws:defaultTags"])  # not the ones that apply

    def program() -> Any:
        tags = pulumi.Output.secret({"cost": "x"}) if secret else {"cost": "x"}
        with_tags = aws.Provider("other", default_tags=aws.ProviderDefaultTagsArgs(tags=tags))
        return declare(ResourceOptions(provider=with_tags)).urn

    mocks = EchoingMocks()
    run(mocks, program)
    (made,) = [args.inputs for args in mocks.made if args.name == "name"]
    assert ("aws:defaultTags" in made.get("__secrets", [])) is secret


@pytest.mark.parametrize(
    "function", [get_environment_account_connection, get_environment_account_connections]
)
@pytest.mark.parametrize("by", ["provider", "parent"])
def test_a_plain_function_refuses_a_provider(function: Callable[..., Any], by: str) -> None:
    """It runs before a provider is known, so it names the form that follows one."""

    def program() -> Any:
        provider = aws.Provider("other", region="us-west-2")
        house = pulumi.ComponentResource(
            "house:index:House", "house", None, ResourceOptions(provider=provider)
        )
        return function(
            opts=InvokeOptions(provider=provider) if by == "provider" else InvokeOptions(parent=house)
        )

    with pytest.raises(ConfigurationError, match=f"Use {function.__name__}_output, which uses"):
        run(EchoingMocks(), program)


@pytest.mark.parametrize(
    "function", [get_environment_account_connection_output, get_environment_account_connections_output]
)
def test_an_output_function_follows_a_provider(function: Callable[..., Any]) -> None:
    """The provider of the options, or of the parent, counts as it does for a resource."""
    mocks = EchoingMocks()

    def program() -> Any:
        provider = aws.Provider("other", region="us-west-2", profile="other")
        house = pulumi.ComponentResource(
            "house:index:House", "house", None, ResourceOptions(provider=provider)
        )
        return function(environment_name="prod", opts=InvokeOutputOptions(parent=house))

    run(mocks, program)
    (call,) = [call for call in mocks.called if call.token.startswith("proton:")]
    assert call.args["aws"] == {"region": "us-west-2", "provider": {"profile": "other"}}


# What a followed provider comes to


CONFIG = {
    "aws:region": "us-east-1",
    "aws:profile": "of-config",
    "aws:accessKey": "111111111111",
    "aws:secretKey": "s",
    "aws:assumeRoles": json.dumps([{"roleArn": ROLE}]),
    "aws:defaultTags": json.dumps({"tags": {"of": "config"}}),
    "proton:region": "eu-west-1",
    "proton:assumeRoleArn": ROLE,
    "proton:endpointUrl": "http://proton.test",
}


def resolved(aws: dict[str, Any], environment: dict[str, str] | None = None) -> Settings:
    return resolve.resolve(aws, CONFIG.get, environment={**NO_FILES, **(environment or {})})


NO_FILES = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}


def test_a_provider_stands_in_the_place_of_the_stacks_config() -> None:
    """Nothing of `aws:...` counts beside it, as for pulumi-aws, nor who `proton:...` says; the endpoint stays."""
    keys = {"AWS_ACCESS_KEY_ID": "222222222222", "AWS_SECRET_ACCESS_KEY": "e"}
    roles = [{"roleArn": f"{ROLE}-{number}", "externalId": "x"} for number in range(2)]
    provider = {
        "assumeRoles": json.dumps(roles),
        "maxRetries": "7",
        "endpoints": json.dumps([{"sts": "http://sts.test"}]),
    }
    found = resolved({"region": "us-west-2", "provider": provider}, keys)
    assert (found.region, found.region_is_from_environment) == ("us-west-2", False)
    assert (found.access_key, found.secret_key, found.profile) == ("222222222222", "e", None)
    assert [role.role_arn for role in found.assume_roles] == [f"{ROLE}-0", f"{ROLE}-1"]
    assert found.default_tags == ()
    assert found.max_attempts == 7
    assert (found.endpoint_url, found.sts_endpoint_url) == ("http://proton.test", "http://sts.test")


def test_keys_of_the_config_are_read_from_the_config() -> None:
    """The state has no more than that they are the same."""
    found = resolved({"region": "us-west-2", "provider": {"keysOfConfig": True}})
    assert (found.access_key, found.secret_key, found.assume_roles) == ("111111111111", "s", ())


def test_settings_of_the_resource_win_over_its_provider() -> None:
    """Each member of `AwsSettings` that is given counts before the provider's."""
    found = resolved(
        {"region": "us-west-2", "assumeRoleArn": ROLE, "provider": {"maxRetries": "7"}, "maxAttempts": 3}
    )
    assert [role.role_arn for role in found.assume_roles] == [ROLE]
    assert found.max_attempts == 3


@pytest.mark.parametrize("provider", [None, "other", [], {"maxRetries": 7}])
def test_a_provider_written_by_hand_is_judged(provider: Any) -> None:
    """What no provider says is a problem; None is no provider."""
    problem = problem_with_settings({"provider": provider})
    assert (problem is None) is (provider is None)
