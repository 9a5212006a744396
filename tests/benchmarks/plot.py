"""Draws one run's times against the number of resources, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from benchmarks.conditions import PLAIN
from benchmarks.events import BARE, EVENTS
from benchmarks.figures import Figures, Results
from benchmarks.programs import DYNAMIC, FLOOR, NATIVE
from matplotlib.figure import Figure as Canvas

_STYLES: Final[dict[str, dict[str, Any]]] = {
    "dynamic door": {"color": "#1f5fbf", "marker": "o"},
    "native door": {"color": "#2a8f4f", "marker": "v"},
    "floor: a resource that does nothing": {"color": "#888888", "marker": "s", "linestyle": ":"},
    "floor and the bare calls": {"color": "#222222", "marker": "D", "linestyle": "--"},
    "AWS CLI, four at a time": {"color": "#c8501e", "marker": "^"},
}


def draw(results: Results, path: Path) -> None:
    """Write the plot to `path`; the same results give the same file."""
    figures = Figures(results)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "proton-provider", "font.size": 9}):
        canvas = Canvas(figsize=(11, 3.6), layout="constrained")
        panels = canvas.subplots(1, len(EVENTS), sharey=True)
        for event, panel in zip(EVENTS, panels, strict=True):
            for label, points in _lines(figures, event.name).items():
                panel.plot(list(points), list(points.values()), label=label, markersize=4, **_STYLES[label])
            panel.set(title=event.name, xscale="log", yscale="log", xlabel="resources")
            panel.grid(visible=True, which="major", alpha=0.3)
            panel.set_xticks(figures.sizes(), [f"{size:,}" for size in figures.sizes()])
            panel.minorticks_off()
        panels[0].set_ylabel("seconds")
        update = next(panel for event, panel in zip(EVENTS, panels, strict=True) if event.name == "update")
        handles, labels = update.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        about = {"Date": None, "Title": f"Benchmarks of {results['date']}"}
        canvas.savefig(path, format="svg", metadata=about)


def _lines(figures: Figures, event: str) -> dict[str, dict[int, float]]:
    """Each line's points: seconds by number of resources."""
    sizes = figures.sizes()
    dynamic, native, floor = (
        {size: figures.seconds(PLAIN, event, variant, size) for size in sizes}
        for variant in (DYNAMIC, NATIVE, FLOOR)
    )
    lines = {"dynamic door": dynamic, "native door": native, "floor: a resource that does nothing": floor}
    if figures.measured(PLAIN, event, BARE, sizes[0]):
        lines["floor and the bare calls"] = {
            size: floor[size] + figures.seconds(PLAIN, event, BARE, size) for size in sizes
        }
    if event == "update":
        lines["AWS CLI, four at a time"] = figures.cli_seconds()
    return lines
