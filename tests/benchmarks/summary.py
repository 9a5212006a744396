"""Renders one run as Markdown: what is wanted, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.comparison import native_over_dynamic, wanted
from benchmarks.conditions import CONDITIONS, DELAYED, PLAIN
from benchmarks.events import EVENTS, GET
from benchmarks.figures import (
    CALLING_MOST,
    CLI_LEAST,
    GROWTH_MOST,
    IMPORT_MOST,
    SIDE_BY_SIDE_MOST,
    UNCHANGED_MOST,
    Figure,
    Figures,
    Results,
)
from benchmarks.markdown import marked, ratio, table
from benchmarks.programs import DYNAMIC, FLOOR, NATIVE
from benchmarks.server_rate import GET_ROLE
from benchmarks.side_by_side import ROWS


def render(results: Results) -> str:
    """The whole of results.md."""
    machine, versions = results["machine"], results["versions"]
    parts = [
        "# What it costs",
        f"All figures are from one run of `make bench` on {results['date']}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ". It leaves its raw samples in results.json, which is not kept.",
        *(["**A quick run: these are no figures to quote.**"] if results["quick"] else []),
        summary(results),
    ]
    return "\n\n".join(parts) + "\n"


def summary(results: Results) -> str:
    """The dynamic resources over what they cannot go below, the native plugin over the dynamic resources, and single figures."""
    figures = Figures(results)
    sizes = figures.sizes()
    columns = [f"{size:,}" for size in sizes]
    parts = [
        table(("dynamic resources", "wanted", *columns), _over_floor(figures, sizes)),
        table(("native plugin over dynamic resources", "wanted", *columns), _over_dynamic(figures, sizes)),
        table(("", "wanted", "found"), _singles(figures)),
        "Bold: not reached.",
    ]
    return "\n\n".join(parts)


def _over_floor(figures: Figures, sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    bounds = {True: f"≤ {CALLING_MOST:.2f} of floor and calls", False: f"≤ {UNCHANGED_MOST:.2f} of the floor"}
    for condition in (PLAIN, DELAYED):
        for event in EVENTS:
            if condition == PLAIN or event.operations:
                yield (
                    event.name if condition == PLAIN else f"{event.name}, 50 ms at the endpoint",
                    bounds[bool(event.operations)],
                    *(
                        ratio(figures.against_floor(condition, event.name, size))
                        if figures.measured(condition, event.name, FLOOR, size)
                        else ""
                        for size in sizes
                    ),
                )
    against_cli = [figures.against_cli(size) for size in sizes]
    yield (
        "update, against the AWS CLI",
        f"≥ {CLI_LEAST:.0f} times as fast",
        *(marked(figure, f"{figure.value:.1f}") for figure in against_cli),
    )


def _over_dynamic(figures: Figures, sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    for name, condition in CONDITIONS.items():
        if not condition.checkpoints:
            for event in EVENTS:
                yield (
                    f"{event.name}, {condition.delay * 1000:.0f} ms, `--parallel {condition.parallel}`",
                    wanted(name, event.name),
                    *(ratio(native_over_dynamic(figures, name, event.name, size)) for size in sizes),
                )


def _singles(figures: Figures) -> Iterator[Sequence[str]]:
    for event in EVENTS:
        dynamic, native, floor = (figures.growth(event.name, variant) for variant in (DYNAMIC, NATIVE, FLOOR))
        yield (
            f"{event.name}: one more resource: its time in a large stack ÷ in a small one",
            f"≤ {GROWTH_MOST:.2f}",
            f"{ratio(dynamic)} (native {ratio(native)}, floor {floor.value:.2f})",
        )
    for row, figure in figures.side_by_side().items():
        yield ROWS[row], f"≤ {SIDE_BY_SIDE_MOST:.2f}", ratio(figure)
    exact = "as documented" if figures.calls_are_exact() else "**otherwise**"
    yield "calls at the endpoint, every event", "as documented", exact
    importing = Figure((figures.starts("imports")["proton_provider"],), most=IMPORT_MOST)
    yield (
        "importing a resource of `proton_provider` after `import pulumi`",
        f"≤ {IMPORT_MOST * 1000:.0f} ms",
        marked(importing, f"{importing.value * 1000:.0f} ms"),
    )
    yield "boto3 in the program's process", "no", "**yes**" if figures.imports_boto3() else "no"
    starts = {variant: taken * 1000 for variant, taken in figures.starts("processes").items()}
    yield (
        "start of the provider process, until it has said its port",
        "",
        f"{starts[DYNAMIC]:.0f} ms (native {starts[NATIVE]:.0f} ms)",
    )
    stages = figures.starts("first_operation")
    first = sum(took for stage, took in stages.items() if stage != "second call")
    yield "first operation of the provider process, with its imports", "", f"{first * 1000:.0f} ms"
    memory, state = (
        {variant: figure(variant) for variant in (DYNAMIC, NATIVE, FLOOR)}
        for figure in (figures.most_memory, figures.state_bytes)
    )
    yield (
        f"provider process at {figures.sizes()[-1]:,}, most memory",
        "",
        f"{memory[DYNAMIC]:.0f} MiB (native {memory[NATIVE]:.0f} MiB, floor {memory[FLOOR]:.0f} MiB)",
    )
    yield (
        "state a resource",
        "",
        f"{state[DYNAMIC]:,} bytes (native {state[NATIVE]:,}, floor {state[FLOOR]:,})",
    )
    rates = figures.rates()
    yield (
        "local AWS, requests a second, over moto's IAM GetRole",
        "",
        f"{rates[GET] / rates[GET_ROLE]:.2f} ({rates[GET]:.0f} to {rates[GET_ROLE]:.0f})",
    )
