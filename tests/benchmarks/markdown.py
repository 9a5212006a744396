"""Figures as the text of Markdown tables; what is not reached is in bold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.figures import Figure


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def marked(figure: Figure, text: str) -> str:
    return text if figure.met else f"**{text}**"


def ratio(figure: Figure | None) -> str:
    """The median of its rounds; nothing where nothing was measured."""
    return "" if figure is None else marked(figure, f"{figure.value:.2f}")
