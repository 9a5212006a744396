"""Turns the raw samples of one run into the figures that are wanted: ratios, each with its bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, TypeAlias

from benchmarks.bare_calls import THREADS
from benchmarks.conditions import CHECKPOINTS, CONDITIONS, PLAIN
from benchmarks.events import AWS_CLI, BARE, EVENTS
from benchmarks.programs import DYNAMIC, FLOOR, NATIVE
from benchmarks.samples import Sample

Results: TypeAlias = Mapping[str, Any]
"""What results.json holds."""

UNCHANGED_MOST: Final = 1.05
CALLING_MOST: Final = 1.10
GROWTH_MOST: Final = 1.10
CLI_LEAST: Final = 10.0
IMPORT_MOST: Final = 0.030
SIDE_BY_SIDE_MOST: Final = 1.50


@dataclass(frozen=True)
class Figure:
    """A ratio of so many rounds, and its bound."""

    rounds: tuple[float, ...]
    most: float | None = None
    least: float | None = None

    @property
    def value(self) -> float:
        return median(self.rounds)

    @property
    def met(self) -> bool:
        return (self.most is None or self.value <= self.most) and (
            self.least is None or self.value >= self.least
        )


class Figures:
    """The figures of one run."""

    def __init__(self, results: Results) -> None:
        self._samples = [Sample(**sample) for sample in results["samples"]]
        self._results = results

    def sizes(self, condition: str = PLAIN) -> list[int]:
        """The numbers of resources that stacks were measured with in this condition."""
        return sorted(
            {s.resources for s in self._samples if (s.condition, s.variant) == (condition, DYNAMIC)}
        )

    def seconds(self, condition: str, event: str, variant: str, resources: int) -> float:
        """The median time of a run."""
        return median(s.seconds for s in self.samples(condition, event, variant, resources))

    def measured(self, condition: str, event: str, variant: str, resources: int) -> bool:
        return any(self.samples(condition, event, variant, resources))

    def samples(self, condition: str, event: str, variant: str, resources: int) -> list[Sample]:
        """Those runs, round by round."""
        found: Iterable[Sample] = (
            s
            for s in self._samples
            if (s.condition, s.event, s.variant, s.resources) == (condition, event, variant, resources)
        )
        return sorted(found, key=lambda sample: sample.round)

    def against_floor(self, condition: str, event: str, resources: int) -> Figure:
        """The time of the dynamic resources over what it cannot go below: the floor, and the calls of the same round.

        The calls are those of a bare loop; with a delay at the endpoint the delays of the calls alone, four at a time.
        Checkpoints are not measured with a bare loop of their own: it does not meet the engine.
        """
        floors = self.samples(condition, event, FLOOR, resources)
        ours = self.samples(condition, event, DYNAMIC, resources)
        calling = any(sample.calls for sample in ours)
        return Figure(
            tuple(
                sample.seconds / (floor.seconds + self._calls(condition, sample))
                for sample, floor in zip(ours, floors, strict=True)
            ),
            most=CALLING_MOST if calling else UNCHANGED_MOST,
        )

    def growth(self, event: str, variant: str = DYNAMIC) -> Figure:
        """What a resource more costs among the most resources, over what it costs among fewer: 1 where time is linear."""
        sizes = self.sizes()
        few, some, many = sizes[0], sizes[-2], sizes[-1]
        time = {size: self.seconds(PLAIN, event, variant, size) for size in sizes}
        return Figure(
            (((time[many] - time[few]) / (many - few)) / ((time[some] - time[few]) / (some - few)),),
            most=GROWTH_MOST,
        )

    def against_cli(self, resources: int) -> Figure:
        """How many times faster a whole `pulumi up` updates each connection than processes of the AWS CLI do.

        Each process costs the same, so that for more resources than were measured those of the most tell.
        """
        updates = [s for s in self._samples if s.variant == AWS_CLI]
        size = max(s.resources for s in updates if s.resources <= resources)
        each = median(s.seconds for s in updates if s.resources == size) / size
        return Figure(
            (each / (self.seconds(PLAIN, "update", DYNAMIC, resources) / resources),), least=CLI_LEAST
        )

    def calls_are_exact(self) -> bool:
        """Whether all stacks made exactly the calls that were wanted of them, in all conditions."""
        wanted = {event.name: event.operations for event in EVENTS}
        exact = all(
            sample.calls == dict.fromkeys(wanted[sample.event], sample.resources)
            for sample in self._samples
            if sample.variant in (DYNAMIC, NATIVE)
        )
        return exact and all(counted["met"] for counted in self.calls())

    def calls(self) -> Iterator[dict[str, Any]]:
        """The events of the table of calls, each with `met`."""
        for counted in self._results["calls"]:
            wanted = {name: calls * counted["resources"] for name, calls in counted["wanted"].items()}
            yield {**counted, "met": counted["calls"] == wanted}

    def most_memory(self, variant: str) -> float:
        """The most that the provider process took, in MiB; over all events among the most resources."""
        return max(s.peak_kib or 0 for s in self._samples if s.variant == variant) / 1024

    def state_bytes(self, variant: str) -> int:
        """What a resource takes in state after an update."""
        return next(
            s.state_bytes
            for s in self._samples
            if s.variant == variant and s.event == "update" and s.state_bytes is not None
        )

    def starts(self, measured: str) -> dict[str, float]:
        """Median seconds of what is paid once a process, under `imports` and `first_operation`."""
        rows: Sequence[Mapping[str, float]] = self._results[measured]
        return {
            stage: median(row[stage] for row in rows)
            for stage in rows[0]
            if not isinstance(rows[0][stage], bool)
        }

    def side_by_side(self) -> dict[str, Figure]:
        """Operations that need nothing of each other, over one of them, by row."""
        rounds: Sequence[Mapping[str, float]] = self._results["side_by_side"]
        return {
            row: Figure(tuple(ratios[row] for ratios in rounds), most=SIDE_BY_SIDE_MOST) for row in rounds[0]
        }

    def imports_boto3(self) -> bool:
        """Whether the program's process had boto3, after importing the package or at the end of a stack's program."""
        return (
            any(row["boto3"] for row in self._results["imports"]) or self._results["boto3_in_program"] is True
        )

    def rates(self) -> dict[str, float]:
        """Median requests a second, by operation."""
        rates: dict[str, list[float]] = {}
        for row in self._results["rates"]:
            rates.setdefault(row["operation"], []).append(row["requests"] / row["seconds"])
        return {operation: median(values) for operation, values in rates.items()}

    def _calls(self, condition: str, sample: Sample) -> float:
        """Seconds that the calls of this sample take at least."""
        if not sample.calls:
            return 0.0
        if delay := CONDITIONS[condition].delay:
            return sum(sample.calls.values()) * delay / THREADS
        bare = self.samples(PLAIN, sample.event, BARE, sample.resources)
        if condition == CHECKPOINTS:
            return median(s.seconds for s in bare)
        return next(s.seconds for s in bare if s.round == sample.round)
