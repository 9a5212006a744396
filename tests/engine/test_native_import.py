"""Taking what exists into a stack of the native plugin: `pulumi import`, the option `import`, and reading by `get`."""

from __future__ import annotations

import json
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, ProtonCalls
from engine.native import MakeNative, resource
from engine.plugins import credentials
from engine.programs import accepted_connection, arn, requested

CONNECTION = "proton:index:EnvironmentAccountConnection"


def changing(calls: list[str]) -> list[str]:
    """The calls that are no mere questions."""
    return [call for call in calls if not call.startswith(("Get", "List"))]


def test_pulumi_import(make_native: MakeNative, client: Client, proton_calls: ProtonCalls) -> None:
    """Each resource is imported by its id; the program that matches then shows no change, and nothing is changed."""
    connection_id = accepted_connection(client, roleArn=arn("a"))
    own_id = requested(client, "own", codebuildRoleArn=arn("c"), tags=[{"key": "my team", "value": "x"}])
    stack = make_native({})
    proton_calls()
    printed = stack.run(
        "import", f"{CONNECTION}Roles", "roles", connection_id, "--yes", "--protect=false"
    ).text
    assert f"roleArn: {arn('a')}" in printed
    stack.run("import", CONNECTION, "own", own_id, "--yes", "--protect=false", "--generate-code=false")
    stack.env |= credentials(MANAGEMENT_ACCOUNT)
    stack.run(
        "import",
        f"{CONNECTION}Accepter",
        "accepter",
        connection_id,
        "--yes",
        "--protect=false",
        "--generate-code=false",
    )
    stack.declare(
        {
            "roles": resource(connectionId=connection_id, roleArn=arn("a")),
            "own": resource(
                "",
                environmentName="own",
                managementAccountId=MANAGEMENT_ACCOUNT,
                codebuildRoleArn=arn("c"),
                tags={"my team": "x"},
            ),
            "accepter": resource("Accepter", connectionId=connection_id),
        }
    )
    stack.preview("--expect-no-changes")
    assert changing(proton_calls()) == []
    (state,) = stack.resources("Roles")
    assert state["outputs"]["managedRoleArns"] == {"roleArn": arn("a")}


def test_the_import_option_and_get(
    make_native: MakeNative, connection_id: str, client: Client, proton_calls: ProtonCalls
) -> None:
    """A line names the input that a program lacks; one that matches has no change; what is only read shows its values.

    It shows them at preview too, and a destroy leaves it. Nothing is changed by any of this.
    """
    both: dict[str, Any] = {"roleArn": arn("a"), "codebuildRoleArn": arn("c")}
    first, second = (accepted_connection(client, **both) for _ in range(2))

    def declared(**options: dict[str, str]) -> dict[str, Any]:
        return {
            "lacking": resource(connectionId=first, roleArn=arn("a"), options=options.get("lacking")),
            "matching": resource(connectionId=second, **both, options=options.get("matching")),
            "seen": {"type": "proton:EnvironmentAccountConnectionRoles", "get": {"id": connection_id}},
        }

    read = {"role": "${seen.roleArn}", "status": "${seen.status}"}
    stack = make_native(declared(lacking={"import": first}, matching={"import": second}), outputs=read)
    proton_calls()
    printed = stack.up("--skip-preview").text
    assert f"{first} keeps its codebuildRoleArn. It is no longer managed here" in printed
    assert f"{second} keeps" not in printed
    assert stack.outputs == {"role": arn("before"), "status": "CONNECTED"}
    stack.declare(declared(), outputs=read)
    assert arn("before") in stack.preview("--expect-no-changes", "--diff", "--show-sames").text
    stack.destroy("--skip-preview")
    assert changing(proton_calls()) == []


def test_an_absent_connection_is_not_imported(make_native: MakeNative) -> None:
    """Importing what is not there fails for every kind, with one sentence each that says what to check."""
    stack = make_native({})
    absent = "11111111-1111-4111-8111-111111111111"
    wanted = [
        {"type": f"{CONNECTION}{kind}", "name": f"x{kind}", "id": absent}
        for kind in ("Roles", "", "Accepter")
    ]
    (stack.folder / "import.json").write_text(json.dumps({"resources": wanted}))
    printed = stack.run("import", "--file", "import.json", "--yes", fails=True).text
    for each in wanted:
        problem = printed.partition(f"  {each['type']} ({each['name']}):\n")[2].partition("\n\n")[0]
        assert "heck the id and the Region" in problem
