"""The measured resource through the native door, declared in Python as the others are, so that only the door differs."""

from __future__ import annotations

from typing import Any

import pulumi
from benchmarks.floor import OUTPUTS


class NativeRoles(pulumi.CustomResource):
    """Declares as many inputs and outputs as `EnvironmentAccountConnectionRoles`."""

    def __init__(self, name: str, inputs: dict[str, Any]) -> None:
        super().__init__(
            "proton:index:EnvironmentAccountConnectionRoles", name, {**dict.fromkeys(OUTPUTS), **inputs}
        )
