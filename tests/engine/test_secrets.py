"""A secret of the program stays one: in state, in what commands print, in errors, and in everything derived from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, Stack
from engine.programs import (
    Source,
    accepted_connection,
    accepter,
    arn,
    assumed,
    connection,
    export,
    live_roles,
    program,
    roles,
    urn,
)

from proton_provider.local import LocalAws

HIDDEN = ("hidden-role", "hidden-tag", "hidden-build", "hidden-next")
DERIVED = ("tagsAll", "managedRoleArns", "previousRoleArns", "liveRoleArns")
_SECRET = "4dabf18193072939515e22adb298388d"


def secret(value: Any) -> Source:
    return Source(f"pulumi.Output.secret({value!r})")


def require_hidden(*texts: str) -> None:
    """None of the secrets of these tests is in any of the texts."""
    for text in texts:
        for value in HIDDEN:
            assert value not in text, text


def sealed(stack: Stack, name: str) -> set[str]:
    """The outputs of a resource that the state holds encrypted, wholly or in part."""
    (resource,) = (r for r in stack.resources() if r["urn"].endswith(f"::{name}"))
    return {key for key, value in resource["outputs"].items() if _SECRET in json.dumps(value)}


def test_what_follows_from_a_secret_is_secret_everywhere(
    make_stack: MakeStack, client: Client, aws: LocalAws
) -> None:
    """Roles and tags that are secret are in clear in no state, output, diff, line or error of any command."""
    elsewhere = accepted_connection(client, roleArn=arn("before"))

    def text(role: str, tag: str) -> str:
        return program(
            connection("conn", role_arn=secret(arn(role)), tags={"stage": secret(tag), "open": "seen"}),
            roles(
                "roles",
                connection_id=elsewhere,
                role_arn=secret(arn(role)),
                codebuild_role_arn=arn("plain"),
                on_delete="restore",
            ),
            accepter("accepter", connection_id=Source("conn.id"), aws=assumed(MANAGEMENT_ACCOUNT)),
            export(
                all="conn.tags_all",
                live="conn.live_role_arns",
                managed="roles.managed_role_arns",
                previous="roles.previous_role_arns",
                accepted="accepter.live_role_arns",
                whole="conn",
            ),
        )

    stack = make_stack(text("hidden-role", "hidden-tag"))
    require_hidden(stack.up("--diff").text, json.dumps(stack.state), stack.run("stack").text)
    assert sealed(stack, "conn") == {"roleArn", "tags", *DERIVED}
    assert sealed(stack, "roles") == {"roleArn", *DERIVED[1:]}
    assert sealed(stack, "accepter") == {"liveRoleArns"}

    stack.write(text("hidden-next", "hidden-build"))
    require_hidden(stack.up("--skip-preview", "--diff").text, json.dumps(stack.state))
    assert live_roles(client, elsewhere)["roleArn"] == "hidden-next"

    client("proton").update_environment_account_connection(id=elsewhere, roleArn=arn("foreign"))
    require_hidden(stack.refresh("--skip-preview", "--diff").text, json.dumps(stack.state))
    assert sealed(stack, "conn") == {"roleArn", "tags", *DERIVED}
    assert sealed(stack, "accepter") == {"liveRoleArns"}
    aws.fail_next(
        "UpdateEnvironmentAccountConnection",
        "ConflictException",
        message=f"{arn('hidden-next')} cannot be used.",
    )
    failed = stack.up_error("--skip-preview", "--continue-on-error").text
    require_hidden(failed)
    assert "[secret] cannot be used." in failed
    assert "3 unchanged" in failed  # all but the roles
    destroyed = stack.destroy("--skip-preview", "--diff").text
    require_hidden(destroyed)
    assert "keeps its roleArn: it is not the one that this stack last set." in destroyed
    for file in Path(stack.env["PULUMI_BACKEND_URL"].removeprefix("file://").partition("?")[0]).rglob("*"):
        if file.is_file():
            require_hidden(file.read_text(errors="replace"))


SECRET_TAGS = """import pulumi_aws as aws
tags = aws.ProviderDefaultTagsArgs(tags={"stage": pulumi.Output.secret("hidden-tag")})
by_provider = pulumi.ResourceOptions(provider=aws.Provider(
    "own", profile="own", region="us-east-1", skip_credentials_validation=True, default_tags=tags))

def hide(args):
    hidden = {"stage": pulumi.Output.secret("hidden-tag")}
    return pulumi.ResourceTransformationResult({**args.props, "tags": hidden}, args.opts)

by_transformation = pulumi.ResourceOptions(transformations=[hide])
"""


def test_secrets_from_every_source_are_in_clear_nowhere(make_stack: MakeStack, aws: LocalAws) -> None:
    """Tags that config, a provider or a transformation makes secret are sealed; a secret role of the config is in no error."""
    names = ("by_config", "by_provider", "by_transformation")
    options = [{}, *({"opts": Source(name)} for name in names[1:])]
    text = program(
        SECRET_TAGS,
        *(
            connection(f"conn_{name}", environment_name=name.replace("_", "-"), **opts)
            for name, opts in zip(names, options, strict=True)
        ),
        export(**{name: f"conn_{name}.tags_all" for name in names}),
    )
    stack = make_stack(text)
    own = stack.folder / "credentials"
    own.write_text("[own]\naws_access_key_id = 222222222222\naws_secret_access_key = local\n")
    stack.env["AWS_SHARED_CREDENTIALS_FILE"] = str(own)
    stack.run("config", "set", "--secret", "aws:defaultTags", '{"tags": {"stage": "hidden-tag"}}')
    require_hidden(stack.up("--skip-preview", "--diff").text, json.dumps(stack.state))
    assert ["tagsAll" in sealed(stack, f"conn_{name}") for name in names] == [True] * 3

    stack.run("config", "set", "--secret", "aws:assumeRoles", json.dumps([{"roleArn": arn("hidden-role")}]))
    aws.fail_next("AssumeRole", "AccessDenied", message=f"Not authorized: {arn('hidden-role')}", times=99)
    failed = stack.up_error("--skip-preview", "--replace", urn("conn_by_config")).text
    assert "Assuming the role [secret] failed" in failed
    require_hidden(failed)


def test_an_input_that_becomes_secret_is_sealed_by_the_next_up(make_stack: MakeStack, client: Client) -> None:
    """The same value as a secret is an update that seals what follows from it. `test_dynamic` has the way back."""
    plain = program(connection("conn", role_arn=arn("hidden-role"), tags={"stage": "hidden-tag"}))
    stack = make_stack(plain)
    stack.up("--skip-preview")
    assert sealed(stack, "conn") == set()
    stack.write(
        program(connection("conn", role_arn=secret(arn("hidden-role")), tags=secret({"stage": "hidden-tag"})))
    )
    stack.up("--skip-preview")
    require_hidden(json.dumps(stack.state))
    assert sealed(stack, "conn") == {"roleArn", "tags", *DERIVED}
