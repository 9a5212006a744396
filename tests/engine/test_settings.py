"""Settings on the engine: a Region of the shell moves nothing, and digits are account ids."""

from __future__ import annotations

from engine.harness import REGION, Client, MakeStack, ProtonCalls, Stack
from engine.programs import connection, live_ids, program, urn

from proton_provider.local import LocalAws

CREATE = "CreateEnvironmentAccountConnection"
DELETE = "DeleteEnvironmentAccountConnection"
OTHER_ACCOUNT = "333333333333"
STAYS = f"stays in the Region {REGION}, as in its state"


def region_of(stack: Stack) -> str:
    (made,) = stack.resources("EnvironmentAccountConnection")
    region: str = made["outputs"]["region"]
    assert f":{region}:" in made["outputs"]["arn"]
    return region


def test_a_region_of_the_shell_alone_moves_nothing(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """Another shell's Region leaves a live connection where it is; the config moves it, and so does a forced replacement."""
    stack = make_stack(program(connection("prod")), {"aws:region": None})
    stack.env["AWS_REGION"] = REGION
    stack.up("--skip-preview")
    assert (region_of(stack), proton_calls()) == (REGION, [CREATE])

    stack.env["AWS_REGION"] = "eu-west-1"
    printed = stack.up("--skip-preview")
    assert STAYS in printed.text
    assert "AWS_REGION says eu-west-1. To move it, set proton:region in the stack's config" in " ".join(
        printed.text.split()
    )
    assert (region_of(stack), proton_calls()) == (REGION, [])

    # What the stack's config says does move it.
    stack.configure({"aws:region": "eu-west-1"})
    stack.up("--skip-preview")
    assert region_of(stack) == "eu-west-1"
    assert live_ids(client) == []

    # The engine shows nothing of the old one to a resource that is to be replaced (docs/configuration.md says so).
    stack.configure({"aws:region": None})
    stack.env["AWS_REGION"] = "eu-west-2"
    stack.up("--skip-preview", "--replace", urn("prod"))
    assert region_of(stack) == "eu-west-2"


def test_digits_of_pulumi_config_set_are_account_ids(make_stack: MakeStack, aws: LocalAws) -> None:
    """The engine makes a number of them. Twelve are taken; of eleven the sentence says that a zero may be lost."""
    stack = make_stack(program(connection()))
    stack.run("config", "set", "--path", "aws:allowedAccountIds[0]", "22222222222")
    refused = stack.preview_error().text
    hint = "quote it: a number loses its leading zeros"
    assert f"aws:allowedAccountIds[0] must be an account id: twelve digits ({hint})." in refused
    assert "property aws" not in refused
    assert "<nil>" not in refused
    stack.run("config", "set", "--path", "aws:allowedAccountIds[0]", "222222222222")
    stack.preview()
    assert aws.requests == []
