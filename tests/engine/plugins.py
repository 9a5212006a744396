"""Installs the native plugin as a user does, and says who calls through it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from engine.harness import ENVIRONMENT_ACCOUNT, environment


def credentials(account: str = ENVIRONMENT_ACCOUNT) -> dict[str, str]:
    """The environment that makes `account` the caller's at the local AWS: the plugin's config holds no keys."""
    return {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "local"}


def install(folder: Path) -> Path:
    """A folder of plugins with what the clone has and the native plugin, installed by the package's own command."""
    env = environment(folder)
    plugins = Path(env["PULUMI_HOME"]) / "plugins"
    others = list(plugins.resolve().iterdir()) if plugins.exists() else []
    if plugins.exists():
        plugins.unlink()
    plugins.mkdir()
    for other in others:
        if other.is_dir():  # the engine takes no folder that is a link
            (plugins / other.name).mkdir()
            for file in other.iterdir():
                (plugins / other.name / file.name).symlink_to(file.resolve())
    done = subprocess.run(["proton-plugin", "install"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return plugins
