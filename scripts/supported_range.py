"""Tries the wheel, without its source, with the oldest dependencies that pyproject.toml allows and with the newest."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi_engine
from clone import HERE, Clone
from environment import of_engine
from package_wheel import build, check_contents, copy
from progress import StepError, exit_status, run_logged, say
from python_environment import OPTIONS
from range_ends import Claims, End, oldest
from user_cache import writable_cache

STEP = "wheel"
PACKAGE = "proton_provider"

NOT_OF_THE_PACKAGE = {
    "test_aws_cli.py",  # a release of the AWS CLI pins its botocore
    "test_benchmarks.py",
    "test_docs.py",  # the site has tools of its own
    "test_downloads.py",
    "test_leftovers_aws_cli.py",  # as above
    "test_pulumi_engine.py",
    "test_scripts.py",
    "test_supported_range.py",
    "test_typing.py",  # Pyright is in .venv alone
}
"""Tests of what is not in the wheel, among those that lie in tests/ itself."""

ON_A_BOTOCORE_WITHOUT_PROTON = (
    "installed/test_without_proton.py",
    "installed/test_wheel.py",
    "test_service_model.py",
    "test_local_*.py",
)
"""Tests that are run once more on the botocore to come, whose data have dropped Proton."""

EXAMPLES = ("handshake", "one_stack")
"""They have every resource and the component between them; all the others would take minutes."""


def install(end: End, wheel: Path) -> None:
    """Make the .venv of an end: the wheel without its extra, pytest, and pulumi-aws's plugin of that version."""
    say(end.name, "installing the wheel and its dependencies")
    run_logged(
        end.name,
        "making a Python environment",
        [sys.executable, "-m", "venv", end.clone.venv],
        end.clone.logs / "venv.log",
    )
    _pip(end, str(wheel), *end.needed, "pytest", "hypothesis")
    script = end.clone.scripts / "aws_plugin.py"
    _run(end, "getting pulumi-aws's plugin", [script], end.clone.logs / "plugin.log")
    say(end.name, end.versions())


def attempt(end: End, wheel: Path) -> None:
    """Run, in the clone that has no package, all that concerns an installed package. Raises StepError."""
    install(end, wheel)
    tests = end.clone.root / "tests"
    installed = tests / "installed"
    _pytest(end, "the wheel without its extra", [installed / "test_without_extra.py"])
    _pip(end, f"proton-provider[local] @ {wheel.as_uri()}", *end.needed, *end.local)
    modules = [path for path in sorted(tests.glob("test_*.py")) if path.name not in NOT_OF_THE_PACKAGE]
    modules += sorted(tests.glob("aws/test_*.py"))
    example = "tests/engine/test_examples.py::test_example_comes_up_stays_and_goes"
    _pytest(
        end,
        "the wheel",
        [installed / "test_wheel.py", *modules, *(f"{example}[{name}]" for name in EXAMPLES)],
    )
    bereft = end.clone.local / "bereft"
    make_bereft = [tests / "botocores.py", bereft]
    _run(end, "making a botocore without Proton", make_bereft, end.clone.logs / "bereft.log")
    _pytest(
        end,
        "the wheel on a botocore without Proton",
        [path for pattern in ON_A_BOTOCORE_WITHOUT_PROTON for path in sorted(tests.glob(pattern))],
        {"PYTHONPATH": str(bereft)},
    )
    run_logged(
        end.name,
        "checking the types that users see",
        [
            *(sys.executable, "-m", "mypy", "--python-executable", end.clone.python),
            *("--cache-dir", end.clone.local / "mypy", tests / "typing" / "public_surface.py"),
        ],
        end.clone.logs / "types.log",
        cwd=end.clone.root,
    )
    say(end.name, "the types that users see are right")


def keep_logs(end: End, folder: Path) -> None:
    """Have an end's logs outlive its clone."""
    folder.mkdir(parents=True, exist_ok=True)
    end.clone.local.mkdir()
    end.clone.logs.symlink_to(folder)


def _pip(end: End, *requirements: str) -> None:
    pip: list[str | Path] = ["-m", "pip", "--disable-pip-version-check", "install", *OPTIONS]
    _run(
        end,
        "installing the wheel and its dependencies",
        [*pip, *requirements],
        end.clone.logs / "install.log",
    )


def _pytest(
    end: End, what: str, tests: Sequence[str | Path], variables: Mapping[str, str] | None = None
) -> None:
    # A release to come may warn of what the one after it drops: that is no failure of this one.
    pytest: list[str | Path] = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "default"]
    log = end.clone.logs / f"{what.replace(' ', '-')}.log"
    _run(end, f"testing {what}", [*pytest, *tests], log, variables)
    say(end.name, f"{what}: {log.read_text(encoding='utf-8').strip().rpartition(chr(10))[2]}")


def _run(
    end: End,
    doing: str,
    arguments: Sequence[str | Path],
    log: Path,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run the end's Python in the end's clone, which has a Pulumi home and a plugin of its own."""
    engine = pulumi_engine.find(os.environ)
    if engine is None:
        raise StepError(end.name, "no Pulumi engine is set up yet; `make up` gets one.")
    env = of_engine(os.environ, end.clone, engine.folder)
    env.pop("PYTHONPATH", None)  # it may name the clone that this runs in
    command = [end.clone.python, *arguments]
    run_logged(end.name, doing, command, log, cwd=end.clone.root, env={**env, **(variables or {})})


def try_both(clone: Clone) -> None:
    """Build the wheel once and try it at both ends of the range, at the same time. Raises StepError."""
    claims = Claims.of(clone)
    cache = writable_cache(STEP, os.environ)
    with tempfile.TemporaryDirectory(prefix="range-", dir=cache) as name:
        folder = Path(name)
        source = copy(clone, folder / "source")
        wheel = build(source.root, folder / "wheel", clone.logs)
        check_contents(wheel, source.root / PACKAGE)
        say(STEP, f"{wheel.name}, built")
        ends = [
            End(
                "oldest", copy(clone, folder / "oldest", PACKAGE), oldest(claims.needed), oldest(claims.local)
            ),
            End("newest", copy(clone, folder / "newest", PACKAGE)),
        ]
        for end in ends:
            keep_logs(end, clone.logs / f"range-{end.name}")

        def try_one(end: End) -> int:
            """An end that fails says why, and the other one is tried all the same."""
            return exit_status(lambda: attempt(end, wheel))

        with ThreadPoolExecutor() as pool:
            failures = sum(pool.map(try_one, ends))
    if failures:
        raise StepError(STEP, "it does not work with every version that pyproject.toml allows.")


def main() -> int:
    return exit_status(lambda: try_both(HERE))


if __name__ == "__main__":
    sys.exit(main())
