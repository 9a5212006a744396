"""Explicit providers of pulumi-aws: a resource asks as they say, whichever way they reach it."""

from __future__ import annotations

import json

from accounts import OTHER_ACCOUNT
from engine.harness import ENVIRONMENT_ACCOUNT, REGION, Client, MakeStack
from engine.programs import Source, arn, connection, export, live_ids, program

from proton_provider.local import LocalAws

ELSEWHERE = "us-west-2"


def provider(variable: str, url: str, **arguments: object) -> str:
    """The line that makes a provider, which needs the real pulumi-aws as little as the stand-in."""
    own = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return (
        f"{variable} = aws.Provider({variable!r}, {own}, skip_credentials_validation=True, "
        f"skip_metadata_api_check=True, endpoints=[aws.ProviderEndpointArgs(iam={url!r}, sts={url!r})])"
    )


HEAD = """\
import pulumi_aws as aws
config = pulumi.Config('aws')
keys = {'access_key': config.require('accessKey'), 'secret_key': config.require('secretKey')}
class House(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__('house:index:House', name, None, opts)
"""


def in_account(account: str) -> Source:
    return Source(f"[aws.ProviderAssumeRoleArgs(role_arn={arn('deployer', account)!r})]")


def test_a_provider_is_followed_by_whichever_way_it_comes(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Its Region, its assumed role and its default tags count; its keys, where they are the config's, stay out of state.

    Once for each way: a component's `providers`, a parent's `provider`, the options themselves, merged options, and
    beside `AwsSettings`, whose members win. The stack's own account stays as it was for what has no provider.
    """
    tags = Source("aws.ProviderDefaultTagsArgs(tags={'team_name': 'house'})")
    source = program(
        HEAD,
        provider(
            "other",
            aws.url,
            region=ELSEWHERE,
            assume_roles=in_account(OTHER_ACCOUNT),
            default_tags=tags,
        ).replace(", skip", ", **keys, skip", 1),
        "house = House('house', ResourceOptions(providers=[other]))",
        "flat = House('flat', ResourceOptions(parent=house))",
        "hut = House('hut', ResourceOptions(provider=other))",
        connection("by_component", opts=Source("ResourceOptions(parent=flat)")),
        connection("by_parent", opts=Source("ResourceOptions(parent=hut)")),
        connection("by_options", opts=Source("ResourceOptions(provider=other)"), tags={"a_b": "c"}),
        connection(
            "by_merge",
            opts=Source(
                "ResourceOptions.merge(ResourceOptions(protect=False), ResourceOptions(provider=other))"
            ),
        ),
        connection(
            "beside",
            opts=Source("ResourceOptions(parent=house)"),
            aws=Source(f"AwsSettings(region={REGION!r})"),
        ),
        connection("own"),
        export(tags="by_options.tags_all", settings="by_options.aws"),
    )
    stack = make_stack(source, {"aws:defaultTags": {"tags": {"of": "the stack"}}})
    stack.env["PULUMI_EXPERIMENTAL"] = "true"
    planned = {
        step["urn"].rpartition("::")[2]: step["newState"].get("inputs")
        for step in stack.preview_steps("--save-plan", "plan.json")
    }
    assert {name: planned[name]["region"] for name in ("by_component", "by_options", "beside", "own")} == {
        "by_component": ELSEWHERE,
        "by_options": ELSEWHERE,
        "beside": REGION,
        "own": REGION,
    }
    # The preview does not know the default tags of a provider that is yet to be made, and the plan takes any.
    stack.up("--skip-preview", "--plan", "plan.json")
    resources = stack.resources(":EnvironmentAccountConnection")
    arns = {resource["urn"].rpartition("::")[2]: resource["outputs"]["arn"] for resource in resources}
    where = {name: tuple(text.split(":")[3:5]) for name, text in arns.items()}
    followed = dict.fromkeys(
        ["by_component", "by_parent", "by_options", "by_merge"], (ELSEWHERE, OTHER_ACCOUNT)
    )
    assert where == {
        **followed,
        "beside": (REGION, OTHER_ACCOUNT),
        "own": (REGION, ENVIRONMENT_ACCOUNT),
    }
    assert stack.outputs["tags"] == {"a_b": "c", "team_name": "house"}
    assert "accessKey" not in json.dumps([resource["outputs"] for resource in resources])
    stack.up("--skip-preview", "--refresh", "--expect-no-changes")
    stack.destroy("--skip-preview")
    assert live_ids(client) == live_ids(client, OTHER_ACCOUNT) == []


def test_a_provider_that_is_not_known_yet_leaves_unknown_what_it_says(
    make_stack: MakeStack, aws: LocalAws
) -> None:
    """A role that the same program makes is assumed by the provider: the preview succeeds, with the Region it names."""
    stack = make_stack(
        program(
            HEAD,
            'role = aws.iam.Role(\'deployer\', assume_role_policy=\'{"Version": "2012-10-17", "Statement": []}\')',
            provider(
                "other",
                aws.url,
                region=ELSEWHERE,
                assume_roles=Source("[aws.ProviderAssumeRoleArgs(role_arn=role.arn)]"),
            ).replace(", skip", ", **keys, skip", 1),
            connection(opts=Source("ResourceOptions(provider=other)")),
        )
    )
    steps = stack.preview_steps()
    (planned,) = [step["newState"] for step in steps if step["urn"].endswith("::prod")]
    assert planned["inputs"]["region"] == ELSEWHERE
    stack.up("--skip-preview")
    (made,) = stack.resources(":EnvironmentAccountConnection")
    assert f":{ELSEWHERE}:{ENVIRONMENT_ACCOUNT}:" in made["outputs"]["arn"]
