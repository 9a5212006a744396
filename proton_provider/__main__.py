"""Starts the native plugin where Pulumi's own runner of Python plugins starts this package."""

from __future__ import annotations

import sys

from proton_provider.plugin.__main__ import main

if __name__ == "__main__":
    if len(sys.argv) == 1:
        raise SystemExit(
            "This is a plugin that Pulumi starts. To use it, run pulumi package add with the folder of proton-provider in "
            "your project. To start it by hand, run python -m proton_provider.plugin."
        )
    raise SystemExit(main())
