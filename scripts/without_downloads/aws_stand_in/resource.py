"""What every resource of the stand-in has: properties, IAM calls for each event, a name, tags."""

import itertools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar

from proton_provider.plugin.values import Properties
from without_downloads.aws_stand_in import kinds
from without_downloads.aws_stand_in.account import Account

_SUFFIX_LENGTH = 26  # of a name from a prefix, as pulumi-aws makes it: 18 digits of time, 8 of a counter
_counter = itertools.count()


@dataclass(frozen=True)
class Property:
    """An input of a resource; its value is an output too.

    `default` is filled in by `check`, as pulumi-aws does, so that it shows in previews. `replaces`: AWS cannot change it.
    `computed`: where it is not set its value is AWS's business, so it is no difference, and unknown before creation.
    """

    name: str
    kind: kinds.Kind
    required: bool = False
    default: Any = None
    replaces: bool = False
    computed: bool = False


TAGS = (Property("tags", kinds.TAGS), Property("tagsAll", kinds.TAGS, computed=True))
"""The program sets `tags`; `tagsAll` is them and the provider's default tags."""


def names(longest: int) -> tuple[Property, Property]:
    """The name that a program sets, or the prefix of one that is made at creation."""
    return (
        Property("name", kinds.name(longest=longest), replaces=True, computed=True),
        Property("namePrefix", kinds.name(longest=longest - _SUFFIX_LENGTH), replaces=True, computed=True),
    )


class Resource(ABC):
    """A type of resource. Its methods raise botocore's errors; IAM's NoSuchEntity is one that is gone."""

    resource_type: ClassVar[str]
    called: ClassVar[str]
    """Its name in a sentence."""
    properties: ClassVar[tuple[Property, ...]]
    outputs: ClassVar[tuple[str, ...]] = ()
    """What only AWS knows."""
    longest_name: ClassVar[int | None] = None
    """The length up to which `name` is filled in where the program sets none; None: it has no name of its own."""
    deleted_first: ClassVar[bool] = False
    """Whether the old one always has to go before its replacement is made."""

    @abstractmethod
    def create(self, account: Account, inputs: Properties) -> tuple[str, Properties]:
        """Makes it and gives its id and outputs; `inputs` have a name."""

    @abstractmethod
    def read(self, account: Account, known: Properties) -> Properties | None:
        """The outputs as AWS has them; None where what it is part of is there and it is gone.

        `known` are the last outputs with the id, overlaid by the inputs: where AWS's answer means the same, their wording
        stays.
        """

    @abstractmethod
    def update(self, account: Account, state: Properties, inputs: Properties, changed: set[str]) -> None:
        """Turns the changed properties from what `state`, the last outputs, says into what `inputs` say."""

    @abstractmethod
    def delete(self, account: Account, state: Properties) -> None:
        """Deletes it."""


def new_name(inputs: Properties) -> str:
    """The name to create something under."""
    now = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S%f")[:18]
    return inputs.get("name") or f"{inputs['namePrefix']}{now}{next(_counter):08x}"


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags in AWS's form: a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def live_tags(account: Account, answer: Any, known: Properties) -> Properties:
    """`tags` and `tagsAll` of an answer of AWS, without those that AWS itself sets.

    A default tag is the resource's own only where the program repeats it; with no tags of its own, pulumi-aws has null.
    """
    every = {tag["Key"]: tag["Value"] for tag in answer.get("Tags", []) if not tag["Key"].startswith("aws:")}
    defaults, mine = account.settings.default_tags, known.get("tags") or {}
    own = {key: value for key, value in every.items() if key in mine or defaults.get(key) != value}
    return {"tags": own or None, "tagsAll": every}


def retag(iam: Any, kind: str, state: Properties, inputs: Properties, **which: str) -> None:
    """Takes away the tags that are not wanted any more and sets those that differ."""
    old, new = state.get("tagsAll") or {}, inputs["tagsAll"]
    if removed := sorted(old.keys() - new.keys()):
        getattr(iam, f"untag_{kind}")(**which, TagKeys=removed)
    if added := {key: value for key, value in new.items() if old.get(key) != value}:
        getattr(iam, f"tag_{kind}")(**which, Tags=listed(added))
