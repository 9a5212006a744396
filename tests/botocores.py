"""What the installed botocore says about Proton, and a copy of botocore without Proton."""

from __future__ import annotations

import functools
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader

DATA = Path(botocore.__file__).parent / "data"
SERVICE = "proton"


def own(folder: Path, type_name: str) -> Any:
    """What the data of a botocore hold of Proton: `service-2` and its like. None, with a warning, once that is gone.

    Gone means gone altogether; half of it would be a mistake of the test, and fails.
    """
    loader = _loader(folder)
    if (folder / SERVICE).exists():
        return loader.load_service_model(SERVICE, type_name)
    assert SERVICE not in loader.list_available_services(type_name)
    assert regions(folder) == set()
    warnings.warn("this botocore has no model of Proton: ours was not compared with it", stacklevel=2)
    return None


@functools.cache
def _loader(folder: Path) -> Any:
    return Loader(extra_search_paths=[str(folder)], include_default_search_paths=False)


def regions(folder: Path) -> set[str]:
    """The Regions where the data of a botocore offer Proton, in any partition."""
    endpoints = json.loads((folder / "endpoints.json").read_text(encoding="utf-8"))
    return {
        region
        for partition in endpoints["partitions"]
        for region in partition["services"].get(SERVICE, {"endpoints": ()})["endpoints"]
    }


def without_proton(folder: Path) -> Path:
    """Make the installed botocore without Proton: a folder that is first on PYTHONPATH, or else not botocore at all."""
    package = folder / "botocore"
    (package / "data").mkdir(parents=True)
    for path in DATA.parent.iterdir():
        if path != DATA:
            (package / path.name).symlink_to(path)
    for path in DATA.iterdir():
        if path.name not in {SERVICE, "endpoints.json"}:
            (package / "data" / path.name).symlink_to(path)
    endpoints = json.loads((DATA / "endpoints.json").read_text(encoding="utf-8"))
    for partition in endpoints["partitions"]:
        partition["services"].pop(SERVICE, None)
    (package / "data" / "endpoints.json").write_text(json.dumps(endpoints), encoding="utf-8")
    return folder


if __name__ == "__main__":  # for another Python, whose botocore it is then
    without_proton(Path(sys.argv[1]))
