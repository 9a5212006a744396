"""The range of dependencies in the tests: how its oldest end is read, and what a wheel must have."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from clone import HERE
from package_wheel import check_contents
from progress import StepError
from range_ends import Claims, oldest
from supported_range import NOT_OF_THE_PACKAGE, ON_A_BOTOCORE_WITHOUT_PROTON

MODULES = ["proton_provider/__init__.py", "proton_provider/local/__init__.py", "proton_provider/py.typed"]
METADATA = ["proton_provider-1.dist-info/RECORD", "proton_provider-1.dist-info/licenses/LICENSE"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The source of a package of a few empty files."""
    for name in MODULES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / "proton_provider"


@pytest.fixture
def wheel(tmp_path: Path) -> Callable[[list[str]], Path]:
    """Makes a wheel that holds files of these names."""

    def make(names: list[str]) -> Path:
        path = tmp_path / "proton_provider-1.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "")
        return path

    return make


def test_the_oldest_end_is_the_lower_bound_of_each_dependency() -> None:
    """Extras stay, upper bounds go."""
    assert oldest(["boto3>=1.42", "pulumi>=3.231,<4", "moto[server]>=5.2.5"]) == [
        "boto3==1.42",
        "pulumi==3.231",
        "moto[server]==5.2.5",
    ]


def test_every_dependency_has_a_lower_bound() -> None:
    """Without one there would be no oldest version to try."""
    claims = Claims.of(HERE)
    assert all("==" in requirement for requirement in oldest([*claims.needed, *claims.local]))


def test_the_tests_that_are_left_out_exist() -> None:
    """A test that was renamed is not left out by its old name."""
    assert {name for name in NOT_OF_THE_PACKAGE if not (HERE.root / "tests" / name).exists()} == set()


@pytest.mark.parametrize("pattern", ON_A_BOTOCORE_WITHOUT_PROTON)
def test_the_tests_on_a_botocore_without_proton_exist(pattern: str) -> None:
    """A test that was renamed does not fall out of the list."""
    assert list((HERE.root / "tests").glob(pattern))


def test_a_wheel_of_the_package_and_its_licence_will_do(
    package: Path, wheel: Callable[[list[str]], Path]
) -> None:
    """All modules, the marker for type checkers and the licence: nothing is said."""
    check_contents(wheel([*MODULES, *METADATA]), package)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([*MODULES[:2], *METADATA], "lacks proton_provider/py.typed"),
        ([*MODULES, "tests/test_api.py", *METADATA], "holds tests/test_api.py"),
        ([*MODULES, *METADATA[:1]], "lacks the licence"),
        ([*MODULES[1:], "setup.py"], "lacks proton_provider/__init__.py, holds setup.py, lacks the licence"),
    ],
)
def test_another_wheel_is_refused(
    package: Path, wheel: Callable[[list[str]], Path], names: list[str], sentence: str
) -> None:
    """What is missing and what is too much are named, all at once."""
    with pytest.raises(StepError) as refused:
        check_contents(wheel(names), package)
    assert str(refused.value) == f"proton_provider-1.whl {sentence}."
