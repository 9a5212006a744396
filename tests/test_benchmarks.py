"""The documentation shows the results of a full benchmark run, and the figures are calculated as it says."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from accounts import settings_of
from benchmarks import endpoint as endpoint_module
from benchmarks import floor, programs, side_by_side, starts
from benchmarks.__main__ import write
from benchmarks.bare_calls import THREADS
from benchmarks.comparison import native_over_dynamic
from benchmarks.conditions import CONDITIONS, DELAY, DELAYED, DELAYED_32, PLAIN, PLAIN_32
from benchmarks.endpoint import BARE_ACCOUNT, request_connections
from benchmarks.events import AWS_CLI, BARE, GET, UPDATE
from benchmarks.figures import Figure, Figures
from benchmarks.markdown import ratio
from benchmarks.plan import FULL, QUICK
from benchmarks.programs import DYNAMIC, FLOOR, NATIVE
from benchmarks.provider_memory import peak_memory
from benchmarks.samples import Sample
from benchmarks.server_rate import GET_ROLE
from benchmarks.summary import render, summary
from driver import Driver
from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION
from mocks import EchoingMocks, run

from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "tests" / "benchmarks"

SECONDS = {
    "create": {DYNAMIC: 2.4, NATIVE: 1.2, FLOOR: 2.0, BARE: 0.4},
    "unchanged": {DYNAMIC: 2.2, NATIVE: 2.2, FLOOR: 2.0},
    "update": {DYNAMIC: 3.0, NATIVE: 2.1, FLOOR: 2.0, BARE: 0.5},
    "refresh": {DYNAMIC: 1.0, NATIVE: 1.1, FLOOR: 1.0, BARE: 0.25},
}
CALLS: dict[str, tuple[str, ...]] = {
    "create": (GET, UPDATE),
    "unchanged": (),
    "update": (UPDATE,),
    "refresh": (GET,),
}


MEASURED = {PLAIN: (1, 10, 200), PLAIN_32: (200,), DELAYED: (10, 200), DELAYED_32: (200,)}


def made_up_results() -> dict[str, Any]:
    """Results as if stacks of 1, 10 and 200 had been measured, each resource taking as long as the first."""
    samples = [
        Sample(
            condition=condition,
            event=event,
            variant=variant,
            resources=size,
            round=0,
            seconds=seconds * size,
            cpu_seconds=seconds * size,
            calls=dict.fromkeys(CALLS[event], size) if variant in (DYNAMIC, NATIVE) else {},
            peak_kib=2048,
            state_bytes=3000,
        )
        for condition, sizes in MEASURED.items()
        for size in sizes
        for event, variants in SECONDS.items()
        for variant, seconds in variants.items()
        if variant in CONDITIONS[condition].variants or (condition, variant) == (PLAIN, BARE)
    ]
    samples += [
        Sample(
            condition=PLAIN,
            event="update",
            variant=AWS_CLI,
            resources=size,
            round=0,
            seconds=60.0 * size,
            cpu_seconds=0.0,
        )
        for size in (1, 10)
    ]
    return {
        "quick": False,
        "date": "2026-11-30",
        "machine": {"processor": "processor", "cores": 2, "memory_gib": 8, "system": "Linux"},
        "versions": {"pulumi": "3"},
        "samples": [dataclasses.asdict(sample) for sample in samples],
        "calls": [{"event": "create", "resources": 3, "wanted": {GET: 1}, "calls": {GET: 3}}],
        "boto3_in_program": False,
        "imports": [{"pulumi": 0.5, "proton_provider": 0.02, "boto3": False}],
        "first_operation": [{"first call": 0.01}],
        "processes": [{DYNAMIC: 0.4, NATIVE: 0.2}],
        "side_by_side": [dict.fromkeys(side_by_side.ROWS, most) for most in (1.2, 1.7)],
        "rates": [
            {"operation": operation, "requests": 100, "seconds": seconds}
            for operation, seconds in ((GET, 0.5), (GET_ROLE, 1.0))
        ],
    }


@pytest.fixture
def results() -> dict[str, Any]:
    return made_up_results()


@pytest.fixture(scope="module")
def committed() -> str:
    """What the last full run has measured, as its tables say it."""
    return (BENCHMARKS / "results.md").read_text(encoding="utf-8")


def test_the_documentation_shows_the_committed_figures() -> None:
    """The page takes its tables from the file that holds the results, so that they can't differ."""
    page = (ROOT / "docs" / "measured-figures.md").read_text(encoding="utf-8")
    assert page.count("<!-- made: between tests/benchmarks/results.md | # What it costs -->") == 1


