"""What previews of the native plugin know and show: outputs, kinds of differences, secrets, and options of resources."""

from __future__ import annotations

import re
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, ProtonCalls
from engine.native import MakeNative, NativeStack, resource, urn
from engine.programs import accepted_connection, arn, live_ids, live_roles

SECRET = "[secret]"


def steps(stack: NativeStack) -> dict[str, dict[str, Any]]:
    """The steps of a preview, by the resource's name and the kind of step."""
    return {f"{step['urn'].rpartition('::')[2]} {step['op']}": step for step in stack.preview_steps()}


def kinds(found: dict[str, Any]) -> dict[str, str]:
    """The detailed differences of a step."""
    return {path: difference["kind"] for path, difference in (found["detailedDiff"] or {}).items()}


PROPERTIES = frozenset(
    {
        "arn",
        "connectionId",
        "environmentName",
        "liveRoleArns",
        "managedRoleArns",
        "region",
        "roleArn",
        "status",
    }
)


def shown(*names: str) -> dict[str, str]:
    """Outputs of the stack, for each property of these resources: known where the property is."""
    return {f"{name}_{given}": f"${{{name}.{given}}}" for name in names for given in PROPERTIES}


def known_properties(stack: NativeStack, *names: str) -> dict[str, set[str]]:
    """The properties of these resources that a preview knows."""
    printed = stack.preview("--diff", "--show-sames").text.rpartition("--outputs:--")[2]
    known = re.findall(r"^(?:    |  [~+] )(\w+)_(\w+) *: (?!\[unknown\])", printed, flags=re.MULTILINE)
    return {name: {given for owner, given in known if owner == name} for name in names}


def test_known_outputs_are_known(
    make_native: MakeNative, connection_id: str, client: Client, proton_calls: ProtonCalls
) -> None:
    """A preview knows what AWS will answer where that is certain, says how each property differs, and calls nobody."""
    kept_id, moved_id, new_id = (accepted_connection(client, roleArn=arn("before")) for _ in range(3))
    names = ("changed", "kept", "moved")
    stack = make_native(
        {
            "changed": resource(connectionId=connection_id, roleArn=arn("a")),
            "kept": resource(connectionId=kept_id, componentRoleArn=arn("b"), onDelete="restore"),
            "moved": resource(connectionId=moved_id, roleArn=arn("a")),
        },
        outputs=shown(*names),
    )
    proton_calls()
    at_first = {"connectionId", "managedRoleArns", "region"}
    assert known_properties(stack, *names) == {
        "changed": at_first | {"roleArn"},
        "kept": at_first,
        "moved": at_first | {"roleArn"},
    }
    stack.up("--skip-preview")

    stack.declare(
        {
            "changed": resource(connectionId=connection_id, componentRoleArn=arn("b"), onDelete="restore"),
            "kept": resource(connectionId=kept_id, componentRoleArn=arn("b")),
            "moved": resource(connectionId=new_id, roleArn=arn("a")),
        },
        outputs=shown(*names),
    )
    proton_calls()
    known = known_properties(stack, *names)
    assert known["changed"] == at_first | {"arn", "environmentName"}
    assert known["kept"] == PROPERTIES - {"roleArn"}  # nothing is to be asked of AWS
    planned = steps(stack)
    assert kinds(planned["changed update"]) == {
        "roleArn": "delete",
        "componentRoleArn": "add",
        "onDelete": "update",
    }
    assert kinds(planned["kept update"]) == {"onDelete": "update"}
    assert planned["moved replace"]["replaceReasons"] == ["connectionId"]
    assert kinds(planned["moved replace"]) == {"connectionId": "update-replace"}
    assert proton_calls() == []
    stack.up("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "a", "componentRoleArn": "b"}


def test_options(make_native: MakeNative, connection_id: str, client: Client) -> None:
    """The options of a resource mean for it what they mean for every other."""
    ids = {
        name: accepted_connection(client, roleArn=arn("before")) for name in ("ignored", "retained", "owned")
    }

    def declared(role: str, connection: str, **options: Any) -> dict[str, Any]:
        return resource(connectionId=connection, roleArn=arn(role), onDelete="restore", options=options)

    def resources(role: str) -> dict[str, Any]:
        return {
            "ignored": declared(role, ids["ignored"], ignoreChanges=["roleArn"]),
            "replaced": declared(
                role,
                connection_id,
                replaceOnChanges=["roleArn"],
                additionalSecretOutputs=["status"],
            ),
            "retained": declared("c", ids["retained"], retainOnDelete=True),
            "owner": resource("", environmentName="owner", managementAccountId=MANAGEMENT_ACCOUNT),
            "owned": declared("d", ids["owned"], deletedWith="${owner}"),
        }

    stack = make_native(resources("a"), outputs={"status": "${replaced.status}"})
    stack.up("--skip-preview")
    stack.declare(resources("b"), outputs={"status": "${replaced.status}"})
    printed = stack.up("--skip-preview").text
    assert "+-1 replaced" in printed
    assert "5 unchanged" in printed
    assert live_roles(client, ids["ignored"]) == {"roleArn": "a"}
    assert live_roles(client, connection_id) == {"roleArn": "b"}
    (state,) = (found for found in stack.resources("Roles") if found["urn"] == urn("replaced"))
    assert state["outputs"]["previousRoleArns"] == {"roleArn": arn("before")}  # deleted first
    assert stack.outputs == {"status": SECRET}

    stack.destroy("--skip-preview")
    assert sorted(live_ids(client)) == sorted([connection_id, *ids.values()])
    left = {name: live_roles(client, found)["roleArn"] for name, found in ids.items()}
    # Nothing is restored of what is retained, or goes with its owner.
    assert left == {"ignored": "before", "retained": "c", "owned": "d"}
    assert live_roles(client, connection_id) == {"roleArn": "before"}


def test_secrets_stay_secret(make_native: MakeNative, connection_id: str) -> None:
    """A secret input or default tag makes all that follows from it one: in previews, in state, in refreshes and in texts."""
    hidden = arn("hidden-role")
    declared = resource(connectionId=connection_id, roleArn={"fn::secret": hidden})
    tagged = resource("", environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT)
    stack = make_native(
        {"roles": declared, "tagged": tagged},
        outputs={"live": "${roles.liveRoleArns}", "arn": "${roles.arn}", "tags": "${tagged.tagsAll}"},
    )
    stack.run("config", "set", "--secret", "proton:defaultTags", '{"stage": "hidden-tag"}')
    printed = [stack.up("--diff").text, stack.refresh("--skip-preview", "--diff").text]
    printed += [str(stack.resources()), stack.run("stack", "--show-ids").text]
    assert [text for text in printed if "hidden" in text] == []
    outputs = stack.outputs
    assert (outputs["live"], outputs["tags"]) == (SECRET, SECRET)
    assert outputs["arn"] != SECRET
    declared["properties"]["connectionId"] = "11111111-1111-4111-8111-111111111111"
    stack.declare({"roles": declared})
    assert "hidden-role" not in stack.up_error("--skip-preview").text
