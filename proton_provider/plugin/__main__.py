"""The plugin's executable, `pulumi-resource-proton`: the engine runs it, with its own address as the argument."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType


def main() -> int:
    """Be the plugin until the engine ends it; the exit status."""
    _use_bare_packages()
    from proton_provider.plugin.server import serve  # noqa: PLC0415  # the bare packages come first
    from proton_provider.plugin.servicer import Provider  # noqa: PLC0415  # as above

    return serve(Provider, sys.argv[1:])


def _use_bare_packages() -> None:
    """Of the SDK a plugin needs the generated modules of the protocol alone, and it starts at each command of Pulumi.

    As packages without what else they import, they take a fraction of the time.
    """
    for name in ("pulumi", "pulumi.runtime"):
        spec = find_spec(name)
        if name not in sys.modules and spec is not None and spec.submodule_search_locations is not None:
            package = ModuleType(name)
            package.__path__ = list(spec.submodule_search_locations)
            sys.modules[name] = package


if __name__ == "__main__":
    raise SystemExit(main())
