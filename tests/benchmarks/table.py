"""Renders the figures of one run as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.conditions import CONDITIONS, PLAIN
from benchmarks.doors import native_over_dynamic
from benchmarks.events import BARE, EVENTS
from benchmarks.figures import Figures, Results
from benchmarks.markdown import ratio_and_range, seconds, table
from benchmarks.programs import DYNAMIC, FLOOR, NATIVE
from benchmarks.summary import summary


def render(results: Results) -> str:
    """The whole of results.md."""
    figures = Figures(results)
    machine, versions = results["machine"], results["versions"]
    parts = [
        "# What it costs",
        f"All figures are from one run of `make bench` on {results['date']}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ". It leaves its raw samples in results.json, which is not kept.",
        *(["**A quick run: these are no figures to quote.**"] if results["quick"] else []),
        "![time against the number of resources](results.svg)",
        summary(results),
        "## Times",
        _TIMES,
        table(("event", "resources", *_COLUMNS), _times(figures, PLAIN)),
        "## Conditions",
        _CONDITIONS,
        table(
            ("condition", "event", "resources", *_COLUMNS),
            ((name, *row) for name in CONDITIONS if name != PLAIN for row in _times(figures, name)),
        ),
        "## AWS CLI",
        _CLI,
        table(("updates", "seconds", "each"), _cli(figures)),
        "## Calls at the endpoint",
        table(("event", "wanted a resource", "made"), _calls(figures)),
        "## First operation in the provider process",
        _FIRST,
        table(("stage", "milliseconds"), _first_operation(figures)),
    ]
    return "\n\n".join(parts) + "\n"


_COLUMNS = (DYNAMIC, NATIVE, FLOOR, "calls", "dynamic over floor and calls", "native over dynamic", "rounds")

_TIMES = (
    "Medians, in seconds, of whole commands (`pulumi up --skip-preview`, `pulumi refresh --skip-preview`, `--parallel 8`). "
    "All programs are Python and declare the same properties. `dynamic` declares the dynamic resources, `native` the "
    "resources of the native plugin, `floor` a dynamic resource that does nothing. The calls are the same ones made by "
    "boto3 in four threads of a fresh process, its import included. A ratio is of times of the same round, its median "
    "and range. The engine writes its state once a run here: at every step it costs the square of the number of "
    "resources, for every provider the same. What is left of such growth is the floor's too: while operations are "
    "under way, Pulumi's SDK waits for all outstanding outputs of the program anew each time that one of them is known."
)

_CONDITIONS = (
    "`delayed`: the endpoint holds every answer back for 50 ms; the calls are 50 ms each, four at a time. `32 at once`: "
    "`--parallel 32`. The host of dynamic resources serves four operations at once, whatever `--parallel` says; the "
    "native plugin serves as many as the engine sends. `checkpoints`: the engine saves the state at every step, as it "
    "does unless told otherwise."
)

_CLI = "Processes of `aws proton update-environment-account-connection`, four at a time."

_FIRST = "Medians. All but the first and the last two stages are botocore's and boto3's own, paid by whoever calls AWS."


def _times(figures: Figures, condition: str) -> Iterator[Sequence[str]]:
    variants = (DYNAMIC, NATIVE, FLOOR, BARE)
    for event in EVENTS:
        for size in figures.sizes(condition):
            of_floor = FLOOR in CONDITIONS[condition].variants
            yield (
                event.name,
                f"{size:,}",
                *(
                    seconds(figures.seconds(condition, event.name, variant, size))
                    if figures.measured(condition, event.name, variant, size)
                    else ""
                    for variant in variants
                ),
                ratio_and_range(figures.against_floor(condition, event.name, size) if of_floor else None),
                ratio_and_range(native_over_dynamic(figures, condition, event.name, size)),
                str(len(figures.samples(condition, event.name, DYNAMIC, size))),
            )


def _cli(figures: Figures) -> Iterator[Sequence[str]]:
    for size, took in figures.cli_seconds().items():
        yield f"{size:,}", seconds(took), f"{took / size:.3f}"


def _calls(figures: Figures) -> Iterator[Sequence[str]]:
    for counted in figures.calls():
        made = _named(counted["calls"])
        resources = counted["resources"]
        yield (
            counted["event"],
            _named(counted["wanted"]),
            f"{made if counted['met'] else f'**{made}**'} for {resources}",
        )


def _first_operation(figures: Figures) -> Iterator[Sequence[str]]:
    for stage, took in figures.starts("first_operation").items():
        yield stage, f"{took * 1000:.0f}"


def _named(calls: dict[str, int]) -> str:
    return ", ".join(f"{count} {operation}" for operation, count in calls.items()) or "none"
