"""How a resource is described: its properties, and the IAM calls that it has to be able to make."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from aws_stand_in import kinds

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_stand_in.account import Account
    from aws_stand_in.kinds import Kind
    from aws_stand_in.wire import Properties


@dataclass(frozen=True)
class Property:
    """An input of a resource; its value is an output too.

    `default` is filled in by `check`, as pulumi-aws does, so that it shows in previews. `replaces`: AWS cannot change it.
    `computed`: where it is not set its value is AWS's business, so it is no difference, and unknown before creation.
    """

    name: str
    kind: Kind
    required: bool = False
    default: Any = None
    replaces: bool = False
    computed: bool = False


TAGS = (Property("tags", kinds.TAGS), Property("tagsAll", kinds.TAGS, computed=True))
"""The program sets `tags`; `tagsAll` is them and the provider's default tags."""


class Resource(ABC):
    """A type of resource. Its methods raise StandInError and its kin."""

    resource_type: ClassVar[str]
    properties: ClassVar[tuple[Property, ...]]
    outputs: ClassVar[tuple[str, ...]] = ()
    """What only AWS knows."""
    longest_name: ClassVar[int | None] = None
    """The length up to which `name` is filled in where the program sets none; None: it has no name of its own."""
    deleted_first: ClassVar[bool] = False
    """Whether the old one always has to go before its replacement is made."""

    @abstractmethod
    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        """Makes it and gives its id and outputs. PartlyCreatedError: it exists, but a later call failed."""

    @abstractmethod
    def read(self, account: Account, resource_id: str, known: Properties) -> Properties | None:
        """The outputs as AWS has them, None if it is gone.

        `known` are the last outputs, overlaid by the inputs: where AWS's answer means the same, their wording stays.
        """

    @abstractmethod
    def update(
        self,
        account: Account,
        resource_id: str,
        changed: Collection[str],
        state: Properties,
        inputs: Properties,
    ) -> None:
        """Turns the changed properties from what `state`, the last outputs, says into what `inputs` say.

        It can be repeated without harm. What AWS has and `state` does not know of stays.
        """

    @abstractmethod
    def delete(self, account: Account, resource_id: str, state: Properties) -> None:
        """Deletes it; that it is gone already is success. `state` are its last outputs."""