def test_the_page_of_ten_lines_has_the_committed_figures(committed: str) -> None:
    """Each figure that it quotes stands in the tables."""
    page = (ROOT / "docs" / "what-it-costs.md").read_text(encoding="utf-8")
    quoted = re.findall(r"\d+\.\d+|[\d,]+ (?:MiB|bytes)", page)
    assert quoted
    assert [figure for figure in quoted if not re.search(rf"(?<![\d.,]){figure}(?![\d])", committed)] == []


def test_the_committed_figures_are_of_a_full_run(committed: str) -> None:
    """What a quick run measures is no figure to quote."""
    assert "quick run" not in committed


def test_a_run_leaves_its_samples_and_its_tables(results: dict[str, Any], tmp_path: Path) -> None:
    """What a run writes can be rendered again; git ignores the samples."""
    write(results, tmp_path)
    tables = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert render(json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))) == tables
    assert "tests/benchmarks/results.json\n" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_a_ratio_is_over_the_floor_and_the_calls(results: dict[str, Any]) -> None:
    """What calls AWS is compared with the floor and the bare calls of its round, what does not with the floor alone.

    With a delay at the endpoint the calls may take their delays, four at a time, and nothing else.
    """
    figures = Figures(results)
    assert figures.against_floor(PLAIN, "create", 10).value == pytest.approx(2.4 / (2.0 + 0.4))
    assert figures.against_floor(PLAIN, "unchanged", 10).value == pytest.approx(2.2 / 2.0)
    delays = 2 * 10 * DELAY / THREADS
    assert figures.against_floor(DELAYED, "create", 10).value == pytest.approx(24 / (20 + delays))


def test_a_ratio_is_the_median_of_its_rounds(results: dict[str, Any]) -> None:
    """Runs are compared with those of their own round, so that a slow minute spoils one round and not the figure."""
    for number, slower in ((1, 1.5), (2, 10.0)):
        results["samples"] += [
            {
                **sample,
                "round": number,
                "seconds": sample["seconds"] * (slower if sample["variant"] == DYNAMIC else 1),
            }
            for sample in results["samples"]
            if sample["round"] == 0 and sample["event"] == "unchanged"
        ]
    figure = Figures(results).against_floor(PLAIN, "unchanged", 10)
    assert figure.rounds == pytest.approx((1.1, 1.65, 11.0))
    assert figure.value == pytest.approx(1.65)


def test_linear_time_grows_by_one(results: dict[str, Any]) -> None:
    """Where each resource takes as long as the first, the growth is 1; where it takes longer among many, more."""
    assert Figures(results).growth("create").value == pytest.approx(1.0)
    for sample in results["samples"]:
        sample["seconds"] *= sample["resources"]
    assert Figures(results).growth("create").value > 5


def test_the_cli_is_compared_update_by_update(results: dict[str, Any]) -> None:
    """A CLI process costs the same for any number, so the largest number measured counts for larger ones."""
    figures = Figures(results)
    assert [figures.against_cli(size).value for size in (1, 10, 200)] == pytest.approx([20, 20, 20])


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure((1.05,), most=1.05), True),
        (Figure((1.06,), most=1.05), False),
        (Figure((10.0,), least=10), True),
        (Figure((9.9,), least=10), False),
    ],
)
def test_a_bound_includes_its_value(figure: Figure, met: bool) -> None:
    """A figure that is as wanted has reached its bound."""
    assert figure.met is met


