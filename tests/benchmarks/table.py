"""Renders the figures of one run as Markdown: the short tables, and all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.events import BARE, EVENTS, GET
from benchmarks.figures import (
    CALLING_MOST,
    CLI_LEAST,
    GROWTH_MOST,
    IMPORT_MOST,
    UNCHANGED_MOST,
    Figure,
    Figures,
    Results,
)
from benchmarks.programs import FLOOR, PROVIDER
from benchmarks.samples import CHECKPOINTS, DELAYED, PLAIN
from benchmarks.server_rate import GET_ROLE


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
        _table(("event", "resources", "provider", "floor", "calls", "ratio", "rounds"), _times(figures)),
        "## Conditions",
        _CONDITIONS,
        _table(("condition", "event", "resources", "provider", "floor", "ratio", "rounds"), _others(figures)),
        "## AWS CLI",
        _CLI,
        _table(("updates", "seconds", "each"), _cli(figures)),
        "## Calls at the endpoint",
        _table(("event", "wanted a resource", "made"), _calls(figures)),
        "## First operation in the provider process",
        _FIRST,
        _table(("stage", "milliseconds"), _first_operation(figures)),
    ]
    return "\n\n".join(parts) + "\n"


def summary(results: Results) -> str:
    """The two short tables."""
    figures = Figures(results)
    sizes = figures.sizes()
    ratios = _table(("ratio", "wanted", *(f"{size:,}" for size in sizes)), _ratios(figures, sizes))
    return f"{ratios}\n\n{_table(('', 'wanted', 'found'), _singles(figures))}\n\nBold: not reached."


_TIMES = (
    "Medians, in seconds, of whole commands (`pulumi up --skip-preview`, `pulumi refresh --skip-preview`). The floor is "
    "the same program with a dynamic resource of the same properties that does nothing; the calls are the same ones made "
    "by boto3 in four threads of a fresh process, its import included. The ratio is the provider's time over the floor's "
    "and the calls' of the same round, its median and range. The engine writes its state once a run here: at every step "
    "it costs the square of the number of resources, for every provider the same. What is left of such growth is the "
    "floor's too: while operations are under way, Pulumi's SDK waits for all outstanding outputs of the program anew "
    "each time that one of them is known."
)

_CONDITIONS = (
    "`delayed`: the endpoint holds every answer back for 50 ms; the ratio is over the floor and 50 ms a call, four at a "
    "time. `checkpoints`: the engine saves the state at every step, as it does unless told otherwise."
)

_CLI = "Processes of `aws proton update-environment-account-connection`, four at a time."

_FIRST = "Medians. All but the first and the last two stages are botocore's and boto3's own, paid by whoever calls AWS."


def _ratios(figures: Figures, sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    bounds = {True: f"≤ {CALLING_MOST:.2f} of floor and calls", False: f"≤ {UNCHANGED_MOST:.2f} of the floor"}
    for event in EVENTS:
        yield (
            event.name,
            bounds[bool(event.operations)],
            *(_ratio(figures.against_floor(PLAIN, event.name, size)) for size in sizes),
        )
    yield (
        "update, against the AWS CLI",
        f"≥ {CLI_LEAST:.0f} times as fast",
        *(_marked(figure, f"{figure.value:.1f}") for size in sizes for figure in [figures.against_cli(size)]),
    )


def _singles(figures: Figures) -> Iterator[Sequence[str]]:
    for event in EVENTS:
        growth, floor = (figures.growth(event.name, variant) for variant in (PROVIDER, FLOOR))
        yield (
            f"{event.name}: a resource more among many, over among few",
            f"≤ {GROWTH_MOST:.2f}",
            f"{_ratio(growth)} (floor {floor.value:.2f})",
        )
    size = figures.sizes(DELAYED)[-1]
    for event in EVENTS:
        if event.operations:
            ratio = _ratio(figures.against_floor(DELAYED, event.name, size))
            yield f"{event.name} of {size:,}, 50 ms at the endpoint", f"≤ {CALLING_MOST:.2f}", ratio
    exact = "as documented" if figures.calls_are_exact() else "**otherwise**"
    yield "calls at the endpoint, every event", "as documented", exact
    importing = Figure((figures.starts("imports")["proton_provider"],), most=IMPORT_MOST)
    yield (
        "`import proton_provider` after `import pulumi`",
        f"≤ {IMPORT_MOST * 1000:.0f} ms",
        _marked(importing, f"{importing.value * 1000:.0f} ms"),
    )
    yield "boto3 in the program's process", "no", "**yes**" if figures.imports_boto3() else "no"
    memory = (figures.most_memory(PROVIDER), figures.most_memory(FLOOR))
    most = figures.sizes()[-1]
    yield (
        f"provider process at {most:,}, most memory",
        "",
        f"{memory[0]:.0f} MiB (floor {memory[1]:.0f} MiB)",
    )
    state = (figures.state_bytes(PROVIDER), figures.state_bytes(FLOOR))
    yield "state a resource", "", f"{state[0]:,} bytes (floor {state[1]:,})"
    rates = figures.rates()
    yield (
        "local AWS, requests a second, over moto's IAM GetRole",
        "",
        f"{rates[GET] / rates[GET_ROLE]:.2f} ({rates[GET]:.0f} to {rates[GET_ROLE]:.0f})",
    )


def _times(figures: Figures) -> Iterator[Sequence[str]]:
    for event in EVENTS:
        for size in figures.sizes():
            ratio = figures.against_floor(PLAIN, event.name, size)
            calls = figures.seconds(PLAIN, event.name, BARE, size) if event.operations else None
            yield (
                event.name,
                f"{size:,}",
                _seconds(figures.seconds(PLAIN, event.name, PROVIDER, size)),
                _seconds(figures.seconds(PLAIN, event.name, FLOOR, size)),
                "" if calls is None else _seconds(calls),
                _range(ratio),
                str(len(ratio.rounds)),
            )


def _others(figures: Figures) -> Iterator[Sequence[str]]:
    for condition in (DELAYED, CHECKPOINTS):
        for size in figures.sizes(condition):
            for event in EVENTS:
                ratio = figures.against_floor(condition, event.name, size)
                yield (
                    condition,
                    event.name,
                    f"{size:,}",
                    _seconds(figures.seconds(condition, event.name, PROVIDER, size)),
                    _seconds(figures.seconds(condition, event.name, FLOOR, size)),
                    _range(ratio),
                    str(len(ratio.rounds)),
                )


def _cli(figures: Figures) -> Iterator[Sequence[str]]:
    for size, seconds in figures.cli_seconds().items():
        yield f"{size:,}", _seconds(seconds), f"{seconds / size:.3f}"


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
    for stage, seconds in figures.starts("first_operation").items():
        yield stage, f"{seconds * 1000:.0f}"


def _named(calls: dict[str, int]) -> str:
    return ", ".join(f"{count} {operation}" for operation, count in calls.items()) or "none"


def _ratio(figure: Figure) -> str:
    return _marked(figure, f"{figure.value:.2f}")


def _range(figure: Figure) -> str:
    low, high = min(figure.rounds), max(figure.rounds)
    return f"{_ratio(figure)} ({low:.2f} to {high:.2f})"


def _marked(figure: Figure, text: str) -> str:
    return text if figure.met else f"**{text}**"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
