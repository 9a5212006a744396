"""What one run began, the next must not undo: renames, replacements and kills that end in another run."""

from __future__ import annotations

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls, Stack
from engine.programs import (
    ROLES,
    accepted_connection,
    accepter,
    arn,
    assumed,
    connection,
    live,
    live_ids,
    live_roles,
    program,
    requested,
    roles,
    sent,
    urn,
)
from faults.kills import Point, killed_up

from proton_provider.local import LocalAws

ACCEPTER = "EnvironmentAccountConnectionAccepter"
ABSENT = "00000000-0000-4000-8000-000000000000"
FAILING = roles("failing", connection_id=ABSENT, role_arn=arn("x"))
"""What fails elsewhere in the same `up`, so that its deletes are left to a later one."""
KINDS = ("accepter", "adopted", "roles")
OLD, NEW = ([f"{kind}_{suffix}" for kind in KINDS] for suffix in ("old", "new"))


class Everything:
    """A stack with one resource of each kind, whose names end with a suffix, and a connection that it has requested."""

    def __init__(self, make_stack: MakeStack, client: Client) -> None:
        self.client = client
        self.roles_id = accepted_connection(client, roleArn=arn("before"))
        self.asked_id = requested(client, "asked")
        self.adopted_id = requested(client, "adopted")
        self.stack: Stack = make_stack(self.program("old"))
        self.stack.up("--skip-preview")
        self.requested_id = next(r["id"] for r in self.stack.resources() if r["urn"].endswith("::requested"))

    def program(self, suffix: str, *more: str, role: str = "ours") -> str:
        return program(
            connection("requested"),
            connection(
                f"adopted_{suffix}", environment_name="adopted", role_arn=arn(role), adopt_existing=True
            ),
            roles(f"roles_{suffix}", connection_id=self.roles_id, role_arn=arn(role), on_delete="restore"),
            accepter(
                f"accepter_{suffix}",
                connection_id=self.asked_id,
                on_delete="reject",
                aws=assumed(MANAGEMENT_ACCOUNT),
            ),
            *more,
        )

    def fail(self, program: str, *arguments: str) -> str:
        """Run an `up` that fails elsewhere."""
        self.stack.write(program)
        return self.stack.up_error("--skip-preview", *arguments).text

    def names(self) -> list[str]:
        """The names of the resources in state; one that waits for its deletion has its name twice."""
        names = (
            resource["urn"].rpartition("::")[2]
            for resource in self.stack.resources()
            if "dynamic/proton" in resource["type"]
        )
        return sorted(name for name in names if name != "requested")

    def ids(self) -> set[str]:
        return {resource["id"] for resource in self.stack.resources() if "dynamic/proton" in resource["type"]}

    def require_alive(self, role: str = "ours") -> None:
        """Everything is live and as the program wants it, and the state holds the ids of what is live."""
        assert live(self.client, self.adopted_id)["roleArn"] == arn(role)
        assert live(self.client, self.asked_id)["status"] == "CONNECTED"
        assert live_roles(self.client, self.roles_id) == {"roleArn": role}
        assert live(self.client, self.requested_id)["environmentName"] == "requested"
        assert self.ids() == {self.adopted_id, self.asked_id, self.roles_id, self.requested_id}

    def restored_by_destroy(self) -> dict[str, str]:
        """The names of the roles that a destroy would set again, as the one roles resource in state has recorded them."""
        (state,) = self.stack.resources(ROLES)
        previous: dict[str, str] = state["outputs"]["previousRoleArns"]
        return {name: role.rpartition("/")[2] for name, role in previous.items()}

    def require_gone(self, role: str) -> None:
        assert not {self.adopted_id, self.requested_id} & set(live_ids(self.client))
        assert live(self.client, self.asked_id)["status"] == "REJECTED"
        assert live_roles(self.client, self.roles_id) == {"roleArn": role}
        assert self.names() == []


@pytest.fixture
def everything(make_stack: MakeStack, client: Client) -> Everything:
    return Everything(make_stack, client)


