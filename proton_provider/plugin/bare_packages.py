"""Lets a plugin import the generated modules of Pulumi's protocol without the rest of the SDK."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType


def use_bare_packages() -> None:
    """Replace the SDK's packages with empty packages that have the same modules, unless they are already imported.

    Each Pulumi command starts the plugin. It starts much faster without the modules that the SDK's packages import.
    """
    for name in ("pulumi", "pulumi.runtime"):
        spec = find_spec(name)
        if name not in sys.modules and spec is not None and spec.submodule_search_locations is not None:
            package = ModuleType(name)
            package.__path__ = list(spec.submodule_search_locations)
            sys.modules[name] = package
