"""Protection, retention and strangers' changes: what a destroy must not lose without a warning."""

from __future__ import annotations

import json

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, REGION, Client, MakeStack, ProtonCalls
from engine.programs import Source, accepter, arn, assumed, live, program, roles
from engine.variants import MANAGEMENT, MakeVariant, Variant, component, declared, source, urn

from proton_provider.local import LocalAws

AS_MANAGEMENT = assumed(MANAGEMENT_ACCOUNT)
DELETE = "DeleteEnvironmentAccountConnection"
REJECT = "RejectEnvironmentAccountConnection"


KEPT = (
    # The SDK hands on no `retain_on_delete` of a parent, and no provider sees what a transformation sets.
    component("Env", "env", opts="retain_on_delete=True"),
    """\
def keep(args):
    if args.name == "transformed":
        return pulumi.ResourceTransformationResult(args.props, ResourceOptions.merge(args.opts, ResourceOptions(retain_on_delete=True)))

pulumi.runtime.register_stack_transformation(keep)
""",
)


def accepted(name: str, *, opts: str = "", of_accepter: str = "", removed: bool = False) -> str:
    """The lines of a connection and, unless it is removed, of its accepter, which rejects."""
    requested = declared(
        "",
        name,
        opts=opts,
        environment_name=name,
        management_account_id=MANAGEMENT_ACCOUNT,
        adopt_existing=True,
    )
    acceptance = declared(
        "Accepter",
        f"of_{name}",
        opts=of_accepter,
        connection_id=Source(f"{name}.id"),
        on_delete="reject",
        aws=MANAGEMENT,
    )
    return requested if removed else f"{requested}\n{acceptance}"


@pytest.mark.parametrize(
    ("variant", "running"), [("dynamic", ("--run-program",)), ("native", ())], ids=["--run-program", "native"]
)
def test_a_destroy_rejects_no_connection_of_its_own_stack(
    variant: Variant,
    running: tuple[str, ...],
    *,
    make_variant: MakeVariant,
    aws: LocalAws,
    client: Client,
    connection_id: str,
    proton_calls: ProtonCalls,
) -> None:
    """Kept by a parent's option or a transformation, or deleted: what is of this stack is not rejected, what is not is."""
    lines = [
        *KEPT,
        accepted("child", opts="parent=env"),
        accepted("transformed"),
        accepted("deleted"),
        declared("Accepter", "foreign", connection_id=connection_id, on_delete="reject", aws=MANAGEMENT),
    ]
    stack = make_variant(variant, source(variant, *lines))
    stack.up("--skip-preview")
    ids = {
        one["outputs"]["environmentName"]: one["id"]
        for one in stack.resources(":EnvironmentAccountConnection")
    }
    proton_calls()
    printed = stack.destroy("--skip-preview", *running).text
    assert sorted(call for call in proton_calls() if call in {REJECT, DELETE}) == [DELETE, REJECT]
    assert {live(client, ids[name])["status"] for name in ("child", "transformed")} == {"CONNECTED"}
    assert live(client, connection_id)["status"] == "REJECTED"
    for own in ids.values():
        assert f"/{own} is not rejected: the connection's own resource decides what becomes of it." in printed


def test_an_up_that_removes_the_accepter_alone_rejects(
    make_variant: MakeVariant, client: Client, proton_calls: ProtonCalls
) -> None:
    """A targeted destroy says what to do instead; the accepter comes back, also targeted, and then an `up` removes it."""
    target = ("--skip-preview", "--target", urn("dynamic", "Accepter", "of_conn"))
    stack = make_variant("dynamic", source("dynamic", accepted("conn")))
    stack.up("--skip-preview")
    (made,) = (one["id"] for one in stack.resources(":EnvironmentAccountConnection"))
    printed = stack.destroy(*target).text
    assert (
        f"run in the management account: aws proton reject-environment-account-connection --id {made}"
        in printed
    )
    stack.up(*target)
    assert (
        "~ 1 updated" in stack.up("--skip-preview").text
    )  # only this run sees the connection's own resource
    stack.write(source("dynamic", accepted("conn", removed=True)))
    proton_calls()
    stack.up("--skip-preview")
    assert proton_calls() == [REJECT]
    assert live(client, made)["status"] == "REJECTED"


def test_two_explicit_providers_of_the_plugin_do_not_see_each_other(
    make_variant: MakeVariant, aws: LocalAws, client: Client
) -> None:
    """What the page says: the accepter of another provider sees no resource of the connection, and a destroy rejects it."""
    lines = [
        f"config = {{'region': {REGION!r}, 'endpointUrl': {aws.url!r}}}",
        *(f"{name} = pulumi.ProviderResource('proton', {name!r}, config)" for name in ("one", "two")),
        accepted("conn", opts="provider=one, retain_on_delete=True", of_accepter="provider=two"),
    ]
    stack = make_variant("native", source("native", *lines))
    stack.up("--skip-preview")
    (made,) = (one["id"] for one in stack.resources(":EnvironmentAccountConnection"))
    stack.destroy("--skip-preview")
    assert live(client, made)["status"] == "REJECTED"


def test_a_retained_destroy_needs_no_profile_credentials_region_or_network(
    make_stack: MakeStack, client: Client, aws: LocalAws, connection_id: str
) -> None:
    """An absent profile in the config and in AwsSettings, no Region anywhere, nobody at the address: it lets go."""
    text = program(
        roles(connection_id=connection_id, role_arn=arn("a")),
        roles(
            "of_profile",
            connection_id=connection_id,
            component_role_arn=arn("b"),
            aws=Source("AwsSettings()"),
        ),
        accepter("accepter", connection_id=connection_id, aws=AS_MANAGEMENT),
    )
    stack = make_stack(text)
    stack.up("--skip-preview")
    state = stack.state
    for resource in state["deployment"]["resources"]:
        for properties in (resource.get("inputs", {}), resource.get("outputs", {})):
            if resource["type"].startswith("pulumi:providers"):
                for key in [key for key in properties if ":" in key]:
                    del properties[key]
                properties |= {"proton:profile": "absent", "proton:endpointUrl": "http://127.0.0.1:1"}
            elif "connectionId" in properties:
                properties["aws"] = {"profile": "absent too"}
    file = stack.folder / "state.json"
    file.write_text(json.dumps(state))
    stack.run("stack", "import", "--file", str(file))
    stack.configure(
        {"aws:region": None, "aws:accessKey": None, "aws:secretKey": None, "proton:profile": "absent"}
    )
    asked = len(aws.requests)
    printed = stack.destroy("--skip-preview").text
    assert "- 4 deleted" in printed
    assert len(aws.requests) == asked