def test_what_is_not_reached_is_in_bold(results: dict[str, Any]) -> None:
    """A reader sees at once which figures miss their bounds, and no others."""
    shown = summary(results)
    assert "| unchanged | ≤ 1.05 of the floor | **1.10** | **1.10** | **1.10** |" in shown
    assert "| create | ≤ 1.10 of floor and calls | 1.00 | 1.00 | 1.00 |" in shown


def test_waiting_for_each_other_is_shown(results: dict[str, Any]) -> None:
    """Operations at once may take half as long again as one: the median of the rounds counts."""
    assert all(f"| {row} | ≤ 1.50 | 1.45 |" in summary(results) for row in side_by_side.ROWS.values())
    results["side_by_side"][0]["look-ups"] = 1.4
    assert f"| {side_by_side.ROWS['look-ups']} | ≤ 1.50 | **1.55** |" in summary(results)


@pytest.mark.parametrize("variant", [DYNAMIC, NATIVE])
def test_one_call_too_many_is_shown(results: dict[str, Any], variant: str) -> None:
    """The calls are exact in every run or they are not; the native plugin makes those of the dynamic resources."""
    assert Figures(results).calls_are_exact()
    sample = next(s for s in results["samples"] if (s["variant"], s["event"]) == (variant, "refresh"))
    sample["calls"][GET] += 1
    assert not Figures(results).calls_are_exact()


@pytest.mark.parametrize(
    ("event", "condition", "size", "shown"),
    [
        ("create", PLAIN, 10, "0.50"),
        ("refresh", PLAIN, 10, "**1.10**"),  # slower than the dynamic resources
        ("unchanged", PLAIN_32, 200, "1.00"),
        ("update", DELAYED, 10, "0.70"),
        ("update", DELAYED, 200, "**0.70**"),  # more than 0.6 where time goes by waiting
        ("create", DELAYED_32, 200, "0.50"),
    ],
)
def test_the_variants_are_compared(
    results: dict[str, Any], event: str, condition: str, size: int, shown: str
) -> None:
    """The native plugin is to be no slower, and take at most 0.6 of the time with 200 delayed changes."""
    figure = native_over_dynamic(Figures(results), condition, event, size)
    assert ratio(figure) == shown
    conditions = CONDITIONS[condition]
    row = f"| {event}, {conditions.delay * 1000:.0f} ms, `--parallel {conditions.parallel}` |"
    assert shown in next(line for line in summary(results).splitlines() if line.startswith(row))


def test_a_ratio_of_the_variants_is_within_a_round(results: dict[str, Any]) -> None:
    """A slow minute slows both down."""
    slow = [
        {**sample, "round": 1, "seconds": 9 * sample["seconds"]}
        for sample in results["samples"]
        if (sample["condition"], sample["event"]) == (PLAIN, "create")
    ]
    results["samples"] += slow
    figure = native_over_dynamic(Figures(results), PLAIN, "create", 10)
    assert figure is not None
    assert figure.rounds == pytest.approx((0.5, 0.5))


def test_a_full_run_measures_both_variants() -> None:
    """1, 50, 200 and 1,000 resources, with and without a delay, 8 and 32 at once; a quick run has each condition."""
    for condition in (PLAIN, PLAIN_32, DELAYED, DELAYED_32):
        assert list(FULL.stacks[condition]) == [1, 50, 200, 1000]
    assert QUICK.stacks.keys() == FULL.stacks.keys() == CONDITIONS.keys()
    assert all({DYNAMIC, NATIVE} <= set(condition.variants) for condition in CONDITIONS.values())


