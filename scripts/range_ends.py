"""The two ends of the range of dependencies that pyproject.toml allows, each in a clone of its own."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import tomllib
from clone import Clone


@dataclass(frozen=True)
class Claims:
    """What pyproject.toml says of dependencies: those that everybody needs, and those of the extra `local`."""

    needed: list[str]
    local: list[str]

    @classmethod
    def of(cls, clone: Clone) -> Claims:
        project = tomllib.loads((clone.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return cls(project["dependencies"], project["optional-dependencies"]["local"])


@dataclass(frozen=True)
class End:
    """One end of the range: what holds its dependencies to that end, and a clone, since no plugin may be shared."""

    name: str
    clone: Clone
    needed: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)

    def versions(self) -> str:
        """What is installed of pulumi, boto3 and their like, as one line."""
        folder = next((self.clone.venv / "lib").glob("python*/site-packages"))
        found = importlib.metadata.distributions(path=[str(folder)])
        direct = {"boto3", "pulumi", "pulumi-aws"}
        return ", ".join(
            sorted(f"{each.name} {each.version}" for each in found if each.name.replace("_", "-") in direct)
        )


def oldest(requirements: Iterable[str]) -> list[str]:
    """The same requirements, met by the oldest release alone: `pulumi>=3.231,<4` as `pulumi==3.231`."""
    return [re.sub(r">=([\d.]+).*", r"==\1", requirement) for requirement in requirements]
