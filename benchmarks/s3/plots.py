"""Plots as SVG that scales with the page and takes its colours from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, which colour-blind people can tell apart; they stand out
from white and from black."""

_WIDTH, _HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 10, 44
"""Small enough that the writing can be read on a phone."""

_LABELS = 200
_ROW = 24

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A curve and its name; one without a colour is a reference."""

    name: str
    points: Sequence[Point]
    colour: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar from 0 to 1, the floor beside it, and what they stand for."""

    name: str
    value: float
    floor: float
    told: str


def chart(
    title: str,
    lines: Sequence[Line],
    axes: tuple[str, str],
    *,
    x: tuple[float, float] = (0.0, 1.0),
    y: tuple[float, float] = (0.0, 1.0),
) -> str:
    """Draw curves over two axes, with their names in a legend below.

    Parameters
    ----------
    title
        Above the plot.
    lines
        Points outside the ranges are drawn at their edge.
    axes
        What is along, and what upwards.
    x, y
        Ranges of the axes.
    """
    inner = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(point: Point) -> Point:
        along, up = (
            min(1.0, max(0.0, (value - low) / (high - low)))
            for value, (low, high) in zip(point, (x, y), strict=True)
        )
        return _LEFT + along * inner[0], _TOP + (1 - up) * inner[1]

    parts = []
    for step in range(6):
        across, up = (low + step * (high - low) / 5 for low, high in (x, y))
        left, level = place((x[0], up))
        along, floor = place((across, y[0]))
        parts.append(
            f"<line class='grid' x1='{left}' x2='{_WIDTH - _RIGHT}' y1='{level:.1f}' "
            f"y2='{level:.1f}'/>"
            f"<text x='{left - 8}' y='{level + 4:.1f}' text-anchor='end'>{up:.2f}"
            f"</text><text x='{along:.1f}' y='{floor + 18:.1f}' text-anchor='middle'>"
            f"{across:.2f}</text>"
        )
    middle = _TOP + inner[1] / 2
    parts.append(
        f"<text x='{_LEFT + inner[0] / 2}' y='{_HEIGHT - 6}' text-anchor='middle'>"
        f"{escape(axes[0])}</text><text x='12' y='{middle}' text-anchor='middle' "
        f"transform='rotate(-90 12 {middle})'>{escape(axes[1])}</text>"
    )
    for line in lines:
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(place, line.points))
        stroke = f"stroke='{line.colour}'" if line.colour else "class='reference'"
        parts.append(
            f"<polyline points='{path}' fill='none' stroke-width='2.5' {stroke}>"
            f"<title>{escape(line.name)}</title></polyline>"
        )
    legend = "".join(
        f"<li><span style='background:{line.colour or 'var(--faint)'}'></span>"
        f"{escape(line.name)}</li>"
        for line in lines
    )
    return _figure(title, _WIDTH, _HEIGHT, parts, legend)


def bars(title: str, rows: Sequence[Bar], *, floor: str) -> str:
    """Draw a bar for each row, its floor in grey below it.

    Parameters
    ----------
    title
        Above the plot.
    rows
        From above.
    floor
        What the grey bars stand for.
    """
    length = _WIDTH - _LABELS - 40
    parts = []
    for place, row in enumerate(rows):
        y = _ROW * place
        parts.append(
            f"<text x='{_LABELS - 8}' y='{y + 15}' text-anchor='end'>"
            f"{escape(row.name)}</text>"
            f"<rect x='{_LABELS}' y='{y + 3}' width='{length * row.value:.1f}' "
            f"height='10' fill='{COLOURS[0]}'><title>{escape(row.told)}</title></rect>"
            f"<rect class='floor' x='{_LABELS}' y='{y + 14}' "
            f"width='{length * row.floor:.1f}' height='5'>"
            f"<title>{escape(floor)}: {row.floor:.2f}</title></rect>"
            f"<text x='{_LABELS + length * max(row.value, row.floor) + 6:.1f}' "
            f"y='{y + 15}'>{row.value:.2f}</text>"
        )
    return _figure(title, _WIDTH, _ROW * len(rows) + 4, parts)


def _figure(
    title: str, width: int, height: int, parts: Sequence[str], legend: str = ""
) -> str:
    listed = f"<ul class='legend'>{legend}</ul>" if legend else ""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f"<svg role='img' aria-label='{escape(title, quote=True)}' "
        f"viewBox='0 0 {width} {height}' font-size='12'>{''.join(parts)}</svg>{listed}"
        "</figure>"
    )
