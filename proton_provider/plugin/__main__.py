"""Runs the native plugin. The engine starts it through a launcher or Pulumi's runner, and passes its own address."""

from __future__ import annotations

import sys

from proton_provider.plugin.bare_packages import use_bare_packages


def main() -> int:
    """Run the plugin until the engine ends it. Returns the exit status."""
    use_bare_packages()
    from proton_provider.plugin.server import serve  # noqa: PLC0415  # the bare packages come first
    from proton_provider.plugin.servicer import Provider  # noqa: PLC0415  # as above

    return serve(Provider, sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
