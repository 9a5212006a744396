"""Measures what the provider costs and writes results.json and results.md: `python -m benchmarks`.

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
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from benchmarks.call_counts import count_calls
from benchmarks.conditions import PLAIN
from benchmarks.endpoint import endpoint
from benchmarks.events import aws_cli_updates, one_round
from benchmarks.machine import machine, versions
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.programs import ACCOUNTS, DYNAMIC
from benchmarks.samples import Sample
from benchmarks.server_rate import measure_rates
from benchmarks.side_by_side import time_side_by_side
from benchmarks.starts import time_first_operation, time_imports, time_processes
from benchmarks.summary import render
from benchmarks.workbench import Workbench, prepare_environment

HERE: Final = Path(__file__).parent


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Everything in `plan`, as results.json holds it, without what says where and when."""
    results: dict[str, Any] = {"samples": [], "calls": [], "boto3_in_program": None}
    with ExitStack() as ending:
        bench = Workbench(folder, ending.enter_context(endpoint()), plan.connections)
        _say(f"{plan.connections} connections requested")
        _warm_up(bench)

        def keep(samples: Iterator[Sample]) -> None:
            for sample in samples:
                results["samples"].append(dataclasses.asdict(sample))
                what = f"{sample.condition} {sample.event} of {sample.resources}, {sample.variant}"
                _say(f"{what}: {sample.seconds:.2f} s")

        for condition, sizes in plan.stacks.items():
            for size, number in _rounds(sizes):
                watched = condition == PLAIN and size == max(sizes) and number == 0
                keep(one_round(bench, condition, size, number, watched=watched))
        for size, number in _rounds(plan.aws_cli):
            keep(iter([aws_cli_updates(bench, size, number)]))
        for counted, boto3_in_program in count_calls(bench, plan.counted):
            results["calls"].append(dataclasses.asdict(counted))
            if boto3_in_program is not None:
                results["boto3_in_program"] = boto3_in_program
            _say(f"calls of {counted.event}: {counted.calls}")
        connection = bench.ids[ACCOUNTS[DYNAMIC]][0]
        results["imports"] = [time_imports() for _ in range(plan.starts)]
        results["first_operation"] = [time_first_operation(bench.url, connection) for _ in range(plan.starts)]
        results["processes"] = [time_processes() for _ in range(plan.starts)]
        _say("starts measured")
        results["side_by_side"] = [time_side_by_side(bench.endpoint) for _ in range(plan.side_by_side)]
        _say("operations side by side measured")
        rates = measure_rates(bench.url, connection, plan.requests, rounds=3)
        results["rates"] = [dataclasses.asdict(rate) for rate in rates]
    return results


def write(results: dict[str, Any], folder: Path) -> None:
    """Write the raw samples and the tables."""
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(render(results), encoding="utf-8")


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


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
