"""The measured resource with the native plugin, declared in Python as the others are, so that nothing else differs."""

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
