"""Tries the wheel, without its source, with the oldest dependencies that pyproject.toml allows and with the newest."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pulumi_engine
from clone import HERE, Clone
from environment import of_clone, stripped
from package_wheel import build, check_contents, copy
from progress import StepError, exit_status, run_logged, say
from python_environment import OPTIONS
from range_ends import Claims, End, oldest
from user_cache import cache_folder

STEP = "wheel"

NOT_OF_THE_PACKAGE = {
    "test_aws_cli.py",  # a release of the AWS CLI pins its botocore
    "test_aws_stand_in.py",
    "test_benchmarks.py",
    "test_docs.py",  # the site has tools of its own
    "test_downloads.py",
    "test_leftovers_aws_cli.py",  # as above
    "test_pulumi_engine.py",
    "test_scripts.py",
    "test_supported_range.py",
    "test_typing.py",  # Pyright is in .venv alone
}
"""Tests of what is not in the wheel."""

ON_A_BOTOCORE_WITHOUT_PROTON = (
    "installed/test_without_proton.py",
    "installed/test_wheel.py",
    "test_service_model.py",
    "test_local_*.py",
)
"""Tests that are run once more on the botocore to come, whose data have dropped Proton."""

EXAMPLES = ("handshake", "one_stack")
"""They have every resource and the component between them; all the others would take minutes."""


def install(end: End, wheel: Path, clone: Clone) -> None:
    """Make the environment of an end: the wheel without its extra, pytest, and pulumi-aws's plugin of that version."""
    log = clone.logs / f"{end.name}-install.log"
    say(end.name, "installing the wheel and its dependencies")
    run_logged(end.name, "making a Python environment", [sys.executable, "-m", "venv", end.venv], log)
    _pip(end, log, str(wheel), *end.needed, "pytest", "hypothesis")
    run_logged(
        end.name,
        "getting pulumi-aws's plugin",
        [end.python, clone.scripts / "aws_plugin.py"],
        clone.logs / f"{end.name}-plugin.log",
    )
    say(end.name, end.versions())


def attempt(end: End, wheel: Path, source: Path, clone: Clone) -> None:
    """Run, in the copy whose package was taken away, all that concerns an installed package. Raises StepError."""
    installed, tests = Path("tests", "installed"), source / "tests"
    _pytest(end, source, clone, "the wheel without its extra", [installed / "test_without_extra.py"])
    _pip(
        end,
        clone.logs / f"{end.name}-install.log",
        f"proton-provider[local] @ {wheel.as_uri()}",
        *end.needed,
        *end.local,
    )
    modules = [path for path in sorted(tests.glob("test_*.py")) if path.name not in NOT_OF_THE_PACKAGE]
    example = "tests/engine/test_examples.py::test_example_comes_up_stays_and_goes"
    _pytest(
        end,
        source,
        clone,
        "the wheel",
        [installed / "test_wheel.py", *modules, *(f"{example}[{name}]" for name in EXAMPLES)],
    )
    bereft = end.venv / "bereft"
    run_logged(
        end.name,
        "making a botocore without Proton",
        [end.python, tests / "botocores.py", bereft],
        clone.logs / f"{end.name}-bereft.log",
    )
    _pytest(
        end,
        source,
        clone,
        "the wheel on a botocore without Proton",
        [path for pattern in ON_A_BOTOCORE_WITHOUT_PROTON for path in sorted(tests.glob(pattern))],
        first=bereft,
    )
    run_logged(
        end.name,
        "checking the types that users see",
        [
            *(sys.executable, "-m", "mypy", "--python-executable", end.python),
            *("--cache-dir", end.venv / "mypy", tests / "typing" / "public_surface.py"),
        ],
        clone.logs / f"{end.name}-types.log",
        cwd=source,
    )
    say(end.name, "the types that users see are right")


def _pip(end: End, log: Path, *requirements: str) -> None:
    pip: list[str | Path] = [end.python, "-m", "pip", "--disable-pip-version-check", "install", *OPTIONS]
    run_logged(end.name, "installing the wheel and its dependencies", [*pip, *requirements], log)


def _pytest(
    end: End, source: Path, clone: Clone, what: str, tests: Sequence[str | Path], *, first: Path | None = None
) -> None:
    engine = pulumi_engine.find(os.environ)
    if engine is None:
        raise StepError(end.name, "no Pulumi engine is set up yet; `make up` gets one.")
    path = [str(end.python.parent), str(engine.folder), os.environ.get("PATH", os.defpath)]
    log = clone.logs / f"{end.name}.log"
    environment = {**stripped(os.environ), **of_clone(os.environ, clone), "PATH": os.pathsep.join(path)}
    environment.pop("PYTHONPATH", None)  # it may name the clone
    if first is not None:
        environment["PYTHONPATH"] = str(first)
    run_logged(
        end.name,
        f"testing {what}",
        # A release to come may warn of what the one after it drops: that is no failure of this one.
        [end.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "default", *tests],
        log,
        cwd=source,
        env=environment,
    )
    say(end.name, f"{what}: {log.read_text(encoding='utf-8').strip().rpartition(chr(10))[2]}")


def try_both(clone: Clone) -> None:
    """Build the wheel once and try it at both ends of the range, at the same time. Raises StepError."""
    claims = Claims.of(clone)
    cache = cache_folder(os.environ)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="range-", dir=cache) as name:
        folder = Path(name)
        source = copy(clone, folder)
        wheel = build(source, clone.logs)
        check_contents(wheel, source / "proton_provider")
        say(STEP, f"{wheel.name}, built")
        shutil.rmtree(source / "proton_provider")
        ends = [
            End("oldest", folder / "oldest", oldest(claims.needed), oldest(claims.local)),
            End("newest", folder / "newest"),
        ]
        for end in ends:
            install(end, wheel, clone)
        with ThreadPoolExecutor() as pool:
            # An end that fails says why, and the other one is tried all the same.
            works = partial(attempt, wheel=wheel, source=source, clone=clone)
            failures = sum(pool.map(lambda end: exit_status(lambda: works(end)), ends))
    if failures:
        raise StepError(STEP, "it does not work with every version that pyproject.toml allows.")


def main() -> int:
    return exit_status(lambda: try_both(HERE))


if __name__ == "__main__":
    sys.exit(main())