def test_the_programs_differ_in_the_resource_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program declares one resource a connection, with the same inputs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "connections.json").write_text(json.dumps(["a", "b", "c"]))

    def program() -> None:
        runpy.run_path("__main__.py")

    for variant in (DYNAMIC, NATIVE, FLOOR):
        (tmp_path / "__main__.py").write_text(programs.program(variant, 2, 1))
        mocks = EchoingMocks()
        run(mocks, program)
        for number, letter in enumerate("ab"):
            given = {"connectionId": letter, **programs.roles(1, programs.ACCOUNTS[variant])}
            assert given.items() <= mocks.inputs(f"roles-{number}").items()
        assert len(mocks.made) == 2


def test_what_is_paid_once_a_process_is_timed(aws: LocalAws) -> None:
    """How long both processes take to start, and each stage of the first operation."""
    (connection_id,) = request_connections(aws.url, ENVIRONMENT_ACCOUNT, 1)
    assert min(starts.time_first_operation(aws.url, connection_id).values()) >= 0
    processes = starts.time_processes()
    assert processes.keys() == {DYNAMIC, NATIVE}
    assert min(processes.values()) > 0


def test_operations_at_once_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is measured in a process of its own."""
    monkeypatch.setattr(side_by_side, "DELAY", 0.01)
    with endpoint_module.endpoint() as aws:
        ratios = side_by_side.time_side_by_side(aws)
    assert ratios.keys() == side_by_side.ROWS.keys()
    assert min(ratios.values()) > 0


def test_a_quick_run_says_so(results: dict[str, Any]) -> None:
    """Nobody takes the figures of a quick run for figures."""
    assert "no figures to quote" not in render(results)
    assert "no figures to quote" in render({**results, "quick": True})


def test_the_floor_has_the_properties_of_the_resource(aws: LocalAws) -> None:
    """The floor's properties have the names, the shapes and the lengths of the measured resource's."""
    connection_id = request_connections(aws.url, "222222222222", 1)[0]
    given = {"connectionId": connection_id, "__name": "one", **programs.roles(1)}
    ours = Driver(RolesLifecycle(), aws, settings_of(aws)).create(given)
    inputs = floor.FloorProvider().check({}, given).inputs
    outputs = floor.FloorProvider().create(inputs).outs
    assert inputs == ours.inputs
    assert outputs is not None
    assert sorted(outputs) == sorted(ours.outputs)
    assert len(json.dumps(outputs)) == len(json.dumps(ours.outputs))


def test_the_endpoint_counts_calls_from_another_process() -> None:
    """The bare calls are those of the event, and are counted for the account that makes them."""
    with endpoint_module.endpoint() as aws:
        ids = request_connections(aws.url(), BARE_ACCOUNT, 3)
        aws.calls(BARE_ACCOUNT)
        job = {
            "url": aws.url(),
            "region": REGION,
            "account": BARE_ACCOUNT,
            "ids": ids,
            "operations": ["get_environment_account_connection", "update_environment_account_connection"],
            "roles": programs.roles(1, BARE_ACCOUNT),
        }
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bare_calls"],
            input=json.dumps(job),
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
            text=True,
            check=True,
            stdout=subprocess.PIPE,
        )
        assert float(done.stdout) > 0
        assert aws.calls(BARE_ACCOUNT) == {GET: 3, UPDATE: 3}
        assert aws.calls(MANAGEMENT_ACCOUNT) == {}


def test_the_provider_process_is_found_by_its_home(tmp_path: Path) -> None:
    """The memory is that of the provider process which the engine of one Pulumi home has started."""
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    environment = {**os.environ, "PULUMI_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with (
            peak_memory("pulumi.dynamic", str(tmp_path)) as ours,
            peak_memory("pulumi.dynamic", str(tmp_path / "other")) as others,
            peak_memory("proton_provider.plugin", str(tmp_path)) as of_others,
        ):
            while not ours.kib and process.poll() is None:
                time.sleep(0.05)
        process.kill()
    assert ours.kib > 10_000
    assert (others.kib, of_others.kib) == (0, 0)
