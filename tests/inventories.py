"""Makes roles, stacks and projects for the rules of `proton-leftovers`, and reads an import file as Pulumi reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from left_behind import HOME, PROTON

from proton_provider.leftovers.found import Inventory, Project, Role, Stack, Unread
from proton_provider.leftovers.rules import Leftover, leftovers
from proton_provider.leftovers.trust import Trust

ACCOUNT = "222222222222"
BEGINNING = datetime(2026, 1, 1, tzinfo=timezone.utc)


def trusting(*services: str, denied: Iterable[str] = ()) -> Trust:
    """A trust policy that lets in these services."""
    return Trust(frozenset(services), frozenset(services), frozenset(denied))


def role(name: str = "role", *services: str, path: str = "/", **more: Any) -> Role:
    """A role that trusts these services, or Proton."""
    more.setdefault("trust", trusting(*(services or (PROTON,))))
    return Role(name, f"arn:aws:iam::{ACCOUNT}:role{path}{name}", path, **more)


def stack(
    name: str = "AWSProton-env", status: str = "CREATE_COMPLETE", *, day: int = 0, **more: Any
) -> Stack:
    """A stack that was made on this day."""
    region = more.pop("region", HOME)
    arn = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/1"
    return Stack(name, arn, region, status, BEGINNING + timedelta(days=day), **more)


def project(name: str = "AWSProton-build", **more: Any) -> Project:
    """A CodeBuild project."""
    return Project(name, f"arn:aws:codebuild:{HOME}:{ACCOUNT}:project/{name}", HOME, **more)


def inventory(*found: Role | Stack | Project, unread: tuple[Unread, ...] = ()) -> Inventory:
    """An account with these in it."""
    return Inventory(
        ACCOUNT,
        (HOME,),
        tuple(each for each in found if isinstance(each, Role)),
        tuple(each for each in found if isinstance(each, Stack)),
        tuple(each for each in found if isinstance(each, Project)),
        unread,
    )


def judge(*found: Role | Stack | Project, unread: tuple[Unread, ...] = ()) -> dict[str, Leftover]:
    """The leftovers among these by name, in order."""
    return {each.name: each for each in leftovers(inventory(*found, unread=unread))}


class PulumiImport:
    """An import file as Pulumi reads it: a parent is found by its name, and `destroy` deletes it after its children.

    Resources without a common line of parents are deleted at the same moment.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        resources = content["resources"]
        names = [each["name"] for each in resources]
        assert len(names) == len(set(names)), "a parent would be ambiguous"
        self._by_name = {each["name"]: each for each in resources}
        self._by_id = {each["id"]: each for each in resources}
        for each in resources:
            assert each["name"] not in self.above(each["id"]), "parents in a circle"

    @property
    def ids(self) -> set[str]:
        return set(self._by_id)

    def above(self, resource_id: str) -> list[str]:
        """The names of all parents of a resource: what `destroy` deletes after it."""
        found: list[str] = []
        name = self._by_id[resource_id].get("parent")
        while name is not None and name not in found:
            found.append(name)
            name = self._by_name[name].get("parent")
        return found

    def goes_before(self, first: str, second: str) -> bool:
        """Whether `destroy` deletes the resource with the first id before that with the second."""
        return any(self._by_name[name]["id"] == second for name in self.above(first))
