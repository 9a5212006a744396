"""A thin harness around the real engine: a copied project, its own backend and home, `pulumi` as a user types it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import yaml

ENVIRONMENT_ACCOUNT = "222222222222"
MANAGEMENT_ACCOUNT = "111111111111"
REGION = "us-east-1"


class EngineError(AssertionError):
    """A command of the engine's ended otherwise than the test said; the text holds the engine's own words."""


@dataclass(frozen=True)
class Printed:
    """What one command printed, standard output and error together as a user sees them."""

    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


_INITIAL: dict[tuple[str, str], dict[Path, bytes]] = {}
"""What `pulumi stack init` has written, by project and stack."""

_PIP_LIST = ["-m", "pip", "list", "-v", "--format", "json"]
"""What the language host asks Python before each command, to find out which plugins the program needs."""

_PIP = """\
import runpy
import sys
from pathlib import Path

folder = Path(__file__).parent
if sys.argv[1:] == {asked!r}:
    sys.stdout.write((folder / "list.json").read_text())
else:
    sys.path.remove(str(folder))
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


class Stack:
    """One stack of one copied project. Its backend lies in the test's folder, and what it made in the local AWS's memory."""

    def __init__(self, folder: Path, env: dict[str, str], name: str = "test") -> None:
        self.folder = folder
        self.env = {**env, "PULUMI_STACK": name}
        self.name = name
        self._init()

    def _init(self) -> None:
        """As `pulumi stack init` does, which is run once for each name: what it writes is the same every time."""
        project = yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"]
        state = Path(".pulumi", "stacks", project, f"{self.name}.json")
        written = {state: self._backend / state, Path(): self.folder / f"Pulumi.{self.name}.yaml"}
        kept = _INITIAL.setdefault((project, self.name), {})
        if kept and not any(file.exists() for file in written.values()):
            for path, file in written.items():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(kept[path])
        else:
            self.run("stack", "init", self.name)
            kept.update({path: file.read_bytes() for path, file in written.items()})

    @property
    def _backend(self) -> Path:
        return Path(self.env["PULUMI_BACKEND_URL"].removeprefix("file://").partition("?")[0])

    def write(self, program: str) -> None:
        """Replace the program by another."""
        (self.folder / "__main__.py").write_text(program)

    def configure(self, values: dict[str, Any]) -> None:
        """Write these values into the stack's config file, None to take one out; lists and maps as they are."""
        path = self.folder / f"Pulumi.{self.name}.yaml"
        document = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {**(document.get("config") or {}), **values}
        document["config"] = {key: value for key, value in config.items() if value is not None}
        path.write_text(yaml.safe_dump(document))

    def up(self, *arguments: str) -> Printed:
        return self.run("up", "--yes", *arguments)

    def up_error(self, *arguments: str) -> Printed:
        return self.run("up", "--yes", *arguments, fails=True)

    def preview(self, *arguments: str) -> Printed:
        return self.run("preview", *arguments)

    def preview_error(self, *arguments: str) -> Printed:
        return self.run("preview", *arguments, fails=True)

    def refresh(self, *arguments: str) -> Printed:
        return self.run("refresh", "--yes", *arguments)

    def refresh_error(self, *arguments: str) -> Printed:
        return self.run("refresh", "--yes", *arguments, fails=True)

    def destroy(self, *arguments: str) -> Printed:
        return self.run("destroy", "--yes", *arguments)

    def destroy_error(self, *arguments: str) -> Printed:
        return self.run("destroy", "--yes", *arguments, fails=True)

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, as `pulumi stack output` knows them."""
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json").text)
        return outputs

    @property
    def state(self) -> dict[str, Any]:
        """The whole state, as `pulumi stack export` writes it."""
        state: dict[str, Any] = json.loads(self.run("stack", "export").text)
        return state

    def resources(self, kind: str = "") -> list[dict[str, Any]]:
        """The resources in state whose type ends with `kind`: read from the backend's file, without an engine's start."""
        (file,) = (self._backend / ".pulumi" / "stacks").glob(f"*/{self.name}.json")
        latest = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return [resource for resource in latest.get("resources", []) if resource["type"].endswith(kind)]

    def preview_steps(self, *arguments: str) -> list[dict[str, Any]]:
        """The steps of a preview, as `pulumi preview --json` prints them."""
        steps: list[dict[str, Any]] = json.loads(self.run("preview", "--json", *arguments).text)["steps"]
        return steps

    def run(self, *arguments: str, fails: bool = False) -> Printed:
        """Run `pulumi` with `arguments`; raises `EngineError` unless it fails or succeeds as said."""
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if (done.returncode != 0) is not fails:
            wanted = "fail" if fails else "succeed"
            raise EngineError(
                f"{' '.join(command)} should {wanted} (it ended {done.returncode}):\n{done.stdout}"
            )
        return Printed(done.stdout)


class MakeStack(Protocol):
    """Makes a stack of a project; `config` comes on top of what points it at the local AWS."""

    def __call__(self, source: Path | str, config: dict[str, Any] | None = None) -> Stack: ...


Client: TypeAlias = Callable[..., Any]
"""Makes a boto3 client: of a service, and of an account if not the environment account."""

ProtonCalls: TypeAlias = Callable[[], list[str]]
"""Names the Proton operations that were called since it was last asked."""


def project(folder: Path, source: Path | str, name: str = "test") -> Path:
    """A project in `folder`: a copy of the folder `source`, or a new one whose program is the text `source`."""
    target = folder / "project"
    if isinstance(source, Path):
        ignored = shutil.ignore_patterns("Pulumi.*.yaml", "__pycache__")
        shutil.copytree(source, target, ignore=ignored)
    else:
        target.mkdir()
        (target / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        (target / "__main__.py").write_text(source)
    return target


def environment(folder: Path) -> dict[str, str]:
    """A shell's environment for the engine: nobody's own login, credentials or settings; home and backend in `folder`.

    `pulumi` and the Python environment come from PATH, as `make test` sets it; the plugins from the Pulumi home that
    it names.
    """
    if shutil.which("pulumi") is None:
        raise EngineError("There is no Pulumi engine on PATH. Run the tests with: make test")
    home, state = folder / "home", folder / "state"
    home.mkdir()
    state.mkdir()
    plugins = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi")) / "plugins"
    if plugins.exists():
        (home / "plugins").symlink_to(plugins.resolve())
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "MOTO_"))
    }
    return {
        **own,
        "PULUMI_HOME": str(home),
        # A kill can leave the metadata that lies beside the state empty, and Pulumi then cannot load the state.
        "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
    }


WITHOUT_COLLECTION = {"GOGC": "off"}
"""An engine that collects no garbage: it ends before that pays."""


def quick_environment(folder: Path) -> dict[str, str]:
    """The same for tests, with a third less processor time a command: no collection, and pip's answer is repeated."""
    return {**environment(folder), **WITHOUT_COLLECTION, "PYTHONPATH": _pip_answer().name}


@functools.cache
def _pip_answer() -> tempfile.TemporaryDirectory[str]:
    """A folder with a module `pip` that repeats what pip has listed once: nothing is installed while the tests run."""
    folder = tempfile.TemporaryDirectory()
    listed = subprocess.run(["python3", *_PIP_LIST], stdout=subprocess.PIPE, text=True, check=True).stdout
    Path(folder.name, "list.json").write_text(listed)
    Path(folder.name, "pip.py").write_text(_PIP.format(asked=_PIP_LIST[2:]))
    return folder


def local_config(url: str, account: str = ENVIRONMENT_ACCOUNT) -> dict[str, Any]:
    """The stack config that points pulumi-aws and the provider at a local AWS, as `account`."""
    return {
        "aws:region": REGION,
        "aws:accessKey": account,
        "aws:secretKey": "local",
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:endpoints": [{"iam": url, "sts": url}],
        "proton:endpointUrl": url,
    }
