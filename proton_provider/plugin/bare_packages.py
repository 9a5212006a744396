"""Lets a plugin import the generated modules of Pulumi's protocol without the rest of the SDK."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType


def use_bare_packages() -> None:
    """Replace the SDK's packages by empty ones with the same modules, unless they are imported already.

    A plugin starts at each command of Pulumi. Without what the packages import, its start takes a fraction of the time.
    """
    for name in ("pulumi", "pulumi.runtime"):
        spec = find_spec(name)
        if name not in sys.modules and spec is not None and spec.submodule_search_locations is not None:
            package = ModuleType(name)
            package.__path__ = list(spec.submodule_search_locations)
            sys.modules[name] = package
