"""Tags are a map: to transformations, to `ignore_changes`, in diffs, in state and in stack outputs."""

from __future__ import annotations

from engine.harness import Client, MakeStack
from engine.programs import connection, export, live, live_tags, program

from proton_provider.local import LocalAws

AUTO_TAG = """\
def tag(args):
    if hasattr(args.resource, 'tags'):
        args.props['tags'] = {**(args.props['tags'] or {}), 'auto_tag': '1'}
        return pulumi.ResourceTransformationResult(args.props, args.opts)
pulumi.runtime.register_stack_transformation(tag)
class Tagged(EnvironmentAccountConnection):
    pass
"""


def test_tags_of_others_are_ignored_by_their_path_and_tags_of_a_transformation_are_set(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Auto-tagging reaches a connection, `ignore_changes=["tags.LastScan"]` leaves another team's tag alone.

    A diff names each key, and nothing that the resource needs for itself is shown, asked for or exported. A class of the
    program's own, derived from the resource's, is the same resource.
    """

    def tagged(team: str, kind: str = "EnvironmentAccountConnection") -> str:
        declared = connection(tags={"team": team, "role_arn": "x"}).replace(
            "EnvironmentAccountConnection", kind, 1
        )
        return program(
            AUTO_TAG,
            declared[:-1] + ", opts=ResourceOptions(ignore_changes=['tags.LastScan']))",
            export(tags="prod.tags", all="prod.tags_all", whole="prod"),
        )

    stack = make_stack(tagged("a"), {"aws:defaultTags": {"tags": {"owner": "platform"}}})
    stack.up("--skip-preview")
    own = {"team": "a", "role_arn": "x", "auto_tag": "1"}
    (state,) = stack.resources(":EnvironmentAccountConnection")
    assert state["inputs"]["tags"] == state["outputs"]["tags"] == own
    outputs = stack.outputs
    assert (outputs["tags"], outputs["all"]) == (own, {**own, "owner": "platform"})
    assert outputs["whole"]["tags"] == own
    assert not [name for name in outputs["whole"] if "oken" in name or "equester" in name]

    connection_id = state["id"]
    arn = live(client, connection_id)["arn"]
    client("proton").tag_resource(resourceArn=arn, tags=[{"key": "LastScan", "value": "today"}])
    stack.refresh("--skip-preview")
    stack.write(tagged("b", kind="Tagged"))
    printed = stack.up("--skip-preview", "--diff").text
    assert '~ team    : "a" => "b"' in printed
    assert "LastScan" not in printed.partition("--outputs:--")[0]
    assert "lientToken" not in printed
    (updated,) = stack.resources(":EnvironmentAccountConnection")
    assert (updated["urn"], updated["id"]) == (state["urn"], connection_id)
    assert live_tags(client, connection_id) == {**own, "team": "b", "owner": "platform", "LastScan": "today"}
    printed = stack.preview("--diff", "--replace", state["urn"]).text
    assert "replace" in printed
    assert "lientToken" not in printed