def require_mistakes_named(everything: Everything, make_stack: MakeStack) -> None:
    """Two resources that manage one connection are named at preview; two stacks of the same names by the second's `up`."""
    aws = assumed(MANAGEMENT_ACCOUNT)
    more = (
        roles("again", connection_id=everything.roles_id, role_arn=arn("x"), codebuild_role_arn=arn("y")),
        roles("beside", connection_id=everything.roles_id, component_role_arn=arn("z")),
        accepter("twice", connection_id=everything.asked_id, aws=aws),
        roles("of_requested", connection_id=everything.adopted_id, role_arn=arn("x")),
    )
    everything.stack.write(everything.program("old", *more))
    printed = everything.stack.preview().text
    same = f"of the connection {everything.roles_id} in us-east-1. Each undoes the other"
    assert f"warning: again and roles_old both set roleArn {same}" in printed
    assert f"accepter_old and twice both manage the connection {everything.asked_id}" in printed
    assert "adopted_old and of_requested both set roleArn" in printed
    assert "beside" not in printed.partition("Diagnostics:")[2]

    before = live_ids(everything.client)
    printed = make_stack(program(connection("requested"))).up("--skip-preview").text
    assert live_ids(everything.client) == before
    assert f"/{everything.requested_id} was requested at 20" in printed
    assert (
        "before this run: by an earlier attempt of this resource, or by another stack with the same"
        in printed
    )


def test_names_that_an_up_keeps_stay_with_all_they_hold(
    everything: Everything, make_stack: MakeStack, proton_calls: ProtonCalls
) -> None:
    """A rename that failed elsewhere is undone, then a forced replacement fails elsewhere: the next `up` does no harm."""
    require_mistakes_named(everything, make_stack)
    everything.fail(everything.program("new", FAILING))
    everything.stack.write(everything.program("old"))
    printed = everything.stack.up("--skip-preview", "--refresh").text
    assert everything.names() == OLD
    everything.require_alive()
    assert everything.restored_by_destroy() == {"roleArn": "before"}
    assert "is not deleted: adopted_old manages this connection now instead of adopted_new." in printed

    kinds = ("EnvironmentAccountConnection", ACCEPTER, "EnvironmentAccountConnection", ROLES)
    urns = [urn(name, kind) for name, kind in zip(("requested", *OLD), kinds, strict=True)]
    replace = [argument for each in urns for argument in ("--replace", each)]
    everything.fail(everything.program("old", FAILING), *replace)
    assert everything.names() == sorted([*OLD, *OLD])
    everything.require_alive()
    everything.stack.write(everything.program("old"))
    proton_calls()
    printed = everything.stack.up("--skip-preview").text
    assert proton_calls() == []  # it deletes the states that wait, and nothing at AWS
    assert everything.names() == OLD
    everything.require_alive()
    assert everything.restored_by_destroy() == {"roleArn": "ours"}
    assert "is not deleted: requested manages this connection now (it was replaced)." in printed
    assert "is not rejected: accepter_old manages this connection now (it was replaced)." in printed


def kill_during_rename(everything: Everything, aws: LocalAws) -> None:
    """Kill the provider when one new state was written and one creation is pending."""
    create, accept = "CreateEnvironmentAccountConnection", "AcceptEnvironmentAccountConnection"
    everything.stack.write(everything.program("new", connection("slow")))
    aws.delay(60, create)
    aws.delay(60, accept)

    def made() -> int:
        """The calls that are held back, and the roles in the state."""
        return len(sent(aws, create) + sent(aws, accept)) + everything.names().count("roles_new")

    with killed_up(everything.stack, Point(calls=3, seconds=0, victim="provider"), made) as killed:
        assert killed.in_time
    aws.delay(0, create)
    aws.delay(0, accept)
    assert set(everything.names()) > {*OLD, "roles_new"}


def test_new_names_take_over_all_that_the_old_ones_hold(everything: Everything, aws: LocalAws) -> None:
    """A rename that was killed or failed is finished by the next `up`, also with other roles, or undone by a destroy."""
    kill_during_rename(everything, aws)
    everything.stack.write(everything.program("new"))
    printed = everything.stack.up("--skip-preview").text
    everything.require_alive()
    assert everything.names() == NEW
    assert everything.restored_by_destroy() == {"roleArn": "ours"}
    assert "is not rejected: accepter_new manages this connection now instead of accepter_old." in printed
    assert "is not deleted: adopted_new manages this connection now instead of adopted_old." in printed
    assert "keeps its roleArn: roles_new manages it now instead of roles_old." in printed
    assert "nothing restores it; an alias would have kept it." in printed

    everything.fail(everything.program("old", FAILING, role="other"))
    everything.stack.write(everything.program("old", role="other"))
    everything.stack.up("--skip-preview")
    everything.require_alive("other")
    assert everything.names() == OLD
    assert everything.restored_by_destroy() == {"roleArn": "ours"}

    # With both names in state, the roles from before the first of them come back, in whatever order they are deleted.
    everything.fail(everything.program("new", FAILING, role="third"))
    everything.require_alive("third")
    printed = everything.stack.destroy("--skip-preview", "--refresh").text
    assert "error" not in printed
    everything.require_gone(role="ours")
