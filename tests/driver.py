"""Drives a life cycle as the engine and the adapter do, with plain dicts and a local AWS."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from accounts import calls, connect

from proton_provider.lifecycle import Checked, Connections, Difference, Lifecycle, Properties
from proton_provider.local import LocalAws
from proton_provider.settings import Settings


@dataclass(frozen=True)
class Resource:
    """What a stack's state holds of one resource."""

    id: str
    inputs: Properties
    outputs: Properties


@dataclass
class Driver:
    """One run of the engine: one life cycle object, and one account and Region to work in."""

    lifecycle: Lifecycle
    aws: LocalAws
    settings: Settings
    log_lines: list[tuple[str, str]] = field(default_factory=list)
    connected: int = 0
    """How often the life cycle has reached for AWS."""
    _seen: int = 0

    def log(self, severity: str, text: str) -> None:
        assert text.endswith(".")
        assert "\n" not in text
        self.log_lines.append((severity, text))

    def connect(self) -> Connections:
        self.connected += 1
        return connect(self.settings)

    def __post_init__(self) -> None:
        self.forget_calls()

    def forget_calls(self) -> None:
        """Count calls from here on."""
        self._seen = len(calls(self.aws))

    def calls(self) -> list[str]:
        """The Proton operations that were called, by whomever, since this or `forget_calls` was last called."""
        made = calls(self.aws)[self._seen :]
        self.forget_calls()
        return made

    def check(self, news: Properties, olds: Properties | None = None, unknown: Iterable[str] = ()) -> Checked:
        """Check a program's inputs; the Region is what the adapter finds in the settings.

        Without a `__name` they are those of the one resource of the program.
        """
        given = {"region": self.settings.region, "__name": "one", **news}
        before = json.dumps(given)
        checked = self.lifecycle.check(
            olds or {},
            {name: value for name, value in given.items() if name not in unknown},
            frozenset(unknown),
            self.settings,
        )
        assert json.dumps(given) == before
        return checked

    def inputs(self, news: Properties, olds: Properties | None = None) -> Properties:
        """The checked inputs, which have no problem."""
        checked = self.check(news, olds)
        assert checked.problems == {}
        return checked.inputs

    def diff(self, resource: Resource, news: Properties, unknown: Iterable[str] = ()) -> Difference:
        inputs = self.check(news, resource.inputs, unknown).inputs
        return self.lifecycle.diff(resource.outputs, inputs, frozenset(unknown), self.log)

    def create(self, news: Properties) -> Resource:
        inputs = self.inputs(news)
        resource_id, outputs = self.lifecycle.create(inputs, self.connect, self.log)
        return Resource(resource_id, inputs, whole(outputs))

    def update(self, resource: Resource, news: Properties) -> Resource:
        inputs = self.inputs(news, resource.inputs)
        outputs = self.lifecycle.update(resource.id, resource.outputs, inputs, self.connect, self.log)
        return Resource(resource.id, inputs, whole(outputs))

    def refresh(self, resource: Resource) -> Resource | None:
        reading = self.lifecycle.read(resource.id, resource.outputs, self.connect, self.log)
        if reading is None:
            return None
        return Resource(resource.id, whole(reading.inputs), whole(reading.outputs))

    def refreshed(self, resource: Resource) -> Resource:
        """The resource as it is now; it is still there."""
        found = self.refresh(resource)
        assert found is not None
        return found

    def get(self, resource_id: str, **inputs: Any) -> Properties:
        """The outputs of a first look, for which the adapter finds the Region."""
        props = {"region": self.settings.region, **inputs}
        reading = self.lifecycle.read(resource_id, props, self.connect, self.log)
        assert reading is not None
        return whole(reading.outputs)

    def delete(self, resource: Resource) -> None:
        self.lifecycle.delete(resource.id, resource.outputs, self.connect, self.log)


def public(properties: Properties) -> Properties:
    """What a user sees of properties."""
    return {name: value for name, value in properties.items() if not name.startswith("__")}


def whole(properties: Properties) -> Properties:
    """Properties as state can hold them: none is None."""
    assert "null" not in json.dumps(properties)
    return properties
