"""Measures what the provider costs and writes results.json, results.md and results.svg: `python -m benchmarks`.

Run it with `make bench`, on a machine that does nothing else; it takes about 20 minutes on two cores. Needs Linux,
since the memory of the provider process is read from /proc.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from benchmarks.call_counts import count_calls
from benchmarks.endpoint import endpoint
from benchmarks.events import aws_cli_updates, one_round
from benchmarks.figures import DELAY
from benchmarks.machine import machine, versions
from benchmarks.plot import draw
from benchmarks.samples import CHECKPOINTS, DELAYED, PLAIN, Sample
from benchmarks.server_rate import measure_rates
from benchmarks.starts import time_first_operation, time_imports
from benchmarks.table import render
from benchmarks.workbench import Workbench, prepare_environment

HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Plan:
    """How much is measured; each mapping is of numbers of resources to rounds."""

    plain: Mapping[int, int]
    delayed: Mapping[int, int]
    checkpoints: Mapping[int, int]
    aws_cli: Mapping[int, int]
    counted: int
    """Resources of the stack whose calls are counted event by event."""
    starts: int
    requests: int
    """Requests of each operation that the local AWS answers in a round of three."""


FULL: Final = Plan(
    plain={1: 7, 10: 7, 50: 7, 200: 5, 1000: 5},
    delayed={200: 2},
    checkpoints={200: 1},
    aws_cli={1: 3, 10: 3, 50: 2},
    counted=10,
    starts=15,
    requests=1000,
)
QUICK: Final = Plan(
    plain={1: 1, 3: 1, 8: 1},
    delayed={3: 1},
    checkpoints={3: 1},
    aws_cli={1: 1, 4: 1},
    counted=2,
    starts=2,
    requests=100,
)


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Everything in `plan`, as results.json holds it, without what says where and when."""
    results: dict[str, Any] = {"samples": [], "calls": [], "boto3_in_program": None}
    connections = max(*plan.plain, *plan.delayed, *plan.checkpoints, 2 * plan.counted)
    with ExitStack() as ending:
        aws = ending.enter_context(endpoint())
        bench = Workbench(folder, aws, connections)
        _say(f"{connections} connections requested")
        _warm_up(bench)

        def keep(samples: Iterator[Sample]) -> None:
            for sample in samples:
                results["samples"].append(dataclasses.asdict(sample))
                what = f"{sample.condition} {sample.event} of {sample.resources}, {sample.variant}"
                _say(f"{what}: {sample.seconds:.2f} s")

        for size, number in _rounds(plan.plain):
            keep(one_round(bench, PLAIN, size, number, watched=size == max(plan.plain) and number == 0))
        for size, number in _rounds(plan.aws_cli):
            keep(iter([aws_cli_updates(bench, size, number)]))
        with _delayed(aws, DELAY):
            for size, number in _rounds(plan.delayed):
                keep(one_round(bench, DELAYED, size, number))
        for size, number in _rounds(plan.checkpoints):
            keep(one_round(bench, CHECKPOINTS, size, number))
        for counted, boto3_in_program in count_calls(bench, plan.counted):
            results["calls"].append(dataclasses.asdict(counted))
            if boto3_in_program is not None:
                results["boto3_in_program"] = boto3_in_program
            _say(f"calls of {counted.event}: {counted.calls}")
        results["imports"] = [time_imports() for _ in range(plan.starts)]
        results["first_operation"] = [
            time_first_operation(bench.url, bench.ids[0]) for _ in range(plan.starts)
        ]
        _say("starts measured")
        rates = measure_rates(bench.url, bench.ids[0], plan.requests, rounds=3)
        results["rates"] = [dataclasses.asdict(rate) for rate in rates]
    return results


def write(results: dict[str, Any], folder: Path) -> None:
    """Write the raw samples, the tables and the plot."""
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(render(results), encoding="utf-8")
    draw(results, folder / "results.svg")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a few small runs, to see that it works: no figures to quote"
    )
    parser.add_argument(
        "--output", type=Path, help="where to write (default: beside this file; quick: nowhere)"
    )
    options = parser.parse_args(arguments)
    prepare_environment()
    about = {
        "quick": options.quick,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
    }
    with tempfile.TemporaryDirectory(prefix="proton-provider-bench-") as folder:
        results = about | measure(QUICK if options.quick else FULL, Path(folder))
    output = options.output or (None if options.quick else HERE)
    if output is not None:
        write(results, output)
    print(render(results))
    return 0


def _rounds(plan: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Each size as often as planned: all sizes, then all again, so that a slow minute does not hit one alone."""
    for number in range(max(plan.values())):
        yield from ((size, number) for size, rounds in plan.items() if number < rounds)


def _warm_up(bench: Workbench) -> None:
    """Run everything once uncounted, so that bytecode and the file system's cache are there."""
    for _ in one_round(bench, PLAIN, 1, 0):
        pass
    aws_cli_updates(bench, 1, 0)


@contextmanager
def _delayed(aws: Any, seconds: float) -> Iterator[None]:
    aws.delay(seconds)
    try:
        yield
    finally:
        aws.delay(0)


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
